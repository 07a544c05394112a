"""Published weights give the published numbers: against the arithmetic of those networks written out here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from skelgait.core.errors import FileError, SkelgaitError
from skelgait.core.skeleton import COCO17, COCO18
from skelgait.encoders.checkpoints import load_checkpoint
from skelgait.encoders.graph import adjacency
from skelgait.encoders.stgcn import StGcn

STAGES = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
BEFORE = (3, *STAGES[:-1])
STRIDES = (1, 1, 1, 1, 2, 1, 1, 2, 1, 1)
CLASSES = 60
PART = {64: 10, 128: 21, 256: 42}


def conv(state: dict, name: str, width: int, before: int, size: int = 1) -> None:
    state[f"{name}.weight"] = torch.randn(width, before, size, 1) / (before * size) ** 0.5
    state[f"{name}.bias"] = 0.1 * torch.randn(width)


def bn(state: dict, name: str, width: int) -> None:
    state[f"{name}.weight"] = 0.5 + torch.rand(width)
    state[f"{name}.bias"] = 0.2 * torch.randn(width)
    state[f"{name}.running_mean"] = 0.2 * torch.randn(width)
    state[f"{name}.running_var"] = 0.5 + torch.rand(width)
    state[f"{name}.num_batches_tracked"] = torch.tensor(7)


def yysijie(points: int, graph: torch.Tensor) -> dict[str, torch.Tensor]:
    """A state dict with the documented names and shapes."""
    state = {"A": graph}
    bn(state, "data_bn", 3 * points)
    for i, (before, width) in enumerate(zip(BEFORE, STAGES, strict=True)):
        at = f"st_gcn_networks.{i}"
        conv(state, f"{at}.gcn.conv", 3 * width, before)
        bn(state, f"{at}.tcn.0", width)
        conv(state, f"{at}.tcn.2", width, width, 9)
        bn(state, f"{at}.tcn.3", width)
        if i in (4, 7):
            conv(state, f"{at}.residual.0", width, before)
            bn(state, f"{at}.residual.1", width)
        state[f"edge_importance.{i}"] = 0.5 + torch.rand(3, points, points)
    conv(state, "fcn", CLASSES, 256)
    return state


def pyskl(points: int, graph: torch.Tensor, *, plus: bool, head: str = "cls_head.fc_cls") -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = {}
    bn(state, "backbone.data_bn", 3 * points)
    for i, (before, width) in enumerate(zip(BEFORE, STAGES, strict=True)):
        at = f"backbone.gcn.{i}"
        conv(state, f"{at}.gcn.conv", 3 * width, before)
        bn(state, f"{at}.gcn.bn", width)
        state[f"{at}.gcn.A"] = graph + (0.05 * torch.randn_like(graph) if plus else 0)
        if not plus:
            state[f"{at}.gcn.PA"] = 0.5 + torch.rand(3, points, points)
            conv(state, f"{at}.tcn.conv", width, width, 9)
        else:
            if before != width:
                conv(state, f"{at}.gcn.down.0", width, before)
                bn(state, f"{at}.gcn.down.1", width)
            part = PART[width]
            for b in range(6):
                size = width - 5 * part if b == 0 else part
                conv(state, f"{at}.tcn.branches.{b}" + (".0" if b < 5 else ""), size, width)
                if b < 5:
                    bn(state, f"{at}.tcn.branches.{b}.1", size)
                if b < 4:
                    conv(state, f"{at}.tcn.branches.{b}.3.conv", size, size, 3)
            bn(state, f"{at}.tcn.transform.0", width)
            conv(state, f"{at}.tcn.transform.2", width, width)
        bn(state, f"{at}.tcn.bn", width)
        if i in (4, 7):
            conv(state, f"{at}.residual.conv", width, before)
            bn(state, f"{at}.residual.bn", width)
    state[f"{head}.weight"], state[f"{head}.bias"] = torch.randn(CLASSES, 256), torch.randn(CLASSES)
    return state


class Written:
    """The references' arithmetic, with the names of their state dicts, in the layout (N, C, T, V) they use."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        self.state = state

    def conv(self, name: str, x: torch.Tensor, **kw: object) -> torch.Tensor:
        return F.conv2d(x, self.state[f"{name}.weight"], self.state[f"{name}.bias"], **kw)

    def bn(self, name: str, x: torch.Tensor) -> torch.Tensor:
        s = self.state
        return F.batch_norm(x, s[f"{name}.running_mean"], s[f"{name}.running_var"], s[f"{name}.weight"], s[f"{name}.bias"])

    def data(self, name: str, x: torch.Tensor) -> torch.Tensor:
        n, c, t, v = x.shape
        x = self.bn(name, x.permute(0, 3, 1, 2).reshape(n, v * c, t))
        return x.view(n, v, c, t).permute(0, 2, 3, 1)

    def send(self, name: str, x: torch.Tensor, graph: torch.Tensor) -> torch.Tensor:
        x = self.conv(name, x)
        n, kc, t, v = x.shape
        return torch.einsum("nkctv,kvw->nctw", x.view(n, len(graph), kc // len(graph), t, v), graph)

    def yysijie(self, x: torch.Tensor) -> torch.Tensor:
        s = self.state
        x = self.data("data_bn", x)
        for i, stride in enumerate(STRIDES):
            at = f"st_gcn_networks.{i}"
            y = self.send(f"{at}.gcn.conv", x, s["A"] * s[f"edge_importance.{i}"])
            y = F.relu(self.bn(f"{at}.tcn.0", y))
            y = self.bn(f"{at}.tcn.3", self.conv(f"{at}.tcn.2", y, stride=(stride, 1), padding=(4, 0)))
            if i in (4, 7):
                y = y + self.bn(f"{at}.residual.1", self.conv(f"{at}.residual.0", x, stride=(stride, 1)))
            elif i:
                y = y + x
            x = F.relu(y)
        return x

    def pyskl(self, x: torch.Tensor, *, plus: bool) -> torch.Tensor:
        s = self.state
        x = self.data("backbone.data_bn", x)
        for i, stride in enumerate(STRIDES):
            at = f"backbone.gcn.{i}"
            graph = s[f"{at}.gcn.A"] if plus else s[f"{at}.gcn.A"] * s[f"{at}.gcn.PA"]
            y = self.bn(f"{at}.gcn.bn", self.send(f"{at}.gcn.conv", x, graph))
            if plus:
                down = f"{at}.gcn.down.0.weight" in s
                y = y + (self.bn(f"{at}.gcn.down.1", self.conv(f"{at}.gcn.down.0", x)) if down else x)
            y = F.relu(y)
            y = self.six(f"{at}.tcn", y, stride) if plus else self.conv(f"{at}.tcn.conv", y, stride=(stride, 1), padding=(4, 0))
            y = self.bn(f"{at}.tcn.bn", y)
            if i in (4, 7):
                y = y + self.bn(f"{at}.residual.bn", self.conv(f"{at}.residual.conv", x, stride=(stride, 1)))
            elif i:
                y = y + x
            x = F.relu(y)
        return x

    def six(self, at: str, x: torch.Tensor, stride: int) -> torch.Tensor:
        out = []
        for b in range(5):
            y = F.relu(self.bn(f"{at}.branches.{b}.1", self.conv(f"{at}.branches.{b}.0", x)))
            if b < 4:
                d = b + 1
                out.append(self.conv(f"{at}.branches.{b}.3.conv", y, stride=(stride, 1), padding=(d, 0), dilation=(d, 1)))
            else:
                out.append(F.max_pool2d(y, (3, 1), (stride, 1), (1, 0)))
        out.append(self.conv(f"{at}.branches.5", x, stride=(stride, 1)))
        return self.conv(f"{at}.transform.2", F.relu(self.bn(f"{at}.transform.0", torch.cat(out, 1))))


def walks(points: int, frames: int = 41) -> torch.Tensor:
    return torch.randn(2, frames, points, 3)


def tokens(encoder: StGcn, x: torch.Tensor) -> torch.Tensor:
    """Tokens as (N, C, T, V)."""
    out = encoder({"pose": x, "mask": torch.ones(x.shape[:2], dtype=torch.bool)})
    return out.values.view(len(x), *out.grid, -1).permute(0, 3, 1, 2)


def differ(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    return float((ours - theirs).detach().abs().max() / theirs.detach().abs().max().clamp(min=1))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.mark.parametrize("skeleton", [COCO17, COCO18], ids=lambda s: s.name)
def test_yysijie_weights_give_their_numbers(skeleton) -> None:
    points = len(skeleton)
    state = yysijie(points, torch.from_numpy(adjacency(skeleton, "compat")))
    encoder = StGcn(skeleton=skeleton.name, normalise="image").eval()  # its own partition gives way to the file's
    report = load_checkpoint(encoder, state)
    assert report.layout == "yysijie"
    assert report.ignored == ("fcn.bias", "fcn.weight")
    assert report.head["weight"].shape == (CLASSES, 256)
    x = walks(points)
    with torch.no_grad():
        assert differ(tokens(encoder, x), Written(state).yysijie(x.permute(0, 3, 1, 2))) < 1e-5
    # with gradients on, the way is another one: everything at once instead of in pieces
    assert differ(tokens(encoder, x).detach(), Written(state).yysijie(x.permute(0, 3, 1, 2))) < 1e-5
    # the whole published answer, from the report's head
    answer = tokens(encoder, x).mean((2, 3)) @ report.head["weight"].T + report.head["bias"]
    theirs = Written(state).conv("fcn", Written(state).yysijie(x.permute(0, 3, 1, 2)).mean((2, 3), keepdim=True)).flatten(1)
    assert differ(answer, theirs) < 1e-5


@pytest.mark.parametrize("head", ["cls_head.fc_cls", "cls_head.fc"])
@pytest.mark.parametrize("plus", [False, True], ids=["stgcn", "stgcn++"])
def test_pyskl_and_mmaction2_weights_give_their_numbers(plus: bool, head: str) -> None:
    state = pyskl(17, torch.from_numpy(adjacency(COCO17, "compat")), plus=plus, head=head)
    encoder = StGcn(variant="stgcn++" if plus else "stgcn", partition="compat", normalise="image").eval()
    report = load_checkpoint(encoder, {"meta": {"epoch": 16}, "state_dict": {f"module.{k}": v for k, v in state.items()}})
    assert report.layout == ("pyskl" if head.endswith("cls") else "mmaction2")
    assert set(report.ignored) == {f"{head}.weight", f"{head}.bias"}
    x = walks(17)
    with torch.no_grad():
        assert differ(tokens(encoder, x), Written(state).pyskl(x.permute(0, 3, 1, 2), plus=plus)) < 1e-5


def test_names_and_numbers_are_those_of_the_published_networks() -> None:
    graph = torch.from_numpy(adjacency(COCO17, "compat"))
    state = yysijie(17, graph)
    assert len(state) == 172
    counted = sum(v.numel() for k, v in state.items() if "running" not in k and "num_" not in k and k != "A")
    assert counted == 3_088_704
    head = 256 * CLASSES + CLASSES
    for variant, published in (("stgcn", 3_088_704), ("stgcn++", 1_393_016)):
        assert sum(p.numel() for p in StGcn(variant=variant).parameters()) + head == published
    plus = pyskl(17, graph, plus=True)
    assert sum(v.numel() for k, v in plus.items() if "running" not in k and "num_" not in k) == 1_393_016


def test_training_gives_the_references_gradients() -> None:
    """In training too, gradients of edge importance included: they go through arithmetic of our own."""
    state = yysijie(17, torch.from_numpy(adjacency(COCO17, "compat")))
    encoder = StGcn(normalise="image")
    load_checkpoint(encoder, state)
    x = walks(17, 12)
    out = tokens(encoder.train(), x)
    weight = torch.randn_like(out)
    (out * weight).sum().backward()
    theirs = Written({k: v.clone().requires_grad_() if v.is_floating_point() else v for k, v in state.items()})
    theirs.bn = lambda name, y: F.batch_norm(  # type: ignore[method-assign]
        y, None, None, theirs.state[f"{name}.weight"], theirs.state[f"{name}.bias"], training=True
    )
    reference = theirs.yysijie(x.permute(0, 3, 1, 2))
    assert differ(out, reference) < 1e-5
    (reference * weight).sum().backward()
    for i in (0, 4, 9):
        ours = encoder.stages[i].spatial.importance.grad
        assert differ(ours, theirs.state[f"edge_importance.{i}"].grad) < 2e-4, i
        ours = encoder.stages[i].spatial.weight.grad.flatten(0, 1)
        assert differ(ours, theirs.state[f"st_gcn_networks.{i}.gcn.conv.weight"].grad[..., 0, 0]) < 2e-4, i


def test_files(tmp_path) -> None:
    from safetensors.torch import save_file

    state = yysijie(17, torch.from_numpy(adjacency(COCO17, "compat")))
    torch.save({"state_dict": state}, tmp_path / "st_gcn.pt")
    save_file(state, tmp_path / "st_gcn.safetensors")
    first = StGcn(pretrained=str(tmp_path / "st_gcn.pt"))
    second = StGcn()
    assert load_checkpoint(second, tmp_path / "st_gcn.safetensors", layout="yysijie").layout == "yysijie"
    assert all(torch.equal(a, b) for a, b in zip(first.state_dict().values(), second.state_dict().values(), strict=True))
    first.learn([{"pose": np.ones((9, 17, 3), np.float32), "fps": np.float32(30), "unit": np.ones(2, np.float32)}])
    assert first.learned() == {"scaled": False}, "published weights keep the scale they were published with"
    torch.save(first.state_dict(), tmp_path / "own.pth")
    assert load_checkpoint(StGcn(), tmp_path / "own.pth").layout == "skelgait"


def test_weights_older_than_the_batch_count_load() -> None:
    state = {k: v for k, v in yysijie(17, torch.from_numpy(adjacency(COCO17, "compat"))).items() if "num_batches" not in k}
    assert load_checkpoint(StGcn(), state).layout == "yysijie"


class Code:
    """What a file of weights must never hold."""

    def __reduce__(self):
        return (print, ("ran",))


def test_refusals(tmp_path, capsys) -> None:
    state = yysijie(17, torch.from_numpy(adjacency(COCO17, "compat")))
    untouched = StGcn()
    before = {k: v.clone() for k, v in untouched.state_dict().items()}
    with pytest.raises(SkelgaitError, match=r"missing st_gcn_networks\.3\.tcn\.2\.bias\. Expected: every key of layout yysijie"):
        load_checkpoint(untouched, {k: v for k, v in state.items() if k != "st_gcn_networks.3.tcn.2.bias"})
    with pytest.raises(SkelgaitError, match=r"unexpected st_gcn_networks\.3\.tcn\.9\.weight"):
        load_checkpoint(untouched, {**state, "st_gcn_networks.3.tcn.9.weight": torch.zeros(3)})
    with pytest.raises(SkelgaitError, match=r"of another shape data_bn\.weight \(51,\) for data_norm\.norm\.weight \(75,\)"):
        load_checkpoint(StGcn(skeleton="body25"), state)
    with pytest.raises(SkelgaitError, match="missing backbone"):
        load_checkpoint(untouched, state, layout="pyskl")
    with pytest.raises(SkelgaitError, match="knows no layout 'openmmlab'"):
        load_checkpoint(untouched, state, layout="openmmlab")
    with pytest.raises(SkelgaitError, match="in no layout StGcn knows"):
        load_checkpoint(untouched, {"conv1.weight": torch.zeros(1)})
    with pytest.raises(SkelgaitError, match="there are no weights in this"):
        load_checkpoint(untouched, {"epoch": 3})
    with pytest.raises(FileError, match="there are no weights at"):
        load_checkpoint(untouched, tmp_path / "nowhere.pt")
    torch.save({"state_dict": state, "hook": Code()}, tmp_path / "code.pt")
    with pytest.raises(FileError, match=r"code\.pt cannot be read as weights"):
        load_checkpoint(untouched, tmp_path / "code.pt")
    assert "ran" not in capsys.readouterr().out
    assert all(torch.equal(before[k], v) for k, v in untouched.state_dict().items())
    assert np.isfinite(float(before["data_norm.norm.weight"].sum()))
