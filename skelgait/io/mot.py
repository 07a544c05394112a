"""Write joint angles as an OpenSim motion file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.io.atomic import new_file

if TYPE_CHECKING:
    import pandas as pd

# Which way knee flexion counts. Gait2354, Gait2392 and Hamner: the knee's axis points to the body's right, so flexion is negative.
KNEE_SIGN = {"gait2392": -1.0, "rajagopal": 1.0}

# OpenSim coordinate: the angles it is the sum of, with their signs. {side} is left or right, {s} l or r. Knees follow the model.
COORDINATES: dict[str, dict[str, float]] = {
    "pelvis_tilt": {"trunk_lean_deg": -1.0},  # forward is negative there
    "pelvis_list": {"pelvis_left_up_deg": 1.0},  # left side up is positive there
    "hip_flexion_{s}": {"{side}_hip_flexion_deg": 1.0},
    "hip_adduction_{s}": {"{side}_hip_adduction_deg": 1.0},
    "knee_angle_{s}": {"{side}_knee_flexion_deg": 1.0},
    "ankle_angle_{s}": {"{side}_ankle_dorsiflexion_deg": 1.0},
    "lumbar_bending": {"trunk_left_lean_deg": -1.0, "pelvis_left_up_deg": -1.0},  # trunk on pelvis, to the right is positive there
}
MISSING = ("refuse", "nan")


def write_mot(angles: pd.DataFrame, path: str | Path, *, model: str = "gait2392", missing: str = "refuse") -> None:
    """Write joint angles as a motion that OpenSim plays on a model.

    Parameters
    ----------
    angles : DataFrame indexed by ``time_s``, degrees
        As `joint_angles` gives it.
    path : str or Path
        Ends in ``.mot``. An existing file is replaced, whole or not at all.
    model : str
        ``"gait2392"`` (Gait2354, Gait2392, Hamner): knee flexion is written negative. ``"rajagopal"`` (Rajagopal, LaiUhlrich):
        knee flexion is written positive. All other coordinates count alike.
    missing : str
        What to do with a time at which an angle is not known: ``"refuse"``, or ``"nan"`` to write ``nan``. OpenSim reads ``nan``
        but its splines and tools spread it over the whole coordinate; fill gaps with `clean`, or cut the table to a bout.

    Raises
    ------
    SkelgaitError
        No angle that OpenSim has a coordinate for, times that do not increase, gaps, an unknown model.
    FileError
        A name that does not end in ``.mot``, a folder that is not there.

    Notes
    -----
    ``hip_flexion`` (positive in flexion), ``hip_adduction`` (in adduction), ``knee_angle``, ``ankle_angle`` (in dorsiflexion),
    each with ``_r`` and ``_l``; from the front also ``pelvis_list`` (left side up) and ``lumbar_bending`` (trunk on pelvis, to
    the right). From the side, hip flexion is measured between thigh and trunk: trunk and pelvis are one segment, so
    ``pelvis_tilt`` is the trunk's lean (negative forward) and the thigh stands as it was seen. It is not the tilt of the pelvis.
    Lean of the shank, pitch of the foot, knee valgus and step width have no coordinate in these models and are left out, as are
    angles without a single number. Coordinates that are not written keep the model's default: the model walks on the spot.

    References
    ----------
    Delp SL et al. (2007) OpenSim: open-source software to create and analyze dynamic simulations of movement. IEEE Trans Biomed
    Eng 54:1940-1950.
    Rajagopal A et al. (2016) Full-body musculoskeletal model for muscle-driven simulation of human gait. IEEE Trans Biomed Eng
    63:2068-2079.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> angles = pd.DataFrame({"left_knee_flexion_deg": [5.0, 60.0]}, index=pd.Index([0.0, 0.5], name="time_s"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_mot(angles, f"{folder}/walk.mot")
    ...     print(Path(folder, "walk.mot").read_text().split("endheader")[1].split())
    ['time', 'knee_angle_l', '0', '-5', '0.5', '-60']
    """
    path = Path(path)
    if path.suffix.lower() != ".mot":
        raise FileError(f"{path.name} is no name of a motion file", found=f"ending {path.suffix or 'none'}", expected=".mot")
    for name, value, known in (("model", model, tuple(KNEE_SIGN)), ("missing", missing, MISSING)):
        if value not in known:
            raise SkelgaitError(f"unknown {name} for a motion file", found=repr(value), expected=" or ".join(map(repr, known)))
    time_s = angles.index.to_numpy(float)
    if not len(time_s) or not np.isfinite(time_s).all() or (np.diff(time_s) <= 0).any():
        raise SkelgaitError("the times of the angles do not increase", do="give the table of joint_angles, one row a frame")
    columns = _coordinates(angles, model)
    if missing == "refuse":
        _refuse_gaps(columns, time_s)
    with new_file(path) as temporary, temporary.open("w", encoding="ascii", newline="") as file:
        file.write(f"Coordinates\nversion=1\nnRows={len(time_s)}\nnColumns={len(columns) + 1}\ninDegrees=yes\nendheader\n")
        file.write("\t".join(["time", *columns]) + "\n")
        np.savetxt(file, np.column_stack([time_s, *columns.values()]), fmt="%.10g", delimiter="\t")


def _coordinates(angles: pd.DataFrame, model: str) -> dict[str, np.ndarray]:
    """OpenSim's coordinates (T,) of those angles that have one and are known at some time."""
    out = {}
    for s, side in (("r", "right"), ("l", "left")):
        for coordinate, parts in COORDINATES.items():
            named = {part.format(side=side): sign for part, sign in parts.items()}
            if not set(named) <= set(angles.columns):
                continue
            values = np.sum([sign * angles[part].to_numpy(float) for part, sign in named.items()], axis=0)
            if np.isfinite(values).any():
                out[coordinate.format(s=s)] = values * (KNEE_SIGN[model] if coordinate.startswith("knee") else 1.0)
    if not out:
        raise SkelgaitError(
            "none of the angles has a coordinate in OpenSim's models",
            found=", ".join(map(str, angles.columns)),
            expected="hip flexion, knee flexion, ankle dorsiflexion, hip adduction, pelvis or trunk",
        )
    return out


def _refuse_gaps(columns: dict[str, np.ndarray], time_s: np.ndarray) -> None:
    gaps = {name: ~np.isfinite(values) for name, values in columns.items() if not np.isfinite(values).all()}
    if gaps:
        name, gap = next(iter(gaps.items()))
        first = time_s[gap][0]
        raise SkelgaitError(
            "a motion file needs every angle at every time",
            found=f"{len(gaps)} of {len(columns)} with gaps; {name} lacks {gap.sum()} of {len(gap)}, first at {first:.3f} s",
            do="clean the pose, cut the table to a walking bout, leave columns out, or write the gaps with missing='nan'",
        )
