"""3D ResNet: clips of a walk as blocks of time, rows and columns, with triplet attention and strips of the body by settings."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Inputs, Sample, Tokens
from skelgait.encoders.checkpoints import Layout, load_checkpoint
from skelgait.encoders.clip_frames import AT_ONCE, TRIMMED, ClipEncoder, refuse_unknown
from skelgait.encoders.layers.pyramid import StripPyramid
from skelgait.encoders.layers.resnet3d import DEPTHS, STEMS, SpaceTimeResNet
from skelgait.encoders.layers.triplet_attention import TripletAttention

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

SOURCES = ("clip", "silhouette")
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


COLOURS = ("conv1.weight",)
HEAD = {"fc.weight": "weight", "fc.bias": "bias"}


class ResNet3d(ClipEncoder):
    """A 3D residual network over clips of a walk, drawn by time and not by frame.

    Parameters
    ----------
    plane : {"frontal", "sagittal"}
        Which of a trial's clips (or silhouettes).
    source : {"clip", "silhouette"}
        The trial's video clip, or its silhouettes as pictures of one channel.
    channels : {3, 1}
        Colour, or brightness (silhouettes have one channel): of published weights the first layer's are then added up over colours.
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
    align : {None, "cycle"}
        ``"cycle"``: each clip is one stride, its pictures evenly spread over it, in place of ``step_s`` (see `ClipEncoder`).
    pretrained : path, optional
        Weights to start from.

    Raises
    ------
    SkelgaitError
        An unknown setting, or weights that do not fit.

    Notes
    -----
    Which pictures are looked at stands in `ClipEncoder`: one clip from anywhere at each step of training, clips side by side over
    the whole walk when answering.

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

    axes: ClassVar[tuple[str, ...]] = ("time", "strip")
    cam_layers: ClassVar[tuple[str, ...]] = ("layer1", "layer2", "layer3", "layer4")
    cam_axes: ClassVar[tuple[str, ...]] = ("clip", "time", "row", "column")
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout("kenshohara", ("conv1.", "bn1.", "layer1.0.bn1."), _kenshohara, HEAD, added=ADDED, summed=COLOURS),
        Layout("torchvision", ("stem.0.", "layer1.0.conv1.0."), _torchvision, HEAD, added=ADDED, summed=COLOURS),
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
        align: str | None = None,
        pretrained: str | None = None,
    ) -> None:
        refuse_unknown(
            "resnet3d",
            (plane, PLANES, "plane"),
            (source, SOURCES, "source"),
            (channels, (3, 1), "number of channels"),
            (depth, tuple(DEPTHS), "depth"),
            (stem, STEMS, "stem"),
            (shortcut, ("A", "B"), "shortcut"),
            (last_stride, (1, 2), "last_stride"),
            (attention, (None, "triplet"), "attention"),
            (pooling, ("average", "pyramid"), "pooling"),
        )
        if len(widths) != 4:
            raise SkelgaitError("the network has four stages", found=f"widths={list(widths)}")
        channels = channels if source == "clip" else 1
        trim = (TRIMMED if source == "clip" else 0.0) if trim is None else trim
        published = [numbers if channels == 3 else [float(np.mean(numbers))] for numbers in NORMALISATION[stem]]
        mean, spread = (own if own is not None else of for own, of in zip((mean, spread), published, strict=True))
        super().__init__(plane, channels, frames, step_s, clips, side, trim, mean, spread, align)
        self.source = source
        if source == "silhouette":
            self.inputs, self.edge = "silhouettes", "zeros"
        make: Callable[[], nn.Module] | None = None
        if attention == "triplet":
            make = partial(TripletAttention, ("ct", "hc", "cw", "hw") if spatial_gate else ("ct", "hc", "cw"))
        self.backbone = SpaceTimeResNet(channels, depth, stem, widths, shortcut, last_stride, make)
        self.pyramid = StripPyramid(self.backbone.width, width, strips) if pooling == "pyramid" else None
        self.width = self.backbone.width if self.pyramid is None else width
        if pretrained is not None:
            load_checkpoint(self, pretrained)

    # what a trial gives

    def prepare(self, trial: Trial) -> Sample:
        """``clip`` (T, H, W, C) uint8, left where it lies until looked at; ``time_s`` (T,) and ``fps``."""
        return self.of_plane(trial.clip(self.plane) if self.source == "clip" else trial.silhouette_sequence(self.plane), trial)

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
