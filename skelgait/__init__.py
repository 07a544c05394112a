"""skelgait: clinical gait analysis from ordinary video, skeleton first.

Everything a script needs hangs on this name and loads when first used; importing it costs nothing.

>>> import skelgait as sg
>>> walk = sg.Walker(cadence_spm=112).film()
>>> round(float(sg.describe([sg.Trial("demo", walk.pose)]).cadence_spm.iloc[0]))
112
"""

import sys
from importlib import import_module
from typing import Any

__version__ = "0.1.0"

# name -> where it lives; a name that equals the last part of its module is the module itself.
_DOORS = {
    "BLAZEPOSE33": "core.skeleton",
    "BODY25": "core.skeleton",
    "COCO17": "core.skeleton",
    "COCO18": "core.skeleton",
    "COCO23": "core.skeleton",
    "HALPE26": "core.skeleton",
    "SKELETONS": "core.skeleton",
    "WHOLEBODY133": "core.skeleton",
    "Skeleton": "core.skeleton",
    "PoseSequence": "core.pose",
    "SilhouetteSequence": "core.silhouettes",
    "Clip": "core.clip",
    "GaitEvents": "core.events",
    "Trial": "core.trial",
    "Task": "core.task",
    "Attribution": "core.attribution",
    "tasks": "tasks",
    "SkelgaitError": "core.errors",
    "PoseError": "core.errors",
    "FileError": "core.errors",
    "VideoError": "core.errors",
    "NoPerson": "core.errors",
    "WrongView": "core.errors",
    "MissingKeypoint": "core.errors",
    "NotInstalled": "core.errors",
    "read_pose": "io.poses",
    "write_pose": "io.poses",
    "read_trials": "io.trials",
    "write_trials": "io.trial_folder",
    "read_gmfcs": "io.gmfcs",
    "read_opengait": "io.opengait",
    "read_casia_b": "io.casia_b",
    "read_childgait": "io.childgait",
    "read_childgait_submission": "io.childgait_submission",
    "write_childgait_submission": "io.childgait_submission",
    "silhouettes_from_masks": "io.masks",
    "read_events": "io.events",
    "write_events": "io.event_files",
    "write_mot": "io.mot",
    "estimate_pose": "estimation.estimate",
    "extract_silhouettes": "estimation.extract",
    "extract_clip": "estimation.clips",
    "extract_clips": "estimation.clips",
    "Walker": "walker",
    "Camera": "walker",
    "draw_cohort": "walker.cohort",
    "clean": "signals.clean",
    "find_bouts": "signals.travel",
    "recognise_view": "signals.view",
    "quality": "signals.quality",
    "swapped_frames": "signals.swaps",
    "detect_events": "gait.events",
    "joint_angles": "gait.angles",
    "find_strides": "gait.cycles",
    "cut_cycles": "gait.cycles",
    "measure": "gait.measure",
    "describe": "gait.describe",
    "validity": "gait.describe",
    "DESCRIPTORS": "gait.descriptors",
    "validity_matrix": "gait.matrix",
    "knee_alignment": "gait.alignment",
    "postural_asymmetry": "gait.posture",
    "find_patterns": "gait.patterns",
    "pattern_evidence": "gait.patterns",
    "compare": "gait.norms",
    "compare_visits": "gait.change",
    "uncertainty": "gait.uncertainty",
    "sagittal_deviation": "gait.deviation",
    "gait_profile": "gait.profile",
    "reference_curves": "gait.reference",
    "read_norms": "io.norms",
    "import_norms": "io.norms",
    "score_evgs": "gait.evgs",
    "evgs_total": "gait.evgs_total",
    "merge_evgs": "gait.evgs_total",
    "predicted_evgs_total": "gait.evgs_total",
    "report": "report",
    "plot_silhouettes": "report.silhouettes",
    "run_cohort": "cohort.run",
    "to_pyg": "encoders.pyg",
    "PoseGraphs": "encoders.pyg",
    "GaitClassifier": "estimator.classifier",
    "explain": "explain",
    "joint_relevance": "explain.joints",
    "plot_clip_heat": "report.clip_heat",
    "write_clip_heat": "report.clip_heat",
    "plot_skeleton_heat": "explain.figures",
    "plot_silhouette_heat": "explain.figures",
    "plot_prompt": "explain.prompts",
    "plot_beeswarm": "explain.figures",
    "plot_descriptors": "explain.figures",
    "plot_deletion": "explain.figures",
    "recipes": "recipes",
    "EvgsRules": "recipes.rules",
    "VisionLanguageModel": "remote.vision_language",
    "DescriptorClassifier": "estimator.baselines",
    "split_by_subject": "evaluate.folds",
    "subject_folds": "evaluate.folds",
    "leakage_check": "evaluate.leakage",
    "score_table": "evaluate.table",
    "item_table": "evaluate.items",
    "childgait_score": "evaluate.childgait",
    "scorer": "evaluate.scorer",
    "compare_models": "evaluate.paired",
    "source_probe": "evaluate.source",
    "permutation_test": "evaluate.chance",
    "shuffle_labels": "evaluate.chance",
    "plot_confusion": "evaluate.figures",
    "plot_item_confusion": "evaluate.item_figures",
    "plot_reliability": "evaluate.figures",
    "walker": "walker",
}

__all__ = ["__version__", *_DOORS]


def __getattr__(name: str) -> Any:
    if name not in _DOORS:
        raise AttributeError(f"module 'skelgait' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    module = import_module(f"skelgait.{_DOORS[name]}")
    value = module if _DOORS[name] == name else getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
