"""Where a network of video looked, over the clip it saw: a sheet of moments, and a video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.attribution import Attribution
from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError
from skelgait.core.pose import PoseSequence
from skelgait.core.trial import Trial
from skelgait.report.faces import hide_faces

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEAT = "inferno"  # light where much was seen: a video is dark more often than white
TOP = 99.5  # percent of the places of a map that are not the brightest: one hot place does not make the rest dark
FASTEST_FPS = 60.0
CAPTION_PX = 28


def plot_clip_heat(
    why: Attribution,
    trial: Trial,
    *,
    moments: int = 8,
    start_s: float | None = None,
    stop_s: float | None = None,
    faces: bool = False,
) -> Figure:
    """Moments of a clip with what the network looked at laid over them, and each height of the picture with its share.

    Parameters
    ----------
    why : Attribution
        Over ``time``, ``row`` and ``column``, from `explain` of a model of video.
    trial : Trial
        The walk it is about: its clip, and the pose by which faces are hidden.
    moments : int
        How many pictures, evenly spread.
    start_s, stop_s : float, seconds after the first picture, optional
        From when to when; default the whole walk. Give two contacts of a foot for one stride.
    faces : bool
        Show the recording as it is. By default only the walker's body below the neck stays sharp (`hide_faces`), and nothing where
        the trial has no pose.

    Returns
    -------
    Figure

    Examples
    --------
    >>> clip = Clip(np.zeros((10, 32, 32, 3), np.uint8), fps=10, view="frontal")
    >>> axes = {"time": np.arange(10) / 10, "row": range(28), "column": range(28)}
    >>> info = {"part": [2.0, 2.0, 28.0, 28.0], "plane": "frontal"}
    >>> why = Attribution(np.ones((10, 28, 28)), axes, "gradcam", "genu = valgum", info=info)
    >>> [ax.get_title() for ax in plot_clip_heat(why, Trial("anna", clips=clip), moments=2).axes]
    ['0.0 s', '0.9 s', 'from head to foot']
    """
    from matplotlib.figure import Figure as New

    clip, heat = _checked(why, trial)
    own = clip.time_s - clip.time_s[0]
    first, last = own[0] if start_s is None else start_s, own[-1] if stop_s is None else stop_s
    if moments < 1 or not first <= last or first > own[-1] or last < own[0]:
        raise SkelgaitError(
            "there are no such moments in the clip",
            found=f"{moments} from {first:g} to {last:g} s",
            expected=f"within 0 to {own[-1]:.2f} s",
        )
    wanted = np.linspace(first, last, moments)
    columns = min(moments, 4)
    rows = -(-moments // columns)
    figure = New(figsize=(1.9 * columns + 2.3, max(2.05 * rows + 0.5, 2.9)), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[1.9 * columns, 2.3])
    axes = np.atleast_1d(left.subplots(rows, columns)).ravel()
    for ax, time_s, picture in zip(axes, wanted, _pictures(why, heat, clip, trial, wanted, 256, faces=faces), strict=False):
        ax.imshow(picture, interpolation="bilinear")
        ax.set_title(f"{time_s:.1f} s", fontsize=9)
    for ax in axes:
        ax.set_axis_off()
    for ax in axes[moments:]:
        ax.remove()
    share = heat.mean(axis=(0, 2))
    ax = right.subplots()
    ax.fill_betweenx(np.arange(len(share)), 0, share / max(float(share.max()), 1e-12), color="#b5403a", alpha=0.75, lw=0)
    ax.set(title="from head to foot", xlabel="share of the highest row", xlim=(0, 1), ylim=(len(share), 0), yticks=[])
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9)
    figure.suptitle(f"{why.answer}: {_words(why)}, the lighter the more", fontsize=11)
    return figure


def write_clip_heat(
    why: Attribution,
    trial: Trial,
    to: str | Path,
    *,
    side: int = 384,
    speed: float = 1.0,
    faces: bool = False,
    progress: bool = False,
) -> Path:
    """Write the clip as a video (H.264) with what the network looked at laid over it.

    Parameters
    ----------
    why : Attribution
        Over ``time``, ``row`` and ``column``, from `explain` of a model of video.
    trial : Trial
        The walk it is about.
    to : path
        The ``.mp4`` to write.
    side : int, pixels
        Height of the pictures.
    speed : float
        1 plays in real time, 0.5 at half speed.
    faces : bool
        Show the recording as it is; see `plot_clip_heat`.
    progress : bool
        Show a progress bar.

    Returns
    -------
    Path
        What was written.

    Notes
    -----
    One scale over the whole walk: a moment at which little was seen stays plain. Between moments the network looked at, heat goes
    over from one to the next.

    Examples
    --------
    >>> import tempfile
    >>> clip = Clip(np.zeros((10, 32, 32, 3), np.uint8), fps=10, view="frontal")
    >>> axes = {"time": np.arange(10) / 10, "row": range(28), "column": range(28)}
    >>> info = {"part": [2.0, 2.0, 28.0, 28.0], "plane": "frontal"}
    >>> why = Attribution(np.ones((10, 28, 28)), axes, "gradcam", "genu = valgum", info=info)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_clip_heat(why, Trial("anna", clips=clip), folder + "/heat.mp4", side=64).stat().st_size > 500
    True
    """
    from tqdm.auto import tqdm

    from skelgait.io.video_writing import write_video

    if not speed > 0 or not 32 <= side <= 2048:
        raise SkelgaitError(
            "a video cannot be made like this", found=f"speed={speed}, side={side}", expected="a speed above 0, 32 to 2048 pixels"
        )
    clip, heat = _checked(why, trial)
    rate = min(clip.fps * speed, FASTEST_FPS)
    wanted = np.arange(0.0, clip.time_s[-1] - clip.time_s[0] + 1e-6, speed / rate)
    pictures = _pictures(why, heat, clip, trial, wanted, side, faces=faces)
    captioned = (_caption(picture, f"{why.answer}   {time_s:.2f} s") for picture, time_s in zip(pictures, wanted, strict=True))
    shown = tqdm(captioned, f"drawing {Path(to).name}", total=len(wanted), unit="frame", leave=False, disable=not progress or None)
    write_video(to, shown, rate, crf=20)
    return Path(to)


def _checked(why: Attribution, trial: Trial) -> tuple[Clip, np.ndarray]:
    """The clip a map lies over, and the map, 0 to 1 over the whole walk."""
    if tuple(why.axes) != ("time", "row", "column") or "part" not in why.info:
        raise SkelgaitError(
            "this attribution does not lie over a clip",
            found=", ".join(why.axes),
            expected="time, row, column, of a model of video",
            do="sg.explain(model, trial) of a model with resnet3d or videomae",
        )
    heat = np.abs(np.nan_to_num(why.values))
    return trial.clip(why.info["plane"]), np.clip(heat / max(float(np.percentile(heat, TOP)), 1e-12), 0, 1)


def _pictures(
    why: Attribution, heat: np.ndarray, clip: Clip, trial: Trial, wanted: np.ndarray, side: int, *, faces: bool
) -> Iterator[np.ndarray]:
    """The clip's picture nearest to each moment, enlarged, with the heat of that moment."""
    import cv2
    from matplotlib import colormaps

    own, looked = clip.time_s - clip.time_s[0], np.array(why.axes["time"], float)
    pose = trial.pose.get(why.info["plane"])
    height, width = clip.frames.shape[1:3]
    grow = side / height
    left, top, wide, tall = why.info["part"]
    place = np.array([[wide * grow / heat.shape[2], 0, left * grow], [0, tall * grow / heat.shape[1], top * grow]])
    place[:, 2] += (place[:, :2].sum(1) - 1) / 2  # places are the middles of pixels
    shape = (round(width * grow), side)
    after = np.searchsorted(looked, wanted).clip(0, len(looked) - 1)
    before = (after - 1).clip(0)
    gap = np.maximum(looked[after] - looked[before], 1e-9)
    late = np.where(after > before, (wanted - looked[before]) / gap, 1.0).clip(0, 1)
    for time_s, a, b, share in zip(wanted, before, after, late, strict=True):
        at = int(np.abs(own - time_s).argmin())
        image = np.repeat(clip.frames[at], 3, -1) if clip.channels == 1 else np.array(clip.frames[at])
        if not faces:
            image = _hidden(image, clip, at, pose)
        image = cv2.resize(image, shape, interpolation=cv2.INTER_CUBIC)
        grey = np.repeat(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None], 3, -1)
        now = ((1 - share) * heat[a] + share * heat[b]).astype(np.float32)
        now = cv2.warpAffine(now, place, shape, flags=cv2.INTER_LINEAR)[..., None]
        colour = 255 * colormaps[HEAT](now[..., 0])[..., :3]
        yield np.round((1 - 0.7 * now) * (0.35 * image + 0.65 * grey) + 0.7 * now * colour).astype(np.uint8)


def _hidden(image: np.ndarray, clip: Clip, at: int, pose: PoseSequence | None) -> np.ndarray:
    """The picture without faces: the pose brought into its pixels tells where the body is."""
    left, top, width, height = clip.boxes[at]
    if pose is None or not np.isfinite(clip.boxes[at]).all() or min(width, height) <= 0:
        return hide_faces(image, None, None)
    frame = int(np.abs(pose.time_s - clip.time_s[at]).argmin())
    if abs(pose.time_s[frame] - clip.time_s[at]) > 0.75 / pose.fps:
        return hide_faces(image, None, None)
    scale = np.array(image.shape[1::-1]) / [width, height]
    body = PoseSequence((pose.xy[frame][None] - [left, top]) * scale, fps=pose.fps, skeleton=pose.skeleton, size=image.shape[1::-1])
    return hide_faces(image, body, 0)


def _caption(picture: np.ndarray, words: str) -> np.ndarray:
    import cv2

    bar = np.full((CAPTION_PX, picture.shape[1], 3), 24, np.uint8)
    size = min(0.45, 0.45 * picture.shape[1] / 384)
    cv2.putText(bar, words, (6, CAPTION_PX - 9), cv2.FONT_HERSHEY_SIMPLEX, size, (235, 235, 235), 1, cv2.LINE_AA)
    return np.concatenate([picture, bar])


def _words(why: Attribution) -> str:
    stage: Any = why.info.get("stage")
    return {"gradcam": "Grad-CAM", "rollout": "attention roll-out"}.get(why.method, why.method.replace("_", " ")) + (
        f" ({stage})" if stage else ""
    )
