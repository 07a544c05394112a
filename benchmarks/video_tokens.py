"""Speed of the video transformer: dense against the published layout and transformers, and with few tokens kept.

Part of ``python benchmarks/training.py --only videomae``. The quick run takes a small network, of which nothing is asked: with few
narrow tokens it is what surrounds the products that costs.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from turns import spread, step, taken, turns

from skelgait.encoders.layers.packed import Kept
from skelgait.encoders.layers.vit import VideoTransformer, sines

SHARES = (0.5, 0.25, 0.1)  # of the tokens, the mean of four clips
UNEQUAL = (0.5, 0.8, 1.2, 1.5)  # times the share, for each of four clips
EQUAL = 0.97  # of the speed of transformers: the same products, so as fast, but for what turns differ
IDEAL = 1.1  # most that the work may cost, in its share of the products of the dense network


@dataclass(frozen=True)
class Size:
    """A network and its clips."""

    width: int = 768
    depth: int = 12
    heads: int = 12
    side: int = 224
    frames: int = 16

    @property
    def tokens(self) -> int:
        """Of a clip."""
        return (self.frames // 2) * (self.side // 16) ** 2

    def products(self, counts: tuple[int, ...]) -> float:
        """Products of numbers for clips of so many tokens, from the first layer on."""
        layers = 12 * self.width**2 * self.depth + 3 * 2 * 16 * 16 * self.width
        return float(sum(n * layers + 2 * n * n * self.width * self.depth for n in counts))


FULL, QUICK = Size(), Size(384, 4, 6, 112)


class EagerBlock(nn.Module):
    """Attention whose whole matrix is there, and a perceptron."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        width, self.heads = size.width, size.heads
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.qkv, self.proj = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width)
        self.q_bias, self.v_bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        n, tokens, width = x.shape
        bias = torch.cat([self.q_bias, torch.zeros_like(self.v_bias), self.v_bias])
        qkv = F.linear(self.norm1(x), self.qkv.weight, bias).reshape(n, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attention = (qkv[0] * (width // self.heads) ** -0.5 @ qkv[1].transpose(-2, -1)).softmax(-1)
        x = x + self.proj((attention @ qkv[2]).transpose(1, 2).reshape(n, tokens, width))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class Eager(nn.Module):
    """The video transformer as published code lays it out: clips in, the mean token behind its norm out."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.proj = nn.Conv3d(3, size.width, (2, 16, 16), (2, 16, 16))
        self.blocks = nn.Sequential(*(EagerBlock(size) for _ in range(size.depth)))
        self.norm = nn.LayerNorm(size.width, 1e-6)
        self.register_buffer("table", sines(size.tokens, size.width))

    def forward(self, clips: Tensor) -> Tensor:  # noqa: D102
        return self.norm(self.blocks(self.proj(clips).flatten(2).transpose(1, 2) + self.table).mean(1))


class Ours(nn.Module):
    """The one of skelgait, of clips, or of clips and which tokens are kept."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.network = VideoTransformer(width=size.width, depth=size.depth, heads=size.heads)

    def forward(self, given: Tensor | tuple[Tensor, Kept]) -> Tensor:  # noqa: D102
        return self.network(*(given if isinstance(given, tuple) else (given,)))[0]


class Theirs(nn.Module):
    """That of transformers, with its fused attention."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        from transformers import VideoMAEConfig, VideoMAEForVideoClassification

        config = VideoMAEConfig(
            image_size=size.side,
            num_frames=size.frames,
            hidden_size=size.width,
            num_hidden_layers=size.depth,
            num_attention_heads=size.heads,
            intermediate_size=4 * size.width,
            attn_implementation="sdpa",
        )
        self.network = VideoMAEForVideoClassification(config)

    def forward(self, clips: Tensor) -> Tensor:  # noqa: D102
        return self.network(clips.transpose(1, 2)).logits


def dense(rounds: int, device: str, quick: bool) -> tuple[str, list[dict[str, object]]]:
    """A title and two rows, forward and training step: one clip, all tokens."""
    size = QUICK if quick else FULL
    networks: dict[str, nn.Module] = {"eager": Eager(size), "ours": Ours(size)}
    with suppress(ImportError):
        networks["transformers"] = Theirs(size)
    clips = torch.randn(1, 3, size.frames, size.side, size.side, device=device)
    each = {name: network.to(device) for name, network in networks.items()}
    rows = []
    for train in (False, True):
        candidates = {name: step(one, clips, train=train, bf16=False, device=device) for name, one in each.items()}
        candidates["bf16"] = step(each["ours"], clips, train=train, bf16=True, device=device)
        found = turns(candidates, rounds, device)
        against = {name: float(np.median(found[name][:, 1] / found["ours"][:, 1])) for name in networks}
        rows.append(
            {
                "what": "training step" if train else "forward",
                "GMACs": round((3 if train else 1) * size.products((size.tokens,)) / 1e9, 1),
                **{f"{name} ms": spread(values[:, 1]) for name, values in found.items()},
                "faster than eager": round(against["eager"], 2),
                "than transformers": round(against["transformers"], 2) if "transformers" in against else "not installed",
                "target": "" if quick else EQUAL,
                "bf16 faster": round(float(np.median(found["ours"][:, 1] / found["bf16"][:, 1])), 2),
                "met": quick or against.get("transformers", math.inf) >= EQUAL,
            }
        )
    return f"ViT of width {size.width}, {size.depth} blocks, a clip of {size.frames} x {size.side} x {size.side}, all tokens", rows


def kept(rounds: int, device: str, quick: bool) -> tuple[str, list[dict[str, object]]]:
    """A title and rows: four clips that keep unequal counts of tokens, against all of them, turn by turn."""
    size, bf16 = QUICK if quick else FULL, device == "cuda"
    network = Ours(size).to(device)
    clips = torch.randn(len(UNEQUAL), 3, size.frames, size.side, size.side, device=device)
    all_of_them = (size.tokens,) * len(UNEQUAL)
    given: dict[str, object] = {"all": clips}
    counts = {"all": all_of_them}
    for share in SHARES:
        keep = torch.zeros(len(UNEQUAL), size.tokens, dtype=torch.bool, device=device)
        for row, times in enumerate(UNEQUAL):
            keep[row, torch.randperm(size.tokens)[: round(share * times * size.tokens)].to(device)] = True
        packed = Kept.of(keep)
        given[f"{share:.0%}"], counts[f"{share:.0%}"] = (clips, packed), packed.counts
    matrix = torch.randn(8192 if device == "cuda" else 1536, 8192 if device == "cuda" else 1536, device=device)
    matrix = matrix.to(torch.bfloat16) if bf16 else matrix
    best = 2 * len(matrix) ** 3 / min(taken(lambda: matrix @ matrix, device)[1] for _ in range(5)) / 1e6
    rows = []
    for train in (False, True):
        candidates = {name: step(network, one, train=train, bf16=bf16, device=device) for name, one in given.items()}
        found = turns(candidates, rounds, device)
        for name, values in found.items():
            ideal = size.products(counts[name]) / size.products(all_of_them)
            cost = float(np.median(values[:, 1] / found["all"][:, 1]))
            speed = (3 if train else 1) * 2 * size.products(counts[name]) / float(np.median(values[:, 1])) / 1e6
            rows.append(
                {
                    "what": "training step" if train else "forward",
                    "kept": name,
                    "tokens": " ".join(map(str, counts[name])),
                    "ms": spread(values[:, 1]),
                    "of all": round(cost, 3),
                    "ideal": round(ideal, 3),
                    "ratio": round(cost / ideal, 2),
                    "target": "" if quick else IDEAL,
                    "GFLOP/s": round(speed),
                    "of a matrix product": round(speed / best, 2),
                    "met": quick or cost / ideal <= IDEAL,
                }
            )
    return f"{len(UNEQUAL)} clips that keep unequal counts, {'bf16' if bf16 else 'fp32'}, all in one row", rows
