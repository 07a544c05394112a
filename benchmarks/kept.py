"""Trainings side by side, whose answers are kept: a study of many may be killed and goes on with what it has."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from joblib import Memory, Parallel, delayed


def all_answers(
    teach: Callable[..., Any], runs: Iterable[tuple[Any, ...]], folder: str, jobs: int, given: Sequence[str]
) -> list[Any]:
    """What ``teach`` says of each run, from the folder where it said it already; ``given`` names what does not tell runs apart."""
    kept = Memory(str(Path(folder) / "answers"), verbose=0).cache(teach, ignore=list(given))
    return Parallel(n_jobs=jobs)(delayed(kept)(*run) for run in runs)


def matters(told: argparse.Namespace, **more: Any) -> argparse.Namespace:
    """The options that an answer depends on, and what else it does."""
    return argparse.Namespace(**{n: value for n, value in vars(told).items() if n not in ("jobs", "kept", "seeds")}, **more)
