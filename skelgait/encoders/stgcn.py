"""ST-GCN and ST-GCN++: graph convolution over the skeleton, convolution over time, stage after stage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.checkpoints import Layout, load_checkpoint
from skelgait.encoders.graph import adjacency
from skelgait.encoders.layers.spatial import SpatialGraphConv
from skelgait.encoders.stages import STAGES, SkeletonStages
from skelgait.encoders.stgcn_layouts import LAYOUTS

VARIANTS = ("stgcn", "stgcn++")


class StGcn(SkeletonStages):
    """Spatial temporal graph convolutional network over the poses of one plane.

    Parameters
    ----------
    plane : {"sagittal", "frontal"}
        Which of a trial's poses.
    skeleton : str, or mapping with ``names`` and ``bones``
        Any layout by name (``"coco17"``, ``"coco23"`` with feet, ``"body25"``, ...), or your own as plain data.
    variant : {"stgcn", "stgcn++"}
        The network of the paper, or its later form: the adjacency itself is learnt, a residual within the graph convolution, and
        time in six thin branches. Half the work and less than half the weights.
    partition : {"spatial", "compat"}
        That of the paper, or that of published weights (`skelgait.encoders.graph.adjacency`).
    stream : {"joint", "bone", "joint_motion", "bone_motion"}
        What of the pose is looked at.
    fps : float, frames per second
        Poses are resampled to it.
    normalise : {"body", "image"}
        The child's own measure, or the picture's as published weights expect it (`PoseEncoder`).
    origin : {"course", "frame", "walk"}
        What of the pelvis is zero (`skelgait.encoders.body_frame`).
    one_way : bool
        Turn the picture over so that everybody walks the same way; left and right keep their names.
    clean : bool
        Clean a pose that is not clean yet.
    stages : sequence of int
        Width of each stage. One that is wider than the one before it gives half as many frames.
    dropout : float
        Share of numbers hidden at the end of each stage but the first, while training.
    pretrained : path, optional
        Weights to start from: yysijie, pyskl or mmaction2 (`skelgait.encoders.checkpoints.load_checkpoint`).

    Raises
    ------
    SkelgaitError
        An unknown setting, or weights that do not fit.

    Notes
    -----
    Tokens are time by keypoint, (B, ceil(T / 4) * K, 256) as published: 17 keypoints at 100 frames give 425. Padding reaches no
    normalisation, no convolution and no pooling: a walk in a padded batch gives the tokens it gives alone.

    What differs from the paper and from published code stands in docs/models/stgcn.md, each with its reason.

    References
    ----------
    Yan S, Xiong Y, Lin D. Spatial temporal graph convolutional networks for skeleton-based action recognition. AAAI 2018.
    doi:10.1609/aaai.v32i1.12328: nine layers of 64, 128 and 256 after a first one, 9 frames, three subsets of neighbours.
    Duan H, Wang J, Chen K, Lin D. PYSKL: towards good practices for skeleton action recognition. ACM Multimedia 2022.
    doi:10.1145/3503161.3548546: ST-GCN++.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.walker import Walker
    >>> encoder = StGcn(skeleton="body25", stages=(16, 32)).eval()
    >>> sample = encoder.prepare(Trial("child07", Walker().film(fps=50, duration_s=2).pose))
    >>> tokens = encoder(encoder.collate([sample, sample]))
    >>> sample["pose"].shape, tuple(tokens.values.shape), tokens.grid
    ((60, 25, 3), (2, 750, 32), (30, 25))
    """

    layouts: ClassVar[tuple[Layout, ...]] = LAYOUTS

    def __init__(
        self,
        *,
        plane: str = "sagittal",
        skeleton: str | Mapping[str, Any] = "coco17",
        variant: str = "stgcn",
        partition: str = "spatial",
        stream: str = "joint",
        fps: float = 30.0,
        normalise: str = "body",
        origin: str = "course",
        one_way: bool = True,
        clean: bool = True,
        stages: Sequence[int] = STAGES,
        dropout: float = 0.0,
        pretrained: str | None = None,
    ) -> None:
        super().__init__(
            plane=plane,
            skeleton=skeleton,
            fps=fps,
            normalise=normalise,
            origin=origin,
            one_way=one_way,
            stream=stream,
            clean=clean,
        )
        if variant not in VARIANTS:
            raise SkelgaitError(f"there is no variant {variant!r}", expected=" or ".join(VARIANTS))
        self.variant, self.partition = variant, partition
        plus = variant == "stgcn++"
        learn = "adjacency" if plus else "importance"
        graph = torch.from_numpy(adjacency(self.skeleton, partition))

        def within(before: int, after: int) -> SpatialGraphConv:
            return SpatialGraphConv(before, after, graph, learn=learn, residual=plus)

        self.build_stages(stages, within, branches=plus, dropout=dropout)
        if pretrained is not None:
            self.published = load_checkpoint(self, pretrained).layout != "skelgait"
