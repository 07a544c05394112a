"""One walk of one subject."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence

if TYPE_CHECKING:
    from skelgait.core.task import Task

PLANES = ("sagittal", "frontal")
_BY_PLANE = ("pose", "video", "silhouettes", "clips", "events")
_OPENED: dict[str, tuple[Any, str, str]] = {  # what may lie in a file: its class, what it is called, and how one is made
    "silhouettes": (SilhouetteSequence, "silhouettes", "sg.extract_silhouettes(video)"),
    "clips": (Clip, "clip", "sg.extract_clip(video)"),
}


MOST_LEG = 0.75  # of the height
# Units a measure is given in by mistake: their words, and what to multiply by.
_MISTAKEN = {
    "height_m": (("centimetres", 0.01), ("millimetres", 0.001), ("inches", 0.0254)),
    "leg_length_m": (("centimetres", 0.01), ("millimetres", 0.001), ("inches", 0.0254)),
    "mass_kg": (("grams", 0.001),),
    "metres_per_px": (("millimetres per pixel", 0.001),),
}


def _other_unit(number: float, what: str, low: float, high: float) -> tuple[str, str]:
    """In which other unit a measure would be right, and what it is in ours."""
    for unit, factor in _MISTAKEN.get(what, ()):
        if low <= number * factor <= high:
            return f", which looks like {unit}", f"give {what}={number * factor:.4g}"
    return "", ""


@dataclass(frozen=True, eq=False)
class Trial:
    """One walk of one subject: what was recorded from each plane, who walked, and what is known of it.

    Parameters
    ----------
    subject : str
        Who walked. Folds and splits keep a subject on one side.
    pose : mapping of plane to PoseSequence, or a PoseSequence
        Planes are ``"sagittal"`` and ``"frontal"``. A bare pose goes under its own plane (sagittal when unknown).
    name : str
        The walk's own name; default the subject.
    video : mapping of plane to path
        Files, read when needed.
    silhouettes : mapping of plane to SilhouetteSequence or path, or a SilhouetteSequence
        A path is opened by `silhouette_sequence` when needed. A bare sequence goes under its own plane.
    clips : mapping of plane to Clip or path, or a Clip
        Video cut to the person; likewise, opened by `clip`.
    events : mapping of plane to GaitEvents
        Known contacts, used instead of detection.
    age_years : float, optional
        At the walk.
    sex : {"female", "male"}, optional
    height_m, mass_kg, leg_length_m : float, optional
        Of the subject, at the walk.
    metres_per_px : float, optional
        Scale, when known from an object of known length in the plane of the walk.
    labels : mapping
        Answers to clinical questions (``{"gmfcs": "II"}``).
    covariates : mapping
        Anything else known (aid, shoes, side affected, session).

    Raises
    ------
    SkelgaitError
        No subject, an unknown plane or sex, or a measure outside what a person can have (a height in cm, say).

    Examples
    --------
    >>> import numpy as np
    >>> from skelgait.core.skeleton import COCO17
    >>> trial = Trial("child07", PoseSequence(np.zeros((9, 17, 2)), fps=30, skeleton=COCO17), age_years=8, height_m=1.28)
    >>> list(trial.pose), trial.height_m
    (['sagittal'], 1.28)
    """

    subject: str
    pose: Mapping[str, PoseSequence] = field(default_factory=dict)
    name: str = field(default="", kw_only=True)
    video: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    silhouettes: Mapping[str, str | SilhouetteSequence] = field(default_factory=dict, kw_only=True)
    clips: Mapping[str, str | Clip] = field(default_factory=dict, kw_only=True)
    events: Mapping[str, GaitEvents] = field(default_factory=dict, kw_only=True)
    age_years: float | None = field(default=None, kw_only=True)
    sex: str | None = field(default=None, kw_only=True)
    height_m: float | None = field(default=None, kw_only=True)
    mass_kg: float | None = field(default=None, kw_only=True)
    leg_length_m: float | None = field(default=None, kw_only=True)
    metres_per_px: float | None = field(default=None, kw_only=True)
    labels: Mapping[str, Any] = field(default_factory=dict, kw_only=True)
    covariates: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if not str(self.subject).strip():
            raise SkelgaitError(
                "a trial needs a subject", do="give subject=, so that one child never lands on both sides of a split"
            )
        set_(self, "subject", str(self.subject))
        set_(self, "name", str(self.name) or self.subject)
        where = f"trial {self.name!r}"
        if isinstance(self.pose, PoseSequence):
            plane = self.pose.plane if self.pose.plane in PLANES else "sagittal"
            set_(self, "pose", {plane: self.pose})
        for what, (kind, word, _) in _OPENED.items():
            bare = getattr(self, what)
            if isinstance(bare, kind):
                view = (bare.view or "").split("_")[0]
                if view not in PLANES:
                    raise SkelgaitError(
                        f"{where}: from which plane {'is this' if word == 'clip' else 'are these'} {word}?",
                        found=f"view={bare.view}",
                        do=f'give {what}={{"frontal": ...}} or {{"sagittal": ...}}',
                    )
                set_(self, what, {view: bare})
        if not isinstance(self.pose, Mapping):
            raise SkelgaitError(
                f"{where}: pose is neither a pose nor poses by plane",
                found=repr(self.pose)[:60] if isinstance(self.pose, (str, Path)) else type(self.pose).__name__,
                do="read it with sg.read_pose(path)",
            )
        for what in _BY_PLANE:
            unknown = sorted(set(getattr(self, what)) - set(PLANES))
            if unknown:
                raise SkelgaitError(
                    f"{where} has {what} for an unknown plane", found=", ".join(unknown), expected=" or ".join(PLANES)
                )
        for plane, pose in self.pose.items():
            if not isinstance(pose, PoseSequence):
                raise SkelgaitError(
                    f"{where}: pose[{plane!r}] is not a pose", found=type(pose).__name__, do="read it with sg.read_pose(path)"
                )
        for what, (kind, word, made) in _OPENED.items():
            for plane, one in getattr(self, what).items():
                if not isinstance(one, (kind, str, Path)):
                    raise SkelgaitError(
                        f"{where}: {what}[{plane!r}] {'is no clip' if word == 'clip' else 'are no silhouettes'}",
                        found=type(one).__name__,
                        expected=f"a {kind.__name__}, or the path of one",
                        do=f"make {'it' if word == 'clip' else 'them'} with {made}",
                    )
        for what, low, high, unit in (
            ("age_years", 0, 120, "years"),
            ("height_m", 0.4, 2.5, "metres"),
            ("mass_kg", 2, 400, "kilograms"),
            ("leg_length_m", 0.1, 1.4, "metres"),
            ("metres_per_px", 1e-6, 0.1, "metres per pixel"),
        ):
            value = getattr(self, what)
            if value is None or (isinstance(value, float) and np.isnan(value)):
                set_(self, what, None)
                continue
            try:
                number = float(value)
            except (TypeError, ValueError):
                raise SkelgaitError(
                    f"{where}: {what} is not a number", found=repr(value), expected=f"{low} to {high} {unit}"
                ) from None
            if not low <= number <= high:
                looks, do = _other_unit(number, what, low, high)
                expected = f"{low} to {high} {unit}"
                raise SkelgaitError(f"{where}: {what} cannot be right", found=f"{value}{looks}", expected=expected, do=do)
            set_(self, what, number)
        if self.leg_length_m and self.height_m and self.leg_length_m > MOST_LEG * self.height_m:
            raise SkelgaitError(
                f"{where}: leg_length_m and height_m cannot both be right",
                found=f"legs of {self.leg_length_m:g} m and a height of {self.height_m:g} m",
                do="a leg is about half of the height: check which number is which",
            )
        if self.sex is not None and self.sex not in ("female", "male"):
            raise SkelgaitError(f"{where}: unknown sex", found=repr(self.sex), expected="'female', 'male' or nothing")
        for what in _BY_PLANE:
            set_(self, what, MappingProxyType(dict(getattr(self, what))))
        for what in ("labels", "covariates"):  # plain data: a copy to the bottom, so that nobody changes it from outside
            set_(self, what, MappingProxyType(deepcopy(dict(getattr(self, what)))))

    def to_pyg(
        self,
        *,
        plane: str = "sagittal",
        skeleton: str | Mapping[str, Any] = "coco17",
        task: Task | None = None,
        fps: float = 30.0,
        stream: str = "joint",
        time: str = "nodes",
        frames: int | None = None,
    ) -> Any:
        """The walk as a graph of torch_geometric; the settings are those of `skelgait.encoders.pyg.to_pyg`, which says more.

        Returns
        -------
        torch_geometric.data.Data
        """
        make = import_module("skelgait.encoders.pyg").to_pyg  # a room far above this one, and only who asks goes there
        return make(self, plane=plane, skeleton=skeleton, task=task, fps=fps, stream=stream, time=time, frames=frames)

    def __repr__(self) -> str:
        planes = ", ".join(f"{plane}: {pose.n_frames} frames" for plane, pose in self.pose.items()) or "no pose"
        return f"Trial({self.name!r}, subject={self.subject!r}, {planes})"

    def __getstate__(self) -> dict[str, Any]:
        return {k: dict(v) if isinstance(v, MappingProxyType) else v for k, v in self.__dict__.items()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({k: MappingProxyType(v) if isinstance(v, dict) else v for k, v in state.items()})

    def silhouette_sequence(self, plane: str | None = None) -> SilhouetteSequence:
        """The silhouettes of one plane, opened where they are a path.

        Parameters
        ----------
        plane : {"frontal", "sagittal"}, optional
            Which; default the only one there is.

        Returns
        -------
        SilhouetteSequence
            Mapped from its file, when it is in one.

        Raises
        ------
        SkelgaitError
            The trial has no silhouettes of that plane, or of both and none was named.
        FileError
            The file is missing or holds no silhouettes.
        """
        found = self._of_plane("silhouettes", plane)
        return found if isinstance(found, SilhouetteSequence) else SilhouetteSequence.open(found)

    def clip(self, plane: str | None = None) -> Clip:
        """The clip of one plane, opened where it is a path.

        Parameters
        ----------
        plane : {"frontal", "sagittal"}, optional
            Which; default the only one there is.

        Returns
        -------
        Clip
            Mapped from its file, when it is in one.

        Raises
        ------
        SkelgaitError
            The trial has no clip of that plane, or of both and none was named.
        FileError
            The file is missing or holds no clip.
        """
        found = self._of_plane("clips", plane)
        return found if isinstance(found, Clip) else Clip.open(found)

    def _of_plane(self, what: str, plane: str | None) -> Any:
        """Silhouettes or clip of one plane, or of the only one."""
        there, (_, word, made) = getattr(self, what), _OPENED[what]
        planes = list(there)
        if plane is None and len(planes) == 1:
            plane = planes[0]
        if plane is None or plane not in there:
            if what == "clips" and (plane in self.video if plane else self.video):
                made = "sg.extract_clips(trials, folder)"
            raise SkelgaitError(
                f"trial {self.name!r} has no {plane + ' ' if plane else ''}{word}"
                if plane or not planes
                else f"trial {self.name!r} has {what} of two planes, and none was named",
                found=f"{what} of the {' and '.join(planes)} plane" if planes else f"no {word}",
                do=f"make {'it' if word == 'clip' else 'them'} with {made}"
                if plane or not planes
                else 'give plane="frontal" or "sagittal"',
            )
        return there[plane]

    def with_(self, **changes: Any) -> Trial:
        """A copy with some fields changed."""
        return replace(self, **changes)
