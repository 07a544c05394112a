from __future__ import annotations

import pytest

import skelgait as sg


@pytest.fixture(scope="session")
def walks() -> list[sg.Trial]:
    """Twelve children, two walks each; those above 115 steps a minute are "abnormal"."""
    trials = []
    for child in range(12):
        for walk in range(2):
            cadence = 92 + 4 * child + walk
            pose = sg.Walker(cadence_spm=cadence).film(fps=30, duration_s=3, random_state=child).pose
            labels = {"gait": "abnormal" if cadence > 115 else "normal"}
            trials.append(sg.Trial(f"child{child}", pose, name=f"child{child}_{walk}", labels=labels, age_years=4 + child))
    return trials
