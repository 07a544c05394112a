"""The Edinburgh score from video: a network that looks at both films of a visit, beside rules that measure, and their totals."""

from __future__ import annotations

import warnings

import matplotlib.pyplot as plt
import numpy as np

import skelgait as sg

TINY = {"width": 32, "depth": 2, "heads": 2, "patch": 8, "frames": 8, "side": 48, "keep_at_least": 8}  # as published: leave it out


def main() -> None:
    # yours: a trials.csv with sagittal_video, frontal_video, poses, and scores; here drawn children, scored by construction
    visits = sg.draw_cohort(8, 1, "evgs", duration_s=2.8, strength=2, films="films", film_px=160, clutter=0.3)
    visits = sg.extract_clips(visits, "clips", side=56, margin=1.0, progress=False)
    train, visit = visits[:7], visits[7]
    network = sg.recipes.childgait_video(
        encoder=TINY, max_epochs=8, batch_size=4, optimizer={"adamw": {"lr": 2e-3}}, progress=False, random_state=0
    ).fit(train)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of items that no rule can score: they are NaN
        answers = {"network": network.predict_proba([visit])[0], "rules": sg.EvgsRules().predict_proba([visit])[0]}
    task = sg.tasks.EVGS_BINARY
    truth = task.encode([visit.labels["evgs"]])[0]
    print(f"{visit.name}: {(truth == 1).sum()} of {(truth >= 0).sum()} scored items are atypical; 6 are not planted")
    for who, p in answers.items():
        p[truth < 0] = np.nan  # nothing could be learnt of these
        row = sg.predicted_evgs_total(p[None]).loc[(0, "total")]
        print(f"{who}: {row.answered:.0f} answers, expected {row.expected:.1f} atypical, {row.low:.0f} to {row.high:.0f}")

    fig, axes = plt.subplots(1, 2, figsize=(9.5, 5), sharey=True, layout="constrained")
    rows = np.arange(17)
    for ax, side, own in zip(axes, ("left", "right"), (slice(0, 17), slice(17, 34)), strict=True):
        for k, (who, p) in enumerate(answers.items()):
            ax.barh(rows + 0.2 - 0.4 * k, p[own, 1], height=0.36, color=("#1c66b0", "#b9c4cf")[k], label=who)
        atypical = np.flatnonzero(truth[own] == 1)
        ax.plot(np.full(len(atypical), 1.06), atypical, "o", color="#c9402f", label="scored atypical")
        ax.plot(np.full((truth[own] < 0).sum(), 1.06), np.flatnonzero(truth[own] < 0), "x", color="0.6", label="not scored")
        ax.axvline(0.5, color="0.8", zorder=0)
        ax.set(title=f"{side} leg", xlabel="probability of atypical", xlim=(0, 1.12), yticks=rows)
        ax.spines[["top", "right"]].set_visible(False)
    names = [name.removeprefix("left_").replace("_", " ") for name in task.items[:17]]
    seen = [plane[0].upper() for plane in task.planes[:17]]
    axes[0].set_yticklabels([f"{name} ({plane})" for name, plane in zip(names, seen, strict=True)])
    axes[0].invert_yaxis()
    fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    fig.suptitle("One visit, seen from the side (S) and from the front (F)")
    fig.savefig("score_evgs_from_video.png", dpi=110)


if __name__ == "__main__":
    main()
