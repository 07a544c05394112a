from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.evaluate.source import source_probe


def walks(n: int = 60) -> tuple[list[sg.Trial], np.ndarray]:
    """Two walks each of n / 2 children; a third of the children are of a clinic."""
    places = np.where(np.arange(n) // 2 % 3 == 0, "clinic", "public")
    return [
        sg.Trial(f"child{i // 2}", name=f"w{i}", covariates={"source": str(p)}) for i, p in enumerate(places)
    ], places == "clinic"


def test_a_source_that_is_in_the_embedding_is_found_and_one_that_is_not_is_at_chance() -> None:
    trials, clinic = walks()
    noise = np.random.default_rng(1).normal(size=(len(trials), 4))
    blind = source_probe(noise, trials)
    assert list(blind.index) == ["clinic", "public", "mean"]
    assert blind.loc["mean", "low"] < 0.5 < blind.loc["mean", "high"]
    assert blind.chance.tolist() == [0.5] * 3
    assert blind.n.tolist() == [20, 40, 60]
    assert blind.subjects.tolist() == [10, 20, 30]
    told = noise.copy()
    told[:, 2] += 8 * clinic
    table = source_probe(SimpleNamespace(embed=lambda given: told), trials)
    assert table.loc["mean", "low"] > 0.9
    assert table.loc["mean", "value"] == pytest.approx(table.value.iloc[:2].mean())


def test_children_that_are_known_again_do_not_count_as_their_source() -> None:
    trials, _ = walks()
    child = np.arange(len(trials)) // 2
    marks = np.eye(child.max() + 1)[child]  # each child has a place of its own: nothing is said of other children of the source
    assert source_probe(marks, trials).loc["mean", "value"] < 0.7


def test_what_cannot_be_probed_is_refused() -> None:
    trials, _ = walks()
    with pytest.raises(SkelgaitError, match="every walk needs a source"):
        source_probe(np.zeros((2, 3)), [sg.Trial("a"), sg.Trial("b")])
    with pytest.raises(SkelgaitError, match="too few"):
        source_probe(np.zeros((60, 3)), trials, ["one"] * 60)
