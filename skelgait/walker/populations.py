"""Children among whom a clinical question is asked: in what they differ, by how much, and how far they overlap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

SEEN_BY = ("both", "descriptors", "skeleton", "front")


@dataclass(frozen=True)
class Sign:
    """One thing in which children of different levels differ, and how much they overlap.

    Parameters
    ----------
    name, unit : str
    means : tuple of float
        Mean of the children of each level; one number where levels do not differ.
    between, within : float
        Standard deviation between children of one level, and between the walks of one child.
    low, high : float
        What no child goes beyond.
    seen_by : {"both", "descriptors", "skeleton", "front"}
        Whether `skelgait.describe` has a number for it, a network can see it in the keypoints of a side view, both, or it takes
        a camera in front.
    lean : str
        What the direction leans on.
    """

    name: str
    unit: str
    means: tuple[float, ...]
    between: float
    within: float
    low: float
    high: float
    seen_by: str = "both"
    lean: str = ""

    def mean_at(self, severity: float) -> float:
        """Mean at a severity between (and a little beyond) the levels."""
        if len(self.means) == 1:
            return self.means[0]
        left = int(np.clip(np.floor(severity), 0, len(self.means) - 2))
        return self.means[left] + (severity - left) * (self.means[left + 1] - self.means[left])


@dataclass(frozen=True)
class Population:
    """Children among whom a clinical question is asked.

    Parameters
    ----------
    label : str
        Key of ``trial.labels``.
    levels : tuple of str
    shares : tuple of float
        How many children have each.
    blur : float, levels
        For ordered levels: standard deviation of a child's severity about its level. No sign tells more than the severity.
    planes : tuple of str
        Cameras.
    signs : tuple of Sign
        In which the levels differ; every other trait is as in `HABITS`.
    habits : tuple of Sign
        More traits in which children differ whatever their level, or others than in `HABITS`.
    silhouettes : bool
        Whether walks have silhouettes too.
    scored : bool
        The answer is no level but the 34 scores of the Edinburgh score, by what the child does (`skelgait.walker.evgs`).
    """

    label: str
    levels: tuple[str, ...]
    shares: tuple[float, ...]
    blur: float
    planes: tuple[str, ...]
    signs: tuple[Sign, ...]
    habits: tuple[Sign, ...] = ()
    silhouettes: bool = False
    scored: bool = False


# How every child walks, whatever is asked: what differs between children and says nothing about their level.
HABITS = (
    Sign("crouch", "deg", (6.0,), 3.0, 1.5, 0.0, 55.0),
    Sign("stiff_knee", "share", (0.04,), 0.04, 0.02, 0.0, 0.8),
    Sign("cadence", "dimensionless", (0.53,), 0.026, 0.010, 0.28, 0.68),
    Sign("step_length", "leg lengths", (0.76,), 0.05, 0.02, 0.32, 0.95),
    Sign("stance", "percent", (61.0,), 1.0, 0.5, 58.0, 70.0),
    Sign("stride_time_cv", "percent", (2.2,), 0.6, 0.4, 0.6, 11.0),
    Sign("asymmetry", "share", (0.03,), 0.02, 0.01, 0.0, 0.3),
    Sign("trunk_lean", "deg", (3.0,), 3.0, 1.0, -10.0, 35.0),
    Sign("trunk_sway", "deg", (2.0,), 0.8, 0.4, 0.0, 18.0),
    Sign("arm_swing", "deg", (22.0,), 6.0, 2.5, 1.0, 45.0),
    Sign("knee_delay", "percent of stride", (0.0,), 0.8, 0.4, -3.0, 9.0),
    Sign("knee_valgus", "deg", (0.5,), 1.8, 0.6, -22.0, 22.0),
    Sign("hip_rotation", "deg", (2.0,), 4.0, 1.5, -25.0, 25.0),
    Sign("detector_noise", "percent of leg", (1.0,), 0.25, 0.15, 0.3, 4.0),
)

_FUNCTION = (
    "normalised speed, cadence and single support go with motor function (GMFM); step length is shorter in CP (Prosser 2010)"
)
_ARMS = "arm movements of children with CP are altered (Meyns 2012, Delabastita 2016); that both arms swing less is designed"
_UNEVEN = "more asymmetric in CP in some studies, not in others (Prosser 2010); that it grows with the level is designed"
_KNEE = "too little and too late knee flexion in swing is common in CP (stiff-knee gait)"
_CROUCH = "crouch is commoner in level III; the Edinburgh score rises by 3.8 a level (Robinson 2017), yet r is only 0.49 (Tuna)"
_SHIFT = "the trunk stands off to the side of a thoracic curve; that it grows evenly with the level is designed"
_SHOULDERS = "unlevel shoulders are what screening looks for first; here always the higher one on the side of the shift"
_PELVIS = "an oblique pelvis goes with lumbar curves and unequal legs; here always higher on the side of the shift"
_SCORED = "what the Edinburgh score looks at (Read 2003); how much of it children show is designed"
_VARIABLE = "strides vary more in CP (Prosser 2010)"

POPULATIONS: Mapping[str, Population] = MappingProxyType(
    {
        "gmfcs": Population(
            "gmfcs",
            ("I", "II", "III", "IV"),
            (0.30, 0.30, 0.25, 0.15),
            0.25,
            ("sagittal",),
            (
                Sign("cadence", "dimensionless", (0.53, 0.505, 0.48, 0.455), 0.015, 0.005, 0.28, 0.68, "descriptors", _FUNCTION),
                Sign("arm_swing", "deg", (26.0, 20.5, 15.0, 9.5), 3.3, 1.2, 1.0, 45.0, "skeleton", _ARMS),
                Sign("asymmetry", "share", (0.03, 0.055, 0.08, 0.11), 0.028, 0.008, 0.0, 0.3, "both", _UNEVEN),
                Sign("knee_delay", "percent of stride", (0.0, 0.5, 1.0, 1.5), 1.5, 0.5, -3.0, 9.0, "both", _KNEE),
                Sign("crouch", "deg", (8.0, 11.0, 14.0, 17.5), 7.0, 2.0, 0.0, 55.0, "both", _CROUCH),
                Sign("step_length", "leg lengths", (0.75, 0.725, 0.70, 0.67), 0.07, 0.02, 0.32, 0.95, "both", _FUNCTION),
                Sign("stride_time_cv", "percent", (2.2, 2.7, 3.2, 3.8), 0.9, 0.4, 0.6, 11.0, "both", _VARIABLE),
                Sign("trunk_lean", "deg", (3.0, 4.2, 5.4, 7.0), 4.5, 1.2, -10.0, 35.0, "both"),
                Sign("trunk_sway", "deg", (2.0, 3.5, 5.5, 8.0), 1.8, 0.6, 0.0, 18.0, "front"),
                Sign("detector_noise", "percent of leg", (1.0, 1.05, 1.1, 1.15), 0.25, 0.15, 0.3, 4.0, "both"),
            ),
        ),
        "genu": Population(
            "genu",
            ("normal", "varum", "valgum"),
            (0.5, 0.25, 0.25),
            0.0,
            ("frontal",),
            (Sign("knee_valgus", "deg", (0.5, -5.5, 6.5), 2.4, 0.6, -22.0, 22.0, "front", ""),),
        ),
        # Signs are towards the child's own side, left or right.
        "scoliosis": Population(
            "scoliosis",
            ("negative", "neutral", "positive"),
            (0.5, 0.25, 0.25),
            0.2,
            ("frontal",),
            (
                Sign("trunk_shift", "percent of height", (0.0, 1.8, 3.6), 1.2, 0.3, -9.0, 9.0, "front", _SHIFT),
                Sign("shoulder_tilt", "deg", (0.0, 2.0, 4.2), 1.5, 0.5, -14.0, 14.0, "front", _SHOULDERS),
                Sign("pelvic_tilt", "deg", (0.0, 1.1, 2.4), 1.2, 0.4, -9.0, 9.0, "front", _PELVIS),
            ),
            (
                Sign("trunk_girth", "times the usual", (1.08,), 0.1, 0.02, 0.9, 1.5),
                Sign("limb_girth", "times the usual", (1.0,), 0.12, 0.02, 0.7, 1.5),
                Sign("cloth", "percent of height", (0.6,), 0.15, 0.15, 0.0, 1.5),
                Sign("holes", "a second", (0.4,), 0.0, 0.3, 0.0, 2.0),
                Sign("lost_frames", "share", (0.03,), 0.0, 0.03, 0.0, 0.2),
            ),
            silhouettes=True,
        ),
        # How much there is to score; what is scored follows from each walk. About 30 % of the scores are not 0, as 29 % of those
        # of the CGV children, and as many scores of the two limbs agree as of theirs (0.8).
        "evgs": Population(
            "evgs",
            ("mild", "moderate", "marked"),
            (0.4, 0.35, 0.25),
            0.35,
            ("sagittal", "frontal"),
            (
                Sign("crouch", "deg", (5.0, 11.0, 19.0), 6.0, 1.5, 0.0, 50.0, "both", _SCORED),
                Sign("equinus", "deg", (0.0, 6.0, 12.0), 9.0, 1.5, 0.0, 35.0, "both", _SCORED),
                Sign("stiff_knee", "share", (0.04, 0.12, 0.24), 0.12, 0.02, 0.0, 0.8, "both", _KNEE),
                Sign("foot_out", "deg", (9.0, 7.0, 4.0), 11.0, 1.5, -35.0, 45.0, "front", _SCORED),
                Sign("hip_rotation", "deg", (1.0, 3.0, 6.0), 6.0, 1.5, -25.0, 30.0, "front", _SCORED),
                Sign("knee_valgus", "deg", (0.5, 1.5, 3.0), 3.0, 0.6, -22.0, 22.0, "front"),
                Sign("pelvic_tilt", "deg", (0.0, 0.8, 1.6), 1.3, 0.3, -10.0, 10.0, "front", _SCORED),
                Sign("trunk_lean", "deg", (2.0, 4.0, 7.0), 4.0, 1.0, -10.0, 35.0, "both", _SCORED),
                Sign("trunk_sway", "deg", (1.5, 2.5, 4.5), 1.5, 0.4, 0.0, 18.0, "front", _SCORED),
                Sign("step_length", "leg lengths", (0.75, 0.70, 0.62), 0.07, 0.02, 0.36, 0.92, "both", _FUNCTION),
                Sign("cadence", "dimensionless", (0.53, 0.505, 0.47), 0.02, 0.006, 0.32, 0.66, "descriptors", _FUNCTION),
                Sign("asymmetry", "share", (0.03, 0.08, 0.13), 0.05, 0.008, 0.0, 0.3, "both", _UNEVEN),
                Sign("arm_swing", "deg", (25.0, 19.0, 12.0), 4.0, 1.2, 1.0, 45.0, "skeleton", _ARMS),
                Sign("stride_time_cv", "percent", (2.2, 2.8, 3.6), 0.8, 0.4, 0.6, 11.0, "both", _VARIABLE),
            ),
            (Sign("foot_difference", "deg", (0.0,), 6.0, 1.0, -30.0, 30.0),),
            scored=True,
        ),
    }
)
