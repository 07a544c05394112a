"""One self-contained page a walk: what was measured, how well, and what was refused."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import skelgait
from skelgait.core.errors import SkelgaitError
from skelgait.core.skeleton import SIDES
from skelgait.core.trial import Trial
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, PlaneMeasurement, measure
from skelgait.io.atomic import new_file
from skelgait.report.embed import Drawing, draw_plane, quality_notes, quality_rows
from skelgait.report.glance import build_supports, build_tiles
from skelgait.report.norms import Norm, check_norms, norms_for
from skelgait.report.tables import build_tables, build_variability, group_refused

TEMPLATES = Path(__file__).parent / "templates"
VIEW_WORDS: Mapping[str, str] = {
    "sagittal_left": "side, left near",
    "sagittal_right": "side, right near",
    "sagittal": "side",
    "frontal_towards": "front",
    "frontal_away": "behind",
    "frontal": "front or behind",
    "oblique": "at an angle",
}
PLANE_WORDS: Mapping[str, str] = {"sagittal": "Side view", "frontal": "Front view", "oblique": "View at an angle"}


def report(
    trial: Trial, to: str | Path, *, norms: Mapping[str, Norm] | None = None, measurement: Measurement | None = None
) -> Path:
    """Write one self-contained HTML page about a walk.

    Parameters
    ----------
    trial : Trial
        The walk.
    to : path
        The ``.html`` file to write. An older one is replaced once the new one is complete.
    norms : mapping of descriptor to (low, high, source), optional
        Your own norms, by a descriptor's name with or without its side. They come before the few cited ones the page knows.
    measurement : Measurement, optional
        What `measure` gave for this trial, where you have it already.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    SkelgaitError
        The trial has no pose, no plane of it could be measured, or a norm is not (low, high, source).
    FileError
        The folder of ``to`` does not exist or cannot be written to.

    Notes
    -----
    The page asks nothing of the network: style and pictures are inside. Where `trial.video` has the recording (and PyAV
    is installed) the frames at foot contact are shown with the skeleton drawn on them, else stick figures. A quantity
    without a cited norm says "no norm".

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.walker import Walker
    >>> trial = Trial("child07", Walker(cadence_spm=120).film(fps=60, duration_s=5).pose, age_years=7)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = report(trial, folder + "/child07.html").read_text(encoding="utf8")
    >>> "child07" in page, "not a medical device" in page
    (True, True)
    """
    to = Path(to)
    own = check_norms(norms or {})
    result = measured(trial) if measurement is None else measurement
    text = render(result, {**norms_for(trial.age_years), **own}, {p: draw_plane(result, m) for p, m in result.planes.items()})
    with new_file(to) as temporary:
        temporary.write_text(text, encoding="utf8")
    return to


def measured(trial: Trial) -> Measurement:
    """What `measure` gives for a trial that has a pose.

    Raises
    ------
    SkelgaitError
        The trial has no pose, or none that can be measured.
    """
    if not trial.pose:
        raise SkelgaitError(
            f"trial {trial.name!r} has no pose",
            found="a video" if trial.video else "nothing",
            do="read one with sg.read_pose(path) or estimate it with sg.estimate_pose(video)",
        )
    return measure(trial)


def render(result: Measurement, norms: Mapping[str, Norm], drawings: Mapping[str, Sequence[Drawing]]) -> str:
    """The page as text.

    Parameters
    ----------
    result : Measurement
    norms : mapping of descriptor to (low, high, source)
    drawings : mapping of plane to sequence of Drawing
        What `draw_plane` gave for each plane.

    Returns
    -------
    str
        HTML; whatever came from outside (names, files, reasons) is escaped.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    planes = dict(sorted(result.planes.items(), key=lambda item: list(PLANE_WORDS).index(item[0])))
    tables, sources = build_tables(result, norms)
    refused = group_refused(result)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("report.html.jinja2").render(
        style=_style(),
        version=skelgait.__version__,
        date=f"{datetime.date.today():%d %B %Y}".lstrip("0"),
        title=result.trial.name,
        about=_about(result.trial),
        tiles=build_tiles(result),
        supports=build_supports(result),
        recordings=[_recording(m) for m in planes.values()],
        remarks=_remarks(result),
        tables=tables,
        variability=build_variability(result),
        norm_sources=sources,
        planes=[
            {
                "title": PLANE_WORDS.get(plane, plane),
                "drawings": drawings.get(plane, ()),
                "quality": quality_rows(m),
                "quality_notes": quality_notes(m),
            }
            for plane, m in planes.items()
        ],
        refused=[{"reason": reason, "names": names} for reason, names in refused],
        refused_count=int(sum(not np.isfinite(result.values.get(d.name, np.nan)) for d in DESCRIPTORS)),
        descriptor_count=len(DESCRIPTORS),
        facts=_facts(result),
    )


def _style() -> Any:
    from markupsafe import Markup

    return Markup((TEMPLATES / "report.css").read_text(encoding="utf8"))


def _about(trial: Trial) -> str:
    parts = [f"subject {trial.subject}"] if trial.name != trial.subject else []
    if trial.age_years is not None:
        parts.append(f"{trial.age_years:g} years")
    if trial.sex:
        parts.append(trial.sex)
    for value, words in (
        (trial.height_m, "height {:.2f} m"),
        (trial.leg_length_m, "leg length {:.2f} m"),
        (trial.mass_kg, "{:g} kg"),
    ):
        if value is not None:
            parts.append(words.format(value))
    return " · ".join(parts) or "age and height not given"


def _recording(m: PlaneMeasurement) -> dict[str, Any]:
    pose = m.raw
    strides = {side: int((m.strides.side == side).sum()) for side in SIDES}
    return {
        "view": VIEW_WORDS.get(m.pose.view or "", "unknown"),
        "file": Path(pose.source).name or "from memory",
        "frames": f"{pose.n_frames:,}".replace(",", " "),
        "duration": f"{pose.duration_s:.1f} s",
        "fps": f"{pose.fps:g} /s",
        "strides": strides,
    }


def _remarks(result: Measurement) -> list[str]:
    lines = [f"{PLANE_WORDS.get(plane, plane)}: not measured. {why}" for plane, why in result.failures.items()]
    for plane, m in result.planes.items():
        lines += [f"{PLANE_WORDS.get(plane, plane)}: {note}." for note in (n.rstrip(".") for n in m.notes)]
        if len(m.events) == 0:
            lines.append(
                f"{PLANE_WORDS.get(plane, plane)}: no foot contact was found, so nothing that needs steps could be measured."
            )
    return lines


def _facts(result: Measurement) -> list[tuple[str, str]]:
    facts = []
    for plane, m in result.planes.items():
        pose, where = m.pose, PLANE_WORDS.get(plane, plane)
        facts.append((f"{where}: view", f"{VIEW_WORDS.get(pose.view or '', 'unknown')}; {m.view.reason}".rstrip("; ")))
        facts.append((f"{where}: keypoints", f"{pose.skeleton.name}, {len(pose.skeleton)} points, from {m.raw.source or 'memory'}"))
        facts.append((f"{where}: cleaning", "; ".join(pose.steps) or "none"))
        walks = [f"{pose.time_s[b.start]:.1f}–{pose.time_s[b.stop - 1]:.1f} s" for b in m.bouts]
        facts.append(
            (
                f"{where}: walking",
                (", ".join(walks) or "no straight stretch")
                + (" (on the spot: treadmill, or a camera that follows)" if any(b.treadmill for b in m.bouts) else ""),
            )
        )
        facts.append((f"{where}: events", f"{len(m.events)} found by {m.events.method}"))
    facts.append(("Sides", "left and right are the subject's own; red is left, blue is right"))
    facts.append(("Angles", "from keypoints in the image plane; flexion, dorsiflexion and valgus are positive"))
    facts.append(("n", "strides, steps or contacts a number rests on, left / right where they differ"))
    facts.append(("Symmetry index", "100 × (left − right) / mean of both (Robinson et al. 1987); 0 is symmetric"))
    return facts
