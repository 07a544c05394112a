"""The table of the Edinburgh score: complete, sourced, and with the limits of the guide."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.tasks.evgs import TIERS, evgs_items

ITEMS = {i.item: i for i in evgs_items()}

# The guide's whole-degree bands, best score last: (score, lowest, highest whole degree).
BANDS = {
    3: [(0, 5, 25), (1, 26, 40), (1, -10, 4), (2, 41, 90), (2, -90, -11)],
    4: [(0, 0, 5), (1, 6, 15), (1, -10, -1), (2, 16, 60), (2, -60, -11)],
    5: [(0, 0, 20), (1, 21, 40), (1, -25, -1), (2, 41, 90), (2, -90, -26)],
    7: [(0, -5, 15), (1, 16, 30), (1, -20, -6), (2, 31, 90), (2, -90, -21)],
    9: [(0, 0, 15), (1, 16, 25), (1, -10, -1), (2, 26, 120), (2, -60, -11)],
    10: [(0, 5, 15), (1, 16, 30), (1, -10, 4), (2, 31, 120), (2, -60, -11)],
    11: [(0, 50, 70), (1, 71, 85), (1, 35, 49), (2, 86, 150), (2, -20, 34)],
    12: [(0, -20, 0), (1, 1, 15), (1, -35, -21), (2, 16, 90), (2, -90, -36)],
    13: [(0, 25, 45), (1, 46, 60), (1, 10, 24), (2, 61, 120), (2, -40, 9)],
    14: [(0, 0, 5), (1, 6, 15), (1, -10, -1), (2, 16, 60), (2, -60, -11)],
    15: [(0, -5, 10), (1, 11, 20), (1, -15, -6), (2, 21, 60), (2, -60, -16)],
    16: [(0, -5, 5), (1, 6, 15), (1, -60, -6), (2, 16, 90)],
}


def test_seventeen_items_of_five_regions_and_three_planes() -> None:
    assert list(ITEMS) == list(range(1, 18))
    regions = [i.region for i in evgs_items()]
    assert [regions.count(r) for r in ("foot", "knee", "hip", "pelvis", "trunk")] == [7, 4, 2, 2, 2]
    assert {i.plane for i in evgs_items()} == {"sagittal", "coronal", "transverse"}
    assert len({i.name for i in evgs_items()}) == len({i.abbreviation for i in evgs_items()}) == 17


@pytest.mark.parametrize("item", list(BANDS))
def test_whole_degree_bands_meet_at_half_degrees(item: int) -> None:
    scores = np.array([2, 1, 0, 1, 2])
    for score, low, high in BANDS[item]:
        degrees = np.arange(low, high + 1)
        assert (scores[np.searchsorted(ITEMS[item].edges, degrees)] == score).all(), (item, score)
    assert all(2 * edge % 2 == 1 for edge in ITEMS[item].edges if np.isfinite(edge))


def test_backward_lean_has_no_score_of_two() -> None:
    assert ITEMS[16].low2 == -np.inf


def test_every_row_says_where_it_comes_from() -> None:
    for item in evgs_items():
        assert item.tier in TIERS
        assert "2003" in item.source
        assert item.what
        assert bool(item.why) == (item.tier != "computed" or item.item in (12, 13))  # hips: the pelvis does not show
        assert np.isfinite(item.error) == (item.tier != "not assessable") == bool(item.error_source)
        assert list(item.edges) == sorted(item.edges)
    assert [i.item for i in evgs_items() if i.tier == "not assessable"] == [4, 8, 15]
