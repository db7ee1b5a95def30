"""What is said of errors: tables, conclusions and warnings, from the values that the analysis found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rdpd_core.evaluation.intervals import MINIMUM_UNITS
from rdpd_core.evaluation.paired import SIGNIFICANT
from rdpd_core.evaluation.scores import Interval, people
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN, Sentence

Values = Mapping[str, Any]


def tables(found: Values) -> dict[str, list[dict[str, Any]]]:
    """Give the tables by title."""
    titles = found["titles"]
    subjects = [
        {"subject": s, "class": found["truth"][at], "windows": int(found["windows"][at])}
        | {titles[arm]: float(own[at]) for arm, own in found["accuracy"].items()}
        for at, s in enumerate(found["subjects"])
    ]
    arms = [(titles[arm], own) for arm, own in found["arms"].items()]
    return {
        "Accuracy by arm": [{"arm": title, **_row(own["accuracy"], "accuracy")} for title, own in arms],
        "Accuracy by subject": subjects,
        "Recall by class": [row for title, own in arms for row in _class_rows(title, own)],
        "Accuracy by group": [_group_row(title, row) for title, own in arms for row in own["groups"]],
        "Errors together": [_pair_row(titles, row) for row in found["together"]],
    }


def said(found: Values) -> Iterator[Sentence]:
    """Yield what may be concluded: each arm against a constant, groups, errors that fall together, the hardest subjects."""
    n = people(found["n_windows"], found["n_subjects"])
    for arm, own in found["arms"].items():
        yield _of_accuracy(found["titles"][arm], own["accuracy"], found["constant"], n, {"arm": arm})
    for name, groups in found["attributes"].items():
        yield from _of_groups(name, groups, found, n)
    for row in found["together"]:
        if row["other"] == "teacher":
            yield _of_errors(found["titles"][row["arm"]], row, found["unit"])
    yield _of_all(found, n)


def notices(found: Values) -> Iterator[str]:
    """Yield what must be known beside every picture."""
    least = found["settings"]["least"]
    for name, groups in found["attributes"].items():
        if groups["hidden"]:
            yield (
                f'"{name}": {len(groups["hidden"])} groups are hidden, because fewer than {least} subjects are in one of them, '
                "or because one hidden alone could be found by subtraction."
            )
    if not found["attributes"]:
        yield "Nothing that tells groups of people apart is recorded of these subjects, or the data set does not hand it out."
    else:
        yield "Groups may differ in their classes too: a difference between groups is no cause."
    few = [row["class"] for row in _first(found)["by_class"] if row["hidden"]]
    if few:
        yield f"Recall is hidden of classes that fewer than {least} {found['unit']} have: {', '.join(few)}."
    if found["unit"] == "recordings":
        yield f"There are fewer than {MINIMUM_UNITS} subjects: recordings were resampled, which says little about new people."
    if len(found["classes"]) > 1 and found["constant"] == 1:
        yield "All windows are of one class, so nothing shows whether classes are told apart."


def _first(found: Values) -> Values:
    return next(iter(found["arms"].values()))


def _of_accuracy(title: str, own: Values, constant: float, n: str, about: Mapping[str, str]) -> Sentence:
    interval, null = _interval(own), f"naming the commonest class always gives {constant:.3f}"
    if interval is None:
        text = f"Whether {title} is right more often than a constant cannot be said: {MINIMUM_UNITS} people are the least"
        return Sentence(text, UNKNOWN, n, null, own["value"], None, about)
    better, worse = interval.low > constant, interval.high < constant
    word = "more often than" if better else "less often than" if worse else "no more often than"
    text = f"{title} is right {word} one who always names the commonest class"
    return Sentence(text, SHOWN if better or worse else NOT_SHOWN, n, null, own["value"], interval, about)


def _of_groups(name: str, groups: Values, found: Values, n: str) -> Iterator[Sentence]:
    """Yield a sentence for each difference that stands, or one that says there is none."""
    null = "0 if the group did not matter; p by relabeling people, corrected by Holm for the groups of an arm"
    if not groups["shown"]:
        text = f'Whether "{name}" matters cannot be said: no group has {found["settings"]["least"]} subjects beside others'
        yield Sentence(text, UNKNOWN, n, null, about={"attribute": name})
        return
    stood = False
    for arm, own in found["arms"].items():
        for row in own["groups"]:
            gap = row["gap"]
            if row["attribute"] != name or row["p_holm"] >= SIGNIFICANT or gap["interval"] is None:
                continue
            stood = True
            word = "more" if gap["value"] > 0 else "less"
            text = f"{found['titles'][arm]} is right {word} often in subjects of {name} {row['group']} than in the others"
            about = {"arm": arm, "attribute": name, "group": row["group"]}
            said_null = f"{null}: p = {row['p_holm']:.2g}"
            yield Sentence(
                text,
                SHOWN,
                f"n = {gap['n']} windows, {row['subjects']} subjects in the group",
                said_null,
                gap["value"],
                _interval(gap),
                about,
            )
    if not stood:
        yield Sentence(
            f'No group by "{name}" is judged otherwise than the rest by any arm', NOT_SHOWN, n, null, about={"attribute": name}
        )


def _of_errors(title: str, row: Values, unit: str) -> Sentence:
    gap, about = row["gap"], {"arm": row["arm"]}
    n, null = f"n = {gap['n']} windows of {gap['units']} {unit}", "0 if both erred independently"
    if gap["value"] is None or gap["interval"] is None:
        text = (
            f"Whether {title} errs where the teacher errs cannot be said: {MINIMUM_UNITS} people of either kind are the least"
        )
        return Sentence(text, UNKNOWN, n, null, gap["value"], None, about)
    interval = _interval(gap)
    more, less = interval.low > 0, interval.high < 0
    word = "more often" if more else "less often" if less else "no more often"
    text = f"{title} errs {word} where the teacher errs than where the teacher is right"
    return Sentence(text, SHOWN if more or less else NOT_SHOWN, n, null, gap["value"], interval, about)


def _of_all(found: Values, n: str) -> Sentence:
    own, arms = found["all_wrong"], len(found["arms"])
    null = f"{own['by_chance']:.1f} if arms erred on subjects independently, p = {own['p']:.2g}"
    if arms < 2 or found["n_subjects"] < MINIMUM_UNITS:
        text = f"Whether arms misjudge the same subjects cannot be said: 2 arms and {MINIMUM_UNITS} subjects are the least"
        return Sentence(text, UNKNOWN, n, null)
    more = own["p"] < SIGNIFICANT
    text = f"{own['count']} of {found['n_subjects']} subjects are misjudged by all {arms} arms in most windows, "
    text += "more than chance: the difficulty lies with them" if more else "no more than chance"
    return Sentence(text, SHOWN if more else NOT_SHOWN, n, null)


def _row(cell: Values, name: str) -> dict[str, Any]:
    interval = _interval(cell)
    ends = {"low": interval and interval.low, "high": interval and interval.high}
    return {name: cell["value"], **ends, "windows": cell["n"], "people": cell["units"]}


def _class_rows(title: str, own: Values) -> Iterator[dict[str, Any]]:
    for row in own["by_class"]:
        yield {
            "arm": title,
            "class": row["class"],
            **_row(row["recall"], "recall"),
            "named in (share of windows)": row["named"],
        }


def _group_row(title: str, row: Values) -> dict[str, Any]:
    gap = _row(row["gap"], "less the others")
    return {
        "arm": title, "attribute": row["attribute"], "group": row["group"], **_row(row["accuracy"], "accuracy"),
        "less the others": gap["less the others"], "difference, low": gap["low"], "difference, high": gap["high"],
        "p": row["p"], "p (Holm)": row["p_holm"],
    }  # fmt: skip


def _pair_row(titles: Values, row: Values) -> dict[str, Any]:
    gap = _row(row["gap"], "difference")
    return {
        "arm": titles[row["arm"]], "other": titles[row["other"]], "errs where the other errs": row["where_other_errs"]["value"],
        "errs where the other is right": row["where_right"]["value"], **gap,
    }  # fmt: skip


def _interval(cell: Values) -> Interval | None:
    return None if cell["interval"] is None else Interval.from_dict(cell["interval"])
