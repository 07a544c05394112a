"""Learning from walks nobody has looked at: agree with a slow average of oneself."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from math import exp
from typing import Any

import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.training.objectives.base import Objective, turn_back


class MeanTeacher(Objective):
    """Student and teacher see the walk augmented differently and should answer alike; the teacher is the student's average.

    Parameters
    ----------
    weight : float
        Of the consistency, once it is ramped up.
    decay : float
        Of the average, once it is warmed up: the teacher keeps min(1 - 1 / (step + 1), decay) of itself.
    ramp_up : float
        Share of the training over which the weight grows, as exp(-5 (1 - t)^2).
    cost : {"mse", "kl"}
        Distance of the probabilities: sum of squares over levels, or Kullback-Leibler of the student from the teacher.
    buffers : {"average", "own"}
        Running statistics of batch norms: the student's, averaged like the weights (the teacher looks in inference mode), or the
        teacher's own (it looks in training mode and gathers them).
    threshold : float
        Only walks whose teacher is surer than this count (0: all).

    Notes
    -----
    Where this is not the published code: the teacher begins as a copy of the student, not as another random network; buffers
    are averaged, or the teacher's own by setting, not left to chance; the supervised term is a mean over the labelled walks,
    not over the whole batch. Every walk counts for the consistency, labelled or not.

    References
    ----------
    Tarvainen A, Valpola H. Mean teachers are better role models: weight-averaged consistency targets improve semi-supervised
    deep learning results, 2017, arXiv 1703.01780.
    """

    views = 2
    sampler = "two_stream"

    def __init__(
        self,
        weight: float = 1.0,
        decay: float = 0.99,
        ramp_up: float = 0.3,
        cost: str = "mse",
        buffers: str = "average",
        threshold: float = 0.0,
    ) -> None:
        super().__init__(weight)
        for name, value, known in (("cost", cost, ("mse", "kl")), ("buffers", buffers, ("average", "own"))):
            if value not in known:
                raise SkelgaitError(f"mean_teacher has no {name} {value!r}", expected=" or ".join(known))
        self.decay, self.ramp_up, self.cost, self.buffers_are, self.threshold = decay, ramp_up, cost, buffers, threshold
        self.teacher: nn.Module | None = None

    def begin(self, network: Any, codes: Tensor) -> None:
        """The teacher begins as a copy of the student."""
        self.teacher = deepcopy(network).requires_grad_(False)

    def ramp(self, progress: float) -> float:
        """Share of the weight at this share of the training."""
        if self.ramp_up <= 0:
            return 1.0
        return exp(-5.0 * (1.0 - min(progress / self.ramp_up, 1.0)) ** 2)

    def value(self, said: Sequence[Any], inputs: Sequence[Any], batch: Any, unmirror: Sequence[Tensor], progress: float) -> Tensor:
        """Distance between the student on the first view and the teacher on the second."""
        assert self.teacher is not None
        self.teacher.train(self.buffers_are == "own" and self.training)
        with torch.no_grad():
            target = turn_back(self.teacher(inputs[1]).log_probs, unmirror[1])
        return self.ramp(progress) * self.distance(turn_back(said[0].log_probs, unmirror[0]), target)

    def distance(self, student: Tensor, teacher: Tensor) -> Tensor:
        """Mean over walks and items of the distance between answers (B, I, L), both as log-probabilities."""
        if self.cost == "mse":
            apart = ((student.exp() - teacher.exp()) ** 2).sum(-1)
        else:
            apart = (teacher.exp() * (teacher - student)).sum(-1)
        if not self.threshold:
            return apart.mean()
        sure = (teacher.exp().amax(-1) >= self.threshold).to(apart.dtype)
        return (apart * sure).sum() / sure.sum().clamp(min=1)

    @torch.no_grad()
    def after_step(self, network: Any, step: int) -> None:
        """Average the student into the teacher."""
        assert self.teacher is not None
        keep = min(1.0 - 1.0 / (step + 1), self.decay)
        _average(self.teacher.parameters(), network.parameters(), keep)
        if self.buffers_are == "average":
            _average(self.teacher.buffers(), network.buffers(), keep)

    def predictor(self, network: Any) -> Any:
        """The teacher."""
        return network if self.teacher is None else self.teacher


def _average(teacher: Any, student: Any, keep: float) -> None:
    for mine, theirs in zip(teacher, student, strict=True):
        if mine.is_floating_point():
            mine.lerp_(theirs.detach(), 1.0 - keep)
        else:
            mine.copy_(theirs)
