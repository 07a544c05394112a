from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

SCRIPT = Path(__file__).with_name("two_processes.py")


def run(devices: int, out: Path) -> None:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(devices), str(out)], capture_output=True, text=True, env=environment, timeout=240
    )
    assert done.returncode == 0, done.stderr[-2000:]


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    run(1, tmp_path / "one")
    run(2, tmp_path / "two")
    found = [json.loads((tmp_path / name).read_text()) for name in ("one.", "two.0", "two.1")]
    one, *both = [np.array(run["said"]) for run in found]
    assert np.abs(one - 0.5).max() > 0.1, "it has learnt something"
    assert np.allclose(both[0], both[1], atol=1e-6), "the processes end with the same weights"
    assert np.allclose(one, both[0], atol=1e-3), "and with those of a single process, but for rounding"
    assert np.allclose(found[0]["loss"], found[1]["loss"], atol=1e-3), "and tell the same losses"
    assert found[1]["loss"] == found[2]["loss"]
