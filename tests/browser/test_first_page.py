"""What a person sees on the first page, and that clicks, links and Back do what they should."""

import pytest

from tests.browser.places import LOOK_MS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

PICTURE, TITLE = ".js-plotly-plot:has(.gtitle)", ".js-plotly-plot .gtitle"
FIRST_VISIT_MS, CLICK_MS, SETTLE_MS, TRIES = 240_000, 30_000, 500, 20


@pytest.fixture
def first_page(page, app_url):
    """The first page once its picture is drawn; gives a function that opens it with a link."""

    def opened(link=""):
        page.goto(f"{app_url}/{link}")
        page.wait_for_selector(PICTURE, timeout=FIRST_VISIT_MS)
        page.get_by_role("button", name="Begin").first.wait_for(timeout=FIRST_VISIT_MS)
        return page

    return opened


def choose(page, place, text):
    """Type into a list and take what is found."""
    box = page.locator("[data-testid=stSelectbox] input").nth(place)
    box.click()
    box.fill(text)
    page.locator("[role=option]").filter(has_text=text).first.click()


def subject_of(page):
    """Give the subject that the picture says it shows."""
    return page.locator(TITLE).first.text_content().split(",")[0]


def shows(page, subject):
    """Wait until the picture shows a subject."""
    page.wait_for_function(
        "([where, start]) => [...document.querySelectorAll(where)].some((e) => e.textContent.startsWith(start))",
        arg=[TITLE, f"{subject},"],
        timeout=CLICK_MS,
        polling=LOOK_MS,
    )


def other_subject(page):
    """Give a subject that is not shown."""
    box, options = page.locator("[data-testid=stSelectbox] input").nth(1), page.locator("[role=option]")
    for _ in range(TRIES):  # what arrives above the list moves it, and that closes it
        box.click()
        page.wait_for_timeout(SETTLE_MS)
        if options.count() > 1:
            break
    names = page.locator("[role=option]").all_inner_texts()
    page.keyboard.press("Escape")
    return next(name for name in names if name != subject_of(page))


def test_the_first_words_do_not_wait_for_the_picture(page, app_url):
    page.goto(app_url)
    page.get_by_text("How few channels are enough?").wait_for(timeout=CLICK_MS)
    assert page.get_by_text("Research software, not for clinical use").count() == 1


def test_a_choice_changes_picture_and_address_and_back_undoes_it(first_page):
    page = first_page()
    first, second = subject_of(page), other_subject(page)
    choose(page, 1, second)
    shows(page, second)
    page.wait_for_url(f"**start.subject={second}*")
    page.go_back()
    shows(page, first)
    assert "start.subject" not in page.url


def test_a_link_restores_subject_and_window_and_one_click_looks_closer(first_page):
    second = other_subject(first_page())
    page = first_page(f"?start.subject={second}&start.window=2&start.channels=chest")
    shows(page, second)
    page.get_by_text("window 2 of").wait_for(timeout=CLICK_MS)
    assert page.locator(PICTURE).get_by_text("V6").count() == 1
    assert page.locator("[data-testid=stAlert]").count() == 0
    page.get_by_role("link", name="This subject in the case study").click()
    page.get_by_text(f"Subject {second}").first.wait_for(timeout=FIRST_VISIT_MS)
    page.get_by_text("Window 2 of").first.wait_for(timeout=CLICK_MS)
    assert page.locator("[data-testid=stAlert]").filter(has_text="The link").count() == 0


def test_a_link_that_cannot_be_had_says_so(first_page):
    page = first_page("?start.subject=nobody")
    page.get_by_text("which is not here").wait_for(timeout=CLICK_MS)
    assert "nobody" in page.locator("[data-testid=stAlert]").inner_text()


def test_signals_stand_out_in_both_themes(page, first_page):
    def bright(scheme):
        return f"""() => {{
          const line = document.querySelector('.js-plotly-plot:has(.gtitle) .scatterlayer path.js-line');
          if (!line) return false;  // while the page opens itself anew there is none for a moment
          const [r, g, b] = getComputedStyle(line).stroke.match(/[0-9]+/g).map(Number);
          return (r + g + b > 3 * 128) === {"true" if scheme == "dark" else "false"};
        }}"""

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        if scheme == "light":
            first_page()
        page.wait_for_function(bright(scheme), timeout=CLICK_MS)


def test_nothing_is_wider_than_a_narrow_window(page, first_page):
    page.set_viewport_size({"width": 420, "height": 900})
    first_page()
    main = "document.querySelector('[data-testid=stMain]')"
    assert page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_picture_has_words_for_those_who_cannot_see_it_and_downloads_say_which_window_they_hold(first_page):
    page = first_page()
    subject = subject_of(page)
    told = page.locator(f'[aria-label*="{subject}, recording"]')
    told.first.wait_for(timeout=CLICK_MS)
    assert told.count() >= 2
    for label, ending in (("Signal (CSV)", "_signal.csv"), ("Picture (HTML)", ".html")):
        with page.expect_download(timeout=CLICK_MS) as download:
            page.get_by_text(label).first.click()
        name = download.value.suggested_filename
        assert subject in name
        assert "window-1" in name
        assert name.endswith(ending)


def test_the_other_pages_open_and_the_choice_outlives_the_visit(first_page):
    page = first_page()
    second = other_subject(page)
    choose(page, 1, second)
    shows(page, second)
    for name in ("Data", "Models"):
        page.get_by_role("link", name=name).first.click()
        page.get_by_role("heading", name=name, exact=True).wait_for(timeout=CLICK_MS)
        page.get_by_text("from the project's folder").first.wait_for(timeout=FIRST_VISIT_MS)
        page.get_by_role("link", name="Start").first.click()
        shows(page, second)


def test_the_first_page_says_what_is_here_what_runs_and_where_one_left(page, app_url):
    page.goto(f"{app_url}/data?data.set=ptbxl")
    page.get_by_text("PTB-XL").first.wait_for(timeout=FIRST_VISIT_MS)
    page.get_by_text("from the project's folder").first.wait_for(timeout=FIRST_VISIT_MS)
    page.get_by_role("link", name="Start").first.click()
    for part in ("Guided cases", "What is running", "Continue where you left", "What is here"):
        page.get_by_role("heading", name=part).wait_for(timeout=FIRST_VISIT_MS)
    page.get_by_text("Nothing is running now").wait_for(timeout=CLICK_MS)
    page.get_by_role("button", name="Begin").nth(4).wait_for(timeout=FIRST_VISIT_MS)
    page.get_by_role("link").filter(has_text="Data · PTB-XL").first.click()
    page.wait_for_url("**data.set=ptbxl*", timeout=CLICK_MS)
