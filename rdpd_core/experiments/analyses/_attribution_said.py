"""What is said of attributions: tables, conclusions and warnings, from the values that the analysis found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rdpd_core.evaluation.attributions import ATTRIBUTORS, BASELINES
from rdpd_core.evaluation.believed import NO, YES
from rdpd_core.evaluation.intervals import MINIMUM_UNITS
from rdpd_core.evaluation.scores import Interval, people
from rdpd_core.experiments.analyses.base import NOT_SHOWN, SHOWN, UNKNOWN, Sentence

Values = Mapping[str, Any]
Rows = list[dict[str, Any]]


def tables(found: Values) -> dict[str, Rows]:
    """Give the tables by title."""
    models = list(found["models"].values())
    return {
        "Believe it": [_verdict_row(m) for m in models if m["belief"]],
        "Checks": [row for m in models if m["belief"] for row in _check_rows(m)],
        "Evidence by channel": [row for m in models for row in _channel_rows(m, found)],
        "Evidence by group": [
            {"model": m["title"], "group": group, "evidence (nat)": value}
            for m in models
            for group, value in m["by_group"].items()
        ],
        "Evidence over time": [row for m in models for row in _time_rows(m, found)],
        "Methods and baselines": [row for m in models for row in _alike_rows(m)],
        "Teacher and student": [_pair_row(pair) for pair in found["pairs"]],
        "Windows": [row for m in models for row in _window_rows(m)],
        "Deletion and insertion": [row for m in models if m["belief"] for row in _curve_rows(m)],
    }


def _verdict_row(model: Values) -> dict[str, Any]:
    belief = model["belief"]
    n = {"n (windows)": belief["n_windows"], "n (subjects)": belief["n_subjects"]}
    return {"model": model["title"], "believe it?": belief["verdict"], "reason": belief["reason"], **n}


def _check_rows(model: Values) -> Iterator[dict[str, Any]]:
    for check in model["belief"]["checks"]:
        null = {"null, low": check["low"], "null, high": check["high"]}
        row = {"model": model["title"], "check": check["title"], "state": check["state"], "value": check["value"]}
        yield row | null | {"told": check["sentence"]}


def _channel_rows(model: Values, found: Values) -> Iterator[dict[str, Any]]:
    for at, channel in enumerate(found["channels"]):
        if model["read"][at]:
            share = model["share"][at]
            own = {"evidence (nat)": float(model["by_channel"][at]), "share of all": share["value"]}
            yield {"model": model["title"], "channel": channel["name"], "group": channel["group"], **own, **_ends(share)}


def _time_rows(model: Values, found: Values) -> Iterator[dict[str, Any]]:
    step = found["window_s"] / len(model["over_time"])
    for at, value in enumerate(model["over_time"]):
        yield {"model": model["title"], "from (s)": at * step, "to (s)": (at + 1) * step, "evidence (nat)": float(value)}


def _alike_rows(model: Values) -> Iterator[dict[str, Any]]:
    for name, value in model["methods"].items():
        yield {"model": model["title"], "other": ATTRIBUTORS.get(name).title, "is a": "method", "rank correlation": value}
    for name, value in model["baselines"].items():
        yield {"model": model["title"], "other": BASELINES[name].title, "is a": "baseline", "rank correlation": value}


def _pair_row(pair: Values) -> dict[str, Any]:
    low, high = pair["band"] or (None, None)
    row = {"teacher": pair["teacher"], "student": pair["student"], "shared channels": pair["channels"]}
    row |= {"rank correlation": pair["alike"]["value"], **_ends(pair["alike"])}
    return row | {"other windows, low": low, "other windows, high": high, "n (windows)": pair["alike"]["n"]}


def _window_rows(model: Values) -> Iterator[dict[str, Any]]:
    names = {
        "subject": "subject", "recording": "recording", "offset_s": "from (s)", "truth": "truth", "predicted": "predicted",
        "explained": "explained", "probability": "probability", "evidence": "evidence (nat)",
        "baseline_evidence": "evidence of the baseline (nat)", "completeness": "completeness error (share)",
    }  # fmt: skip
    for window in model["windows"]:
        yield {"model": model["title"], **{title: window[name] for name, title in names.items()}}


def _curve_rows(model: Values) -> Iterator[dict[str, Any]]:
    curves = model["belief"]["curves"]
    parts = {
        "deletion": np.mean(curves["deletion"], axis=0),
        "insertion": np.mean(curves["insertion"], axis=0),
        "deletion, random order": np.mean(curves["random_deletion"], axis=0),
        "insertion, random order": np.mean(curves["random_insertion"], axis=0),
    }
    for at, share in enumerate(curves["share"]):
        own = {name: float(values[at]) for name, values in parts.items()}
        yield {"model": model["title"], "share of cells changed": share, **own}


def said(found: Values) -> Iterator[Sentence]:
    """Yield what may be concluded: whether to believe, where the evidence lies, whether the student looks as its teacher."""
    for model in found["models"].values():
        yield _of_belief(model, found)
    for model in found["models"].values():
        yield _of_channel(model, found)
    for pair in found["pairs"]:
        yield _of_pair(pair, found)


def _of_belief(model: Values, found: Values) -> Sentence:
    about, belief = {"model": model["name"]}, model["belief"]
    if belief is None:
        n = people(found["n_windows"], found["n_subjects"])
        text = f"Whether pictures of {model['title']} may be believed was not checked, so nothing follows from them"
        return Sentence(text, UNKNOWN, n, "without checks there is no null", about=about)
    claim = {YES: SHOWN, NO: NOT_SHOWN}.get(belief["verdict"], UNKNOWN)
    low, high = belief["band"]
    null = f"area between the curves for orders drawn at random: {low:.3f} to {high:.3f}"
    n = people(belief["n_windows"], belief["n_subjects"])
    text = f"{model['title']}: {belief['verdict']}. {belief['reason'].rstrip('.')}"
    return Sentence(text, claim, n, null, belief["gap"]["value"], _interval(belief["gap"]), about)


def _of_channel(model: Values, found: Values) -> Sentence:
    shares = [s["value"] if read else -1.0 for s, read in zip(model["share"], model["read"], strict=True)]
    top, count = int(np.argmax(shares)), sum(model["read"])
    own, name = model["share"][top], found["channels"][top]["name"]
    n, about = people(found["n_windows"], found["n_subjects"]), {"model": model["name"]}
    null = f"each of {count} channels would have {1 / count:.3f} if all gave alike; the largest was chosen after looking"
    if count == 1:
        text = f"{model['title']} reads {name} alone, so all its evidence comes from there"
        return Sentence(text, UNKNOWN, n, "one channel has all of it, whatever the model learned", about=about)
    interval = _interval(own)
    believed = model["belief"] is not None and model["belief"]["verdict"] == YES
    shown = believed and interval is not None and interval.low > 1 / count
    claim = SHOWN if shown else UNKNOWN if not believed or interval is None else NOT_SHOWN
    if claim == NOT_SHOWN:
        text = f"No channel gives {model['title']} clearly more than an even share of its evidence, not even {name}"
    else:
        text = f"{model['title']} takes the largest share of its evidence, for and against, from {name}"
    if not believed:
        text += ", if its pictures may be believed"
    return Sentence(text, claim, n, null, own["value"], interval, about)


def _of_pair(pair: Values, found: Values) -> Sentence:
    n, about = people(found["n_windows"], found["n_subjects"]), {"model": pair["name"]}
    where, alike = f"the {pair['channels']} channels both read", pair["alike"]
    interval = _interval(alike)
    if pair["band"] is None or interval is None:
        text = f"Whether {pair['student']} finds its evidence where {pair['teacher']} does cannot be said"
        return Sentence(text, UNKNOWN, n, f"rank correlation on {where}; 0 if unrelated", alike["value"], interval, about)
    low, high = pair["band"]
    null = f"rank correlation on {where}; other windows {low:.3f} to {high:.3f}"
    more = interval.low > high
    text = (
        f"{pair['student']} finds its evidence where {pair['teacher']} does, more than chance"
        if more
        else f"{pair['student']} and {pair['teacher']} are no more alike in a window than by chance"
    )
    return Sentence(text, SHOWN if more else NOT_SHOWN, n, null, alike["value"], interval, about)


def notices(found: Values) -> Iterator[str]:
    """Yield what must be known beside every picture."""
    settings = found["settings"]
    kind, base = ATTRIBUTORS.get(settings["method"]), BASELINES[settings["baseline"]]
    yield f"{kind.title}: {kind.help}"
    if kind.compares:
        yield f"Nothing there means: {base.help}"
    if kind.signed:
        yield "Evidence is the logit of a class minus the mean of all logits, in nat; below 0 it speaks against the class."
    errors = [e for m in found["models"].values() for e in (m["completeness"] if m["completeness"] is not None else ())]
    if errors:
        yield (
            f"The values add up to the evidence but for {np.median(errors):.2%} of it in the middle window and "
            f"{np.max(errors):.2%} in the worst."
        )
    else:
        yield "The values of this method are not meant to add up to the evidence."
    if found["n_subjects"] == 1:
        yield "All windows are of one person; nothing here holds for other people."
    for row in found["left_out"]:
        yield f"{row['model']} is left out: {row['reason']}."
    beliefs = [m["belief"] for m in found["models"].values() if m["belief"]]
    if beliefs:
        yield "Whether to believe it is asked on test windows of all people, whoever was chosen here."
    few = min((b["n_subjects"] for b in beliefs), default=MINIMUM_UNITS)
    if few < MINIMUM_UNITS:
        who = "one person" if few == 1 else f"{few} people"
        yield f"The windows that were checked are of {who}: the verdict holds for them alone."


def _ends(estimate: Values) -> dict[str, Any]:
    interval = estimate["interval"]
    return {"low": interval["low"], "high": interval["high"]} if interval else {"low": None, "high": None}


def _interval(estimate: Values) -> Interval | None:
    return None if estimate["interval"] is None else Interval.from_dict(estimate["interval"])
