"""Curves show the numbers they were given, with units, and no global plotting state."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.gait.reference import reference_curves
from skelgait.report.curves import compare_cycles, draw_cycles
from skelgait.report.style import SIDE_COLOURS


def lines(figure, gid: str) -> list:
    return [line for ax in figure.axes for line in ax.get_lines() if line.get_gid() == gid]


@pytest.fixture
def cycles() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([["left", "right"], [0, 1, 2], np.arange(101.0)], names=["side", "cycle", "percent"])
    random = np.random.default_rng(0)
    return pd.DataFrame({name: random.normal(20, 5, len(index)) for name in ("knee_flexion_deg", "hip_flexion_deg")}, index=index)


def test_mean_curve_is_the_mean_of_the_strides(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles, columns=["knee_flexion_deg"])
    (mean,) = lines(figure, "left mean")
    expected = cycles.loc["left", "knee_flexion_deg"].unstack("cycle").mean(axis=1)
    np.testing.assert_allclose(mean.get_xydata(), np.column_stack([np.arange(101), expected]))
    strides = lines(figure, "right stride")
    assert len(strides) == 3
    np.testing.assert_allclose(strides[1].get_ydata(), cycles.loc[("right", 1), "knee_flexion_deg"])


def test_missing_samples_are_left_out_of_the_mean(cycles: pd.DataFrame) -> None:
    cycles.loc[("left", 0), "knee_flexion_deg"] = np.nan
    cycles.loc[("left", 1, 50.0), "knee_flexion_deg"] = np.nan
    (mean,) = lines(draw_cycles(cycles, columns=["knee_flexion_deg"]), "left mean")
    assert mean.get_ydata()[50] == cycles.loc[("left", 2, 50.0), "knee_flexion_deg"]
    assert len(lines(draw_cycles(cycles, columns=["knee_flexion_deg"]), "left stride")) == 2


def test_axes_say_angle_direction_and_unit(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["Hip", "Knee"]
    for ax in figure.axes:
        assert "flexion" in ax.get_ylabel()
        assert "°" in ax.get_ylabel()
        assert ax.get_xlabel() == "gait cycle (%)"
        assert ax.get_xlim() == (0, 100)


def test_foot_off_is_a_line_of_its_side(cycles: pd.DataFrame) -> None:
    (line,) = lines(draw_cycles(cycles, foot_off={"left": 61.5}, columns=["hip_flexion_deg"]), "left foot-off")
    assert set(line.get_xdata()) == {61.5}
    assert line.get_color() == SIDE_COLOURS["left"]


def test_flat_curves_are_not_blown_up(cycles: pd.DataFrame) -> None:
    low, high = draw_cycles(cycles * 0.01, columns=["hip_flexion_deg"]).axes[0].get_ylim()
    assert high - low == pytest.approx(20)


def test_one_side_only(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles.loc[["right"]])
    assert not lines(figure, "left mean")
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["right, mean ± SD of 3 strides"]


def test_no_cycle_is_refused_with_what_was_there(cycles: pd.DataFrame) -> None:
    with pytest.raises(SkelgaitError, match=r"no gait cycle to draw\..*0 rows"):
        draw_cycles(cycles.iloc[:0])
    with pytest.raises(SkelgaitError, match="ankle_dorsiflexion_deg"):
        draw_cycles(cycles, columns=["ankle_dorsiflexion_deg"])


def test_comparison_lays_the_means_over_each_other_at_one_scale(cycles: pd.DataFrame) -> None:
    figure = compare_cycles({"before": cycles, "after": cycles + 10}, columns=["knee_flexion_deg"])
    (before,), (after,) = lines(figure, "left before"), lines(figure, "left after")
    np.testing.assert_allclose(after.get_ydata() - before.get_ydata(), 10)
    assert before.get_linestyle() != after.get_linestyle()
    assert figure.axes[0].get_ylim() == figure.axes[1].get_ylim()
    with pytest.raises(SkelgaitError, match="1 to 4 walks"):
        compare_cycles({str(i): cycles for i in range(5)})


def test_healthy_people_are_a_band_behind(cycles: pd.DataFrame) -> None:
    figure = draw_cycles(cycles, norms=reference_curves(), columns=["knee_flexion_deg"])
    (band,) = [c for c in figure.axes[0].collections if c.get_gid() == "norm"]
    knee = reference_curves()["knee_flexion_deg"]
    low, high = band.get_datalim(figure.axes[0].transData).intervaly
    assert (low, high) == pytest.approx(((knee.mean - knee.sd).min(), (knee.mean + knee.sd).max()))
    assert figure.legends[0].get_texts()[-1].get_text() == "healthy, mean ± SD"
    assert not [c for c in draw_cycles(cycles).axes[0].collections if c.get_gid() == "norm"]


def test_figures_leave_pyplot_alone() -> None:
    code = (
        "import sys, skelgait.report.curves, skelgait.report.timeline, skelgait.report.pictures\n"
        "import numpy as np, pandas as pd\n"
        "i = pd.MultiIndex.from_product([['left'], [0], range(101)], names=['side', 'cycle', 'percent'])\n"
        "skelgait.report.curves.draw_cycles(pd.DataFrame({'knee_flexion_deg': np.arange(101.)}, index=i))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"
