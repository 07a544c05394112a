"""Tables go to Parquet and back by pandas alone: nothing in them needs code of ours."""

from __future__ import annotations

import pandas as pd
import pytest

from skelgait.core.trial import Trial
from skelgait.gait.angles import joint_angles
from skelgait.gait.describe import describe, validity
from skelgait.gait.events import detect_events
from skelgait.walker import Walker


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    pose = Walker().film(fps=60, duration_s=4, dropout=0.1, random_state=0).pose
    trial = Trial("child", pose)
    return {
        "pose": pose.to_frame(),
        "events": detect_events(pose).to_frame(),
        "angles": joint_angles(pose),
        "describe": describe([trial]),
        "validity": validity([trial]),
    }


@pytest.mark.parametrize("name", ["pose", "events", "angles", "describe", "validity"])
def test_a_table_comes_back_from_parquet(tmp_path, tables, name):
    pytest.importorskip("pyarrow", reason="pyarrow is not installed (extra: interchange)")
    table = tables[name]
    table.to_parquet(tmp_path / "a.parquet")
    back = pd.read_parquet(tmp_path / "a.parquet")
    pd.testing.assert_frame_equal(
        back, table, check_index_type=False, check_column_type=False
    )  # names come back as str, not object
    assert back.index.tolist() == table.index.tolist()
    assert back.index.name == table.index.name
