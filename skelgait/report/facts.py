"""Who was measured, and how, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import skelgait
from skelgait.core.trial import Trial
from skelgait.report.words import ENGLISH, Texts, tidy, view_words

if TYPE_CHECKING:
    from skelgait.report.visit import Recording, Visit

# Steps of the measuring code, and the key of their words.
STEPS = (
    (re.compile(r"^clean\(cutoff_hz=(?P<n>[\d.]+)\)$"), "step.clean"),
    (re.compile(r"^resample\(fps=(?P<n>[\d.]+)\)$"), "step.resample"),
    (re.compile(r"^estimate_pose\((?P<n>\w+).*\)$"), "step.estimate"),
)
NOTES = ("sides", "angles", "n", "symmetry", "evgs", "names")


def about_subject(trial: Trial, *, texts: Texts = ENGLISH) -> str:
    """Age, sex and measures in one line.

    Examples
    --------
    >>> about_subject(Trial("child07", age_years=8 + 1 / 3, sex="female", height_m=1.283))
    '8.3 years · female · height 1.28 m'
    """
    parts = [texts("about.age", n=f"{trial.age_years:.1f}".removesuffix(".0"))] if trial.age_years is not None else []
    if trial.sex:
        parts.append(texts(f"about.{trial.sex}"))
    for key, value, decimals in (("height", trial.height_m, 2), ("leg_length", trial.leg_length_m, 2), ("mass", trial.mass_kg, 1)):
        if value is not None:
            shown = f"{value:.{decimals}f}"
            parts.append(texts(f"about.{key}", n=shown.removesuffix(".0") if decimals == 1 else shown))
    return " · ".join(parts) or texts("about.nothing")


def step_words(step: str, texts: Texts = ENGLISH) -> str:
    """What was done to a pose, in words.

    Examples
    --------
    >>> step_words("clean(cutoff_hz=6.6)"), step_words("mirror()")
    ('gaps filled, smoothed at 6.6 Hz', 'mirror()')
    """
    for pattern, key in STEPS:
        if found := pattern.match(step):
            return texts(key, n=found["n"])
    return step


def list_facts(visit: Visit, *, texts: Texts = ENGLISH) -> list[tuple[str, str]]:
    """What was done to each recording, and what the words and signs of the page mean.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of (name, text)
    """
    facts = [(texts("fact.recording", number=r.number), _of_recording(visit, r, texts)) for r in visit.recordings]
    facts += [(texts(f"fact.{key}.name"), texts(f"fact.{key}.text")) for key in NOTES]
    facts.append((texts("fact.software"), f"skelgait {skelgait.__version__}"))
    return facts


def _of_recording(visit: Visit, r: Recording, texts: Texts) -> str:
    m, pose = r.measured, r.measured.pose
    walks = [texts("fact.stretch", start=f"{pose.time_s[b.start]:.1f}", stop=f"{pose.time_s[b.stop - 1]:.1f}") for b in m.bouts]
    walking = ", ".join(walks) or texts("fact.no_bout")
    if any(b.treadmill for b in m.bouts):
        walking += " " + texts("fact.treadmill")
    done = "; ".join(step_words(step, texts) for step in pose.steps)
    parts = [
        texts("fact.view", view="; ".join(filter(None, (view_words(m, texts), tidy(m.view.reason, texts))))),
        texts("fact.keypoints", layout=pose.skeleton.name, n=len(pose.skeleton)),
        texts("fact.cleaning", steps=done or texts("fact.nothing")),
        texts("fact.walking", walks=walking),
    ]
    if len(m.events):
        method = texts(f"method.{m.events.method}") if f"method.{m.events.method}" in texts else m.events.method
        parts.append(texts("fact.events", n=len(m.events), method=method))
    if visit.identify and m.raw.source:
        parts.append(texts("fact.file", path=m.raw.source))
    return visit.conceal(". ".join(part.rstrip(".") for part in parts)) + "."
