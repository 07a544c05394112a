"""The camera that films the child."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError

# Where the camera stands: the direction it looks along, as an angle to the first walking direction (to the left +).
LOOKS = {
    "sagittal": 90.0,
    "frontal": 180.0,
    "sagittal_right": 90.0,
    "sagittal_left": -90.0,
    "frontal_towards": 180.0,
    "frontal_away": 0.0,
}


@dataclass(frozen=True, kw_only=True)
class Camera:
    """A pinhole (or orthographic) camera.

    Parameters
    ----------
    view : {"sagittal_right", "sagittal_left", "frontal_towards", "frontal_away", "sagittal", "frontal"}
        What it sees of a child on the first straight: ``sagittal_right`` (and ``sagittal``) stands at the child's right,
        so that the child walks to the right of the image; ``frontal`` sees it come.
    yaw_deg : float
        Turn of the camera round the middle of the walk, off that view; seen from above, anticlockwise +.
    distance_m : float, optional
        From the middle of the walk. Default: as near as keeps the child in the image throughout.
    height_m : float, optional
        Of the lens above the floor. Default: hip height of the child.
    roll_deg : float
        The image turns clockwise by this.
    tilt_deg : float
        The camera looks down by this.
    perspective : bool
        False: orthographic (no perspective).
    size : (width, height) pixels
        The image.
    focal_px : float, optional
        Focal length; orthographic: pixels a metre. Default: 1.2 image widths; orthographic: as large as fits.
    follow : {"no", "pan", "track"}
        ``pan`` turns the camera to keep the child in the middle, ``track`` drives it along.

    Raises
    ------
    SkelgaitError
        An unknown view or way of following, or a distance, size or focal length that is not positive.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> Walker().film(Camera(view="frontal_towards"), duration_s=2).truth.view
    'frontal_towards'
    """

    view: str = "sagittal_right"
    yaw_deg: float = 0.0
    distance_m: float | None = None
    height_m: float | None = None
    roll_deg: float = 0.0
    tilt_deg: float = 0.0
    perspective: bool = True
    size: tuple[int, int] = (1920, 1080)
    focal_px: float | None = None
    follow: str = "no"

    def __post_init__(self) -> None:
        if self.view not in LOOKS:
            raise SkelgaitError("the camera has an unknown view", found=repr(self.view), expected=", ".join(LOOKS))
        if self.follow not in ("no", "pan", "track"):
            raise SkelgaitError("the camera follows in an unknown way", found=repr(self.follow), expected="no, pan or track")
        for name, value in (("distance_m", self.distance_m), ("focal_px", self.focal_px), ("size", min(self.size))):
            if value is not None and not value > 0:
                raise SkelgaitError(f"camera: {name} must be positive", found=str(value))


def name_view(angle_deg: float) -> str:
    """View of a child who heads ``angle_deg`` to the right of the direction the camera looks along."""
    angle = (angle_deg + 180) % 360 - 180
    for view, ideal in (
        ("sagittal_right", 90),
        ("sagittal_left", -90),
        ("frontal_away", 0),
        ("frontal_towards", 180),
        ("frontal_towards", -180),
    ):
        if abs(angle - ideal) <= 20:
            return view
    return "oblique"


@dataclass(frozen=True)
class Placed:
    """A camera put in the world: projects points."""

    camera: Camera
    centre: np.ndarray  # (T or 1, 3) metres
    rotation: np.ndarray  # (T or 1, 3, 3) rows: image right, image down, depth
    focal: float
    wall_m: float  # from the camera

    def project(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels (T, ..., 2) and scale in pixels a metre (T, ...) of points (T, ..., 3) metres."""
        extra = (1,) * (points.ndim - 2)
        centre = self.centre.reshape(-1, *extra, 3)
        seen = np.einsum("tij,t...j->t...i", np.broadcast_to(self.rotation, (len(points), 3, 3)), points - centre)
        if self.camera.perspective:
            scale = self.focal / np.where(seen[..., 2] > 0.05, seen[..., 2], np.nan)
        else:
            scale = np.full(seen.shape[:-1], self.focal)
        width, height = self.camera.size
        return seen[..., :2] * scale[..., None] + np.array([(width - 1) / 2, (height - 1) / 2]), scale

    def depth(self, points: np.ndarray) -> np.ndarray:
        """Distance along the optical axis, (T, ...) metres."""
        extra = (1,) * (points.ndim - 2)
        return np.einsum(
            "tj,t...j->t...", np.broadcast_to(self.rotation[:, 2], (len(points), 3)), points - self.centre.reshape(-1, *extra, 3)
        )


def place(camera: Camera, ground: np.ndarray, height: float) -> Placed:
    """Put the camera so that a child of a height at ground points (T, 3) is seen throughout."""
    azimuth = np.radians(LOOKS[camera.view] + camera.yaw_deg)
    look = np.array([np.cos(azimuth), np.sin(azimuth), 0.0])
    right = np.array([np.sin(azimuth), -np.cos(azimuth), 0.0])
    middle = (ground.min(axis=0) + ground.max(axis=0)) / 2
    lens = camera.height_m if camera.height_m is not None else 0.52 * height
    half_width, half_height = 0.48 * camera.size[0], 0.47 * camera.size[1]
    body_half = 0.36 * height
    away = ground - (ground if camera.follow == "track" else middle)
    aside = np.abs(away @ right) if camera.follow == "no" else np.zeros(len(ground))
    tall = max(1.06 * height - lens, lens)
    if camera.perspective:
        focal = camera.focal_px or 1.2 * camera.size[0]
        near = away @ look - body_half
        fit = max(((aside + body_half) * focal / half_width - near).max(), (tall * focal / half_height - near).max(), 0.5)
    else:
        focal = camera.focal_px or min(half_width / (aside.max() + body_half), half_height / tall)
        fit = 5.0 + np.abs(away @ look).max()
    distance = camera.distance_m or float(fit)
    centre = middle - distance * look + lens * np.array([0, 0, 1.0])
    if camera.follow == "track":
        centre = ground - distance * look + lens * np.array([0, 0, 1.0])
    centre = np.atleast_2d(centre)
    turn = np.full(len(centre), azimuth)
    if camera.follow == "pan":
        to = ground - centre
        turn = np.arctan2(to[:, 1], to[:, 0])
        centre = np.broadcast_to(centre, (len(ground), 3))
    zero = np.zeros_like(turn)
    tilt, roll = np.radians(camera.tilt_deg), np.radians(camera.roll_deg)
    ahead = np.stack([np.cos(turn) * np.cos(tilt), np.sin(turn) * np.cos(tilt), zero - np.sin(tilt)], axis=-1)
    across = np.stack([np.sin(turn), -np.cos(turn), zero], axis=-1)
    down = np.cross(ahead, across)
    rows = np.stack(
        [np.cos(roll) * across - np.sin(roll) * down, np.sin(roll) * across + np.cos(roll) * down, ahead],
        axis=1,
    )
    return Placed(camera, centre, rows, float(focal), distance + np.ptp(ground, axis=0).max() / 2 + 1.5)
