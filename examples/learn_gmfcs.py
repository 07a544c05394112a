"""Learn to answer a clinical question from labelled walks, score the answer on children not seen before, and ask why."""

from __future__ import annotations

import skelgait as sg


def main() -> None:
    trials = sg.draw_cohort(120, 1, duration_s=4)  # yours: sg.read_trials("cohort/trials.csv")
    train, test = sg.split_by_subject(trials, test_size=0.3, random_state=0)
    model = sg.GaitClassifier(
        sg.tasks.GMFCS,
        encoders={"stgcn": {"fps": 15, "stages": [16, 32]}, "descriptors": {"width": 32}},  # plain "stgcn" is 256 wide
        fusion={"cross_attention": {"width": 32}},
        augmentation={"mirror": 0.5, "jitter": 0.01},
        max_epochs=12,
        progress=False,
        random_state=0,
    )
    model.fit(train)
    forest = sg.DescriptorClassifier(sg.tasks.GMFCS, "random_forest", random_state=0).fit(train)
    for name, one in (("fusion", model), ("random forest on descriptors", forest)):
        scores = sg.score_table(one, test, n_boot=200)
        row = scores.loc["accuracy"]
        print(
            f"{name}: accuracy {row.value:.2f} [{row.low:.2f}, {row.high:.2f}], majority {scores.loc['majority_rate', 'value']:.2f}"
        )

    why = sg.explain(model, test[0], "gradcam")
    print(f"{why.answer}: {', '.join(why.over('keypoint').nlargest(3).index)}; faithfulness {why.info['faithfulness']:+.2f}")
    events = sg.detect_events(sg.clean(test[0].pose["sagittal"]))
    sg.plot_skeleton_heat(why, test[0], events=events).savefig("learn_gmfcs.png", dpi=110)
    model.save("gmfcs.safetensors")


if __name__ == "__main__":
    main()
