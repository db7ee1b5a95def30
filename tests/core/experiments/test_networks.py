"""Settings of networks in words: read, written, and refused."""

import pytest

from rdpd_core.errors import ParameterError, UnknownNameError
from rdpd_core.experiments.experiment import ROLES
from rdpd_core.experiments.networks import networks_of, words_of


def test_words_are_read_and_written_back():
    words = ["teacher.dropout=0.3", "student.filters=32", "student.second_conv=true", "oracle.pooling=statistics"]
    found = networks_of(words)
    assert found == {
        "teacher": {"dropout": 0.3}, "student": {"filters": 32, "second_conv": True}, "oracle": {"pooling": "statistics"},
    }  # fmt: skip
    assert words_of(found) == words
    assert networks_of(words_of(found)) == found
    assert networks_of([]) == {}
    assert words_of({}) == []


def test_what_is_said_of_one_role_counts_more_than_what_is_said_of_all():
    found = networks_of(["segments=10", "student.segments=5", "dropout=1e-1"])
    assert {role: own["segments"] for role, own in found.items()} == {"teacher": 10, "student": 5, "oracle": 10}
    assert {own["dropout"] for own in found.values()} == {0.1}
    assert list(found) == list(ROLES)


@pytest.mark.parametrize(
    ("word", "kind", "told"),
    [
        ("filters", ParameterError, "'filters' sets nothing of a network; give ROLE.SETTING=VALUE"),
        ("student.filters=", ParameterError, "sets nothing"),
        ("student.=3", ParameterError, "sets nothing"),
        ("=3", ParameterError, "sets nothing"),
        ("pupil.filters=3", UnknownNameError, "unknown role of a network 'pupil'; known: teacher, student, oracle"),
        ("student.filter=3", UnknownNameError, "did you mean 'filters'"),
        ("student.filters=many", ParameterError, "filters='many' cannot be read as int"),
        ("student.filters=0", ParameterError, "filters=0 is outside"),
        ("student.pooling=max", ParameterError, "pooling='max' is not one of mean, statistics"),
    ],
)
def test_what_sets_nothing_is_refused(word, kind, told):
    with pytest.raises(kind, match=told):
        networks_of([word])


def test_a_setting_is_given_once():
    with pytest.raises(ParameterError, match=r"student.filters is there twice"):
        networks_of(["student.filters=3", "student.filters=4"])
