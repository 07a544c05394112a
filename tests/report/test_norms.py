"""Norms are those of the paper, of the right age, and never without a source."""

from __future__ import annotations

import numpy as np
import pytest

from skelgait.core.errors import SkelgaitError
from skelgait.gait.descriptors import DESCRIPTORS
from skelgait.report.norms import check_norms, norms_for

NAMES = {d.name for d in DESCRIPTORS}


def test_band_is_the_published_mean_and_error() -> None:
    low, high, source = norms_for(3.5)["stride_time_s"]
    assert (low + high) / 2 == pytest.approx(0.900)
    assert (high - low) / 4 / np.sqrt(11) == pytest.approx(0.014, rel=1e-5)
    assert "Hausdorff" in source
    assert "11 healthy children of 3-4 years" in source


def test_cadence_follows_from_stride_time() -> None:
    norms = norms_for(6)
    assert norms["cadence_spm"][0] == pytest.approx(120 / norms["stride_time_s"][1])
    assert norms["cadence_spm"][0] < 126 < norms["cadence_spm"][1]


def test_nobody_has_a_norm_without_an_age_and_ages_without_a_group_have_none() -> None:
    assert norms_for(None) == {}
    assert "stride_time_s" not in norms_for(9)
    assert "Wu et al. 2013" in norms_for(5)["stride_time_s"][2]
    assert norms_for(110) == {}


def test_every_norm_belongs_to_a_descriptor_or_its_sides() -> None:
    for age in (3, 7, 12):
        for name in norms_for(age):
            assert name in NAMES or f"left_{name}" in NAMES or name.split("_", 1)[1] in NAMES


def test_own_norms_are_checked() -> None:
    assert check_norms({"cadence_spm": (100, 130, "ours")}) == {"cadence_spm": (100.0, 130.0, "ours")}
    with pytest.raises(SkelgaitError, match="no source"):
        check_norms({"cadence_spm": (100, 130, " ")})
    with pytest.raises(SkelgaitError, match="ends before it begins"):
        check_norms({"cadence_spm": (130, 100, "ours")})
    with pytest.raises(SkelgaitError, match=r"cannot be read.*\(low, high, source\)"):
        check_norms({"cadence_spm": (130, 100)})  # type: ignore[dict-item]
