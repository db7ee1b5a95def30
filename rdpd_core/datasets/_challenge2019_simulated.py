"""Files in the form of the 2019 challenge with made-up stays, to run without the original; no person was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from rdpd_core.runtime import numpy_generator

# Mean, spread, change while septic, and share of hours with a value, roughly as in the published files.
MEASURED = {
    "HR": (85, 15, 14, 0.88), "O2Sat": (97, 2.4, -1.5, 0.86), "Temp": (36.9, 0.6, 0.7, 0.34), "SBP": (121, 20, -12, 0.86),
    "MAP": (80, 13, -9, 0.85), "DBP": (61, 11, -6, 0.86), "Resp": (18.5, 4.5, 4, 0.79), "EtCO2": (34, 6, -2, 0.07),
    "BaseExcess": (-0.5, 4, -3, 0.03), "HCO3": (24, 4, -3, 0.03), "FiO2": (0.5, 0.15, 0.1, 0.03),
    "pH": (7.38, 0.06, -0.04, 0.03), "PaCO2": (41, 8, -2, 0.03), "SaO2": (95, 4, -2, 0.02), "AST": (60, 30, 40, 0.02),
    "BUN": (22, 12, 8, 0.06), "Alkalinephos": (90, 35, 15, 0.02), "Calcium": (8.3, 0.8, -0.3, 0.06),
    "Chloride": (105, 5, 1, 0.02), "Creatinine": (1.3, 0.6, 0.5, 0.06), "Bilirubin_direct": (0.8, 0.5, 0.6, 0.01),
    "Glucose": (135, 38, 15, 0.22), "Lactate": (2.0, 0.9, 1.6, 0.02), "Magnesium": (2.0, 0.3, 0, 0.05),
    "Phosphate": (3.5, 1.0, 0.4, 0.03), "Potassium": (4.1, 0.5, 0.1, 0.08), "Bilirubin_total": (1.2, 0.7, 0.8, 0.02),
    "TroponinI": (2.0, 1.5, 0.5, 0.02), "Hct": (31, 5, -1, 0.06), "Hgb": (10.5, 1.7, -0.4, 0.06), "PTT": (38, 12, 6, 0.02),
    "WBC": (11, 4, 5, 0.05), "Fibrinogen": (290, 90, 40, 0.01), "Platelets": (200, 80, -40, 0.05),
}  # fmt: skip
POSITIVE_ABOVE = 0.01
HEADER = [*MEASURED, "Age", "Gender", "Unit1", "Unit2", "HospAdmTime", "ICULOS", "SepsisLabel"]
# Stays and septic ones, as published; numbers of the first patient.
HOSPITALS = {"training_setA": (20336, 1790, 1), "training_setB": (20000, 1142, 100001)}
FEWEST_SEPTIC, FEWEST_OTHERS = 20, 40


def write_stays(folder: Path, scale: float, seed: int) -> None:
    """Write the stays of two hospitals.

    Args:
        folder: Where training_setA and training_setB go.
        scale: Share of the true numbers; at least 20 septic and 40 other stays in each.
        seed: Other seeds are other patients.
    """
    for name, (stays, septic, first) in HOSPITALS.items():
        (folder / name).mkdir(parents=True)
        many = max(FEWEST_SEPTIC, round(scale * septic))
        total = many + max(FEWEST_OTHERS, round(scale * (stays - septic)))
        chosen = set(numpy_generator("challenge2019", seed, name).permutation(total)[:many].tolist())
        for number in range(total):
            draw = numpy_generator("challenge2019", seed, name, number)
            lines = _stay(draw, number in chosen, 0.3 if name.endswith("B") else 0.0)
            (folder / name / f"p{first + number:06d}.psv").write_text(
                "\n".join(["|".join(HEADER), *lines]) + "\n", encoding="ascii"
            )


def _stay(draw: np.random.Generator, septic: bool, shift: float) -> list[str]:
    """Give the lines of one stay; `shift` sets a hospital apart, in spreads."""
    hours = int(np.clip(draw.gamma(5, 8), 14, 200))
    onset = int(draw.integers(0, hours - 8)) if septic else hours
    hours = min(hours, onset + 10)
    ill = np.clip((np.arange(hours) - onset + 6) / 6, 0, 1.5) if septic else np.zeros(hours)
    columns = []
    for mean, spread, change, often in MEASURED.values():
        slow = np.cumsum(draw.normal(0, 0.15, size=hours))
        value = mean + spread * (shift + 0.7 * draw.normal() + 0.3 * slow + 0.4 * draw.normal(size=hours)) + change * ill
        value = np.where(mean > 0, np.maximum(value, POSITIVE_ABOVE), value)
        columns.append(np.where(draw.random(hours) < often, np.round(value, 2), np.nan))
    unit = float(draw.random() < 0.5)
    fixed = (round(draw.uniform(18, 90), 2), float(draw.random() < 0.55), unit, 1 - unit, -round(draw.exponential(40), 2))
    columns += [np.full(hours, value) for value in fixed]
    columns += [np.arange(1.0, hours + 1), (np.arange(hours) >= onset).astype(float)]
    return ["|".join("NaN" if np.isnan(v) else f"{v:g}" for v in row) for row in np.stack(columns, axis=1).tolist()]
