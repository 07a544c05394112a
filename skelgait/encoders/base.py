"""What every encoder keeps to: trials become samples, samples become inputs, inputs become tokens."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

Sample = dict[str, np.ndarray]
Inputs = dict[str, Tensor]
HERE = "here"  # of inputs, where some walks of a batch lack what the encoder looks at: (B,) bool, the others are not among them
HELD = {"pose": ("pose", "pose"), "video": ("clips", "clip"), "silhouettes": ("silhouettes", "silhouettes")}


class Tokens(NamedTuple):
    """What an encoder says of a batch.

    Attributes
    ----------
    values : (B, N, D) float
    mask : (B, N) bool
        True where a token is real; padding is False and must not move any answer.
    grid : tuple of int
        Sizes along the encoder's ``axes``; their product is N.
    """

    values: Tensor
    mask: Tensor
    grid: tuple[int, ...]

    def mean(self) -> Tensor:
        """(B, D) mean over the real tokens; zero where there is none."""
        weight = self.mask.to(self.values.dtype).unsqueeze(-1)
        return (self.values * weight).sum(1) / weight.sum(1).clamp(min=1)


class RateGroup(NamedTuple):
    """Parameters that learn otherwise than the rest.

    Attributes
    ----------
    parameters : tuple of parameters
    rate : float
        Factor on the learning rate; 0: they stay as they are.
    decays : bool
        Whether the optimiser's weight decay is for them too.
    """

    parameters: tuple[nn.Parameter, ...]
    rate: float = 1.0
    decays: bool = True


class Encoder(nn.Module, ABC):
    """A trial in, tokens out. Subclass it, and name the class where an encoder is asked for.

    Settings of ``__init__`` are keyword arguments with plain defaults (numbers, text, lists), so that an encoder is plain data
    until it is built. What is learnt of the training walks beside the weights (scaling, which columns) goes through `learn`.

    Examples
    --------
    ``examples/your_own_encoder.py`` is one of thirty lines, and docs/your_own.md says what it must keep to.
    """

    inputs: str = ""  # "pose", "descriptors", "silhouettes" or "video": what it takes from a trial
    axes: ClassVar[tuple[str, ...]] = ()  # what its tokens are laid out over
    cam_layers: ClassVar[tuple[str, ...]] = ()  # stages a Grad-CAM can look at, deepest last
    cam_axes: ClassVar[tuple[str, ...]] = ()  # what a stage's map is laid out over, where that is not ``axes``
    cam_default: ClassVar[str] = ""  # the stage looked at by default; empty for the deepest
    width: int  # D

    @abstractmethod
    def prepare(self, trial: Trial) -> Sample:
        """What this encoder needs of a trial, as arrays; done once a trial and kept by the caller."""

    def not_filmed(self, trial: Trial) -> str:
        """What a trial does not have of the plane this encoder looks at; empty where it has it, or no plane is looked at."""
        held, word = HELD.get(self.inputs, ("", ""))
        plane = getattr(self, "plane", None)
        return f"no {plane} {word}" if held and plane and plane not in getattr(trial, held) else ""

    def lacks(self, sample: Sample) -> str:
        """Why no answer can rest on this sample alone; empty where one can."""
        return ""

    def check(self, sample: Sample, trial: Trial) -> None:
        """Refuse a trial's sample that is of another kind than those that `learn` saw."""

    def learn(self, samples: Sequence[Sample]) -> None:
        """Learn scaling and the like from the training samples, before any weight is trained."""

    def learned(self) -> dict[str, Any]:
        """What `learn` found that shapes the network, as plain data; empty for most."""
        return {}

    def relearn(self, learned: dict[str, Any]) -> None:
        """Take up what `learned` gave, before weights are loaded."""

    def shareable(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings this encoder was built with, as a model file may hold them: without what belongs to single walks."""
        return dict(settings)

    def duration_s(self, sample: Sample) -> float:
        """How long the sample lasts, in seconds; NaN when it has no time."""
        if "fps" not in sample:
            return float("nan")
        return len(sample[self.sequence]) / float(sample["fps"])

    @property
    def sequence(self) -> str:
        """Name of the sample's array whose first axis is time; empty when there is none."""
        return ""

    def cut(self, sample: Sample, start_s: float, stop_s: float) -> Sample:
        """The part of a sample from ``start_s`` to before ``stop_s``; a sample without time stays whole."""
        if not self.sequence or not np.isfinite(float(sample["fps"]) * stop_s):  # no time, or nobody knows how fast it passes
            return sample
        fps, frames = float(sample["fps"]), len(sample[self.sequence])
        start = min(max(round(start_s * fps), 0), frames - 1)
        stop = min(max(round(stop_s * fps), start + 1), frames)
        return {k: v[start:stop] if v.ndim and len(v) == frames else v for k, v in sample.items()}

    def seen_share(self, sample: Sample) -> float:
        """How much of a sample was seen, 0 to 1; all of it where an encoder cannot tell."""
        return 1.0

    def draw(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """What of a sample one step of training looks at; the whole of it, unless an encoder looks at a few frames at a time."""
        return sample

    @abstractmethod
    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """A padded batch of samples, with ``mask``."""

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """The batch as the draw of `skelgait.training.augment` changes it; what has no such change stays."""
        return inputs

    def mirrored(self, inputs: Inputs) -> Inputs:
        """The batch of the mirror children, exactly: mirrored twice it is what it was. For limbs that share one head."""
        raise SkelgaitError(
            f"encoder {type(self).__name__} does not mirror walks, which limbs that share a head need",
            do="write its mirrored(inputs), or share_limbs=False",
        )

    def rate_groups(self) -> list[RateGroup]:
        """Parameters that learn at a rate of their own, not at all, or without decay; those that are not named learn as usual."""
        return []

    @abstractmethod
    def forward(self, inputs: Inputs) -> Tokens:
        """Tokens of a batch."""

    def cam_layer(self, stage: str | None = None) -> nn.Module:
        """The module whose output a Grad-CAM looks at; the deepest stage by default."""
        raise NotImplementedError(f"{type(self).__name__} has no stages to look at")

    def cam_grid(self, activation: Tensor) -> Tensor:
        """A stage's output as (B, C, *axes)."""
        return activation

    def cam_frames(self, mask: Tensor, frames: int, stage: str | None = None) -> list[int]:
        """How many of a stage's ``frames`` are real in each walk of a batch, from the input's mask (B, T)."""
        return [max(1, round(real * frames / mask.shape[1])) for real in mask.sum(1).tolist()]

    def labels(self, axis: str) -> list[str]:
        """Names along one of ``axes``; empty for time."""
        return []


def pad_sequences(arrays: Sequence[np.ndarray], dtype: Any = np.float32) -> tuple[Tensor, Tensor]:
    """Arrays (T_i, ...) as one tensor (B, T, ...) filled with zeros, and where it is real, (B, T)."""
    longest = max(len(a) for a in arrays)
    values = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), dtype)
    mask = np.zeros((len(arrays), longest), bool)
    for row, array in enumerate(arrays):
        values[row, : len(array)] = array
        mask[row, : len(array)] = True
    return torch.from_numpy(values), torch.from_numpy(mask)
