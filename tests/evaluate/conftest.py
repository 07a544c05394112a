"""Made-up answers of a model to a question of four ordered levels, several walks a child."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from skelgait.core.task import Task

GMFCS = Task("GMFCS", levels=("I", "II", "III", "IV"), ordered=True)


@dataclass(frozen=True)
class Made:
    probabilities: np.ndarray
    truth: np.ndarray
    subjects: np.ndarray
    task: Task

    @property
    def predicted(self) -> np.ndarray:
        return self.probabilities.argmax(axis=-1)


def make(subjects: int = 60, walks: int = 3, skill: float = 1.2, seed: int = 0, levels: int = 4, alike: float = 0.7) -> Made:
    """Walks of one child share the share ``alike`` of what blurs the model's answer."""
    random = np.random.default_rng(seed)
    shares = np.linspace(2, 1, levels)
    level = random.choice(levels, subjects, p=shares / shares.sum())
    child = np.repeat(np.arange(subjects), walks)
    noise = np.sqrt(alike) * random.normal(size=(subjects, levels))[child]
    noise = noise + np.sqrt(1 - alike) * random.normal(size=(len(child), levels))
    scores = np.exp(noise + skill * np.eye(levels)[level[child]])
    task = GMFCS if levels == 4 else Task("MADE", levels=tuple(f"level {n}" for n in range(levels)), ordered=True)
    return Made(scores / scores.sum(axis=1, keepdims=True), level[child], np.array([f"child{n}" for n in child]), task)


@pytest.fixture
def made() -> Made:
    return make()
