"""3D ResNet: clips of a walk as blocks of time, rows and columns, with triplet attention and strips of the body by settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.core.clip import Clip
from skelgait.core.errors import SkelgaitError, WrongView
from skelgait.core.silhouettes import SilhouetteSequence
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Encoder, Inputs, Sample, Tokens
from skelgait.encoders.checkpoints import Layout, load_checkpoint
from skelgait.encoders.layers.pyramid import StripPyramid
from skelgait.encoders.layers.resnet3d import DEPTHS, STEMS, SpaceTimeResNet
from skelgait.encoders.layers.triplet_attention import TripletAttention
from skelgait.encoders.pose_augment import taken_from

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

SOURCES = ("clip", "silhouette")
AT_ONCE = 8  # clips seen at once where no gradient is wanted
TRIMMED = 0.125  # share of a clip's side that is cut away: 112 of 128 pixels are looked at
BRIGHTNESS = (0.299, 0.587, 0.114)  # of red, green and blue (ITU-R BT.601)
# Mean and spread of red, green and blue, 0 to 1, that published weights were trained with.
NORMALISATION = {
    "kenshohara": ((0.4345, 0.4051, 0.3775), (0.2768, 0.2713, 0.2737)),
    "torchvision": ((0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)),
}
ADDED = (".attention.", "pyramid.")


def _kenshohara(key: str) -> tuple[str, ...] | None:
    return (key.removeprefix("backbone."),) if key.startswith("backbone.") else None


def _torchvision(key: str) -> tuple[str, ...] | None:
    if not key.startswith("backbone."):
        return None
    key = key.removeprefix("backbone.")
    if stem := re.fullmatch(r"(conv|bn)1\.(\w+)", key):
        return (f"stem.{int(stem[1] == 'bn')}.{stem[2]}",)
    if part := re.fullmatch(r"(layer\d\.\d+)\.(conv|bn)(\d)\.(\w+)", key):
        return (f"{part[1]}.conv{part[3]}.{int(part[2] == 'bn')}.{part[4]}",)
    return (key,)


HEAD = {"fc.weight": "weight", "fc.bias": "bias"}


class ResNet3d(Encoder):
    """A 3D residual network over clips of a walk, drawn by time and not by frame.

    Parameters
    ----------
    plane : {"frontal", "sagittal"}
        Which of a trial's clips (or silhouettes).
    source : {"clip", "silhouette"}
        The trial's video clip, or its silhouettes as pictures of one channel.
    channels : {3, 1}
        Colour, or brightness.
    depth : {18, 10, 34, 50}
    stem : {"kenshohara", "torchvision"}
        Which published network: 7 x 7 x 7 and pooling, or 3 x 7 x 7 without, five times the work.
    shortcut : {"B", "A"}
        The way past where sizes change: a convolution, or every second place and zeros.
    widths : sequence of four int
        Channels of the stages.
    last_stride : {2, 1}
        Of the last stage. 2 as published; 1 keeps twice as many rows, which finer strips need, with the same weights.
    attention : {None, "triplet"}
        At the end of each block (`TripletAttention`), begun so that it changes nothing.
    spatial_gate : bool
        Whether triplet attention has a gate of rows and columns too.
    pooling : {"average", "pyramid"}
        The mean over each moment's map, as published; or strips of the body, coarse to fine (`StripPyramid`).
    strips : sequence of int
        Levels of the pyramid.
    width : int
        D of a strip's token; with ``"average"`` D is what the last stage has.
    frames : int
        Pictures of a clip.
    step_s : float
        Seconds from one to the next. 16 pictures a fifteenth of a second apart hold about one stride of a child; published weights
        saw 16 at 25 or 30 a second.
    clips : int, optional
        How many clips of a walk are looked at when answering, at most; None: as many as cover it.
    side : int
        Pixels of the pictures the network sees.
    trim : float, optional
        Share of a picture's side that is cut away first, from the middle when answering and from anywhere while augmenting.
        Default: an eighth of a clip, nothing of a silhouette.
    mean, spread : sequence of float, optional
        Taken from the colours and divided by, 0 to 1. Default: those of the stem's published weights (of brightness, their mean).
    pretrained : path, optional
        Weights to start from.

    Raises
    ------
    SkelgaitError
        An unknown setting, or weights that do not fit.

    Notes
    -----
    Training draws one clip of a walk at each step, anywhere in it. When answering, clips lie side by side over the whole walk, the
    last one ends with it, and all their tokens count. At each moment the picture nearest in time is taken, so that the frame rate
    of a camera does not change what is seen; a walk shorter than a clip is played there and back. Padding is whole clips, and the
    network never sees them.

    What is published and what is ours stands in docs/models/genu_valgum.md.

    References
    ----------
    Hara K, Kataoka H, Satoh Y. Can spatiotemporal 3D CNNs retrace the history of 2D CNNs and ImageNet? CVPR 2018.
    Misra D et al. Rotate to attend: convolutional triplet attention module. WACV 2021.

    Examples
    --------
    >>> encoder = ResNet3d(depth=10, widths=(4, 8, 8, 16), pooling="pyramid", strips=(1, 2), width=32, frames=8, side=32).eval()
    >>> walk = np.zeros((40, 36, 36, 3), np.uint8)
    >>> sample = {"clip": walk, "time_s": np.arange(40) / 25, "fps": np.float32(25)}
    >>> tokens = encoder(encoder.collate([sample]))
    >>> tuple(tokens.values.shape), tokens.grid
    ((1, 9, 32), (3, 3))
    """

    inputs = "video"
    axes: ClassVar[tuple[str, ...]] = ("time", "strip")
    cam_layers: ClassVar[tuple[str, ...]] = ("layer1", "layer2", "layer3", "layer4")
    cam_axes: ClassVar[tuple[str, ...]] = ("clip", "time", "row", "column")
    sequence = "clip"
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout("kenshohara", ("conv1.", "bn1.", "layer1.0.bn1."), _kenshohara, HEAD, added=ADDED),
        Layout("torchvision", ("stem.0.", "layer1.0.conv1.0."), _torchvision, HEAD, added=ADDED),
    )

    def __init__(
        self,
        *,
        plane: str = "frontal",
        source: str = "clip",
        channels: int = 3,
        depth: int = 18,
        stem: str = "kenshohara",
        shortcut: str = "B",
        widths: Sequence[int] = (64, 128, 256, 512),
        last_stride: int = 2,
        attention: str | None = None,
        spatial_gate: bool = False,
        pooling: str = "average",
        strips: Sequence[int] = (1, 2, 4, 8),
        width: int = 256,
        frames: int = 16,
        step_s: float = 1 / 15,
        clips: int | None = None,
        side: int = 112,
        trim: float | None = None,
        mean: Sequence[float] | None = None,
        spread: Sequence[float] | None = None,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        for value, known, what in (
            (plane, PLANES, "plane"),
            (source, SOURCES, "source"),
            (channels, (3, 1), "number of channels"),
            (depth, tuple(DEPTHS), "depth"),
            (stem, STEMS, "stem"),
            (shortcut, ("A", "B"), "shortcut"),
            (last_stride, (1, 2), "last_stride"),
            (attention, (None, "triplet"), "attention"),
            (pooling, ("average", "pyramid"), "pooling"),
        ):
            if value not in known:
                raise SkelgaitError(f"resnet3d has no {what} {value!r}", expected=", ".join(map(str, known)))
        if len(widths) != 4:
            raise SkelgaitError("the network has four stages", found=f"widths={list(widths)}")
        if frames < 1 or not step_s > 0 or side < 1 or (clips is not None and clips < 1):
            raise SkelgaitError(
                "a clip needs a picture, a step in time and a size",
                found=f"frames={frames}, step_s={step_s}, side={side}, clips={clips}",
            )
        if source == "silhouette":
            self.inputs, channels = "silhouettes", 1
        trim = (TRIMMED if source == "clip" else 0.0) if trim is None else trim
        if not 0 <= trim < 1:
            raise SkelgaitError("what is cut away is a share of the side", found=f"trim={trim}", expected="0 to below 1")
        self.plane, self.source, self.channels, self.frames, self.step_s = plane, source, channels, frames, step_s
        self.clips, self.side, self.trim = clips, side, trim
        make: Callable[[], nn.Module] | None = None
        if attention == "triplet":
            make = partial(TripletAttention, ("ct", "hc", "cw", "hw") if spatial_gate else ("ct", "hc", "cw"))
        self.backbone = SpaceTimeResNet(channels, depth, stem, widths, shortcut, last_stride, make)
        self.pyramid = StripPyramid(self.backbone.width, width, strips) if pooling == "pyramid" else None
        self.width = self.backbone.width if self.pyramid is None else width
        for name, given, published in zip(("mean", "spread"), (mean, spread), NORMALISATION[stem], strict=True):
            numbers = given if given is not None else published if channels == 3 else [float(np.mean(published))]
            if len(numbers) != channels or (name == "spread" and min(numbers) <= 0):
                raise SkelgaitError(f"{name} is one number a channel", found=repr(list(numbers)), expected=f"{channels} numbers")
            self.register_buffer(name, torch.tensor([float(n) for n in numbers]), persistent=False)
        if pretrained is not None:
            load_checkpoint(self, pretrained)

    # what a trial gives

    def prepare(self, trial: Trial) -> Sample:
        """``clip`` (T, H, W, C) uint8, left where it lies until looked at; ``time_s`` (T,) and ``fps``."""
        walk: Clip | SilhouetteSequence
        walk = trial.clip(self.plane) if self.source == "clip" else trial.silhouette_sequence(self.plane)
        view = (walk.view or "").split("_")[0]
        if view in PLANES and view != self.plane:
            raise WrongView(
                f"trial {trial.name!r}: the model looks at {self.plane} {self.source}s, and this was filmed from the other plane",
                found=str(walk.view),
                do=f"give a {self.plane} one, file this as {view}, or train with plane={view!r}",
            )
        if isinstance(walk, Clip):
            return {"clip": walk.frames, "time_s": walk.time_s - walk.time_s[0], "fps": np.float32(walk.fps)}
        return {"clip": walk.frames[..., None], "time_s": np.arange(len(walk.frames)) / walk.fps, "fps": np.float32(walk.fps)}

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
        return {**sample, "clip": sample["clip"][part], "time_s": sample["time_s"][part]}

    def draw(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """One clip, from anywhere in the walk."""
        rest = self.duration_s(sample) - self.frames * self.step_s
        chosen = self._at(sample, rng.uniform(0, rest) if rest > 0 else 0.0)
        time = np.arange(self.frames) * self.step_s
        return {"clip": sample["clip"][chosen], "time_s": time, "fps": np.float32(1 / self.step_s)}

    def starts(self, sample: Sample) -> np.ndarray:
        """Seconds at which the clips of a sample begin."""
        span, whole = self.frames * self.step_s, self.duration_s(sample)
        n = max(1, int(np.ceil(whole / span - 1e-3)))
        n = n if self.clips is None else min(n, self.clips)
        rest = max(0.0, whole - span)
        return np.linspace(0, rest, n) if n > 1 else np.array([rest / 2])

    def _at(self, sample: Sample, start_s: float) -> np.ndarray:
        """Which pictures are nearest to each moment of a clip, counted from 0; there and back where the walk ends before."""
        time = np.asarray(sample["time_s"], float)
        time = time - time[0]
        wanted = start_s + np.arange(self.frames) * self.step_s
        end = self.duration_s(sample) - 1e-9
        last = time[-1]
        if wanted[-1] > end:
            wanted = wanted % (2 * last) if last > 0 else np.zeros(self.frames)
            wanted = np.where(wanted > last, 2 * last - wanted, wanted)
        middles = (time[1:] + time[:-1]) / 2
        return np.searchsorted(middles, wanted - 1e-6)

    # what a batch gives

    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """``clip`` (B, N, frames, H, W, C) uint8, N clips of a walk; ``mask`` (B, N)."""
        sizes = {tuple(sample["clip"].shape[1:]) for sample in samples}
        if len(sizes) > 1:
            raise SkelgaitError(
                "clips of several sizes in one batch",
                found=", ".join(" x ".join(map(str, size)) for size in sorted(sizes)),
                do="extract all with the same side and channels",
            )
        starts = [self.starts(sample) for sample in samples]
        mask = np.zeros((len(samples), max(map(len, starts))), bool)
        clips = np.zeros((*mask.shape, self.frames, *sizes.pop()), np.uint8)
        for row, (sample, begins) in enumerate(zip(samples, starts, strict=True)):
            mask[row, : len(begins)] = True
            for column, begin in enumerate(begins):
                clips[row, column] = sample["clip"][self._at(sample, float(begin))]
        return {"clip": torch.from_numpy(clips), "mask": torch.from_numpy(mask)}

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """Pictures mirrored, rolled, sheared, scaled and shifted by as much as is cut away, alike over the whole walk.

        Where in the walk a clip begins was drawn before (`draw`); speed and stretch change nothing here.
        """
        clips = inputs["clip"]
        height, width = clips.shape[3:5]
        where = taken_from(draw, height, width)
        shift = (2 * torch.rand(len(clips), 2, generator=draw.generator) - 1) * self.trim
        where[:, :, 2] += shift.to(where)
        flat = clips.permute(0, 1, 2, 5, 3, 4).flatten(1, 3)  # (B, pictures and channels, H, W)
        grid = F.affine_grid(where.to(clips.device), [len(flat), 1, height, width], align_corners=False)
        edge = "border" if self.source == "clip" else "zeros"
        moved = F.grid_sample(flat.float(), grid, padding_mode=edge, align_corners=False)
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

    def forward(self, inputs: Inputs) -> Tokens:
        """Tokens (B, N * T' * S, D), T' moments of each clip, S strips of each moment."""
        mask = inputs["mask"]
        clips = inputs["clip"][mask]
        step = len(clips) if torch.is_grad_enabled() else AT_ONCE
        seen = torch.cat([self._look(part) for part in clips.split(max(1, step))])  # (clips, T', S, D)
        time, strips = seen.shape[1:3]
        values = seen.new_zeros(*mask.shape, time, strips, seen.shape[3])
        values[mask] = seen
        real = mask.repeat_interleave(time * strips, 1)
        return Tokens(values.flatten(1, 3), real, (mask.shape[1] * time, strips))

    def _look(self, clips: Tensor) -> Tensor:
        out = self.backbone(self.pictures(clips))
        out = out.mean((3, 4)).transpose(1, 2).unsqueeze(2) if self.pyramid is None else self.pyramid(out)
        return out.float() if out.dtype in (torch.bfloat16, torch.float16) else out

    # explaining

    def cam_layer(self, stage: str | None = None) -> nn.Module:
        """A stage; its output is (real clips, C, T', H', W'), one walk after the other."""
        stage = stage or self.cam_layers[-1]
        if stage not in self.cam_layers:
            raise SkelgaitError(f"there is no stage {stage!r}", expected=", ".join(self.cam_layers))
        return self.backbone.get_submodule(stage)

    def labels(self, axis: str) -> list[str]:
        """What part of the body's height each strip covers, head first."""
        levels = (1,) if self.pyramid is None else self.pyramid.strips
        return [f"{i + 1} of {n}" if n > 1 else "whole" for n in levels for i in range(n)] if axis == "strip" else []
