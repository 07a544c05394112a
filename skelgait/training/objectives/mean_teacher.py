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
    """Student and teacher see a walk, each at moments of its own and changed otherwise, and should answer alike.

    The teacher is the student's average. Where an encoder looks at the whole walk, only the changes differ.

    Parameters
    ----------
    weight : float
        Of the consistency, once it is ramped up.
    decay : float
        Of the average, once it is warmed up: the teacher keeps min(1 - 1 / (step + 1), decay) of itself.
    ramp_up : float
        How long the weight grows, as exp(-5 (1 - t)^2).
    ramp_in : {"share", "epochs", "steps"}
        What that is counted in; ``"share"`` is of the whole training.
    cost : {"mse", "kl", "label"}
        Distance of the probabilities: sum of squares over levels, Kullback-Leibler of the student from the teacher, or minus the
        log-probability of the level the teacher holds likeliest (a pseudo-label: give a ``threshold`` with it).
    buffers : {"average", "own"}
        Running statistics of batch norms: the student's, averaged like the weights (the teacher looks in inference mode), or the
        teacher's own (it looks in training mode and gathers them).
    threshold : float
        Only answers of which the teacher is at least so sure count (0: all); the mean is over all, as published: a few sure answers
        weigh little.
    teacher_sees : {"changed", "plain"}
        The walk changed for itself, as published, or as it is: a surer answer for a student who sees it changed.

    Notes
    -----
    Where this is not the published code: the teacher begins as a copy of the student, not as another random network; buffers
    are averaged, or the teacher's own by setting, not left to chance; the weight grows from step to step, not from epoch to epoch;
    squares are summed over levels, not averaged, so that a published weight of 100 with 10 classes is one of 10 here; the
    supervised term is a mean over the labelled walks, not over the whole batch. Every walk counts for the consistency, labelled
    or not. Younger than 1 / (1 - decay) steps the teacher is the plain mean of the student at each of them and at the start.

    References
    ----------
    Tarvainen A, Valpola H. Mean teachers are better role models: weight-averaged consistency targets improve semi-supervised
    deep learning results, 2017, arXiv 1703.01780. Sohn K et al. FixMatch, 2020, arXiv 2001.07685 (thresholded pseudo-labels).
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
        ramp_in: str = "share",
        teacher_sees: str = "changed",
    ) -> None:
        super().__init__(weight)
        for name, value, known in (
            ("cost", cost, ("mse", "kl", "label")),
            ("buffers", buffers, ("average", "own")),
            ("ramp_in", ramp_in, ("share", "epochs", "steps")),
            ("teacher_sees", teacher_sees, ("changed", "plain")),
        ):
            if value not in known:
                raise SkelgaitError(f"mean_teacher has no {name} {value!r}", expected=" or ".join(known))
        if not 0 <= decay < 1 or not 0 <= threshold <= 1 or ramp_up < 0 or (ramp_in == "share" and ramp_up > 1):
            raise SkelgaitError(
                "mean_teacher: decay, threshold and a ramp's share of the training are shares",
                found=f"decay={decay}, threshold={threshold}, ramp_up={ramp_up}",
                expected="0 to 1; longer ramps with ramp_in='epochs' or 'steps'",
            )
        self.decay, self.ramp_up, self.ramp_in, self.cost = decay, ramp_up, ramp_in, cost
        self.buffers_are, self.threshold = buffers, threshold
        self.plain = (1,) if teacher_sees == "plain" else ()
        self.ramp_share = ramp_up if ramp_in == "share" else 0.0  # of the whole training, once it is known
        self.teacher: nn.Module | None = None

    def begin(self, network: Any, codes: Tensor) -> None:
        """The teacher begins as a copy of the student."""
        self.teacher = deepcopy(network).requires_grad_(False)

    def plan(self, steps: int, steps_per_epoch: int) -> None:
        """What share of the training the ramp is."""
        each = {"share": steps, "epochs": steps_per_epoch, "steps": 1}[self.ramp_in]
        self.ramp_share = self.ramp_up * each / steps

    def ramp(self, progress: float) -> float:
        """Share of the weight at this share of the training."""
        if self.ramp_share <= 0:
            return 1.0
        return exp(-5.0 * (1.0 - min(progress / self.ramp_share, 1.0)) ** 2)

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
        elif self.cost == "label":
            apart = -student.gather(-1, teacher.argmax(-1, keepdim=True))[..., 0]
        else:
            apart = (teacher.exp() * (teacher - student)).sum(-1)
        sure = teacher.exp().amax(-1) >= self.threshold
        return (apart * sure.to(apart.dtype)).mean()

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
