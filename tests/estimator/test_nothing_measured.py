"""A walk of which nothing was measured gets no answer, and the reason is said."""

from __future__ import annotations

import numpy as np
import pytest

import skelgait as sg
from skelgait.estimator.preparation import find_unfit


@pytest.fixture(scope="module")
def blank(walks: list[sg.Trial]) -> sg.Trial:
    """A fifth of a second of walking: no step, so no number."""
    return sg.Trial("somebody", walks[0].pose["sagittal"].cut(0, 6), name="blink")


def test_a_network_of_descriptors_gives_no_answer_from_nothing(walks: list[sg.Trial], blank: sg.Trial) -> None:
    model = sg.GaitClassifier("GAIT_BINARY", {"descriptors": {"width": 8}}, max_epochs=1, progress=False, random_state=0).fit(walks)
    with pytest.warns(UserWarning, match=r"no answer for 1 of 3 walks \(blink\): none of its \d+ descriptors could be measured"):
        probabilities = model.predict_proba([walks[0], blank, walks[1]])
    assert np.isnan(probabilities).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    np.testing.assert_allclose(probabilities[[0, 2]], model.predict_proba(walks[:2]), atol=1e-5)
    with pytest.warns(UserWarning, match="no answer"):
        assert model.predict([blank, walks[0]]).tolist()[0] is None
    unfit = find_unfit(model, [walks[0], blank])
    assert list(unfit) == [1]
    assert "blink" in unfit[1].problem


def test_beside_a_skeleton_network_the_walk_is_answered(walks: list[sg.Trial], blank: sg.Trial) -> None:
    encoders = {"stgcn": {"fps": 15, "stages": [4]}, "descriptors": {"width": 8}}
    model = sg.GaitClassifier("GAIT_BINARY", encoders, max_epochs=1, progress=False, random_state=0).fit(walks)
    assert np.isfinite(model.predict_proba([blank])).all()
    assert find_unfit(model, [blank]) == {}


def test_a_classical_model_gives_no_answer_from_nothing(walks: list[sg.Trial], blank: sg.Trial) -> None:
    model = sg.DescriptorClassifier("GAIT_BINARY", "logistic").fit(walks)
    with pytest.warns(UserWarning, match="no answer for 1 of 2 walks"):
        assert model.predict([blank, walks[0]]).tolist()[0] is None
