"""Models on the command line: train, predict, evaluate, explain."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import skelgait as sg
from skelgait.cli.learn import _parts

Run = Callable[..., tuple[int, str, str]]
SMALL = '{"stgcn": {"stages": [8, 16], "fps": 15}}'


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 10 children, two walks each, three GMFCS levels told by how fast they step."""
    folder = tmp_path_factory.mktemp("clinic")
    rows = ["subject,name,sagittal,label_gmfcs,label_left_gait_pattern,label_right_gait_pattern"]
    for child in range(10):
        level = child % 3
        for walk in range(2):
            name = f"c{child}w{walk}"
            film = sg.Walker(cadence_spm=130 - 20 * level + child).film(fps=30, duration_s=3, random_state=10 * child + walk)
            sg.write_pose(film.pose, folder / f"{name}.csv")
            rows.append(f"child{child},{name},{name}.csv,{level + 1},{('WNL', 'jump', 'crouch')[level]},{'' if walk else 'WNL'}")
    (folder / "trials.csv").write_text("\n".join(rows) + "\n")
    (folder / "others.csv").write_text("\n".join([rows[0], *(r.replace("child", "kid") for r in rows[1:7])]) + "\n")
    return folder


@pytest.fixture(scope="module")
def model(run: Run, clinic: Path) -> Path:
    """Learnt from its descriptors."""
    out = clinic / "gmfcs.safetensors"
    code, said, err = run(
        *("train", clinic / "trials.csv", "--task", "gmfcs", "--out", out, "--encoders", "descriptors", "--epochs", 3),
        *("--test-size", "0,3", "--quiet"),
    )
    assert (code, said, err) == (0, "", "")
    return out


@pytest.fixture(scope="module")
def skeleton_model(run: Run, clinic: Path) -> Path:
    """The published system, tiny."""
    out = clinic / "guided.safetensors"
    code, said, err = run(
        *("train", clinic / "trials.csv", "--task", "GMFCS", "--out", out, "--guided", "--encoders", SMALL, "--epochs", 3),
        *("--fusion", "cross_attention", "--test-size", 0, "--quiet"),
    )
    assert (code, said, err) == (0, "", "")
    return out


def table(text: str) -> pd.DataFrame:
    return pd.read_csv(StringIO(text))


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "explain"])
def test_help_teaches(run: Run, command: str) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert re.search(rf"^ +skelgait {command} ", out, re.M), "an example to copy"
    assert not re.search(r"Default: [^.\]]*$|\bsg\.|None", out)


def test_train_writes_a_model_and_its_scores_on_subjects_kept_away(run: Run, clinic: Path, model: Path) -> None:
    scores = pd.read_csv(clinic / "gmfcs.scores.csv").set_index("metric")
    assert scores.loc["subjects", "value"] == 3
    assert {"accuracy", "kappa_linear", "majority_rate", "sensitivity III"} <= set(scores.index)
    learnt = sg.GaitClassifier.load(model)
    seen = learnt.has_seen(sg.read_trials(clinic / "trials.csv"))
    assert len(seen) == 7
    assert set(learnt.task_.encode(learnt.predict(sg.read_trials(clinic / "others.csv"))).ravel()) <= {0, 1, 2, 3}
    assert not [p.name for p in clinic.iterdir() if p.name.startswith(".")]


def test_train_says_from_how_many_it_learnt(run: Run, clinic: Path, tmp_path: Path) -> None:
    args = ("train", clinic / "trials.csv", "--task", "GMFCS", "--out", tmp_path / "m.safetensors", "--encoders", "descriptors")
    code, out, err = run(*args, "--epochs", 1, "--seed", 3)
    assert code == 0
    lines = out.splitlines()
    assert re.fullmatch(rf"learnt from \d+ walks of 7 subjects: {tmp_path / 'm.safetensors'}", lines[0])
    assert lines[1] == "on 6 walks of 3 subjects that were kept away (95 % intervals over subjects):"
    assert re.match(r"  accuracy +\d\.\d{3}  \[\d\.\d{3}, \d\.\d{3}\]", lines[3])
    assert err == "", "no bar where nobody watches"
    code, out, err = run(*args, "--epochs", 1, "--test-size", 0)
    assert code == 0
    assert out.splitlines() == [f"learnt from 20 walks of 10 subjects: {tmp_path / 'm.safetensors'}"]


def test_walks_nobody_has_looked_at_teach_too(run: Run, clinic: Path, tmp_path: Path) -> None:
    rows = (clinic / "trials.csv").read_text().splitlines()
    bare = [",".join(row.replace("child", "new").split(",")[:3]) for row in rows]
    known = [",".join(row.split(",")[:3]) for row in rows[1::2]]  # of children whose answer is known in other walks
    (clinic / "unlabelled.csv").write_text("\n".join([*bare, *known]) + "\n")
    args = ("train", clinic / "trials.csv", "--task", "GMFCS", "--encoders", SMALL, "--epochs", 1)
    both = (*args, "--unlabelled", clinic / "unlabelled.csv")
    code, out, err = run(*both, "--out", tmp_path / "m.safetensors", "--test-size", 0)
    assert (code, err) == (0, "")
    assert "learnt from 20 walks of 10 subjects and, without answers, 30 walks of 20 subjects" in out
    learnt = sg.GaitClassifier.load(tmp_path / "m.safetensors")
    assert set(learnt.objectives) == {"supervised", "mean_teacher"}
    assert "new0" in learnt.has_seen(sg.read_trials(clinic / "unlabelled.csv"))
    code, out, err = run(*both, "--out", tmp_path / "m.safetensors", "--test-size", 0.9)
    assert re.search(r"without answers, 23 walks of 13 subjects", out), "no walk of a child kept away"
    code, _, err = run(*both, "--out", tmp_path / "m.safetensors", "--guided")
    assert code == 2
    assert "--guided learns from walks with answers only" in err


def test_the_same_seed_is_the_same_model(run: Run, clinic: Path, tmp_path: Path) -> None:
    for name in "ab":
        out = tmp_path / f"{name}.safetensors"
        run(
            *("train", clinic / "trials.csv", "--task", "GMFCS", "--out", out, "--encoders", "descriptors", "--epochs", 1),
            *("--test-size", 0, "--quiet", "--seed", 5),
        )
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_predict(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    code, out, err = run("predict", model, clinic / "others.csv")
    assert (code, err) == (0, "")
    answers = table(out)
    assert list(answers.columns) == ["trial", "subject", "answer", "p_I", "p_II", "p_III", "p_IV"]
    assert answers.subject.tolist() == ["kid0"] * 2 + ["kid1"] * 2 + ["kid2"] * 2
    chance = answers.filter(like="p_").to_numpy()
    assert np.allclose(chance.sum(axis=1), 1, atol=1e-3)
    assert [f"p_{answer}" for answer in answers.answer] == [answers.columns[3 + i] for i in chance.argmax(axis=1)]
    code, out, _ = run("predict", model, clinic / "c0w0.csv", "--subject", "anna", "--out", tmp_path / "a.csv")
    assert (code, out) == (0, f"1 walk of 1 subject: {tmp_path / 'a.csv'}\n")
    assert pd.read_csv(tmp_path / "a.csv").loc[0, "subject"] == "anna"
    assert run("predict", model, clinic / "c0w0.csv", "--out", tmp_path / "a.csv", "--quiet") == (0, "", "")


def test_keypoints_that_do_not_say_their_rate(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    sg.write_pose(sg.read_pose(clinic / "c0w0.csv"), tmp_path / "frames")
    code, _, err = run("predict", model, tmp_path / "frames")
    assert code == 2
    assert "for example --fps 60" in err
    code, out, _ = run("predict", model, tmp_path / "frames", "--fps", "30")
    assert code == 0
    same = run("predict", model, clinic / "c0w0.csv")[1]
    assert np.allclose(table(out).filter(like="p_"), table(same).filter(like="p_"), atol=0.02)


def test_evaluate_is_of_others_and_says_when_it_is_not(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    code, out, err = run("evaluate", model, clinic / "others.csv", "--out", tmp_path / "scores")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "on 6 walks of 3 subjects it had not seen (95 % intervals over subjects):"
    assert out.splitlines()[-1] == f"scores: {tmp_path / 'scores'}"
    assert sorted(p.name for p in (tmp_path / "scores").iterdir()) == ["confusion.png", "reliability.png", "scores.csv"]
    assert all(p.stat().st_size > 200 for p in (tmp_path / "scores").iterdir())

    code, _, err = run("evaluate", model, clinic / "trials.csv", "--out", tmp_path / "none")
    assert code == 2
    assert re.search(
        r"learnt from subjects of trials.csv: scoring it on them is no test\. Found: child\d(, child\d){4} and 2 more\. ", err
    )
    assert not (tmp_path / "none").exists()
    code, out, _ = run("evaluate", model, clinic / "trials.csv", "--seen")
    assert code == 0
    assert out.splitlines()[0] == "no test: it learnt from 7 of these subjects, and this tells how well it remembers"
    assert "had not seen" not in out
    assert run("evaluate", model, clinic / "others.csv", "--quiet") == (0, "", "")


def test_walks_of_several_sources_are_probed_for_them(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    table = pd.read_csv(clinic / "trials.csv")
    table["sagittal"] = [str(clinic / name) for name in table.sagittal]
    table["source"] = ["north" if int(name[5:]) % 2 else "south" for name in table.subject]
    table.to_csv(tmp_path / "both.csv", index=False)
    code, out, err = run("evaluate", model, tmp_path / "both.csv", "--seen", "--out", tmp_path / "scores")
    assert code == 0, err
    assert re.search(r"source of a walk told from the model: \d\.\d+  \[.*\], chance 0\.50", out)
    probe = pd.read_csv(tmp_path / "scores" / "sources.csv")
    assert probe.source.tolist() == ["north", "south", "mean"]
    assert probe.n.tolist() == [10, 10, 20]
    table["source"] = ["north", "south"] + ["south"] * 18
    table.to_csv(tmp_path / "few.csv", index=False)
    code, out, err = run("evaluate", model, tmp_path / "few.csv", "--seen")
    assert code == 0, err
    assert "note: whether it knows the source of a walk was not probed: too few to recognise a source by (north: 1 subjects" in out


def test_a_row_that_cannot_be_used_is_left_out_and_said(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    """Broken, gone, or with an answer that is none: one line each, a count at the end, and the others go on."""
    lines = (clinic / "others.csv").read_text().splitlines()
    lines = [lines[0], *(line.replace(",c", f",{clinic}/c") for line in lines[1:])]
    (tmp_path / "broken.csv").write_text("frame,keypoint,x,y\n")
    more = ["kid7,k7,gone.csv,1,,", "kid8,k8,broken.csv,1,,", f"kid9,k9,{clinic}/c0w0.csv,IX,,"]
    table_of_walks = tmp_path / "mixed.csv"
    table_of_walks.write_text("\n".join([*lines, *more]) + "\n")
    code, out, err = run("evaluate", model, table_of_walks)
    assert code == 0, err
    assert out.splitlines()[0].startswith("on 6 walks of 3 subjects it had not seen")
    said = err.splitlines()
    assert len(said) == 4
    assert re.match(r"skelgait: left out: row 8 of mixed.csv: sagittal: there is no file or folder .*/gone.csv$", said[0])
    assert re.match(r"skelgait: left out: row 9 of mixed.csv: sagittal: .*broken.csv", said[1])
    assert re.match(r"skelgait: left out: walk 'k9' of mixed.csv has an answer that is not one of GMFCS \('IX'\)", said[2])
    assert said[3] == "skelgait: 3 rows left out, see above"
    code, out, err = run("predict", model, table_of_walks, "--quiet")
    assert (code, len(table(out)), err.splitlines()[-1]) == (0, 7, "skelgait: 2 rows left out, see above")
    args = ("--task", "gmfcs", "--out", tmp_path / "m.safetensors", "--encoders", "descriptors", "--epochs", 1, "--test-size", 0)
    code, out, err = run("train", table_of_walks, *args)
    assert (code, len(err.splitlines())) == (0, 4), err
    assert out.startswith("learnt from 6 walks of 3 subjects")
    table_of_walks.write_text("\n".join([lines[0], *more[:2]]) + "\n")
    code, out, err = run("train", table_of_walks, *args)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert "no row of mixed.csv can be read. Found: row 2 of mixed.csv: sagittal: there is no file" in err


def test_a_walk_from_the_wrong_side_is_left_out(run: Run, clinic: Path, skeleton_model: Path, tmp_path: Path) -> None:
    film = sg.Walker().film(sg.Camera(view="frontal_towards"), fps=30, duration_s=3)
    sg.write_pose(film.pose, tmp_path / "front.csv")
    (tmp_path / "t.csv").write_text(f"subject,sagittal,frontal\nann,{clinic}/c0w0.csv,\nbo,,front.csv\n")
    code, out, err = run("predict", skeleton_model, tmp_path / "t.csv", "--quiet")
    assert (code, table(out).subject.tolist()) == (0, ["ann"])
    assert err.splitlines()[0].startswith("skelgait: left out: trial 'bo' has no sagittal pose (frontal)")


def test_notes_of_scores_are_told(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    lines = (clinic / "others.csv").read_text().splitlines()
    (clinic / "two.csv").write_text("\n".join([lines[0], lines[1], lines[2]]) + "\n")
    code, out, err = run("evaluate", model, clinic / "two.csv")
    assert (code, err) == (0, "")
    assert re.search(r"auc +not defined: all walks have one level, I", out)
    assert re.search(r"accuracy +\d\.\d{3}  \(one subject", out)


def test_explain_descriptors(run: Run, clinic: Path, model: Path, tmp_path: Path) -> None:
    walks = (clinic / "c0w0.csv", clinic / "c1w0.csv")
    code, out, err = run("explain", model, *walks, "--out", tmp_path / "why", "--level", "iii", "--quiet")
    assert (code, out, err) == (0, "", "")
    assert sorted(p.name for p in (tmp_path / "why").iterdir()) == [
        *("answers.csv", "walk001_shap.csv", "walk001_shap.png", "walk002_shap.csv", "walk002_shap.png")
    ]
    answers = pd.read_csv(tmp_path / "why" / "answers.csv")
    assert answers.explained.tolist() == ["gmfcs = III"] * 2
    said = table(run("predict", model, clinic / "c0w0.csv", clinic / "c1w0.csv")[1])
    assert answers.answer.tolist() == said.answer.tolist()
    shares = pd.read_csv(tmp_path / "why" / "walk001_shap.csv").set_index("descriptor")["share"]
    assert answers["first"][0].split(", ") == shares.nlargest(3).index.tolist()


def test_a_model_with_thresholds_is_explained_as_it_answers(run: Run, clinic: Path, tmp_path: Path) -> None:
    walks = sg.read_trials(clinic / "trials.csv")[:4]
    few = {"descriptors": {"names": ["cadence_spm", "left_step_length_ll"], "width": 8}}
    model = sg.GaitClassifier("GAIT_BINARY", few, max_epochs=1, progress=False, random_state=0)
    model.fit(walks, ["normal", "normal", "abnormal", "abnormal"])
    likelier = model.predict(walks[:1])[0]
    model.thresholds_ = np.array([1.0 if likelier == "abnormal" else 0.0])  # whatever its probability: never, or always
    model.save(tmp_path / "gait.safetensors")
    other = "normal" if likelier == "abnormal" else "abnormal"
    assert table(run("predict", tmp_path / "gait.safetensors", clinic / "c0w0.csv", "--quiet")[1]).answer[0] == other
    code, out, err = run("explain", tmp_path / "gait.safetensors", clinic / "c0w0.csv", "--out", tmp_path / "why")
    assert code == 0, err
    assert out.startswith(f"c0w0: gait = {other}, mostly ")
    assert pd.read_csv(tmp_path / "why" / "answers.csv").answer[0] == other


def test_explain_keypoints(run: Run, clinic: Path, skeleton_model: Path, tmp_path: Path) -> None:
    code, out, err = run("explain", skeleton_model, clinic / "c2w0.csv", "--out", tmp_path)
    assert code == 0, err
    assert re.match(r"c2w0: gmfcs = I{1,3}V?, mostly \w+ \w+.*; faithfulness [+-]\d\.\d\d$", out.splitlines()[0])
    assert out.splitlines()[1] == f"figures and tables: {tmp_path}"
    shares = pd.read_csv(tmp_path / "walk001_gradcam.csv")
    assert set(shares.keypoint) == set(sg.COCO17.names)
    code, _, err = run("explain", skeleton_model, clinic / "c2w0.csv", "--out", tmp_path, "--method", "attention", "--quiet")
    assert code == 0, err
    assert (tmp_path / "walk001_attention.png").stat().st_size > 5000


def test_a_table_of_ones_own_goes_beside_the_model(run: Run, clinic: Path, tmp_path: Path) -> None:
    rows = [f"c{child}w{walk},{child % 3},{walk}" for child in range(10) for walk in range(2)]
    (tmp_path / "power.csv").write_text("\n".join(["trial,left_power,right_power", *rows]) + "\n")
    encoders = f'{{"descriptors": {{"table": "{tmp_path / "power.csv"}", "width": 8}}}}'
    out = tmp_path / "power.safetensors"
    args = ("train", clinic / "trials.csv", "--task", "GMFCS", "--out", out, "--epochs", 1, "--quiet")
    assert run(*args, "--encoders", encoders) == (0, "", "")
    code, _, err = run("predict", out, clinic / "c0w0.csv")
    assert code == 2
    assert "'c0w0' has no row in the table of descriptors" in err
    assert "--numbers table.csv" in err
    code, said, err = run("predict", out, clinic / "c0w0.csv", "--numbers", tmp_path / "power.csv")
    assert (code, len(table(said))) == (0, 1), err


def test_a_question_of_many_items(run: Run, clinic: Path, tmp_path: Path) -> None:
    out = tmp_path / "pattern.safetensors"
    args = ("--task", "cp_pattern", "--encoders", "descriptors", "--epochs", 1, "--quiet")
    assert run("train", clinic / "trials.csv", *args, "--out", out) == (0, "", "")
    answers = table(run("predict", out, clinic / "others.csv")[1])
    assert answers.item.tolist() == ["left_gait_pattern", "right_gait_pattern"] * 6
    code, _, err = run("evaluate", out, clinic / "others.csv", "--out", tmp_path / "scores", "--quiet")
    assert code == 0, err
    items = pd.read_csv(tmp_path / "scores" / "items.csv")
    assert items.iloc[:, 0].tolist()[:2] == ["left_gait_pattern", "right_gait_pattern"]
    assert not (tmp_path / "scores" / "confusion.png").exists()
    code, _, err = run("explain", out, clinic / "c0w0.csv", "--out", tmp_path / "why")
    assert code == 2
    assert "CP_PATTERN asks 2 items" in err
    about = ("--item", "left_gait_pattern", "--level", "jump")
    code, said, err = run("explain", out, clinic / "c0w0.csv", "--out", tmp_path / "why", *about)
    assert code == 0, err
    assert said.startswith("c0w0: left_gait_pattern = jump, mostly ")
    code, _, err = run("train", clinic / "trials.csv", *args, "--out", out, "--guided")
    assert code == 2
    assert "CP_PATTERN has 2 items" in err


LEARN = ("--task", "gmfcs", "--out", "{t}/m.safetensors")
REFUSED: tuple[tuple[tuple[str, ...], str], ...] = (
    (("train", "{c}/trials.csv", "--task", "gmfc", "--out", "{t}/m.safetensors"), "there is no question 'gmfc'. Expected: GMFCS, "),
    (("train", "{c}/trials.csv", "--task", "gmfcs", "--out", "{t}/m.pt"), "cannot be written as m.pt. Expected: .safetensors"),
    (("train", "{c}/trials.csv", "--task", "gmfcs", "--out", "{t}/no/m.safetensors"), "there is no folder"),
    (("train", "{c}/trials.csv", "--task", "genu", *LEARN[2:]), "has an answer to GENU. Found: label_gmfcs"),
    (("train", "{c}/trials.csv", "--task", "evgs", "--out", "{t}/m.safetensors"), "Expected: label_left_"),
    (("train", "{c}", *LEARN), "trials.csv."),
    (("train", "{c}/c0w0.csv", *LEARN), "is not a table of walks"),
    (("train", "{c}/trials.csv", *LEARN, "--encoders", "stgnc"), "there is no encoder 'stgnc'"),
    (("train", "{c}/trials.csv", *LEARN, "--encoders", ""), "no encoder is named"),
    (("train", "{c}/trials.csv", *LEARN, "--encoders", "{{"), "--encoders is not JSON"),
    (
        ("train", "{c}/trials.csv", *LEARN, "--encoders", '{{"stgcn": {{"stage": [8]}}}}'),
        "encoder 'stgcn' has no setting 'stage'",
    ),
    (("train", "{c}/trials.csv", *LEARN, "--encoders", '["stgcn", 3]'), "--encoders is a list of something else"),
    (("train", "{c}/trials.csv", *LEARN, "--fusion", "sum"), "there is no fusion 'sum'"),
    (("train", "{c}/trials.csv", *LEARN, "--plane", "above"), "there is no plane 'above'"),
    (("train", "{c}/trials.csv", *LEARN, "--plane", "frontal"), "has no frontal pose. Found: sagittal"),
    (("train", "{c}/trials.csv", *LEARN, "--encoders", "sconet", "--plane", "sagittal"), "has no sagittal silhouettes"),
    (("train", "{c}/trials.csv", *LEARN, "--epochs", "0"), "--epochs"),
    (("train", "{c}/trials.csv", *LEARN, "--test-size", "2"), "2 is not in the range 0 to 0.9"),
    (
        ("train", "{c}/trials.csv", *LEARN, "--guided", "--encoders", "descriptors"),
        "What to do: give --encoders stgcn",
    ),
    (("predict", "{t}/gone.safetensors", "{c}/c0w0.csv"), "there is no model file"),
    (("predict", "{c}/trials.csv", "{c}/c0w0.csv"), "is not a model of skelgait"),
    (("predict", "{c}", "{c}/c0w0.csv"), "there is no model file"),
    (("predict", "{m}", "{c}/gone.csv"), "there is no file or folder"),
    (("predict", "{m}", "{c}/trials.csv", "--fps", "30"), "--fps cannot be given with a table of walks"),
    (("predict", "{m}", "{c}/c0w0.csv", "--out", "{t}/no/a.csv"), "there is no folder"),
    (("predict", "{m}", "{c}/c0w0.csv", "--out", "{t}"), "is a folder"),
    (("predict", "{g}", "{t}/front.csv"), "trial 'front': the model looks at sagittal poses"),
    (("evaluate", "{m}", "{t}/unscored.csv"), "no walk of unscored.csv has an answer to GMFCS. Found: no column of answers"),
    (("evaluate", "{m}", "{t}/wrong.csv"), "walk 'w' of wrong.csv has an answer that is not one of GMFCS. Found: 'VI'"),
    (("evaluate", "{m}", "{c}/others.csv", "--out", "{c}/trials.csv"), "is a file"),
    (("explain", "{m}", "{c}/c0w0.csv", "--out", "{t}/w", "--method", "magic"), "there is no method 'magic'. Expected: gradcam, "),
    (("explain", "{m}", "{c}/c0w0.csv", "--out", "{t}/w", "--method", "gradcam"), "Grad-CAM cannot look at"),
    (("explain", "{m}", "{c}/c0w0.csv", "--out", "{t}/w", "--level", "VI"), "GMFCS has no level 'VI'. Expected: I | II | III | IV"),
    (("explain", "{m}", "{c}/c0w0.csv", "--out", "{t}/w", "--item", "left"), "GMFCS has no item 'left'"),
    (("explain", "{m}", "{c}/c0w0.csv", "--out", "{c}/c1w0.csv"), "is a file"),
)  # fmt: skip


@pytest.mark.parametrize(("args", "words"), REFUSED, ids=lambda a: " ".join(a[:1] + a[-2:]) if isinstance(a, tuple) else a[:20])
def test_what_is_refused_is_one_line(
    run: Run, args: tuple[str, ...], words: str, clinic: Path, model: Path, skeleton_model: Path, tmp_path: Path
) -> None:
    film = sg.Walker().film(sg.Camera(view="frontal_towards"), fps=30, duration_s=3)
    sg.write_pose(film.pose, tmp_path / "front.csv")
    shutil.copy(clinic / "c0w0.csv", tmp_path / "w.csv")
    (tmp_path / "unscored.csv").write_text("subject,sagittal\nnew,w.csv\n")
    (tmp_path / "wrong.csv").write_text("subject,name,sagittal,label_gmfcs\nnew,w,w.csv,VI\n")
    before = sorted(p.name for p in tmp_path.iterdir())
    code, out, err = run(*(a.format(c=clinic, t=tmp_path, m=model, g=skeleton_model) for a in args), "--quiet")
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1, err
    assert words in err
    assert not re.search(r"Traceback|\bsg\.|fit\(", err), "the shell is spoken to"
    assert [n for n in sorted(p.name for p in tmp_path.iterdir()) if n != "w"] == before


def test_too_few_subjects_to_keep_some_away(run: Run, clinic: Path, tmp_path: Path) -> None:
    lines = (clinic / "trials.csv").read_text().splitlines()
    (clinic / "one.csv").write_text("\n".join(lines[:3]) + "\n")
    out = tmp_path / "m.safetensors"
    code, _, err = run("train", clinic / "one.csv", "--task", "gmfcs", "--out", out, "--encoders", "descriptors", "--quiet")
    assert code == 2
    assert "subject" in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_without_torch_it_is_said_how_to_get_it(run: Run, clinic: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *a: None if name in ("torch", "lightning") else find(name, *a))
    for args in (
        ("train", clinic / "trials.csv", "--task", "gmfcs", "--out", tmp_path / "m.safetensors"),
        ("predict", tmp_path / "m.safetensors", clinic / "c0w0.csv"),
    ):
        code, _, err = run(*args)
        assert code == 2
        assert err == (
            "skelgait: models need packages that are not installed. Found: no torch, lightning. "
            'What to do: pip install "skelgait[learn]".\n'
        )


def test_a_full_disk_leaves_the_model_of_before(run: Run, clinic: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = model.read_bytes()

    def full(state: object, path: Path, **_: object) -> None:
        Path(path).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("skelgait.estimator.model_file.save_file", full)
    args = (
        "train",
        clinic / "trials.csv",
        "--task",
        "gmfcs",
        "--out",
        model,
        "--encoders",
        "descriptors",
        "--epochs",
        1,
        "--quiet",
    )
    code, _, err = run(*args)
    assert code == 2
    assert "No space left on device" in err
    assert len(err.strip().splitlines()) == 1
    assert model.read_bytes() == before
    assert not [p.name for p in clinic.iterdir() if p.name.startswith(".")]


def test_answers_go_by_thresholds_and_nothing_is_said_of_what_was_not_seen(run: Run, clinic: Path, tmp_path: Path) -> None:
    task = sg.Task("TWO", items=("knee", "pelvis"), levels=("typical", "atypical"), planes=("sagittal", "frontal"))
    planes = [{"stgcn": {"stages": [8], "fps": 15, "plane": plane}} for plane in ("sagittal", "frontal")]
    pose = [sg.read_pose(clinic / f"c{n}w0.csv", fps=30) for n in range(4)]
    seen = [sg.Trial(f"c{n}", {"sagittal": p, "frontal": p.with_(view="frontal_towards")}) for n, p in enumerate(pose)]
    model = sg.GaitClassifier(task, planes, by_plane=True, max_epochs=1, progress=False, random_state=0)
    model.fit(seen, [["typical", "atypical"], ["atypical", "typical"]] * 2)
    said = []
    for limit in (0.0, 1.0):
        model.thresholds_ = np.array([limit, 0.5])
        model.save(tmp_path / "two.safetensors")
        code, out, err = run("predict", tmp_path / "two.safetensors", clinic / "c0w0.csv", "--fps", 30, "--quiet")
        assert code == 0, err
        said.append(pd.read_csv(StringIO(out)))
    assert [table.answer[0] for table in said] == ["atypical", "typical"]
    assert said[0].answer.isna().tolist() == said[0].p_typical.isna().tolist() == [False, True]


def test_two_networks_of_one_name_one_a_plane(run: Run, clinic: Path, tmp_path: Path) -> None:
    side, front = [{"stgcn": {"stages": [8], "fps": 15, "plane": plane}} for plane in ("sagittal", "frontal")]
    assert _parts(json.dumps([side, front, "descriptors"]), None) == [side, front, {"descriptors": {}}]
    assert _parts("videomae", "frontal") == [{"videomae": {"plane": "frontal"}}]
    table = pd.read_csv(clinic / "trials.csv").head(6)
    table = table.assign(sagittal=[str(clinic / name) for name in table.sagittal], frontal_view="frontal_towards")
    table = table.assign(frontal=table.sagittal, label_left_initial_contact=[0, 1] * 3, label_left_foot_rotation=[1, 0] * 3, fps=30)
    table.to_csv(tmp_path / "visits.csv", index=False)
    out = tmp_path / "evgs.safetensors"
    args = ("--task", "EVGS_BINARY", "--encoders", json.dumps([side, front]), "--by-plane", "--epochs", 1, "--test-size", 0)
    code, _, err = run("train", tmp_path / "visits.csv", *args, "--out", out, "--quiet")
    assert code == 0, err
    model = sg.GaitClassifier.load(out)
    assert model.by_plane
    assert [encoder.plane for encoder in model.network_.encoders] == ["sagittal", "frontal"]
