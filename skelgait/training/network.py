"""Encoders, a fusion and an answer, as one network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from skelgait.encoders.base import HERE, Encoder, Inputs, Tokens
from skelgait.heads.answer import Answer
from skelgait.heads.fusion import Fused, Fusion
from skelgait.training.augment import Draw


class Said(NamedTuple):
    """What the network says of a batch.

    Attributes
    ----------
    log_probs : (B, I, L)
    fused : Fused
        ``fused.feature`` (B, D) is the embedding.
    tokens : list of Tokens
        Of each encoder.
    parts : (B, P, I, L), optional
        Log-probabilities of each part of the body, where the head asks each for itself.
    """

    log_probs: Tensor
    fused: Fused
    tokens: list[Tokens]
    parts: Tensor | None = None


class GaitNetwork(nn.Module):
    """Trials' inputs in, log-probabilities out.

    Parameters
    ----------
    encoders : sequence of Encoder
    fusion : Fusion
    answer : Answer
    limbs : (2, I / 2) int64, optional
        Places of the left items and of their twins: the answer is of the left ones, and those of the right are what it says of the
        mirrored walk. Default: every item is asked of the walk as it is.
    """

    limbs: Tensor | None

    def __init__(self, encoders: Sequence[Encoder], fusion: Fusion, answer: Answer, limbs: Tensor | None = None) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.fusion, self.answer = fusion, answer
        self.register_buffer("limbs", limbs, persistent=False)

    def forward(self, inputs: Sequence[Inputs]) -> Said:
        """One entry of ``inputs`` an encoder."""
        said = self.decide([look(encoder, one) for encoder, one in zip(self.encoders, inputs, strict=True)])
        if self.limbs is None:
            return said
        other = self.decide([look(e, mirror_inputs(e, one)) for e, one in zip(self.encoders, inputs, strict=True)])
        place = self.limbs.flatten().argsort()
        parts = None
        if said.parts is not None and other.parts is not None:
            parts = torch.cat([said.parts, other.parts], -2)[..., place, :]
        return said._replace(log_probs=torch.cat([said.log_probs, other.log_probs], -2)[..., place, :], parts=parts)

    def decide(self, tokens: Sequence[Tokens]) -> Said:
        """The answer, from tokens that are there already; where limbs share it, that of the left items only."""
        fused = self.fusion([(one.values, one.mask) for one in tokens])
        log_probs, parts = self.answer.by_part(fused)
        return Said(log_probs, fused, list(tokens), parts)

    def augment(self, inputs: Sequence[Inputs], draw: Draw) -> list[Inputs]:
        """Every encoder's inputs, changed as drawn."""
        with torch.no_grad():
            return [_augment(encoder, one, draw) for encoder, one in zip(self.encoders, inputs, strict=True)]


def look(encoder: Any, inputs: Inputs) -> Tokens:
    """Tokens of a batch; none are real of the walks that lack what the encoder looks at."""
    if HERE not in inputs:
        return encoder(inputs)
    here, given = inputs[HERE], _given(inputs)
    if not given:
        empty = torch.zeros(len(here), 1, encoder.width, device=here.device)
        return Tokens(empty, torch.zeros_like(empty[..., 0], dtype=torch.bool), (1,))
    some = encoder(given)
    values, mask = (one.new_zeros(len(here), *one.shape[1:]) for one in (some.values, some.mask))
    values[here], mask[here] = some.values, some.mask
    return Tokens(values, mask, some.grid)


def mirror_inputs(encoder: Any, inputs: Inputs) -> Inputs:
    """The batch of the mirror children, of an encoder that some of the walks have nothing for."""
    given = _given(inputs)
    return {**inputs, **encoder.mirrored(given)} if given else inputs


def _augment(encoder: Any, inputs: Inputs, draw: Draw) -> Inputs:
    if HERE not in inputs:
        return encoder.augment(inputs, draw)
    given = _given(inputs)
    return {**inputs, **encoder.augment(given, draw.of(inputs[HERE]))} if given else inputs


def _given(inputs: Inputs) -> Inputs:
    return {name: value for name, value in inputs.items() if name != HERE}
