from __future__ import annotations

from importlib import import_module

import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.estimation.estimators import ESTIMATORS, make_estimator
from skelgait.estimation.mediapipe_pose import MediapipePose


@pytest.mark.parametrize("name", ESTIMATORS)
def test_the_table_names_classes_that_keep_the_promise(name: str) -> None:
    module, _, kind = ESTIMATORS[name].partition(":")
    one = make_estimator(name)
    assert type(one) is getattr(import_module(module), kind)
    assert one.batch >= 1
    assert one.workers >= 1
    assert one.reach >= 1.2
    assert one.side >= 200
    assert isinstance(one.segments, bool)
    for verb in ("open", "estimate", "close"):
        assert callable(getattr(one, verb))


def test_a_part_is_a_name_a_class_or_either_with_settings() -> None:
    assert make_estimator(MediapipePose).looks == make_estimator("mediapipe").looks
    assert make_estimator({MediapipePose: {"looks": 1}}).looks == 1
    assert make_estimator({"mediapipe": {}}, model_path="a.task").model_path == "a.task"


def test_what_is_unknown_is_told_with_what_is_known() -> None:
    with pytest.raises(SkelgaitError, match=r"unknown estimator 'openpose'.*mediapipe, rtmlib, mmpose"):
        make_estimator("openpose")
    with pytest.raises(SkelgaitError, match=r"MediapipePose has no setting smooth.*model_path, looks, min_flag"):
        make_estimator({"mediapipe": {"smooth": True}})
    with pytest.raises(SkelgaitError, match="one name with its settings"):
        make_estimator({"mediapipe": {}, "rtmlib": {}})
    with pytest.raises(SkelgaitError, match=r"a name, a class or \{name: settings\}"):
        make_estimator(3)  # type: ignore[arg-type]
    with pytest.raises(SkelgaitError, match="MmposePose has no setting model_path"):
        make_estimator("mmpose", model_path="x.onnx")
