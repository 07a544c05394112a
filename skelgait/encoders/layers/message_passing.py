"""A torch_geometric operator within each frame, in the place of the graph convolution of ST-GCN."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from inspect import isclass
from typing import Any

import torch
from torch import Tensor, nn

from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.encoders.layers.batch_norm import FrameNorm
from skelgait.encoders.layers.frames import Frames

USUAL: Mapping[str, Mapping[str, Any]] = {"ChebConv": {"K": 3}}  # settings an operator has no default for


class MessagePassing(nn.Module):
    """Any operator of torch_geometric over the keypoints of each frame, batch normalisation, rectifier.

    Parameters
    ----------
    width_in, width : int
        Numbers a keypoint before and after.
    edges : (2, E) int64
        From and to, every bone both ways.
    keypoints : int
    operator : str
        Name of the operator, with or without ``Conv``, in any case: ``"gcn"``, ``"GATConv"``, ``"cheb"``.
    settings : mapping
        Of the operator. With several ``heads`` that are concatenated, each takes its part of the width.

    Raises
    ------
    SkelgaitError
        No such operator, settings it does not take, or one that needs more than keypoints and bones.

    Notes
    -----
    Operators that take a batch of graphs with the same edges are given one, and then have as many edges as there are bones, which
    is what an explanation of bones needs; the others are given one large graph of separate frames. Which of the two is found
    out by trying. Half precision is not used within the operator: not all of them know it.

    References
    ----------
    Fey M, Lenssen JE. Fast graph representation learning with PyTorch Geometric. ICLR workshop 2019. arXiv:1903.02428
    """

    def __init__(
        self, width_in: int, width: int, edges: Tensor, keypoints: int, *, operator: str = "GCNConv", settings: Mapping[str, Any]
    ) -> None:
        super().__init__()
        kind = find_operator(operator)
        given = {**USUAL.get(kind.__name__, {}), **settings}
        heads = int(given.get("heads", 1)) if given.get("concat", True) else 1
        if width % heads:
            raise SkelgaitError(f"{heads} heads do not share a stage of width {width}", do="give heads=1, or widths that divide")
        try:
            self.operator = kind(width_in, width // heads, **given)
        except TypeError as error:
            raise SkelgaitError(f"{kind.__name__} cannot be built with these settings", found=str(error)) from error
        self.register_buffer("edges", edges.clone(), persistent=False)
        self.keypoints, self.norm = keypoints, FrameNorm(width)
        self.takes_batches = self._try(width_in, width)

    def _try(self, width_in: int, width: int) -> bool:
        """Whether frames may be given together; that it works at all is made sure of too."""
        self.operator.eval()
        trial = torch.linspace(-1, 1, 2 * self.keypoints * width_in).view(2, self.keypoints, width_in)
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            try:
                alone = torch.stack([self.operator(one, self.edges) for one in trial])
            except Exception as error:
                raise SkelgaitError(
                    f"{type(self.operator).__name__} does not work on keypoints and bones alone", found=str(error)[:120]
                ) from error
            if alone.shape[-1] != width:
                raise SkelgaitError(
                    f"{type(self.operator).__name__} gives another width than was asked for",
                    found=f"{alone.shape[-1]}, asked {width}",
                )
            try:
                together = self.operator(trial, self.edges)
            except Exception:
                return False
            finally:
                self.operator.train()
        return together.shape == alone.shape and bool(torch.allclose(together, alone, atol=1e-5))

    def forward(self, values: Tensor, frames: Frames) -> Tensor:
        """(B, T, K, width_in) to (B, T, K, width), zero on padding."""
        with torch.autocast(values.device.type, enabled=False):
            flat = values.float().flatten(0, 1)
            if self.takes_batches:
                out = self.operator(flat, self.edges)
            else:
                first = torch.arange(0, flat.shape[0] * self.keypoints, self.keypoints, device=flat.device)
                edges = (self.edges[:, None] + first[None, :, None]).flatten(1)
                out = self.operator(flat.flatten(0, 1), edges)
        return self.norm(out.view(*values.shape[:3], -1), frames, rectify=True)


def find_operator(name: str) -> type[nn.Module]:
    """The operator of torch_geometric that a name means.

    Examples
    --------
    >>> find_operator("gat").__name__
    'GATConv'
    """
    try:
        from torch_geometric.nn import conv
    except ImportError:
        raise NotInstalled("graph_conv needs torch_geometric, which is not installed", do='pip install "skelgait[learn]"') from None
    known = {one: kind for one, kind in vars(conv).items() if isclass(kind) and one.endswith("Conv")}
    meant = {one.lower(): one for one in known} | {one.lower().removesuffix("conv"): one for one in known}
    if str(name).lower() not in meant:
        near = get_close_matches(str(name).lower(), meant, 1)
        raise SkelgaitError(
            f"torch_geometric has no operator {name!r}",
            expected="GCNConv, GATConv, GATv2Conv, ChebConv, GraphConv, SAGEConv, TransformerConv or another of torch_geometric.nn",
            do=f"did you mean {meant[near[0]]!r}?" if near else "",
        )
    return known[meant[str(name).lower()]]
