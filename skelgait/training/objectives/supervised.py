"""Learning from answers that are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from skelgait.core.errors import SkelgaitError
from skelgait.training.objectives.base import Objective


class Supervised(Objective):
    """Negative log-likelihood of the known answers, over items and walks; -1 counts for nothing.

    Parameters
    ----------
    weight : float
    class_weights : None, "balanced" or sequence of L
        ``"balanced"``: each level of each item weighs as n / (L x its count) among the training walks, as scikit-learn does.
    most : float, optional
        No level weighs more than this: one that three children of a hundred have would count 17 times.
    focal : float
        Exponent of (1 - p): answers the model is sure of weigh less. 0 is plain likelihood.
    smoothing : float
        Share of the target spread evenly over the levels.

    References
    ----------
    Lin TY et al. Focal loss for dense object detection, 2017. Szegedy C et al. Rethinking the inception architecture, 2016.
    """

    def __init__(
        self,
        weight: float = 1.0,
        class_weights: Any = None,
        focal: float = 0.0,
        smoothing: float = 0.0,
        most: float | None = None,
    ) -> None:
        super().__init__(weight)
        if most is not None and not most > 0:
            raise SkelgaitError("the most a level may weigh is above zero", found=f"most={most}")
        if isinstance(class_weights, str) and class_weights != "balanced":
            raise SkelgaitError("unknown class weights", found=repr(class_weights), expected="'balanced', numbers or nothing")
        if not 0 <= smoothing < 1 or focal < 0:
            raise SkelgaitError(
                "supervised: smoothing is a share and focal not negative", found=f"smoothing={smoothing}, focal={focal}"
            )
        self.class_weights, self.focal, self.smoothing, self.most = class_weights, focal, smoothing, most
        self.register_buffer("level_weight", torch.empty(0), persistent=False)

    def begin(self, network: Any, codes: Tensor) -> None:
        """Weigh the levels."""
        n_items, n_levels = codes.shape[1], network.answer.n_levels
        if not (codes >= 0).any():
            raise SkelgaitError("no walk has a known answer to learn from", found=f"{len(codes)} walks, every answer -1 or empty")
        if self.class_weights is None:
            self.level_weight = torch.empty(0)
        elif self.class_weights == "balanced":
            counts = torch.stack([(codes == level).sum(0) for level in range(n_levels)], 1).float()
            self.level_weight = counts.sum(1, keepdim=True) / (n_levels * counts.clamp(min=1))
        else:
            given = torch.as_tensor(self.class_weights, dtype=torch.float32)
            if given.shape != (n_levels,):
                raise SkelgaitError(
                    "class weights do not fit the levels", found=f"{tuple(given.shape)}", expected=f"{n_levels} numbers"
                )
            self.level_weight = given.expand(n_items, n_levels).clone()
        if self.most is not None:
            self.level_weight = self.level_weight.clamp(max=self.most)

    def value(self, said: Sequence[Any], inputs: Sequence[Any], batch: Any, unmirror: Sequence[Tensor], progress: float) -> Tensor:
        """Mean over the known answers of every view (and of every part, where parts answer each for itself)."""
        values = []
        for one, back in zip(said, unmirror, strict=False):
            codes = torch.gather(batch.codes, 1, back)
            if one.parts is None:
                values.append(self.of(one.log_probs, codes))
            else:  # each part of the body answers for itself
                values.append(self.of(one.parts.flatten(0, 1), codes.repeat_interleave(one.parts.shape[1], 0)))
        return torch.stack(values).mean()

    def of(self, log_probs: Tensor, codes: Tensor) -> Tensor:
        """The loss of answers (B, I, L) given codes (B, I)."""
        known = codes >= 0
        target = codes.clamp(min=0)
        log_p = log_probs.gather(-1, target.unsqueeze(-1)).squeeze(-1)
        value = -(1 - self.smoothing) * log_p - self.smoothing * log_probs.mean(-1)
        if self.focal:
            value = value * (1 - log_p.exp()).clamp(min=1e-6) ** self.focal  # the power's slope is endless at 0
        weight = known.to(value.dtype)
        if len(self.level_weight):
            items = torch.arange(codes.shape[1], device=codes.device).expand_as(codes)
            weight = weight * self.level_weight.to(value.device)[items, target]
        return (torch.where(known, value, 0.0) * weight).sum() / weight.sum().clamp(min=1e-12)
