"""Colors: the same in code and configuration, ten where ten are needed, and told apart by everybody."""

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from app import theme
from app.figures import looking, subject_classes, subject_heat, subject_matrix
from rdpd_core.experiments import ARMS

CONFIG = tomllib.loads((Path(theme.__file__).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))["theme"]

# Machado, Oliveira, Fernandes. A Physiologically-based Model for Simulation of Color Vision Deficiency. IEEE TVCG 2009.
SIGHT = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def linear(color):
    """Give linear RGB in [0, 1]."""
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """Give the contrast of two colors as WCAG 2 defines it."""
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (a, b))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """Give CIE Lab of linear RGB."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ rgb / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_configuration_and_code_have_the_same_colors(kind):
    given = CONFIG[kind]
    assert given["chartCategoricalColors"] == theme.CATEGORICAL[kind]
    assert given["chartSequentialColors"] == theme.SEQUENTIAL[kind]
    assert given["chartDivergingColors"] == theme.DIVERGING[kind]
    assert (given["backgroundColor"], given["textColor"]) == (theme.BACKGROUND[kind], theme.TEXT[kind])


@pytest.mark.parametrize("palette", [theme.CATEGORICAL, theme.SEQUENTIAL, theme.DIVERGING])
@pytest.mark.parametrize("kind", ["light", "dark"])
def test_palettes_have_ten_different_colors(palette, kind):
    assert len(palette[kind]) == len(set(palette[kind])) == 10


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_text_and_arms_stand_out_from_the_background(kind):
    assert contrast(theme.TEXT[kind], theme.BACKGROUND[kind]) >= 7
    colors = [mark.color for mark in theme.ARM_MARKS.values()] + [theme.OTHER.color, theme.MUTED]
    assert min(contrast(color, theme.BACKGROUND[kind]) for color in colors) >= 3


def over(color, opacity, background):
    """Give the color that is seen where another shines through."""
    parts = [round(opacity * int(color[i : i + 2], 16) + (1 - opacity) * int(background[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{part:02X}" for part in parts)


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_words_that_stand_back_can_still_be_read(kind):
    back, text = theme.BACKGROUND[kind], theme.TEXT[kind]
    assert contrast(theme.CATEGORICAL[kind][int(theme.QUIET[1:]) - 1], back) >= 4.5
    assert contrast(over(text, 0.6, back), back) >= 4.5, "captions have 60% of the ink"
    assert contrast(CONFIG[kind]["linkColor"], back) >= 4.5
    assert contrast(text, CONFIG[kind]["secondaryBackgroundColor"]) >= 7


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_the_main_color_bears_white_words_and_shows_the_focus(kind):
    main = CONFIG[kind]["primaryColor"]
    assert contrast(main, "#FFFFFF") >= 4.5
    assert contrast(main, theme.BACKGROUND[kind]) >= 3
    assert contrast(main, CONFIG[kind]["secondaryBackgroundColor"]) >= 3


@pytest.mark.parametrize("kind", ["light", "dark"])
@pytest.mark.parametrize("strong", [subject_matrix.STRONG, subject_heat.STRONG, looking.STRONG, subject_classes.OPACITY])
def test_numbers_can_be_read_on_the_strongest_shade(kind, strong):
    for mark in (*theme.ARM_MARKS.values(), theme.OTHER):
        shade = over(mark.color, strong, theme.BACKGROUND[kind])
        assert contrast(theme.TEXT[kind], shade) >= 4.5, (mark, strong)


@pytest.mark.parametrize("sight", list(SIGHT))
def test_arms_differ_for_every_kind_of_sight(sight):
    seen = {arm: lab(np.clip(np.array(SIGHT[sight]) @ linear(m.color), 0, 1)) for arm, m in theme.ARM_MARKS.items()}
    distances = {(a, b): np.linalg.norm(seen[a] - seen[b]) for a, b in itertools.combinations(seen, 2)}
    closest = min(distances, key=distances.get)
    assert distances[closest] >= 12, (closest, distances[closest])


def test_every_arm_has_a_mark_of_its_own_beside_its_color():
    assert set(theme.ARM_MARKS) == set(ARMS)
    assert len({m.color for m in theme.ARM_MARKS.values()}) == len(ARMS)
    drawn = [m.pattern for arm, m in theme.ARM_MARKS.items() if arm != "forest_all"]  # of eight patterns two forests share one
    assert len(set(drawn)) == len(drawn)
    assert len({m.symbol for m in theme.ARM_MARKS.values()}) == len(ARMS)
    assert theme.mark_of("something new") is theme.OTHER


@pytest.mark.parametrize("kind", ["light", "dark"])
def test_sequential_colors_go_one_way_and_diverging_ones_turn_once(kind):
    def lightness(colors):
        return np.diff([lab(linear(c))[0] for c in colors])

    assert len(set(np.sign(lightness(theme.SEQUENTIAL[kind])))) == 1
    steps = np.sign(lightness(theme.DIVERGING[kind]))
    assert len(set(steps[:4])) == len(set(steps[5:])) == 1
    assert steps[0] != steps[-1]
