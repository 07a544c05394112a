"""Which keypoints exist and how they hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

import numpy as np

from skelgait.core.errors import MissingKeypoint, PoseError

SIDES = ("left", "right")

# A point that is not a keypoint of a skeleton but follows from others: the mean of the first complete choice.
DERIVED: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {
        "mid_hip": (("left_hip", "right_hip"),),
        "neck": (("left_shoulder", "right_shoulder"),),
        "mid_shoulder": (("left_shoulder", "right_shoulder"), ("neck",)),
        **{
            f"{side}_{point}": tuple(tuple(f"{side}_{name}" for name in choice) for choice in choices)
            for side in SIDES
            for point, choices in {
                "toe": (("big_toe",), ("foot_index",)),
                "big_toe": (("foot_index",),),
                "foot_index": (("big_toe",),),
            }.items()
        },
    }
)


LEFT, RIGHT = (f"{side}_" for side in SIDES)


def other_side(name: str) -> str:
    """The name on the other side; a name without side stays.

    Examples
    --------
    >>> other_side("left_step_time_s"), other_side("cadence_spm")
    ('right_step_time_s', 'cadence_spm')
    """
    if name.startswith(LEFT):
        return RIGHT + name.removeprefix(LEFT)
    return LEFT + name.removeprefix(RIGHT) if name.startswith(RIGHT) else name


@dataclass(frozen=True, eq=False)
class Skeleton:
    """The keypoints of a pose and the bones between them.

    Parameters
    ----------
    name : str
        The layout's name in the field, for example ``"coco17"``.
    names : tuple of str, length K
        Keypoint names; sides lead (``left_knee``).
    bones : tuple of (str, str)
        Pairs of keypoint names joined by a bone.

    Raises
    ------
    PoseError
        Two keypoints share a name, or a bone ends at an unknown keypoint.

    Examples
    --------
    >>> COCO17.index("left_knee"), len(COCO17), COCO17.has("left_heel")
    (13, 17, False)
    >>> BODY25.map_to(COCO17)[:3].tolist()
    [0, 16, 15]
    """

    name: str
    names: tuple[str, ...]
    bones: tuple[tuple[str, str], ...] = ()
    _index: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", tuple(self.names))
        object.__setattr__(self, "bones", tuple((a, b) for a, b in self.bones))
        object.__setattr__(self, "_index", {name: i for i, name in enumerate(self.names)})
        if len(self._index) != len(self.names):
            twice = sorted({name for name in self.names if self.names.count(name) > 1})
            raise PoseError(f"skeleton {self.name!r} names a keypoint twice", found=", ".join(twice))
        unknown = sorted({end for bone in self.bones for end in bone} - set(self.names))
        if unknown:
            raise PoseError(f"a bone of skeleton {self.name!r} ends at an unknown keypoint", found=", ".join(unknown))

    def __len__(self) -> int:
        return len(self.names)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Skeleton) and self.names == other.names and self.bones == other.bones

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.names, self.bones))

    @cached_property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """(left, right) names of every keypoint that has a twin on the other side."""
        return tuple(
            (name, twin)
            for name in self.names
            if name.startswith("left_") and (twin := "right_" + name.removeprefix("left_")) in self._index
        )

    @cached_property
    def mirror(self) -> np.ndarray:
        """(K,) index of the keypoint that takes each place when left and right change."""
        order = np.arange(len(self))
        for left, right in self.pairs:
            i, j = self._index[left], self._index[right]
            order[[i, j]] = j, i
        return order

    def edge_index(self) -> np.ndarray:
        """Bones as keypoint indices, (2, number of bones) int64, each once."""
        return np.array([[self._index[a], self._index[b]] for a, b in self.bones], np.int64).reshape(-1, 2).T

    def index(self, name: str) -> int:
        """Place of a keypoint; raises `MissingKeypoint` when the skeleton lacks it."""
        try:
            return self._index[name]
        except KeyError:
            raise MissingKeypoint(
                f"skeleton {self.name!r} has no keypoint {name!r}", found=", ".join(self.names), do="use a layout that has it"
            ) from None

    def sources(self, name: str) -> tuple[int, ...]:
        """Indices whose mean is the point ``name``: a keypoint, or one derived from others; empty when neither."""
        found = self._sources.get(name)
        if found is None:
            choices = ((name,), *DERIVED.get(name, ()))
            whole = (choice for choice in choices if all(part in self._index for part in choice))
            found = self._sources[name] = tuple(self._index[part] for part in next(whole, ()))
        return found

    @cached_property
    def _sources(self) -> dict[str, tuple[int, ...]]:
        return {}  # what `sources` has been asked for so far

    def has(self, *names: str) -> bool:
        """Whether every named point is a keypoint or follows from keypoints."""
        return all(self.sources(name) for name in names)

    def map_to(self, other: Skeleton) -> np.ndarray:
        """(K of other,) index in this skeleton of each of the other's keypoints; -1 where there is no single such point."""
        found = (self.sources(name) for name in other.names)
        return np.array([at[0] if len(at) == 1 else -1 for at in found], np.int64)

    def subset(self, names: Iterable[str], name: str | None = None) -> Skeleton:
        """The skeleton that keeps only ``names``, in that order, and the bones between them."""
        kept = tuple(names)
        for one in kept:
            self.index(one)
        return Skeleton(name or f"{self.name}_subset", kept, tuple(b for b in self.bones if b[0] in kept and b[1] in kept))


def _both(*bones: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((f"{side}_{a}", f"{side}_{b}") for side in SIDES for a, b in bones)


_FACE = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
_LIMBS = tuple(f"{side}_{j}" for j in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in SIDES)
_FEET = tuple(f"{side}_{j}" for side in SIDES for j in ("big_toe", "small_toe", "heel"))
_LEGS = _both(("hip", "knee"), ("knee", "ankle"))
_ARMS = _both(("shoulder", "elbow"), ("elbow", "wrist"))
_FOOT_BONES = _both(("ankle", "heel"), ("ankle", "big_toe"), ("ankle", "small_toe"), ("heel", "big_toe"))
_HEAD_BONES = (("nose", "left_eye"), ("nose", "right_eye"), ("left_eye", "left_ear"), ("right_eye", "right_ear"))
_TRUNK = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"), *_both(("shoulder", "hip")))
_COCO_BONES = (*_HEAD_BONES, *_TRUNK, *_ARMS, *_LEGS, ("nose", "left_shoulder"), ("nose", "right_shoulder"))

COCO17 = Skeleton("coco17", _FACE + _LIMBS, _COCO_BONES)
COCO23 = Skeleton("coco23", _FACE + _LIMBS + _FEET, _COCO_BONES + _FOOT_BONES)

_HAND = (
    "wrist_hand",
    *(f"{finger}_{i}" for finger in ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky") for i in range(1, 5)),
)
_HANDS = tuple(f"{side}_{joint}" for side in SIDES for joint in _HAND)
_HAND_BONES = _both(
    ("wrist", "wrist_hand"),
    *(
        (("wrist_hand" if i == 1 else f"{finger}_{i - 1}"), f"{finger}_{i}")
        for finger in ("thumb", "forefinger", "middle_finger", "ring_finger", "pinky")
        for i in range(1, 5)
    ),
)
WHOLEBODY133 = Skeleton(
    "coco_wholebody133",
    COCO23.names + tuple(f"face_{i}" for i in range(68)) + _HANDS,
    COCO23.bones + _HAND_BONES,
)
HALPE26 = Skeleton(
    "halpe26",
    _FACE
    + _LIMBS
    + ("head", "neck", "mid_hip", "left_big_toe", "right_big_toe", "left_small_toe", "right_small_toe", "left_heel", "right_heel"),
    (*_HEAD_BONES, ("head", "neck"), ("nose", "neck"), ("neck", "mid_hip"), *_ARMS, *_LEGS, *_FOOT_BONES)
    + tuple((centre, f"{side}_{j}") for centre, j in (("neck", "shoulder"), ("mid_hip", "hip")) for side in SIDES),
)
_OPENPOSE_ARMS = tuple(f"{side}_{j}" for side in ("right", "left") for j in ("shoulder", "elbow", "wrist"))
_OPENPOSE_LEGS = tuple(f"{side}_{j}" for side in ("right", "left") for j in ("hip", "knee", "ankle"))
_OPENPOSE_EYES = ("right_eye", "left_eye", "right_ear", "left_ear")
BODY25 = Skeleton(
    "body25",
    ("nose", "neck", *_OPENPOSE_ARMS, "mid_hip", *_OPENPOSE_LEGS, *_OPENPOSE_EYES)
    + ("left_big_toe", "left_small_toe", "left_heel", "right_big_toe", "right_small_toe", "right_heel"),
    (*_HEAD_BONES, ("nose", "neck"), ("neck", "mid_hip"), *_ARMS, *_LEGS, *_FOOT_BONES)
    + tuple((centre, f"{side}_{j}") for centre, j in (("neck", "shoulder"), ("mid_hip", "hip")) for side in SIDES),
)
COCO18 = Skeleton(
    "coco18",
    ("nose", "neck", *_OPENPOSE_ARMS, *_OPENPOSE_LEGS, *_OPENPOSE_EYES),
    (*_HEAD_BONES, ("nose", "neck"), *_ARMS, *_LEGS, *(("neck", f"{side}_{j}") for j in ("shoulder", "hip") for side in SIDES)),
)
BLAZEPOSE33 = Skeleton(
    "blazepose33",
    ("nose",)
    + tuple(f"{side}_{p}" for side in SIDES for p in ("eye_inner", "eye", "eye_outer"))
    + ("left_ear", "right_ear", "left_mouth", "right_mouth")
    + tuple(f"{side}_{j}" for j in ("shoulder", "elbow", "wrist", "pinky", "index", "thumb") for side in SIDES)
    + tuple(f"{side}_{j}" for j in ("hip", "knee", "ankle", "heel", "foot_index") for side in SIDES),
    (("left_mouth", "right_mouth"), *_TRUNK, *_ARMS, *_LEGS)
    + _both(("eye_inner", "eye"), ("eye", "eye_outer"), ("eye_outer", "ear"))
    + _both(("wrist", "pinky"), ("wrist", "index"), ("wrist", "thumb"), ("pinky", "index"))
    + _both(("ankle", "heel"), ("heel", "foot_index"), ("ankle", "foot_index"))
    + (("nose", "left_eye_inner"), ("nose", "right_eye_inner")),
)

SKELETONS: Mapping[str, Skeleton] = MappingProxyType(
    {s.name: s for s in (COCO17, COCO23, WHOLEBODY133, HALPE26, BODY25, COCO18, BLAZEPOSE33)}
)
