"""What a reader must know before the numbers: what was weak about the recordings, and which numbers that touches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.skeleton import SIDES
from skelgait.gait.evgs import FAR_LEG_ERROR
from skelgait.gait.pattern_measures import FEET
from skelgait.report.ages import beyond_limits
from skelgait.report.numbers import percent
from skelgait.report.quality import read_legs, unsure_points
from skelgait.report.words import ENGLISH, Texts, sentence, tidy, view_words
from skelgait.tasks.patterns import pattern_measures, pattern_rules

if TYPE_CHECKING:
    from skelgait.report.visit import Recording, Visit

# Below this the sides are said to be doubtful; above these shares of the frames of walking a recording is.
SURE, MOST_PUT_BACK, MOST_FILLED, MOST_UNSEEN = 0.9, 0.2, 0.3, 0.2
FEWEST_STRIDES = 3  # of a leg, in the whole visit
SLOWEST_SPM, FASTEST_SPM = 55, 215  # children to 200; beyond, the frame rate is rather wrong
SLOWEST_FPS = 30.5  # a camera of "30 frames a second" is a coarse clock
# From what makes all numbers doubtful to what touches a few.
HARM = (
    *("failed", "view", "withheld", "oblique", "no_contact", "rate", "sides", "names", "put_back", "unseen", "few", "unsure"),
    *("borrowed", "far", "filled", "fps", "age"),
)


def find_cautions(visit: Visit, *, texts: Texts = ENGLISH) -> list[str]:
    """What stands above the numbers, in sentences; empty where nothing speaks against them.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of str
        The most harmful first; each says which numbers it touches.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.report.visit import gather_visit
    >>> from skelgait.walker import Camera, Walker
    >>> sides = [Walker().film(Camera(view=f"sagittal_{side}"), fps=60, duration_s=5).pose for side in ("left", "right")]
    >>> find_cautions(gather_visit([Trial("child07", pose) for pose in sides]))
    []
    >>> find_cautions(gather_visit(Trial("child07", sides[0])))[0][:64]
    'Filmed from one side only: the right leg was the far one and was'
    """
    found = [("failed", texts("remark.failed", why=sentence(visit.conceal(why), texts))) for why in visit.failures]
    for m in dict.fromkeys(r.result for r in visit.recordings):
        for plane, why in m.failures.items():
            said = texts("remark.plane_failed", plane=texts(f"plane.{plane}"), why=sentence(visit.conceal(why), texts))
            found.append(("failed", said))
    for r in visit.recordings:
        found += [(what, texts("remark.note", number=r.number, note=said)) for what, said in _of_recording(visit, r, texts)]
    found += _of_visit(visit, texts)
    found.sort(key=lambda pair: HARM.index(pair[0]))
    return [said for _, said in found]


def _of_recording(visit: Visit, r: Recording, texts: Texts) -> list[tuple[str, str]]:
    m = r.measured
    if m.plane == "oblique":
        return [("oblique", texts("caution.oblique", why=tidy(m.view.reason or view_words(m, texts), texts)))]
    said = [("withheld", sentence(visit.conceal(why), texts)) for why in dict.fromkeys(m.withheld.values())]
    said += [("view", sentence(visit.conceal(note), texts)) for note in m.notes if len(m.strides) and "it was given as" in note]
    if len(m.events) == 0:
        why = visit.conceal(tidy(m.view.reason, texts)).rstrip(".") if m.view.view is None else ""
        return [*said, ("no_contact", texts("caution.nothing", why=why) if why else texts("caution.no_contact"))]
    if len(m.strides) == 0:
        said.append(("no_contact", texts("caution.no_stride")))
    else:
        cadence = 120 / float(np.median(m.strides.stop_s - m.strides.start_s))
        if not SLOWEST_SPM <= cadence <= FASTEST_SPM:
            said.append(("rate", texts("caution.rate", cadence=f"{cadence:.0f}", fps=f"{m.raw.fps:.3g}")))
    reading = read_legs(m)
    if np.isfinite(reading.sure) and reading.sure < SURE:
        said.append(("sides", texts("caution.sides", p=percent(reading.sure))))
    elif reading.told_by == "names":
        said.append(("names", texts("caution.names")))
    for what, most in (("put_back", MOST_PUT_BACK), ("filled", MOST_FILLED), ("unseen", MOST_UNSEEN)):
        n = getattr(reading, what)
        if n > most * reading.frames:
            said.append((what, texts(f"caution.{what}", n=n, of=reading.frames)))
    points = unsure_points(m)
    if points:
        words = [
            texts("point.of_side", side=texts(f"side.{p.split('_')[0]}"), point=texts(f"point.{p.split('_')[1]}")) for p in points
        ]
        said.append(("unsure", texts("caution.unsure", points=", ".join(words))))
    if m.raw.fps <= SLOWEST_FPS:
        one, two = (f"{1000 / (m.raw.fps * np.sqrt(n)):.0f}" for n in (12, 6))
        said.append(("fps", texts("caution.fps", fps=f"{m.raw.fps:.3g}", event=one, interval=two)))
    return said


def _of_visit(visit: Visit, texts: Texts) -> list[tuple[str, str]]:
    said = []
    strides = {s: sum(int((r.measured.strides.side == s).sum()) for r in visit.recordings) for s in SIDES}
    if sum(strides.values()) > 0 and min(strides.values()) < FEWEST_STRIDES:
        said.append(("few", texts("caution.few", left=strides["left"], right=strides["right"])))
    borrowed = [side for side in SIDES if _is_borrowed(visit, side)]
    if borrowed:
        said.append(("borrowed", texts("caution.borrowed", legs=_legs(borrowed, texts))))
    near = {r.measured.pose.view for r in visit.recordings if r.measured.plane == "sagittal" and len(r.measured.strides)}
    if len(near) == 1 and (view := str(near.pop())) in ("sagittal_left", "sagittal_right"):
        far = "right" if view.endswith("left") else "left"
        said.append(("far", texts("caution.far", side=texts(f"side.{far}"), times=f"{FAR_LEG_ERROR:g}")))
    if sum(strides.values()) > 0 and beyond_limits(visit.trial.age_years) in ("adult", "infant"):
        said.append(("age", texts("caution.age", age=f"{visit.trial.age_years:.3g}")))
    return said


def _is_borrowed(visit: Visit, side: str) -> bool:
    """Whether the ankle of a leg, or a pattern that rests on it, lacks a zero of its own in all recordings."""
    measures = pattern_measures()
    resting = [name for name, rule in pattern_rules().items() if any(measures[c.measure].zero == "foot" for c in rule.criteria)]
    own = visit.patterns[(visit.patterns["side"] == side) & visit.patterns["pattern"].isin(resting)]["reason"].astype(str)
    lent = any(note and own.str.contains(note, regex=False).any() for note, _ in FEET)
    return lent or "never flat" in visit.pooled.reasons.get(f"{side}_ankle_dorsiflexion_max_stance_deg", "")


def _legs(sides: list[str], texts: Texts) -> str:
    return texts("side.both_legs") if len(sides) > 1 else texts("caution.leg", side=texts(f"side.{sides[0]}"))
