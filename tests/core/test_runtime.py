"""Randomness depends on its key and on nothing else; devices and threads are chosen, never assumed."""

import os
import platform
import subprocess
import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rdpd_core import __version__, runtime
from rdpd_core.errors import ParameterError

KEYS = st.lists(st.one_of(st.integers(), st.text(alphabet="abc", max_size=3)), min_size=1, max_size=4)


@given(KEYS)
@pytest.mark.slow
def test_a_seed_fits_every_generator(key):
    assert 0 <= runtime.seed_of(*key) < 2**63


@given(KEYS, KEYS)
def test_equal_keys_give_equal_seeds_and_others_do_not(one, other):
    same = list(map(str, one)) == list(map(str, other))
    assert (runtime.seed_of(*one) == runtime.seed_of(*other)) == same


def test_parts_do_not_run_together():
    assert len({runtime.seed_of("a", "bc"), runtime.seed_of("ab", "c"), runtime.seed_of("abc")}) == 3


@pytest.mark.slow
def test_a_seed_is_the_same_in_another_process():
    code = "from rdpd_core.runtime import seed_of; print(seed_of('weights', 3))"
    env = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env).stdout
    assert int(told) == runtime.seed_of("weights", 3)


def test_generators_repeat_and_leave_the_global_ones_alone():
    before = torch.get_rng_state()
    first, again = (torch.rand(3, generator=runtime.torch_generator("x", 1)) for _ in range(2))
    assert torch.equal(first, again)
    assert not torch.equal(first, torch.rand(3, generator=runtime.torch_generator("x", 2)))
    assert torch.equal(before, torch.get_rng_state())


def test_numpy_generators_repeat():
    first, again = (runtime.numpy_generator("x", 1).normal(size=3) for _ in range(2))
    assert (first == again).all()
    assert (first != runtime.numpy_generator("y", 1).normal(size=3)).all()


def test_the_cpu_is_always_there():
    assert runtime.pick_device("cpu") == torch.device("cpu")
    assert runtime.pick_device("auto").type in ("cpu", "cuda", "mps")


def test_an_unknown_device_is_refused():
    with pytest.raises(ParameterError, match="choose one of auto, cpu, cuda, mps"):
        runtime.pick_device("tpu")


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ParameterError, match=r"'cuda:1' is not on this machine \(here: cpu"):
        runtime.pick_device("cuda:1")


def test_auto_prefers_cuda(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert runtime.pick_device("auto").type == "cuda"


@pytest.mark.parametrize(("asked", "inside"), [(1, 1), (0, 1), (None, None)])
def test_threads_are_given_back(asked, inside):
    before = torch.get_num_threads()
    with runtime.threads(asked):
        assert torch.get_num_threads() == (before if inside is None else inside)
    assert torch.get_num_threads() == before


def test_threads_are_given_back_after_an_error():
    before = torch.get_num_threads()
    with pytest.raises(RuntimeError, match="halt"), runtime.threads(before + 1):
        raise RuntimeError("halt")
    assert torch.get_num_threads() == before


def test_versions_name_what_a_result_depends_on():
    found = runtime.versions()
    assert found["rdpd_core"] == __version__
    assert found["torch"] == torch.__version__
    assert found["python"] == ".".join(map(str, sys.version_info[:3]))


def test_peak_memory_is_of_this_process():
    assert 50 < runtime.peak_memory_mb() < 100_000


FAULTS = """
import resource, sys
import torch
from rdpd_core import runtime

if sys.argv[1] == "keep":
    assert runtime.keep_freed_memory()
def touch():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(25_000_000)  # 100 MB, freed at once
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
for _ in range(20):
    touch()
print(touch())
"""


def faults(how: str) -> int:
    """Give how many pages a process asks the system for when it has needed 100 MB often and needs them again."""
    env = {name: value for name, value in os.environ.items() if name != "GLIBC_TUNABLES" and not name.startswith("MALLOC_")}
    env["PYTHONPATH"] = os.pathsep.join(sys.path)
    told = subprocess.run([sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=False, env=env)
    assert told.returncode == 0, told.stderr
    return int(told.stdout)


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library is asked")
def test_freed_memory_is_kept_for_the_next_step():
    assert faults("keep") < faults("leave") / 10


def test_who_set_the_library_by_hand_keeps_the_last_word(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "1000000")
    assert not runtime.keep_freed_memory()
