"""Results of the table of bad inputs, printed where the tests' results are."""

import pytest

RESULTS = pytest.StashKey[list]()


@pytest.fixture
def result(request):
    """Give a list that is printed at the end: a row is number, input, what was said, seconds, MB."""
    return request.config.stash.setdefault(RESULTS, [])


def pytest_terminal_summary(terminalreporter, config):
    rows = config.stash.get(RESULTS, [])
    if rows:
        terminalreporter.section(f"bad inputs: {len({row[0] for row in rows})} rows, {len(rows)} inputs")
        for number, what, said, seconds, megabytes in sorted(rows, key=lambda row: row[:2]):
            size = "" if megabytes is None else f"{megabytes:5.0f} MB"
            terminalreporter.line(f"{number:>3}  {what:<38.38} {seconds:5.1f} s {size:>8}  {said[:150]}")
