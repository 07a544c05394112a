"""What encoders of poses share: a trial's pose becomes a sample, samples become inputs, and what may change in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch

from skelgait.core.errors import MissingKeypoint, SkelgaitError, WrongView
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Encoder, Inputs, Sample, pad_sequences
from skelgait.encoders.body_frame import ORIGINS, find_body_frame
from skelgait.encoders.graph import find_skeleton, parents, published_parents
from skelgait.encoders.pose_augment import augment_poses
from skelgait.encoders.streams import STREAMS, to_stream
from skelgait.signals.clean import clean
from skelgait.signals.resample import resample
from skelgait.signals.view import recognise_view

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

NORMALISE = ("body", "image")
SEEN = 0.01  # published pipelines set a keypoint with a score up to this to zero
SURE = 0.2  # the public GMFCS baseline counts a keypoint as seen from here on


class PoseEncoder(Encoder):
    """An encoder of the poses of one plane; a subclass adds `forward`.

    Parameters
    ----------
    plane : {"sagittal", "frontal"}
        Which of a trial's poses.
    skeleton : str, or mapping with ``names`` and ``bones``
        The keypoints it works on, in order. A pose in another layout is mapped to it; points that follow from others are filled in.
    fps : float, frames per second
        Poses are resampled to it.
    normalise : {"body", "image"}
        ``"body"``: zero is the child's pelvis, one is the child's leg (`skelgait.encoders.body_frame`). ``"image"``: the picture
        from -1 to 1 both ways, as published weights expect it; ``origin`` and ``one_way`` then do nothing.
    origin : {"course", "frame", "walk"}
        What of the pelvis is zero: its smoothed course, its place in each frame, or its place over the walk.
    one_way : bool
        Turn the picture over where a child walks to image left, or away from the camera. Left and right keep their names: turned
        over, a child filmed from its left side has its left leg in front, as it had.
    stream : {"joint", "bone", "joint_motion", "bone_motion"}
        What of the pose is looked at.
    clean : bool
        Clean a pose that is not clean yet (`skelgait.clean`).

    Notes
    -----
    A sample holds ``pose`` (T, K, 3): x forward, y down, confidence; a missing keypoint is all zero. Confidence is never scaled.
    """

    inputs = "pose"
    axes: ClassVar[tuple[str, ...]] = ("time", "keypoint")

    def __init__(
        self,
        *,
        plane: str = "sagittal",
        skeleton: str | Mapping[str, Any] = "coco17",
        fps: float = 30.0,
        normalise: str = "body",
        origin: str = "course",
        one_way: bool = True,
        stream: str = "joint",
        clean: bool = True,
    ) -> None:
        super().__init__()
        for value, known, what in (
            (plane, PLANES, "plane"),
            (normalise, NORMALISE, "normalisation"),
            (origin, ORIGINS, "origin"),
            (stream, STREAMS, "stream"),
        ):
            if value not in known:
                raise SkelgaitError(f"there is no {what} {value!r}", expected=", ".join(known))
        if not (np.isfinite(fps) and fps > 0):
            raise SkelgaitError("an encoder needs a frame rate", found=f"fps={fps}", expected="frames per second, above zero")
        self.plane, self.fps, self.normalise, self.origin = plane, float(fps), normalise, origin
        self.one_way, self.stream, self.clean = one_way, stream, clean
        self.skeleton = find_skeleton(skeleton)
        start = published_parents(self.skeleton) if normalise == "image" else parents(self.skeleton)
        self.register_buffer("bone_start", torch.from_numpy(start), persistent=False)
        self.register_buffer("mirror", torch.from_numpy(self.skeleton.mirror.copy()), persistent=False)

    @property
    def sequence(self) -> str:
        """Name of the sample's array whose first axis is time."""
        return "pose"

    def labels(self, axis: str) -> list[str]:
        """Keypoint names; nothing for time."""
        return list(self.skeleton.names) if axis == "keypoint" else []

    def prepare(self, trial: Trial) -> Sample:
        """The trial's pose, clean, at this encoder's rate and in its measure.

        Parameters
        ----------
        trial : Trial

        Returns
        -------
        dict
            ``pose`` (T, K, 3) float32, ``fps``, and ``unit`` (2,): a leg length in x and y.

        Raises
        ------
        SkelgaitError
            No pose of this plane, one filed under it that was filmed from the other, keypoints that its layout lacks, nothing to
            measure the body by, or (image) no picture size.
        """
        pose = self._pose_of(trial)
        try:
            if self.clean and not any(step.startswith("clean(") for step in pose.steps):
                pose = clean(pose)
            self._check_view(pose)
            if not pose.is_uniform or abs(pose.fps - self.fps) > 1e-6 * self.fps:
                pose = resample(pose, fps=self.fps)
            xy, unit = self._to_body(pose) if self.normalise == "body" else self._to_image(pose)
        except SkelgaitError as error:
            raise SkelgaitError(
                f"trial {trial.name!r}: {error.problem}", found=error.found, expected=error.expected, do=error.do
            ) from error
        confidence = pose.map_to(self.skeleton).confidence[..., None]
        out = np.concatenate([np.nan_to_num(xy), confidence], axis=2).astype(np.float32)
        if self.normalise == "image":
            out[out[..., 2] <= SEEN, :2] = 0
        return {"pose": out, "fps": np.float32(self.fps), "unit": np.asarray(unit, np.float32)}

    def _pose_of(self, trial: Trial) -> PoseSequence:
        if self.plane not in trial.pose:
            raise SkelgaitError(
                f"trial {trial.name!r} has no {self.plane} pose",
                found=", ".join(trial.pose) or "no pose",
                do=f'give pose={{"{self.plane}": ...}}, or another plane to the encoder',
            )
        pose = trial.pose[self.plane]
        lacking = [name for name in self.skeleton.names if not pose.skeleton.sources(name)]
        if lacking:
            raise SkelgaitError(
                f"trial {trial.name!r} lacks keypoints of the encoder's skeleton {self.skeleton.name!r}",
                found=f"layout {pose.skeleton.name}, without {', '.join(lacking[:6])}{' ...' if len(lacking) > 6 else ''}",
                do='estimate or export with a layout that has them, or give the encoder another skeleton ("coco17", say)',
            )
        if np.isnan(pose.xy[..., 0]).all():
            raise SkelgaitError(f"trial {trial.name!r}: nobody is seen in its {self.plane} pose", found="every keypoint missing")
        return pose

    def _check_view(self, pose: PoseSequence) -> None:
        """Refuse what is seen from the other plane; an oblique view, or one that cannot be told, is taken as it was filed."""
        try:
            plane = pose.plane if pose.view is not None else recognise_view(pose).plane
        except MissingKeypoint:  # a layout without legs
            return
        if plane in PLANES and plane != self.plane:
            raise WrongView(
                f"the model looks at {self.plane} poses, and this one was filmed from the other plane",
                found=plane,
                do=f"give a {self.plane} recording, file this one as {plane}, or train with plane={plane!r}",
            )

    def _to_body(self, pose: PoseSequence) -> tuple[np.ndarray, tuple[float, float]]:
        frame = find_body_frame(pose, plane=self.plane, origin=self.origin, one_way=self.one_way)
        xy = (pose.map_to(self.skeleton).xy - frame.origin[:, None]) / frame.unit[:, None, None]
        xy[..., 0] *= frame.forward[:, None]
        return xy, (1.0, 1.0)

    def _to_image(self, pose: PoseSequence) -> tuple[np.ndarray, np.ndarray]:
        if pose.size is None:
            raise SkelgaitError(
                'normalise="image" needs the size of the picture, which its pose does not know',
                do="give it when reading: pose.with_(size=(width, height))",
            )
        half = np.array(pose.size, float) / 2
        leg = float(np.median(find_body_frame(pose, plane=self.plane, origin="walk", one_way=False).unit))
        return (pose.map_to(self.skeleton).xy - half) / half, leg / half

    def seen_share(self, sample: Sample) -> float:
        """Share of the keypoints in all frames whose confidence is 0.2 or more."""
        return float((sample["pose"][..., 2] >= SURE).mean())

    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """``pose`` (B, T, K, 3), ``mask`` (B, T) and ``unit`` (B, 2)."""
        pose, mask = pad_sequences([sample["pose"] for sample in samples])
        return {"pose": pose, "mask": mask, "unit": torch.from_numpy(np.stack([sample["unit"] for sample in samples]))}

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """The batch as the draw changes it (`skelgait.encoders.pose_augment`)."""
        over = self._turns_over
        pose, mask = augment_poses(inputs["pose"], inputs["mask"], inputs["unit"], draw, mirror=self.mirror, turns_over=over)
        return {**inputs, "pose": pose, "mask": mask}

    def mirrored(self, inputs: Inputs) -> Inputs:
        """Left and right keypoints exchanged, and x turned over where the walk was not turned to one way."""
        pose = inputs["pose"][:, :, self.mirror]
        return {**inputs, "pose": pose * pose.new_tensor([-1.0, 1.0, 1.0]) if self._turns_over else pose}

    @property
    def _turns_over(self) -> bool:
        return not (self.normalise == "body" and self.one_way and self.plane == "sagittal")

    def look(self, inputs: Inputs) -> torch.Tensor:
        """The stream of a batch, (B, T, K, 3)."""
        missing_is_zero = self.normalise == "body"
        return to_stream(inputs["pose"], inputs["mask"], self.stream, self.bone_start, missing_is_zero=missing_is_zero)
