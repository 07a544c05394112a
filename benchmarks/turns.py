"""Things measured turn by turn, so that whatever else the machine does meets them all: for the benchmarks beside it."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn


def tensor(out: object) -> Tensor:
    """The numbers of whatever a network gives."""
    return out if isinstance(out, Tensor) else out.values  # type: ignore[attr-defined,no-any-return]


def step(network: nn.Module, inputs: object, *, train: bool, bf16: bool, device: str) -> Callable[[], None]:
    """Forward as in use, or forward, loss and backward."""

    def forward() -> None:
        network.eval()
        with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            network(inputs)

    def learn() -> None:
        network.train()
        network.zero_grad()
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            loss = tensor(network(inputs)).float().square().mean()
        loss.backward()

    return learn if train else forward


def taken(what: Callable[[], None], device: str) -> tuple[float, float]:
    """Milliseconds by the wall and of processor time a thread; on a GPU both are the wall."""
    if device == "cuda":
        torch.cuda.synchronize()
    wall, processor = time.perf_counter(), time.process_time()
    what()
    if device == "cuda":
        torch.cuda.synchronize()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return 1000 * wall, 1000 * (wall if device == "cuda" else processor / torch.get_num_threads())


def turns(candidates: dict[str, Callable[[], None]], rounds: int, device: str) -> dict[str, np.ndarray]:
    """(rounds, 2) milliseconds of each candidate, wall and processor, turn by turn."""
    for what in candidates.values():
        what()
    rows: dict[str, list[tuple[float, float]]] = {name: [] for name in candidates}
    for _ in range(rounds):
        for name, what in candidates.items():
            rows[name].append(taken(what, device))
    return {name: np.array(values) for name, values in rows.items()}


def spread(values: np.ndarray) -> str:
    """Median and quartiles."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.0f} ({low:.0f}-{high:.0f})"


def show(title: str, rows: list[dict[str, object]]) -> None:
    print(f"## {title}\n{pd.DataFrame(rows).to_string(index=False)}\n", flush=True)
