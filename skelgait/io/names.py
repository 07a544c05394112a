"""Names of keypoints, as every tool and every user writes them, and the layouts they make."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from skelgait.core.errors import FileError
from skelgait.core.skeleton import BLAZEPOSE33, BODY25, COCO17, COCO18, COCO23, HALPE26, SIDES, SKELETONS, WHOLEBODY133, Skeleton

# Layout by number of keypoints, for estimators that give no names. OpenPose counts differently from the others.
DETECTOR_LAYOUTS = {17: COCO17, 23: COCO23, 26: HALPE26, 33: BLAZEPOSE33, 133: WHOLEBODY133, 136: HALPE26, 68: HALPE26}
OPENPOSE_LAYOUTS = {**DETECTOR_LAYOUTS, 18: COCO18, 25: BODY25}
OPENPOSE_LAYOUTS.pop(33)

# Our word for a part of the body <- what people write, in lower case without separators; a side is dealt with apart.
PARTS = {
    "hip": "hip hipjoint hipjointcenter hipjointcentre hjc",
    "knee": "knee kneejoint kneejointcenter kneejointcentre kjc",
    "ankle": "ankle anklejoint anklejointcenter anklejointcentre ajc",
    "heel": "heel calcaneus calcn calc heelbone heeltip",
    "big_toe": "bigtoe toe toetip toebig greattoe hallux toe1 toes toebase firsttoe forefoot",
    "small_toe": "smalltoe littletoe toesmall toelittle toe5 pinkytoe fifthtoe 5thtoe",
    "foot_index": "footindex",
    "shoulder": "shoulder shoulderjoint sjc",
    "elbow": "elbow elbowjoint ejc",
    "wrist": "wrist wristjoint wjc",
    "eye": "eye",
    "ear": "ear",
    "eye_inner": "eyeinner innereye",
    "eye_outer": "eyeouter outereye",
    "mouth": "mouth mouthcorner",
    "pinky": "pinky",
    "index": "index",
    "thumb": "thumb",
}
# Points of the midline.
MIDLINE = {
    "mid_hip": "midhip chip hipcenter hipcentre centerhip centrehip hipmid hipsmid pelvis midpelvis pelviscenter root",
    "neck": "neck cneck",
    "nose": "nose",
    "head": "head headtop tophead topofhead vertex headvertex",
}
_PART = {alias: part for part, aliases in PARTS.items() for alias in aliases.split()}
_MIDDLE = {alias: part for part, aliases in MIDLINE.items() for alias in aliases.split()}
_SIDE = {"left": "left", "l": "left", "lt": "left", "lft": "left", "right": "right", "r": "right", "rt": "right", "rgt": "right"}
_KNOWN = frozenset(name for skeleton in SKELETONS.values() for name in skeleton.names)
# Words that say nothing about where the point is.
_NOISE = {"joint", "point", "keypoint", "kp", "kpt", "landmark", "marker", "study", "pos", "position"}
# Without at least one of these no gait can be measured.
LEG = tuple(f"{side}_{part}" for side in SIDES for part in ("hip", "knee", "ankle", "heel", "big_toe", "foot_index"))


def our_name(name: str) -> str | None:
    """Our name of a keypoint, or None when it is not one of ours.

    Examples
    --------
    >>> [our_name(n) for n in ("LHip", "l_hip", "hip_l", "left hip", "RAnkle", "RIGHT_FOOT_INDEX", "Rbigtoe", "CHip", "tail")]
    ['left_hip', 'left_hip', 'left_hip', 'left_hip', 'right_ankle', 'right_foot_index', 'right_big_toe', 'mid_hip', None]
    """
    if name in _KNOWN:
        return name
    words = re.sub(r"([a-z0-9])([A-Z])|([A-Z])(?=[A-Z][a-z])", r"\1\3 \2", name).lower()
    tokens = [word for word in re.split(r"[^a-z0-9]+", words) if word and word not in _NOISE]
    sides = [_SIDE[token] for token in tokens if token in _SIDE]
    rest = "".join(token for token in tokens if token not in _SIDE)
    if len(sides) == 1 and rest in _PART:
        return f"{sides[0]}_{_PART[rest]}"
    if sides:
        return None
    if rest in _MIDDLE:
        return _MIDDLE[rest]
    for word, side in _SIDE.items():  # the side is glued on: rankle, hipl
        for core in (rest.removeprefix(word), rest.removesuffix(word)):
            if core != rest and core in _PART:
                return f"{side}_{_PART[core]}"
    return None


# DeepLabCut's full_human numbers the sides: 1 is the right one, 2 the left.
_NUMBERED_LEGS = {f"{part}{side}" for part in ("hip", "knee", "ankle") for side in "12"}


def _numbered_side(name: str) -> str | None:
    part, side = name[:-1].lower(), {"1": "right", "2": "left"}.get(name[-1:])
    return f"{side}_{part}" if side and part in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist") else None


def our_names(names: Sequence[str]) -> tuple[str, ...]:
    """Names with ours in place of theirs; one that is not ours is kept, and of several for one point the first gets our name."""
    found = [our_name(str(name)) for name in names]
    if {str(name).lower() for name in names} >= _NUMBERED_LEGS:
        found = [_numbered_side(str(name)) or our for name, our in zip(names, found, strict=True)]
    if {"left_hip", "right_hip"} <= set(found) and "mid_hip" not in found:  # HALPE-26 calls the point between the hips "hip"
        found = ["mid_hip" if str(name).lower() == "hip" else our for name, our in zip(names, found, strict=True)]
    kept = [str(name) for name in names]
    taken = set(kept)
    for i, our in enumerate(found):
        if our and our not in taken:
            kept[i] = our
            taken.add(our)
    return tuple(kept)


def named_skeleton(names: Sequence[str], where: str) -> Skeleton:
    """The layout with these names: a known one when they are its names in its order, else one of its own.

    Parameters
    ----------
    names : sequence of str
        As the file writes them.
    where : str
        The file, for errors.

    Raises
    ------
    FileError
        Two keypoints share a name, or none of the names is a point of the leg.
    """
    ours = our_names(names)
    for skeleton in SKELETONS.values():
        if ours == skeleton.names or (len(ours) == 133 and len(skeleton) == 133 and ours[:23] == skeleton.names[:23]):
            return skeleton
    twice = sorted({name for name in ours if ours.count(name) > 1})
    if twice:
        raise FileError(f"{where} names a keypoint twice", found=", ".join(twice), do="give each keypoint a name of its own")
    if not set(ours) & set(LEG):
        raise FileError(
            f"no keypoint of {where} belongs to a leg",
            found=", ".join(map(str, names[:12])) + (", ..." if len(names) > 12 else ""),
            expected="names such as left_hip, right_knee, LAnkle, heel_l",
            do="rename the keypoints in the file",
        )
    bones = {bone: None for skeleton in (COCO23, BODY25, BLAZEPOSE33) for bone in skeleton.bones}
    has = set(ours)
    return Skeleton(f"named{len(ours)}", ours, tuple(bone for bone in bones if set(bone) <= has))


def in_known_order(names: Sequence[str], items: Sequence[Any]) -> list[Any]:
    """Items that go with names, in the order of the known layout that has just these names; else as they are.

    Examples
    --------
    >>> in_known_order(("b", "a"), [1, 2])
    [1, 2]
    """
    ours = our_names(names)
    for skeleton in SKELETONS.values():
        if len(ours) == len(skeleton) and set(ours) == set(skeleton.names):
            return [items[ours.index(name)] for name in skeleton.names]
    return list(items)


def counted_skeleton(count: int, where: str, *, openpose: bool = False) -> Skeleton:
    """The layout with ``count`` keypoints, for estimators that give no names.

    Raises
    ------
    FileError
        No layout has so many.
    """
    layouts = OPENPOSE_LAYOUTS if openpose else DETECTOR_LAYOUTS
    if count not in layouts:
        raise FileError(
            f"{where} has {count} keypoints a person and no names for them",
            expected=", ".join(f"{n} ({s.name})" for n, s in sorted(layouts.items()) if len(s) == n),
            do="export in one of these layouts, or as a tidy CSV or NPZ that names its keypoints",
        )
    return layouts[count]
