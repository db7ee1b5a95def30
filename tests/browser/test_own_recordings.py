"""A stranger brings a file from a phone's sensor logger and sees a case study, in a real browser."""

import time

import numpy as np
import pytest

from tests.browser.places import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WITHIN_S = 180


def logger_csv(path, sign, decimal):
    """Write what such a logger exports: a clock in ms that is not quite even, and three axes in m/s^2."""
    draw = np.random.default_rng(1)
    times = np.round(np.cumsum(draw.normal(20, 1.2, 1500)))
    tempo = 2 * np.pi * 1.9 * times / 1000
    axes = [2.3 * np.sin(tempo), 9.5 + 3 * np.sin(2 * tempo), 1.7 * np.cos(tempo)]
    lines = [sign.join(["timestamp_ms", *(f"accelerometer_{axis}" for axis in "xyz")])]
    lines += [
        sign.join([f"{t:.0f}", *(f"{v:.5f}".replace(".", decimal) for v in row)]) for t, *row in zip(times, *axes, strict=True)
    ]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("sign", "decimal"), [(",", "."), (";", ",")])
def test_from_a_phone_to_a_case_study_in_three_minutes(app_url, page, tmp_path, sign, decimal):
    logger_csv(tmp_path / "walk.csv", sign, decimal)
    page.goto(f"{app_url}/data")
    page.get_by_text("Add recordings").first.wait_for(timeout=240_000)  # the first visit simulates recordings
    settle(page)
    page.get_by_text("Add recordings").first.click()
    began = time.monotonic()
    page.wait_for_selector("[data-testid=stFileUploaderDropzone]", timeout=WITHIN_S * 1000)
    page.set_input_files("input[type=file]", tmp_path / "walk.csv")
    page.get_by_text("channels were not measured").first.click(timeout=WITHIN_S * 1000)
    page.get_by_role("button", name="Check", exact=True).click(timeout=WITHIN_S * 1000)
    page.get_by_role("button", name="Keep and open in the case study").click(timeout=WITHIN_S * 1000)
    page.wait_for_url("**/case?case.set=**", timeout=WITHIN_S * 1000)
    page.wait_for_selector(".js-plotly-plot:has(.main-svg)", timeout=WITHIN_S * 1000)
    assert time.monotonic() - began < WITHIN_S
    assert "6 channels not measured" in page.inner_text("[data-testid=stMain]")
