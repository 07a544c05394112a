"""The published systems, one function each, built from the same parts as everything else."""

from importlib import import_module
from typing import Any

RECIPES = {
    "gmfcs_fusion": "skelgait.recipes.gmfcs",
    "GuidedFusion": "skelgait.recipes.gmfcs",
    "sconet": "skelgait.recipes.scoliosis",
    "sconet_mt": "skelgait.recipes.scoliosis",
    "scoliosis_rows": "skelgait.recipes.scoliosis",
    "read_sconet": "skelgait.recipes.scoliosis",
    "genu_valgum": "skelgait.recipes.genu",
    "genu_valgum_rows": "skelgait.recipes.genu",
    "agrm": "skelgait.recipes.genu",
    "agrm_rows": "skelgait.recipes.genu",
    "childgait_video": "skelgait.recipes.childgait",
    "childgait_rows": "skelgait.recipes.childgait",
    "childgait_others": "skelgait.recipes.childgait",
    "compare_fusions": "skelgait.recipes.compare",
    "tune_thresholds": "skelgait.recipes.thresholds",
    "Thresholded": "skelgait.recipes.thresholds",
    "PerItem": "skelgait.estimator.per_item",
}

__all__ = sorted(RECIPES)


def __getattr__(name: str) -> Any:
    if name not in RECIPES:
        raise AttributeError(f"module 'skelgait.recipes' has no attribute {name!r}")
    return getattr(import_module(RECIPES[name]), name)


def __dir__() -> list[str]:
    return __all__
