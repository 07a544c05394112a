"""Speed of the networks: forward and a training step, against the same network as published code lays it out.

    python benchmarks/training.py [--quick] [--device cpu|cuda] [--compile] [--only sconet]

Each network meets its reference in the same run, turn by turn: reference, ours, ours in bf16, and again, so that whatever else the
machine does meets all three. A ratio is the median of the ratios of the turns. On the CPU it is judged by processor time of two
threads that do not spin while they wait, which a busy machine hardly changes; wall time is printed beside it. Exits non-zero when
a target is missed.

A network is one entry of `NETWORKS`: how to build it, how to build its reference, an input for each, and the targets. The video
transformer stands in `video_tokens`, the 3D ResNet with cutting and drawing of clips in `video_clips`.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # before torch is loaded: a thread that waits costs nothing

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from turns import show, spread, step, taken, turns
from video_clips import cutting, drawing, resnet, triplet
from video_tokens import dense, kept

import skelgait as sg
from skelgait.core.skeleton import COCO17
from skelgait.encoders.graph import adjacency
from skelgait.encoders.sconet import ScoNet
from skelgait.encoders.stgcn import StGcn
from skelgait.training.augment import Augmentation
from skelgait.training.batches import Walks, Window

THREADS = 2
WALKS, FRAMES = 16, 100
STAGES = (64, 64, 64, 64, 128, 128, 128, 256, 256, 256)
# Wall milliseconds of pyskl and OpenGait on two cores of another machine (forward, training step): orientation, not a target.
ELSEWHERE = {"stgcn": (417, 1318), "stgcn++": (450, 1450), "sconet": (4244, 12801)}
FRAMES_A_SECOND = 20_000  # of silhouettes from disk, in draws of 30
LOADING_SHARE = 0.1  # of a training step that cutting, padding and changing the next batch may take


# --- the references: the published layout of blocks, (walks, width, frames, keypoints) in memory -------------------


class SentAlongBones(nn.Module):
    """Widen to all subsets, send along the bones, normalise."""

    def __init__(self, before: int, after: int, graph: Tensor, plus: bool) -> None:
        super().__init__()
        self.plus, self.subsets = plus, len(graph)
        self.widen, self.norm = nn.Conv2d(before, after * len(graph), 1), nn.BatchNorm2d(after)
        self.graph = nn.Parameter(graph.clone(), requires_grad=plus)
        self.importance = None if plus else nn.Parameter(torch.ones_like(graph))
        self.down = nn.Sequential(nn.Conv2d(before, after, 1), nn.BatchNorm2d(after)) if plus and before != after else None

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        graph = self.graph if self.plus else self.graph * self.importance
        wide = self.widen(x)
        n, _, t, v = wide.shape
        sent = torch.einsum("nkctv,kvw->nctw", wide.view(n, self.subsets, -1, t, v), graph).contiguous()
        out = self.norm(sent)
        if self.plus:
            out = out + (x if self.down is None else self.down(x))
        return F.relu(out)


class SixBranches(nn.Module):
    """Six thin branches one after another, joined by a layer."""

    def __init__(self, width: int, stride: int) -> None:
        super().__init__()
        part = width // 6
        self.branches = nn.ModuleList()
        for d in range(1, 5):
            size = width - 5 * part if d == 1 else part
            over_time = nn.Conv2d(size, size, (3, 1), (stride, 1), (d, 0), (d, 1))
            self.branches.append(nn.Sequential(nn.Conv2d(width, size, 1), nn.BatchNorm2d(size), nn.ReLU(), over_time))
        most = nn.MaxPool2d((3, 1), (stride, 1), (1, 0))
        self.branches.append(nn.Sequential(nn.Conv2d(width, part, 1), nn.BatchNorm2d(part), nn.ReLU(), most))
        self.branches.append(nn.Conv2d(width, part, 1, (stride, 1)))
        self.join = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, width, 1), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return self.join(torch.cat([branch(x) for branch in self.branches], dim=1))


class ReferenceBlock(nn.Module):
    """Over the skeleton, over time, around a residual."""

    def __init__(self, before: int, after: int, graph: Tensor, plus: bool, stride: int, residual: bool) -> None:
        super().__init__()
        self.spatial = SentAlongBones(before, after, graph, plus)
        plain = nn.Sequential(nn.Conv2d(after, after, (9, 1), (stride, 1), (4, 0)), nn.BatchNorm2d(after))
        self.temporal = SixBranches(after, stride) if plus else plain
        other = before != after or stride != 1
        self.shortcut = (
            nn.Sequential(nn.Conv2d(before, after, 1, (stride, 1)), nn.BatchNorm2d(after)) if residual and other else None
        )
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        out = self.temporal(self.spatial(x))
        if self.residual:
            out = out + (x if self.shortcut is None else self.shortcut(x))
        return F.relu(out)


class ReferenceStGcn(nn.Module):
    """ST-GCN or ST-GCN++ of ten stages."""

    def __init__(self, plus: bool) -> None:
        super().__init__()
        graph = torch.from_numpy(adjacency(COCO17, "compat"))
        self.norm = nn.BatchNorm1d(3 * len(COCO17))
        self.blocks = nn.Sequential(
            *(
                ReferenceBlock(before, after, graph, plus, 2 if after > before > 3 else 1, before > 3)
                for before, after in zip((3, *STAGES), STAGES, strict=False)
            )
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        n, t, v, c = x.shape
        x = self.norm(x.permute(0, 2, 3, 1).reshape(n, v * c, t)).view(n, v, c, t).permute(0, 2, 3, 1).contiguous()
        return self.blocks(x)


class ReferenceBlock2d(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(before, after, 3, stride, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after))
        other = before != after or stride != 1
        self.down = (
            nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after)) if other else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return F.relu(self.second(self.first(x)) + self.down(x))


class ReferenceScoNet(nn.Module):
    """ResNet9 over every picture, the maximum over the walk, sixteen strips, a layer each."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(1, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU())
        stages = zip((64, 64, 128, 256), (64, 128, 256, 512), (1, 2, 2, 1), strict=True)
        self.blocks = nn.Sequential(*(ReferenceBlock2d(*stage) for stage in stages))
        self.layers = nn.Parameter(nn.init.xavier_uniform_(torch.empty(16, 512, 256)))

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        n, s = x.shape[:2]
        x = self.blocks(self.stem(x.reshape(n * s, 1, *x.shape[2:])))
        x = x.view(n, s, *x.shape[1:]).amax(1)
        strips = x.view(n, x.shape[1], 16, -1)
        return ((strips.mean(-1) + strips.amax(-1)).permute(2, 0, 1) @ self.layers).transpose(0, 1)


# --- the networks --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Network:
    """A network to measure.

    Attributes
    ----------
    ours, reference : callable
        Build it.
    inputs : callable
        (walks, frames, device) to what each is called with: (for ours, for the reference).
    faster, bf16 : float
        Least ratio to the reference in fp32, and of fp32 to bf16; 0 where there is no target.
    walks, frames : int
        Of a batch.
    either : float
        Where not 0: the target is the forward pass alone, ``faster`` in fp32 or, from the reference in fp32 to ours in bf16, this.
    quick : float
        Share of the walks, and of the frames, that the quick run takes.
    """

    ours: Callable[[], nn.Module]
    reference: Callable[[], nn.Module]
    inputs: Callable[[int, int, str], tuple[object, object]]
    faster: float
    bf16: float
    walks: int = WALKS
    frames: int = FRAMES
    either: float = 0.0
    quick: float = 1.0

    def met(self, against: float, halved: float, train: bool) -> bool:
        """Whether the ratios to the reference and of fp32 to bf16 will do."""
        if self.either:
            return train or against >= self.faster or against * halved >= self.either
        return against >= self.faster and halved >= self.bf16


def skeletons(walks: int, frames: int, device: str) -> tuple[dict[str, Tensor], Tensor]:
    pose = torch.randn(walks, frames, len(COCO17), 3, device=device)
    pose[..., 2] = pose[..., 2].abs().clamp(0.1, 1)
    return {"pose": pose, "mask": torch.ones(walks, frames, dtype=torch.bool, device=device)}, pose


def silhouettes(walks: int, frames: int, device: str) -> tuple[dict[str, Tensor], Tensor]:
    pictures = 255 * (torch.rand(walks, frames, 64, 44, device=device) < 0.3).to(torch.uint8)
    mask = torch.ones(walks, frames, dtype=torch.bool, device=device)
    return {"silhouette": pictures, "mask": mask}, pictures.float() / 255


NETWORKS = {
    "stgcn": Network(lambda: StGcn(), lambda: ReferenceStGcn(False), skeletons, 1.0, 1.7),
    "stgcn++": Network(lambda: StGcn(variant="stgcn++"), lambda: ReferenceStGcn(True), skeletons, 1.5, 0.0),
    "sconet": Network(lambda: ScoNet(), ReferenceScoNet, silhouettes, 1.3, 0.0, walks=8, frames=30, either=1.8, quick=0.25),
}


# --- measuring -----------------------------------------------------------------------------------------------------


def measure(name: str, rounds: int, device: str, longer: int = 1, quick: bool = False) -> list[dict[str, object]]:
    """Two rows: forward, and a training step."""
    network = NETWORKS[name]
    share = network.quick if quick else 1.0
    walks, frames = round(share * network.walks), round(share * longer * network.frames)
    ours, reference = network.ours().to(device), network.reference().to(device)
    for_ours, for_reference = network.inputs(walks, frames, device)
    rows = []
    for train in (False, True):
        each = {
            "reference": step(reference, for_reference, train=train, bf16=False, device=device),
            "ours": step(ours, for_ours, train=train, bf16=False, device=device),
            "bf16": step(ours, for_ours, train=train, bf16=True, device=device),
        }
        found = turns(each, rounds, device)
        against = float(np.median(found["reference"][:, 1] / found["ours"][:, 1]))
        halved = float(np.median(found["ours"][:, 1] / found["bf16"][:, 1]))
        other = ELSEWHERE.get(name, (None, None))[train] if longer == share == 1 and device == "cpu" else None
        rows.append(
            {
                "network": name,
                "walks": walks,
                "frames": frames,
                "what": "training step" if train else "forward",
                **{f"{key} ms": spread(values[:, 1]) for key, values in found.items()},
                "ours wall ms": spread(found["ours"][:, 0]),
                "elsewhere ms": "" if other is None else other,
                "faster": round(against, 2),
                "target": 0.0 if network.either and train else network.faster,
                "bf16 faster": round(halved, 2),
                "bf16 target": network.bf16,
                "met": network.met(against, halved, train),
            }
        )
    return rows


def arithmetic(name: str, device: str) -> dict[str, object]:
    """Share of what one large matrix product reaches here, in fp32 and bf16, for a forward pass."""
    from torch.utils.flop_counter import FlopCounterMode

    network = NETWORKS[name]
    for_ours, for_reference = network.inputs(network.walks, network.frames, device)
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        network.reference().to(device).eval()(for_reference)
    work = counted.get_total_flops()
    row: dict[str, object] = {"network": name, "GMACs": round(work / 2e9, 1)}
    side = 8192 if device == "cuda" else 1536
    ours = network.ours().to(device)
    for label, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        a = torch.randn(side, side, device=device, dtype=kind)
        product = min(taken(lambda a=a: a @ a, device)[1] for _ in range(5))  # type: ignore[misc]
        pass_ = step(ours, for_ours, train=False, bf16=kind == torch.bfloat16, device=device)
        pass_()
        forward = min(taken(pass_, device)[1] for _ in range(5))
        row[f"{label} GFLOP/s"] = round(work / forward / 1e6)
        row[f"{label} matrix product GFLOP/s"] = round(2 * side**3 / product / 1e6)
        row[f"{label} share"] = round(float(row[f"{label} GFLOP/s"]) / float(row[f"{label} matrix product GFLOP/s"]), 2)  # type: ignore[arg-type]
    return row


def compiled(name: str, rounds: int, device: str) -> dict[str, object]:
    """`torch.compile` against the network as it is."""
    network = NETWORKS[name]
    for_ours, _ = network.inputs(network.walks, network.frames, device)
    row: dict[str, object] = {"network": name}
    for train in (False, True):
        plain, built = network.ours().to(device), torch.compile(network.ours().to(device))
        label = "training step" if train else "forward"
        start = time.perf_counter()
        try:
            step(built, for_ours, train=train, bf16=False, device=device)()
        except Exception as error:
            row[label] = f"not measured: {str(error).splitlines()[0][:80]}"
            continue
        row[f"{label}, s to compile"] = round(time.perf_counter() - start, 1)
        each = {
            key: step(one, for_ours, train=train, bf16=False, device=device) for key, one in (("plain", plain), ("compiled", built))
        }
        found = turns(each, rounds, device)
        row[f"{label}, faster"] = round(float(np.median(found["plain"][:, 1] / found["compiled"][:, 1])), 2)
    return row


# --- the same answers, and the loading -----------------------------------------------------------------------------


def cohort(count: int, seed: int) -> tuple[list[sg.Trial], Tensor]:
    """Synthetic children, half of them in a mild crouch."""
    random = np.random.default_rng(seed)
    trials, crouched = [], []
    for number in range(count):
        crouch = number % 2
        child = sg.Walker(
            crouch_deg=float(abs(random.normal(2 + 7 * crouch, 3))),
            cadence_spm=float(random.uniform(100, 150)),
            age_years=float(random.uniform(5, 14)),
        )
        pose = child.film(
            fps=30.0, duration_s=FRAMES / 30, noise_px=4, dropout=0.02, random_state=int(random.integers(1 << 30))
        ).pose
        trials.append(sg.Trial(f"child{seed}_{number}", pose))
        crouched.append(crouch)
    return trials, torch.tensor(crouched)


def same_answers(steps: int, device: str) -> dict[str, object]:
    """A small ST-GCN that learns to tell a mild crouch, once in fp32 and once in bf16, from the same start."""
    stages = (32, 32, 64, 64)
    maker = StGcn(stages=stages)
    samples = {}
    for part, (count, seed) in {"train": (96, 1), "test": (128, 2)}.items():
        trials, answer = cohort(count, seed)
        prepared = [maker.prepare(trial) for trial in trials]
        samples[part] = (maker.collate(prepared), answer)
        if part == "train":
            learnt = prepared
    shares: dict[str, object] = {"steps": steps, "test walks": len(samples["test"][1])}
    said = {}
    for label, bf16 in (("fp32", False), ("bf16", True)):
        torch.manual_seed(0)
        network = nn.ModuleDict({"encoder": StGcn(stages=stages), "answer": nn.Linear(stages[-1], 2)}).to(device)
        network["encoder"].learn(learnt)
        optimiser = torch.optim.AdamW(network.parameters(), lr=4e-3)
        slower = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)  # so that running statistics catch up in the end
        inputs, answer = samples["train"]
        network.train()
        for number in range(steps):
            rows = torch.randperm(len(answer), generator=torch.Generator().manual_seed(number))[:WALKS]
            with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
                batch = {key: value[rows].to(device) for key, value in inputs.items()}
                loss = F.cross_entropy(network["answer"](network["encoder"](batch).mean()).float(), answer[rows].to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            slower.step()
        network.eval()
        inputs, answer = samples["test"]
        with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            tokens = network["encoder"]({key: value.to(device) for key, value in inputs.items()})
            said[label] = network["answer"](tokens.mean()).float().argmax(1).cpu()
        shares[f"{label} accuracy"] = round(float((said[label] == answer).float().mean()), 3)
    difference = float((said["fp32"] == answer).float().mean() - (said["bf16"] == answer).float().mean())
    both = (said["fp32"] == answer) != (said["bf16"] == answer)
    # two proportions on the same walks: what chance alone makes of the walks that only one of the two got right
    allowed = 2 * float(both.float().sum().sqrt()) / len(answer)
    shares["same answer"] = round(float((said["fp32"] == said["bf16"]).float().mean()), 3)
    shares["difference allowed"] = round(max(allowed, 0.02), 3)
    shares["met"] = abs(difference) <= max(allowed, 0.02) and float(str(shares["fp32 accuracy"])) > 0.6
    return shares


def loading(train_ms: float) -> dict[str, object]:
    """Cutting windows, padding and changing a batch, against the training step it is for."""
    encoder = StGcn()
    trials, _ = cohort(WALKS, 3)
    start = time.process_time()
    samples = [encoder.prepare(trial) for trial in trials]
    preparing = 1000 * (time.process_time() - start) / len(trials)
    walks = Walks([encoder], [samples], np.zeros((WALKS, 1), np.int64), np.arange(WALKS), Window(2.5, 0.8))
    changes = Augmentation(mirror=0.5, roll_deg=3, shear=0.1, speed=0.1, scale=0.1, crop=0.8, jitter=0.01, joint_dropout=0.05)
    generator = torch.Generator().manual_seed(0)

    def batch() -> None:
        inputs = walks.collate(list(range(WALKS))).inputs[0]
        encoder.augment(inputs, changes.draw(WALKS, generator))

    batch()
    each = float(np.median([taken(batch, "cpu")[1] * torch.get_num_threads() for _ in range(20)]))
    return {
        "prepare a walk, once, ms": round(preparing, 1),
        "a batch, ms": round(each, 2),
        "training step in bf16, ms": round(train_ms),
        "share": round(each / train_ms, 3),
        "target": LOADING_SHARE,
        "met": each <= LOADING_SHARE * train_ms,
    }


def loading_silhouettes(walks: int = 64, frames: int = 300) -> dict[str, object]:
    """Batches of 30 pictures of 8 walks, drawn anew from files that are mapped, as training asks for them."""
    random = np.random.default_rng(0)
    encoder = ScoNet(channels=(1, 1, 1, 1), width=1)
    with tempfile.TemporaryDirectory() as folder:
        trials = []
        for number in range(walks):
            soft = random.integers(0, 256, (frames, 64, 44), dtype=np.uint8)
            walk = sg.SilhouetteSequence(soft, fps=30, view="frontal").save(f"{folder}/{number}.silhouettes.npz")
            trials.append(sg.Trial(f"child{number}", silhouettes=walk))
        samples = [encoder.prepare(trial) for trial in trials]

        def batch() -> None:
            encoder.collate([encoder.draw(samples[n], random) for n in random.choice(walks, 8, replace=False)])

        batch()
        each = float(np.median([taken(batch, "cpu")[0] for _ in range(50)]))
    rate = 8 * 30 / each * 1000
    return {
        "walks": walks,
        "frames each": frames,
        "a batch of 8 x 30, ms": round(each, 2),
        "frames a second": round(rate),
        "target": FRAMES_A_SECOND,
        "met": rate >= FRAMES_A_SECOND,
    }


def machine(device: str) -> str:
    """Processor, threads, Python and the libraries the figures depend on."""
    name = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
        name = names[0] if names else name
    if device == "cuda":
        name = f"{torch.cuda.get_device_name()} beside {name}"
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    libraries = ", ".join(f"{lib} {version(lib)}" for lib in ("torch", "numpy"))
    return (
        f"{name}, {torch.get_num_threads()} threads of {os.cpu_count()} cores ({torch.backends.cpu.get_cpu_capability()}){load}; "
        f"Python {platform.python_version()}, {libraries}, skelgait {sg.__version__}"
    )


def main() -> int:
    """Print the tables; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer turns, under a minute where nothing else runs")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too (left out of --quick otherwise)")
    parser.add_argument("--only", choices=[*NETWORKS, "resnet3d", "videomae"], help="one network")
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    device, quick = options.device, options.quick
    rounds = 3 if quick else 9
    names = [name for name in NETWORKS if options.only in (None, name)]
    print(machine(device))
    clock = "by the wall" if device == "cuda" else "of processor time a thread"
    print(f"{len(COCO17)} keypoints, silhouettes of 64 x 44; milliseconds {clock}")
    print("median (quartiles); a ratio is the median of the ratios of the turns\n")
    rows = [row for name in names for row in measure(name, rounds, device, quick=quick)]
    if rows:
        show("Forward and training step, against the published layout", rows)
    met = all(bool(row["met"]) for row in rows)
    if not quick and names:
        long = [row for name in names for row in measure(name, max(3, rounds // 2), device, longer=3)]
        judged = ("elsewhere ms", "target", "bf16 target", "met")  # targets are for the size of the published figures
        show("The same, three times as long", [{key: row[key] for key in row if key not in judged} for row in long])
        show("Arithmetic", [arithmetic(name, device) for name in names])
    steps = [
        float(str(row["bf16 ms"]).split(" ")[0]) for row in rows if row["what"] == "training step" and row["network"] != "sconet"
    ]
    if steps:
        answers = same_answers(40 if quick else 120, device)
        show("The same answers in half precision", [answers])
        data = loading(min(steps))
        show("Loading", [data])
        met &= bool(answers["met"]) and bool(data["met"])
    if options.only in (None, "resnet3d"):
        clips = [resnet(max(3, rounds // 2), device, quick), triplet(rounds, device, quick)]
        halved = float(str(clips[0][1][1]["bf16 ms"]).split(" ")[0])
        for title, found in (*clips, cutting(quick), drawing(halved)):
            show(title, found)
            met &= all(bool(row["met"]) for row in found)
    if options.only in (None, "videomae"):
        for title, found in (dense(rounds, device, quick), kept(max(3, rounds // 2), device, quick)):
            show(title, found)
            met &= all(bool(row["met"]) for row in found)
    if "sconet" in names:
        pictures = loading_silhouettes()
        show("Loading silhouettes from disk", [pictures])
        met &= bool(pictures["met"])
    if names and (options.compile or not quick):
        show("torch.compile (not used: here to show why)", [compiled(name, 3, device) for name in names])
    print("every target met" if met else "A TARGET WAS MISSED")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
