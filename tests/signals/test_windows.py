from __future__ import annotations

import numpy as np

from skelgait.signals.windows import block_medians, box_sums, local_lines, local_spread


def test_block_medians_leave_gaps_out() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(3, 47))
    values[rng.random(values.shape) < 0.3] = np.nan
    values[1, 10:15] = np.nan
    got = block_medians(values, 5)
    for row, blocks in zip(values, got, strict=True):
        for b, value in enumerate(blocks):
            part = row[5 * b : 5 * b + 5]
            part = part[~np.isnan(part)]
            assert np.isnan(value) if not part.size else value == np.median(part)
    assert np.isnan(got[1, 2])


def test_local_lines_are_least_squares_lines_cut_off_at_the_ends() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, 30)) + 1e4
    values[0, [3, 4, 12]] = np.nan
    level, slope = local_lines(values, 4)
    at = np.arange(30)
    for c in range(2):
        for i in (0, 3, 13, 29):
            window = slice(max(i - 4, 0), i + 5)
            known = ~np.isnan(values[c, window])
            fit = np.polyfit(at[window][known] - i, values[c, window][known], 1)
            np.testing.assert_allclose([slope[c, i], level[c, i]], fit, atol=1e-6)


def test_local_lines_say_nothing_where_nothing_is_known() -> None:
    values = np.full((1, 20), np.nan)
    values[0, 0] = 1
    level, slope = local_lines(values, 2)
    assert np.isnan(slope).all()
    assert np.isnan(level[0, 1:]).all()


def test_local_spread() -> None:
    values = np.array([[1.0, 3, np.nan, 5, 5, 5]])
    np.testing.assert_allclose(local_spread(values, 1)[0], [1, 1, 1, 0, 0, 0], atol=1e-6)


def test_box_sums_are_cut_off_at_the_ends() -> None:
    values = np.random.default_rng(2).normal(size=(2, 3, 20))
    found = box_sums(values, 4)
    for at in range(20):
        np.testing.assert_allclose(found[..., at], values[..., max(at - 4, 0) : at + 5].sum(axis=-1))
