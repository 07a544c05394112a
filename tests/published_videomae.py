"""VideoMAE as published: the names of its weights in three layouts, and its arithmetic, written out for the tests."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

WIDTH, DEPTH, HEADS, CLASSES = 24, 3, 3, 5


def published(width: int = WIDTH, depth: int = DEPTH, classes: int = CLASSES, patch: int = 16) -> dict[str, Tensor]:
    """A state dict with the documented names of VideoMAE v2, large enough numbers that each is felt."""
    torch.manual_seed(width + depth)

    def linear(name: str, after: int, before: int) -> dict[str, Tensor]:
        return {f"{name}.weight": torch.randn(after, before) / before**0.5, f"{name}.bias": 0.3 * torch.randn(after)}

    def norm(name: str) -> dict[str, Tensor]:
        return {f"{name}.weight": torch.rand(width) + 0.5, f"{name}.bias": 0.2 * torch.randn(width)}

    fan = 3 * 2 * patch * patch
    sd = {"patch_embed.proj.weight": torch.randn(width, 3, 2, patch, patch) / fan**0.5}
    sd["patch_embed.proj.bias"] = 0.3 * torch.randn(width)
    for i in range(depth):
        at = f"blocks.{i}"
        sd |= norm(f"{at}.norm1")
        sd |= {f"{at}.attn.q_bias": 0.5 * torch.randn(width), f"{at}.attn.v_bias": 0.5 * torch.randn(width)}
        sd[f"{at}.attn.qkv.weight"] = torch.randn(3 * width, width) / width**0.5
        sd |= linear(f"{at}.attn.proj", width, width) | norm(f"{at}.norm2")
        sd |= linear(f"{at}.mlp.fc1", 4 * width, width) | linear(f"{at}.mlp.fc2", width, 4 * width)
    return sd | norm("fc_norm") | linear("head", classes, width)


def as_transformers(sd: dict[str, Tensor], version: int) -> dict[str, Tensor]:
    """The same weights as transformers 4 or 5 names them."""
    out = {}
    for key, value in sd.items():
        parts = key.split(".")
        if parts[0] == "patch_embed":
            out[f"videomae.embeddings.patch_embeddings.projection.{parts[2]}"] = value
        elif parts[0] != "blocks":
            out[key.replace("head.", "classifier.")] = value
        else:
            at, name, last = f"videomae.encoder.layer.{parts[1]}", ".".join(parts[2:-1]), parts[-1]
            inside = f"{at}.attention.attention"
            if name == "attn.qkv":
                for which, part in zip(("query", "key", "value"), value.chunk(3), strict=True):
                    out[f"{inside}.{which}.weight"] = part
            elif name == "attn":
                which = "query" if last == "q_bias" else "value"
                out[f"{inside}.{last}" if version == 4 else f"{inside}.{which}.bias"] = value
            else:
                theirs = {
                    "attn.proj": "attention.output.dense",
                    "norm1": "layernorm_before",
                    "norm2": "layernorm_after",
                    "mlp.fc1": "intermediate.dense",
                    "mlp.fc2": "output.dense",
                }[name]
                out[f"{at}.{theirs}.{last}"] = value
    return out


def place(number: int, width: int) -> list[float]:
    """The fixed numbers of a token's place."""
    angles = [number / math.pow(10000, 2 * (j // 2) / width) for j in range(width)]
    return [math.cos(a) if j % 2 else math.sin(a) for j, a in enumerate(angles)]


def reference(
    sd: dict[str, Tensor],
    clips: Tensor,
    heads: int = HEADS,
    keep: Tensor | None = None,
    eps: tuple[float, float] = (1e-6, 1e-6),
) -> tuple[Tensor, Tensor]:
    """Mean token behind its norm, and logits, of normalised clips (n, 3, T, H, W); of some tokens (n, tokens) where given.

    Nothing is packed: what is not kept is hidden from the others by a mask, and left out of the mean.
    """
    weight, bias = sd["patch_embed.proj.weight"], sd["patch_embed.proj.bias"]
    x = F.conv3d(clips, weight, bias, stride=weight.shape[2:]).flatten(2).transpose(1, 2)
    n, tokens, width = x.shape
    x = x + torch.tensor([place(i, width) for i in range(tokens)])
    keep = torch.ones(n, tokens, dtype=torch.bool) if keep is None else keep
    i = 0
    while f"blocks.{i}.norm1.weight" in sd:
        one = {key.removeprefix(f"blocks.{i}."): value for key, value in sd.items() if key.startswith(f"blocks.{i}.")}
        y = F.layer_norm(x, (width,), one["norm1.weight"], one["norm1.bias"], eps[0])
        query, key, value = (y @ w.T for w in one["attn.qkv.weight"].chunk(3))
        query, value = query + one["attn.q_bias"], value + one["attn.v_bias"]
        query, key, value = (part.unflatten(2, (heads, -1)).transpose(1, 2) for part in (query, key, value))
        score = query @ key.transpose(2, 3) / math.sqrt(width // heads)
        score = score.masked_fill(~keep[:, None, None], -torch.inf).softmax(-1)
        y = (score @ value).transpose(1, 2).flatten(2)
        x = x + F.linear(y, one["attn.proj.weight"], one["attn.proj.bias"])
        y = F.layer_norm(x, (width,), one["norm2.weight"], one["norm2.bias"], eps[0])
        y = F.gelu(F.linear(y, one["mlp.fc1.weight"], one["mlp.fc1.bias"]))
        x = x + F.linear(y, one["mlp.fc2.weight"], one["mlp.fc2.bias"])
        i += 1
    mean = (x * keep[..., None]).sum(1) / keep.sum(1, keepdim=True)
    mean = F.layer_norm(mean, (width,), sd["fc_norm.weight"], sd["fc_norm.bias"], eps[1])
    return mean, F.linear(mean, sd["head.weight"], sd["head.bias"])
