"""From the silhouettes of a walk to a grade of scoliosis: learn on drawn children, keep the model, ask it about a walk and why."""

from __future__ import annotations

import sys

import skelgait as sg


def main(video: str | None = None) -> None:
    trials = sg.draw_cohort(24, 2, "scoliosis", shares=(1, 1, 1), duration_s=0.6, strength=2)  # yours: sg.read_opengait(folder)
    train, test = sg.split_by_subject(trials, test_size=0.4, random_state=0)
    model = sg.recipes.sconet_mt(
        encoder={"channels": [4, 8, 16, 32], "width": 16, "frames": 4},  # as published: leave all of this out, and take a GPU
        max_steps=150,
        subjects=8,
        walks_each=2,
        progress=False,
        random_state=0,
    )
    model.set_params(optimizer={"sgd": {"lr": 0.03, "momentum": 0.9}}).fit(train)
    scores = sg.score_table(model, test, n_boot=100)
    for name in ("balanced_accuracy", "sensitivity positive", "specificity positive"):
        row = scores.loc[name]
        print(f"{name}: {row.value:.2f} [{row.low:.2f}, {row.high:.2f}]  {row.reference}")

    model.save("sconet.safetensors")
    model = sg.GaitClassifier.load("sconet.safetensors")
    if video is None:  # a walk that nobody learnt from, as a segmenter would see it
        child = sg.Walker(trunk_left_shift_m=0.08, shoulder_left_up_deg=7, pelvis_left_up_deg=4)
        film = child.film(sg.Camera(view="frontal_towards"), fps=30, duration_s=2, tell_view=True)
        walk = film.silhouette_sequence(cloth=0.6, holes=0.5, lost=0.05)
    else:
        walk = sg.extract_silhouettes(video, view="frontal")
    walk = walk.save("walk.silhouettes.npz")
    trial = sg.Trial("new child", silhouettes={"frontal": walk})
    chances = zip(model.classes_, model.predict_proba([trial])[0], strict=True)
    print(f"{len(walk)} silhouettes, {len(walk.empty)} frames left out: " + ", ".join(f"{grade} {p:.2f}" for grade, p in chances))
    why = sg.explain(model, trial), sg.explain(model, trial, "strips")
    sg.plot_silhouette_heat(*why).savefig("screen_scoliosis.png", dpi=110)


if __name__ == "__main__":
    main(*sys.argv[1:])
