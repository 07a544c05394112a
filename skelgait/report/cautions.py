"""What a reader must know before the numbers: sides that are not sure, recordings that tell nothing, much that was mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from skelgait.report.numbers import percent
from skelgait.report.quality import read_legs
from skelgait.report.words import ENGLISH, Texts, sentence, tidy, view_words

if TYPE_CHECKING:
    from skelgait.report.visit import Recording, Visit

# Below this the sides are said to be doubtful; above these shares of the frames of walking a recording is.
SURE, MOST_PUT_BACK, MOST_FILLED, MOST_UNSEEN = 0.9, 0.2, 0.3, 0.2
FEWEST_STRIDES = 3  # of a leg, in the whole visit


def find_cautions(visit: Visit, *, texts: Texts = ENGLISH) -> list[str]:
    """What stands above the numbers, in sentences; empty where nothing speaks against them.

    Parameters
    ----------
    visit : Visit
    texts : Texts

    Returns
    -------
    list of str
        Of recordings that failed, then of each recording in order, then of the visit.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.report.visit import gather_visit
    >>> from skelgait.walker import Walker
    >>> find_cautions(gather_visit(Trial("child07", Walker().film(fps=60, duration_s=5).pose)))
    []
    """
    lines = [texts("remark.failed", why=sentence(visit.conceal(why), texts)) for why in visit.failures]
    for m in dict.fromkeys(r.result for r in visit.recordings):
        for plane, why in m.failures.items():
            lines.append(texts("remark.plane_failed", plane=texts(f"plane.{plane}"), why=sentence(visit.conceal(why), texts)))
    for r in visit.recordings:
        lines += [texts("remark.note", number=r.number, note=said) for said in _of_recording(visit, r, texts)]
    strides = {s: sum(int((r.measured.strides.side == s).sum()) for r in visit.recordings) for s in ("left", "right")}
    if sum(strides.values()) > 0 and min(strides.values()) < FEWEST_STRIDES:
        lines.append(texts("caution.few", left=strides["left"], right=strides["right"]))
    return lines


def _of_recording(visit: Visit, r: Recording, texts: Texts) -> list[str]:
    m = r.measured
    if m.plane == "oblique":
        return [texts("caution.oblique", why=tidy(m.view.reason or view_words(m, texts), texts))]
    said = [sentence(visit.conceal(why), texts) for why in dict.fromkeys(m.withheld.values())]
    if len(m.events) == 0:
        return [*said, texts("caution.no_contact")]
    reading = read_legs(m)
    if np.isfinite(reading.sure) and reading.sure < SURE:
        said.append(texts("caution.sides", p=percent(reading.sure)))
    elif reading.told_by == "names":
        said.append(texts("caution.names"))
    for what, most in (("put_back", MOST_PUT_BACK), ("filled", MOST_FILLED), ("unseen", MOST_UNSEEN)):
        n = getattr(reading, what)
        if n > most * reading.frames:
            said.append(texts(f"caution.{what}", n=n, of=reading.frames))
    return said
