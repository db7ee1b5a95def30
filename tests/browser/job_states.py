"""`python -m tests.browser.job_states FOLDER`: pictures of the pages Distill and Jobs, with a job in every state there is."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from rdpd_core.environment import ROOT
from rdpd_core.jobs import JobFolder, Spec, locks, states
from tests.app import jobs_made
from tests.app.jobs_made import Course
from tests.browser.conftest import BROWSERS, QUIET, running_app
from tests.browser.looks import THEMES, picture
from tests.browser.places import CHART, Place, visit

SIZES = {"1400": (1400, 900), "420": (420, 900)}
STUDY = "study"
DISTILL = "[data-testid=stBaseButton-primary]"
NOBODY = {"pid": 2**22 + 7, "started": "1", "slot": ""}
"""A worker that does not live."""
STOPPED = "stopped; the best models so far are kept, and Resume goes on from here"


@contextmanager
def jobs_in_every_state(home: Path) -> Iterator[dict[str, str]]:
    """Make jobs that stay as they are while inside; give their ids by state, the last that was made is that of a study.

    Args:
        home: Where the app has its folders `work` and `cache`.
    """
    office = jobs_made.desk(home / "work")

    def made(title: str, course: Course | None = None, **changes: object) -> JobFolder:
        return jobs_made.submit(office, jobs_made.spec(title, **changes), course)

    with ExitStack() as stack:
        stack.enter_context(jobs_made.nothing_starts(home / "work"))
        found = _ended(made)
        for at, (name, course) in enumerate(_living().items()):
            found[name] = folder = made(f"Lead I, first seed {40 + at}", course, first_seed=40 + at)
            if name not in (states.QUEUED, states.LOST):
                stack.enter_context(locks.hold(folder.lock))
            if name in (states.RUNNING, states.STOPPING):
                jobs_made.alive(folder)
            if name == states.STOPPING:
                folder.cancel()
            if name == states.LOST:
                jobs_made.alive(folder)
                folder.write_record("launch", {**folder.record("launch"), "handle": NOBODY})
        found[STUDY] = study = _study(office)
        first = office.shards(study.path.name)[0].folder
        jobs_made.tell(first, Course(epoch=5))
        jobs_made.alive(first)
        stack.enter_context(locks.hold(first.lock))
        yield {name: folder.path.name for name, folder in found.items()}


def _living() -> dict[str, Course | None]:
    """Give how far the jobs came that have not ended."""
    return {
        states.QUEUED: None,
        states.STARTING: None,
        states.RUNNING: Course(epoch=14),
        states.STOPPING: Course(stage="search-0", epoch=9),
        states.LOST: Course(stage="teacher", epoch=6),
    }


def _ended(made) -> dict[str, JobFolder]:
    found = {states.DONE: made("Lead I, five seeds", Course(stage="tables", epochs=24, patience=6))}
    arms = ("teacher", *jobs_made.STUDENTS)
    jobs_made.end(found[states.DONE], states.DONE, tables=[jobs_made.table(arms)], models=["simulated_ecg/rdpd-seed0-aaaaaa"])
    found[states.STOPPED] = made("Lead I, stopped on the way", Course(epoch=8), first_seed=10)
    jobs_made.end(found[states.STOPPED], states.STOPPED, STOPPED)
    found[states.FAILED] = made("Lead I, too large for this machine", Course(stage="search-0", epoch=3), first_seed=20)
    jobs_made.end(found[states.FAILED], states.FAILED, "out of memory; ask for fewer seeds or arms, or for another device")
    found[states.BROKEN] = made("Lead I, edited by hand", first_seed=30)
    (found[states.BROKEN].path / "launch.json").write_text("edited", encoding="utf-8")
    return found


def _study(office) -> JobFolder:
    one = jobs_made.spec().experiments[0]
    spec = Spec(
        "study", "Lead I under noise", "simulated_ecg", tuple({**one, "noise": noise} for noise in (0.0, 0.5, 1.0, 2.0))
    )
    return jobs_made.submit(office, replace(spec, id=""))


def main() -> int:
    """Take the pictures; gives the exit code: 1 if a page is wider than its window."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.job_states", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the pictures go")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of states, or distill")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as place,
        jobs_in_every_state(Path(place)) as jobs,
        running_app(ROOT, sys.executable, Path(place), 60, RDPD_VENV=sys.prefix) as url,
    ):
        wide = _pictures(url, options, jobs)
    print("\n".join(wide))
    return 1 if wide else 0


def _pictures(url: str, options: argparse.Namespace, jobs: dict[str, str]) -> list[str]:
    from playwright.sync_api import sync_playwright

    drawn = (states.DONE, states.STOPPED, states.FAILED, states.RUNNING, states.STOPPING, states.LOST)
    places = [
        Place(name, f"jobs?jobs.job={job}", CHART if name in drawn else "[data-testid=stAlert]") for name, job in jobs.items()
    ]
    places += [
        Place("distill", "distill", DISTILL),
        Place("distill-more", "distill?distill.data=dsads&distill.engine=ray", "[data-testid=stMain] h1"),
    ]
    wide = []
    with sync_playwright() as playwright:
        executable = next(filter(None, map(shutil.which, BROWSERS)))
        chromium = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", *QUIET])
        for theme in THEMES:
            with chromium.new_context(color_scheme=theme) as context:
                page = context.new_page()
                for place in (p for p in places if not options.only or p.name in options.only):
                    visit(page, url, place)
                    for size, window in SIZES.items():
                        wide += picture(page, window, options.folder / f"{place.name}-{theme}-{size}.png")
        chromium.close()
    return wide


if __name__ == "__main__":
    sys.exit(main())
