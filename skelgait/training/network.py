"""Encoders, a fusion and an answer, as one network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from skelgait.encoders.base import Encoder, Inputs, Tokens
from skelgait.heads.answer import Answer
from skelgait.heads.fusion import Fused, Fusion


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
    """

    def __init__(self, encoders: Sequence[Encoder], fusion: Fusion, answer: Answer) -> None:
        super().__init__()
        self.encoders = nn.ModuleList(encoders)
        self.fusion, self.answer = fusion, answer

    def forward(self, inputs: Sequence[Inputs]) -> Said:
        """One entry of ``inputs`` an encoder."""
        tokens = [encoder(one) for encoder, one in zip(self.encoders, inputs, strict=True)]
        return self.decide(tokens)

    def decide(self, tokens: Sequence[Tokens]) -> Said:
        """The answer, from tokens that are there already."""
        fused = self.fusion([(one.values, one.mask) for one in tokens])
        log_probs, parts = self.answer.by_part(fused)
        return Said(log_probs, fused, list(tokens), parts)

    def augment(self, inputs: Sequence[Inputs], draw: object) -> list[Inputs]:
        """Every encoder's inputs, changed as drawn."""
        with torch.no_grad():
            return [encoder.augment(one, draw) for encoder, one in zip(self.encoders, inputs, strict=True)]
