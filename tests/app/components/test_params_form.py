"""Forms built from declarations: the right widget for each setting, limits that hold, and links that are checked."""

import dataclasses

import pytest
from streamlit.testing.v1 import AppTest

from app.components.params_form import LABELS, form, label, limits, refusal, zero_means
from rdpd_core.errors import UnknownNameError
from rdpd_core.experiments import Experiment

FIELDS = {field.name: field for field in dataclasses.fields(Experiment)}


def page():
    """A page that asks for settings of every kind, kept in the address."""
    from dataclasses import dataclass

    import streamlit as st

    from app.components.params_form import form
    from app.state import Link
    from rdpd_core.params import Params, choice, flag, number

    @dataclass(frozen=True)
    class Toy(Params):
        """Settings of every kind."""

        noise: float = number(0.0, 0.0, 100.0, "amplitude")
        speed: float = number(2.5, 0.5, 9.0, "how fast", unit="m/s", step=0.5)
        epochs: int = number(0, 0, 1000, "most epochs; 0 leaves it to the recipe")
        share: float = number(1.0, 0.001, 1.0, "share used")
        kind: str = choice("uniform", ("uniform", "normal"), "*how* it is drawn")
        form: str = choice("student_teacher", ("student_teacher", "teacher_student", "js"), "which way")
        even: bool = flag(False, "all alike")
        names: tuple[str, ...] = ("a", "b")
        text: str = ""

    link = Link("toy")
    names = ["noise", "speed", "epochs", "share", "kind", "form", "even", "names", "text"]
    values = form(Toy, names, "toy.form", link, zeros={"epochs": "60 here"})
    link.close(values)
    st.json({name: [value, type(value).__name__] for name, value in values.items()})
    st.text(Toy(**values))


def opened(**link: str) -> AppTest:
    """Run the page with an address."""
    at = AppTest.from_function(page, default_timeout=60)
    for key, value in link.items():
        at.query_params[f"toy.{key}"] = value
    return at.run()


def values(at: AppTest) -> dict[str, object]:
    """Give what the form gave, with types."""
    import json

    assert not at.exception
    return {name: tuple(pair) for name, pair in json.loads(at.json[0].value).items()}


def address(at: AppTest) -> dict[str, str]:
    """Give the address; a test holds what was handed in as lists."""
    return {key: value if isinstance(value, str) else value[0] for key, value in at.query_params.items()}


def numbers(at: AppTest) -> dict[str, object]:
    """Give the number fields by label."""
    return {field.label: field for field in at.number_input}


def test_defaults_come_out_with_their_types_and_lists_are_left_out():
    assert values(opened()) == {
        "noise": (0.0, "float"),
        "speed": (2.5, "float"),
        "epochs": (0, "int"),
        "share": (1.0, "float"),
        "kind": ("uniform", "str"),
        "form": ("student_teacher", "str"),
        "even": (False, "bool"),
    }


def test_each_kind_of_setting_has_its_widget_with_limits_unit_and_help():
    at = opened()
    fields = numbers(at)
    speed = fields["Speed \\(m/s\\)"]
    assert (speed.min, speed.max, speed.step) == (0.5, 9.0, 0.5)
    assert "How fast" in speed.help
    assert "0\\.5 to 9 m/s" in speed.help
    assert fields["Share of training windows"].step == 0.05
    assert fields["Most epochs"].step == 1
    assert at.toggle[0].label == "Even"
    assert at.button_group[0].label == "Kind"
    assert "\\*how\\* it is drawn" in at.button_group[0].help
    assert at.selectbox[0].options == ["KL(student || teacher)", "KL(teacher || student)", "Jensen-Shannon"]


def test_zero_that_leaves_a_number_to_something_else_says_so():
    at = opened()
    assert [c.value for c in at.caption] == ["0: left to the recipe, 60 here"]
    numbers(at)["Most epochs"].set_value(5).run()
    assert [c.value for c in at.caption] == ["0 would leave it to the recipe"]


def test_what_is_entered_is_given_and_kept_in_the_address():
    at = opened()
    numbers(at)["Noise amplitude"].set_value(0.5).run()
    at.button_group[0].set_value("normal").run()
    at.toggle[0].set_value(True).run()
    at.selectbox[0].set_value("js").run()
    got = values(at)
    assert (got["noise"][0], got["kind"][0], got["even"][0], got["form"][0]) == (0.5, "normal", True, "js")
    assert address(at) == {"toy.noise": "0.5", "toy.kind": "normal", "toy.even": "True", "toy.form": "js"}
    assert "noise=0.5" in at.text[0].value


def test_a_link_restores_values_however_they_are_written():
    at = opened(noise="1e1", epochs="60", even="True", kind="normal", share="0.250")
    got = values(at)
    assert got["noise"] == (10.0, "float")
    assert got["epochs"] == (60, "int")
    assert got["share"] == (0.25, "float")
    assert got["even"] == (True, "bool")
    assert got["kind"] == ("normal", "str")
    assert not at.warning


@pytest.mark.parametrize(
    ("name", "asked", "allowed"),
    [
        ("noise", "200", "a number from 0 to 100"),
        ("noise", "nan", "a number from 0 to 100"),
        ("noise", "", "a number from 0 to 100"),
        ("epochs", "3.5", "a whole number from 0 to 1000"),
        ("epochs", "-1", "a whole number from 0 to 1000"),
        ("share", "0", "a number from 0.001 to 1"),
        ("speed", "[x](y)", "a number from 0.5 to 9 m/s"),
    ],
)
def test_a_number_out_of_range_in_a_link_is_told_until_something_is_chosen(name, asked, allowed):
    at = opened(**{name: asked})
    assert values(at) == values(opened())
    (told,) = [w.value for w in at.warning]
    assert allowed in told
    assert "[x](y)" not in told
    at.run()
    assert len(at.warning) == 1
    at.toggle[0].set_value(True).run()
    at.run()
    assert not at.warning
    assert address(at) == {"toy.even": "True"}


def test_what_is_told_of_a_number_goes_when_another_is_entered():
    at = opened(noise="200")
    numbers(at)["Noise amplitude"].set_value(0.5).run()
    assert not at.warning


def test_a_word_that_is_not_offered_is_told():
    at = opened(kind="loud")
    assert values(at)["kind"][0] == "uniform"
    assert "loud" in at.warning[0].value


def test_going_back_restores_a_number(monkeypatch):
    at = opened()
    numbers(at)["Noise amplitude"].set_value(0.5).run()
    numbers(at)["Noise amplitude"].set_value(0.7).run()
    at.query_params["toy.noise"] = "0.5"
    monkeypatch.setattr("app.state.went_back", lambda: True)
    at.run()
    assert values(at)["noise"][0] == 0.5


def experiment_page():
    """A page that asks for all settings of an experiment, without a link."""
    import dataclasses

    import streamlit as st

    from app.components.params_form import form
    from rdpd_core.experiments import Experiment

    names = [field.name for field in dataclasses.fields(Experiment)]
    values = form(Experiment, names, "all")
    st.text(sorted(Experiment(**values).departures()))
    st.text(len(values))


def test_an_experiment_can_be_asked_for_without_a_link():
    at = AppTest.from_function(experiment_page, default_timeout=60).run()
    assert not at.exception
    assert at.text[0].value == "['dataset', 'view']"
    assert int(at.text[1].value) == sum("kind" in field.metadata for field in FIELDS.values())
    labels = [widget.label for kind in (at.number_input, at.button_group, at.selectbox, at.toggle) for widget in kind]
    assert len(set(labels)) == len(labels)


def test_every_setting_of_an_experiment_has_a_name_for_people():
    for field in FIELDS.values():
        assert "_" not in label(field)
        assert label(field)[0].isupper()
    assert set(LABELS) <= {*FIELDS}


def test_zero_of_what_a_recipe_says_is_the_recipe_s():
    left = {name: zero_means(field) for name, field in FIELDS.items() if "help" in field.metadata and zero_means(field)}
    names = ("temperature", "augment_strength", "averaging", "learning_rate", "epochs", "patience")
    assert left == dict.fromkeys(names, "the recipe")


def test_limits_are_written_in_full():
    assert limits(FIELDS["first_seed"]) == "a whole number from 0 to 2147483647"
    assert "noise amplitude" in refusal(FIELDS["noise"], "-1")


def test_an_unknown_setting_is_named():
    with pytest.raises(UnknownNameError, match="noize"):
        form(Experiment, ["noize"], "x")
