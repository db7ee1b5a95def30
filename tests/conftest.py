"""What holds for every test: steady threads, processes that run beside each other, and no skipped browser test in a gate."""

import gc
import os
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
MOST_PROCESSES = 8
"""Each loads PyTorch and collects every test."""


def pytest_configure():
    # Before anything loads a numerical library: thread pools that together exceed the cores slow each other down many times.
    for name in THREAD_SETTINGS:
        os.environ.setdefault(name, "1")
    # Workers that stand back behind all other tests would come to nothing before these lose their patience.
    os.environ.setdefault("RDPD_NICE", "0")
    # As in the app's own settings, which pages run without a server do not read.
    os.environ.setdefault("STREAMLIT_RUNNER_POST_SCRIPT_GC", "false")
    # The same examples every time, and none judged by the clock of a busy machine.
    settings.register_profile("steady", derandomize=True, database=None, deadline=None, max_examples=60)
    settings.load_profile("steady")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """Give the number of processes: three for two cores that may be used where slow tests wait; or 0, for this one."""
    places = {Path(argument.split("::")[0]) for argument in config.args}
    if (len(places) == 1 and places.pop().is_file()) or config.option.capture == "no" or config.option.trace:
        return 0
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    waiting = 0 if "not slow" in config.option.markexpr else cores // 2
    return min(cores + waiting, MOST_PROCESSES) if cores > 1 else 0


def in_browser(nodeid):
    """Say whether a test is one of those that need a browser."""
    return "/browser/" in nodeid.split("::")[0]


@cache
def uses(path, name):
    """Say whether the tests of a file use a fixture that is dear to make."""
    return name in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Keep the tests of a file in one process, and so all that share an app or a cluster, and all that start their own app."""
    from xdist.scheduler import LoadFileScheduling

    class Together(LoadFileScheduling):
        def _split_scope(self, nodeid):
            path = config.rootpath / nodeid.split("::")[0]
            if in_browser(nodeid):
                return f"browser, {uses(path, 'app_url')}"
            return "cluster" if uses(path, "ray_cluster") else super()._split_scope(nodeid)

    return Together(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):  # what takes long comes first, so that no process waits for another at the end
        long = Counter(item.path for item in items if item.get_closest_marker("slow"))
        items.sort(key=lambda item: (not in_browser(item.nodeid), -long[item.path]))


def pytest_collection_finish():
    gc.collect()
    gc.freeze()  # what is imported stays; it need not be looked through again and again


@pytest.fixture(scope="session")
def ray_cluster():
    """A Ray head for all tests that need one, started when the first of them does."""
    from tests.ray_head import ray_head

    with ray_head() as running:
        yield running


def in_ci() -> bool:
    """Say whether the tests run as a gate."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if in_ci() and report.skipped and not hasattr(report, "wasxfail") and item.get_closest_marker("browser"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"a browser test may not be skipped in CI: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if in_ci() and report.skipped and "/browser/" in report.nodeid:
        report.outcome, report.longrepr = "failed", f"browser tests may not be skipped in CI: {report.longrepr[2]}"
    return report
