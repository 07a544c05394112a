"""A filmed walk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.pose import PoseSequence
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.skeleton import SIDES
from skelgait.io.masks import silhouettes_from_masks
from skelgait.walker.camera import Camera, Placed
from skelgait.walker.look import Look, dress
from skelgait.walker.outline import outline_masks
from skelgait.walker.render import Figure, figure, frames, silhouettes
from skelgait.walker.shade import paint_frames
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

    def frames(self, look: Look | None = None) -> Iterator[np.ndarray]:
        """The film, one (height, width, 3) uint8 RGB image at a time.

        Parameters
        ----------
        look : Look, optional
            Clothes, room, light and lens. Default: a plain child before a plain wall.

        Examples
        --------
        >>> from skelgait.walker import Camera, Walker
        >>> walk = Walker().film(Camera(size=(320, 240)), fps=10, duration_s=1)
        >>> image = next(walk.frames())
        >>> image.shape, image.dtype.name
        ((240, 320, 3), 'uint8')
        """
        if look is None:
            return frames(self._figure, self.placed, self.camera.size[::-1], self._belt_m)
        return paint_frames(*self._dressed(look), self.placed, look, self.pose.fps)

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

    def silhouette_sequence(
        self, *, cloth: float = 0.0, holes: float = 0.0, lost: float = 0.0, random_state: int = 0
    ) -> SilhouetteSequence:
        """The silhouettes as networks take them, 64 x 44, drawn small: some hundred frames in a tenth of a second.

        Parameters
        ----------
        cloth : float, percent of the body height
            Standard deviation of how far clothes, and a segmenter's errors, move the outline: a third of the variance for all of
            the walk, a third from place to place, a third that flutters.
        holes : float
            Pieces of the body that are missing for up to 0.4 s, a second.
        lost : float, 0..1
            Share of frames in which nobody is seen.
        random_state : int
            Seed of these.

        Returns
        -------
        SilhouetteSequence
            As `skelgait.silhouettes_from_masks` makes it. The body is drawn whole even where an edge of the picture would cut it
            off.

        Examples
        --------
        >>> from skelgait.walker import Camera, Walker
        >>> walk = Walker(trunk_left_shift_m=0.05).film(Camera(view="frontal_towards"), fps=30, duration_s=2)
        >>> sequence = walk.silhouette_sequence(cloth=0.6, holes=0.5, lost=0.1, random_state=1)
        >>> len(sequence) + len(sequence.empty), sequence.frames.shape[1:]
        (60, (64, 44))
        """
        masks, scale, corner = outline_masks(
            self._figure, fps=self.pose.fps, cloth=cloth, holes=holes, lost=lost, random=np.random.default_rng(random_state)
        )
        made = silhouettes_from_masks(
            masks, fps=self.pose.fps, view=self.pose.view, time_s=self.pose.time_s, source=self.pose.source
        )
        boxes = made.boxes * scale[made.frame, None]
        boxes[:, :2] += corner[made.frame]
        return replace(made, boxes=boxes)

    @property
    def _figure(self) -> Figure:
        walker = self.walker
        return figure(self.truth.joints, self.placed, walker.body_height_m, walker.trunk_girth, walker.limb_girth)

    def _dressed(self, look: Look) -> tuple[Figure, np.ndarray, np.ndarray]:
        """The figure in its clothes, which of its parts are striped, and where its feet cast a shadow."""
        walker, joints, body = self.walker, self.truth.joints, dress(look)
        height = walker.body_height_m
        dressed = figure(joints, self.placed, height, walker.trunk_girth, walker.limb_girth, head=look.head, body=body)
        middle = np.stack([0.5 * (joints[f"{side}_heel"] + joints[f"{side}_big_toe"]) for side in SIDES], axis=1)
        xy, scale = self.placed.project(middle * np.array([1, 1, 0]))
        feet = np.concatenate([xy, 0.11 * height * scale[..., None]], axis=-1)
        return dressed, np.array([part.colour == look.top and part.part == "trunk" for part in body]), feet

    @property
    def _belt_m(self) -> np.ndarray | None:
        if not self.walker.treadmill:
            return None
        return self.truth.stride_length_m * (self.walker.rhythm.progress(self.pose.time_s) - self.walker.start_share)
