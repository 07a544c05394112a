"""A folder with everything that was measured of a walk: tables, figures, overlay video and the page."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from skelgait.core.errors import NotInstalled, SkelgaitError
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement, PlaneMeasurement
from skelgait.io.atomic import new_file, new_files
from skelgait.report.drawing import Drawing
from skelgait.report.embed import Drawings, draw_visit
from skelgait.report.overlay import write_overlay
from skelgait.report.page import render, write_page
from skelgait.report.visit import Recording, Visit, gather_visit
from skelgait.report.words import read_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from skelgait.core.norms import Norms
    from skelgait.core.trial import Trial
    from skelgait.report.norms import Norm

LISTED = "files_of_skelgait.csv"  # what a run wrote


def write_results(
    trial: Trial,
    to: str | Path,
    *,
    measurement: Measurement | None = None,
    norms: Norms | Mapping[str, Norm] | None = None,
    overlay: bool = True,
    speed: float = 1.0,
    faces: bool = False,
    identify: bool = False,
    clips: bool = True,
    language: str = "en",
    progress: bool = False,
    on_page: Callable[[Path], None] | None = None,
) -> tuple[list[Path], list[str]]:
    """Measure a walk and write everything into a folder.

    Parameters
    ----------
    trial : Trial
        The walk.
    to : path
        The folder; made when it is not there. Files of the same name are replaced. What an earlier run wrote there and this one
        does not is removed, unless it was changed since; other files are left alone.
    measurement : Measurement, optional
        What `measure` gave for this trial, where you have it already.
    norms : Norms, or mapping of descriptor to (low, high, source), optional
        Your own norms for the page.
    overlay : bool
        Write the overlay video.
    speed : float
        Of the overlay: 1 is real time, 0.5 half speed.
    faces : bool
        Show video frames as they are, on the page and in the overlay. By default only the walker's body stays sharp.
    identify : bool
        Let the page show the names of files and recordings, and the subject in its title.
    clips : bool
        Keep a small clip of each recording's video in the page, for the player.
    language : str
        Of page, figures and overlay; see `read_texts`.
    progress : bool
        Show progress bars.
    on_page : callable, optional
        Told where the page is as soon as it is there, before the overlay videos are drawn, which take longest.

    Returns
    -------
    written : list of Path
        ``report.html`` first.
    left_out : list of str
        What could not be written, and why.

    Raises
    ------
    SkelgaitError
        No plane of the trial could be measured.
    FileError
        The folder cannot be written to.

    Notes
    -----
    Of two recordings the plane leads each file's name (``sagittal_events.csv``); of one it does not (``events.csv``). The files
    come into the folder together, when all are complete: a run that is killed leaves those of the run before it. Only the overlay
    videos come after the page, since they take longest. ``files_of_skelgait.csv`` lists all with their digests; by it the next run
    knows which files are of this one.

    Examples
    --------
    >>> import tempfile
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.walker import Walker
    >>> trial = Trial("child07", Walker().film(fps=30, duration_s=4).pose)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written, left_out = write_results(trial, folder, overlay=False)
    >>> [path.name for path in written][:4]
    ['report.html', 'descriptors.csv', 'validity.csv', 'pose.npz']
    """
    folder = make_folder(to)
    earlier = _files_of_ours(folder)
    texts = read_texts(language)
    visit = gather_visit(trial, measurement=measurement, norms=norms, identify=identify)
    result = visit.pooled
    drawings = draw_visit(visit, faces=faces, clips=clips, texts=texts)
    with new_files(folder) as unfinished:
        write_page(unfinished / "report.html", render(visit, drawings, texts=texts))
        written, left_out = [unfinished / "report.html"], []
        written += [_write_table(table, unfinished / name) for name, table in _summary_tables(result).items()]
        for r in visit.recordings:
            m, lead = r.measured, _lead(visit, r)
            written += _write_pose(m, unfinished, lead)
            written += [_write_table(table, unfinished / f"{lead}{name}") for name, table in _plane_tables(m).items()]
            for drawing in _drawings_of(drawings, r):
                if drawing.figure is None:
                    left_out.append(f"{lead}{drawing.name}: {drawing.caption}")
                else:
                    written += _write_drawing(drawing, unfinished / f"{lead}{drawing.name}")
        written.append(_list_files(written, unfinished / LISTED))
    written = [folder / path.name for path in written]
    for path in earlier.difference(written):
        path.unlink(missing_ok=True)
    if on_page is not None:
        on_page(folder / "report.html")
    if overlay:
        with new_files(folder) as unfinished:
            for r in visit.recordings:
                m = r.measured
                path = unfinished / f"{_lead(visit, r)}overlay.mp4"
                try:
                    written.append(
                        write_overlay(
                            m.pose,
                            path,
                            events=m.events,
                            angles=m.angles,
                            video=r.video or None,
                            speed=speed,
                            faces=faces,
                            texts=texts,
                            progress=progress,
                        )
                    )
                except (NotInstalled, SkelgaitError) as error:
                    left_out.append(f"{path.name}: {error}")
            _list_files([path for path in written if path.name != LISTED], unfinished / LISTED)
    return [folder / path.name for path in written], left_out


def _list_files(written: list[Path], path: Path) -> Path:
    import pandas as pd

    return _write_table(pd.DataFrame({"file": [p.name for p in written], "sha256": [_digest(p) for p in written]}), path)


def _files_of_ours(folder: Path) -> set[Path]:
    """What an earlier run left in a folder, as it wrote it: a file that was changed since is the user's."""
    import pandas as pd

    try:
        listed = pd.read_csv(folder / LISTED, dtype=str, keep_default_na=False)
        rows = list(zip(listed["file"], listed["sha256"], strict=True))
    except (OSError, ValueError, KeyError):  # none, or none of ours
        return set()
    paths = {folder / name: digest for name, digest in rows if name == Path(name).name}
    return {path for path, digest in paths.items() if path.is_file() and not path.is_symlink() and _digest(path) == digest}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _lead(visit: Visit, r: Recording) -> str:
    return f"{r.measured.plane}_" if len(visit.recordings) > 1 else ""


def _drawings_of(drawings: Drawings, r: Recording) -> list[Drawing]:
    own = [*drawings.recordings.get(r.number, ())]
    if r.measured.plane in drawings.curves:
        own.insert(0, drawings.curves[r.measured.plane])
    if drawings.knees is not None and r.measured.plane == "frontal":
        own.append(drawings.knees)
    return own


def make_folder(to: str | Path) -> Path:
    """The folder, made with its parents when it is not there.

    Raises
    ------
    SkelgaitError
        A file has that name, or it cannot be made.
    """
    folder = Path(to)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise SkelgaitError(f"{folder} is a file", expected="a folder to write into", do="choose another name") from None
    except OSError as error:
        found, do = error.strerror or str(error), "choose another folder, or change its permissions"
        raise SkelgaitError(f"the folder {folder} cannot be made", found=found, do=do) from error
    return folder


def _summary_tables(result: Measurement) -> dict[str, pd.DataFrame]:
    import pandas as pd

    names = [d.name for d in DESCRIPTORS]
    row = {"trial": result.trial.name, "subject": result.trial.subject, **{n: result.values.get(n, np.nan) for n in names}}
    validity = pd.DataFrame(
        {
            "trial": result.trial.name,
            "descriptor": names,
            "value": [result.values.get(n, np.nan) for n in names],
            "unit": [d.unit for d in DESCRIPTORS],
            "n": [result.counts.get(n, 0) for n in names],
            "filled_share": [result.filled.get(n, np.nan) for n in names],
            "reason": [result.reasons.get(n, "") for n in names],
            "note": [result.notes.get(n, "") for n in names],
        }
    )
    return {"descriptors.csv": pd.DataFrame([row]), "validity.csv": validity}


def _plane_tables(m: PlaneMeasurement) -> dict[str, pd.DataFrame]:
    from skelgait.signals.swaps import swapped_frames

    return {
        "events.csv": m.events.to_frame(),
        "strides.csv": m.strides.to_frame(),
        "angles.csv": m.angle_table.reset_index(),
        "cycles.csv": m.cycles.reset_index() if m.angles else m.angle_table.iloc[:0],
        "swapped_frames.csv": swapped_frames(m.pose),
    }


def _write_pose(m: PlaneMeasurement, folder: Path, lead: str) -> list[Path]:
    from skelgait.io.poses import write_pose

    paths = [folder / f"{lead}pose.npz", folder / f"{lead}pose.csv"]
    for path in paths:
        write_pose(m.pose, path)
    return paths


def _write_table(table: pd.DataFrame, path: Path) -> Path:
    with new_file(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.6g")
    return path


def _write_drawing(drawing: Drawing, stem: Path) -> list[Path]:
    """As it is in the page; a drawing without photographs as PNG, too."""
    paths = [stem.with_name(f"{stem.name}.{drawing.kind}")]
    with new_file(paths[0]) as temporary:
        temporary.write_bytes(drawing.data)
    if not drawing.photo and drawing.figure is not None:
        paths.append(stem.with_name(f"{stem.name}.png"))
        with new_file(paths[1]) as temporary:
            drawing.figure.savefig(temporary, dpi=180)
    return paths
