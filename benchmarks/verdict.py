"""How a benchmark ends: how long it took and which targets it missed, for the benchmarks beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence


def end(missed: Sequence[str], began: float) -> int:
    """Print both; 1 when a target was missed."""
    print(f"\n{time.perf_counter() - began:.0f} s in all")
    for line in missed:
        print("MISSED:", line)
    return 1 if missed else 0
