"""Keypoints pass on what they have to their neighbours: the product with the adjacency, and its gradient.

The arithmetic is ``einsum("kvw,nvc->nwkc")`` and nothing else; the two functions here only do it with less traffic. Autograd's own
gradient of that product with respect to the adjacency takes longer than the rest of the product together.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

SPARSE = 0.15  # share of entries up to which single bones are faster than a full product
SMALL = 64  # keypoints up to which the gradient is summed over one small product a frame


def mix(values: Tensor, weights: Tensor, pattern: Tensor | None = None) -> Tensor:
    """What reaches each keypoint, apart for each subset of its neighbours.

    Parameters
    ----------
    values : (B, T, K, C)
    weights : (S, K, K)
        ``[subset, from, to]``.
    pattern : (S, K, K), optional
        Zero where ``weights`` is always zero, whatever is learnt; the gradient there is zero too.

    Returns
    -------
    (B, T, K, S * C)
        For each keypoint the sums of subset 0, then of subset 1, ...

    Examples
    --------
    >>> x, a = torch.randn(2, 5, 4, 3), torch.rand(3, 4, 4)
    >>> torch.allclose(mix(x, a), torch.einsum("svw,btvc->btwsc", a, x).flatten(3), atol=1e-6)
    True
    """
    b, t, keypoints, width = values.shape
    subsets = len(weights)
    if torch.is_autocast_enabled(values.device.type):
        kind = torch.get_autocast_dtype(values.device.type)
        values, weights = values.to(kind), weights.to(kind)
    flat = values.reshape(b * t, keypoints, width)
    if torch.compiler.is_compiling():
        out = torch.matmul(weights.permute(2, 0, 1).flatten(0, 1), flat)
    elif pattern is not None and flat.device.type == "cpu" and flat.dtype == torch.float32 and _is_sparse(pattern):
        out = _MixBones.apply(flat, weights, pattern.nonzero())
    else:
        out = _MixAll.apply(flat, weights)
    return out.view(b, t, keypoints, subsets * width)


def _is_sparse(pattern: Tensor) -> bool:
    return int(torch.count_nonzero(pattern)) <= SPARSE * pattern.numel()


class _MixAll(torch.autograd.Function):
    """The full product."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weights: Tensor) -> Tensor:
        table = weights.permute(2, 0, 1).flatten(0, 1)  # (to and subset, from)
        ctx.save_for_backward(values, table)
        ctx.shape = weights.shape
        return torch.matmul(table, values)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None]:
        values, table = ctx.saved_tensors
        subsets, keypoints, _ = ctx.shape
        into_values = into_weights = None
        with torch.autocast(grad.device.type, enabled=False):
            grad = grad.contiguous()
            if ctx.needs_input_grad[0]:
                into_values = torch.matmul(table.t().contiguous(), grad)
            if ctx.needs_input_grad[1]:
                if keypoints <= SMALL:
                    summed = torch.bmm(grad, values.transpose(1, 2)).sum(0, dtype=torch.float32)
                else:
                    summed = grad.transpose(0, 1).flatten(1) @ values.transpose(0, 1).flatten(1).t()
                into_weights = summed.view(keypoints, subsets, keypoints).permute(1, 2, 0).to(table.dtype)
        return into_values, into_weights


class _MixBones(torch.autograd.Function):
    """The same, bone by bone: of 867 entries of COCO-17's adjacency 53 are not zero."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, weights: Tensor, bones: Tensor) -> Tensor:
        n, keypoints, width = values.shape
        table = list(zip(*bones.t().tolist(), weights[tuple(bones.t())].tolist(), strict=True))
        ctx.save_for_backward(values, bones)
        ctx.table, ctx.shape = table, weights.shape
        out = values.new_empty(n, keypoints, len(weights), width)
        reached = set()
        for subset, source, target, weight in table:
            slot = out[:, target, subset]
            if (subset, target) in reached:
                slot.add_(values[:, source], alpha=weight)
            else:
                torch.mul(values[:, source], weight, out=slot)
                reached.add((subset, target))
        for subset in range(len(weights)):
            for target in range(keypoints):
                if (subset, target) not in reached:
                    out[:, target, subset].zero_()
        return out.view(n, keypoints * len(weights), width)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        values, bones = ctx.saved_tensors
        n, keypoints, width = values.shape
        parts = grad.reshape(n, keypoints, ctx.shape[0], width)
        into_values = torch.zeros_like(values) if ctx.needs_input_grad[0] else None
        found = []
        product = values.new_empty(n, width)
        for subset, source, target, weight in ctx.table:
            part = parts[:, target, subset]
            if into_values is not None:
                into_values[:, source].add_(part, alpha=weight)
            if ctx.needs_input_grad[1]:
                found.append(torch.mul(part, values[:, source], out=product).sum())
        into_weights = None
        if ctx.needs_input_grad[1]:
            into_weights = values.new_zeros(ctx.shape)
            into_weights[tuple(bones.t())] = torch.stack(found)
        return into_values, into_weights, None
