"""Tokens of several clips in one row, without padding: each clip keeps as many as it has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.errors import SkelgaitError


@dataclass(frozen=True)
class Kept:
    """Which tokens of n clips are there.

    Attributes
    ----------
    index : (M,) int64
        The token's place in its clip, by the clip's whole grid; clip after clip, rising within each.
    counts : tuple of int
        Tokens of each clip; they add up to M.
    owner : (M,) int64
        Which clip each belongs to.
    edges : (n + 1,) int32
        Where each clip begins in the row, and the end.

    Examples
    --------
    >>> kept = Kept.of(torch.tensor([[True, False, True], [False, True, False]]))
    >>> kept.index.tolist(), kept.counts, kept.owner.tolist(), kept.edges.tolist()
    ([0, 2, 1], (2, 1), [0, 0, 1], [0, 2, 3])
    """

    index: Tensor
    counts: tuple[int, ...]
    owner: Tensor
    edges: Tensor

    @classmethod
    def of(cls, keep: Tensor) -> Kept:
        """From (n, tokens) bool.

        Raises
        ------
        SkelgaitError
            A clip of which nothing is left.
        """
        owner, index = keep.nonzero(as_tuple=True)
        each = keep.sum(1)
        counts = tuple(each.tolist())
        if 0 in counts:
            raise SkelgaitError(
                "nothing is left of a clip", found=f"clip {counts.index(0)} of {len(counts)}", do="keep a token of each"
            )
        return cls(index, counts, owner, F.pad(each.cumsum(0), (1, 0)).to(torch.int32))

    @classmethod
    def all(cls, clips: int, tokens: int, device: torch.device) -> Kept:
        """Every token of every clip."""
        index = torch.arange(tokens, device=device).repeat(clips)
        owner = torch.arange(clips, device=device).repeat_interleave(tokens)
        edges = tokens * torch.arange(clips + 1, device=device, dtype=torch.int32)
        return cls(index, (tokens,) * clips, owner, edges)


def attend(query: Tensor, key: Tensor, value: Tensor, kept: Kept) -> Tensor:
    """(M, heads, d) scaled dot-product attention of tokens (M, heads, d) to those of their own clip.

    Notes
    -----
    One batch where all clips have as many tokens. Else one call for all on a GPU in half precision, where torch has a kernel for
    clips of several lengths (`varlen_attn`), and clip by clip elsewhere: on a CPU this costs nothing, and nothing is padded.
    """
    if len(set(kept.counts)) == 1:
        parts = (part.unflatten(0, (len(kept.counts), -1)).transpose(1, 2) for part in (query, key, value))
        return F.scaled_dot_product_attention(*parts).transpose(1, 2).flatten(0, 1)
    half = query.is_cuda and query.dtype in (torch.bfloat16, torch.float16)
    if half and _takes_lengths(query.device, query.dtype, query.shape[-1]):
        from torch.nn.attention.varlen import varlen_attn

        most = max(kept.counts)
        return varlen_attn(query, key, value, kept.edges, kept.edges, most, most)  # type: ignore[no-any-return]
    rows = zip(*(part.split(kept.counts) for part in (query, key, value)), strict=True)
    seen = [F.scaled_dot_product_attention(*(part.transpose(0, 1)[None] for part in row))[0].transpose(0, 1) for row in rows]
    return torch.cat(seen)


@lru_cache
def _takes_lengths(device: torch.device, dtype: torch.dtype, size: int) -> bool:
    """Whether torch can attend within clips of several lengths at once here, and learn from it: tried on the smallest."""
    try:
        from torch.nn.attention.varlen import varlen_attn

        edges = torch.tensor([0, 1, 3], device=device, dtype=torch.int32)
        with torch.enable_grad():
            tokens = torch.zeros(3, 3, 2, size, device=device, dtype=dtype, requires_grad=True).unbind(1)
            varlen_attn(*tokens, edges, edges, 2, 2).sum().backward()
    except (ImportError, RuntimeError, NotImplementedError, TypeError, ValueError):
        return False
    return True
