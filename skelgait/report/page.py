"""One self-contained page a visit: what was measured, what it means, how well, and what was refused."""

from __future__ import annotations

import base64
import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import skelgait
from skelgait.core.norms import Norms
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement
from skelgait.io.atomic import new_file
from skelgait.report.ages import beyond_limits
from skelgait.report.cautions import find_cautions
from skelgait.report.embed import Drawings, draw_visit
from skelgait.report.evgs_sheet import build_sheet
from skelgait.report.facts import about_subject, list_facts
from skelgait.report.findings import build_knees, build_patterns, why_not_assessable
from skelgait.report.glance import build_supports, build_tiles
from skelgait.report.norms import Norm
from skelgait.report.numbers import NOTHING
from skelgait.report.player import player_json
from skelgait.report.quality import quality_notes, quality_rows
from skelgait.report.refused import group_refused
from skelgait.report.summary import summarise_visit
from skelgait.report.tables import build_tables
from skelgait.report.variability import build_variability
from skelgait.report.visit import Recording, Visit, gather_visit
from skelgait.report.words import ENGLISH, Texts, printable, read_texts, sentence, tidy, view_words

if TYPE_CHECKING:
    from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"
SCRIPTS = ("player_drawing.js", "player_film.js", "player.js")
LONGEST = 48  # letters of the subject at the foot of every printed page


def report(
    trials: Trial | Iterable[Trial],
    to: str | Path,
    *,
    norms: Norms | Mapping[str, Norm] | None = None,
    measurement: Measurement | Sequence[Measurement] | None = None,
    faces: bool = False,
    identify: bool = False,
    clips: bool = True,
    language: str = "en",
) -> Path:
    """Write one self-contained HTML page about a visit.

    Parameters
    ----------
    trials : Trial or iterable of Trial
        A walk, or all recordings of one subject on one occasion: from the left, the right, the front, the back.
    to : path
        The ``.html`` file to write. An older one is replaced once the new one is complete.
    norms : Norms, or mapping of descriptor to (low, high, source), optional
        Your own norms, from `read_norms` or by hand: a descriptor's name with or without its side. They come before the cited ones.
    measurement : Measurement or sequence of Measurement, optional
        What `measure` gave for these trials, where you have it already.
    faces : bool
        Show video frames as they are. By default only the walker's body below the neck stays sharp; see `hide_faces`.
    identify : bool
        Show the names of files and recordings, and the subject in the title of the document. By default the page calls recordings
        by number, view and a digest of their keypoints.
    clips : bool
        Keep a small clip of each recording's video in the page, for the player.
    language : str
        Of the page: one of the package, or the path of your own table of texts; see `read_texts`.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    SkelgaitError
        The trials have no pose, are of different subjects, no plane of them could be measured, a norm cannot be read, or there are
        no texts in the language.
    FileError
        The folder of ``to`` does not exist or cannot be written to.

    Notes
    -----
    The page asks nothing of the network: style, pictures and player are inside, and it forbids the browser to load anything else.

    *Who it is about.* ``trial.subject`` heads the page, as it is given: a page that cannot be told from another child's is a
    danger. Give a code, not a name. Where the subject is only the name of a file (nobody was named), "Walker" and a digest of the
    keypoints stand in its place, unless ``identify``. The subject is not in the document's title, which browsers show in their
    history and take for the name of a PDF; no file is ever named after it.

    *Pictures.* Where `trial.video` has the recording (and PyAV is installed) the frames at foot contact and in mid-stance are shown
    with the skeleton drawn on them, else stick figures; and the player shows a small clip of it that follows the walker: together
    at most 3.2 MB, without sound.

    A quantity without a cited norm says "no norm".

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> trial = Trial("child07", Walker(cadence_spm=120).film(fps=60, duration_s=5).pose, age_years=7)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = report(trial, folder + "/visit.html").read_text(encoding="utf8")
    >>> "child07" in page, "not a medical device" in page
    (True, True)
    """
    to = Path(to)
    texts = read_texts(language)
    visit = gather_visit(trials, measurement=measurement, norms=norms, identify=identify)
    write_page(to, render(visit, draw_visit(visit, faces=faces, clips=clips, texts=texts), texts=texts))
    return to


def write_page(to: Path, text: str) -> None:
    """Write a page whole or not at all."""
    with new_file(to) as temporary:
        temporary.write_text(text, encoding="utf8")


def render(visit: Visit, drawings: Drawings, *, texts: Texts = ENGLISH) -> str:
    """The page as text.

    Parameters
    ----------
    visit : Visit
    drawings : Drawings
        What `draw_visit` gave.
    texts : Texts

    Returns
    -------
    str
        HTML; whatever came from outside (names, files, reasons) is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    visit = _concealed(visit)
    result = visit.pooled
    cautions = find_cautions(visit, texts=texts)
    variability = build_variability(result, texts=texts)
    tables, sources = build_tables(result, visit.norms, texts=texts)
    refused = group_refused(result, texts=texts)
    patterns, findings, pattern_sources = build_patterns(visit, texts=texts)
    script = "\n".join(('"use strict";', *((TEMPLATES / name).read_text(encoding="utf8") for name in SCRIPTS)))
    subject = texts("page.no_code", digest=visit.recordings[0].fingerprint[:6]) if visit.unnamed else visit.trial.subject
    subject = " ".join(printable(subject).split()) or "–"
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    today = texts("date", day=datetime.date.today().day, month=texts.parts("months")[datetime.date.today().month - 1],
                  year=datetime.date.today().year)  # fmt: skip
    text = environment.get_template("report.html.jinja2").render(
        t=texts,
        style=_inside((TEMPLATES / "report.css").read_text(encoding="utf8")),
        script=_inside("\n" + script),
        script_digest=digest("\n" + script),
        player=_inside(player_json(visit, drawings.clips, texts=texts)),
        version=skelgait.__version__,
        date=today,
        title=f"{texts('page.title')}: {subject}" if visit.identify else f"{texts('page.title')}, {today}",
        subject=subject,
        running=_css_string(subject if len(subject) <= LONGEST else subject[: LONGEST - 1] + "…"),
        running_rest=_css_string("  ·  " + texts("page.running", date=today, version=skelgait.__version__)),
        about=about_subject(visit.trial, texts=texts),
        summary=summarise_visit(visit, texts=texts),
        tiles=build_tiles(result, texts=texts),
        sheet=build_sheet(visit.scores, visit.total, texts=texts),
        patterns=patterns,
        judged=any(status != "unknown" for pattern in patterns for status in (pattern.left[0], pattern.right[0])),
        not_assessable=why_not_assessable(visit, texts=texts),
        other_age={what: _other_age(visit, what, texts) for what in ("evgs", "patterns")},
        patterns_why=_commonest(visit.patterns["reason"], visit, texts),
        findings=findings,
        pattern_sources=pattern_sources,
        knees=build_knees(visit, texts=texts),
        axis=tidy(visit.alignment.attrs.get("axis", ""), texts),
        drawings=drawings,
        planes=list(visit.planes),
        tables=tables,
        variability=variability,
        relative=any(row[4] != NOTHING for row in variability),
        norm_sources=sources,
        supports=build_supports(result, texts=texts),
        recordings=[_recording(visit, r, drawings, texts) for r in visit.recordings],
        cautions=cautions,
        remarks=_remarks(visit, cautions, texts),
        refused=[{"reason": visit.conceal(reason), "names": names} for reason, names in refused],
        compared=any(table.normed for table in tables),
        no_norms=texts("norms.no_age" if visit.trial.age_years is None else "norms.none"),
        refused_count=int(sum(not np.isfinite(result.values.get(d.name, np.nan)) for d in DESCRIPTORS)),
        descriptor_count=len(DESCRIPTORS),
        facts=list_facts(visit, texts=texts),
    )
    return printable(text)


def _concealed(visit: Visit) -> Visit:
    """The visit with no name in any of its reasons and notes, unless names may be shown."""
    told = {text: visit.conceal(text) for text in {*visit.pooled.reasons.values(), *visit.pooled.notes.values()}}
    reasons, notes = ({name: told[text] for name, text in own.items()} for own in (visit.pooled.reasons, visit.pooled.notes))
    scores = visit.scores.assign(reason=[visit.conceal(str(reason)) for reason in visit.scores["reason"]])
    return replace(visit, pooled=replace(visit.pooled, reasons=reasons, notes=notes), scores=scores)


def _inside(text: str) -> Markup:
    from markupsafe import Markup

    return Markup(text)


def digest(script: str) -> str:
    """Of a script, as a policy names it."""
    return base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")


def _recording(visit: Visit, r: Recording, drawings: Drawings, texts: Texts) -> dict[str, Any]:
    m, raw = r.measured, r.measured.raw
    name = Path(raw.source.split("#")[0]).name or texts("recording.memory") if visit.identify else r.fingerprint
    if visit.identify and r.result.trial.name != visit.trial.subject:
        name = f"{r.result.trial.name}: {name}"
    return {
        "number": r.number,
        "view": view_words(m, texts),
        "name": name,
        "frames": f"{raw.n_frames:,}".replace(",", " "),
        "duration": f"{raw.duration_s:.1f} s",
        "fps": f"{raw.fps:g} /s",
        "strides": {side: int((m.strides.side == side).sum()) for side in SIDES},
        "drawings": drawings.recordings.get(r.number, ()),
        "quality": quality_rows(m, texts=texts),
        "quality_notes": quality_notes(m, texts=texts),
    }


def _remarks(visit: Visit, cautions: list[str], texts: Texts) -> list[str]:
    """What is to be said of the recordings beside the cautions."""
    said = [
        texts("remark.note", number=r.number, note=sentence(visit.conceal(note), texts))
        for r in visit.recordings
        for note in r.measured.notes
    ]
    return [line for line in said if line not in cautions]


def _other_age(visit: Visit, what: str, texts: Texts) -> str:
    """That limits are of children, where the subject is not one or may not be."""
    age = beyond_limits(visit.trial.age_years)
    if not age:
        return ""
    return texts(f"{what}.no_age") if age == "no_age" else texts(f"{what}.age", age=f"{visit.trial.age_years:.3g}")


def _commonest(reasons: Iterable[str], visit: Visit, texts: Texts) -> str:
    """The commonest of several reasons, without a full stop."""
    known = Counter(str(reason) for reason in reasons if reason)
    return tidy(visit.conceal(known.most_common(1)[0][0]), texts).rstrip(".") if known else texts("refused.no_reason")


def _css_string(text: str) -> Markup:
    """A text as a string of CSS in which nothing has a meaning but its letters."""
    return _inside('"' + "".join(c if c.isascii() and c.isalnum() else f"\\{ord(c):06x}" for c in text) + '"')
