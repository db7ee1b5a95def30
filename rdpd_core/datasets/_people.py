"""What of a person may be told beside a recording: age by decades and sex, as no more is needed to compare groups."""

from __future__ import annotations

OLDEST = 90
"""From here on no decade is told."""


def age_group(years: float) -> str | None:
    """Give a decade such as "50 to 59"; None for what is no age of a person."""
    if not 0 <= years < 150:
        return None
    decade = int(years) // 10 * 10
    return "90 or more" if decade >= OLDEST else f"{decade} to {decade + 9}"


def facts_of_person(age: str, sex: str) -> dict[str, str]:
    """Give age group and sex out of text, as far as it says them.

    Args:
        age: In years, or anything.
        sex: "male" or "female" in any case, or anything.
    """
    facts = {}
    group = age_group(int(age)) if age.isascii() and age.isdigit() and len(age) <= 3 else None
    if group is not None:
        facts["age group"] = group
    if sex.lower() in ("male", "female"):
        facts["sex"] = sex.lower()
    return facts
