"""Which frames of a padded batch are real."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor


class Frames(NamedTuple):
    """The real frames of a batch.

    Attributes
    ----------
    mask : (B, T) bool
        True where a frame is real.
    rows : (number of real frames,) int64, or None
        Where they lie among the B * T frames; None when every frame is real, so that nothing needs to be done about padding.

    Examples
    --------
    >>> frames = Frames.of(torch.tensor([[True, True, True], [True, True, False]]))
    >>> frames.rows.tolist(), frames.every(2).mask.tolist()
    ([0, 1, 2, 3, 4], [[True, True], [True, False]])
    """

    mask: Tensor
    rows: Tensor | None

    @classmethod
    def of(cls, mask: Tensor) -> Frames:
        """The frames of a mask (B, T)."""
        return cls(mask, None if bool(mask.all()) else mask.flatten().nonzero().squeeze(1))

    def every(self, stride: int) -> Frames:
        """The frames that are left when only each ``stride``-th is kept, the first included."""
        if stride == 1:
            return self
        return Frames(self.mask[:, ::stride], None) if self.rows is None else Frames.of(self.mask[:, ::stride])

    def take(self, values: Tensor) -> Tensor:
        """Real frames of (B, T, ...), one after the other: (number of real frames, ...)."""
        flat = values.flatten(0, 1)
        return flat if self.rows is None else _Take.apply(flat, self.rows)

    def spread(self, rows: Tensor) -> Tensor:
        """The inverse of `take`: (B, T, ...), zero where a frame is padding."""
        shape = (*self.mask.shape, *rows.shape[1:])
        return (rows if self.rows is None else _Spread.apply(rows, self.rows, self.mask.numel())).view(shape)

    def silence(self, values: Tensor) -> Tensor:
        """(B, T, ...) with padding set to zero; the values themselves when there is none."""
        if self.rows is None:
            return values
        return values * self.mask.view(*self.mask.shape, *[1] * (values.ndim - 2))


class _Take(torch.autograd.Function):
    """``values[rows]`` for rows that are all different: its gradient is a plain copy, not a sum over an index."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        ctx.total = len(values)
        return values.index_select(0, rows)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (rows,) = ctx.saved_tensors
        return _Spread.apply(grad, rows, ctx.total), None


class _Spread(torch.autograd.Function):
    """Rows back to their places among ``total``, zeros elsewhere."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, rows: Tensor, total: int) -> Tensor:
        ctx.save_for_backward(rows)
        return values.new_zeros(total, *values.shape[1:]).index_copy_(0, rows, values)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        (rows,) = ctx.saved_tensors
        return _Take.apply(grad.contiguous(), rows), None, None
