"""Pose estimators by name, and what each of them promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import Skeleton

# name -> "module:Class", imported on first use
ESTIMATORS: Mapping[str, str] = MappingProxyType(
    {
        "mediapipe": "skelgait.estimation.mediapipe_pose:MediapipePose",
        "rtmlib": "skelgait.estimation.rtmlib_pose:RtmlibPose",
        "mmpose": "skelgait.estimation.mmpose_pose:MmposePose",
    }
)


@dataclass(frozen=True, eq=False)
class Estimate:
    """The joints of one person in one image.

    Parameters
    ----------
    xy : (K, 2) pixels
        Of the image that was given; NaN where unknown.
    confidence : (K,)
        0..1.
    mask : (H, W) bool, optional
        The person's silhouette in that image.
    votes : float
        How many looks at the image saw this, each weighted with how sure it is.
    others : tuple of Estimate
        What else the image may show, for an estimator that looks more than once; what fits the frames around it is kept.
    """

    xy: np.ndarray
    confidence: np.ndarray
    mask: np.ndarray | None = None
    votes: float = 1.0
    others: tuple[Estimate, ...] = ()


class PoseEstimator(Protocol):
    """What `estimate_pose` asks of an estimator. Settings are keyword arguments of ``__init__``, which only stores them."""

    batch: int
    """Images it likes to be given at once."""

    workers: int
    """Copies that may run side by side; 1 for an estimator that uses all processors by itself."""

    reach: float
    """Side of the square of picture about the hips it wants to see, in whole-body sizes."""

    side: float
    """Whole-body size, in pixels, that shows it all it can use."""

    segments: bool
    """Whether it can give silhouettes."""

    def open(self, *, segment: bool = False) -> None:
        """Load models. Each copy is opened in the thread that uses it."""

    def estimate(self, images: list[np.ndarray], regions: np.ndarray) -> list[Estimate]:
        """Joints in RGB images (H, W, 3), each of the person whose hip centre x, y and whole-body size are ``regions`` (N, 3)."""

    @property
    def skeleton(self) -> Skeleton:
        """The layout of its keypoints; known once it has estimated."""

    def close(self) -> None:
        """Let models go."""


def make_estimator(part: str | type | Mapping[Any, Mapping[str, Any]], *, model_path: str | None = None) -> Any:
    """Make an estimator from a name, a class, or ``{name_or_class: settings}``.

    Parameters
    ----------
    part : str, class or mapping
        Which estimator, and its settings.
    model_path : str, optional
        Added to the settings as ``model_path``.

    Returns
    -------
    PoseEstimator
        Not opened yet.

    Raises
    ------
    SkelgaitError
        An unknown name or setting; the known ones are listed.

    Examples
    --------
    >>> make_estimator({"mediapipe": {"looks": 2}}).looks
    2
    """
    settings: dict[str, Any] = {}
    if isinstance(part, Mapping):
        if len(part) != 1:
            raise SkelgaitError(
                "an estimator is one name with its settings", found=str(dict(part)), expected="{name: {setting: value}}"
            )
        part, given = next(iter(part.items()))
        settings.update(given or {})
    if model_path is not None:
        settings["model_path"] = model_path
    if isinstance(part, str):
        if part not in ESTIMATORS:
            raise SkelgaitError(f"unknown estimator {part!r}", expected=", ".join(ESTIMATORS))
        module, _, name = ESTIMATORS[part].partition(":")
        part = getattr(import_module(module), name)
    if not isinstance(part, type):
        raise SkelgaitError("an estimator is a name, a class or {name: settings}", found=repr(part), expected=", ".join(ESTIMATORS))
    known = list(signature(part).parameters)
    unknown = sorted(set(settings) - set(known))
    if unknown:
        raise SkelgaitError(f"{part.__name__} has no setting {', '.join(unknown)}", expected=", ".join(known) or "no settings")
    return part(**settings)
