"""What a fitted network answers: probabilities, levels and embeddings of walks, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.exceptions import NotFittedError

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import resolve_parts
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.encoders.base import Encoder, Sample
from skelgait.encoders.descriptors import Descriptors
from skelgait.estimator.decision import decide_levels, share_right
from skelgait.estimator.given import encode_known, find_marked
from skelgait.estimator.model_file import read_model, write_model
from skelgait.estimator.preparation import (
    find_unanswerable,
    find_unseen_items,
    prepare_trials,
    warn_unanswerable,
    warn_unseen,
    warn_untaught,
)
from skelgait.training.batches import Walks, as_window
from skelgait.training.network import GaitNetwork


class Answering:
    """The half of `GaitClassifier` that answers; the other one learns."""

    encoders: Any
    by_plane: bool
    window: Any
    vote: str
    abstain_below: float
    batch_size: int
    accelerator: str
    progress: bool
    task_: Task
    network_: GaitNetwork
    temperature_: float
    thresholds_: np.ndarray | None
    taught_: np.ndarray
    seen_: list[str]

    def predict_proba(self, trials: Sequence[Trial]) -> np.ndarray:
        """Probability of each level: (n, L) for one item, (n, I, L) for many.

        NaN, with a warning, where nothing was measured, and of items that no training walk had an answer to.
        """
        walks = self._walks(trials)
        unanswerable = find_unanswerable(walks.encoders, walks.samples)
        warn_unanswerable(unanswerable, trials)
        unseen = find_unseen_items(walks.encoders, walks.samples, self._sees(self.task_, walks.encoders)) if self.by_plane else {}
        warn_unseen({place: items for place, items in unseen.items() if place not in unanswerable}, trials, self.task_)
        log_probs, _ = self._say(walks)
        probabilities = (log_probs / self.temperature_).log_softmax(-1).exp().double().numpy()
        if self.vote == "majority":
            probabilities = np.eye(probabilities.shape[-1])[probabilities.argmax(-1)]
        counts = np.bincount(walks.walk, minlength=len(walks.codes))
        together = np.zeros((len(walks.codes), *probabilities.shape[1:]))
        np.add.at(together, walks.walk, probabilities)
        together /= counts[:, None, None]
        together[list(unanswerable)] = np.nan
        for place, items in unseen.items():
            together[place, items] = np.nan
        warn_untaught(self.taught_ | np.isnan(together).any(-1).all(0), self.task_)
        together[:, ~self.taught_] = np.nan
        return together[:, 0] if self.task_.n_items == 1 else together

    def predict(self, trials: Sequence[Trial]) -> np.ndarray:
        """The likeliest level: (n,) for one item, (n, I) for many; ``None`` below `abstain_below`, or without probabilities.

        With tuned thresholds (``thresholds_``), the level that is not the reference from its item's threshold on.
        """
        codes = self.decide(self.predict_proba(trials))
        return self.task_.decode(codes)

    def decide(self, probabilities: np.ndarray) -> np.ndarray:
        """Codes of the levels that `predict` answers, of what `predict_proba` gave: (n,) or (n, I); -1 where there is no answer."""
        return decide_levels(self.task_, probabilities, self.thresholds_, self.abstain_below)

    def embed(self, trials: Sequence[Trial]) -> np.ndarray:
        """(n, D) the fused feature of each walk, mean over its windows."""
        walks = self._walks(trials)
        _, features = self._say(walks)
        together = np.zeros((len(walks.codes), features.shape[1]))
        np.add.at(together, walks.walk, features.double().numpy())
        return together / np.bincount(walks.walk, minlength=len(walks.codes))[:, None]

    def score(self, trials: Sequence[Trial], y: Any = None, sample_weight: Any = None) -> float:
        """Mean accuracy over the items that were scored; an abstention is not right."""
        self._fitted()
        codes = encode_known(self.task_, trials, y)
        return share_right(codes, self.task_.encode(self.predict(trials)), sample_weight)

    def has_seen(self, trials: Sequence[Trial]) -> list[str]:
        """Subjects among the trials that the model learnt from: it must not be scored on them."""
        self._fitted()
        return find_marked(self.seen_, trials)

    def bring_table(self, table: Any) -> Self:
        """Take another table of descriptors, where the model learnt from a table of its user's own.

        Parameters
        ----------
        table : DataFrame, mapping or path of a CSV
            A row for each walk that is to be answered, by the trial's name; the columns learnt from. A model file does not keep
            the rows it learnt from, and walks that came later are not among them.

        Returns
        -------
        GaitClassifier
            Itself.

        Raises
        ------
        SkelgaitError
            The model has no encoder with a table, or columns are missing.
        """
        self._fitted()
        able = [encoder for encoder in self.network_.encoders if isinstance(encoder, Descriptors)]
        if not able:
            raise SkelgaitError(
                "this model does not look at descriptors",
                found=", ".join(type(encoder).__name__ for encoder in self.network_.encoders),
                do="leave the table out",
            )
        for encoder in [one for one in able if one.table is not None] or able:
            encoder.bring(table)
        return self

    def prepare_batch(self, trials: Sequence[Trial]) -> Any:
        """The trials as one batch of their (windowed) examples, on the network's device: for explaining and for the curious."""
        walks = self._walks(trials)
        return walks.collate(range(len(walks)))

    def _walks(self, trials: Sequence[Trial]) -> Walks:
        self._fitted()
        if isinstance(trials, Trial):
            raise SkelgaitError("a model takes a list of trials", found="one trial", do="put it in a list: [trial]")
        trials = list(trials)
        parts = resolve_parts(deepcopy(self.encoders), ENCODERS, "encoder")
        encoders = list(self.network_.encoders)
        samples: list[list[Sample]] = prepare_trials(parts, encoders, trials, progress=self.progress, may_lack=self.by_plane)
        codes = np.full((len(trials), self.task_.n_items), -1)
        return Walks(encoders, samples, codes, np.arange(len(trials)), as_window(self.window))

    @torch.no_grad()
    def _say(self, walks: Walks) -> tuple[torch.Tensor, torch.Tensor]:
        """Log-probabilities (examples, I, L) and features (examples, D), in the order of the examples."""
        if not len(walks):
            width = self.network_.fusion.width
            return torch.zeros(0, self.task_.n_items, self.task_.n_levels), torch.zeros(0, width)
        device = self._device()
        network = self.network_.to(device).eval()
        order = np.argsort(walks.lengths(), kind="stable")  # examples of like length together: little padding
        said, features = [], []
        for start in range(0, len(order), self.batch_size):
            batch = walks.collate(order[start : start + self.batch_size].tolist())
            inputs = [{name: value.to(device) for name, value in one.items()} for one in batch.inputs]
            one = network(inputs)
            said.append(one.log_probs.cpu())
            features.append(one.fused.feature.float().cpu())
        self.network_.to("cpu")
        back = torch.from_numpy(np.argsort(order))
        return torch.cat(said)[back], torch.cat(features)[back]

    def _device(self) -> torch.device:
        cuda = self.accelerator in ("auto", "gpu", "cuda") and torch.cuda.is_available()
        return torch.device("cuda" if cuda else "cpu")

    def _fitted(self) -> None:
        if not hasattr(self, "network_"):
            raise NotFittedError("this GaitClassifier has not learnt anything yet. What to do: call fit(trials, y), or load(path).")

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "network_")

    # files

    def save(self, path: str | Path) -> Path:
        """Write the fitted model to one file: safetensors, with everything else as JSON in its header. No pickle."""
        self._fitted()
        return write_model(self, Path(path))

    @classmethod
    def load(cls, path: str | Path, *, own_parts: bool = False) -> Self:
        """Read a model that `save` wrote.

        Parameters
        ----------
        path : path
        own_parts : bool
            Whether classes that are not skelgait's own may be imported by the names the file gives.

        Raises
        ------
        FileError
            Not such a file, or one that names classes of its own while ``own_parts`` is false.
        """
        return read_model(cls, Path(path), own_parts=own_parts)

    def _sees(self, task: Task, encoders: Sequence[Encoder]) -> np.ndarray:
        """(S, I) which encoders tell of which items."""
        if not self.by_plane:
            return np.ones((len(encoders), task.n_items), bool)
        if not task.planes:
            raise SkelgaitError(
                f"{task.name} does not say from which plane each item is seen", do="give the task planes=, or by_plane=False"
            )
        planes = [getattr(encoder, "plane", None) for encoder in encoders]
        return np.array([[plane is None or not of or plane == of for of in task.planes] for plane in planes])
