"""What a page is about: everything measured on one subject on one occasion, gathered once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import SkelgaitError
from skelgait.core.norms import CurveNorm, Norms
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.alignment import align_measurements
from skelgait.gait.evgs import score_measurements
from skelgait.gait.evgs_total import evgs_total
from skelgait.gait.measure import Measurement, PlaneMeasurement
from skelgait.gait.norms import cited_norms
from skelgait.gait.patterns import find_patterns
from skelgait.gait.visit import estimate, measure_each, metres_per_leg, pool_visit, visit_values
from skelgait.report.norms import Norm, check_norms, norms_for
from skelgait.report.style import ANGLES
from skelgait.report.words import printable

if TYPE_CHECKING:
    import pandas as pd

PLANE_ORDER = ("sagittal", "frontal", "oblique")


@dataclass(frozen=True, eq=False)
class Recording:
    """One recording of a visit.

    Parameters
    ----------
    number : int
        From 1, in the order given.
    result : Measurement
        Of the trial it belongs to.
    measured : PlaneMeasurement
    video : str
        Path of its video; empty without one.
    """

    number: int
    result: Measurement
    measured: PlaneMeasurement
    video: str = ""

    @property
    def fingerprint(self) -> str:
        """Tells recordings apart without a name: a digest of the raw keypoints."""
        raw = self.measured.raw
        return hashlib.sha256(np.round(np.nan_to_num(raw.xy, nan=-1.0), 2).tobytes()).hexdigest()[:10]


@dataclass(frozen=True, eq=False)
class Visit:
    """A visit, measured.

    Parameters
    ----------
    pooled : Measurement
        Its descriptors, from the strides of all recordings; its trial is the first.
    recordings : tuple of Recording
        Side views first.
    scores, total, patterns, alignment : DataFrame
        From `score_evgs`, `evgs_total`, `find_patterns`, `knee_alignment`.
    norms : mapping of descriptor to (low, high, source)
    curve_norms : mapping of angle to CurveNorm
    failures : tuple of str
        Recordings that could not be measured, and why.
    identify : bool
        Whether names of recordings and files may be shown.
    """

    pooled: Measurement
    recordings: tuple[Recording, ...]
    scores: pd.DataFrame
    total: pd.DataFrame
    patterns: pd.DataFrame
    alignment: pd.DataFrame
    norms: Mapping[str, Norm]
    curve_norms: Mapping[str, CurveNorm]
    failures: tuple[str, ...] = ()
    identify: bool = False

    @property
    def trial(self) -> Trial:
        """The first trial: who walked."""
        return self.pooled.trial

    @property
    def planes(self) -> dict[str, list[Recording]]:
        """Recordings by plane, side views first."""
        return {p: [r for r in self.recordings if r.measured.plane == p] for p in PLANE_ORDER if p in self.seen}

    @property
    def unnamed(self) -> bool:
        """Whether what stands for the subject is the name of a file, and names may not be shown."""
        return not self.identify and any(self.trial.subject in _names_of(source) for r in self.recordings for source in _sources(r))

    @property
    def seen(self) -> set[str]:
        """The planes there are."""
        return {r.measured.plane for r in self.recordings}

    def conceal(self, text: str) -> str:
        """A sentence without the names of files and recordings, unless they may be shown."""
        if self.identify:
            return printable(text)
        names: dict[str, str] = {}
        for r in self.recordings:
            trial = r.result.trial
            for source in _sources(r):
                if source:
                    path = Path(source.split("#")[0])
                    names |= dict.fromkeys((source, str(path), path.name), "(file)")
            if trial.name != trial.subject or self.unnamed:
                names[trial.name] = "(recording)"
        for name in sorted(filter(None, names), key=len, reverse=True):
            # A name of a few letters is also a part of many words.
            whole = rf"(?<!\w){re.escape(name)}(?!\w)" if len(name) < 4 else re.escape(name)
            text = re.sub(whole, names[name], text)
        return printable(text)


def gather_visit(
    trials: Trial | Iterable[Trial],
    *,
    measurement: Measurement | Sequence[Measurement] | None = None,
    norms: Norms | Mapping[str, Norm] | None = None,
    identify: bool = False,
) -> Visit:
    """Measure a visit, unless that is done, and gather what its page shows.

    Parameters
    ----------
    trials : Trial or iterable of Trial
        Of one subject on one occasion.
    measurement : Measurement or sequence of Measurement, optional
        What `measure` gave for these trials.
    norms : Norms, or mapping of descriptor to (low, high, source), optional
        Your own; they come before the cited ones.
    identify : bool
        Whether names of recordings and files may be shown.

    Returns
    -------
    Visit

    Raises
    ------
    SkelgaitError
        No trial, trials of different subjects, none that has a pose or could be measured, or a norm that cannot be read.

    Examples
    --------
    >>> from skelgait.walker import Walker
    >>> visit = gather_visit(Trial("child07", Walker().film(fps=60, duration_s=4).pose, age_years=7))
    >>> len(visit.recordings), len(visit.scores), sorted(visit.planes)
    (1, 34, ['sagittal'])
    """
    if measurement is None:
        done, failures = measure_each(trials)
    else:
        done, failures = [measurement] if isinstance(measurement, Measurement) else list(measurement), []
    if len({m.trial.subject for m in done}) != 1:
        found = ", ".join(sorted({m.trial.subject for m in done}))
        raise SkelgaitError("a page is about the recordings of one subject", found=found or "none", do="write one page a subject")
    found_planes = [(m, plane) for m in done for plane in m.planes.values()]
    found_planes.sort(key=lambda pair: PLANE_ORDER.index(pair[1].plane))
    recordings = tuple(Recording(i + 1, m, plane, _video_of(m, plane)) for i, (m, plane) in enumerate(found_planes))
    scores = score_measurements(done, failures=failures)
    trial = done[0].trial
    own = norms if isinstance(norms, Norms) else None
    given = check_norms(norms) if norms and not isinstance(norms, Norms) else {}
    return Visit(
        pool_measurements(done),
        recordings,
        scores,
        evgs_total(scores),
        find_patterns(done, norms=own),
        align_measurements(done),
        {**norms_for(trial.age_years, trial.sex), **(_as_bands(own, trial) if own else {}), **given},
        _curve_norms(own, trial),
        tuple(failures),
        identify,
    )


def pool_measurements(done: Sequence[Measurement]) -> Measurement:
    """The descriptors of several measurements of a visit as one measurement; one stays as it is.

    Parameters
    ----------
    done : sequence of Measurement

    Returns
    -------
    Measurement
        Values and reasons as `visit_values` has them; a count is that of all strides behind a value; ``filled`` is the mean; a
        caution stays where every value behind it has one. ``planes`` has one recording a plane: look at the recordings themselves.
    """
    first = done[0]
    if len(done) == 1:
        return first
    values, reasons = visit_values(done)
    pooled = pool_visit(done)
    parts = estimate(pooled, tuple(np.ones((1, len(s.side))) for s in pooled.samples), metres_per_leg(done)).parts
    counts, filled, notes = {}, {}, {}
    for name, value in values.items():
        having = [m for m in done if isfinite(m.values.get(name, np.nan))]
        counts[name] = sum(parts[name]) if name in parts else sum(m.counts.get(name, 0) for m in having)
        shares = [m.filled[name] for m in having if isfinite(m.filled.get(name, np.nan))]
        filled[name] = float(np.mean(shares)) if shares else np.nan
        cautions = [m.notes.get(name, "") for m in having]
        if isfinite(value) and cautions and all(cautions):
            notes[name] = cautions[0]
    planes = {p: x for m in reversed(done) for p, x in m.planes.items()}
    return replace(first, planes=planes, values=values, reasons=reasons, counts=counts, filled=filled, notes=notes, failures={})


def _sources(r: Recording) -> list[str]:
    """The files a recording came from."""
    trial = r.result.trial
    known = [str(path) for path in trial.video.values()]
    for walk in trial.silhouettes.values():
        known += [walk.path or "", walk.source] if isinstance(walk, SilhouetteSequence) else [str(walk)]
    return [*known, r.measured.raw.source, *(pose.source for pose in trial.pose.values())]


def _names_of(source: str) -> set[str]:
    """What a subject that was not named may be called after a file: its name without the ending, or the part after a ``#``."""
    path, _, part = source.partition("#")
    return {name.split(".")[0] or name for name in (Path(path).name, part)} - {""}


def _video_of(m: Measurement, plane: PlaneMeasurement) -> str:
    return str(next((m.trial.video.get(filed, "") for filed, pose in m.trial.pose.items() if pose is plane.raw), ""))


def _as_bands(own: Norms, trial: Trial) -> dict[str, Norm]:
    bands = {}
    for name in dict.fromkeys(n.name for n in own.numbers):
        norm = own.number(name, trial.age_years, trial.sex)
        if norm is not None and isfinite(norm.low):
            for full in (name, *(f"{side}_{name}" for side in SIDES)):
                bands[full] = (norm.low, norm.high, norm.group.cited)
    return bands


def _curve_norms(own: Norms | None, trial: Trial) -> dict[str, CurveNorm]:
    found = {}
    for angle in ANGLES:
        curve = own.curve(angle, trial.age_years, trial.sex) if own else None
        curve = curve or cited_norms().curve(angle, trial.age_years, trial.sex)
        if curve is not None:
            found[angle] = curve
    return found
