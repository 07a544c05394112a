"""The tables hold every number that was measured, and the refused list every one that was not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.gait.measure import Measurement
from skelgait.report.tables import BY_NAME, NOTHING, build_tables, build_variability, label_of, number, unit_words


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
    assert (row.norm, row.mark) == ("58.0 – 64.0", "L above, R within")
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


def test_variability_stands_beside_what_the_frame_rate_alone_shows(both_planes: Measurement) -> None:
    result = changed(both_planes, stride_time_sd_s=0.0214, stride_time_cv_percent=2.31, stride_time_cv_floor_percent=0.7)
    row = next(r for r in build_variability(result) if r[0] == "Stride time")
    assert row[1:3] == ("s", "0.021")
    assert row[4:6] == ("2.3 %", "0.7 %")


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda d: d.name)
def test_every_descriptor_reads_as_words(descriptor) -> None:
    label = label_of(descriptor)
    assert "_" not in label
    assert label[0].isupper()
    assert "_" not in unit_words(descriptor.unit)


def test_numbers_never_read_minus_zero() -> None:
    assert number(-0.001, "s") == "0.00"
    assert number(-12.34, "deg") == "−12.3"
