"""What several encoders say of one walk, made into one: side by side, weighed by gates, or each asking the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError


class Fused(NamedTuple):
    """What a fusion says of a batch.

    Attributes
    ----------
    feature : (B, D) one vector a walk
    values : (B, N, D) tokens of every stream, one stream after the other
    mask : (B, N) bool, True = real
    stream : (N,) int64, optional
        Which stream each token came from, counted from 0.
    """

    feature: Tensor
    values: Tensor
    mask: Tensor
    stream: Tensor | None = None


class Fusion(nn.Module):
    """Streams of tokens in, one feature and one set of tokens out.

    Parameters
    ----------
    widths : sequence of int
        Width of each stream's tokens.
    width : int
        D of what comes out; a stream of another width is first brought to it.
    """

    streams: tuple[int, float] = (2, float("inf"))  # how many it can join
    mixes = False  # whether a token of one stream comes out changed by the others

    def __init__(self, widths: Sequence[int], width: int = 256) -> None:
        super().__init__()
        low, high = self.streams
        if not low <= len(widths) <= high:
            raise SkelgaitError(
                f"fusion {type(self).__name__} cannot join {len(widths)} encoder{'s' * (len(widths) != 1)}",
                expected=f"{low} or more" if high > low else f"{low}",
                do="give several encoders, or fusion='none' for one"
                if low > 1
                else "name a fusion: concat, gated or cross_attention",
            )
        self.width = width
        self.to_width = nn.ModuleList(nn.Identity() if w == width else nn.Linear(w, width) for w in widths)

    def _same_width(self, streams: Sequence[tuple[Tensor, Tensor]]) -> list[tuple[Tensor, Tensor]]:
        return [(linear(values), mask) for linear, (values, mask) in zip(self.to_width, streams, strict=True)]


class NoFusion(Fusion):
    """One encoder, as it is: the feature is the mean of its tokens."""

    streams = (1, 1)

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__(widths, widths[0] if widths else 0)

    def forward(self, streams: Sequence[tuple[Tensor, Tensor]]) -> Fused:
        """Tokens (B, N, D) and masks (B, N) of each stream."""
        ((values, mask),) = self._same_width(streams)
        return Fused(masked_mean(values, mask), values, mask, torch.zeros(values.shape[1], dtype=torch.int64, device=mask.device))


class Apart(Fusion):
    """Streams that stay apart: the feature is the mean of the streams that were seen, the tokens are all streams' in a row.

    Notes
    -----
    For items that each look at their own plane only: nothing of one stream gets into another, and one that is missing counts
    for nothing.
    """

    def __init__(self, widths: Sequence[int], width: int = 256) -> None:
        super().__init__(widths, width)
        self.stream = nn.Parameter(torch.zeros(len(widths), width))

    def forward(self, streams: Sequence[tuple[Tensor, Tensor]]) -> Fused:
        """Tokens (B, N, D) and masks (B, N) of each stream."""
        streams = self._same_width(streams)
        seen = torch.stack([mask.any(1) for _, mask in streams], 1)
        feature = masked_mean(torch.stack([masked_mean(*one) for one in streams], 1), seen)
        return Fused(feature, *_in_a_row(streams, self.stream))


class Concat(Fusion):
    """Pooled streams side by side, through one layer; the tokens are all streams' tokens in a row."""

    def __init__(self, widths: Sequence[int], width: int = 256, dropout: float = 0.0) -> None:
        super().__init__(widths, width)
        self.join = nn.Sequential(nn.Linear(width * len(widths), width), nn.ReLU(), nn.Dropout(dropout))
        self.stream = nn.Parameter(torch.zeros(len(widths), width))  # which stream a token came from

    def forward(self, streams: Sequence[tuple[Tensor, Tensor]]) -> Fused:
        """Tokens (B, N, D) and masks (B, N) of each stream."""
        streams = self._same_width(streams)
        feature = self.join(torch.cat([masked_mean(*one) for one in streams], -1))
        return Fused(feature, *_in_a_row(streams, self.stream))


class Gated(Fusion):
    """Pooled streams added with weights that depend on the walk and sum to 1, one weight a dimension.

    Notes
    -----
    ``gates`` (B, S, D) of the last batch are kept for explaining.

    References
    ----------
    Arevalo J et al. Gated multimodal units for information fusion, arXiv 1702.01992, 2017.
    """

    mixes = True

    def __init__(self, widths: Sequence[int], width: int = 256, dropout: float = 0.0) -> None:
        super().__init__(widths, width)
        self.gate = nn.Linear(width * len(widths), width * len(widths))
        self.change = nn.ModuleList(nn.Linear(width, width) for _ in widths)
        self.dropout = nn.Dropout(dropout)
        self.stream = nn.Parameter(torch.zeros(len(widths), width))
        self.gates: Tensor | None = None

    def forward(self, streams: Sequence[tuple[Tensor, Tensor]]) -> Fused:
        """Tokens (B, N, D) and masks (B, N) of each stream."""
        streams = self._same_width(streams)
        pooled = [masked_mean(*one) for one in streams]
        gates = self.gate(torch.cat(pooled, -1)).unflatten(-1, (len(streams), self.width)).softmax(1)
        self.gates = gates.detach()
        changed = torch.stack([torch.tanh(change(one)) for change, one in zip(self.change, pooled, strict=True)], 1)
        weighed = [(values * gates[:, s, None], mask) for s, (values, mask) in enumerate(streams)]
        return Fused(self.dropout((gates * changed).sum(1)), *_in_a_row(weighed, self.stream))


class CrossAttention(Fusion):
    """Each stream asks the others: its tokens are queries, the others' tokens keys and values.

    Parameters
    ----------
    widths : sequence of int
        Width of each stream's tokens.
    width : int
        D inside and out.
    heads : int
    direction : {"both", "first", "rest"}
        Who asks: every stream, the first encoder only, or all but the first.
    over : {"tokens", "pooled"}
        ``"tokens"``: every token asks. ``"pooled"``: the stream's mean asks, one query a stream. The keys are tokens either way:
        with one key the weight of an attention is always 1 and nothing is attended to.
    residual : bool
        Add what was asked for to what was there (with layer norm), instead of putting it in its place.
    dropout : float

    Notes
    -----
    ``weights[s]`` (B, queries, keys) of the last batch, mean over heads, is kept while ``keep_weights`` is true, for explaining.

    References
    ----------
    Yang K, Chen X, He J. arXiv 2603.22371, 2026: feature cross-attention between skeleton (256) and clinical features (256); its
    geometry (heads, tokens, direction) is not published, so these are settings, with our defaults.
    Vaswani A et al. Attention is all you need, 2017.
    """

    mixes = True

    def __init__(
        self,
        widths: Sequence[int],
        width: int = 256,
        heads: int = 4,
        direction: str = "both",
        over: str = "tokens",
        residual: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__(widths, width)
        for name, value, known in (("direction", direction, ("both", "first", "rest")), ("over", over, ("tokens", "pooled"))):
            if value not in known:
                raise SkelgaitError(f"cross_attention has no {name} {value!r}", expected=" or ".join(known))
        if width % heads:
            raise SkelgaitError("the heads do not divide the width", found=f"{heads} heads, width {width}")
        n = len(widths)
        self.over, self.residual, self.keep_weights = over, residual, False
        self.asking = {"both": tuple(range(n)), "first": (0,), "rest": tuple(range(1, n))}[direction]
        self.before = nn.ModuleList(nn.LayerNorm(width) for _ in widths)
        self.ask = nn.ModuleDict({str(s): nn.MultiheadAttention(width, heads, dropout, batch_first=True) for s in self.asking})
        self.after = nn.ModuleDict({str(s): nn.LayerNorm(width) for s in self.asking})
        self.join = nn.Sequential(nn.Linear(width * n, width), nn.ReLU(), nn.Dropout(dropout))
        self.stream = nn.Parameter(torch.zeros(n, width))
        self.weights: dict[int, Tensor] = {}

    def forward(self, streams: Sequence[tuple[Tensor, Tensor]]) -> Fused:
        """Tokens (B, N, D) and masks (B, N) of each stream."""
        streams = self._same_width(streams)
        normed = [norm(values) for norm, (values, _) in zip(self.before, streams, strict=True)]
        out = list(streams)
        for s in self.asking:
            values, mask = streams[s]
            query = normed[s]
            if self.over == "pooled":
                query, values = masked_mean(query, mask)[:, None], masked_mean(values, mask)[:, None]
                mask = mask.any(1, keepdim=True)
            keys = torch.cat([normed[o] for o in range(len(streams)) if o != s], 1)
            known = torch.cat([streams[o][1] for o in range(len(streams)) if o != s], 1)
            nobody = ~known.any(1)  # a walk whose other streams say nothing: attend to anything, and take nothing of it
            answer, weights = self.ask[str(s)](
                query, keys, keys, key_padding_mask=~(known | nobody[:, None]), need_weights=self.keep_weights
            )
            if self.keep_weights:
                self.weights[s] = weights.detach()
            answer = answer.masked_fill(nobody[:, None, None], 0.0)
            out[s] = (self.after[str(s)](values + answer if self.residual else answer), mask)
        feature = self.join(torch.cat([masked_mean(*one) for one in out], -1))
        return Fused(feature, *_in_a_row(out, self.stream))


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """(B, D) mean over the real tokens of (B, N, D); zero where there is none."""
    weight = mask.to(values.dtype).unsqueeze(-1)
    return (values * weight).sum(1) / weight.sum(1).clamp(min=1)


def _in_a_row(streams: Sequence[tuple[Tensor, Tensor]], stream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    values = torch.cat([values + stream[s] for s, (values, _) in enumerate(streams)], 1)
    lengths = torch.tensor([mask.shape[1] for _, mask in streams], device=stream.device)
    whose = torch.arange(len(streams), device=stream.device).repeat_interleave(lengths)
    return values, torch.cat([mask for _, mask in streams], 1), whose
