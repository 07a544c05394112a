"""Prepared walks in memory, the windows cut from them, and batches of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import resolve_parts
from skelgait.encoders.base import HERE, Encoder, Inputs, Sample


class Batch(NamedTuple):
    """B examples.

    Attributes
    ----------
    inputs : list of Inputs, one an encoder
    codes : (B, I) int64, -1 where not known
    walk : (B,) int64, which trial an example comes from
    subject : (B,) int64, whose walk it is
    others : list of list of Inputs
        The same examples drawn once more for each further view of them, where an objective wants several and an encoder draws.
    """

    inputs: list[Inputs]
    codes: Tensor
    walk: Tensor
    subject: Tensor
    others: Sequence[list[Inputs]] = ()


@dataclass(frozen=True)
class Window:
    """Stretches of fixed length cut from long walks, each an example.

    Parameters
    ----------
    length_s : float
        Seconds. A walk that is shorter is one example, whole.
    stride_s : float, optional
        From one start to the next; default half the length.
    least_seen : float
        Share of the keypoints in its frames that must be seen with a confidence of 0.2 or more (`Encoder.seen_share`): windows
        with less are left out, in training and in answering. A walk that has no other keeps its best one.

    Examples
    --------
    >>> Window(2.0, 1.0).cut(4.5)
    [(0.0, 2.0), (1.0, 3.0), (2.0, 4.0), (2.5, 4.5)]
    """

    length_s: float
    stride_s: float | None = None
    least_seen: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.least_seen <= 1:
            raise SkelgaitError(
                "how much of a window must be seen is a share", found=f"least_seen={self.least_seen}", expected="0 to 1"
            )
        if not self.length_s > 0 or not (self.stride_s is None or self.stride_s > 0):
            raise SkelgaitError(
                "a window needs a length and a stride above zero", found=f"length_s={self.length_s}, stride_s={self.stride_s}"
            )

    def cut(self, duration_s: float) -> list[tuple[float, float]]:
        """Starts and stops; the last window ends with the walk, so that nothing is left out."""
        if not np.isfinite(duration_s) or duration_s <= self.length_s:
            return [(0.0, duration_s)]
        starts = np.arange(0.0, duration_s - self.length_s + 1e-9, self.stride_s or self.length_s / 2).tolist()
        if duration_s - self.length_s - starts[-1] > 1e-6:
            starts.append(duration_s - self.length_s)
        return [(start, start + self.length_s) for start in starts]


def as_window(window: Any) -> Window | None:
    """A window from its length in seconds or its settings."""
    if window is None or isinstance(window, Window):
        return window
    if not isinstance(window, (Mapping, int, float)):
        raise SkelgaitError(
            "a window is neither seconds nor its settings", found=repr(window), expected="4.0, or {'length_s': 4.0}"
        )
    (part,) = resolve_parts({Window: window if isinstance(window, Mapping) else {"length_s": window}}, {}, "window")
    return part.build()


@dataclass
class Walks(Dataset):
    """Prepared walks as a data set of examples.

    Parameters
    ----------
    encoders : sequence of Encoder
    samples : list of list of Sample
        One list an encoder, one sample a walk; empty where a walk lacks the plane the encoder looks at.
    codes : (n, I) int64
    subjects : (n,) int64
    window : Window, optional
    covariates : sequence of mapping, optional
        What else is known of each walk: samplers may balance batches by it.
    places : (n,) int, optional
        Which of the walks given to ``fit`` each is; default in their order.
    rng : numpy.random.Generator, optional
        While training: what an encoder draws of each example (`Encoder.draw`) is drawn from it. None: everything is looked at.
    views : int
        While training: how often each example is drawn for a batch.
    """

    encoders: Sequence[Encoder]
    samples: Sequence[Sequence[Sample]]
    codes: np.ndarray
    subjects: np.ndarray
    window: Window | None = None
    covariates: Sequence[Mapping[str, Any]] | None = None
    places: np.ndarray = None  # type: ignore[assignment]
    rng: np.random.Generator | None = field(default=None, init=False)
    views: int = field(default=1, init=False)
    examples: list[tuple[int, float, float]] = field(init=False)

    def __post_init__(self) -> None:
        self.places = np.arange(len(self.codes)) if self.places is None else np.asarray(self.places)
        self.examples = []
        for walk in range(len(self.codes)):
            durations = [e.duration_s(s[walk]) for e, s in zip(self.encoders, self.samples, strict=True) if s[walk]]
            known = [d for d in durations if np.isfinite(d)]
            whole = min(known) if known else float("nan")
            for start, stop in self._windows(walk, whole) if self.window else [(0.0, whole)]:
                self.examples.append((walk, start, stop))
        self.walk = np.array([walk for walk, _, _ in self.examples], np.int64)

    def _windows(self, walk: int, whole: float) -> list[tuple[float, float]]:
        assert self.window is not None
        spans = self.window.cut(whole)
        if not self.window.least_seen or len(spans) < 2:
            return spans
        pairs = [(encoder, samples[walk]) for encoder, samples in zip(self.encoders, self.samples, strict=True) if samples[walk]]
        seen = np.array([min(encoder.seen_share(encoder.cut(sample, *span)) for encoder, sample in pairs) for span in spans])
        kept = np.flatnonzero(seen >= self.window.least_seen)
        return [spans[i] for i in (kept if len(kept) else [int(seen.argmax())])]

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, index: int) -> int:
        return index  # a batch is cut and padded at once, in `collate`

    def collate(self, indices: Sequence[int]) -> Batch:
        """The examples at ``indices`` as a batch."""
        drawn = self.rng is not None and any(type(encoder).draw is not Encoder.draw for encoder in self.encoders)
        inputs, *others = [self._inputs(indices) for _ in range(self.views if drawn else 1)]
        walk = self.walk[list(indices)]
        codes, subject = torch.from_numpy(self.codes[walk]), torch.from_numpy(self.subjects[walk])
        return Batch(inputs, codes, torch.from_numpy(walk), subject, others)

    def _inputs(self, indices: Sequence[int]) -> list[Inputs]:
        inputs = []
        for encoder, samples in zip(self.encoders, self.samples, strict=True):
            cut = []
            for index in indices:
                walk, start, stop = self.examples[index]
                sample = samples[walk]
                if sample:
                    one = encoder.cut(sample, start, stop) if self.window else sample
                    cut.append(encoder.draw(one, self.rng) if self.rng is not None else one)
            batch = encoder.collate(cut) if cut else {}
            if len(cut) < len(indices):
                batch[HERE] = torch.tensor([bool(samples[self.examples[index][0]]) for index in indices])
            inputs.append(batch)
        return inputs

    def lengths(self) -> np.ndarray:
        """Seconds of every example, for batches of like length; zero where an example has no time."""
        return np.array([0.0 if not np.isfinite(stop) else stop - start for _, start, stop in self.examples])
