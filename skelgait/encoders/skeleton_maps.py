"""Pictures of a pose: its limbs in one, its keypoints in the other, both cut alike."""

from __future__ import annotations

import torch
from torch import Tensor

from skelgait.core.errors import SkelgaitError
from skelgait.core.silhouettes import HEIGHT, WIDTH
from skelgait.encoders.pose_inputs import PoseEncoder

# Published maps are drawn 128 rows high, a body from eyes to ankles 85 of them; it is 1.83 legs long (Drillis and Contini, 1966).
ROWS = 128
ROWS_A_LEG = 85 / 1.83
REACH = 3.0  # beyond so many sigmas nothing is drawn, as published
AT_ONCE = 64  # pictures drawn at once: each needs a plane for every keypoint and limb


class SkeletonMaps(PoseEncoder):
    """What `ScoNet` takes from a pose instead of silhouettes: two pictures a frame.

    Parameters
    ----------
    plane : {"frontal", "sagittal"}
    joint_sigma, limb_sigma : float
        Spread of a keypoint and of a limb, in rows of a picture of 128 rows, as published settings have it.

    Raises
    ------
    SkelgaitError
        A sigma that is not above zero.

    Notes
    -----
    The first picture is the highest, over limbs, of ``confidence * exp(-d^2 / 2 sigma^2)``, with the distance to the limb and the
    lower confidence of its two ends, the second the same over keypoints: in this order, as published weights expect them. A
    keypoint that is missing is left out, and with it its limbs. Nothing is drawn beyond three sigmas.

    Deviations from the published recipe, each a defect there: both pictures have one cut (there each is cut to its own edges, and a
    keypoint lies elsewhere than the limbs that meet in it); the child is measured by its leg over seconds, not stretched in every
    frame to one height, which took the rise and fall of a walk and a short leg away; missing keypoints are not made up of
    neighbours. Everybody is turned to walk one way, so that the child's left is on one side of every picture.

    References
    ----------
    Fan C et al. SkeletonGait: gait recognition using skeleton maps. AAAI 2024, arXiv 2311.13444.

    Examples
    --------
    >>> maps = SkeletonMaps(plane="frontal")
    >>> pose = torch.zeros(1, 17, 3)
    >>> pose[0, 0] = torch.tensor([0.0, -0.8, 1.0])
    >>> pictures = maps(pose)
    >>> pictures.shape, round(float(pictures[0, 1].max()), 1), float(pictures[0, 0].max())
    (torch.Size([1, 2, 64, 44]), 1.0, 0.0)
    """

    def __init__(self, *, plane: str = "frontal", joint_sigma: float = 8.0, limb_sigma: float = 8.0) -> None:
        super().__init__(plane=plane, skeleton="coco17")
        for name, value in (("joint_sigma", joint_sigma), ("limb_sigma", limb_sigma)):
            if not value > 0:
                raise SkelgaitError(f"{name} is not a spread", found=str(value), expected="rows of 128, above zero")
        shrink = HEIGHT / ROWS
        self.joint_sigma, self.limb_sigma = joint_sigma * shrink, limb_sigma * shrink
        self.scale = ROWS_A_LEG * shrink
        limbs = [[self.skeleton.index(end) for end in bone] for bone in self.skeleton.bones]
        self.register_buffer("limbs", torch.tensor(limbs), persistent=False)

    def forward(self, frames: Tensor) -> Tensor:  # type: ignore[override]
        """(n, 2, 64, 44) pictures, 0 to 1, of poses (n, K, 3) in legs from the pelvis."""
        return torch.cat([self._draw(part) for part in frames.split(AT_ONCE)])

    def _draw(self, frames: Tensor) -> Tensor:
        at = frames[..., :2] * self.scale + frames.new_tensor([(WIDTH - 1) / 2, (HEIGHT - 1) / 2])
        sure = frames[..., 2]
        x = torch.arange(WIDTH, dtype=frames.dtype, device=frames.device)
        y = torch.arange(HEIGHT, dtype=frames.dtype, device=frames.device)
        from_x, from_y = x - at[..., 0, None], y - at[..., 1, None]  # (n, K, W), (n, K, H)
        apart = from_x.square()[..., None, :] + from_y.square()[..., None]  # (n, K, H, W)
        joints = _most(apart, sure, self.joint_sigma)
        start, end = self.limbs.unbind(1)
        along = (at[:, end] - at[:, start])[..., None, None]  # (n, limbs, 2, 1, 1)
        length = along.square().sum(2).clamp(min=1e-6)
        dx, dy = from_x[:, start, None, :], from_y[:, start, :, None]
        share = ((dx * along[:, :, 0] + dy * along[:, :, 1]) / length).clamp(0, 1)
        apart = (dx - share * along[:, :, 0]).square() + (dy - share * along[:, :, 1]).square()
        limbs = _most(apart, torch.minimum(sure[:, start], sure[:, end]), self.limb_sigma)
        return torch.stack([limbs, joints], 1)


def _most(apart: Tensor, sure: Tensor, sigma: float) -> Tensor:
    """(n, H, W) the highest of bells (n, K, H, W) of the squared distance, as high as each is sure."""
    bells = torch.where(apart <= (REACH * sigma) ** 2, torch.exp(apart / (-2 * sigma**2)), 0.0)
    return (bells * sure[..., None, None]).amax(1)
