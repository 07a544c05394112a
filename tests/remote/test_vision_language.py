"""A model behind an address: what would be sent, what is, what comes back, and what can go wrong; the server is the tests' own."""

from __future__ import annotations

import json
import threading
import time
import warnings
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.base import clone

import skelgait as sg
from skelgait.core.errors import SkelgaitError
from skelgait.io.video_writing import write_video
from skelgait.remote.endpoint import Request, complete_address, post
from skelgait.remote.pictures import take_pictures
from skelgait.remote.questions import read_answer, word_questions, write_instructions
from skelgait.remote.vision_language import VisionLanguageModel
from skelgait.tasks.evgs import evgs_criteria, evgs_items

BINARY, EVGS = sg.tasks.EVGS_BINARY, sg.tasks.EVGS
KEYS = [f"{side}{n}" for side in "LR" for n in range(1, 18)]
SIZE = (320, 240)


@dataclass
class Server:
    """What it is asked, and what it says: the replies in turn, the last again and again."""

    url: str = ""
    replies: list[Any] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def next(self) -> Any:
        return self.replies[min(len(self.asked), len(self.replies)) - 1]


@pytest.fixture
def server() -> Iterator[Server]:
    """On this machine, on any free port."""
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked.append((self.path, dict(self.headers), body))
            reply = state.next()
            status, headers, content = 200, {}, reply
            if isinstance(reply, tuple):
                status, headers, content = reply
            if callable(content):
                content = content()
            raw = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    state.url = f"http://127.0.0.1:{http.server_port}/v1"
    yield state
    http.shutdown()
    http.server_close()


def said(text: Any, **more: Any) -> dict[str, Any]:
    """A reply in OpenAI's form."""
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop", **more}], "usage": {"total_tokens": 7}}


def scores(value: Any = 0, **others: Any) -> str:
    return json.dumps(dict.fromkeys(KEYS, value) | others)


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> sg.Trial:
    """A child filmed from the side, as noise in which nothing but blur shows, and a clip from the front."""
    walk = sg.Walker().film(sg.Camera(size=SIZE), fps=30, duration_s=2).pose
    rng = np.random.default_rng(0)
    frames = rng.integers(0, 255, (60, SIZE[1], SIZE[0], 3), dtype=np.uint8)
    film = tmp_path_factory.mktemp("secret_folder") / "secret_film.mp4"
    write_video(film, frames, 30)
    front = sg.Walker().film(sg.Camera(view="frontal", size=SIZE), fps=30, duration_s=2).pose
    boxes = np.tile([40.0, 20.0, 200.0, 200.0], (60, 1))
    clip = sg.Clip(rng.integers(0, 255, (60, 100, 100, 3), dtype=np.uint8), fps=30, view="frontal", boxes=boxes)
    return sg.Trial(
        "secret_child",
        {"sagittal": walk, "frontal": front},
        name="secret_name",
        video={"sagittal": str(film)},
        clips={"frontal": clip},
        age_years=7.25,
        labels={"evgs": [1] * 34},
        covariates={"diagnosis": "secret_diagnosis"},
    )


@pytest.fixture
def model(server: Server) -> Callable[..., VisionLanguageModel]:
    def make(**settings: Any) -> VisionLanguageModel:
        return VisionLanguageModel(
            server.url, "some-model", **{"send": True, "frames": 3, "side": 64, "retries": 0, "progress": False, **settings}
        )

    return make


def ask(model: VisionLanguageModel, trials: list[sg.Trial]) -> tuple[np.ndarray, str]:
    """Probabilities, and what was told."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        p = model.predict_proba(trials)
    return p, "; ".join(str(one.message) for one in told)


def test_nothing_is_sent_until_it_is_told_to(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    server.replies = [said(scores())]
    with pytest.raises(
        SkelgaitError, match=r"nothing is sent without send=True. Found: 6 pictures and 34 questions of 1 of 1 walks"
    ) as told:
        model(send=False).predict_proba([trial])
    assert f"to {server.url}/chat/completions, in 1 requests a walk" in str(told.value)
    assert "(faces blurred; no names)" in str(told.value)
    planned = model(send=False).dry_run([trial])
    model().fit([trial])
    assert server.asked == []
    _, told_when_sent = ask(model(), [trial])
    assert "sending 6 pictures and 34 questions of 1 of 1 walks" in told_when_sent
    ((path, headers, body),) = server.asked
    assert path == "/v1/chat/completions"
    assert [request.body for request in planned] == [body], "a dry run shows exactly what is sent"
    assert "Authorization" not in headers
    assert b"secret" not in body
    assert b"7.25" not in body
    content = planned[0].content
    assert content["model"] == "some-model"
    assert content["temperature"] == 0
    kinds = [part["type"] for part in content["messages"][1]["content"]]
    assert kinds == ["text"] + ["text", "image_url"] * 3 + ["text"] + ["text", "image_url"] * 3 + ["text"]
    assert "secret" not in repr(model(key_from="HOME")).lower()
    assert "Request('secret_name' to" in repr(planned[0])  # on this machine it may have its name


def test_answers_become_levels(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    server.replies = [said(scores(0, L1=2, R9="1", R17={"score": 1.0}))]
    p, told = ask(model(), [trial])
    assert p.shape == (1, 34, 2)
    assert np.flatnonzero(p[0, :, 1] == 1).tolist() == [0, 25, 33]
    assert "missing" not in told
    three, _ = ask(model(task="EVGS"), [trial])
    assert three[0, [0, 25, 1]].argmax(axis=-1).tolist() == [2, 1, 0]
    fitted = clone(model())
    levels = fitted.predict([trial])
    assert levels[0, :2].tolist() == ["atypical", "typical"]
    assert fitted.log_[["trial", "outcome", "asked", "given", "tokens"]].to_numpy().tolist() == [
        ["secret_name", "answered", 34, 34, 7]
    ]
    table = sg.score_table(model(), [trial], n_boot=10)
    assert table.loc["accuracy", "value"] == pytest.approx(3 / 34)


def test_one_item_a_request_and_repeats(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    task = sg.Task("TWO", items=EVGS.items[8:10], levels=("typical", "atypical"), label="evgs")
    replies = [said('{"L9": 2}'), said('{"L9": 0}'), said('{"L9": 1}'), said('{"L9": 0}'), said('{"L10": 0}')]
    server.replies = replies
    asked = model(task=task, items_per_request=1, repeats=4, extra={"temperature": 0.7, "max_tokens": 50})
    p, _ = ask(asked, [trial])
    assert p[0].tolist() == [[0.5, 0.5], [1.0, 0.0]]
    assert len(server.asked) == 8
    assert len(asked.dry_run([trial])) == 2
    first = json.loads(server.asked[0][2])
    assert (first["temperature"], first["max_tokens"]) == (0.7, 50)
    text = first["messages"][1]["content"][-1]["text"]
    assert "L9: left limb, greatest knee extension in stance. 0: 0 to 15 degrees flexion; 1:" in text
    assert "L10" not in text


def test_a_question_of_ones_own(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    server.replies = [said('```json\n{"Q1": "Abnormal"}\n```')]
    with pytest.raises(SkelgaitError, match="how are the levels of gait told"):
        model(task="GAIT_BINARY").dry_run([trial])
    own = model(task="GAIT_BINARY", criteria={"gait": "Would a clinician want to see this child?"})
    p, _ = ask(own, [trial])
    assert p.tolist() == [[0, 1]]
    assert own.predict([trial]).tolist() == ["abnormal"]
    assert "Q1: gait. Would a clinician want to see this child? One of: normal, abnormal" in server.asked[0][2].decode()
    with pytest.raises(SkelgaitError, match="does not ask about knees"):
        model(task="GAIT_BINARY", criteria={"knees": "?"}).dry_run([trial])
    with pytest.raises(SkelgaitError, match="unknown task"):
        model(task="NOTHING").dry_run([trial])


@pytest.mark.parametrize(
    ("reply", "outcome", "given"),
    [
        (said(scores()), "answered", 34),
        (said("Here you are:\n```json\n" + scores() + "\n```\nAsk me more."), "answered", 34),
        (said([{"type": "text", "text": scores()}]), "answered", 34),
        (said(json.dumps({"thoughts": {"a": 1}, "scores": json.loads(scores())})), "answered", 34),
        (said(scores(0, L3=3, L4="high", R2=None, R3=True, R4=0.5)), "in part", 29),
        (said("I'm sorry, but I can't assess a child's medical condition."), "refused", 0),
        ({"choices": [{"message": {"content": None, "refusal": "No children."}}]}, "refused", 0),
        (said("", finish_reason="content_filter"), "refused", 0),
        (said("The child walks well."), "malformed", 0),
        (said(scores()[:-9]), "malformed", 0),
        (said("{"), "malformed", 0),
        (said('{"a": {"b": 1}}'), "malformed", 0),
        (said(scores(7)), "malformed", 0),
        ({"choices": []}, "malformed", 0),
        ({"error": "no"}, "malformed", 0),
        (b"<html>", "failed", 0),
        (b"[1]", "failed", 0),
    ],
)  # fmt: skip
def test_what_comes_back(
    server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial, reply: Any, outcome: str, given: int
) -> None:
    server.replies = [reply]
    asked = model()
    p, told = ask(asked, [trial])
    assert asked.log_[["outcome", "given"]].to_numpy().tolist() == [[outcome, given]]
    assert np.isfinite(p).all(axis=-1).sum() == given
    assert (f"{34 - given} of 34 answers are missing; requests: 1 {outcome}" in told) == (outcome != "answered")


def test_refusals_are_counted_beside_answers_and_scored_as_wrong(
    server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial
) -> None:
    server.replies = [said(scores(1)), said("I cannot help with that."), said("nonsense")]
    walks = [trial.with_(subject=f"{n}", name=f"walk{n}") for n in range(3)]
    asked = model()
    p, told = ask(asked, walks)
    assert (
        "68 of 102 answers are missing; requests: 1 answered, 1 refused, 1 malformed (first: walk1: I cannot help with that.)"
        in told
    )
    assert asked.log_["outcome"].tolist() == ["answered", "refused", "malformed"]
    table = sg.childgait_score(p, walks, item_task=BINARY, n_boot=50)
    assert table.loc["accuracy", "value"] == pytest.approx(1 / 3)
    assert "68 of 102 answers are missing and count as wrong" in table.loc["S1", "note"]
    assert sg.score_table(p, walks, task=BINARY, n_boot=50).loc["answered", "value"] == pytest.approx(1 / 3)


def test_a_busy_server_is_asked_again(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    server.replies = [(500, {}, {"error": "oops"}), (429, {"Retry-After": "0"}, {"error": "later"}), said(scores())]
    asked = model(retries=2)
    started = time.perf_counter()
    p, _ = ask(asked, [trial])
    assert np.isfinite(p).all()
    assert len(server.asked) == 3
    assert time.perf_counter() - started > 0.9, "a second between the first two"


def test_a_server_that_fails_is_left_alone_and_answers_so_far_are_kept(
    server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial
) -> None:
    walks = [trial.with_(name=f"walk{n}") for n in range(6)]
    server.replies = [said(scores()), (503, {}, {"error": "down"})]
    asked = model()
    p, told = ask(asked, walks)
    assert len(server.asked) == 4
    assert asked.log_["outcome"].tolist() == ["answered", "failed", "failed", "failed", "not asked", "not asked"]
    assert asked.log_["said"].iloc[-1] == "the server failed 3 times running"
    assert np.isfinite(p).all(axis=(1, 2)).tolist() == [True] + [False] * 5
    assert "requests: 1 answered, 3 failed, 2 not asked (first: walk1: 503" in told
    server.asked.clear()
    server.replies = [said(scores()), (402, {}, {"error": "no money left"})]
    p, told = ask(asked, walks[:3])
    assert asked.log_["outcome"].tolist() == ["answered", "not asked", "not asked"]
    assert "no money left" in told
    assert len(server.asked) == 2


def test_a_slow_server(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    server.replies = [lambda: time.sleep(1.5) or said(scores())]
    asked = model(timeout_s=0.2)
    p, told = ask(asked, [trial])
    assert np.isnan(p).all()
    assert asked.log_["outcome"].tolist() == ["failed"]
    assert "silent for 0.2 s" in told


def test_keys(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "abc-very-secret")
    server.replies = [said(scores())]
    asked = model(key_from="MY_KEY")
    ask(asked, [trial])
    assert server.asked[0][1]["Authorization"] == "Bearer abc-very-secret"
    assert "abc-very-secret" not in repr(asked) + repr(vars(asked)) + repr(asked.dry_run([trial])[0].content)
    server.replies = [(401, {}, {"error": "wrong key abc-very-secret"})]
    with pytest.raises(
        SkelgaitError, match=r"127.0.0.1 does not take this request. Found: 401 .*wrong key \*\*\*.*What to do: give key_from="
    ):
        ask(asked, [trial])
    server.replies = [(200, {}, said("your key is abc-very-secret"))]
    ask(asked, [trial])
    assert asked.log_.said.tolist() == ["your key is ***"]
    monkeypatch.delenv("MY_KEY")
    with pytest.raises(SkelgaitError, match="there is no key in the environment variable MY_KEY"):
        ask(asked, [trial])


def test_requests_that_are_not_taken(server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    for status, headers, words in (
        (404, {}, r"Found: 404 Not Found: .*no such model.* What to do: check endpoint and model"),
        (413, {}, r"What to do: send fewer or smaller pictures"),
        (302, {"Location": "http://127.0.0.1:9/elsewhere"}, "nobody is followed elsewhere"),
        (308, {"Location": "http://127.0.0.1:9/elsewhere"}, "nobody is followed elsewhere"),
    ):
        server.replies = [(status, headers, {"error": "no such model"})]
        server.asked.clear()
        with pytest.raises(SkelgaitError, match=words):
            ask(model(retries=2), [trial])
        assert len(server.asked) == 1


def test_nobody_there(model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    with pytest.raises(SkelgaitError, match=r"nobody answers at http://127.0.0.1:9/v1/chat/completions. Found: .*refused"):
        ask(model().set_params(endpoint="http://127.0.0.1:9"), [trial])


def test_addresses() -> None:
    for given in ("https://host.org", "https://host.org/v1/", "https://host.org/v1/chat/completions"):
        assert complete_address(given) == "https://host.org/v1/chat/completions"
    assert complete_address("http://10.0.0.7:8000/openai/v1") == "http://10.0.0.7:8000/openai/v1/chat/completions"
    assert complete_address("http://gpu-box:8000").startswith("http://gpu-box:8000/v1/")
    for given in ("", None, "localhost:8000", "ftp://host", "https://name:password@host", "https://host/v1?key=1"):
        with pytest.raises(SkelgaitError, match="Nothing is sent anywhere by default"):
            complete_address(given)
    for given in ("http://api.host.org/v1", "http://8.8.8.8"):
        with pytest.raises(SkelgaitError, match=r"would travel to .* in the clear.*What to do: give https://"):
            complete_address(given)


def test_a_model_needs_a_name_and_something_to_see(model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    for settings, words in (
        ({"model": " "}, "which model is to be asked"),
        ({"endpoint": ""}, "Nothing is sent anywhere by default"),
        ({"frames": 0}, "there is nothing to ask or to see"),
        ({"repeats": 0}, "there is nothing to ask or to see"),
        ({"items_per_request": -1}, "there is nothing to ask or to see"),
    ):
        with pytest.raises(SkelgaitError, match=words):
            model().set_params(**settings).predict_proba([trial])
    with pytest.raises(SkelgaitError, match="a model takes a list of trials"):
        model().predict_proba(["a"])


def test_walks_without_a_film_or_without_a_pose_are_not_sent(
    server: Server, model: Callable[..., VisionLanguageModel], trial: sg.Trial, tmp_path: Path
) -> None:
    server.replies = [said(scores())]
    (tmp_path / "broken.mp4").write_bytes(b"x")
    bare = trial.with_(name="bare", video={}, clips={})
    faces = trial.with_(name="faces", pose={}, clips={})
    broken = trial.with_(name="broken", video={"sagittal": str(tmp_path / "broken.mp4")}, clips={})
    asked = model()
    p, told = ask(asked, [bare, faces, broken, trial])
    assert len(server.asked) == 1
    assert np.isfinite(p).all(axis=(1, 2)).tolist() == [False, False, False, True]
    assert asked.log_["outcome"].tolist() == ["not asked"] * 3 + ["answered"]
    assert (
        "102 of 136 answers are missing; requests: 1 answered, 3 not asked (first: bare: trial 'bare' has no video and no clip"
        in told
    )
    assert "faces in trial 'faces' cannot be blurred" in asked.log_["said"][1]
    seen, told = ask(model(blur_faces=False), [faces])
    assert np.isfinite(seen).all()
    assert "FACES NOT BLURRED" in told


def pictures_in(request: Request) -> list[np.ndarray]:
    parts = request.content["messages"][1]["content"]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    assert all(url.startswith("data:image/jpeg;base64,") for url in urls)
    return [np.asarray(Image.open(BytesIO(b64decode(url.split(",")[1])))) for url in urls]


def test_pictures_are_small_cut_to_the_child_and_blurred(model: Callable[..., VisionLanguageModel], trial: sg.Trial) -> None:
    (blurred,), (plain,) = (model(send=False, side=SIZE[0], blur_faces=b).dry_run([trial]) for b in (True, False))
    for hidden, shown in zip(pictures_in(blurred), pictures_in(plain), strict=True):
        assert hidden.shape == shown.shape
        top = slice(0, hidden.shape[0] // 4)
        assert hidden[top].std() < 0.6 * shown[top].std(), "above the shoulders nothing is sharp"
    side, front = pictures_in(plain)[0], pictures_in(plain)[-1]
    assert side.shape[1] < SIZE[0], "cut to the child"
    assert len({picture.shape for picture in pictures_in(plain)[:3]}) == 1
    assert front.shape == (100, 100, 3)
    assert max(pictures_in(model(send=False, side=40).dry_run([trial])[0])[0].shape[:2]) == 40
    texts = [p["text"] for p in plain.content["messages"][1]["content"] if p["type"] == "text"]
    assert texts[0] == "Seen from the side:"
    assert texts[1:4] == ["0.00 s", "0.66 s", "1.31 s"]
    assert texts[4] == "Seen from the front or from behind:"


def test_moments(trial: sg.Trial) -> None:
    close = take_pictures(trial, "sagittal", frames=4, step_s=0.1, side=64, blur_faces=True)
    assert [round(t, 3) for t, _ in close] == [0.0, 0.1, 0.2, 0.3]
    many = take_pictures(trial, "frontal", frames=500, step_s=0.1, side=64, blur_faces=True)
    assert len(many) == 20
    lost = trial.with_(clips={"frontal": trial.clip("frontal").with_(boxes=None)})
    with pytest.raises(SkelgaitError, match="a clip that does not say which part of the film it shows"):
        take_pictures(lost, "frontal", frames=2, step_s=None, side=64, blur_faces=True)
    grey = trial.clip("frontal")
    grey = trial.with_(clips={"frontal": grey.with_(frames=np.array(grey.frames[..., :1]))})
    _, jpeg = take_pictures(grey, "frontal", frames=1, step_s=None, side=64, blur_faces=False)[0]
    assert np.asarray(Image.open(BytesIO(jpeg))).shape == (64, 64, 3)
    empty = trial.with_(pose={"sagittal": trial.pose["sagittal"].with_(xy=np.full_like(trial.pose["sagittal"].xy, np.nan))})
    with pytest.raises(SkelgaitError, match="nobody is seen in the pose"):
        take_pictures(empty, "sagittal", frames=2, step_s=None, side=64, blur_faces=True)


def test_the_words_of_the_items_have_the_limits_of_the_table() -> None:
    import re

    assert [c.item for c in evgs_criteria()] == list(range(1, 18))
    for item, words in zip(evgs_items(), evgs_criteria(), strict=True):
        if item.unit == "deg" and item.item not in (1,):
            said_numbers = {int(n) for n in re.findall(r"\d+", f"{words.zero} {words.one} {words.two}")}
            for edge in item.edges:
                if np.isfinite(edge):
                    assert {int(np.floor(abs(edge))), int(np.ceil(abs(edge)))} & said_numbers, (item.item, edge)
    questions = word_questions(BINARY)
    assert [q.key for q in questions] == KEYS
    assert len({q.text for q in questions}) == 34
    text = write_instructions(questions)
    assert all(f"\n{key}: " in text for key in KEYS)
    assert "every key above (L1 to R17)" in text
    assert read_answer(said(scores(2)), questions)[0] == [1] * 34


def test_a_reply_that_breaks_off(server: Server) -> None:
    from skelgait.remote.endpoint import NoAnswer

    server.replies = [(200, {"Transfer-Encoding": "chunked"}, b"")]
    with pytest.raises(NoAnswer, match=r"gave no JSON|broke off"):
        post(Request("a", f"{server.url}/chat/completions", b"{}"), key=None, timeout_s=2, retries=0)
