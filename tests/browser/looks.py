"""`python -m tests.browser.looks FOLDER`: a picture of every page and every part of it, in both themes and four widths."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from rdpd_core.environment import ROOT
from tests.browser.conftest import BROWSERS, QUIET, running_app
from tests.browser.places import PLACES, settle, visit

SIZES = {"1280": (1280, 800), "1920": (1920, 1080), "tablet": (820, 1180), "phone": (420, 900)}
THEMES = ("light", "dark")
TALLEST = 6000


def main() -> int:
    """Take the pictures; gives the exit code: 1 if a page is wider than its window."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.looks", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--url", help="of an app that runs; by default one is started")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of places", choices=[place.name for place in PLACES])
    parser.add_argument("--sizes", nargs="+", choices=list(SIZES), default=list(SIZES))
    parser.add_argument("--themes", nargs="+", choices=THEMES, default=list(THEMES))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.url:
        return pictures(options.url, options)
    with tempfile.TemporaryDirectory() as home, running_app(ROOT, sys.executable, Path(home), 60, RDPD_VENV=sys.prefix) as url:
        return pictures(url, options)


def pictures(url: str, options: argparse.Namespace) -> int:
    """Take every picture of a running app."""
    from playwright.sync_api import sync_playwright

    executable = next(filter(None, map(shutil.which, BROWSERS)))
    wide = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", *QUIET])
        for theme in options.themes:
            with chromium.new_context(color_scheme=theme) as context:
                page = context.new_page()
                for place in PLACES:
                    if options.only and place.name not in options.only:
                        continue
                    visit(page, url, place)
                    for size in options.sizes:
                        wide += picture(page, SIZES[size], options.folder / f"{place.name}-{theme}-{size}.png")
        chromium.close()
    for line in wide:
        print(line)
    return 1 if wide else 0


def picture(page, size: tuple[int, int], path: Path) -> list[str]:
    """Take a picture of the whole page; give a line if it is wider than its window."""
    width, height = size
    page.set_viewport_size({"width": width, "height": height})
    settle(page)
    tall, over = page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return [main.scrollHeight, main.scrollWidth - main.clientWidth]; }"
    )
    page.set_viewport_size({"width": width, "height": min(max(tall + 70, height), TALLEST)})
    settle(page)
    page.screenshot(path=path)
    page.set_viewport_size({"width": width, "height": height})
    return [f"{path.stem}: {over} px wider than its window"] if over > 0 else []


if __name__ == "__main__":
    sys.exit(main())
