"""What holds for every test: steady threads, and no skipped browser test where the tests are a gate."""

import os

import pytest
from hypothesis import settings

THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def pytest_configure():
    # Before anything loads a numerical library: thread pools that together exceed the cores slow each other down many times.
    for name in THREAD_SETTINGS:
        os.environ.setdefault(name, "1")
    # The same examples every time, and none judged by the clock of a busy machine.
    settings.register_profile("steady", derandomize=True, database=None, deadline=None, max_examples=60)
    settings.load_profile("steady")


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
