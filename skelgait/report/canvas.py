"""Where the pose lies in the pictures that are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence

NARROWEST_PX = 560  # so that the strip has room


@dataclass(frozen=True)
class Canvas:
    """Where the pose lies in the pictures that are drawn: ``(pose - origin) * scale``, from the left edge of the recording.

    ``image`` is the (width, height) in pixels the recording fills, ``width`` and ``height`` those of the whole picture without
    its strip: even, as H.264 wants, and wide enough for the strip.
    """

    origin: tuple[float, float]
    scale: float
    image: tuple[int, int]

    @property
    def width(self) -> int:
        """Of the picture, pixels."""
        return max(2 * -(-self.image[0] // 2), NARROWEST_PX)

    @property
    def height(self) -> int:
        """Of the picture without its strip, pixels."""
        return 2 * -(-self.image[1] // 2)

    @property
    def left(self) -> int:
        """Where the recording begins in the picture, pixels: a narrow one stands in the middle."""
        return (self.width - self.image[0]) // 2

    def place(self, xy: np.ndarray) -> np.ndarray:
        """Points of the pose in the picture, pixels."""
        return (xy - self.origin) * self.scale + (self.left, 0)


def fit_canvas(pose: PoseSequence, *, size: tuple[int, int] | None = None, largest: tuple[int, int] = (1280, 720)) -> Canvas:
    """Place the pose in a picture: the whole image when its size is known, else the box the body moves in.

    Parameters
    ----------
    pose : PoseSequence
    size : (width, height) pixels, optional
        Of the recording; default ``pose.size``.
    largest : (width, height) pixels
        The picture is scaled to fit in this; a recording is at most doubled.

    Returns
    -------
    Canvas

    Raises
    ------
    SkelgaitError
        The pose has no point at all.

    Examples
    --------
    >>> from skelgait.core.skeleton import COCO17
    >>> pose = PoseSequence(np.zeros((3, 17, 2)), fps=30, skeleton=COCO17, size=(1920, 1080))
    >>> fit_canvas(pose).image
    (1280, 720)
    """
    size = pose.size or size
    if size:
        origin, extent = (0.0, 0.0), (float(size[0]), float(size[1]))
    else:
        points = pose.xy[np.isfinite(pose.xy[..., 0])]
        if len(points) == 0:
            raise SkelgaitError("there is nothing to draw", found=f"{pose!r}", do="check that the pose is not empty")
        low, high = np.percentile(points, 0.1, axis=0), np.percentile(points, 99.9, axis=0)
        margin = 0.12 * float((high - low).max()) + 1
        origin = (float(low[0]) - margin, float(low[1]) - margin)
        extent = (float(high[0] - low[0]) + 2 * margin, float(high[1] - low[1]) + 2 * margin)
    scale = min(2.0 if size else np.inf, largest[0] / extent[0], largest[1] / extent[1])
    return Canvas(origin, scale, (max(2, round(extent[0] * scale)), max(2, round(extent[1] * scale))))
