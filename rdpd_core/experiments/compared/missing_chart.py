"""What the analysis of missing channels found, as charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rdpd_core.evaluation import METRICS
from rdpd_core.experiments.compared.chart import Axis, Chart, Ends, Series
from rdpd_core.experiments.compared.entry import title_of

ROW, AROUND = 22, 100


def missing_chart(values: Mapping[str, Any]) -> Chart:
    """Give the score of every arm against the share of its channels that are missing.

    Args:
        values: Of the analysis "missing".
    """
    score, arms = METRICS[values["metric"]].title, values["arms"]
    series = tuple(_line(arm) for arm in arms)
    told = "; ".join(
        f"{title_of(arm['arm'])}, {arm['channels']} channels: "
        + ", ".join(f"{row['score']:.3f} without {row['missing']}" for row in arm["course"])
        for arm in arms
    )
    rows = tuple({"arm": arm["arm"], "channels": arm["channels"], **row} for arm in arms for row in arm["course"])
    return Chart(
        name="missing",
        title=f"{score} with channels missing at test time",
        x=Axis("share of the channels an arm reads that are missing (%)"),
        y=Axis(score),
        series=series,
        words=f"{score} with channels missing at test time. {told}.",
        note=f"{values['n']}. Means over models and sets of channels; bands: 95% intervals over {values['unit']}.",
        rows=rows,
    )


def _line(arm: Mapping[str, Any]) -> Series:
    course: Sequence[Mapping[str, Any]] = arm["course"]
    name = f"{title_of(arm['arm'])} ({arm['channels']} channel{'' if arm['channels'] == 1 else 's'})"
    return Series(
        name=name,
        arm=arm["arm"],
        x=tuple(100 * row["missing"] / arm["channels"] for row in course),
        y=tuple(row["score"] for row in course),
        ends=tuple(_ends(row, "score") for row in course),
        hover=tuple(f"{name}: {row['score']:.3f} without {row['missing']} ({row['sets']} sets)" for row in course),
    )


def _ends(row: Mapping[str, Any], name: str) -> Ends:
    return None if row[f"{name} low"] is None else (row[f"{name} low"], row[f"{name} high"])


def single_chart(values: Mapping[str, Any], students: bool) -> Chart | None:
    """Give what each single channel costs; None if there is no arm of that kind with two channels or more.

    Args:
        values: Of the analysis "missing".
        students: The students' channels, or the teacher's.
    """
    score = METRICS[values["metric"]].title
    arms = [arm for arm in values["arms"] if (arm["arm"] != "teacher") == students and arm["channels"] > 1]
    if not arms:
        return None
    names = list(dict.fromkeys(row["channel"] for arm in arms for row in arm["single"]))
    shift = {arm["arm"]: 0.14 * (at - (len(arms) - 1) / 2) for at, arm in enumerate(arms)}
    series = tuple(
        Series(
            name=title_of(arm["arm"]),
            arm=arm["arm"],
            x=tuple(row["loss"] for row in arm["single"]),
            y=tuple(names.index(row["channel"]) + shift[arm["arm"]] for row in arm["single"]),
            ends=tuple(_ends(row, "loss") for row in arm["single"]),
            hover=tuple(f"{title_of(arm['arm'])} without {row['channel']}: loses {row['loss']:.3f}" for row in arm["single"]),
            kind="rows",
        )
        for arm in arms
    )
    told = "; ".join(f"{title_of(arm['arm'])}: {_losses(arm)}" for arm in arms)
    return Chart(
        name="missing-single" if students else "missing-single-teacher",
        title=f"Loss of {score} without one channel",
        x=Axis(f"loss of {score} (0: nothing is lost)"),
        y=Axis("", tuple((float(at), name) for at, name in enumerate(names)), (len(names) - 0.5, -0.5)),
        series=series,
        words=f"Loss of {score} without one channel. {told}.",
        note=f"{values['n']}. Lines: 95% intervals over {values['unit']}.",
        rows=tuple({"arm": arm["arm"], **row} for arm in arms for row in arm["single"]),
        height=AROUND + ROW * len(names) + (8 * len(arms) if len(arms) > 3 else 0),
    )


def _losses(arm: Mapping[str, Any]) -> str:
    return ", ".join(f"{row['channel']} {row['loss']:+.3f}" for row in arm["single"])
