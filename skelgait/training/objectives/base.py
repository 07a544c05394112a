"""What every objective keeps to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from skelgait.encoders.base import Inputs
    from skelgait.training.batches import Batch
    from skelgait.training.network import GaitNetwork, Said


class Objective(nn.Module):
    """One term of the loss.

    Parameters
    ----------
    weight : float
        Factor on its value.

    Notes
    -----
    ``views`` is how many differently augmented views of each batch it needs, ``answered`` how many of them the network must
    answer, ``plain`` which of them, counted from 0, are left as they are. A mirrored view answers with left and right exchanged;
    `turn_back` undoes that.
    """

    views: int = 1
    answered: int = 1
    plain: tuple[int, ...] = ()
    sampler: str | None = None  # batches it asks for when the user names none

    def __init__(self, weight: float = 1.0) -> None:
        super().__init__()
        self.weight = weight

    def begin(self, network: GaitNetwork, codes: Tensor) -> None:
        """Called once, before training, with all the training codes (n, I)."""

    def plan(self, steps: int, steps_per_epoch: int) -> None:
        """Called before the first step, with how many there will be in all and in an epoch."""

    def value(
        self, said: Sequence[Said], inputs: Sequence[Sequence[Inputs]], batch: Batch, unmirror: Sequence[Tensor], progress: float
    ) -> Tensor:
        """The term, before its weight.

        Parameters
        ----------
        said : one a view
        inputs : the augmented inputs of each view
        batch : Batch
        unmirror : one (B, I) index a view: item of the view that answers each item of the child
        progress : float
            Share of the training that is done, 0..1.
        """
        raise NotImplementedError

    def after_step(self, network: GaitNetwork, step: int) -> None:
        """Called after each optimiser step, counted from 1."""

    def predictor(self, network: GaitNetwork) -> GaitNetwork:
        """The network that answers in the end."""
        return network


def turn_back(log_probs: Tensor, unmirror: Tensor) -> Tensor:
    """Answers (B, I, L) of a view, in the order of the child's own items."""
    return torch.gather(log_probs, 1, unmirror.unsqueeze(-1).expand_as(log_probs))
