"""What is said of confidence: tables, conclusions and warnings, from the values that the analysis found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rdpd_core.evaluation.calibration_error import TITLES
from rdpd_core.evaluation.intervals import MINIMUM_UNITS
from rdpd_core.evaluation.scores import Interval, people
from rdpd_core.evaluation.temperature import LEAST_WINDOWS
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN, Sentence

Values = Mapping[str, Any]


def tables(found: Values) -> dict[str, list[dict[str, Any]]]:
    """Give the tables by title."""
    by_arm = [(found["titles"][arm], own) for arm, own in found["arms"].items()]
    return {
        "Calibration": [row for title, own in by_arm for row in _error_rows(title, own)],
        "Reliability": [row for title, own in by_arm for row in _bin_rows(title, own)],
        "Deciding less": [row for title, own in by_arm for row in _abstain_rows(title, own)],
        "Disagreement with the teacher": [row for title, own in by_arm for row in _flag_rows(title, own)],
        "Sets of classes": [_set_row(title, own["sets"]) for title, own in by_arm],
        "Sets by class": [row for title, own in by_arm for row in _class_rows(title, own["sets"], found["classes"])],
    }


def said(found: Values) -> Iterator[Sentence]:
    """Yield what may be concluded of each arm: calibration, sets, deciding less, the second flag."""
    n = people(found["n_windows"], found["n_subjects"])
    for arm, own in found["arms"].items():
        title, about = found["titles"][arm], {"arm": arm}
        yield _of_error(title, own["raw"]["errors"], n, about)
        yield _of_direction(title, own["raw"]["errors"]["overconfidence"], n, about)
        yield from _of_sets(title, own["sets"], found, n, about)
        yield _of_abstaining(title, own["abstain"], found["settings"]["keep"], about, found["unit"])
        if own["flag"] is not None:
            yield _of_flag(title, own["flag"], about, found["unit"])


def notices(found: Values) -> Iterator[str]:
    """Yield what must be known beside every picture."""
    yield (
        f"ECE grows as windows get fewer: a calibrated model would not have 0 here either. Compare it with its null at this n, "
        f"never with an ECE over another number of windows than {found['n_windows']}."
    )
    yield "The end points of ECE intervals are moved by the bias that resampling adds."
    taus = {found["titles"][arm]: own["temperature"] for arm, own in found["arms"].items()}
    if any(tau is None for tau in taus.values()):
        yield f"No temperature was fitted: {LEAST_WINDOWS} labeled validation windows of 2 classes are the least."
    limit = [title for title, tau in taus.items() if tau and tau["at_limit"]]
    if limit:
        yield f"The temperature of {', '.join(limit)} went to its limit: validation windows are all right, or as by chance."
    yield (
        "Sets are calibrated on the validation people, who also chose the epoch and the temperature; their promise holds for a "
        "window drawn from a new person like them, on average over people, not for each class or each person."
    )
    yield from _uncovered(found)
    if found["unit"] == "recordings":
        yield f"There are fewer than {MINIMUM_UNITS} subjects: recordings were resampled, which says little about new people."
    several = [found["titles"][arm] for arm, own in found["arms"].items() if own["models"] > 1]
    if several:
        yield f"Probabilities are the mean over seeds, which is less sure than a single model ({', '.join(several)})."


def _uncovered(found: Values) -> Iterator[str]:
    """Say which class the sets of each arm miss most, where that is more than promised."""
    wanted = found["settings"]["coverage"]
    for arm, own in found["arms"].items():
        cells = zip(found["classes"], own["sets"]["known"]["by_class"] if own["sets"]["known"] else (), strict=False)
        known = [(cell["value"], name, cell) for name, cell in cells if cell["value"] is not None]
        if known and min(known, key=lambda row: row[0])[0] < wanted:
            value, name, cell = min(known, key=lambda row: row[0])
            yield (
                f"Sets of {found['titles'][arm]} hold the class {name} in {value:.0%} of its {cell['n']} windows "
                f"({cell['units']} people), though {wanted:.0%} is promised on average over all people."
            )


def _of_error(title: str, errors: Values, n: str, about: Mapping[str, str]) -> Sentence:
    own = errors["ece"]
    alone, alike = own["band"]
    null = (
        f"a calibrated model would have {own['null']:.3f}, and in 1 of 20 cases more than {alone:.3f} "
        f"(if windows are independent) to {alike:.3f} (if those of a person are alike)"
    )
    if own["interval"] is None:
        text = f"Whether {title} is calibrated cannot be said: {MINIMUM_UNITS} people are the least"
        return Sentence(text, UNKNOWN, n, null, own["value"], None, about)
    claim, text = {
        1: (SHOWN, f"{title} is not calibrated: its ECE is more than calibration explains"),
        -1: (NOT_SHOWN, f"{title} may be calibrated: its ECE is no more than that of a calibrated model"),
        0: (UNKNOWN, f"Whether {title} is calibrated depends on how alike the windows of a person are"),
    }[own["claim"]]
    return Sentence(text, claim, n, null, own["value"], _interval(own), about)


def _of_direction(title: str, own: Values, n: str, about: Mapping[str, str]) -> Sentence:
    null = "0 if confidence meant accuracy"
    if own["interval"] is None:
        text = f"Whether {title} is too sure of itself cannot be said: {MINIMUM_UNITS} people are the least"
        return Sentence(text, UNKNOWN, n, null, own["value"], None, about)
    word = {1: "is too sure of itself", -1: "is less sure than it could be", 0: "is on average neither too sure nor too unsure"}
    sign = _sign(own)
    text = f"{title} {word[sign]} (confidence less accuracy)"
    return Sentence(text, SHOWN if sign else NOT_SHOWN, n, null, own["value"], _interval(own), about)


def _of_sets(title: str, own: Values, found: Values, n: str, about: Mapping[str, str]) -> Iterator[Sentence]:
    wanted, known = found["settings"]["coverage"], own["known"]
    if known is None:
        text = (
            f"No sets of classes can be promised for {title}: a coverage of {wanted:.0%} needs {own['least']} validation "
            f"people and there are {own['people']}"
        )
        yield Sentence(text, UNKNOWN, n, f"{own['least']} people are the least for {wanted:.0%}", about=about)
    else:
        cover, classes = known["coverage"], len(found["classes"])
        open_, short = cover["interval"] is None, cover["interval"] is not None and cover["interval"]["high"] < wanted
        text = f"Sets of {title} hold {known['mean_size']:.2f} of {classes} classes on average and "
        text += "cover less than promised" if short else "nothing shows that they cover less than promised"
        if open_:
            text = f"Whether sets of {title} cover as promised cannot be said: {MINIMUM_UNITS} people who differ are the least"
        null = f"promised {wanted:.0%}, calibrated on {own['people']} validation people"
        claim = UNKNOWN if open_ else SHOWN if short else NOT_SHOWN
        yield Sentence(text, claim, n, null, cover["value"], _interval(cover), about)
    again = own["resplits"]
    if again is not None:
        repeats, least = len(again["coverage"]), 1 / (again["calibrating"] + 1)
        mean, spread = float(np.mean(again["coverage"])), float(np.std(again["coverage"], ddof=1))
        ends = Interval(*map(float, np.percentile(again["coverage"], [2.5, 97.5])), "divisions", repeats, repeats)
        near = abs(mean - wanted) <= 0.02 + 1e-9
        where = f"{repeats} divisions of the test people, {again['calibrating']} to calibrate on"
        text = f"Over {where}, sets of {title} cover {mean:.1%} (standard deviation {spread:.1%}): "
        text += "as promised within 2 points" if near else "more than promised" if mean > wanted else "less than promised"
        null = f"promised {wanted:.0%}; {again['calibrating']} people cannot promise finer than {least:.1%}"
        yield Sentence(text, SHOWN, n, null, mean, ends, about)


def _of_abstaining(title: str, own: Values, keep: float, about: Mapping[str, str], unit: str) -> Sentence:
    gap = own["kept_less_left"]
    n, null = f"n = {gap['n']} windows of {gap['units']} {unit}", "0 if confidence told nothing about being right"
    if gap["value"] is None or gap["interval"] is None:
        text = f"Whether leaving out what {title} is unsure of helps cannot be said: {MINIMUM_UNITS} people are the least"
        return Sentence(text, UNKNOWN, n, null, gap["value"], None, about)
    sign = _sign(gap)
    word = {1: "more often right", -1: "less often right", 0: "no more often right"}[sign]
    text = f"{title} is {word} in the {keep:.0%} of windows it is surest of than in the rest"
    return Sentence(text, SHOWN if sign else NOT_SHOWN, n, null, gap["value"], _interval(gap), about)


def _of_flag(title: str, own: Values, about: Mapping[str, str], unit: str) -> Sentence:
    gap = own["more"]
    n, null = f"n = {gap['n']} windows of {gap['units']} {unit}", "0 if disagreement told nothing about errors"
    if gap["value"] is None or gap["interval"] is None:
        text = (
            f"Whether {title} errs more if the teacher disagrees cannot be said: {MINIMUM_UNITS} people of either are the least"
        )
        return Sentence(text, UNKNOWN, n, null, gap["value"], None, about)
    sign = _sign(gap)
    word = {1: "more often", -1: "less often", 0: "no more often"}[sign]
    text = f"{title} errs {word} where the teacher disagrees than where it agrees"
    return Sentence(text, SHOWN if sign else NOT_SHOWN, n, null, gap["value"], _interval(gap), about)


def _error_rows(title: str, own: Values) -> Iterator[dict[str, Any]]:
    for state in ("raw", "scaled"):
        if own[state] is None:
            continue
        tau = own["temperature"]["value"] if state == "scaled" else 1.0
        for name, error in own[state]["errors"].items():
            yield {
                "arm": title, "probabilities": "as they are" if state == "raw" else "temperature fitted", "temperature": tau,
                "measure": TITLES[name], "value": error["value"], **_ends(error),
                "calibrated model": error.get("null"),
                "calibrated, 95% below (independent windows)": error["band"][0] if "band" in error else None,
                "calibrated, 95% below (windows of a person alike)": error["band"][1] if "band" in error else None,
            }  # fmt: skip


def _bin_rows(title: str, own: Values) -> Iterator[dict[str, Any]]:
    for state in ("raw", "scaled"):
        for kind in ("width", "mass"):
            for row in own[state][kind] if own[state] else ():
                shown = "as they are" if state == "raw" else "temperature fitted"
                yield {"arm": title, "probabilities": shown, "bins": f"equal {kind}", **row}


def _abstain_rows(title: str, own: Values) -> Iterator[dict[str, Any]]:
    for row in own["abstain"]["curve"]:
        cell = row["accuracy"]
        yield {
            "arm": title, "share decided": row["share"], "least confidence": row["threshold"], "accuracy": cell["value"],
            **_ends(cell), "deciding at random": own["abstain"]["accuracy"]["value"], **_size(cell),
        }  # fmt: skip


def _flag_rows(title: str, own: Values) -> Iterator[dict[str, Any]]:
    for name, cell in (own["flag"] or {"error": {}})["error"].items():
        yield {
            "arm": title,
            "teacher and arm": name,
            "error rate": cell["value"],
            **_ends(cell),
            "windows": cell["n"],
            "people": cell["units"],
        }


def _set_row(title: str, own: Values) -> dict[str, Any]:
    known, again = own["known"], own["resplits"]
    cover = known and known["coverage"]
    return {
        "arm": title,
        "validation people": own["people"],
        "coverage of test windows": cover and cover["value"],
        **(_ends(cover) if cover else {"low": None, "high": None}),
        "classes in a set": known and known["mean_size"],
        "empty sets": known and int(known["sizes"][0]),
        "sets of one class": known and int(known["sizes"][1]),
        "coverage over resplits": again and float(np.mean(again["coverage"])),
        "resplits, sd": again and float(np.std(again["coverage"], ddof=1)),
        "resplits": again and len(again["coverage"]),
        "people calibrated on": again and again["calibrating"],
        "why not": own.get("why_not"),
    }


def _class_rows(title: str, own: Values, classes: list[str]) -> Iterator[dict[str, Any]]:
    for name, cell in zip(classes, own["known"]["by_class"] if own["known"] else (), strict=False):
        yield {
            "arm": title,
            "class": name,
            "coverage": cell["value"],
            **_ends(cell),
            "windows": cell["n"],
            "people": cell["units"],
        }


def _size(cell: Values) -> dict[str, int]:
    return {"windows": cell["n"], "people": cell["units"]}


def _ends(cell: Values) -> dict[str, Any]:
    interval = _interval(cell)
    return {"low": interval and interval.low, "high": interval and interval.high}


def _interval(cell: Values) -> Interval | None:
    given = cell["interval"]
    return None if given is None else Interval.from_dict(given)


def _sign(cell: Values) -> int:
    interval = _interval(cell)
    return 0 if interval is None or not interval.excludes(0) else 1 if interval.low > 0 else -1
