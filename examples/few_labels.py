"""Learn from a few walks with answers and many without, as AGRM does: a Mean Teacher beside the same network alone."""

from __future__ import annotations

import sys

import skelgait as sg


def main(table: str | None = None) -> None:
    """Walks of a table (docs/formats.md), of which some have an answer; or drawn children, of whom most answers are left out."""
    trials = sg.read_trials(table) if table else sg.draw_cohort(100, 1, "gmfcs", strength=2.0, duration_s=2.5)
    answered = [t for t in trials if "gmfcs" in t.labels]
    rest, test = sg.split_by_subject(answered, test_size=0.4, random_state=0, stratify="gmfcs")
    unseen, known = sg.split_by_subject(rest, test_size=0.25, random_state=0, stratify="gmfcs")  # as if only these had answers
    others = unseen + [t for t in trials if "gmfcs" not in t.labels]
    print(f"{len(known)} walks with answers, {len(others)} without, {len(test)} to test on")
    models = {}
    for name, teacher in (("alone", False), ("with a Mean Teacher", True)):
        model = sg.recipes.agrm("GMFCS", mean_teacher=teacher, progress=False, random_state=0)
        model.set_params(  # on keypoints; leave this out, and it looks at video clips
            encoders={"stgcn": {"stages": [16, 32], "fps": 12}},
            augmentation={"mirror": 0.5, "roll_deg": 3, "shear": 0.05, "crop": 0.7, "jitter": 0.01, "joint_dropout": 0.05},
        )
        model.set_params(max_steps=350, batch_size=16, optimizer={"adamw": {"lr": 3e-3}})
        models[name] = model.fit(known, unlabelled=others if teacher else None)
        row = sg.score_table(model, test, n_boot=200).loc["balanced_accuracy"]
        print(f"{name}: balanced accuracy {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]")
    pair = sg.compare_models(models["with a Mean Teacher"], models["alone"], test, metrics=["balanced_accuracy"])
    difference = pair.loc["balanced_accuracy"]
    print(f"difference, paired by child: {difference.difference:+.2f} [{difference.low:+.2f}, {difference.high:+.2f}]")


if __name__ == "__main__":
    main(*sys.argv[1:])
