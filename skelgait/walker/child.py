"""A synthetic child with known truth."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.skeleton import BODY25, Skeleton
from skelgait.walker.body import Motion, move
from skelgait.walker.camera import Camera, place
from skelgait.walker.film import Walk
from skelgait.walker.path import Path
from skelgait.walker.rhythm import Rhythm
from skelgait.walker.sensor import observe
from skelgait.walker.stride import StridePlan, plan_stride
from skelgait.walker.truth import tell_truth

BothSides = float | tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Walker:
    """A child who walks as told. A setting typed "each side" takes one number or ``(left, right)``.

    Parameters
    ----------
    age_years : float
        Gives the height when no height is given.
    height_m, leg_length_m : float, optional
        Standing height; thigh and shank together.
    cadence_spm : float
        Steps a minute, exactly.
    speed_m_s : float, optional
        Gives the step length when no step length is given.
    step_length_m : float, each side, optional
        Forward distance between the heels at a contact of that side. Default 0.79 leg lengths.
    step_time_ratio : float
        Left step time over right step time (left: from right contact to left contact).
    stance_percent : float, each side
        Share of the stride the foot is on the floor, above the point where the other lands, below 85.
    start_share : float, 0..1
        Share of the right foot's stride at the first frame (0: right contact).
    stride_time_cv_percent : float
        How unequal the strides are; the cadence is then their mean over an endless walk.
    rhythm_seed : int
        Which unequal strides.
    knee_harmonics : tuple of float, optional
        A knee flexion curve of your own in place of the healthy one, degrees over the cycle: its mean, then cosine and
        sine of each harmonic. Crouch and stiffness still change it.
    crouch_deg : float, each side
        Least knee flexion in stance (below 4: the healthy knee).
    equinus_deg : float, each side
        Loss of dorsiflexion: the heel lands late or never.
    stiff_knee : float, each side, 0..1
        Share of swing flexion lost.
    knee_valgus_deg : float, each side
        Hip-knee-ankle deviation in the frontal plane, valgus +, varus -.
    hip_rotation_deg : float, each side
        How far the kneecap points in (+): with flexion it looks like valgus, added to ``knee_valgus_deg``.
    foot_progression_deg : float, each side
        Toes out +.
    trunk_lean_deg, trunk_left_lean_deg : float
        Steady lean forward, and to the child's left.
    trunk_sway_deg : float
        Amplitude of the lean towards the standing leg.
    trunk_left_shift_m : float
        How far shoulders, neck and head stand to the child's left of where they would, the pelvis staying.
    shoulder_left_up_deg : float
        Steady tilt of the line of the shoulders, beside what a side lean gives.
    pelvis_left_up_deg : float
        Steady obliquity.
    step_width_m : float
        Between the heel lines.
    pelvis_sway_m, arm_swing_deg, toe_clearance_m : float
        Side sway amplitude, arm swing amplitude, least height of the foot in mid-swing.
    trunk_girth, limb_girth : float
        How thick trunk, arms and legs are drawn, against the usual child. Joints stay where they are.
    treadmill : bool
        Walk on the spot, the floor running back.
    there_and_back : bool
        Walk up and down instead of straight on.
    lane_m, turn_m : float
        With ``there_and_back``: length of the straights and of the half turns (to the left).

    Raises
    ------
    SkelgaitError
        A value no child can walk with, named.

    Examples
    --------
    >>> walk = Walker(cadence_spm=112, knee_valgus_deg=12).film(fps=60, duration_s=4)
    >>> walk.pose
    PoseSequence(240 frames, body25, 60 fps, view=None, 0 % missing, source='walker')
    >>> walk.truth.cadence_spm, walk.truth.knee_valgus_deg
    (112.0, (12.0, 12.0))
    """

    age_years: float = 8.0
    height_m: float | None = None
    leg_length_m: float | None = None
    cadence_spm: float = 128.0
    speed_m_s: float | None = None
    step_length_m: BothSides | None = None
    step_time_ratio: float = 1.0
    stance_percent: BothSides = 60.0
    start_share: float = 0.25
    stride_time_cv_percent: float = 0.0
    rhythm_seed: int = 0
    knee_harmonics: tuple[float, ...] | None = None
    crouch_deg: BothSides = 0.0
    equinus_deg: BothSides = 0.0
    stiff_knee: BothSides = 0.0
    knee_valgus_deg: BothSides = 0.0
    hip_rotation_deg: BothSides = 0.0
    foot_progression_deg: BothSides = 0.0
    trunk_lean_deg: float = 3.0
    trunk_left_lean_deg: float = 0.0
    trunk_sway_deg: float = 1.5
    trunk_left_shift_m: float = 0.0
    shoulder_left_up_deg: float = 0.0
    pelvis_left_up_deg: float = 0.0
    step_width_m: float = 0.08
    pelvis_sway_m: float = 0.015
    arm_swing_deg: float = 22.0
    toe_clearance_m: float = 0.012
    trunk_girth: float = 1.0
    limb_girth: float = 1.0
    treadmill: bool = False
    there_and_back: bool = False
    lane_m: float = 4.0
    turn_m: float = 1.8

    def __post_init__(self) -> None:
        for name, low, high in (
            ("age_years", 1, 100),
            ("cadence_spm", 40, 240),
            ("step_time_ratio", 0.5, 2.0),
            ("stride_time_cv_percent", 0, 12),
            ("stance_percent", 50, 85),
            ("crouch_deg", 0, 70),
            ("equinus_deg", 0, 45),
            ("stiff_knee", 0, 1),
            ("knee_valgus_deg", -30, 30),
            ("hip_rotation_deg", -40, 40),
            ("foot_progression_deg", -50, 50),
            ("trunk_lean_deg", -30, 60),
            ("trunk_left_shift_m", -0.3, 0.3),
            ("shoulder_left_up_deg", -30, 30),
            ("trunk_girth", 0.5, 2),
            ("limb_girth", 0.5, 2),
            ("lane_m", 1, 1000),
            ("turn_m", 0.8, 20),
        ):
            for value in self.both(name):
                if not low <= value <= high:
                    raise SkelgaitError(f"walker: {name} cannot be right", found=str(value), expected=f"{low} to {high}")
        for step in self.step_lengths_m:
            if not 0.02 * self.leg_m < step < 1.1 * self.leg_m:
                raise SkelgaitError(
                    "walker: the steps do not fit the legs",
                    found=f"a step of {step:.2f} m",
                    expected=f"less than {1.1 * self.leg_m:.2f} m",
                )
        contact, stance = self.contact_shares, self.stance_shares
        overlap = stance - np.array([1 - contact[0], contact[0]])
        if not ((overlap > 0.01) & (overlap < 0.45)).all():
            raise SkelgaitError(
                "walker: this is not walking, both feet must be on the floor for a while at each step",
                found=f"double support {100 * overlap[0]:.0f} and {100 * overlap[1]:.0f} % of the stride",
                do="raise stance_percent or bring step_time_ratio nearer to 1",
            )

    def both(self, name: str) -> tuple[float, float]:
        """A setting as (left, right)."""
        value = getattr(self, name)
        return (float(value[0]), float(value[1])) if isinstance(value, tuple | list) else (float(value), float(value))

    @property
    def body_height_m(self) -> float:
        """Standing height in metres."""
        if self.height_m is not None:
            return float(self.height_m)
        if self.leg_length_m is not None:
            return float(self.leg_length_m) / 0.48
        return float(min(0.77 + 0.0635 * self.age_years, 1.72))

    @property
    def leg_m(self) -> float:
        """Thigh and shank together in metres."""
        return float(self.leg_length_m) if self.leg_length_m is not None else 0.48 * self.body_height_m

    @property
    def stride_time_s(self) -> float:
        """Seconds from contact to contact of one foot."""
        return 120.0 / self.cadence_spm

    @property
    def contact_shares(self) -> np.ndarray:
        """(2,) share of the right foot's stride at which left and right land."""
        return np.array([self.step_time_ratio / (1 + self.step_time_ratio), 0.0])

    @property
    def stance_shares(self) -> np.ndarray:
        """(2,) share of the stride left and right stand."""
        return np.array(self.both("stance_percent")) / 100

    @property
    def step_lengths_m(self) -> np.ndarray:
        """(2,) left and right step length in metres."""
        if self.step_length_m is not None:
            return np.array(self.both("step_length_m"))
        if self.speed_m_s is not None:
            return np.full(2, self.speed_m_s * 60 / self.cadence_spm)
        return np.full(2, 0.79 * self.leg_m)

    @property
    def _plan(self) -> StridePlan:
        return plan_stride(self)

    @property
    def rhythm(self) -> Rhythm:
        """When each stride comes."""
        return Rhythm(self.stride_time_s, self.start_share, self.stride_time_cv_percent / 100, self.rhythm_seed)

    @property
    def path(self) -> Path:
        """Where the walk goes."""
        return Path(self.lane_m if self.there_and_back else None, self.turn_m)

    def mirrored(self) -> Walker:
        """The mirror child: every setting of the left is the right's, and the walk starts with the other foot."""

        def swap(value: Any) -> Any:
            return tuple(reversed(value)) if isinstance(value, tuple | list) else value

        changed: dict[str, Any] = {f.name: swap(getattr(self, f.name)) for f in fields(self) if f.name != "knee_harmonics"}
        changed |= {
            "step_time_ratio": 1 / self.step_time_ratio,
            "start_share": float(np.mod(self.start_share - self.contact_shares[0], 1.0)),
            "trunk_left_lean_deg": -self.trunk_left_lean_deg,
            "trunk_left_shift_m": -self.trunk_left_shift_m,
            "shoulder_left_up_deg": -self.shoulder_left_up_deg,
            "pelvis_left_up_deg": -self.pelvis_left_up_deg,
        }
        return replace(self, **changed)

    def move(self, time_s: np.ndarray) -> Motion:
        """Joint centres in metres at times (T,) seconds; on a treadmill the floor runs back under them."""
        c = self.rhythm.progress(time_s)
        motion = move(self, self._plan, self.path, c, self.start_share)
        if self.treadmill:
            belt = self._plan.stride * (c - self.start_share)
            shift = np.stack([belt, np.zeros_like(belt), np.zeros_like(belt)], axis=-1)
            motion = replace(motion, points={name: point - shift for name, point in motion.points.items()})
        return motion

    def film(
        self,
        camera: Camera | None = None,
        *,
        fps: float = 60.0,
        duration_s: float = 6.0,
        noise_px: float = 0.0,
        dropout: float = 0.0,
        swaps: int = 0,
        random_state: int = 0,
        skeleton: Skeleton = BODY25,
        frame_jitter: float = 0.0,
        tell_view: bool = False,
    ) -> Walk:
        """Film the child.

        Parameters
        ----------
        camera : Camera, optional
            Default: at the child's right, seeing the whole walk.
        fps : float, frames per second
            Changes nothing but when the walk is looked at.
        duration_s : float, seconds
            Length of the clip.
        noise_px : float, pixels
            Standard deviation of each coordinate.
        dropout : float, 0..1
            Share of keypoints missing, in runs of some frames.
        swaps : int
            How many times the legs are exchanged, for 3 to 12 frames each.
        random_state : int
            Seed of noise, dropout, swaps and jitter.
        skeleton : Skeleton
            Layout of the pose; faces and hands of WholeBody-133 stay missing.
        frame_jitter : float, 0..0.9
            Frames come up to half this share of a frame early or late.
        tell_view : bool
            Write the true view into the pose; otherwise it is None.

        Returns
        -------
        Walk
            ``pose``, ``truth``, ``frames()``, ``silhouettes()``.

        Examples
        --------
        >>> walk = Walker().film(Camera(roll_deg=3), fps=30, duration_s=3, noise_px=2, random_state=1)
        >>> walk.pose.n_frames, len(walk.truth.events) > 8
        (90, True)
        """
        camera = camera or Camera()
        n_frames = max(round(duration_s * fps), 1)
        random = np.random.default_rng(random_state)
        time_s = np.arange(n_frames) / fps
        if frame_jitter:
            time_s = time_s + np.clip(frame_jitter, 0, 0.9) * (random.random(n_frames) - 0.5) / fps
            time_s -= time_s[0]
        motion = self.move(time_s)
        ground = motion.points["mid_hip"] * np.array([1, 1, 0])
        placed = place(camera, ground, self.body_height_m)
        xy, confidence, swapped = observe(
            motion, placed, skeleton, self.body_height_m, noise_px=noise_px, dropout=dropout, swaps=swaps, random=random
        )
        truth = tell_truth(self, motion, time_s, placed, swapped)
        pose = PoseSequence(
            xy,
            confidence,
            fps=fps,
            skeleton=skeleton,
            view=truth.view if tell_view else None,
            time_s=time_s,
            size=camera.size,
            source="walker",
        )
        return Walk(pose=pose, truth=truth, walker=self, camera=camera, placed=placed)
