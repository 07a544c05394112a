"""A filmed walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.walker.camera import Camera, Placed
from skelgait.walker.render import Figure, figure, frames, silhouettes
from skelgait.walker.truth import Truth

if TYPE_CHECKING:
    from skelgait.walker.child import Walker


@dataclass(frozen=True, eq=False)
class Walk:
    """A filmed walk: what the camera saw and what was true.

    Parameters
    ----------
    pose : PoseSequence
        What a pose estimator would give.
    truth : Truth
        Events, angles, joint centres and gait parameters.
    walker : Walker
    camera : Camera
    placed : Placed
        The camera where it stood.
    """

    pose: PoseSequence
    truth: Truth
    walker: Walker
    camera: Camera
    placed: Placed = field(repr=False)

    def frames(self) -> Iterator[np.ndarray]:
        """The film, one (height, width, 3) uint8 RGB image at a time.

        Examples
        --------
        >>> from skelgait.walker import Camera, Walker
        >>> walk = Walker().film(Camera(size=(320, 240)), fps=10, duration_s=1)
        >>> image = next(walk.frames())
        >>> image.shape, image.dtype.name
        ((240, 320, 3), 'uint8')
        """
        return frames(self._figure, self.placed, self.camera.size[::-1], self._belt_m)

    def silhouettes(self) -> Iterator[np.ndarray]:
        """The child's outline, one (height, width) bool mask at a time.

        Examples
        --------
        >>> from skelgait.walker import Camera, Walker
        >>> walk = Walker().film(Camera(size=(320, 240)), fps=10, duration_s=1)
        >>> outline = next(walk.silhouettes())
        >>> outline.shape, outline.dtype.name, 1000 < int(outline.sum()) < 5000
        ((240, 320), 'bool', True)
        """
        return silhouettes(self._figure, self.camera.size[::-1])

    @property
    def _figure(self) -> Figure:
        return figure(self.truth.joints, self.placed, self.walker.body_height_m)

    @property
    def _belt_m(self) -> np.ndarray | None:
        if not self.walker.treadmill:
            return None
        return self.truth.stride_length_m * (self.walker.rhythm.progress(self.pose.time_s) - self.walker.start_share)
