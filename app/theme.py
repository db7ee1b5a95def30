"""Colors, the same on every page: those of arms, palettes of ten, and the paper of an ECG."""

from __future__ import annotations

from rdpd_core import marks

ARM_MARKS, OTHER, mark_of = marks.ARM_MARKS, marks.OTHER, marks.mark_of

BACKGROUND = {"light": "#FFFFFF", "dark": "#12181D"}
TEXT = {"light": "#121A20", "dark": "#E4EAEE"}
INK = "#000001"
"""The browser puts the theme's first categorical color here: nearly black on light, nearly white on dark, black in exports."""
QUIET = "#000010"
"""As `INK`, for the words of axes: the browser puts the last categorical color here, which stands back but can be read."""
MUTED = "#86929B"
"""For lines that stand back on both backgrounds; too faint for words."""
BAND = "rgba(128, 140, 150, 0.16)"
PAPER_MINOR = "rgba(214, 93, 93, 0.14)"
PAPER_MAJOR = "rgba(214, 93, 93, 0.34)"


_ARMS = [mark.color for arm, mark in ARM_MARKS.items() if not arm.startswith("forest")]  # a palette has ten colors, no more
CATEGORICAL = {
    "light": [TEXT["light"], *_ARMS, OTHER.color, "#5F6B74"],
    "dark": [TEXT["dark"], *_ARMS, OTHER.color, "#9AA6AF"],
}
SEQUENTIAL = {
    "light": ["#E6F1F8", "#CADFEF", "#ACCEE6", "#8EBCDD", "#6DABD4", "#5296C1", "#407BA6", "#2F628C", "#1D4A73", "#08335A"],
    "dark": ["#17303F", "#1D4459", "#225875", "#266D92", "#2984B0", "#4899C6", "#73AFD3", "#98C4E0", "#BBDAEE", "#DDF1FB"],
}
DIVERGING = {
    "light": ["#0A4F8C", "#4D80B2", "#7DB4DA", "#B6D0E4", "#E9ECEE", "#F1E6DF", "#EDC0A4", "#E39A6B", "#C0673E", "#9A3412"],
    "dark": ["#9CCBF0", "#6FA5D2", "#3E80B5", "#345876", "#25333D", "#3B2E29", "#7C4B32", "#C26A3A", "#E2996D", "#FFC9A3"],
}


_BEAT = (
    '<path d="M2 18 h8 l3 -4 l3 4 h3 l2 4 l4 -18 l4 22 l2 -8 h4 q4 -8 8 0 h5" fill="none" stroke="#2A9DC6" stroke-width="2.4" '
    'stroke-linejoin="round" stroke-linecap="round"/>'
)
_NAME = '<text x="54" y="22" font-family="sans-serif" font-size="17" font-weight="600" fill="#7D8A94">RDPD Studio</text>'
LOGO = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 168 32" width="168" height="32">{_BEAT}{_NAME}</svg>'
"""Drawn in colors that both themes bear; fetched from nowhere."""
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-1 -9 50 50" width="64" height="64">{_BEAT}</svg>'

FOCUS = "#1F7EA1"
"""Around what has the focus of the keyboard; a contrast of 3 to both backgrounds, which Streamlit's own half-transparent ring
has to neither."""
BESIDE = "beside"
"""Key of the grid of a picture and what stands beside it, of three columns; where two fit, the second would fill half a row."""
STYLE = f"""<style>
@media (max-width: 1153px) {{.st-key-{BESIDE} > :nth-child(2) {{grid-column: 1 / -1 !important}}}}
[data-testid=stSliderThumbValue],
[data-testid=stButtonGroup] :is([aria-checked=true], [aria-pressed=true]),
[data-testid=stButtonGroup] :is([aria-checked=true], [aria-pressed=true]) * {{color: inherit !important}}
:is(a, button, summary, [tabindex]):not(main, input):focus-visible,
:is([data-testid=stSelectbox], [data-testid=stMultiSelect]) [role=group]:has(input:focus-visible),
:is([data-testid=stNumberInputContainer], [data-testid=stTextInputRootElement]):has(input:focus-visible),
label:has(input:is([type=checkbox], [type=radio]):focus-visible),
[data-testid=stSlider] [style*=translate]:has(input:focus-visible)
{{outline: 3px solid {FOCUS} !important; outline-offset: 2px !important}}
</style>"""
"""What no setting of the theme gives. No one color serves both as the ground of white words and, in the dark, as the color of
words: what is chosen is in ink."""
REDRAW = """<script>
if (!window.rdpdTheme) {
  const ground = () => {
    const app = document.querySelector("[data-testid=stApp]");
    return app ? getComputedStyle(app).backgroundColor : drawn;
  };
  let drawn = "", last = drawn = ground();
  window.rdpdTheme = setInterval(() => {
    const now = ground(), turned = now !== drawn && now === last;
    last = now;
    if (!turned) return;
    drawn = now;
    if (Date.now() - Number(sessionStorage.getItem("rdpdRedrawn") ?? 0) < 5000) return;
    sessionStorage.setItem("rdpdRedrawn", Date.now());
    location.reload();
  }, 400);
}
</script>"""
"""Opens the page anew when the theme is changed, at most every 5 s: Streamlit leaves the ink of pictures as it was, hard to see
on the new ground. Every choice stands in the address, so nothing is lost."""
