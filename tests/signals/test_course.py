from __future__ import annotations

import numpy as np
import pytest

from skelgait.signals.course import courses


def test_a_course_does_not_mind_runs_of_wrong_samples() -> None:
    t = np.arange(120) / 30
    true = np.stack([100 * np.sin(2 * np.pi * 0.7 * t), 400 * t])
    seen = true + np.random.default_rng(0).normal(0, 1.5, true.shape)
    wrong = np.zeros(seen.shape, bool)
    wrong[0, 40:43] = wrong[1, [20, 22, 23]] = True
    seen[wrong] += 90
    seen[1, 60:63] = np.nan
    course = courses(seen, 6, 8.0)
    assert np.array_equal(np.abs(np.nan_to_num(seen - course)) > 45, wrong)
    off = np.abs(course - true)
    assert np.median(off) < 1
    assert np.percentile(off, 95) < 4


def test_where_hardly_anything_is_known_there_is_no_course() -> None:
    seen = np.full((1, 40), np.nan)
    seen[0, [3, 4, 5]] = 7
    seen[0, 25:33] = 9
    course = courses(seen, 4, 1.0)[0]
    assert np.isnan(course[:15]).all()
    assert course[25:33] == pytest.approx(9)


def test_rows_do_not_touch_each_other() -> None:
    rows = np.random.default_rng(1).normal(0, 1, (5, 50)).cumsum(axis=1)
    together = courses(rows, 5, 1.0)
    for row, course in zip(rows, together, strict=True):
        np.testing.assert_allclose(courses(row[None], 5, 1.0)[0], course)
