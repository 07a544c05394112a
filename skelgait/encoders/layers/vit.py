"""A transformer over blocks of a video, two pictures by 16 x 16 pixels each, as VideoMAE has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from skelgait.core.errors import SkelgaitError
from skelgait.encoders.layers.packed import Kept, attend

SIZES = {"S": (384, 12, 6), "B": (768, 12, 12), "L": (1024, 24, 16)}  # width, depth, heads
EPS = {"videomaev2": (1e-6, 1e-6), "transformers": (1e-12, 1e-5)}  # of the layer norms in the blocks, and of the last


def sines(places: int, width: int) -> Tensor:
    """(places, width) the fixed table of positions: sine and cosine in turn, of the token's running number.

    Examples
    --------
    >>> sines(3, 4)[1].tolist()  # sin 1, cos 1, sin 0.01, cos 0.01
    [0.8414709568023682, 0.5403022766113281, 0.009999833069741726, 0.9999499917030334]
    """
    angle = np.arange(places)[:, None] / 10000 ** (2 * (np.arange(width) // 2) / width)
    angle[:, 0::2], angle[:, 1::2] = np.sin(angle[:, 0::2]), np.cos(angle[:, 1::2])
    return torch.from_numpy(angle).float()


class Attention(nn.Module):
    """Each token asks the tokens of its clip; queries and values have a bias, keys have none."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.q_bias, self.v_bias = nn.Parameter(torch.zeros(width)), nn.Parameter(torch.zeros(width))
        self.proj = nn.Linear(width, width)

    def split(self, values: Tensor) -> tuple[Tensor, ...]:
        """Queries, keys and values (M, heads, d) of tokens (M, D)."""
        bias = torch.cat([self.q_bias, torch.zeros_like(self.q_bias), self.v_bias])
        return F.linear(values, self.qkv.weight, bias).unflatten(1, (3, self.heads, -1)).unbind(1)

    def forward(self, values: Tensor, kept: Kept) -> Tensor:
        """(M, D) of packed tokens (M, D)."""
        return self.proj(attend(*self.split(values), kept).flatten(1))


class Mlp(nn.Module):
    """Wider, GELU, and back."""

    def __init__(self, width: int, wide: int) -> None:
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(width, wide), nn.Linear(wide, width)

    def forward(self, values: Tensor) -> Tensor:
        """(M, D)."""
        return self.fc2(F.gelu(self.fc1(values)))


class Block(nn.Module):
    """Attention and a perceptron, each behind a layer norm and beside a way past.

    Parameters
    ----------
    width, heads, wide : int
        Of the tokens, of the attention, and inside the perceptron.
    eps : float
        Of the layer norms.
    drop : float
        Share of clips for which, while training, either part is left out; the others count so much more.
    """

    def __init__(self, width: int, heads: int, wide: int, eps: float, drop: float) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(width, eps), Attention(width, heads)
        self.norm2, self.mlp = nn.LayerNorm(width, eps), Mlp(width, wide)
        self.drop = drop

    def forward(self, values: Tensor, kept: Kept) -> Tensor:
        """(M, D) of packed tokens (M, D)."""
        values = values + self._some(self.attn(self.norm1(values), kept), kept)
        return values + self._some(self.mlp(self.norm2(values)), kept)

    def _some(self, values: Tensor, kept: Kept) -> Tensor:
        if not self.training or not self.drop:
            return values
        share = values.new_empty(len(kept.counts), 1).bernoulli_(1 - self.drop) / (1 - self.drop)
        return values * share[kept.owner]


class AttentionPool(nn.Module):
    """One token a clip: each head weighs the tokens anew. It begins as their mean."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.query, self.key = nn.Parameter(torch.zeros(heads, width // heads)), nn.Linear(width, width)

    def forward(self, values: Tensor, kept: Kept) -> Tensor:
        """(n, D) of packed tokens (M, D)."""
        heads, size = self.query.shape
        score = (self.key(values).unflatten(1, (heads, size)) * self.query).sum(-1) / size**0.5
        parts = zip(score.split(kept.counts), values.unflatten(1, (heads, size)).split(kept.counts), strict=True)
        return torch.stack([(one.softmax(0)[..., None] * of).sum(0).flatten() for one, of in parts])


class VideoTransformer(nn.Module):
    """Blocks of pixels become tokens, tokens look at each other; those that are not kept are never looked at.

    Parameters
    ----------
    channels : int
        Of a picture.
    width, depth, heads : int
        Of the tokens, how many blocks, heads of an attention.
    patch, tubelet : int
        Pixels of a side, and pictures, that make a token.
    wide : float
        Width inside the perceptrons, in widths.
    eps : (float, float)
        Of the layer norms in the blocks, and of the last one.
    drop_path : float
        Share of clips for which the last block is left out while training; less before it, none in the first.
    pooling : {"mean", "attention"}
    stretched : (int, int, int), optional
        Grid (moments, rows, columns) whose table of positions is stretched to the grid at hand; None: a table for the grid at hand.
    checkpointing : bool
        While training, forget what is inside the blocks and work it out again on the way back.

    Notes
    -----
    Names of parameters are those of VideoMAE v2. Tokens of all clips lie in one row (`Kept`), so that each clip keeps as many as it
    has and the work is proportional to what is kept, from the first layer on.

    ``pooling="mean"``: published networks take the mean of the tokens, then a layer norm. That norm is applied to every token here,
    with the mean and spread of the clip's mean token, so that the mean of what comes out is what the published network has, and
    tokens remain for who looks at them one by one.

    References
    ----------
    Tong Z et al. VideoMAE. NeurIPS 2022. Wang L et al. VideoMAE V2. CVPR 2023: tubelets of 2 x 16 x 16, fixed sines as positions.

    Examples
    --------
    >>> network = VideoTransformer(width=32, depth=2, heads=2)
    >>> clips = torch.zeros(2, 3, 4, 32, 48)
    >>> tokens, kept = network(clips)
    >>> tokens.shape, kept.counts
    (torch.Size([24, 32]), (12, 12))
    >>> tokens, kept = network(clips, Kept.of(torch.arange(24).view(2, 12) % 5 == 0))
    >>> tokens.shape, kept.counts
    (torch.Size([5, 32]), (3, 2))
    """

    def __init__(
        self,
        channels: int = 3,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        patch: int = 16,
        tubelet: int = 2,
        wide: float = 4.0,
        eps: tuple[float, float] = EPS["videomaev2"],
        drop_path: float = 0.0,
        pooling: str = "mean",
        stretched: Sequence[int] | None = None,
        checkpointing: bool = False,
    ) -> None:
        super().__init__()
        if width % heads:
            raise SkelgaitError("the heads do not divide the width", found=f"{heads} heads, width {width}")
        self.size, self.stretched, self.checkpointing = (tubelet, patch, patch), stretched, checkpointing
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv3d(channels, width, self.size, self.size)})
        drops = np.linspace(0, drop_path, depth).tolist()
        self.blocks = nn.ModuleList(Block(width, heads, round(wide * width), eps[0], drop) for drop in drops)
        self.pool = AttentionPool(width, heads) if pooling == "attention" else None
        self.fc_norm = nn.LayerNorm(width, eps[1])
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        self._table: tuple[tuple[int, ...], Tensor] | None = None

    def __getstate__(self) -> dict[str, object]:
        return {**super().__getstate__(), "_table": None}  # type: ignore[misc]

    def grid(self, clips: Tensor) -> tuple[int, int, int]:
        """Moments, rows and columns of tokens of clips (n, channels, T, H, W).

        Raises
        ------
        SkelgaitError
            The pictures cannot be cut into whole blocks.
        """
        counts = [divmod(have, one) for have, one in zip(clips.shape[2:], self.size, strict=True)]
        if any(rest or not n for n, rest in counts):
            raise SkelgaitError(
                "the clip cannot be cut into whole tokens",
                found=" x ".join(map(str, clips.shape[2:])),
                expected="multiples of " + " x ".join(map(str, self.size)),
            )
        return counts[0][0], counts[1][0], counts[2][0]

    def positions(self, grid: tuple[int, int, int], like: Tensor) -> Tensor:
        """(tokens, D) the table of positions of a grid."""
        if self._table is None or self._table[0] != grid or self._table[1].device != like.device:
            width = self.fc_norm.normalized_shape[0]
            if self.stretched is None or tuple(self.stretched) == grid:
                table = sines(int(np.prod(grid)), width)
            else:
                table = sines(int(np.prod(self.stretched)), width).T.reshape(1, width, *self.stretched)
                table = F.interpolate(table, grid, mode="trilinear", align_corners=False).flatten(2)[0].T
            self._table = grid, table.to(like.device)
        return self._table[1].to(like.dtype)

    def embed(self, clips: Tensor, kept: Kept | None = None, prompt: Tensor | None = None) -> tuple[Tensor, Kept]:
        """(M, D) the kept blocks of clips (n, channels, T, H, W) as tokens, with their positions and prompts (n, tokens, D)."""
        grid = self.grid(clips)
        pixels = clips.unflatten(4, (grid[2], -1)).unflatten(3, (grid[1], -1)).unflatten(2, (grid[0], -1))
        pixels = pixels.permute(0, 2, 4, 6, 1, 3, 5, 7)  # (n, moments, rows, columns, channels, pictures, y, x)
        if kept is None:
            kept = Kept.all(len(clips), int(np.prod(grid)), clips.device)
            blocks = pixels.reshape(len(kept.index), -1)
        else:
            place = kept.index
            rest = place % (grid[1] * grid[2])
            blocks = pixels[kept.owner, place // (grid[1] * grid[2]), rest // grid[2], rest % grid[2]].flatten(1)
        proj = self.patch_embed["proj"]
        values = F.linear(blocks, proj.weight.flatten(1), proj.bias)
        values = values + self.positions(grid, proj.weight)[kept.index]  # sums stay in full precision where products are in half
        return (values if prompt is None else values + prompt[kept.owner, kept.index]), kept

    def forward(self, clips: Tensor, kept: Kept | None = None, prompt: Tensor | None = None) -> tuple[Tensor, Kept]:
        """Normed tokens (M, D) of clips (n, channels, T, H, W), and which they are; a pooled clip is one token of its own."""
        values, kept = self.embed(clips, kept, prompt)
        for block in self.blocks:
            if self.checkpointing and torch.is_grad_enabled():
                values = checkpoint(block, values, kept, use_reentrant=False)
            else:
                values = block(values, kept)
        if self.pool is not None:
            n = len(kept.counts)
            return self.fc_norm(self.pool(values, kept)), Kept.all(n, 1, values.device)
        parts = values.split(kept.counts)
        means = torch.stack([part.mean(0) for part in parts]).float()
        spread, mean = torch.var_mean(means, 1, correction=0, keepdim=True)
        scale = torch.rsqrt(spread + self.fc_norm.eps) * self.fc_norm.weight
        shift = self.fc_norm.bias - mean * scale
        normed = [torch.addcmul(*one) for one in zip(shift, [part.to(scale.dtype) for part in parts], scale, strict=True)]
        return torch.cat(normed), kept
