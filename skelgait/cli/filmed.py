"""Walks as networks of pictures take them: clips and silhouettes as files of their own, and videos cut to the person."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import skelgait as sg
from skelgait.cli.models import LeftOut
from skelgait.core.errors import SkelgaitError

if TYPE_CHECKING:
    from skelgait.cli.options import Body, Recordings
    from skelgait.core.trial import Trial


def read_alone(paths: list[Path], recordings: Recordings, who: Body) -> list[Trial] | None:
    """Walks of which there are clips only, or silhouettes only; None where the files are others.

    Parameters
    ----------
    paths : list of Path
    recordings : Recordings
        Its view, where it is given, is theirs.
    who : Body

    Returns
    -------
    list of Trial, or None
    """
    from skelgait.core.clip import ENDING as CLIP
    from skelgait.core.silhouettes import ENDING as SILHOUETTES

    for kind, field, ending in ((sg.Clip, "clips", CLIP), (sg.SilhouetteSequence, "silhouettes", SILHOUETTES)):
        if all(path.name.endswith(ending) for path in paths):
            known = {what: value for what, value in who.known().items() if value}
            trials = []
            for path in paths:
                seen, name = kind.open(path), path.name.removesuffix(ending)
                if recordings.view is not None:
                    seen = seen.with_(view=recordings.view.value)
                trials.append(sg.Trial(**{"subject": name, **known}, name=name, **{field: seen}))
            return trials
    return None


def cut_videos(
    model: Any, trials: list[Trial], left_out: LeftOut, *, folder: Path | None = None, quiet: bool
) -> tuple[list[Trial], list[int]]:
    """The walks with clips of the planes that a model's networks of video look at, cut as those that it learnt from.

    Parameters
    ----------
    model : GaitClassifier
        Fitted or not.
    trials : list of Trial
        A walk with a clip keeps it; one without a video of the plane stays as it is, and is told of when the model asks for it.
    left_out : LeftOut
        Told of videos of which no clip can be made.
    folder : Path, optional
        Where clips are kept; by default they are gone when the command ends.
    quiet : bool

    Returns
    -------
    trials, places : list of Trial, list of int
        Without those that are left out; and which of those given they are.
    """
    from skelgait.estimation.clips import find_guide
    from skelgait.estimator.preparation import find_clips

    looked_at = find_clips(model)
    cut, places, first = [], [], None
    for place, trial in enumerate(trials):
        try:
            for plane, settings in looked_at.items():
                if plane in trial.video and plane not in trial.clips:
                    if folder is not None:
                        alone = trial.with_(video={plane: trial.video[plane]})
                        made = sg.extract_clips([alone], folder, progress=not quiet, **settings)[0].clips
                    else:
                        pose, view = find_guide(trial, plane)
                        clip = sg.extract_clip(trial.video[plane], pose=pose, view=view, progress=not quiet, **settings)
                        made = {**trial.clips, plane: clip}
                    trial = trial.with_(clips=made)
        except SkelgaitError as error:
            left_out.add(error, f"walk {trial.name}: ")
            first = first or error
            continue
        cut.append(trial)
        places.append(place)
    if not cut and first is not None:
        raise first
    return cut, places
