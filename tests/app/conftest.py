"""Pages in tests look at jobs and keep things in a folder of the test, and nothing runs behind their back."""

from functools import cache, cached_property
from pathlib import Path

import pytest

from rdpd_core.jobs import Desk


class StillWatch:
    """A watch that makes no rounds."""

    trouble = ""

    def __init__(self, root: Path) -> None:
        """Begin with an empty desk, opened when it is first asked for."""
        self._root = root

    @cached_property
    def desk(self) -> Desk:
        """Give the desk."""
        return Desk(self._root)


@pytest.fixture(autouse=True)
def still_watch(monkeypatch, tmp_path):
    """A watch that makes no rounds; its desk is in an empty folder."""
    given = StillWatch(tmp_path / "watched" / "jobs")
    monkeypatch.setattr("app.watch.watch", lambda: given)
    monkeypatch.setenv("RDPD_WORK", str(tmp_path / "work"))  # where pages keep what was looked at last
    return given


@pytest.fixture(scope="session", autouse=True)
def one_look_at_what_is_installed():
    """Streamlit looks through all packages for components whenever a page is opened without a server; once is enough."""
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(scope="session")
def ecg_models(tmp_path_factory):
    """A folder with models of the small data set that stands in for the simulated one, made once for the tests of all pages."""
    from rdpd_core.datasets import DATASETS
    from rdpd_core.experiments import Experiment, keep, run
    from rdpd_core.store import Store
    from tests.app.test_views import ToyECG

    work = tmp_path_factory.mktemp("ecg")
    (work / "data").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATASETS._entries, ToyECG.name, ToyECG)
        patch.setenv("RDPD_CACHE", str(work / "cache"))
        patch.setenv("RDPD_WORK", str(work))
        for view in ("lead_I", "limb"):
            asked = Experiment(
                dataset=ToyECG.name, view=view, arms=("teacher", "direct", "rdpd"), seeds=2, recipe="paper", epochs=1
            )
            keep(run(asked), Store.default(), "2026-01-01T00:00:00+00:00")
    return work
