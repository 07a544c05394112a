"""Trials brought to what encoders take, once; the same trial is not prepared twice for the same encoder."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from skelgait.core.errors import SkelgaitError
from skelgait.core.parts import Part, resolve_parts
from skelgait.core.task import Task
from skelgait.core.trial import Trial
from skelgait.encoders import ENCODERS
from skelgait.encoders.base import Encoder, Sample

_KEPT: WeakKeyDictionary[Trial, dict[tuple[type, str], Sample]] = WeakKeyDictionary()
WORTH_A_BAR = 50


def prepare_trials(
    parts: Sequence[Part],
    encoders: Sequence[Encoder],
    trials: Sequence[Trial],
    *,
    progress: bool = False,
    may_lack: bool = False,
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
    may_lack : bool
        A trial may lack the plane an encoder looks at, if it has that of another: its sample is then empty.

    Raises
    ------
    SkelgaitError
        Something that is not a trial, or a trial that lacks what an encoder needs or differs in kind from what it learnt from; the
        message names it.
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
        missing = [may_lack and bool(encoder.not_filmed(trial)) for encoder in encoders]
        for key, encoder, given, lacks in zip(keys, encoders, samples, missing, strict=True):
            if lacks and not all(missing):
                given.append({})
                continue
            if key not in kept:
                kept[key] = encoder.prepare(trial)
            encoder.check(kept[key], trial)
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
    lacking = (_lacking(encoders, walk) for walk in zip(*samples, strict=True))
    return {place: " and ".join(whys) for place, whys in enumerate(lacking) if all(whys)}


def find_unseen_items(encoders: Sequence[Encoder], samples: Sequence[Sequence[Sample]], sees: np.ndarray) -> dict[int, np.ndarray]:
    """Items of which no encoder that may tell of them saw anything.

    Parameters
    ----------
    encoders : sequence of Encoder
    samples : sequence of sequence of Sample
        As for `find_unanswerable`.
    sees : (S, I) bool
        Which of the S encoders tell of which item.

    Returns
    -------
    dict of place to (I,) bool
        The walks that have such items, and which.
    """
    unseen = {}
    for place, walk in enumerate(zip(*samples, strict=True)):
        tells = ~np.array([bool(why) for why in _lacking(encoders, walk)])
        items = ~(sees & tells[:, None]).any(0)
        if items.any():
            unseen[place] = items
    return unseen


def _lacking(encoders: Sequence[Encoder], walk: Sequence[Sample]) -> list[str]:
    """What each encoder lacks of a walk; empty where it can tell something."""
    return [
        encoder.lacks(sample) if sample else f"nothing from the {getattr(encoder, 'plane', 'other')} plane"
        for encoder, sample in zip(encoders, walk, strict=True)
    ]


def warn_unanswerable(unanswerable: dict[int, str], trials: Sequence[Trial]) -> None:
    """Say which walks get no answer, and why."""
    if unanswerable:
        why = next(iter(unanswerable.values()))
        warnings.warn(
            f"no answer for {len(unanswerable)} of {len(trials)} walks ({_some(unanswerable, trials)}): {why}", stacklevel=3
        )


def warn_unseen(unseen: dict[int, np.ndarray], trials: Sequence[Trial], task: Task) -> None:
    """Say which walks get no answer to some items, and from which plane those are seen."""
    if unseen:
        items = np.any(list(unseen.values()), 0)
        planes = sorted({task.planes[i] for i in np.flatnonzero(items) if task.planes})
        what = f"the {' and the '.join(planes)} plane" if planes else "what tells of them"
        warnings.warn(
            f"no answer to {items.sum()} of {task.n_items} items for {len(unseen)} of {len(trials)} walks "
            f"({_some(unseen, trials)}): they are seen from {what}, and nothing was",
            stacklevel=3,
        )


def warn_untaught(taught: np.ndarray, task: Task) -> None:
    """Say which items are not answered because nobody's answer was there to learn from."""
    if not taught.all():
        names = [task.items[i] for i in np.flatnonzero(~taught)]
        warnings.warn(
            f"no answer to {len(names)} of {task.n_items} items that no training walk had an answer to: "
            f"{', '.join(names[:3])}{', ...' if len(names) > 3 else ''}",
            stacklevel=3,
        )


def _some(places: Mapping[int, Any], trials: Sequence[Trial]) -> str:
    return ", ".join(trials[place].name for place in list(places)[:3]) + (", ..." if len(places) > 3 else "")


def find_clips(model: Any) -> dict[str, dict[str, Any]]:
    """Which clips of video a model looks at, and how they are to be cut.

    Parameters
    ----------
    model : GaitClassifier
        Fitted or not. Of a recipe of several steps nothing is known beforehand.

    Returns
    -------
    dict of plane to dict
        Settings of `sg.extract_clip`: as the clips learnt from were cut, where that is known; else the channels looked at, 1 where
        brightness is all that is taken. Empty where no clip is looked at.
    """
    found: dict[str, dict[str, Any]] = {}
    seeing: list[Any] = [one for one in build_encoders(model)[1] if one.inputs == "video"] if hasattr(model, "encoders") else []
    for one in seeing:
        given = found.setdefault(one.plane, {"channels": 1})
        given["channels"] = max(given["channels"], one.channels)
    for one in seeing:
        found[one.plane] |= getattr(one, "clips_cut", {})
    return found


def build_encoders(model: Any) -> tuple[list[Part], list[Encoder]]:
    """A model's encoders as it names them, and built: its own where it is fitted."""
    parts = resolve_parts(deepcopy(model.encoders), ENCODERS, "encoder")
    return parts, list(model.network_.encoders) if hasattr(model, "network_") else [part.build() for part in parts]


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
    parts, encoders = build_encoders(model)
    unfit = {}
    shown = tqdm(trials, "preparing", unit="walk", disable=not progress or len(trials) < WORTH_A_BAR or None, leave=False)
    for place, trial in enumerate(shown):
        try:
            samples = prepare_trials(parts, encoders, [trial], may_lack=getattr(model, "by_plane", False))  # kept: not done again
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
