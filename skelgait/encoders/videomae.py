"""VideoMAE: clips of a walk as blocks of pixels that look at each other, those that show the child and no more where wished."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from skelgait.core.errors import SkelgaitError
from skelgait.core.trial import PLANES
from skelgait.encoders.base import Inputs, RateGroup, Sample, Tokens
from skelgait.encoders.checkpoints import Layout, load_checkpoint
from skelgait.encoders.clip_augment import move_figures, move_points
from skelgait.encoders.clip_frames import AT_ONCE, TRIMMED, ClipEncoder, refuse_unknown
from skelgait.encoders.clip_pose import figure_in_clip, pose_in_clip
from skelgait.encoders.graph import find_skeleton
from skelgait.encoders.layers.foreground import KEEP_AT_LEAST, THRESHOLD, figure_share, keep_patches, pose_share
from skelgait.encoders.layers.packed import Kept
from skelgait.encoders.layers.prompts import JOINT, PARTS, WIDTH, PromptEmbedding, draw_prompt
from skelgait.encoders.layers.vit import EPS, SIZES, VideoTransformer

if TYPE_CHECKING:
    from skelgait.core.trial import Trial

# Mean and spread of red, green and blue, 0 to 1, that published weights were trained with (ImageNet's).
NORMALISATION = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
ADDED = ("prompt.", "vit.pool.")
HEADS = {f"{name}.{part}": part for name in ("head", "classifier") for part in ("weight", "bias")}
_PARTS = {  # of a block: ours, transformers'
    "attn.proj": "attention.output.dense",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
    "mlp.fc1": "intermediate.dense",
    "mlp.fc2": "output.dense",
}


def _videomaev2(key: str) -> tuple[str, ...] | None:
    return (key.removeprefix("vit."),) if key.startswith("vit.") else None


def _transformers(key: str, biases: tuple[str, str] = ("q_bias", "v_bias")) -> tuple[str, ...] | None:
    key = key.removeprefix("vit.")
    if key.startswith("patch_embed.proj."):
        return (key.replace("patch_embed.proj.", "embeddings.patch_embeddings.projection."),)
    if part := re.fullmatch(r"blocks\.(\d+)\.(.+)", key):
        at = f"encoder.layer.{part[1]}."
        if part[2] == "attn.qkv.weight":
            return tuple(f"{at}attention.attention.{name}.weight" for name in ("query", "key", "value"))
        if part[2] in ("attn.q_bias", "attn.v_bias"):
            return (f"{at}attention.attention.{biases[part[2] == 'attn.v_bias']}",)
        name, _, what = part[2].rpartition(".")
        return (f"{at}{_PARTS[name]}.{what}",)
    return (key,)


def _transformers5(key: str) -> tuple[str, ...] | None:
    return _transformers(key, ("query.bias", "value.bias"))


class VideoMae(ClipEncoder):
    """A video transformer over clips of a walk, as VideoMAE v2 has it.

    Parameters
    ----------
    plane : {"sagittal", "frontal"}
        Which of a trial's clips.
    channels : {3, 1}
        Colour, or brightness.
    size : {"B", "S", "L"}
        ViT-S, ViT-B or ViT-L.
    width, depth, heads : int, optional
        Of a network of another size: D, how many blocks, heads of an attention. Default: those of ``size``.
    patch, tubelet : int
        Pixels of a side, and pictures, that make a token.
    frames : int
        Pictures of a clip, a multiple of ``tubelet``.
    step_s : float
        Seconds from one to the next; the paper has 16 pictures at 30 a second.
    clips : int, optional
        How many clips of a walk are looked at when answering, at most; 1 is one from its middle. None: as many as cover it.
    side : int
        Pixels of the pictures the network sees, a multiple of ``patch``.
    trim : float
        Share of a picture's side that is cut away first, from the middle when answering and from anywhere while augmenting.
    align : {None, "cycle"}
        As clips lie, or ``"cycle"``: each is a stride (`ClipEncoder`).
    prompt : {None, "drawn", "learned"}
        The child's pose, shown to the network: drawn on the pictures (`draw_prompt`), or numbers of each joint and bone added to
        the tokens they lie in, which begin as nothing (`PromptEmbedding`).
    skeleton : str, or mapping with ``names`` and ``bones``
        The keypoints of prompts and pruning; a pose of another layout is mapped to it, and what it lacks is not drawn.
    parts : {"body", "all", "legs"}
        Which of them a prompt shows.
    line, joint : float, body heights
        Width of what is drawn.
    colours : mapping of {"left", "right", "middle"} to numbers, optional
        0 to 1 for each channel. Default: red, blue and green.
    prune : {None, "silhouette", "pose", "auto"}
        Leave tokens out that do not show the child, told by the trial's silhouettes, by its pose with limbs as thick as a
        child's, or by what there is: silhouettes that know where they lie in the video, else a pose, else nothing is left out.
    threshold : float
        Share of a token's pixels that must show the child.
    keep_at_least : int
        Tokens of a clip that are kept in any case, those that show most.
    pooling : {"mean", "attention"}
        Tokens whose mean is what the published network takes of a clip; or one token a clip, weighed by what is learnt.
    positions : {"counted", "stretched"}
        Fixed sines by a token's running number in the grid at hand, as published code has it at any size; or the table of 16
        pictures of 224 x 224, which published weights know, stretched to the grid at hand. The same at that size.
    norm : {"videomaev2", "transformers"}
        What keeps layer norms from dividing by zero: 1e-6; or 1e-12, and 1e-5 in the last, as transformers has it.
    drop_path : float
        Share of clips for which the last block is left out while training; less before it.
    checkpointing : bool
        Less memory while training, for a third more work.
    frozen_blocks : int
        So many blocks, and what comes before them, stay as they are while training.
    layer_decay : float
        Factor on the learning rate from each block to the one before it; published recipes take 0.75.
    mean, spread : sequence of float, optional
        Taken from the colours and divided by, 0 to 1. Default: those of published weights (of brightness, their mean).
    pretrained : path, optional
        Weights to start from.

    Raises
    ------
    SkelgaitError
        An unknown setting, pictures that cannot be cut into whole tokens, or weights that do not fit.

    Notes
    -----
    Which pictures are looked at stands in `ClipEncoder`. Tokens that are left out are never embedded, clips keep as many as they
    have, and the work is proportional to what is kept. Where nobody knows where the child is, nothing is left out.

    Tokens are laid out over time, rows and columns (``grid``: moments of all clips, rows, columns). Where some are left out, or
    pooled, there is no such grid: they lie clip after clip, in their order, and ``grid`` is how many the longest walk has.
    `kept_patches` tells which they are, `kept_share` how many.

    What is published and what is ours stands in docs/models/childgait_video.md.

    References
    ----------
    Wang L et al. VideoMAE V2: scaling video masked autoencoders with dual masking. CVPR 2023.
    Tong Z et al. VideoMAE: masked autoencoders are data-efficient learners for self-supervised video pre-training. NeurIPS 2022.

    Examples
    --------
    >>> import numpy as np
    >>> encoder = VideoMae(width=32, depth=2, heads=2, frames=4, side=32).eval()
    >>> sample = {"clip": np.zeros((9, 36, 36, 3), np.uint8), "time_s": np.arange(9) / 30, "fps": np.float32(30)}
    >>> tokens = encoder(encoder.collate([sample]))
    >>> tuple(tokens.values.shape), tokens.grid
    ((1, 24, 32), (6, 2, 2))
    """

    axes: ClassVar[tuple[str, ...]] = ("time", "row", "column")
    cam_axes: ClassVar[tuple[str, ...]] = ("clip", "token")
    along: ClassVar[tuple[str, ...]] = ("clip", "keypoints", "figure", "figure_box")
    layouts: ClassVar[tuple[Layout, ...]] = (
        Layout(
            "videomaev2",
            ("patch_embed.proj.", "blocks.0.attn.q_bias"),
            _videomaev2,
            HEADS,
            added=ADDED,
            prefixes=("backbone.", "encoder."),
        ),
        *(
            Layout(
                name,
                ("embeddings.patch_embeddings.", f"encoder.layer.0.attention.attention.{bias}"),
                sources,
                HEADS,
                added=ADDED,
                prefixes=("videomae.",),
            )
            for name, bias, sources in (("transformers", "q_bias", _transformers), ("transformers5", "query.bias", _transformers5))
        ),
    )

    def __init__(
        self,
        *,
        plane: str = "sagittal",
        channels: int = 3,
        size: str = "B",
        width: int | None = None,
        depth: int | None = None,
        heads: int | None = None,
        patch: int = 16,
        tubelet: int = 2,
        frames: int = 16,
        step_s: float = 1 / 30,
        clips: int | None = None,
        side: int = 224,
        trim: float = TRIMMED,
        align: str | None = None,
        prompt: str | None = None,
        skeleton: str | Mapping[str, Any] = "coco23",
        parts: str = "body",
        line: float = WIDTH,
        joint: float = JOINT,
        colours: Mapping[str, Sequence[float]] | None = None,
        prune: str | None = None,
        threshold: float = THRESHOLD,
        keep_at_least: int = KEEP_AT_LEAST,
        pooling: str = "mean",
        positions: str = "counted",
        norm: str = "videomaev2",
        drop_path: float = 0.0,
        checkpointing: bool = False,
        frozen_blocks: int = 0,
        layer_decay: float = 1.0,
        mean: Sequence[float] | None = None,
        spread: Sequence[float] | None = None,
        pretrained: str | None = None,
    ) -> None:
        refuse_unknown(
            "videomae",
            (plane, PLANES, "plane"),
            (channels, (3, 1), "number of channels"),
            (size, tuple(SIZES), "size"),
            (prompt, (None, "drawn", "learned"), "prompt"),
            (parts, PARTS, "choice of parts"),
            (prune, (None, "silhouette", "pose", "auto"), "pruning"),
            (pooling, ("mean", "attention"), "pooling"),
            (positions, ("counted", "stretched"), "positions"),
            (norm, tuple(EPS), "norm"),
        )
        given = {"width": width, "depth": depth, "heads": heads}
        shape = {name: own if own is not None else of for (name, own), of in zip(given.items(), SIZES[size], strict=True)}
        if min(*shape.values(), patch, tubelet) < 1 or side % patch or frames % tubelet or shape["width"] % shape["heads"]:
            raise SkelgaitError(
                "the clip cannot be cut into whole tokens, or the tokens into heads",
                found=f"side={side}, patch={patch}, frames={frames}, tubelet={tubelet}, {shape}",
                expected="side a multiple of patch, frames of tubelet, width of heads",
            )
        for name, share in (("drop_path", drop_path), ("1 - layer_decay", 1 - layer_decay)):
            if not 0 <= share < 1:
                raise SkelgaitError(f"{name} is a share", found=f"{share:g}", expected="0 to below 1")
        if not 0 <= frozen_blocks <= shape["depth"]:
            raise SkelgaitError(f"there are {shape['depth']} blocks to freeze", found=f"frozen_blocks={frozen_blocks}")
        published = [numbers if channels == 3 else [sum(numbers) / 3] for numbers in NORMALISATION]
        mean, spread = (own if own is not None else of for own, of in zip((mean, spread), published, strict=True))
        super().__init__(plane, channels, frames, step_s, clips, side, trim, mean, spread, align)
        self.skeleton = find_skeleton(skeleton)
        self.register_buffer("mirror", torch.from_numpy(self.skeleton.mirror.copy()), persistent=False)
        self.prompted, self.parts, self.line, self.joint, self.colours = prompt, parts, line, joint, colours
        self.prune, self.threshold, self.keep_at_least = prune, threshold, keep_at_least
        self.width, self.frozen_blocks, self.layer_decay, self.patch = shape["width"], frozen_blocks, layer_decay, patch
        self.vit = VideoTransformer(
            channels,
            **shape,
            patch=patch,
            tubelet=tubelet,
            eps=EPS[norm],
            drop_path=drop_path,
            pooling=pooling,
            stretched=(8, 14, 14) if positions == "stretched" else None,
            checkpointing=checkpointing,
        )
        for block in self.vit.blocks[:frozen_blocks]:
            block.drop = 0.0
        self.cam_layers = tuple(f"block{n}" for n in range(1, shape["depth"] + 1))  # type: ignore[misc]
        self.grid, self.tubelet = (frames // tubelet, side // patch, side // patch), tubelet
        self.prompt = PromptEmbedding(self.skeleton, self.width, parts) if prompt == "learned" else None
        keep_patches(torch.zeros(1, *self.grid), threshold, keep_at_least)  # refuses what are no settings of it
        if pretrained is not None:
            load_checkpoint(self, pretrained)

    # what a trial gives

    def prepare(self, trial: Trial) -> Sample:
        """``clip`` (T, H, W, C) uint8, left where it lies until looked at; ``time_s`` (T,) and ``fps``.

        As settings need them ``keypoints`` (T, K, 3), ``figure`` (T, 64, 44) and ``figure_box`` (T, 4), in pixels of the clip.
        """
        clip = trial.clip(self.plane)
        sample = self.of_plane(clip, trial)
        outlined = self.prune == "silhouette"
        if self.prune == "auto" and self.plane in trial.silhouettes:
            outlined = bool(np.isfinite(trial.silhouette_sequence(self.plane).boxes).all(1).any())
        posed = self.prompted is not None or self.prune == "pose"
        if self.prune == "auto" and not outlined:
            posed = posed or (self.plane in trial.pose and bool(np.isfinite(clip.boxes).all(1).any()))
        if posed and self.plane not in trial.pose:
            raise SkelgaitError(
                f"trial {trial.name!r} has no {self.plane} pose to show to the network, or to tell where the child is",
                found=", ".join(trial.pose) or "no pose",
                do=f'give pose={{"{self.plane}": ...}}, prompt=None, or prune="auto"',
            )
        try:
            if posed:
                sample["keypoints"] = pose_in_clip(trial.pose[self.plane].map_to(self.skeleton), clip)
            if outlined:
                sample["figure"], sample["figure_box"] = figure_in_clip(trial.silhouette_sequence(self.plane), clip)
        except SkelgaitError as error:
            raise SkelgaitError(
                f"trial {trial.name!r}: {error.problem}", found=error.found, expected=error.expected, do=error.do
            ) from error
        return sample

    # what a batch gives

    def augment(self, inputs: Inputs, draw: Any) -> Inputs:
        """Pictures, keypoints and silhouettes moved alike (`ClipEncoder.augment`); mirrored, left and right change their names."""
        where = self.places(inputs, draw)
        out, (height, width) = self.light(self.move(inputs, where), draw), inputs["clip"].shape[3:5]
        if "keypoints" in inputs:
            moved = move_points(inputs["keypoints"], where, height, width)
            swapped = draw.mirror.to(moved.device).view(-1, 1, 1, 1, 1)
            out["keypoints"] = torch.where(swapped, moved[..., self.mirror, :], moved)
        if "figure" in inputs:
            out["figure"], out["figure_box"] = move_figures(inputs["figure"], inputs["figure_box"], where, height, width)
        return out

    def mirrored(self, inputs: Inputs) -> Inputs:
        """Pictures, keypoints and silhouettes turned over from left to right; left and right change their names."""
        out, width = super().mirrored(inputs), inputs["clip"].shape[4]
        if "keypoints" in inputs:
            x, y, sure = inputs["keypoints"][..., self.mirror, :].unbind(-1)
            out["keypoints"] = torch.stack([width - 1 - x, y, sure], -1)
        if "figure" in inputs:
            left, top, wide, tall = inputs["figure_box"].unbind(-1)
            out["figure"], out["figure_box"] = inputs["figure"].flip(-1), torch.stack([width - left - wide, top, wide, tall], -1)
        return out

    def kept_patches(self, inputs: Inputs) -> Tensor | None:
        """(B, N, tokens) bool, which blocks of each clip are looked at; None where all are.

        In the order of ``encoder.grid``: moments, rows, columns. ``inputs["keep"]``, where given, tells; else pruning does.
        """
        mask, size, share = inputs["mask"], (self.side, self.patch, self.tubelet), None
        if self.prune in ("pose", "auto") and "keypoints" in inputs:
            share = pose_share(self._keypoints(inputs)[mask], self.skeleton, *size)
        if self.prune in ("silhouette", "auto") and "figure" in inputs:
            box = self._boxes(inputs)[mask]
            outlined = figure_share(inputs["figure"][mask], box, *size)
            known = box.isfinite().all(-1).unflatten(1, (-1, self.tubelet)).any(2)[..., None, None]
            share = outlined if share is None else torch.where(known, outlined, share)
        if share is None:
            return inputs.get("keep")
        keep = torch.zeros(*mask.shape, int(np.prod(self.grid)), dtype=torch.bool, device=mask.device)
        keep[mask] = keep_patches(share, self.threshold, self.keep_at_least)
        return keep

    def _keypoints(self, inputs: Inputs) -> Tensor:
        """Keypoints in pixels of the pictures that the network sees."""
        factor, *shift = self.in_pictures(*inputs["clip"].shape[3:5])
        keypoints = inputs["keypoints"]
        xy = (keypoints[..., :2] + 0.5) * factor + keypoints.new_tensor(shift) - 0.5
        return torch.cat([xy, keypoints[..., 2:]], -1)

    def _boxes(self, inputs: Inputs) -> Tensor:
        """Where silhouettes lie, in pixels of the pictures that the network sees; NaN where one shows nobody."""
        factor, *shift = self.in_pictures(*inputs["clip"].shape[3:5])
        box = inputs["figure_box"] * factor + inputs["figure_box"].new_tensor([*shift, 0, 0])
        return box.masked_fill(inputs["figure"].amax((-2, -1))[..., None] < 128, torch.nan)

    def kept_share(self, inputs: Inputs) -> Tensor:
        """(B,) the share of a walk's blocks that is looked at."""
        mask, keep = inputs["mask"].float(), self.kept_patches(inputs)
        each = torch.ones_like(mask) if keep is None else keep.float().mean(2)
        return (each * mask).sum(1) / mask.sum(1).clamp(min=1)

    def forward(self, inputs: Inputs) -> Tokens:
        """Tokens (B, N, D) of the blocks that are kept; a token a clip with ``pooling="attention"``."""
        mask, keep = inputs["mask"], self.kept_patches(inputs)
        clips = inputs["clip"][mask]
        kept = None if keep is None else keep[mask]
        keypoints = self._keypoints(inputs)[mask] if self.prompted else None
        step = max(1, len(clips)) if torch.is_grad_enabled() else AT_ONCE
        seen, counts = [], []
        for start in range(0, len(clips), step):
            part = slice(start, start + step)
            pictures, prompt = self.pictures(clips[part]), None
            if keypoints is not None and self.prompt is None:
                pictures = draw_prompt(
                    pictures,
                    keypoints[part],
                    self.skeleton,
                    parts=self.parts,
                    width=self.line,
                    joint=self.joint,
                    colours=self.colours,
                    mean=self.mean,
                    spread=self.spread,
                )
            elif keypoints is not None:
                prompt = self.prompt(keypoints[part], self.grid, self.patch, self.tubelet)
            values, left = self.vit(pictures, None if kept is None else Kept.of(kept[part]), prompt)
            seen.append(values.float() if values.dtype in (torch.bfloat16, torch.float16) else values)
            counts += left.counts
        each = torch.zeros(mask.shape, dtype=torch.int64, device=mask.device)
        each[mask] = torch.tensor(counts, device=mask.device)
        tokens = each.sum(1)
        most = int(tokens.max())
        real = torch.arange(most, device=mask.device) < tokens[:, None]
        values = torch.cat(seen)
        out = values.new_zeros(len(mask), most, self.width)
        out[real] = values
        full = keep is None and self.vit.pool is None
        return Tokens(out, real, (mask.shape[1] * self.grid[0], *self.grid[1:]) if full else (most,))

    # explaining

    def cam_layer(self, stage: str | None = None) -> nn.Module:
        """A block; its output is the tokens (M, D) of all real clips, one after the other."""
        stage = stage or self.cam_layers[-1]
        if stage not in self.cam_layers:
            raise SkelgaitError(f"there is no stage {stage!r}", expected=", ".join(self.cam_layers))
        return self.vit.blocks[self.cam_layers.index(stage)]

    # learning

    def rate_groups(self) -> list[RateGroup]:
        """Blocks at rates that fall towards the first, those that are frozen at none; no decay of biases and layer norms."""
        depth, groups = len(self.vit.blocks), []
        for number, layer in enumerate((self.vit.patch_embed, *self.vit.blocks, self.vit.fc_norm)):
            frozen = 0 < self.frozen_blocks >= number
            rate = 0.0 if frozen else self.layer_decay ** (depth + 1 - number)
            for decays in (True, False):
                chosen = tuple(p for p in layer.parameters() if (p.ndim > 1) == decays)
                groups += [RateGroup(chosen, rate, decays)] if chosen else []
        return groups
