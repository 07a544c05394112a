"""The tables hold every number that was measured, and the refused list every one that was not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement
from skelgait.report.numbers import NOTHING
from skelgait.report.tables import BY_NAME, build_tables, label_of, unit_words


def changed(result: Measurement, **values: float) -> Measurement:
    reasons = {**result.reasons, **{name: f"{name} was taken away" for name, v in values.items() if np.isnan(v)}}
    return replace(result, values={**result.values, **values}, reasons=reasons)


def row_of(result: Measurement, name: str, norms: dict | None = None):
    for table in build_tables(result, norms or {})[0]:
        for row in table.rows:
            if (
                row.definition
                and BY_NAME[name].definition.startswith(row.definition)
                and row.unit == unit_words(BY_NAME[name].unit)
            ):
                return row
    return None


def test_numbers_stand_in_their_columns(both_planes: Measurement) -> None:
    result = changed(both_planes, left_step_time_s=0.511, right_step_time_s=0.434, step_time_difference_s=0.077, cadence_spm=127.4)
    row = row_of(result, "left_step_time_s")
    assert (row.left.text, row.right.text, row.difference.text) == ("0.51", "0.43", "0.08")
    assert row.unit == "s"
    assert row_of(result, "cadence_spm").both.text == "127"


def test_every_measured_number_of_a_side_is_printed(both_planes: Measurement) -> None:
    tables, _ = build_tables(both_planes, {})
    printed = sum(cell.has_a_number() for t in tables for row in t.rows for cell in (row.left, row.right, row.both))
    shown = [d for d in DESCRIPTORS if d.group in ("time", "space", "angle")]
    assert printed == sum(np.isfinite(both_planes.values[d.name]) for d in shown)


def test_one_leg_missing_is_a_dash_with_its_reason(both_planes: Measurement) -> None:
    row = row_of(changed(both_planes, left_knee_flexion_max_swing_deg=np.nan), "left_knee_flexion_max_swing_deg")
    assert row.left.text == NOTHING
    assert row.left.reason == "left_knee_flexion_max_swing_deg was taken away"
    assert row.right.has_a_number()


def test_a_quantity_of_no_side_measured_leaves_the_table_and_is_counted(both_planes: Measurement) -> None:
    gone = changed(both_planes, left_knee_flexion_range_deg=np.nan, right_knee_flexion_range_deg=np.nan)
    assert row_of(gone, "left_knee_flexion_range_deg") is None
    notes = [n for t in build_tables(gone, {})[0] if t.title == "Joint angles from the side" for n in t.notes]
    assert any(n.startswith("1 more of this kind") for n in notes)


def test_norm_is_printed_with_its_source_and_where_the_value_lies(both_planes: Measurement) -> None:
    result = changed(both_planes, left_stance_percent=70.0, right_stance_percent=61.0, stance_percent=65.5)
    norms = {"stance_percent": (58.0, 64.0, "a book"), "cadence_spm": (1.0, 500.0, "another book")}
    tables, sources = build_tables(result, norms)
    row = row_of(result, "left_stance_percent", norms)
    assert (row.norm, row.mark) == ("58.0 to 64.0", "L above, R within")
    assert sources[int(row.norm_source) - 1] == "a book"
    assert row_of(result, "cadence_spm", norms).mark == "within"
    assert row_of(result, "left_swing_time_s", norms).norm == ""
    assert set(sources) == {"a book", "another book"}
    assert tables


def test_a_caution_is_starred_and_said_below(both_planes: Measurement) -> None:
    result = replace(both_planes, notes={"left_swing_percent": "from the frontal view"})
    (table,) = [t for t in build_tables(result, {})[0] if t.title == "Timing"]
    assert "* from the frontal view." in table.notes
    assert [row.caution for row in table.rows if row.caution] == ["from the frontal view"]


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda d: d.name)
def test_every_descriptor_reads_as_words(descriptor) -> None:
    label = label_of(descriptor)
    assert "_" not in label
    assert label[0].isupper()
    assert "_" not in unit_words(descriptor.unit)


def test_a_difference_too_small_to_print_says_so_where_the_sides_look_unlike(both_planes: Measurement) -> None:
    def difference(left: float, right: float) -> str:
        values = {"left_step_time_s": left, "right_step_time_s": right, "step_time_difference_s": left - right}
        (timing, *_) = build_tables(changed(both_planes, **values), {})[0]
        return next(row for row in timing.rows if row.label == "Step time").difference.text

    assert difference(0.5349, 0.5351) == "<\u00a00.01"  # printed 0.53 and 0.54
    assert difference(0.5341, 0.5339) == "0.00"
    assert difference(0.56, 0.53) == "0.03"


def test_norms_of_numbers_that_are_not_there_are_not_cited(both_planes: Measurement) -> None:
    norms = {"cadence_spm": (100.0, 140.0, "a book"), "speed_m_s": (1.0, 2.0, "another book")}
    tables, sources = build_tables(changed(both_planes, speed_m_s=np.nan), norms)
    assert sources == ["a book"]
    assert [table.normed for table in tables] == [True, False, False, False]
    assert tables[0].rows[0].norm == "100 to 140"
