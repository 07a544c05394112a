"""What is being explained: one answer of one model about one walk, as a number with a gradient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from skelgait.core.errors import SkelgaitError
from skelgait.core.task import NOT_KNOWN, Task
from skelgait.core.trial import Trial
from skelgait.encoders.base import Encoder, Inputs, Tokens
from skelgait.training.batches import Batch
from skelgait.training.network import GaitNetwork, Said, look


@dataclass
class Question:
    """One answer of a fitted `GaitClassifier` about one walk.

    Parameters
    ----------
    model : GaitClassifier
    trial : Trial
    item : str, optional
        Which item of a task with many.
    level : str or int, optional
        The answer to explain; default what the model answers, or the likeliest where it abstains.
    encoder : str or int, optional
        Which stream: its name where the model was given names, its place, or what it takes (``"pose"``). Default the first one
        that the method can look at.
    """

    model: Any
    trial: Trial
    item: str | None = None
    level: Any = None
    encoder: Any = None
    batch: Batch = field(init=False)
    probability: np.ndarray = field(init=False)
    answered: int = field(init=False)

    def __post_init__(self) -> None:
        if not hasattr(self.model, "network_"):
            raise SkelgaitError(
                "only a fitted GaitClassifier can be explained this way", found=type(self.model).__name__, do="fit it first"
            )
        if self.item is None and self.task.n_items > 1:
            raise SkelgaitError(
                f"{self.task.name} asks {self.task.n_items} items", expected=f"item= one of {', '.join(self.task.items[:4])}, ..."
            )
        if self.item is not None and self.item not in self.task.items:
            raise SkelgaitError(f"{self.task.name} has no item {self.item!r}", expected=", ".join(self.task.items[:6]))
        if self.level is not None and self.level not in self.task.levels:
            raise SkelgaitError(f"{self.task.name} has no level {self.level!r}", expected=" | ".join(map(str, self.task.levels)))
        # (L,) probability of each level, as the model says it of the whole walk
        said = self.model.predict_proba([self.trial])
        self.probability = said.reshape(1, self.task.n_items, -1)[0, self.item_code]
        self.answered = int(self.model.decide(said).reshape(1, -1)[0, self.item_code])  # -1 where it abstains
        if np.isnan(self.probability).any():
            raise SkelgaitError(
                f"the model has no answer to {self.task.items[self.item_code]} in trial {self.trial.name!r}, so none to explain",
                found="nothing seen from its plane, nothing measured, or no answer to learn it from",
            )
        self.batch = self.model.prepare_batch([self.trial])
        self.network.eval()

    @property
    def task(self) -> Task:
        """The model's task."""
        return self.model.task_

    @property
    def network(self) -> GaitNetwork:
        """The model's network."""
        return self.model.network_

    @property
    def item_code(self) -> int:
        """Place of the item."""
        return 0 if self.item is None else self.task.items.index(self.item)

    @property
    def level_code(self) -> int:
        """Place of the level that is explained."""
        if self.level is not None:
            return self.task.levels.index(self.level)
        return int(self.probability.argmax()) if self.answered == NOT_KNOWN else self.answered

    @property
    def answer(self) -> str:
        """``"gmfcs = III"``."""
        return f"{self.task.items[self.item_code]} = {self.task.levels[self.level_code]}"

    def find_stream(self, can: Any, what: str) -> int:
        """Place of the encoder asked for, or of the first for which ``can(encoder)`` is true."""
        encoders = list(self.network.encoders)
        if self.encoder is None:
            places = [i for i, e in enumerate(encoders) if can(e) and self.sees(i)]
        elif isinstance(self.encoder, int):
            places = [self.encoder] if 0 <= self.encoder < len(encoders) else []
        else:
            places = [i for i, name in enumerate(self.names) if name == self.encoder]
            places = places or [i for i, e in enumerate(encoders) if e.inputs == self.encoder]
        if not places or not can(encoders[places[0]]):
            raise SkelgaitError(f"{what} cannot look at the encoder asked for", found=", ".join(self.names))
        if not self.sees(places[0]):
            raise SkelgaitError(
                f"{self.task.items[self.item_code]} is not answered from the encoder asked for: it is seen from the other plane",
                found=f"encoder {places[0]}, {self.names[places[0]]}",
                do="leave encoder= out, or ask about an item of that plane",
            )
        return places[0]

    def sees(self, place: int) -> bool:
        """Whether the item is answered from the encoder at a place; from every one, unless the model goes by plane."""
        seen = self.network.answer.sees
        return seen is None or bool(seen[place, self.item_code])

    @property
    def names(self) -> list[str]:
        """What the model's encoders are called."""
        given = self.model.encoders
        if isinstance(given, (str, type)):
            given = [given]
        parts = [list(one) if isinstance(one, dict) else [one] for one in (given if isinstance(given, (list, tuple)) else [given])]
        return [name if isinstance(name, str) else name.__name__ for part in parts for name in part]

    def encoder_at(self, place: int) -> Encoder:
        """The encoder of a stream."""
        return self.network.encoders[place]  # type: ignore[return-value]

    def about(self, place: int, **more: Any) -> dict[str, Any]:
        """What every attribution's ``info`` tells of the question, and more of this one."""
        return {
            "trial": self.trial.name,
            "encoder": self.names[place],
            **more,
            "answer": None if self.answered == NOT_KNOWN else self.task.levels[self.answered],
            "probability": dict(zip(self.task.levels, self.probability.tolist(), strict=True)),
        }

    def evidence(self, said: Said) -> Tensor:
        """(B,) log-odds of the level."""
        log_probs = said.log_probs[:, self.item_code]
        return log_odds(log_probs, torch.full((len(log_probs),), self.level_code))

    def ask(self, inputs: Sequence[Inputs]) -> Tensor:
        """The evidence, of inputs that are given."""
        return self.evidence(self.network(inputs))

    def ask_many(self, place: int, variants: Inputs, windows: Sequence[int], batch_size: int = 64) -> np.ndarray:
        """(V,) probability of the level for V variants of one stream's inputs, the other streams as they are in a window each."""
        said = []
        with torch.no_grad():
            for start in range(0, len(windows), batch_size):
                part = {name: value[start : start + batch_size] for name, value in variants.items()}
                rows = list(windows[start : start + batch_size])
                tokens = [
                    self.encoder_at(place)(part) if i == place else Tokens(one.values[rows], one.mask[rows], one.grid)
                    for i, one in enumerate(self.tokens)
                ]
                said.append(self.network.decide(tokens).log_probs[:, self.item_code, self.level_code].exp())
        return torch.cat(said).double().numpy()

    @cached_property
    def tokens(self) -> list[Tokens]:
        """What each encoder says of the walk as it is: the other streams need not be asked again for each variant of one."""
        with torch.no_grad():
            return [look(encoder, one) for encoder, one in zip(self.network.encoders, self.batch.inputs, strict=True)]

    def times(self, place: int) -> tuple[list[tuple[int, int]], float, int]:
        """Frames (start, stop) of each window of a sequence, its frame rate, and the frames of the whole walk."""
        encoder = self.encoder_at(place)
        walks = self.model._walks([self.trial])
        sample = walks.samples[place][0]
        fps, frames = float(sample["fps"]), len(sample[encoder.sequence])
        counts = self.batch.inputs[place]["mask"].sum(1).tolist()
        starts = [0 if walks.window is None else min(max(round(start * fps), 0), frames - 1) for _, start, _ in walks.examples]
        return [(start, start + count) for start, count in zip(starts, counts, strict=True)], fps, frames


def watch_stage(network: GaitNetwork, encoder: Encoder, stage: str | None, ask: Callable[[], Tensor]) -> tuple[Tensor, Tensor]:
    """A stage's activation while the network is asked, and the gradient of what it was asked there."""
    kept: list[Tensor] = []

    def keep(_module: object, _inputs: object, output: Tensor) -> None:
        output.retain_grad()
        kept.append(output)

    hook = encoder.cam_layer(stage).register_forward_hook(keep)
    try:
        with torch.enable_grad():
            network.zero_grad()
            ask().sum().backward()
    finally:
        hook.remove()
        network.zero_grad()
    gradient = kept[0].grad
    if gradient is None:
        raise SkelgaitError("no gradient reaches the stage that is looked at", found=f"stage {stage}")
    return kept[0].detach(), gradient


def log_odds(log_probs: Tensor, codes: Tensor) -> Tensor:
    """(B,) log-odds of a level each, from (B, L): unlike a probability's, its gradient does not fade where the model is sure."""
    of = torch.zeros_like(log_probs, dtype=torch.bool).scatter_(1, codes[:, None], True)
    return log_probs[of] - torch.logsumexp(log_probs.masked_fill(of, -torch.inf), -1)


def join_windows(maps: Sequence[np.ndarray], places: Sequence[tuple[int, int]], frames: int) -> np.ndarray:
    """Maps (t, K) of windows as one map (T, K) of the walk: the mean where windows overlap.

    A map coarser than its window's frames is first stretched to them.
    """
    total = np.zeros((frames, maps[0].shape[1]))
    count = np.zeros((frames, 1))
    for one, (start, stop) in zip(maps, places, strict=True):
        n = stop - start
        at = (np.arange(n) + 0.5) * len(one) / n - 0.5
        low = np.clip(np.floor(at).astype(int), 0, len(one) - 1)
        high = np.clip(low + 1, 0, len(one) - 1)
        share = np.clip(at - low, 0, 1)[:, None]
        total[start:stop] += (1 - share) * one[low] + share * one[high]
        count[start:stop] += 1
    return total / np.maximum(count, 1)
