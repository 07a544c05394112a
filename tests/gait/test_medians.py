from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skelgait.gait.medians import column_medians, middle


@settings(max_examples=40, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 9), st.integers(1, 4)), elements=st.one_of(st.floats(-9, 9), st.just(np.nan))))
def test_medians_are_those_of_numpy(values: np.ndarray) -> None:
    count = np.isfinite(values).sum(axis=0)
    known = count > 0
    np.testing.assert_allclose(column_medians(values, count)[known], np.nanmedian(values[:, known], axis=0))
    assert np.isnan(column_medians(values, count)[~known]).all()
    one = values[np.isfinite(values)]
    if len(one):
        assert middle(one) == np.median(one)


def test_nothing_has_no_median() -> None:
    assert np.isnan(middle(np.zeros(0)))
    assert np.isnan(column_medians(np.zeros((0, 3)), np.zeros(3, int))).all()
