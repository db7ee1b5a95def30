"""Records are found by what they were trained with and on; nothing that is kept is lost, and nothing damaged is believed."""

from dataclasses import replace

import pytest

from rdpd_core.errors import DataError, UnknownNameError
from rdpd_core.experiments import RECIPES, Experiment
from rdpd_core.experiments.evidence import Shelf, key_of
from rdpd_core.experiments.evidence import book as books
from rdpd_core.experiments.evidence.book import Book, entries, find
from rdpd_core.store import Store
from tests.core.experiments.evidence.made import cell


def test_what_was_put_is_found_again(toy, tmp_path):
    shelf, one = Shelf([tmp_path]), cell()
    shelf.put(one)
    (again,) = Shelf([tmp_path]).find(one.key)
    assert again.to_dict() == replace(one).to_dict() | {"comparison": again.to_dict()["comparison"]}
    assert shelf.match(one.key, one.windows["f0"]).key == one.key
    assert shelf.match("0" * 24, None) is None


def test_a_record_of_other_recordings_stays_beside(toy, tmp_path):
    shelf, one = Shelf([tmp_path]), cell()
    other = replace(one, windows=dict.fromkeys(one.windows, "f" * 64), created="2099-01-01T00:00:00+00:00")
    shelf.put(one)
    shelf.put(other)
    assert len(shelf.find(one.key)) == 2
    assert shelf.match(one.key, one.windows["f0"]).windows == one.windows
    assert shelf.match(one.key, "f" * 64).windows == other.windows
    assert shelf.match(one.key, None).windows == other.windows, "the newest"
    assert shelf.match(one.key, "0" * 64) is None


def test_a_damaged_record_is_passed_over_and_told(toy, tmp_path):
    shelf, one = Shelf([tmp_path]), cell()
    path = shelf.put(one)
    path.write_text(path.read_text(encoding="utf-8").replace("a notice", "no notice"), encoding="utf-8")
    assert shelf.find(one.key) == []
    assert "is not as it was written" in shelf.problems[0]


def test_records_are_set_aside_and_not_deleted(toy, tmp_path):
    shelf, one = Shelf([tmp_path]), cell()
    shelf.put(one)
    shelf.set_aside(one.key)
    assert shelf.find(one.key) == []
    assert len(list(tmp_path.glob("*.replaced"))) == 1


def test_a_key_tells_what_matters_and_nothing_else(toy, monkeypatch):
    base = Experiment(dataset="toy")
    assert key_of(base) == key_of(Experiment(dataset="toy", view="wrist", split="fixed"))
    changes = ({"noise": 1.0}, {"seeds": 4}, {"arms": ("direct",)}, {"recipe": "paper"}, {"view": "limbs"})
    assert len({key_of(base), *(key_of(replace(base, **c)) for c in changes)}) == 6
    for whose, share in (("share_by", "share"), ("unlabeled_by", "unlabeled"), ("rich_by", "rich_share")):
        other = replace(base, **{whose: "windows" if whose == "rich_by" else "subjects"})
        assert key_of(other) == key_of(base), "of whom nothing, or everything, is taken makes no difference"
        assert key_of(replace(other, **{share: 0.5})) != key_of(replace(base, **{share: 0.5}))
    before, recipe = key_of(base), RECIPES["tuned"]
    monkeypatch.setitem(RECIPES, "tuned", replace(recipe, training={**recipe.training, "epochs": 61}))
    assert key_of(base) != before, "another recipe of the same name is another recipe"
    elsewhere = replace(recipe, title="told otherwise", own_training={"another": {"epochs": 9}})
    monkeypatch.setitem(RECIPES, "tuned", elsewhere)
    assert key_of(base) == before, "what a recipe says of another data set, and how it is told, trains nothing anew"


@pytest.mark.slow
def test_records_that_come_with_the_program_are_found_by_the_settings_they_tell():
    shipped = list(books.shipped_cells())
    assert len(shipped) > 30
    assert [cell.key for cell in shipped] == [key_of(Experiment.from_dict(cell.experiment)) for cell in shipped]


def a_book(**changes):
    return Book(**{"study": "table2", "dataset": "toy", "recipe": "paper", "tag": "", "command": "python", "axes": ("view",),
                   "cells": (cell(seeds=1, folds=1),), **changes})  # fmt: skip


def test_results_are_written_listed_and_read(toy, tmp_path, monkeypatch):
    shipped, own = tmp_path / "pretrained" / "results", tmp_path / "own"
    monkeypatch.setattr(books, "shipped_folder", lambda: shipped)
    monkeypatch.setattr(books, "own_folder", lambda: own)
    one, two = a_book(), a_book(tag="noise_1.0")
    one.write(shipped)
    two.write(shipped)
    a_book(missing=("limbs",)).write(own)
    assert [(e.name, e.shipped) for e in entries()] == [("toy.table2.paper", False), ("toy.table2.paper.noise_1.0", True)]
    assert find("toy.table2.paper").read().missing == ("limbs",), "what was made here comes first"
    assert find("toy.table2.paper.noise_1.0").read().cells[0].at == {"view": "wrist"}
    with pytest.raises(UnknownNameError, match=r"did you mean 'toy.table2.paper'"):
        find("toy.table2.papr")
    assert Store([tmp_path / "pretrained"]).list().problems == (), "results are no models"


def test_an_edited_file_of_results_is_refused(toy, tmp_path):
    path = a_book().write(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace('"python"', '"rm"'), encoding="utf-8")
    with pytest.raises(DataError, match="is not as it was written"):
        books.entries([(tmp_path, True)])[0].read()
    path.write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="cannot be read"):
        books.entries([(tmp_path, True)])[0].read()
