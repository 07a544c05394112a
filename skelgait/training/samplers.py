"""Which examples make a batch: any, sources in fixed shares, several walks of several subjects, labelled beside unlabelled ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from torch.utils.data import Sampler

from skelgait.core.errors import SkelgaitError
from skelgait.training.batches import Walks


class Batches(Sampler[list[int]]):
    """What the samplers share: batches of indices, a new order each epoch, all from one seed.

    Parameters
    ----------
    walks : Walks
    batch_size : int
    seed : int
    """

    def __init__(self, walks: Walks, batch_size: int, seed: int) -> None:
        self.walks, self.batch_size, self.seed, self.epoch = walks, batch_size, seed, 0
        self.rank, self.world = 0, 1

    def share(self, rank: int, world: int) -> None:
        """Take every ``world``-th example of each batch, from ``rank`` on."""
        self.rank, self.world = rank, world

    @property
    def sampler(self) -> Batches:
        """Itself: where Lightning looks for whom to tell the epoch."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Which epoch comes next: the same epoch of the same seed has the same batches."""
        self.epoch = epoch

    def __iter__(self) -> Iterator[list[int]]:
        # nothing is drawn before the first batch is asked for: a run that goes on is told its epoch after it made its iterator
        rng = np.random.default_rng((self.seed, self.epoch))
        self.walks.rng = np.random.default_rng((self.seed, self.epoch, 1 + self.rank))
        self.epoch += 1
        batches = self.batches(rng)
        if self.world > 1:  # several processes share each batch, so that one step is the step of a single process
            batches = [self.part(batch) for batch in batches]
        yield from batches

    def part(self, batch: list[int]) -> list[int]:
        """What of a batch is this process's."""
        return batch[self.rank :: self.world] or batch[:1]

    def batches(self, rng: np.random.Generator) -> list[list[int]]:
        """The batches of one epoch."""
        raise NotImplementedError


class RandomWalks(Batches):
    """Every example once an epoch, in any order; a last batch of one joins the batch before it.

    Parameters
    ----------
    walks, batch_size, seed
        See `Batches`.
    like_lengths : bool
        Put examples of like length together, so that little is padded.
    """

    def __init__(self, walks: Walks, batch_size: int, seed: int, like_lengths: bool = False) -> None:
        super().__init__(walks, batch_size, seed)
        self.like_lengths = like_lengths

    def __len__(self) -> int:
        return len(_in_batches(list(range(len(self.walks))), self.batch_size))

    def batches(self, rng: np.random.Generator) -> list[list[int]]:
        """The batches of one epoch."""
        order = rng.permutation(len(self.walks))
        if self.like_lengths:
            lengths = self.walks.lengths()
            pool = self.batch_size * 8
            order = np.concatenate(
                [part[np.argsort(lengths[part], kind="stable")] for part in np.array_split(order, max(1, len(order) // pool))]
            )
        batches = _in_batches(order.tolist(), self.batch_size)
        return [batches[i] for i in rng.permutation(len(batches))] if self.like_lengths else batches


class Balanced(Batches):
    """Walks of every source (clinic, public data set) in every batch, in fixed shares.

    Parameters
    ----------
    walks, batch_size, seed
        See `Batches`.
    by : str or sequence
        The covariate that tells a walk's source; or the source of each walk given to ``fit``, then of each in ``unlabelled``.
    shares : mapping of source to float, optional
        Default: as much of each.

    Raises
    ------
    SkelgaitError
        A walk without a source, one source only, shares of other sources, or batches that cannot hold one of each.

    Notes
    -----
    An epoch has as many batches as `RandomWalks`. A source is gone through in a new order each time; one with fewer walks than its
    share is gone through more often. So a network cannot learn from a batch's mean where its walks come from, and the smaller
    source is not drowned; whether it tells them apart all the same, `skelgait.source_probe` says.
    """

    def __init__(
        self,
        walks: Walks,
        batch_size: int,
        seed: int,
        by: str | Sequence[Any] = "source",
        shares: Mapping[str, float] | None = None,
    ) -> None:
        super().__init__(walks, batch_size, seed)
        of = sources_of(walks, by)
        self.of = {str(name): np.flatnonzero(of == name) for name in np.unique(of)}
        if len(self.of) < 2:
            raise SkelgaitError(
                "batches balanced over sources need two of them", found=next(iter(self.of), "no walk"), do="batches='random'"
            )
        if shares is not None and (set(map(str, shares)) != set(self.of) or not all(share > 0 for share in shares.values())):
            raise SkelgaitError("each source needs a share above zero", found=repr(dict(shares)), expected=", ".join(self.of))
        if batch_size < len(self.of):
            raise SkelgaitError(
                "a batch holds a walk of each source", found=f"batch_size={batch_size}, {len(self.of)} sources", do="larger batches"
            )
        self.shares = None if shares is None else {str(name): float(share) for name, share in shares.items()}

    def __len__(self) -> int:
        return max(1, len(self.walks) // self.batch_size)

    def batches(self, rng: np.random.Generator) -> list[list[int]]:
        """The batches of one epoch."""
        mixed = _mixed(rng, self.of, len(self) * self.batch_size, self.shares).reshape(len(self), self.batch_size)
        return [rng.permutation(batch).tolist() for batch in mixed]


class Subjects(Batches):
    """P subjects with K examples each, as a triplet needs them.

    Parameters
    ----------
    walks, batch_size, seed
        See `Batches`; ``batch_size`` is ignored: a batch has ``subjects`` x ``walks_each``.
    subjects, walks_each : int
        P and K. A subject with fewer than K examples gives some twice (another augmentation, another stretch).
    batches_per_epoch : int, optional
        Default: about as many as see every example once.
    """

    def __init__(
        self, walks: Walks, batch_size: int, seed: int, subjects: int = 8, walks_each: int = 4, batches_per_epoch: int | None = None
    ) -> None:
        super().__init__(walks, batch_size, seed)
        self.of = {s: np.flatnonzero(walks.subjects[walks.walk] == s) for s in np.unique(walks.subjects)}
        if len(self.of) < 2:
            raise SkelgaitError("batches of subjects need two subjects or more", found=f"{len(self.of)} among the training walks")
        self.p, self.k = min(subjects, len(self.of)), walks_each
        self.n = batches_per_epoch or max(1, round(len(walks) / (self.p * self.k)))

    def __len__(self) -> int:
        return self.n

    def share(self, rank: int, world: int) -> None:
        """Take whole subjects: a process must see walks that are alike, and two subjects to tell apart."""
        if self.p < 2 * world:
            raise SkelgaitError(
                "batches of subjects need two subjects or more for each process",
                found=f"{self.p} subjects a batch, {world} processes",
                do=f"batches={{'subjects': {{'subjects': {2 * world}}}}}, or fewer devices",
            )
        super().share(rank, world)

    def part(self, batch: list[int]) -> list[int]:
        """What of a batch is this process's."""
        return [i for at in range(self.rank * self.k, len(batch), self.world * self.k) for i in batch[at : at + self.k]]

    def batches(self, rng: np.random.Generator) -> list[list[int]]:
        """The batches of one epoch."""
        everyone = list(self.of)
        queue: list[int] = []
        batches = []
        for _ in range(self.n):
            if len(queue) < self.p:
                rest = [s for s in everyone if s not in set(queue)]
                queue += [rest[i] for i in rng.permutation(len(rest))]
            chosen, queue = queue[: self.p], queue[self.p :]
            batches.append([int(i) for s in chosen for i in rng.choice(self.of[s], self.k, replace=len(self.of[s]) < self.k)])
        return batches


class TwoStream(Batches):
    """Labelled and unlabelled examples in every batch, in a fixed share; an epoch sees each of them.

    Parameters
    ----------
    walks, batch_size, seed
        See `Batches`.
    labelled : float
        Share of a batch that is labelled.
    by : str or sequence, optional
        Sources, as in `Balanced`: the labelled and the unlabelled part of each batch are balanced over them, each by itself (a part
        may have one source only).

    Notes
    -----
    The published code passes once over the unlabelled, of which it has far more. So does an epoch here; where the labelled take
    longer, it passes once over these, and a few walks without an answer do not cut the training short.

    References
    ----------
    Tarvainen A, Valpola H. Mean teachers are better role models, 2017: the two-stream batches of its code.
    """

    def __init__(
        self, walks: Walks, batch_size: int, seed: int, labelled: float = 0.5, by: str | Sequence[Any] | None = None
    ) -> None:
        super().__init__(walks, batch_size, seed)
        self.sources = None if by is None else sources_of(walks, by)
        known = (walks.codes >= 0).any(1)[walks.walk]
        self.known, self.unknown = np.flatnonzero(known), np.flatnonzero(~known)
        if not len(self.known) or not len(self.unknown):
            raise SkelgaitError(
                "two-stream batches need labelled and unlabelled walks",
                found=f"{len(self.known)} labelled and {len(self.unknown)} unlabelled examples",
                do="give unlabelled= or answers of -1, or use batches='random'",
            )
        if batch_size < 2:
            raise SkelgaitError("two-stream batches hold two walks or more", found=f"batch_size={batch_size}")
        self.n_known = min(max(1, round(batch_size * labelled)), batch_size - 1)

    def __len__(self) -> int:
        return max(-(-len(self.unknown) // (self.batch_size - self.n_known)), -(-len(self.known) // self.n_known))

    def batches(self, rng: np.random.Generator) -> list[list[int]]:
        """The batches of one epoch."""
        each = self.batch_size - self.n_known
        if self.sources is not None:
            known, unknown = (
                _mixed(rng, {name: part[self.sources[part] == name] for name in np.unique(self.sources[part])}, len(self) * n)
                for part, n in ((self.known, self.n_known), (self.unknown, each))
            )
        else:  # the last batch may hold fewer of the unlabelled, and holds one
            unknown, known = (
                np.concatenate([rng.permutation(part) for _ in range(-(-wanted // len(part)))])
                for part, wanted in ((self.unknown, (len(self) - 1) * each + 1), (self.known, len(self) * self.n_known))
            )
        return [
            known[b * self.n_known : (b + 1) * self.n_known].tolist() + unknown[b * each : (b + 1) * each].tolist()
            for b in range(len(self))
        ]


def sources_of(walks: Walks, by: str | Sequence[Any]) -> np.ndarray:
    """Where each example comes from.

    Parameters
    ----------
    walks : Walks
    by : str or sequence
        As in `Balanced`.

    Returns
    -------
    (n,) str

    Raises
    ------
    SkelgaitError
        A walk without a source, or fewer of them than walks.
    """
    if isinstance(by, str):
        given = [about.get(by) for about in walks.covariates or [{}] * len(walks.codes)]
    else:
        if len(by) <= int(walks.places.max(initial=-1)):
            raise SkelgaitError("sources and walks do not match", found=f"{len(by)} sources", expected="one for each walk")
        given = [by[place] for place in walks.places]
    unknown = sum(source is None or source != source for source in given)
    if unknown:
        raise SkelgaitError(
            "batches balanced over sources need the source of every walk",
            found=f"{unknown} of {len(given)} walks without one",
            do=f"covariates={{{by!r}: ...}}" if isinstance(by, str) else "fill in the list",
        )
    return np.array([str(source) for source in given])[walks.walk]


def _mixed(
    rng: np.random.Generator, of: Mapping[str, np.ndarray], total: int, shares: Mapping[str, float] | None = None
) -> np.ndarray:
    """(total,) members of each group, evenly mixed: any stretch has of each what its share asks for, give or take one.

    A group is gone through in a new order each time it is used up.
    """
    share = np.array([1.0 if shares is None else shares[name] for name in of])
    counts = np.ceil(total * share / share.sum()).astype(int) + 1
    group = np.repeat(np.arange(len(of)), counts)
    when = np.concatenate([(np.arange(n) + 0.5) / one for n, one in zip(counts, share, strict=True)])
    group = group[np.lexsort((rng.permutation(len(of))[group], when))][:total]
    mixed = np.empty(total, int)
    for place, members in enumerate(of.values()):
        mine = np.flatnonzero(group == place)
        rounds = [rng.permutation(members) for _ in range(-(-len(mine) // len(members)))]
        mixed[mine] = np.concatenate(rounds)[: len(mine)] if rounds else []
    return mixed


def _in_batches(order: list[int], size: int) -> list[list[int]]:
    batches = [order[i : i + size] for i in range(0, len(order), size)]
    if len(batches) > 1 and len(batches[-1]) == 1:  # one example alone has no batch statistics
        last = batches.pop()
        batches[-1] += last
    return batches
