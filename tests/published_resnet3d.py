"""3D ResNets and triplet attention as published: the names of their weights, and their arithmetic, written out for the tests."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

COUNTS = {10: (1, 1, 1, 1), 18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}


def _norm(sd: dict[str, Tensor], name: str, width: int) -> None:
    sd[f"{name}.weight"] = torch.rand(width) + 0.5
    sd[f"{name}.bias"] = torch.randn(width) * 0.1
    sd[f"{name}.running_mean"] = torch.randn(width) * 0.1
    sd[f"{name}.running_var"] = torch.rand(width) + 0.5
    sd[f"{name}.num_batches_tracked"] = torch.tensor(7)


def _conv(sd: dict[str, Tensor], name: str, *shape: int) -> None:
    fan = shape[1] * shape[2] * shape[3] * shape[4]
    sd[f"{name}.weight"] = torch.randn(shape) * (2 / fan) ** 0.5


def names(stem: str, i: int) -> tuple[str, str]:
    """Convolution and normalisation ``i`` of a block."""
    return (f"conv{i}", f"bn{i}") if stem == "kenshohara" else (f"conv{i}.0", f"conv{i}.1")


def published(stem: str, depth: int, widths: tuple[int, ...], shortcut: str = "B", classes: int = 5) -> dict[str, Tensor]:
    """A state dict with the documented names."""
    torch.manual_seed(depth)
    sd: dict[str, Tensor] = {}
    first = ("conv1", "bn1") if stem == "kenshohara" else ("stem.0", "stem.1")
    _conv(sd, first[0], widths[0], 3, 7 if stem == "kenshohara" else 3, 7, 7)
    _norm(sd, first[1], widths[0])
    before = widths[0]
    for layer, (width, count) in enumerate(zip(widths, COUNTS[depth], strict=True), 1):
        for block in range(count):
            at = f"layer{layer}.{block}"
            after = width * (4 if depth == 50 else 1)
            sizes = (
                ((before, width, 1), (width, width, 3), (width, after, 1))
                if depth == 50
                else ((before, width, 3), (width, width, 3))
            )
            for i, (source, target, size) in enumerate(sizes, 1):
                conv, norm = names(stem, i)
                _conv(sd, f"{at}.{conv}", target, source, size, size, size)
                _norm(sd, f"{at}.{norm}", target)
            if shortcut == "B" and block == 0 and (layer > 1 or before != after):
                _conv(sd, f"{at}.downsample.0", after, before, 1, 1, 1)
                _norm(sd, f"{at}.downsample.1", after)
            before = after
    sd["fc.weight"], sd["fc.bias"] = torch.randn(classes, before), torch.randn(classes)
    return sd


def reference(sd: dict[str, Tensor], stem: str, depth: int, clips: Tensor, shortcut: str = "B") -> tuple[Tensor, Tensor]:
    """Last map and logits of normalised clips (n, 3, T, H, W)."""

    def norm(x: Tensor, name: str) -> Tensor:
        keys = ("running_mean", "running_var", "weight", "bias")
        return F.batch_norm(x, *(sd[f"{name}.{key}"] for key in keys), eps=1e-5)

    if stem == "kenshohara":
        x = F.relu(norm(F.conv3d(clips, sd["conv1.weight"], stride=(1, 2, 2), padding=3), "bn1"))
        x = F.max_pool3d(x, 3, 2, 1)
    else:
        x = F.relu(norm(F.conv3d(clips, sd["stem.0.weight"], stride=(1, 2, 2), padding=(1, 3, 3)), "stem.1"))
    for layer, count in enumerate(COUNTS[depth], 1):
        for block in range(count):
            at, stride = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1
            past, steps = x, 3 if depth == 50 else 2
            for i in range(1, steps + 1):
                conv, bn = names(stem, i)
                weight = sd[f"{at}.{conv}.weight"]
                x = F.conv3d(x, weight, stride=stride if i == steps - 1 else 1, padding=weight.shape[-1] // 2)
                x = norm(x, f"{at}.{bn}")
                x = F.relu(x) if i < steps else x
            if f"{at}.downsample.0.weight" in sd:
                past = norm(F.conv3d(past, sd[f"{at}.downsample.0.weight"], stride=stride), f"{at}.downsample.1")
            elif past.shape != x.shape:
                past = F.avg_pool3d(past, 1, stride)
                past = torch.cat([past, past.new_zeros(len(past), x.shape[1] - past.shape[1], *past.shape[2:])], 1)
            x = F.relu(x + past)
    return x, F.linear(F.adaptive_avg_pool3d(x, 1).flatten(1), sd["fc.weight"], sd["fc.bias"])


def published_triplet(sd: dict[str, Tensor], x: Tensor, spatial: bool = True) -> Tensor:
    """The published module over (B, C, H, W), with permuted copies as it makes them; not in training."""

    def gate(name: str, x: Tensor) -> Tensor:
        pooled = torch.cat([x.max(1, keepdim=True)[0], x.mean(1, keepdim=True)], 1)
        out = F.conv2d(pooled, sd[f"{name}.conv.conv.weight"], padding=3)
        keys = ("running_mean", "running_var", "weight", "bias")
        return x * torch.sigmoid(F.batch_norm(out, *(sd[f"{name}.conv.bn.{key}"] for key in keys), eps=1e-5))

    cw = gate("cw", x.permute(0, 2, 1, 3).contiguous()).permute(0, 2, 1, 3)
    hc = gate("hc", x.permute(0, 3, 2, 1).contiguous()).permute(0, 3, 2, 1)
    return (cw + hc + gate("hw", x)) / 3 if spatial else (cw + hc) / 2


def random_triplet(gates: tuple[str, ...]) -> dict[str, Tensor]:
    """Weights of triplet attention with the published names."""
    sd: dict[str, Tensor] = {}
    for gate in gates:
        sd[f"{gate}.conv.conv.weight"] = torch.randn(1, 2, 7, 7) * 0.2
        _norm(sd, f"{gate}.conv.bn", 1)
    return sd
