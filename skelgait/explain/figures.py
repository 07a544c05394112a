"""Attributions as pictures: heat on the skeleton over the gait cycle, a beeswarm of descriptors, bars, deletion curves."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skelgait.core.attribution import Attribution
from skelgait.core.errors import SkelgaitError
from skelgait.core.events import GaitEvents
from skelgait.core.trial import Trial

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEAT = "magma_r"
FOR, AGAINST, GREY = "#b5403a", "#2c6e9b", "#8a8a8a"


def plot_skeleton_heat(
    why: Attribution,
    trial: Trial,
    *,
    events: GaitEvents | None = None,
    side: str = "left",
    phases: int = 8,
    plane: str | None = None,
) -> Figure:
    """The skeleton at phases of the gait cycle, each keypoint as large and dark as it mattered, and the keypoints ranked.

    Parameters
    ----------
    why : Attribution
        With axes ``time`` and ``keypoint``.
    trial : Trial
        The walk it is about.
    events : GaitEvents, optional
        With them (`skelgait.detect_events`) heat is the mean and the pose the median of the strides of ``side``, at shares of
        the cycle; without, they are moments of the walk.
    side : {"left", "right"}
        Whose strides.
    phases : int
        How many pictures.
    plane : str, optional
        Which pose of the trial; default the first.

    Returns
    -------
    Figure

    Examples
    --------
    >>> import skelgait as sg
    >>> walk = sg.Trial("child07", sg.Walker().film(fps=30, duration_s=3).pose)
    >>> heat = np.zeros((90, 17)); heat[:, sg.COCO17.index("left_knee")] = 1
    >>> why = Attribution(heat, {"time": np.arange(90) / 30, "keypoint": sg.COCO17.names}, "gradcam", "gmfcs = II")
    >>> plot_skeleton_heat(why, walk, phases=5).axes[0].get_title()
    '0.0 s'
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure as New

    _need(why, ("time", "keypoint"))
    pose = trial.pose[plane or next(iter(trial.pose))]
    if [n for n in why.axes["keypoint"] if not pose.skeleton.sources(n)]:
        raise SkelgaitError(
            "the pose lacks keypoints of the attribution", found=pose.skeleton.name, do="give the trial that was explained"
        )
    times = np.array(why.axes["time"])
    points = np.stack([pose.point(n) for n in why.axes["keypoint"]], 1)
    own = pose.time_s - pose.time_s[0]
    points = np.stack([_at(times, own, c) for c in points.reshape(len(own), -1).T], 1).reshape(len(times), -1, 2)
    points = points - np.nanmean(points, axis=1, keepdims=True)
    heat = np.abs(why.values) if why.signed else why.values
    moments, heat, points = _phases(times, heat, points, events, side, phases, float(pose.time_s[0]))
    points = points - (np.nanmax(points, (0, 1)) + np.nanmin(points, (0, 1))) / 2
    half_x, half_y = np.nanmax(np.abs(points), (0, 1)) * 1.18
    top = max(float(heat.max()), 1e-12)
    across = max(3.2 * half_x / half_y * phases, 5.0)
    figure = New(figsize=(across + 3.4, 3.9), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[across, 3.4])
    axes = left.subplots(1, phases, sharex=True, sharey=True)
    bones = _bones(why, pose.skeleton.bones)
    for k, ax in enumerate(np.atleast_1d(axes)):
        for a, b in bones:
            ax.plot(points[k, [a, b], 0], points[k, [a, b], 1], color="#c9c9c9", lw=1.2, zorder=1)
        share = (heat[k] / top) ** 1.5
        ax.scatter(points[k, :, 0], points[k, :, 1], s=8 + 130 * share, c=colormaps[HEAT](0.1 + 0.8 * share), zorder=2, lw=0)
        ax.set(xlim=(-half_x, half_x), ylim=(half_y, -half_y), title=moments[k], aspect="equal")
        ax.set_axis_off()
    rank = why.over("keypoint").sort_values()[-10:]
    ax = right.subplots()
    ax.barh([n.replace("_", " ") for n in rank.index], rank / max(rank.max(), 1e-12), color=colormaps[HEAT](0.6))
    ax.set(xlabel="share of the highest", title="keypoints", xlim=(0, 1))
    _dress(ax)
    over = f"mean of the {side} strides" if events is not None else "moments of the walk"
    left.suptitle(f"{why.answer}: {why.method.replace('_', ' ')} ({over})", fontsize=11)
    return figure


def plot_beeswarm(whys: Sequence[Attribution], *, most: int = 12) -> Figure:
    """SHAP values of many walks: a row a descriptor, a dot a walk, coloured by the descriptor's value.

    Parameters
    ----------
    whys : sequence of Attribution
        Of ``method="shap"`` about the same answer, from one model.
    most : int
        Descriptors shown, those with the largest mean share.

    Returns
    -------
    Figure

    Examples
    --------
    >>> whys = [Attribution([0.1 * i, -0.2], {"descriptor": ("a", "b")}, "shap", "gmfcs = II", True) for i in range(3)]
    >>> plot_beeswarm(whys).axes[0].get_xlabel()
    'share in: gmfcs = II'
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure as New

    if not whys:
        raise SkelgaitError("there is nothing to plot", expected="attributions of several walks")
    for why in whys:
        _need(why, ("descriptor",))
        if why.answer != whys[0].answer or why.axes != whys[0].axes:
            raise SkelgaitError(
                "a beeswarm shows walks about one answer", found=f"{whys[0].answer} and {why.answer}", do="explain each with level="
            )
    shares = np.stack([why.values for why in whys])
    values = np.stack([np.asarray(why.info.get("values", np.full(shares.shape[1], np.nan)), float) for why in whys])
    order = np.argsort(np.abs(shares).mean(0))[-most:]
    names = [whys[0].axes["descriptor"][i] for i in order]
    figure = New(figsize=(7.2, 0.9 + 0.36 * len(order)), layout="constrained")
    ax = figure.subplots()
    ax.axvline(0, color=GREY, lw=0.8)
    for row, i in enumerate(order):
        rank = _rank(values[:, i])
        colour = colormaps["viridis"](np.nan_to_num(rank, nan=0.5))
        colour[~np.isfinite(values[:, i])] = (0.75, 0.75, 0.75, 1)
        ax.scatter(shares[:, i], row + _spread(shares[:, i]), c=colour, s=14, lw=0)
    ax.set_yticks(range(len(order)), [name.replace("_", " ") for name in names])
    ax.set(xlabel=f"share in: {whys[0].answer}", ylim=(-0.7, len(order) - 0.3))
    bar = figure.colorbar(ScalarMappable(cmap="viridis"), ax=ax, fraction=0.035, pad=0.02, ticks=[0, 1])
    bar.ax.set_yticklabels(["low", "high"])
    bar.set_label("value (grey: missing)", fontsize=8)
    _dress(ax)
    return figure


def plot_descriptors(why: Attribution, *, most: int = 15) -> Figure:
    """One walk's descriptors as bars: what speaks for the answer and, where the method is signed, against it.

    Parameters
    ----------
    why : Attribution
        With the axis ``descriptor``.
    most : int
        Descriptors shown, those with the largest share.

    Returns
    -------
    Figure

    Examples
    --------
    >>> why = Attribution([0.1, -0.2], {"descriptor": ("a", "b")}, "shap", "gmfcs = II", True)
    >>> plot_descriptors(why).axes[0].get_title()
    'gmfcs = II: shap'
    """
    from matplotlib.figure import Figure as New

    _need(why, ("descriptor",))
    order = np.argsort(np.abs(why.values))[-most:]
    values = why.values[order]
    figure = New(figsize=(6.4, 0.9 + 0.3 * len(order)), layout="constrained")
    ax = figure.subplots()
    ax.barh(
        [why.axes["descriptor"][i].replace("_", " ") for i in order], values, color=[FOR if v >= 0 else AGAINST for v in values]
    )
    ax.axvline(0, color=GREY, lw=0.8)
    ax.locator_params(axis="x", nbins=5)  # small shares have long numbers
    ax.set(title=f"{why.answer}: {why.method.replace('_', ' ')}", xlabel="against  <  >  for" if why.signed else "share")
    _dress(ax)
    return figure


def plot_deletion(whys: Attribution | Sequence[Attribution], *, labels: Sequence[str] | None = None) -> Figure:
    """Deletion curves: the answer's probability as what a map ranks first is hidden, against hiding in random order.

    Parameters
    ----------
    whys : Attribution or sequence of them
        Explained with ``faithfulness=True``.
    labels : sequence of str, optional
        What to call each; default the methods.

    Returns
    -------
    Figure

    Examples
    --------
    >>> curve = {"hidden": [0, 1], "probability": [0.9, 0.2], "random": [0.9, 0.2]}
    >>> info = {"deletion": curve, "faithfulness": 0.0}
    >>> why = Attribution([0.1, -0.2], {"descriptor": ("a", "b")}, "shap", "gmfcs = II", True, info)
    >>> plot_deletion(why).axes[0].get_xlabel()
    'share hidden'
    """
    from matplotlib.figure import Figure as New

    whys = [whys] if isinstance(whys, Attribution) else list(whys)
    figure = New(figsize=(5.2, 3.6), layout="constrained")
    ax = figure.subplots()
    for k, why in enumerate(whys):
        if "deletion" not in why.info:
            raise SkelgaitError("this attribution has no deletion curve", do="explain(..., faithfulness=True)")
        curve = why.info["deletion"]
        name = labels[k] if labels else why.method.replace("_", " ")
        ax.plot(
            curve["hidden"], curve["probability"], marker="o", ms=3, color=f"C{k}", label=f"{name}: {why.info['faithfulness']:+.2f}"
        )
        ax.plot(curve["hidden"], curve["random"], ls="--", lw=1, color=f"C{k}", alpha=0.6)
    ax.plot([], [], ls="--", color=GREY, label="random order")
    ax.set(xlabel="share hidden", ylabel=f"probability of {whys[0].answer}", ylim=(0, 1.02), xlim=(0, 1))
    ax.legend(frameon=False, title="area below chance", fontsize=9)
    _dress(ax)
    return figure


def _need(why: Attribution, axes: tuple[str, ...]) -> None:
    if tuple(why.axes) != axes:
        raise SkelgaitError("this figure is for another attribution", found=", ".join(why.axes), expected=", ".join(axes))


def _phases(
    times: np.ndarray, heat: np.ndarray, points: np.ndarray, events: GaitEvents | None, side: str, phases: int, start_s: float
) -> tuple[list[str], np.ndarray, np.ndarray]:
    if events is None:
        at = np.linspace(times[0], times[-1], phases)
        moments = [f"{t:.1f} s" for t in at]
        wanted = at[None]
    else:
        contacts = events.times(side, "initial_contact") - start_s
        strides = [(a, b) for a, b in itertools.pairwise(contacts) if 0.4 <= b - a <= 2.5]
        if not strides:
            raise SkelgaitError(f"there is no whole {side} stride among the events", do="another side, or no events")
        share = np.arange(phases) / phases
        moments = [f"{100 * s:.0f} %" for s in share]
        wanted = np.array([a + share * (b - a) for a, b in strides])

    def middle(values: np.ndarray, of: Any) -> np.ndarray:
        flat = values.reshape(len(values), -1)
        at = np.stack([[np.interp(row, times, column) for column in flat.T] for row in wanted])
        return of(at, axis=0).T.reshape(phases, *values.shape[1:])

    return moments, middle(heat, np.mean), middle(points, np.median)  # a keypoint lost in one stride does not bend the drawing


def _at(times: np.ndarray, own: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values at other times, over the gaps between those that are known; NaN where none is."""
    known = np.isfinite(values)
    return np.interp(times, own[known], values[known]) if known.any() else np.full(len(times), np.nan)


def _bones(why: Attribution, bones: Sequence[tuple[str, str]]) -> list[tuple[int, int]]:
    place = {name: i for i, name in enumerate(why.axes["keypoint"])}
    return [(place[a], place[b]) for a, b in bones if a in place and b in place]


def _rank(values: np.ndarray) -> np.ndarray:
    from scipy.stats import rankdata

    return (rankdata(values, nan_policy="omit") - 1) / max(1, np.isfinite(values).sum() - 1)


def _spread(values: np.ndarray) -> np.ndarray:
    """Offsets that keep dots of like value apart."""
    width = np.ptp(values) or 1.0
    bins = np.floor((values - values.min()) / width * 40).astype(int)
    offset = np.zeros(len(values))
    for one in np.unique(bins):
        members = np.flatnonzero(bins == one)
        offset[members] = (np.arange(len(members)) - (len(members) - 1) / 2) * min(0.08, 0.7 / len(members))
    return offset


def _dress(ax: Any) -> Axes:
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(labelsize=9)
    return ax


def plot_silhouette_heat(why: Attribution, strips: Attribution | None = None) -> Figure:
    """Heat over the mean silhouette, and what each height of the body had to do with the answer.

    Parameters
    ----------
    why : Attribution
        Of ``method="gradcam"`` (axes ``time``, ``row``, ``column``) or ``method="strips"``, from a model of silhouettes.
    strips : Attribution, optional
        Of ``method="strips"`` about the same walk: drawn beside the heat, in place of the heat's own rows.

    Returns
    -------
    Figure

    Examples
    --------
    >>> heat = np.zeros((5, 64, 44)); heat[:, 10:20, 15:30] = 1
    >>> axes = {"time": range(5), "row": range(64), "column": range(44)}
    >>> why = Attribution(heat, axes, "gradcam", "scoliosis = positive", info={"picture": np.ones((64, 44))})
    >>> plot_silhouette_heat(why).axes[0].get_title()
    'mean over the walk'
    """
    from matplotlib import colormaps
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure as New

    of_strips = strips if strips is not None else why if tuple(why.axes) == ("strip",) else None
    if tuple(why.axes) != ("strip",):
        _need(why, ("time", "row", "column"))
    if of_strips is not None:
        _need(of_strips, ("strip",))
    picture = np.asarray(why.info["picture"])
    height, width = picture.shape
    figure = New(figsize=(6.4, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[1, 1.15], sharey=True)
    left.imshow(1 - 0.55 * picture, cmap="gray", vmin=0, vmax=1, extent=(0, width, height, 0))
    if "column" in why.axes:
        heat = why.values.mean(axis=0)
        share = heat / max(float(heat.max()), 1e-12)
        left.imshow(share, cmap=HEAT, alpha=0.85 * share, extent=(0, width, height, 0), interpolation="bilinear")
    else:
        most = max(float(np.abs(why.values).max()), 1e-12)
        band = colormaps["RdBu_r"](Normalize(-most, most)(why.values))[:, None]
        left.imshow(band, alpha=0.55, extent=(0, width, height, 0), aspect="auto")
    left.set(title="mean over the walk", aspect="equal", xlim=(0, width))
    left.set_axis_off()
    if of_strips is not None:
        values = of_strips.values
        right.set(xlabel="log-odds lost when hidden")
        colours = [FOR if value > 0 else AGAINST for value in values]
    else:
        values = why.over("row").to_numpy()
        values = values / max(float(values.max()), 1e-12)
        right.set(xlabel="share of the highest row")
        colours = [colormaps[HEAT](0.6)] * len(values)
    thick = height / len(values)
    right.barh((np.arange(len(values)) + 0.5) * thick, values, 0.9 * thick, color=colours)
    right.axvline(0, color=GREY, lw=0.8)
    right.set(title="from head to foot", ylim=(height, 0), yticks=[])
    _dress(right)
    right.spines["left"].set_visible(False)
    what = {"gradcam": "Grad-CAM", "strips": "strips"}.get(why.method, why.method)
    figure.suptitle(f"{why.answer}: {what}", fontsize=11)
    return figure
