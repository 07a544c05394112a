"""Points of the body from the markers and joint centres of a motion-capture file."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.io.names import our_name

# Where each point of the body is taken from, best first: label without its side, in capitals without separators. A pair is the
# mean of a lateral and a medial marker. Sources: Plug-in Gait and CGM2 labels (Vicon; the model's FEP, FEO, TIO are hip, knee
# and ankle centre, CLO, HUO, RAO shoulder, elbow and wrist), HBM2 (LEK/MEK, LM/MM), ISB epicondyles and malleoli (FLE/FME,
# FAL/TAM), OpenCap and OpenSim names (KNEE/MKNEE, KNEELAT/KNEEMED).
CENTRES: Mapping[str, tuple[str, ...]] = {
    "hip": ("FEP", "HJC"),
    "knee": ("FEO", "KJC"),
    "ankle": ("TIO", "AJC"),
    "shoulder": ("CLO", "SJC"),
    "elbow": ("HUO", "EJC"),
    "wrist": ("RAO", "WJC"),
}
PAIRS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "knee": (
        ("KNE", "KNM"),
        ("KNE", "KNEM"),
        ("KNE", "MKNE"),
        ("KNE", "KNI"),
        ("LEK", "MEK"),
        ("FLE", "FME"),
        ("KNEE", "MKNEE"),
        ("KNEELAT", "KNEEMED"),
    ),
    "ankle": (
        ("ANK", "MED"),
        ("ANK", "ANM"),
        ("ANK", "MMA"),
        ("ANK", "MANK"),
        ("LM", "MM"),
        ("FAL", "TAM"),
        ("ANKLE", "MANKLE"),
        ("ANKLELAT", "ANKLEMED"),
    ),
    "wrist": (("WRA", "WRB"),),
    "elbow": (("ELB", "ELBM"), ("ELBOW", "MELBOW")),
}
MARKERS: Mapping[str, tuple[str, ...]] = {
    "knee": ("KNE", "KNEE", "LEK", "FLE", "KNEELAT"),
    "ankle": ("ANK", "ANKLE", "LM", "FAL", "ANKLELAT"),
    "heel": ("HEE", "HEEL", "CAL", "CALC", "FCC"),
    "big_toe": ("TOE", "MT2", "FM2", "MT1", "FM1", "HLX", "HALLUX", "TOETIP", "BIGTOE"),
    "small_toe": ("MT5", "FM5", "5META", "VMH", "SMH5", "SMALLTOE"),
    "shoulder": ("SHO", "SHOULDER", "ACR", "SAE", "ACROMIUM", "ACROMION"),
    "elbow": ("ELB", "ELBOW", "HLE", "ELBL"),
    "wrist": ("WRA", "WRI", "WRIST"),
}
_FRONT, _BACK, _SACRUM = ("ASI", "ASIS", "IAS"), ("PSI", "PSIS", "IPS"), ("SACR", "VSACRAL", "SACRUM", "SAC")
_HEAD = (("LFHD", "RFHD", "LBHD", "RBHD"), ("HEAD",), ("TOPHEAD",))
ORDER = tuple(
    f"{side}_{part}"
    for part in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "heel", "big_toe", "small_toe")
    for side in SIDES
)


def split_subjects(labels: list[str]) -> dict[str, dict[str, int]]:
    """Index of every label, by the subject before the colon (``Anna:LKNE``); the first of two equal labels counts."""
    subjects: dict[str, dict[str, int]] = {}
    for i, label in enumerate(labels):
        subject, _, name = label.strip().rpartition(":")
        subjects.setdefault(subject, {}).setdefault(name, i)
    return subjects


def body_points(markers: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """Points of the body and where each came from.

    Parameters
    ----------
    markers : mapping of label to (T, 3) metres
        NaN where missing.

    Returns
    -------
    points : dict of name to (T, 3) metres
        The shoulders, elbows, wrists, hips, knees, ankles, heels and toes that could be found, and ``head``.
    origin : dict of name to str
        For example ``"LFEP (joint centre)"``.

    Notes
    -----
    Best first: a joint centre of the laboratory's model; the mean of a lateral and a medial marker; a marker that bears our name
    (``LKnee``, as Pose2Sim and OpenCap write them); a lateral marker alone, which lies half a joint's width beside the joint:
    right seen from the side, wrong seen from the front. A hip without a joint centre is estimated from the pelvis markers by
    Harrington et al. (2007). ``big_toe`` is the toe marker of the set, in Plug-in Gait over the second metatarsal head. A source
    that is never seen does not count.

    References
    ----------
    Harrington ME, Zavatsky AB, Lawson SEM, Yuan Z, Theologis TN (2007). Prediction of the hip joint centre in adults, children, and
    patients with cerebral palsy based on magnetic resonance imaging. J Biomech 40:595-602. doi:10.1016/j.jbiomech.2006.02.003
    """
    clean = {_plain(label): (label, xyz) for label, xyz in reversed(markers.items()) if not np.isnan(xyz).any(axis=1).all()}
    named = {our: found for plain, found in clean.items() if plain[1:] != "TOE" and (our := our_name(_unmarked(found[0])))}
    points: dict[str, np.ndarray] = {}
    origin: dict[str, str] = {}

    def take(point: str, how: str, *plain: str) -> bool:
        if point in points or not all(name in clean for name in plain):
            return False
        points[point] = np.mean([clean[name][1] for name in plain], axis=0)
        origin[point] = f"{' and '.join(clean[name][0] for name in plain)} ({how})"
        return True

    for point in ORDER:
        side, part = point.split("_", 1)
        letter = side[0].upper()
        for centre in CENTRES.get(part, ()):
            take(point, "joint centre", letter + centre)
        for lateral, medial in PAIRS.get(part, ()):
            take(point, "midway between two markers", letter + lateral, letter + medial)
        if point not in points and point in named:
            points[point], origin[point] = named[point][1], f"{named[point][0]} (as named)"
        for marker in MARKERS.get(part, ()):
            take(point, "marker on the skin", letter + marker)
    for head in _HEAD:
        take("head", "mean of the head markers" if len(head) > 1 else "marker", *head)
    if "nose" in named:
        points["nose"], origin["nose"] = named["nose"][1], f"{named['nose'][0]} (as named)"
    if not {"left_hip", "right_hip"} & set(points):
        for side, centre in zip(SIDES, _hips_from_pelvis(clean), strict=True):
            if centre is not None:
                points[f"{side}_hip"], origin[f"{side}_hip"] = centre, "estimated from the pelvis markers (Harrington 2007)"
    order = ("nose", "head", *ORDER)
    return {name: points[name] for name in order if name in points}, {name: origin[name] for name in order if name in origin}


def _unmarked(label: str) -> str:
    return re.sub(r"(_study|_M|_V)$", "", label)


def _plain(label: str) -> str:
    """A label in capitals without separators and laboratory endings."""
    return re.sub(r"[^A-Z0-9]", "", _unmarked(label).upper())


def _hips_from_pelvis(clean: Mapping[str, tuple[str, np.ndarray]]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Left and right hip centre, (T, 3) metres, from ASIS and PSIS (or sacrum) markers."""

    def find(names: tuple[str, ...], letter: str = "") -> np.ndarray | None:
        return next((clean[letter + name][1] for name in names if letter + name in clean), None)

    left, right = find(_FRONT, "L"), find(_FRONT, "R")
    back_left, back_right, sacrum = find(_BACK, "L"), find(_BACK, "R"), find(_SACRUM)
    back = sacrum if back_left is None or back_right is None else (back_left + back_right) / 2
    if left is None or right is None or back is None:
        return None, None
    middle, across = (left + right) / 2, right - left
    width, depth = np.linalg.norm(across, axis=1, keepdims=True), np.linalg.norm(middle - back, axis=1, keepdims=True)
    across = across / width
    up = np.cross(across, middle - back)
    up = up / np.linalg.norm(up, axis=1, keepdims=True)
    forward = np.cross(up, across)
    inwards = middle + forward * (-0.24 * depth - 0.0099) + up * (-0.30 * width - 0.0109)
    beside = 0.33 * width + 0.0073
    return inwards - across * beside, inwards + across * beside
