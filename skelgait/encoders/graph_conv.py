"""The stages of ST-GCN over any operator of torch_geometric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from skelgait.encoders.layers.message_passing import MessagePassing
from skelgait.encoders.stages import SkeletonStages

STAGES = (64, 64, 128, 256)


class GraphConv(SkeletonStages):
    """Stages of a torch_geometric operator within each frame and a convolution over time.

    Parameters
    ----------
    plane : {"sagittal", "frontal"}
        Which of a trial's poses.
    operator : str
        ``"GCNConv"``, ``"GATConv"``, ``"ChebConv"`` or any other operator of ``torch_geometric.nn`` that works on nodes and edges
        alone; short names do (``"gat"``).
    operator_settings : mapping, optional
        Of the operator, ``{"heads": 4}`` say.
    skeleton, stream, fps, normalise, origin, one_way, clean
        As for `skelgait.encoders.stgcn.StGcn`.
    stages : sequence of int
        Width of each stage. One that is wider than the one before it gives half as many frames.
    branches : bool
        Time in six thin branches, as ST-GCN++, instead of one convolution of 9 frames.
    dropout : float
        Share of numbers hidden at the end of each stage but the first, while training.

    Raises
    ------
    NotInstalled
        No torch_geometric.
    SkelgaitError
        An operator or a setting that cannot be.

    Notes
    -----
    Deviation from ST-GCN: neighbours are not told apart by subset unless the operator does so, and there is no edge importance;
    both are what an operator of one's choice replaces. Padding, normalisation, residuals, rate and tokens are those of ST-GCN.

    References
    ----------
    Fey M, Lenssen JE. Fast graph representation learning with PyTorch Geometric. ICLR workshop 2019. arXiv:1903.02428
    Yan S, Xiong Y, Lin D. AAAI 2018. doi:10.1609/aaai.v32i1.12328

    Examples
    --------
    >>> encoder = GraphConv(operator="gat", operator_settings={"heads": 2}, stages=(8, 16)).eval()
    >>> inputs = {"pose": torch.rand(2, 10, 17, 3), "mask": torch.ones(2, 10, dtype=torch.bool)}
    >>> tuple(encoder(inputs).values.shape)
    (2, 85, 16)
    """

    def __init__(
        self,
        *,
        plane: str = "sagittal",
        operator: str = "GCNConv",
        operator_settings: Mapping[str, Any] | None = None,
        skeleton: str | Mapping[str, Any] = "coco17",
        stream: str = "joint",
        fps: float = 30.0,
        normalise: str = "body",
        origin: str = "course",
        one_way: bool = True,
        clean: bool = True,
        stages: Sequence[int] = STAGES,
        branches: bool = False,
        dropout: float = 0.0,
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
        bones = torch.from_numpy(self.skeleton.edge_index())
        edges = torch.cat([bones, bones.flip(0)], dim=1)
        chosen = dict(operator_settings or {})

        def within(before: int, after: int) -> MessagePassing:
            return MessagePassing(before, after, edges, len(self.skeleton), operator=operator, settings=chosen)

        self.build_stages(stages, within, branches=branches, dropout=dropout)

    @property
    def edges(self) -> torch.Tensor:
        """(2, E) from and to, every bone both ways."""
        return self.stages[0].spatial.edges
