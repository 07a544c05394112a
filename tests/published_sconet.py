"""ScoNet as published: the names and shapes of its weights, and its arithmetic, written out for the tests."""

from __future__ import annotations

import torch
import torch.nn.functional as F

CHANNELS = (64, 128, 256, 512)


def published(seed: int = 0) -> dict[str, torch.Tensor]:
    """A state dict with the documented names and shapes of ScoNet for three classes."""
    rng = torch.Generator().manual_seed(seed)
    state: dict[str, torch.Tensor] = {}

    def conv(name: str, after: int, before: int, size: int) -> None:
        state[f"{name}.weight"] = torch.randn(after, before, size, size, generator=rng) * (2 / (before * size**2)) ** 0.5

    def norm(name: str, width: int) -> None:
        state[f"{name}.weight"] = 0.5 + torch.rand(width, generator=rng)
        state[f"{name}.bias"] = 0.2 * torch.randn(width, generator=rng)
        state[f"{name}.running_mean"] = 0.2 * torch.randn(width, generator=rng)
        state[f"{name}.running_var"] = 0.5 + torch.rand(width, generator=rng)
        state[f"{name}.num_batches_tracked"] = torch.tensor(20000)

    at = "Backbone.forward_block"
    conv(f"{at}.conv1.conv", 64, 1, 3)
    norm(f"{at}.bn1", 64)
    before = 64
    for stage, after in enumerate(CHANNELS, 1):
        block = f"{at}.layer{stage}.0"
        conv(f"{block}.conv1", after, before, 3)
        norm(f"{block}.bn1", after)
        conv(f"{block}.conv2", after, after, 3)
        norm(f"{block}.bn2", after)
        if after != before:
            conv(f"{block}.downsample.0", after, before, 1)
            norm(f"{block}.downsample.1", after)
        before = after
    state["FCs.fc_bin"] = torch.randn(16, 512, 256, generator=rng) / 512**0.5
    state["BNNecks.fc_bin"] = torch.randn(16, 256, 3, generator=rng)
    norm("BNNecks.bn1d", 4096)
    return state


def reference(state: dict[str, torch.Tensor], silhouettes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Embeddings (n, 256, 16) and cosines (n, 3, 16) of silhouettes (n, s, 64, 44), 0 to 1, as the published code computes them."""

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        parts = [state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
        return F.batch_norm(x, *parts, training=False)

    at = "Backbone.forward_block"
    n, s = silhouettes.shape[:2]
    x = silhouettes.reshape(n * s, 1, 64, 44)
    x = F.relu(norm(F.conv2d(x, state[f"{at}.conv1.conv.weight"], padding=1), f"{at}.bn1"))
    for stage, stride in enumerate((1, 2, 2, 1), 1):
        block = f"{at}.layer{stage}.0"
        out = F.relu(norm(F.conv2d(x, state[f"{block}.conv1.weight"], stride=stride, padding=1), f"{block}.bn1"))
        out = norm(F.conv2d(out, state[f"{block}.conv2.weight"], padding=1), f"{block}.bn2")
        if stage > 1:
            x = norm(F.conv2d(x, state[f"{block}.downsample.0.weight"], stride=stride), f"{block}.downsample.1")
        x = F.relu(out + x)
    x = x.reshape(n, s, 512, 16, 11).max(dim=1)[0]
    strips = torch.stack([x[:, :, row].mean(-1) + x[:, :, row].max(-1)[0] for row in range(16)], -1)  # (n, 512, 16)
    embedding = torch.stack([strips[:, :, p] @ state["FCs.fc_bin"][p] for p in range(16)], -1)  # (n, 256, 16)
    necked = norm(embedding.reshape(n, -1), "BNNecks.bn1d").reshape(n, 256, 16)
    cosines = []
    for p in range(16):
        feature = necked[:, :, p] / necked[:, :, p].norm(dim=1, keepdim=True)
        direction = state["BNNecks.fc_bin"][p] / state["BNNecks.fc_bin"][p].norm(dim=0, keepdim=True)
        cosines.append(feature @ direction)
    return embedding, torch.stack(cosines, -1)
