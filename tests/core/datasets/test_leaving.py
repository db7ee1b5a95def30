"""Credentialed data are given out only to who asks twice; simulated files of the same form are free."""

import pytest

from rdpd_core.datasets import DATASETS
from rdpd_core.datasets.base import MARK
from rdpd_core.datasets.leaving import check, is_held
from rdpd_core.errors import IncompatibleError


def test_only_credentialed_sets_are_held_and_not_if_their_files_were_simulated(tmp_path):
    held = [kind.name for kind in DATASETS if is_held(kind.name, tmp_path)]
    assert held == ["mimic3"]
    assert not is_held("of another machine", tmp_path)
    (tmp_path / "mimic3").mkdir()
    (tmp_path / "mimic3" / MARK).touch()
    assert not is_held("mimic3", tmp_path)


def test_it_has_to_be_asked_for_twice(tmp_path):
    with pytest.raises(IncompatibleError, match=r"MIMIC-III vital signs is credentialed \(PhysioNet .*add --credentialed if"):
        check("mimic3", False, tmp_path)
    check("mimic3", True, tmp_path)
    check("dsads", False, tmp_path)
