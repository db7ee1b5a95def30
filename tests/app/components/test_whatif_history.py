"""Undo and redo as a place in a list."""

from app.components.whatif_history import END, History
from rdpd_core.evaluation.edits import Drop, Noise

A, B, C = Drop("I"), Drop("II"), Noise("I")


def test_undo_and_redo_walk_the_list():
    whole = History().add(A).add(B).add(C)
    assert (whole.active, whole.at, whole.undone) == ((A, B, C), END, 0)
    back = whole.undo().undo()
    assert (back.edits, back.active, back.undone) == ((A, B, C), (A,), 2)
    assert back.redo().redo() == whole
    assert whole.redo() == whole


def test_undoing_nothing_stays_at_the_beginning():
    assert History().undo() == History()
    assert History((A,)).undo().undo().active == ()


def test_clear_can_be_taken_back():
    cleared = History((A, B)).clear()
    assert cleared.active == ()
    assert cleared.redo().active == (A,)


def test_adding_forgets_what_was_undone():
    assert History((A, B)).undo().add(C) == History((A, C))


def test_removing_keeps_what_was_undone():
    assert History((A, B, C)).remove(0) == History((B, C))
    left = History((A, B, C), 2).remove(1)
    assert (left.active, left.edits) == ((A,), (A, C))
    assert History((A,)).remove(0) == History()


def test_replacing_leaves_the_place():
    assert History((A, B), 1).replace(0, C) == History((C, B), 1)
