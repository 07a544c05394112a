"""Clips of a walk drawn by time and not by frame, and their pictures as a network of video sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError, WrongView
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Encoder, Inputs, Sample
from skelgait.encoders.clip_augment import relight
from skelgait.encoders.clip_cut import learn_cut, read_cut, refuse_other_cut
from skelgait.encoders.gait_cycles import MOST_APART_S, strides_in
from skelgait.encoders.pose_augment import taken_from

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

AT_ONCE = 8  # clips seen at once where no gradient is wanted
TRIMMED = 0.125  # share of a clip's side that is cut away: 112 of 128 pixels are looked at
ALIGNED = (None, "cycle")  # where a clip begins: anywhere, or with a stride
BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)


def refuse_unknown(encoder: str, *settings: tuple[Any, Sequence[Any], str]) -> None:
    """Refuse the first of (value, known values, what it is) that is not known."""
    for value, known, what in settings:
        if value not in known:
            raise SkelgaitError(f"{encoder} has no {what} {value!r}", expected=", ".join(map(str, known)))


class ClipEncoder(Encoder):
    """What encoders of video have in common: which pictures of a walk are looked at, and how they are brought to one size.

    Parameters
    ----------
    plane : {"frontal", "sagittal"}
        Which of a trial's clips.
    channels : {3, 1}
        Colour, or brightness.
    frames : int
        Pictures of a clip.
    step_s : float
        Seconds from one to the next.
    clips : int, optional
        How many clips of a walk are looked at when answering, at most; None: as many as cover it.
    side : int
        Pixels of the pictures the network sees.
    trim : float
        Share of a picture's side that is cut away first, from the middle when answering and from anywhere while augmenting.
    mean, spread : sequence of float
        Taken from the colours and divided by, 0 to 1.
    align : {None, "cycle"}
        ``"cycle"``: a clip is a stride, from one contact of a foot to its next, at moments evenly spread over it, however long it
        lasts; ``step_s`` is not used then. The strides are those of the trial's events, or else detected from its pose.

    Notes
    -----
    Training draws one clip of a walk at each step, anywhere in it. When answering, clips lie side by side over the whole walk, the
    last one ends with it, and all their tokens count. At each moment the picture nearest in time is taken, so that the frame rate
    of a camera does not change what is seen; a walk shorter than a clip is played there and back. Where nobody was seen for more
    than a quarter of a second a clip ends: none lies over the gap. Padding is whole clips, and a network never sees them. With
    ``align="cycle"`` training draws one stride of either foot, and all strides of both feet are looked at when answering (``clips``
    of them, evenly chosen). A trial without a whole stride, or a window without one, is refused: a clip from anywhere would be
    something else under the same name.
    """

    inputs = "video"
    sequence = "clip"
    along: ClassVar[tuple[str, ...]] = ("clip",)  # arrays of a sample that have an entry for each picture
    edge = "border"  # what lies beyond a picture that is moved

    def __init__(
        self,
        plane: str,
        channels: int,
        frames: int,
        step_s: float,
        clips: int | None,
        side: int,
        trim: float,
        mean: Sequence[float],
        spread: Sequence[float],
        align: str | None = None,
    ) -> None:
        super().__init__()
        refuse_unknown(type(self).__name__.lower(), (align, ALIGNED, "align"))
        if frames < 1 or not step_s > 0 or side < 1 or (clips is not None and clips < 1):
            raise SkelgaitError(
                "a clip needs a picture, a step in time and a size",
                found=f"frames={frames}, step_s={step_s}, side={side}, clips={clips}",
            )
        if not 0 <= trim < 1:
            raise SkelgaitError("what is cut away is a share of the side", found=f"trim={trim}", expected="0 to below 1")
        self.plane, self.channels, self.frames, self.step_s = plane, channels, frames, step_s
        self.clips, self.side, self.trim, self.align = clips, side, trim, align
        self.clips_cut: Mapping[str, Any] = {}  # how the clips learnt from were cut
        for name, numbers in (("mean", mean), ("spread", spread)):
            if len(numbers) != channels or (name == "spread" and min(numbers) <= 0):
                raise SkelgaitError(f"{name} is one number a channel", found=repr(list(numbers)), expected=f"{channels} numbers")
            self.register_buffer(name, torch.tensor([float(n) for n in numbers]), persistent=False)

    # what a trial gives

    def of_plane(self, walk: Clip | SilhouetteSequence, trial: Trial) -> Sample:
        """``clip`` (T, H, W, C) uint8, left where it lies until looked at; ``time_s`` (T,) and ``fps``; where aligned ``strides``.

        Of a clip that says how it was cut also ``margin`` and ``middle``.

        Raises
        ------
        WrongView
            It was filmed from the other plane.
        """
        view = (walk.view or "").split("_")[0]
        if view in PLANES and view != self.plane:
            what = "clip" if isinstance(walk, Clip) else "silhouette"
            raise WrongView(
                f"trial {trial.name!r}: the model looks at {self.plane} {what}s, and this was filmed from the other plane",
                found=str(walk.view),
                do=f"give a {self.plane} one, file this as {view}, or train with plane={view!r}",
            )
        true = walk.time_s - walk.time_s[0]
        if isinstance(walk, Clip):
            sample = {"clip": walk.frames, "time_s": true, "fps": np.float32(walk.fps), **read_cut(walk)}
        else:
            sample = {"clip": walk.frames[..., None], "time_s": np.arange(len(walk.frames)) / walk.fps, "fps": np.float32(walk.fps)}
        if self.align:
            strides = strides_in(trial, self.plane, walk.time_s) - walk.time_s[0]
            sample["strides"] = np.interp(strides, true, sample["time_s"]) if not isinstance(walk, Clip) else strides
        return sample

    def learn(self, samples: Sequence[Sample]) -> None:
        """How the training clips were cut; refused where that was not one way."""
        self.clips_cut = learn_cut(samples, self.plane)

    def learned(self) -> dict[str, Any]:
        """How the training clips were cut, as settings of `sg.extract_clip`; empty where they do not say."""
        return {"clips_cut": dict(self.clips_cut)} if self.clips_cut else {}

    def relearn(self, learned: dict[str, Any]) -> None:
        """Take up what `learned` gave; where a network begins from another, what its own clips say stays."""
        self.clips_cut = self.clips_cut or learned.get("clips_cut", {})

    def check(self, sample: Sample, trial: Trial) -> None:
        """Refuse a clip that says that it was cut otherwise than those learnt from."""
        refuse_other_cut(self.clips_cut, sample, trial.name, self.plane)

    def duration_s(self, sample: Sample) -> float:
        """How long the sample lasts: to the end of its last picture."""
        time = sample["time_s"]
        return float(time[-1] - time[0]) + 1 / float(sample["fps"])

    def cut(self, sample: Sample, start_s: float, stop_s: float) -> Sample:
        """The pictures from ``start_s`` to before ``stop_s`` after the first; one at least."""
        time = sample["time_s"] - sample["time_s"][0]
        start, stop = np.searchsorted(time, [start_s - 1e-6, stop_s - 1e-6])
        start = min(int(start), len(time) - 1)
        part = slice(start, max(int(stop), start + 1))
        parts = {name: sample[name][part] for name in (*self.along, "time_s") if name in sample}
        if "strides" in sample:
            strides = sample["strides"]
            parts["strides"] = strides[(strides[:, 0] >= start_s - 1e-6) & (strides[:, 1] <= stop_s + 1e-6)] - time[start]
        return {**sample, **parts}

    def draw(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """One clip, from anywhere in the walk; or one stride."""
        if self.align:
            start, stop = self._strides(sample)[rng.integers(len(sample["strides"]))]
            step = (stop - start) / self.frames
        else:
            step = self.step_s
            spans = self._long(self.seen(sample))
            lasting = np.ptp(spans, 1)
            first, stop = spans[rng.choice(len(spans), p=lasting / lasting.sum()) if len(spans) > 1 else 0]
            rest = stop - first - self.frames * step
            start = first + (rng.uniform(0, rest) if rest > 0 else 0.0)
        time = np.arange(self.frames) * step
        chosen = self.nearest(sample, start + time)
        seen = {name: sample[name][chosen] for name in self.along if name in sample}
        if self.align:
            seen["strides"] = np.array([[0.0, self.frames * step]])
        return {**seen, "time_s": time, "fps": np.float32(1 / step)}

    def moments(self, sample: Sample) -> np.ndarray:
        """(N, frames) seconds after the first picture: what each clip of a sample shows when answering."""
        if self.align:
            strides = self._strides(sample)
            if self.clips is not None and len(strides) > self.clips:
                strides = strides[np.linspace(0, len(strides) - 1, self.clips).round().astype(int)]
            return strides[:, :1] + np.arange(self.frames) * (strides[:, 1:] - strides[:, :1]) / self.frames
        return self.starts(sample)[:, None] + np.arange(self.frames) * self.step_s

    def _strides(self, sample: Sample) -> np.ndarray:
        if not len(sample["strides"]):
            raise SkelgaitError(
                "a window of a walk holds no whole stride, and clips are to be strides",
                found=f"{self.duration_s(sample):.2f} s",
                do="longer windows (2 s hold a stride nearly always), no window, or align=None",
            )
        return sample["strides"]

    def seen(self, sample: Sample) -> np.ndarray:
        """(n, 2) seconds after the first picture: from when to when somebody is seen without a gap."""
        time, frame_s = np.asarray(sample["time_s"], float), 1 / float(sample["fps"])
        time = time - time[0]
        gaps = np.flatnonzero(np.diff(time) > max(MOST_APART_S, 2.5 * frame_s))
        return np.stack([time[[0, *(gaps + 1)]], time[[*gaps, -1]] + frame_s], 1)

    def _long(self, seen: np.ndarray) -> np.ndarray:
        """Of when somebody is seen what holds half a clip; if nothing does, the longest."""
        enough = np.ptp(seen, 1) >= self.frames * self.step_s / 2
        return seen[enough] if enough.any() else seen[[np.ptp(seen, 1).argmax()]]

    def starts(self, sample: Sample) -> np.ndarray:
        """Seconds at which the clips of a sample begin."""
        span, seen = self.frames * self.step_s, self._long(self.seen(sample))
        rest = np.maximum(0.0, np.ptp(seen, 1) - span)
        count = np.maximum(1, np.ceil(np.ptp(seen, 1) / span - 1e-3)).astype(int)
        if len(seen) == 1 and self.clips is not None:
            count = np.minimum(count, self.clips)
        starts = np.concatenate(
            [
                first + (np.linspace(0, more, n) if n > 1 else [more / 2])
                for first, more, n in zip(seen[:, 0], rest, count, strict=True)
            ]
        )
        if self.clips is not None and len(starts) > self.clips:
            starts = starts[np.linspace(0, len(starts) - 1, self.clips).round().astype(int)]
        return starts

    def nearest(self, sample: Sample, wanted: np.ndarray) -> np.ndarray:
        """Which pictures are nearest to each moment of a clip, counted from 0; there and back where they end before."""
        time = np.asarray(sample["time_s"], float)
        time = time - time[0]
        seen = self.seen(sample)
        first, stop = seen[max(int(np.searchsorted(seen[:, 0], wanted[0] + 1e-6)) - 1, 0)]
        last = stop - 1 / float(sample["fps"]) - first
        if wanted[-1] > stop - 1e-9:
            back = (wanted - first) % (2 * last) if last > 0 else np.zeros(self.frames)
            wanted = first + np.where(back > last, 2 * last - back, back)
        middles = (time[1:] + time[:-1]) / 2
        return np.searchsorted(middles, wanted - 1e-6)

    # what a batch gives

    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """``clip`` (B, N, frames, H, W, C) uint8, N clips of a walk; what else goes along with the pictures; ``mask`` (B, N)."""
        sizes = {tuple(sample["clip"].shape[1:]) for sample in samples}
        if len(sizes) > 1:
            raise SkelgaitError(
                "clips of several sizes in one batch",
                found=", ".join(" x ".join(map(str, size)) for size in sorted(sizes)),
                do="extract all with the same side and channels",
            )
        moments = [self.moments(sample) for sample in samples]
        mask = np.zeros((len(samples), max(map(len, moments))), bool)
        out = {}
        for name in self.along:
            given = next((sample[name] for sample in samples if name in sample), None)
            if given is not None:
                nothing = np.nan if given.dtype.kind == "f" else 0
                out[name] = np.full((*mask.shape, self.frames, *given.shape[1:]), nothing, given.dtype)
        for row, (sample, clips) in enumerate(zip(samples, moments, strict=True)):
            mask[row, : len(clips)] = True
            for column, wanted in enumerate(clips):
                chosen = self.nearest(sample, wanted)
                for name in out:
                    if name in sample:
                        out[name][row, column] = sample[name][chosen]
        return {**{name: torch.from_numpy(array) for name, array in out.items()}, "mask": torch.from_numpy(mask)}

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """Pictures mirrored, rolled, sheared, scaled and shifted by as much as is cut away, alike over the walk; lit (`light`).

        Where in the walk a clip begins was drawn before (`draw`); speed and stretch change nothing here.
        """
        return self.light(self.move(inputs, self.places(inputs, draw)), draw)

    def light(self, inputs: Inputs, draw: Any) -> Inputs:
        """Pictures in other light, with noise or a part hidden; silhouettes know no light, and only a part of them is hidden."""
        if self.inputs == "silhouettes":
            draw = replace(draw, light=torch.ones_like(draw.light), noise=0.0)
        return {**inputs, "clip": relight(inputs["clip"], draw)} if draw.relit else inputs

    def mirrored(self, inputs: Inputs) -> Inputs:
        """Pictures turned over from left to right."""
        return {**inputs, "clip": inputs["clip"].flip(-2)}

    def places(self, inputs: Inputs, draw: Any) -> Tensor:
        """(B, 2, 3) where each place of the changed pictures is taken from, in the coordinates of `affine_grid`."""
        clips = inputs["clip"]
        where = taken_from(draw, *clips.shape[3:5])
        shift = (2 * torch.rand(len(clips), 2, generator=draw.generator) - 1) * self.trim
        where[:, :, 2] += shift.to(where)
        return where.to(clips.device)

    def move(self, inputs: Inputs, where: Tensor) -> Inputs:
        """The pictures taken from other places (`places`)."""
        clips = inputs["clip"]
        flat = clips.permute(0, 1, 2, 5, 3, 4).flatten(1, 3)  # (B, pictures and channels, H, W)
        grid = F.affine_grid(where, [len(flat), 1, *flat.shape[2:]], align_corners=False)
        moved = F.grid_sample(flat.float(), grid, padding_mode=self.edge, align_corners=False)
        moved = moved.round().clamp(0, 255).to(torch.uint8).unflatten(1, (*clips.shape[1:3], clips.shape[5]))
        return {**inputs, "clip": moved.permute(0, 1, 2, 4, 5, 3)}

    def pictures(self, clips: Tensor) -> Tensor:
        """(n, channels, frames, side, side), normalised, of clips (n, frames, H, W, C) uint8."""
        values = clips.permute(0, 4, 1, 2, 3).to(self.mean.dtype) / 255
        if values.shape[1] != self.channels:
            grey = values.new_tensor(BRIGHTNESS).view(3, 1, 1, 1) if values.shape[1] == 3 else None
            values = values.expand(-1, 3, -1, -1, -1) if grey is None else (values * grey).sum(1, keepdim=True)
        height, width = values.shape[3:]
        if height != width:
            more = abs(height - width)
            sides = (more // 2, more - more // 2)
            values = F.pad(values, (*sides, 0, 0) if height > width else (0, 0, *sides))
            height = max(height, width)
        kept = round(height * (1 - self.trim))
        first = (height - kept) // 2
        values = values[..., first : first + kept, first : first + kept]
        if kept != self.side:
            flat = values.transpose(1, 2).flatten(0, 1)
            flat = F.interpolate(flat, (self.side, self.side), mode="bilinear", align_corners=False, antialias=True)
            values = flat.unflatten(0, (values.shape[0], values.shape[2])).transpose(1, 2)
        return (values - self.mean.view(-1, 1, 1, 1)) / self.spread.view(-1, 1, 1, 1)

    def in_pictures(self, height: int, width: int) -> tuple[float, float, float]:
        """Factor, and shifts of x and y, from pixels of a clip to pixels of its `pictures`, both counted from an edge."""
        longest = max(height, width)
        kept = round(longest * (1 - self.trim))
        first = (longest - kept) // 2
        factor = self.side / kept
        return factor, factor * ((longest - width) // 2 - first), factor * ((longest - height) // 2 - first)
