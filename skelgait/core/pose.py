"""One person seen by one camera."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.errors import MissingKeypoint, NotInstalled, PoseError
from skelgait.core.skeleton import Skeleton

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

# What the camera saw. The side of a sagittal view is the side of the body nearer to the camera.
VIEWS = ("sagittal", "sagittal_left", "sagittal_right", "frontal", "frontal_towards", "frontal_away", "oblique")


def _frozen(array: np.ndarray) -> np.ndarray:
    """A view that nobody can make writable again: whatever it is a view of is read-only too."""
    array.setflags(write=False)
    owner = array.base
    while isinstance(owner, np.ndarray):
        owner.setflags(write=False)
        owner = owner.base
    return array.view()


@dataclass(frozen=True, eq=False)
class PoseSequence:
    """The keypoints of one person over time, as one camera saw them.

    Parameters
    ----------
    xy : (T, K, 2) pixels
        x to the right, y **down**. A missing keypoint is NaN.
    confidence : (T, K), 0..1, optional
        0 where missing. Default: 1 where ``xy`` is known.
    fps : float, frames per second
        The rate of the *movement* (slow motion played at 30 fps but filmed at 240 fps is 240).
    skeleton : Skeleton
        Names of the K keypoints.
    view : str, optional
        One of `VIEWS`; None when not known.
    filled : (T, K) bool, optional
        True where a value was interpolated, not observed.
    swapped : (T,) bool, optional
        True where left and right leg were exchanged by `clean`.
    time_s : (T,) seconds, optional
        True time of each frame, strictly increasing. Default: ``arange(T) / fps``.
    size : (width, height) pixels, optional
        The image.
    source : str
        Where the pose came from (a file name, "walker", an estimator).
    steps : tuple of str
        What was done to it so far, in order (``"clean(cutoff_hz=6.0)"``).
    info : mapping
        Anything else worth carrying, plain data only.

    Raises
    ------
    PoseError
        Wrong shapes, infinite coordinates, no frames, a frame rate that is not positive, time running backwards.

    Notes
    -----
    Arrays are read-only and owned by the pose; every function returns a new one. A point that has NaN in either
    coordinate is missing: both coordinates become NaN and its confidence 0.

    Examples
    --------
    >>> import numpy as np
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.zeros((10, 17, 2)), fps=50, skeleton=COCO17)
    >>> pose.n_frames, round(pose.duration_s, 3), pose.point("mid_hip").shape
    (10, 0.2, (10, 2))
    """

    xy: np.ndarray
    confidence: np.ndarray = None  # type: ignore[assignment,arg-type]
    fps: float = field(kw_only=True)
    skeleton: Skeleton = field(kw_only=True)
    view: str | None = field(default=None, kw_only=True)
    filled: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    swapped: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    time_s: np.ndarray = field(default=None, kw_only=True)  # type: ignore[assignment,arg-type]
    size: tuple[int, int] | None = field(default=None, kw_only=True)
    source: str = field(default="", kw_only=True)
    steps: tuple[str, ...] = field(default=(), kw_only=True)
    info: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    # what was worked out from the points, which never change; shared by poses that differ in their view only
    memory: dict[str, Any] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        where = f"the pose from {self.source}" if self.source else "this pose"
        xy = np.array(self.xy, dtype=float)
        if xy.ndim != 3 or xy.shape[1:] != (len(self.skeleton), 2):
            raise PoseError(
                f"xy of {where} has the wrong shape",
                found=str(np.shape(self.xy)),
                expected=f"(frames, {len(self.skeleton)} keypoints of {self.skeleton.name}, 2)",
            )
        frames = len(xy)
        if frames == 0:
            raise PoseError(f"{where} has no frames", do="check that the file is complete")
        if np.isinf(xy).any():
            raise PoseError(f"{where} has infinite coordinates", do="mark missing keypoints as NaN")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise PoseError(f"{where} has no usable frame rate", found=f"fps={self.fps}", do="give fps=, for example fps=60")
        if self.view is not None and self.view not in VIEWS:
            raise PoseError(f"{where} has an unknown view", found=repr(self.view), expected=", ".join(VIEWS))
        unknown = np.isnan(xy)
        missing = unknown[..., 0] | unknown[..., 1]
        if (unknown[..., 0] != unknown[..., 1]).any():
            xy[missing] = np.nan
        shape = missing.shape
        confidence = np.ones(shape) if self.confidence is None else np.array(self.confidence, dtype=float)
        filled = np.zeros(shape, bool) if self.filled is None else np.array(self.filled, dtype=bool)
        swapped = np.zeros(frames, bool) if self.swapped is None else np.array(self.swapped, dtype=bool)
        for label, array, want in (
            ("confidence", confidence, shape),
            ("filled", filled, shape),
            ("swapped", swapped, (frames,)),
        ):
            if array.shape != want:
                raise PoseError(f"{label} of {where} has the wrong shape", found=str(array.shape), expected=str(want))
        confidence[missing | np.isnan(confidence)] = 0.0
        if confidence.min() < 0 or confidence.max() > 1:
            raise PoseError(
                f"confidence of {where} leaves 0..1",
                found=f"{confidence.min():.3g} to {confidence.max():.3g}",
                do="scale the scores to 0..1 before building the pose",
            )
        set_ = object.__setattr__
        if self.time_s is None:
            time_s = np.arange(frames) / self.fps
        else:
            time_s = np.array(self.time_s, dtype=float)
            if time_s.shape != (frames,) or not np.isfinite(time_s).all() or (time_s[1:] <= time_s[:-1]).any():
                raise PoseError(
                    f"time_s of {where} is not one increasing time a frame", found=f"shape {time_s.shape}", expected=f"({frames},)"
                )
        for name, array in (("xy", xy), ("confidence", confidence), ("filled", filled), ("swapped", swapped), ("time_s", time_s)):
            set_(self, name, _frozen(array))
        set_(self, "fps", float(self.fps))
        set_(self, "steps", tuple(self.steps))
        set_(self, "info", MappingProxyType(dict(self.info)))

    def __len__(self) -> int:
        return len(self.xy)

    def __repr__(self) -> str:
        return (
            f"PoseSequence({self.n_frames} frames, {self.skeleton.name}, {self.fps:g} fps, "
            f"view={self.view}, {100 * self.missing_share:.0f} % missing, source={self.source!r})"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "info": dict(self.info), "memory": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"memory": {}, **state, "info": MappingProxyType(state["info"])})
        for name in ("xy", "confidence", "filled", "swapped", "time_s"):
            self.__dict__[name] = _frozen(self.__dict__[name])

    @property
    def n_frames(self) -> int:
        """Number of frames T."""
        return len(self.xy)

    @property
    def duration_s(self) -> float:
        """Length in seconds: T / fps for a steady rate."""
        return float(self.time_s[-1] - self.time_s[0]) + 1 / self.fps

    @property
    def plane(self) -> str | None:
        """``"sagittal"``, ``"frontal"``, ``"oblique"`` or None: the view without its side."""
        return self.view.split("_")[0] if self.view else None

    @property
    def missing_share(self) -> float:
        """Share of keypoints that are NaN, 0..1."""
        return float(np.isnan(self.xy[..., 0]).mean())

    @property
    def is_uniform(self) -> bool:
        """Whether frames are evenly spaced at ``fps`` (to within 1 % of a frame)."""
        even: bool | None = self.memory.get("is_uniform")
        if even is None:
            even = bool(np.abs((self.time_s[1:] - self.time_s[:-1]) * self.fps - 1).max(initial=0.0) < 0.01)
            self.memory["is_uniform"] = even
        return even

    def _sources(self, name: str) -> list[int]:
        at = self.skeleton.sources(name)
        if not at:
            raise MissingKeypoint(
                f"the pose from {self.source or 'memory'} has no {name!r}",
                found=f"layout {self.skeleton.name}",
                do="estimate or export with a layout that has it (feet: BODY_25, HALPE-26, WholeBody-133 or BlazePose)",
            )
        return list(at)

    def point(self, name: str) -> np.ndarray:
        """A point over time, (T, 2) pixels: a keypoint, or one derived from others (``mid_hip``, ``left_toe``)."""
        at = self._sources(name)
        return self.xy[:, at[0]] if len(at) == 1 else self.xy[:, at].mean(axis=1)

    def point_confidence(self, name: str) -> np.ndarray:
        """Confidence of a point over time, (T,): the least of what it is derived from."""
        return self.confidence[:, self._sources(name)].min(axis=1)

    def has(self, *names: str) -> bool:
        """Whether every named point exists in this layout."""
        return self.skeleton.has(*names)

    def with_(self, **changes: Any) -> PoseSequence:
        """A copy with some fields changed."""
        if changes.keys() == {"view"} and (changes["view"] is None or changes["view"] in VIEWS):
            other = object.__new__(PoseSequence)  # the arrays are read-only: no need to check and copy them again
            other.__dict__.update(self.__dict__, **changes)
            return other
        return replace(self, **changes)

    def with_sound(
        self,
        *,
        xy: np.ndarray,
        confidence: np.ndarray,
        filled: np.ndarray,
        swapped: np.ndarray,
        steps: tuple[str, ...],
        info: Mapping[str, Any],
    ) -> PoseSequence:
        """`with_` for whoever made the arrays, keeps none of them, and knows them to be sound: they are not checked, nor copied."""
        arrays = {"xy": xy, "confidence": confidence, "filled": filled, "swapped": swapped}
        frozen = {name: _frozen(array) for name, array in arrays.items()}
        other = object.__new__(PoseSequence)
        other.__dict__.update(self.__dict__, memory={}, steps=steps, info=MappingProxyType(dict(info)), **frozen)
        return other

    def cut(self, start: int, stop: int) -> PoseSequence:
        """Frames ``start`` to ``stop`` (half-open); times stay those of the recording."""
        s = slice(start, stop)
        return replace(
            self,
            xy=self.xy[s],
            confidence=self.confidence[s],
            filled=self.filled[s],
            swapped=self.swapped[s],
            time_s=self.time_s[s],
        )

    def map_to(self, skeleton: Skeleton) -> PoseSequence:
        """The same pose in another layout; points it lacks are NaN, points that follow from others are their mean."""
        if skeleton == self.skeleton:
            return self
        xy = np.full((self.n_frames, len(skeleton), 2), np.nan)
        confidence = np.zeros(xy.shape[:2])
        filled = np.zeros(xy.shape[:2], bool)
        for k, name in enumerate(skeleton.names):
            at = list(self.skeleton.sources(name))
            if at:
                xy[:, k] = self.xy[:, at].mean(axis=1)
                confidence[:, k] = self.confidence[:, at].min(axis=1)
                filled[:, k] = self.filled[:, at].any(axis=1)
        return replace(self, xy=xy, confidence=confidence, filled=filled, skeleton=skeleton)

    def mirrored(self) -> PoseSequence:
        """The mirror child: the image flipped about its vertical midline, and left and right exchanged.

        The midline is that of ``size`` when known, else x = 0. A sagittal side changes with it.
        """
        order = self.skeleton.mirror
        xy = self.xy[:, order].copy()
        xy[..., 0] = (self.size[0] - 1 if self.size else 0) - xy[..., 0]
        view = {"sagittal_left": "sagittal_right", "sagittal_right": "sagittal_left"}.get(self.view or "", self.view)
        return replace(self, xy=xy, confidence=self.confidence[:, order], filled=self.filled[:, order], view=view)

    def to_frame(self) -> pd.DataFrame:
        """Tidy long table, one row a frame and keypoint: ``frame time_s keypoint x_px y_px confidence filled``.

        pandas writes it, as every other table, to Parquet: ``pose.to_frame().to_parquet("walk.parquet")``.
        """
        import pandas as pd

        frames, points = self.confidence.shape
        return pd.DataFrame(
            {
                "frame": np.repeat(np.arange(frames), points),
                "time_s": np.repeat(self.time_s, points),
                "keypoint": np.tile(np.array(self.skeleton.names, object), frames),
                "x_px": self.xy[..., 0].ravel(),
                "y_px": self.xy[..., 1].ravel(),
                "confidence": self.confidence.ravel(),
                "filled": self.filled.ravel(),
            }
        )

    def to_xarray(self, *, individual: str = "id_0", singular: bool = False) -> xr.Dataset:
        """The pose as a dataset that the ``movement`` package works on.

        Parameters
        ----------
        individual : str
            Name of the person.
        singular : bool
            Dimensions ``keypoint`` and ``individual``, as movement calls them from 0.17 on. Default: ``keypoints`` and
            ``individuals``, as earlier versions do.

        Returns
        -------
        xarray.Dataset
            ``position`` (time, space, keypoints, individuals) in pixels, y down, NaN where missing; ``confidence`` (time,
            keypoints, individuals), 0 where missing. ``time`` is in seconds. Attributes ``fps``, ``time_unit``, ``ds_type``,
            ``source_software`` and, where the source is known, ``source_file``.

        Raises
        ------
        NotInstalled
            No xarray.

        Notes
        -----
        View, filled and swapped marks, steps and info have no place in that layout and are left out. ``time`` holds the true
        times of the frames, also where they are not steady. Checked with movement 0.15.0, whose own loader makes an equal dataset.

        References
        ----------
        Sirmpilatze N et al. movement: a Python toolbox for analysing animal movement. https://movement.neuroinformatics.dev

        Examples
        --------
        >>> from skelgait.core.skeleton import COCO17
        >>> dataset = PoseSequence(np.zeros((10, 17, 2)), fps=50, skeleton=COCO17).to_xarray()
        >>> dict(dataset.position.sizes)
        {'time': 10, 'space': 2, 'keypoints': 17, 'individuals': 1}
        """
        try:
            import xarray as xr
        except ImportError:
            raise NotInstalled("a dataset needs xarray, which is not installed", do='pip install "skelgait[interchange]"') from None
        keypoints, individuals = ("keypoint", "individual") if singular else ("keypoints", "individuals")
        attrs = {"source_software": "skelgait", "ds_type": "poses", "fps": self.fps, "time_unit": "seconds"}
        return xr.Dataset(
            {
                "position": (("time", "space", keypoints, individuals), self.xy.transpose(0, 2, 1)[..., None].copy()),
                "confidence": (("time", keypoints, individuals), self.confidence[..., None].copy()),
            },
            coords={
                "time": self.time_s.copy(),
                "space": ["x", "y"],
                keypoints: list(self.skeleton.names),
                individuals: [individual],
            },
            attrs={**attrs, **({"source_file": self.source} if self.source else {})},
        )


def check_pose(pose: Any) -> None:
    """Refuse what is not a pose, and say where one comes from.

    Raises
    ------
    PoseError
        It is a path, a trial or something else.
    """
    if isinstance(pose, PoseSequence):
        return
    what, do = type(pose).__name__, "read one with sg.read_pose(path), or film one with sg.Walker().film().pose"
    if isinstance(pose, (str, Path)):
        what, do = f"{str(pose)[-60:]!r}", "read it with sg.read_pose(path)"
    elif hasattr(pose, "subject"):
        do = 'give one of its poses: trial.pose["sagittal"]'
    raise PoseError("this takes a pose", found=what, expected="sg.PoseSequence", do=do)
