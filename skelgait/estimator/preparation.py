"""Trials brought to what encoders take, once; the same trial is not prepared twice for the same encoder."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import Part, resolve_parts
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.encoders.base import Encoder, Sample

_KEPT: WeakKeyDictionary[Trial, dict[tuple[type, str], Sample]] = WeakKeyDictionary()
WORTH_A_BAR = 50


def prepare_trials(
    parts: Sequence[Part], encoders: Sequence[Encoder], trials: Sequence[Trial], *, progress: bool = False
) -> list[list[Sample]]:
    """Samples of every trial, one list an encoder.

    Parameters
    ----------
    parts : sequence of Part
        What the encoders were built from: the same settings prepare the same sample.
    encoders : sequence of Encoder
    trials : sequence of Trial
    progress : bool
        Show a bar when there are many.

    Raises
    ------
    SkelgaitError
        Something that is not a trial, or a trial that lacks what an encoder needs; the message names it.
    """
    # by the class, not its name: one that is written anew in a notebook has the same name
    keys = [
        (part.kind, settings_as_text({**part.settings, "table": getattr(encoder, "table", None)}))
        for part, encoder in zip(parts, encoders, strict=True)
    ]
    samples: list[list[Sample]] = [[] for _ in encoders]
    for trial in tqdm(trials, "preparing", unit="walk", disable=not progress or len(trials) < WORTH_A_BAR or None, leave=False):
        if not isinstance(trial, Trial):
            raise SkelgaitError(
                "a model takes a list of trials", found=type(trial).__name__, expected="sg.Trial", do="sg.read_trials('trials.csv')"
            )
        kept = _KEPT.setdefault(trial, {})
        for key, encoder, given in zip(keys, encoders, samples, strict=True):
            if key not in kept:
                kept[key] = encoder.prepare(trial)
            given.append(kept[key])
    return samples


def find_unanswerable(encoders: Sequence[Encoder], samples: Sequence[Sequence[Sample]]) -> dict[int, str]:
    """Walks that give no encoder anything to answer from.

    Parameters
    ----------
    encoders : sequence of Encoder
    samples : sequence of sequence of Sample
        One list an encoder, one sample a walk, as `prepare_trials` gives them.

    Returns
    -------
    dict of place to str
        What each of them lacks.
    """
    lacking = (
        [encoder.lacks(sample) for encoder, sample in zip(encoders, walk, strict=True)] for walk in zip(*samples, strict=True)
    )
    return {place: " and ".join(whys) for place, whys in enumerate(lacking) if all(whys)}


def warn_unanswerable(unanswerable: dict[int, str], trials: Sequence[Trial]) -> None:
    """Say which walks get no answer, and why."""
    if unanswerable:
        names = ", ".join(trials[place].name for place in list(unanswerable)[:3]) + (", ..." if len(unanswerable) > 3 else "")
        why = next(iter(unanswerable.values()))
        warnings.warn(f"no answer for {len(unanswerable)} of {len(trials)} walks ({names}): {why}", stacklevel=3)


def find_unfit(model: Any, trials: Sequence[Trial], *, progress: bool = False) -> dict[int, SkelgaitError]:
    """Walks that lack what a model looks at, before it learns from or answers about the others.

    Parameters
    ----------
    model : GaitClassifier
        Fitted or not. Of a recipe of several steps nothing is known beforehand.
    trials : sequence of Trial
    progress : bool
        Show a bar when there are many.

    Returns
    -------
    dict of place to SkelgaitError
        What each of them lacks.
    """
    if not hasattr(model, "encoders"):
        return {}
    parts = resolve_parts(deepcopy(model.encoders), ENCODERS, "encoder")
    encoders = list(model.network_.encoders) if hasattr(model, "network_") else [part.build() for part in parts]
    unfit = {}
    shown = tqdm(trials, "preparing", unit="walk", disable=not progress or len(trials) < WORTH_A_BAR or None, leave=False)
    for place, trial in enumerate(shown):
        try:
            samples = prepare_trials(parts, encoders, [trial])  # kept: the model does not do it again
        except SkelgaitError as error:
            unfit[place] = error
            continue
        for why in find_unanswerable(encoders, samples).values():
            do = "look at its page for the reasons: skelgait analyze"
            unfit[place] = SkelgaitError(f"nothing is known of walk {trial.name!r} that the model looks at", found=why, do=do)
    return unfit


def settings_as_text(settings: Any) -> str:
    """Settings as text that is the same for the same settings."""

    def plain(value: Any) -> Any:
        if isinstance(value, pd.DataFrame):
            return [list(map(str, value.columns)), int(pd.util.hash_pandas_object(value).sum())]
        if isinstance(value, np.ndarray):
            return value.tolist()
        return repr(value)

    return json.dumps(dict(settings), sort_keys=True, default=plain)
