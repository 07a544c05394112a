"""Nobody's face in a picture that is shown: only the walker's body below the neck stays sharp."""

from __future__ import annotations

import numpy as np

from skelgait.core.pose import PoseSequence

# Tokens of keypoint names that lie on a head.
HEAD_WORDS = frozenset({"nose", "eye", "ear", "mouth", "head", "face"})
# Shares of the trunk, mid-hip to mid-shoulder. A child's head is 0.6 to 0.8 of it high.
HEAD_RADIUS, NECK_LENGTH, BLOCK = 0.62, 0.5, 0.2
SIDE_MARGIN = 1.3  # room beside the body: a walking frame, a crutch
COARSEST = 24  # a picture's short side is never more than this many blocks high


def hide_faces(image: np.ndarray, pose: PoseSequence | None, frame: int | None) -> np.ndarray:
    """Blur a picture so that nobody in it can be recognised.

    Parameters
    ----------
    image : (H, W, 3) uint8 RGB
        The whole frame of the recording, at any size.
    pose : PoseSequence, optional
        The walker, in pixels of the recording (``pose.size``, or of the image where that is unknown).
    frame : int or None
        Frame of the pose the picture shows; None where the walker was not tracked.

    Returns
    -------
    (H, W, 3) uint8 RGB
        A copy.

    Notes
    -----
    What is not known to be the walker's body is blurred: everything beside a box around it, everything above the shoulders
    (above the hips where no shoulder was seen), and a disc around the head, which may hang lower. So bystanders, whom the pose does
    not hold, are blurred with the rest; one who stands directly behind or before the walker's legs can only be seen below the
    walker's neck. Where the walker was not found the whole picture is blurred. The blur throws detail away (squares are averaged):
    it cannot be undone from the picture.

    Examples
    --------
    >>> from skelgait.walker import Camera, Walker
    >>> pose = Walker().film(Camera(size=(640, 360)), fps=30, duration_s=2).pose
    >>> noise = np.random.default_rng(0).integers(0, 255, (360, 640, 3), dtype=np.uint8)
    >>> hidden = hide_faces(noise, pose, 30)
    >>> x, y = pose.point("nose")[30].round().astype(int)
    >>> bool(hidden[y - 5 : y + 5, x - 5 : x + 5].std() < 30 < noise.std())
    True
    """
    height, width = image.shape[:2]
    if frame is None or pose is None:
        return _blur(image, 0.0)
    size = pose.size or (width, height)
    to_image = np.array([width / size[0], height / size[1]])

    def point(name: str) -> np.ndarray:
        return pose.point(name)[frame] * to_image if pose.has(name) else np.full(2, np.nan)

    body = pose.xy[frame] * to_image
    known = np.isfinite(body).all(axis=1)
    shoulders = np.array([point("left_shoulder"), point("right_shoulder"), point("neck")])
    hips = np.array([point("left_hip"), point("right_hip")])
    trunk, up = _trunk(shoulders, hips, body[known])
    blurred = _blur(image, BLOCK * trunk)
    tops = next((p[np.isfinite(p[:, 1]), 1] for p in (shoulders, hips) if np.isfinite(p[:, 1]).any()), None)
    if tops is None:
        return blurred
    sharp = np.zeros((height, width), bool)
    side = SIDE_MARGIN * trunk
    left, right = (int(np.clip(x, 0, width)) for x in (body[known, 0].min() - side, body[known, 0].max() + side))
    top, bottom = (int(np.clip(y, 0, height)) for y in (tops.min(), body[known, 1].max() + 0.5 * trunk))
    sharp[top:bottom, left:right] = True
    for centre, radius in _heads(pose, body, shoulders, trunk, up):
        sharp &= ~_disc(sharp.shape, centre, radius)
    return np.where(sharp[..., None], image, blurred)


def head_points(pose: PoseSequence) -> list[int]:
    """Which keypoints lie on the head.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> head_points(PoseSequence(np.zeros((1, 17, 2)), fps=30, skeleton=COCO17))
    [0, 1, 2, 3, 4]
    """
    return [k for k, name in enumerate(pose.skeleton.names) if HEAD_WORDS & set(name.split("_"))]


def _trunk(shoulders: np.ndarray, hips: np.ndarray, body: np.ndarray) -> tuple[float, np.ndarray]:
    """Length of the trunk in pixels, and its direction upwards; from the height of what is seen where it is not seen itself."""
    ends = [p[np.isfinite(p).all(axis=1)] for p in (shoulders, hips)]
    tall = 0.3 * float(np.ptp(body[:, 1])) if len(body) else 0.0
    if all(map(len, ends)):
        along = ends[0].mean(axis=0) - ends[1].mean(axis=0)
        length = float(np.hypot(*along))
        if length > 1e-6:
            # A trunk bent towards the camera looks short; the head does not shrink with it.
            return max(length, 0.7 * tall), along / length
    return tall, np.array([0.0, -1.0])


def _heads(
    pose: PoseSequence, body: np.ndarray, shoulders: np.ndarray, trunk: float, up: np.ndarray
) -> list[tuple[np.ndarray, float]]:
    """Discs to hide: around the keypoints of the head, and where the trunk says that the head is."""
    seen = body[head_points(pose)]
    seen = seen[np.isfinite(seen).all(axis=1)]
    discs = []
    if len(seen):
        middle = np.median(seen, axis=0)
        near = np.hypot(*(seen - middle).T)
        discs.append((middle, max(HEAD_RADIUS * trunk, 1.5 * float(np.median(near)))))
    neck = shoulders[np.isfinite(shoulders).all(axis=1)]
    if len(neck):
        discs.append((neck.mean(axis=0) + NECK_LENGTH * trunk * up, 0.8 * HEAD_RADIUS * trunk))
    return discs


def _disc(shape: tuple[int, ...], centre: np.ndarray, radius: float) -> np.ndarray:
    y, x = np.ogrid[: shape[0], : shape[1]]
    return (x - centre[0]) ** 2 + (y - centre[1]) ** 2 < radius**2


def _blur(image: np.ndarray, block: float) -> np.ndarray:
    """The picture from the means of squares, at least ``block`` pixels wide, joined smoothly."""
    from PIL import Image

    height, width = image.shape[:2]
    block = max(block, min(height, width) / COARSEST, 2.0)
    small = max(1, round(width / block)), max(1, round(height / block))
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize(small, Image.Resampling.BOX).resize((width, height), Image.Resampling.BILINEAR))
