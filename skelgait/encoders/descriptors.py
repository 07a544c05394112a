"""Descriptors as an encoder like any other: one token a descriptor, so that what a model attends to has a clinical name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import other_side
from skelgait.core.trial import Trial
from skelgait.encoders.base import Encoder, Inputs, Sample, Tokens
from skelgait.gait.describe import NAMES, describe
from skelgait.gait.mirroring import mirror_descriptors

COVARIATES = ("age_years", "height_m", "mass_kg", "leg_length_m")


class Descriptors(Encoder):
    """One token a descriptor of `skelgait.describe`, or a column of a table of your own.

    Parameters
    ----------
    names : sequence of str, optional
        Which descriptors (see `skelgait.DESCRIPTORS`). Default: every one that `min_seen` of the training walks have and that
        differs between them.
    covariates : sequence of str
        Of the trial, taken too: ``age_years``, ``height_m``, ``mass_kg``, ``leg_length_m``, or numbers in ``trial.covariates``.
    table : DataFrame, mapping ("index", "columns", "data") or path of a CSV, optional
        Numbers of your own, one row a trial, indexed by (first column) the trial's name; used instead of `skelgait.describe`. A
        saved model keeps the columns, not the rows: other walks' rows come through `GaitClassifier.bring_table`.
    min_seen : float
        Share of the training walks that must have a number for its column to be kept.
    width : int
        D of the tokens.
    context : bool
        Add to every token a small network's view of all numbers together. The mean of the tokens is then a multilayer
        perceptron's feature plus a sum over descriptors; without it descriptors act one by one until a fusion joins them.
    dropout : float
        Of whole descriptors, while training.

    Notes
    -----
    Scaling (median and quartile range of the training walks, cut at 5) and the columns kept are learnt in `learn`, from training
    walks only. A missing number is a token of its own, learnt for each descriptor, not a guess. A mirrored walk's numbers follow
    from the walk's own (`skelgait.gait.mirroring`): it is not measured again. Of a table of your own, and of covariates, columns
    that begin with ``left_`` and ``right_`` change places; without its twin such a number is missing in the mirrored walk.

    References
    ----------
    Yang K, Chen X, He J. arXiv 2603.22371, 2026: clinical features through a multilayer perceptron to 256. Gorishniy Y et al.
    Revisiting deep learning models for tabular data, 2021: one token a number.
    """

    inputs = "descriptors"
    axes: ClassVar[tuple[str, ...]] = ("descriptor",)

    def __init__(
        self,
        *,
        names: Sequence[str] | None = None,
        covariates: Sequence[str] = (),
        table: Any = None,
        min_seen: float = 0.5,
        width: int = 256,
        context: bool = True,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.names = None if names is None else tuple(names)
        self.covariates = tuple(covariates)
        self.min_seen, self.width, self.context, self.dropout = min_seen, width, context, dropout
        self.table = _read_table(table)
        known = NAMES if self.table is None else tuple(self.table.columns)
        unknown = [name for name in self.names or () if name not in known]
        if unknown:
            raise SkelgaitError(
                "there is no such descriptor",
                found=", ".join(unknown[:5]),
                expected=f"one of the {len(known)} of {'sg.DESCRIPTORS' if self.table is None else 'your table'}",
            )
        self.source = (self.names or known) + self.covariates
        self.columns: tuple[str, ...] = ()

    # what a trial gives

    def prepare(self, trial: Trial) -> Sample:
        """``values`` and ``mirrored``: (C,) numbers of the walk and of the mirrored walk, NaN where missing."""
        row = self._row(trial)
        own = {name: _covariate(trial, name) for name in self.covariates}
        twins = {name: _covariate(trial, other_side(name)) for name in self.covariates}
        wanted = self.source[: len(self.source) - len(self.covariates)]
        mirrored = mirror_descriptors(row)
        return {
            "values": np.array([*(row[name] for name in wanted), *own.values()], np.float32),
            "mirrored": np.array([*(mirrored[name] for name in wanted), *twins.values()], np.float32),
        }

    def lacks(self, sample: Sample) -> str:
        """Where none of the numbers it looks at is known, that."""
        values = sample["values"][self._take] if self.columns else sample["values"]
        return "" if np.isfinite(values).any() else f"none of its {len(values)} descriptors could be measured"

    def _row(self, trial: Trial) -> dict[str, float]:
        """Every number there is of a trial, by name."""
        if self.table is None:
            if not trial.pose:
                raise SkelgaitError(
                    f"trial {trial.name!r} has no pose to describe", do="give the trial its pose, or the encoder a table"
                )
            return dict(describe([trial], progress=False).iloc[0].loc[list(NAMES)].astype(float))
        if trial.name not in self.table.index:
            rows = self.table.index[:3]
            raise SkelgaitError(
                f"trial {trial.name!r} has no row in the table of descriptors",
                found=f"rows {', '.join(rows)}, ..." if len(rows) else "no rows: a model file does not keep them",
                do="give the model a table indexed by the trials' names: model.bring_table(table), or --numbers table.csv",
            )
        return dict(pd.to_numeric(self.table.loc[trial.name], errors="coerce").astype(float))

    def shareable(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings without the rows of the table: they are named after trials, and measured on them."""
        if self.table is None:
            return dict(settings)
        return {**settings, "table": {"index": [], "columns": list(self.table.columns), "data": []}}

    def bring(self, table: Any) -> None:
        """Take another table, with rows for other walks, in place of the one it was built with."""
        if self.table is None:
            raise SkelgaitError(
                "this model did not learn from a table of descriptors",
                do="leave the table out: descriptors are measured on the walks",
            )
        given = _read_table(table)
        kept = [name for name in self.columns or self.source if name not in self.covariates]
        lacking = kept if given is None else [name for name in kept if name not in given.columns]
        if lacking or given is None:
            raise SkelgaitError(
                "the table lacks columns that were learnt from",
                found=f"no {', '.join(lacking[:5])}",
                expected=", ".join(kept[:5]) + (", ..." if len(kept) > 5 else ""),
            )
        self.table = given.reindex(columns=self.table.columns)

    def learn(self, samples: Sequence[Sample]) -> None:
        """Which columns to keep, and their scaling."""
        values = np.stack([sample["values"] for sample in samples]).astype(float)
        seen = np.isfinite(values)
        with np.errstate(all="ignore"):
            low, middle, high = (
                np.nanpercentile(np.where(seen.any(0), values, 0.0), [25, 50, 75], axis=0) if len(values) else np.zeros((3, 0))
            )
        spread = (high - low) / 1.349
        little = 1e-6 * np.maximum(np.abs(middle), 1e-3)
        deviation = np.nanstd(np.where(seen.any(0), values, 0.0), axis=0)
        spread = np.where(spread < little, deviation, spread)
        differs = deviation > little
        keep = (seen.mean(0) >= self.min_seen) & differs
        if self.names is not None:  # asked for by name: kept whatever it looks like
            spread, keep = np.where(differs, spread, 1.0), np.ones(len(keep), bool)
        if not keep.any():
            raise SkelgaitError(
                "no descriptor is left to learn from",
                found=f"{len(values)} training walks, {int(seen.any(0).sum())} descriptors measured in any of them",
                expected=f"descriptors measured in at least {self.min_seen:.0%} of them, and not all equal",
                do="look at sg.validity(trials) for the reasons, or lower min_seen",
            )
        self.relearn(
            {
                "columns": [name for name, kept in zip(self.source, keep, strict=True) if kept],
                "middle": middle[keep].tolist(),
                "spread": spread[keep].tolist(),
            }
        )

    def learned(self) -> dict[str, Any]:
        """Columns kept, with their middle and spread."""
        return {"columns": list(self.columns), "middle": self.middle.tolist(), "spread": self.spread.tolist()}

    def relearn(self, learned: dict[str, Any]) -> None:
        """Take up columns and scaling, and build the layers they need."""
        self.columns = tuple(learned["columns"])
        n, width = len(self.columns), self.width
        place = {name: i for i, name in enumerate(self.source)}
        self._take = np.array([place[name] for name in self.columns])
        self.register_buffer("middle", torch.tensor(learned["middle"], dtype=torch.float32))
        self.register_buffer("spread", torch.tensor(learned["spread"], dtype=torch.float32))
        bound = width**-0.5
        self.slope = nn.Parameter(torch.empty(n, width).uniform_(-bound, bound))
        self.offset = nn.Parameter(torch.empty(n, width).uniform_(-bound, bound))
        self.missing = nn.Parameter(torch.empty(n, width).uniform_(-bound, bound))
        self.norm = nn.LayerNorm(width)
        if self.context:
            self.together = nn.Sequential(nn.Linear(2 * n, width), nn.ReLU(), nn.Linear(width, width))

    # what a batch gives

    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """``values``, ``mirrored``: (B, N); ``mask``: (B, N), all true: a missing number is a token too."""
        if not self.columns:
            raise SkelgaitError("the descriptors' scaling is not learnt yet", do="call learn(samples), or fit the model")
        inputs = {
            name: torch.from_numpy(np.stack([sample[name][self._take] for sample in samples])) for name in ("values", "mirrored")
        }
        return inputs | {"mask": torch.ones(inputs["values"].shape, dtype=torch.bool)}

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """Where the draw mirrors a walk, the mirrored walk's numbers; a pose's other changes leave its descriptors as measured."""
        return inputs | {"values": torch.where(draw.mirror[:, None], inputs["mirrored"], inputs["values"])}

    def mirrored(self, inputs: Inputs) -> Inputs:
        """The mirrored walks' numbers."""
        return inputs | {"values": inputs["mirrored"], "mirrored": inputs["values"]}

    def scale(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """(B, N) numbers as learnt spreads from their middle, zero where missing, and where they are known."""
        known = torch.isfinite(values)
        return torch.where(known, ((values - self.middle) / self.spread).clamp(-5, 5), 0.0), known

    def forward(self, inputs: Inputs) -> Tokens:
        """Tokens (B, N, D), one a descriptor."""
        values, known = self.scale(inputs["values"])
        if self.training and self.dropout:
            known = known & (torch.rand_like(values) >= self.dropout)
            values = values * known
        given = values.unsqueeze(-1) * self.slope + self.offset
        tokens = torch.where(known.unsqueeze(-1), given, self.missing)
        if self.context:
            tokens = tokens + self.together(torch.cat([values, known.to(values.dtype)], -1))[:, None]
        return Tokens(self.norm(tokens), inputs["mask"], (len(self.columns),))

    def labels(self, axis: str) -> list[str]:
        """Names of the descriptors kept."""
        return list(self.columns) if axis == "descriptor" else []


def _covariate(trial: Trial, name: str) -> float:
    value = getattr(trial, name) if name in COVARIATES else trial.covariates.get(name)
    try:
        return float("nan") if value is None else float(value)
    except (TypeError, ValueError):
        raise SkelgaitError(
            f"covariate {name!r} of trial {trial.name!r} is not a number", found=repr(value), do="give numbers, or leave it out"
        ) from None


def _read_table(table: Any) -> pd.DataFrame | None:
    if table is None:
        return None
    try:
        if isinstance(table, Mapping):
            read = pd.DataFrame(**table)
        else:
            read = table if isinstance(table, pd.DataFrame) else pd.read_csv(table, index_col=0)
    except (OSError, ValueError, TypeError) as error:
        raise SkelgaitError(
            "the table of descriptors cannot be read",
            found=f"{type(error).__name__}: {error}"[:120],
            expected="a DataFrame, a CSV, or its index, columns and data",
        ) from None
    named = read.set_axis(read.index.map(str), axis=0)
    twice = named.index[named.index.duplicated()]
    if len(twice) or named.columns.has_duplicates:
        raise SkelgaitError(
            "the table of descriptors has one name twice",
            found=str(twice[0]) if len(twice) else str(named.columns[named.columns.duplicated()][0]),
            expected="a row a trial, a column a descriptor",
        )
    return named
