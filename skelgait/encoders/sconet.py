"""ScoNet: every silhouette seen by itself, the most of each place over the walk, and one token for each strip of the body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError, WrongView
from skelgait.core.silhouettes import HEIGHT, WIDTH
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Encoder, Inputs, Sample, Tokens, pad_sequences
from skelgait.encoders.checkpoints import Layout, load_checkpoint
from skelgait.encoders.layers.resnet import SHRINKS, SmallResNet
from skelgait.encoders.pose_augment import taken_from
from skelgait.encoders.skeleton_maps import SkeletonMaps

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

SOURCES = ("silhouette", "skeleton_map")
AT_ONCE = 256  # pictures seen at once where no gradient is wanted: a walk of minutes fits in memory

# How published weights name what is ours. Those of the answer layer come back from `load_checkpoint` as they are.
PARTS = (
    ("backbone.conv1.", "Backbone.forward_block.conv1.conv."),
    ("backbone.", "Backbone.forward_block."),
    ("strip_weight", "FCs.fc_bin"),
)
NECK = {
    "BNNecks.fc_bin": "weight",
    **{f"BNNecks.bn1d.{name}": f"norm.{name}" for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")},
}


def _opengait(key: str) -> tuple[str, ...] | None:
    for ours, theirs in PARTS:
        if key.startswith(ours):
            return (theirs + key.removeprefix(ours),)
    return None


class ScoNet(Encoder):
    """Silhouettes of a walk as a set: a residual network sees each, and what any of them shows counts.

    Parameters
    ----------
    plane : {"frontal", "sagittal"}
        Which of a trial's silhouettes (or poses).
    source : {"silhouette", "skeleton_map"}
        What the pictures are: the trial's silhouettes (one channel), or keypoints and limbs drawn from its pose (two channels,
        `skelgait.encoders.skeleton_maps`).
    channels : sequence of four int
        Channels of the stages.
    blocks : sequence of four int
        Blocks of the stages. ``(1, 1, 1, 1)`` is ResNet9, as published; ``(1, 4, 4, 1)`` is DeepGaitV2's network without time.
    shortcut : bool
        Whether blocks have a way past their convolutions; without, the network is a plain stack of convolutions.
    strips : int
        Into how many strips the body is cut from head to foot; each has a layer of its own and becomes a token. Divides 16.
    width : int
        D of the tokens.
    frames : int, optional
        Pictures drawn anew of each walk at every step of training; all are looked at when answering. None: all, always.
    joint_sigma, limb_sigma : float
        How broad keypoints and limbs are drawn (`SkeletonMaps`); for ``source="skeleton_map"`` only.
    pretrained : path, optional
        Weights to start from, as OpenGait names them or this encoder's own.

    Raises
    ------
    SkelgaitError
        An unknown setting, or weights that do not fit.

    Notes
    -----
    A picture of 64 x 44 becomes 16 x 11 places of 512 channels. Of each place the maximum over the walk's frames is kept, so that
    neither order nor number of frames matters; padding is never looked at. Each strip is the mean plus the maximum over its places,
    through its own layer without bias to ``width``. Weights begin as published: Xavier's uniform, batch
    normalisation scaling by about 1.

    What differs from the paper and from the published code stands in docs/models/sconet.md, each with its reason.

    References
    ----------
    Zhou Z, Liang J, Peng Z, Fan C, An F, Yu S. Gait patterns as biomarkers: a video-based approach for classifying scoliosis.
    MICCAI 2024, arXiv 2407.05726. Its code (OpenGait) fixes the shapes: ResNet9, 16 strips, 512 to 256.

    Examples
    --------
    >>> from skelgait.core.trial import Trial
    >>> from skelgait.core.silhouettes import SilhouetteSequence
    >>> walk = SilhouetteSequence(np.full((40, 64, 44), 255, np.uint8), fps=30, view="frontal")
    >>> encoder = ScoNet(channels=(4, 8, 8, 16), width=32).eval()
    >>> sample = encoder.prepare(Trial("child07", silhouettes={"frontal": walk}))
    >>> tokens = encoder(encoder.collate([sample, sample]))
    >>> tuple(tokens.values.shape), tokens.grid
    ((2, 16, 32), (16,))
    """

    inputs = "silhouettes"
    axes: ClassVar[tuple[str, ...]] = ("strip",)
    cam_layers: ClassVar[tuple[str, ...]] = ("layer1", "layer2", "layer3", "layer4")
    cam_axes: ClassVar[tuple[str, ...]] = ("time", "row", "column")
    cam_default: ClassVar[str] = "layer2"
    layouts: ClassVar[tuple[Layout, ...]] = (Layout("opengait", ("Backbone.forward_block.",), _opengait, NECK),)

    def __init__(
        self,
        *,
        plane: str = "frontal",
        source: str = "silhouette",
        channels: Sequence[int] = (64, 128, 256, 512),
        blocks: Sequence[int] = (1, 1, 1, 1),
        shortcut: bool = True,
        strips: int = 16,
        width: int = 256,
        frames: int | None = 30,
        joint_sigma: float = 8.0,
        limb_sigma: float = 8.0,
        pretrained: str | None = None,
    ) -> None:
        super().__init__()
        for value, known, what in ((plane, PLANES, "plane"), (source, SOURCES, "source")):
            if value not in known:
                raise SkelgaitError(f"there is no {what} {value!r}", expected=", ".join(known))
        if len(channels) != 4 or len(blocks) != 4:
            raise SkelgaitError("the network has four stages", found=f"channels={list(channels)}, blocks={list(blocks)}")
        if strips < 1 or (HEIGHT // SHRINKS) % strips:
            raise SkelgaitError(
                "the strips do not divide the rows", found=f"{strips} strips", expected=f"a divisor of {HEIGHT // SHRINKS}"
            )
        if frames is not None and frames < 1:
            raise SkelgaitError("a draw needs a frame", found=f"frames={frames}")
        self.plane, self.source, self.strips, self.width, self.frames = plane, source, strips, width, frames
        self.maps: SkeletonMaps | None = None
        if source == "skeleton_map":
            self.inputs = "pose"
            self.maps = SkeletonMaps(plane=plane, joint_sigma=joint_sigma, limb_sigma=limb_sigma)
        self.backbone = SmallResNet(1 if self.maps is None else 2, channels, blocks, shortcut)
        self.strip_weight = nn.Parameter(torch.empty(strips, channels[-1], width))
        begin_as_published(self)
        nn.init.xavier_uniform_(self.strip_weight)
        if pretrained is not None:
            load_checkpoint(self, pretrained)

    @property
    def sequence(self) -> str:
        """Name of the sample's array whose first axis is time."""
        return "silhouette" if self.maps is None else "pose"

    # what a trial gives

    def prepare(self, trial: Trial) -> Sample:
        """``silhouette`` (T, 64, 44 or 64) uint8, left where it lies until looked at; or ``pose``, as skeleton maps need it."""
        if self.maps is not None:
            return self.maps.prepare(trial)
        walk = trial.silhouette_sequence(self.plane)
        seen = (walk.view or "").split("_")[0]
        if seen in PLANES and seen != self.plane:
            raise WrongView(
                f"trial {trial.name!r}: the model looks at {self.plane} silhouettes, and these were filmed from the other plane",
                found=str(walk.view),
                do=f"give {self.plane} ones, file these as {seen}, or train with plane={seen!r}",
            )
        return {"silhouette": walk.frames, "fps": np.float32(walk.fps)}

    def draw(self, sample: Sample, rng: np.random.Generator) -> Sample:
        """Some of the pictures, in their order: a set has none, and the sorted ones are the fastest to read."""
        n = len(sample[self.sequence])
        if self.frames is None or n <= self.frames:
            return sample
        chosen = np.sort(rng.choice(n, self.frames, replace=False))
        return {k: v[chosen] if v.ndim and len(v) == n else v for k, v in sample.items()}

    # what a batch gives

    def collate(self, samples: Sequence[Sample]) -> Inputs:
        """``silhouette`` (B, T, 64, 44) uint8, or ``pose`` (B, T, K, 3) and ``unit``; and ``mask`` (B, T)."""
        if self.maps is not None:
            return self.maps.collate(samples)
        pictures = [np.asarray(sample["silhouette"]) for sample in samples]
        sides = [(one.shape[-1] - WIDTH) // 2 for one in pictures]
        values, mask = pad_sequences([one[..., s : s + WIDTH] for one, s in zip(pictures, sides, strict=True)], dtype=np.uint8)
        return {"silhouette": values, "mask": mask}

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """Mirror, roll, shear and scale of the pictures, and a stretch in time; a set has no speed, a silhouette no keypoints."""
        if self.maps is not None:
            whole = torch.tensor([0.0, 1.0]).expand_as(draw.crop).to(draw.crop)
            return self.maps.augment(inputs, replace(draw, speed=torch.ones_like(draw.speed), crop=whole))
        pictures, mask = inputs["silhouette"], inputs["mask"]
        length = mask.sum(1, keepdim=True)
        place = (torch.arange(mask.shape[1], device=mask.device) + 0.5) / length.clamp(min=1)
        kept = mask & (place >= draw.crop[:, :1]) & (place < draw.crop.sum(1, keepdim=True) + 1e-6)
        kept = torch.where(kept.any(1, keepdim=True), kept, mask)
        where = taken_from(draw, *pictures.shape[-2:]).to(pictures.device)
        grid = F.affine_grid(where, [len(pictures), 1, *pictures.shape[-2:]], align_corners=False)
        moved = F.grid_sample(pictures.float(), grid, align_corners=False)
        return {**inputs, "silhouette": moved.round().clamp(0, 255).to(torch.uint8), "mask": kept}

    def mirrored(self, inputs: Inputs) -> Inputs:
        """Pictures turned over from left to right."""
        if self.maps is not None:
            return self.maps.mirrored(inputs)
        return {**inputs, "silhouette": inputs["silhouette"].flip(-1)}

    def pictures(self, frames: Tensor) -> Tensor:
        """(n, channels, 64, 44), 0 to 1, of silhouettes (n, 64, 44) or poses (n, K, 3)."""
        if self.maps is not None:
            return self.maps(frames)
        return frames[:, None].to(self.strip_weight.dtype) / 255

    def forward(self, inputs: Inputs) -> Tokens:
        """Tokens (B, strips, D); of pictures whose rows are partly empty where ``rows`` (B, 64) is there and false."""
        mask = inputs["mask"]
        most = self._most(inputs[self.sequence][mask], mask, inputs.get("rows"))
        strips = most.flatten(2).unflatten(2, (self.strips, -1))  # (B, C, S, places)
        strips = strips.mean(-1) + strips.amax(-1)
        tokens = (strips.permute(2, 0, 1) @ self.strip_weight).transpose(0, 1)
        seen = mask.any(1, keepdim=True)
        return Tokens(torch.where(seen[..., None], tokens, 0.0), seen.expand(-1, self.strips), (self.strips,))

    def _most(self, frames: Tensor, mask: Tensor, rows: Tensor | None) -> Tensor:
        """(B, C, h, w) the maximum over each walk's frames; ``frames`` are the real ones, one walk after the other."""
        whose = mask.nonzero()[:, 0]
        step = max(1, len(frames)) if torch.is_grad_enabled() else AT_ONCE
        most: list[Tensor] | None = None
        for part, owners in zip(frames.split(step), whose.split(step), strict=True):
            pictures = self.pictures(part)
            if rows is not None:
                pictures = pictures * rows[owners, None, :, None]
            seen = self.backbone(pictures)
            if most is None:
                most = seen.new_full((len(mask), *seen.shape[1:]), -torch.inf)
            counts = torch.bincount(owners, minlength=len(mask)).tolist()
            tops = [
                torch.maximum(top, one.amax(0)) if n else top for top, one, n in zip(most, seen.split(counts), counts, strict=True)
            ]
            most = torch.stack(tops)
        assert most is not None
        return torch.where(mask.any(1)[:, None, None, None], most, 0.0)

    # explaining

    def cam_layer(self, stage: str | None = None) -> nn.Module:
        """A stage; its output is (real frames, C, h, w), one walk after the other."""
        stage = stage or self.cam_default
        if stage not in self.cam_layers:
            raise SkelgaitError(f"there is no stage {stage!r}", expected=", ".join(self.cam_layers))
        return self.backbone.get_submodule(stage)

    def labels(self, axis: str) -> list[str]:
        """Rows of the picture that each strip covers, head first."""
        rows = HEIGHT // self.strips
        return [f"rows {i * rows}-{(i + 1) * rows - 1}" for i in range(self.strips)] if axis == "strip" else []


def begin_as_published(module: nn.Module) -> None:
    """Weights as OpenGait begins: Xavier's uniform, biases 0, scales of batch normalisation normal about 1."""
    for one in module.modules():
        if isinstance(one, nn.Conv2d):
            nn.init.xavier_uniform_(one.weight)
        elif isinstance(one, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.normal_(one.weight, 1.0, 0.02)
            nn.init.zeros_(one.bias)
