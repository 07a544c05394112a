"""Who does the work: this process, others beside it, or a Dask cluster; and what happens when one of them dies."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import skelgait
from skelgait.cohort.plan import Job, Settings
from skelgait.cohort.store import Store
from skelgait.cohort.work import Failure, Outcome, do_job
from skelgait.core.errors import NotInstalled, SkelgaitError

# What joblib and distributed raise when a process died under them, and when the whole cluster went.
_DEATHS = {"TerminatedWorkerError", "BrokenProcessPool", "BrokenExecutor", "KilledWorker"}
_LOSSES = {"FutureCancelledError", "CancelledError", "CommClosedError", "FuturesCancelledError"}
_WAIT_S = 15
# So many walks in a row, each alone, that kill their process: then it is not the walks.
_MOST_DEATHS = 5

Run = Callable[[list[Job], int], Iterator[Outcome]]


@contextmanager
def hire(n_jobs: int, scheduler: Any, store: Store, settings: Settings) -> Iterator[tuple[Run, Run]]:
    """Make ready who does the work.

    Parameters
    ----------
    n_jobs : int
        As joblib counts.
    scheduler : str or distributed.Client, optional
    store : Store
    settings : Settings

    Yields
    ------
    run, alone : functions
        Both take jobs and how many deaths are too many, and give outcomes as they come; what ``alone`` is given runs in a process
        whose death this one survives.

    Raises
    ------
    SkelgaitError
        The cluster does not answer, has no workers, or they cannot do it.
    """
    from joblib import Parallel, delayed, effective_n_jobs, parallel_config

    def calls(jobs: Iterable[Job], deaths: int) -> Iterator[Any]:
        return (delayed(do_job)(job, store.folder, settings, deaths) for job in jobs)

    def here(jobs: list[Job], deaths: int) -> Iterator[Outcome]:
        return (do_job(job, store.folder, settings, deaths) for job in jobs)

    def beside(jobs: list[Job], deaths: int) -> Iterator[Outcome]:
        parallel = Parallel(n_jobs=max(2, effective_n_jobs(n_jobs)), return_as="generator_unordered", batch_size=1)
        return iter(parallel(calls(jobs, deaths)))

    if scheduler is None:
        yield (here if effective_n_jobs(n_jobs) == 1 else beside), beside
        return

    with _connected(scheduler) as client:
        _check_workers(client, store)

        def there(jobs: list[Job], deaths: int) -> Iterator[Outcome]:
            _wait_for_workers(client)
            with parallel_config(backend=_dask_backend(client)):
                # all at once, so that workers that come later find something to do
                parallel = Parallel(n_jobs=-1, return_as="generator_unordered", batch_size=1, pre_dispatch="all")
                yield from parallel(calls(jobs, deaths))

        yield there, there


def do_all(jobs: list[Job], store: Store, run: Run, alone: Run, tell: Callable[[Outcome], None], *, doubtful: set[str]) -> None:
    """Have every job done, whoever dies of it.

    Parameters
    ----------
    jobs : list of Job
    store : Store
    run, alone : functions
        From `hire`.
    tell : function
        Given each outcome as it comes.
    doubtful : set of key
        Begun by a run that did not live to end them.

    Raises
    ------
    SkelgaitError
        Nobody is left to do the work.

    Notes
    -----
    When a process dies, those walks are suspected that it, and with joblib's own processes their neighbours, had begun. The
    others go on; then each suspect is tried once more, alone. If the process dies again, it is the walk.
    """
    suspects = [job for job in jobs if job.key in doubtful]
    waiting = {job.key: job for job in jobs if job.key not in doubtful}
    while waiting:
        before = len(waiting)
        try:
            for outcome in run(list(waiting.values()), 2):
                job = waiting.pop(outcome.key)
                if outcome.suspect:
                    suspects.append(job)
                else:
                    tell(outcome)
        except Exception as error:
            _raise_unless_died(error)
            begun = store.in_flight()
            for key in list(waiting):
                if store.load(key) is not None:
                    del waiting[key]
                    tell(Outcome(key))
                elif key in begun:
                    suspects.append(waiting.pop(key))
            if len(waiting) == before:  # they die before they begin: nobody knows of what
                suspects += waiting.values()
                waiting.clear()
    deaths = 0
    for job in suspects:
        store.end(job.key)
        try:
            (outcome,) = alone([job], 1)
        except Exception as error:
            _raise_unless_died(error)
            outcome = Outcome(job.key, suspect=True)
        deaths = deaths + 1 if outcome.suspect else 0
        if deaths > _MOST_DEATHS:
            raise SkelgaitError(
                "one process after another dies", do="give them more memory, or use fewer jobs; what is done is kept"
            )
        if outcome.suspect:
            problem = (
                "two processes died on it, the second working on nothing else (out of memory, or a file that crashes a library)"
            )
            outcome = Outcome(job.key, [Failure(i, "process", problem, lasting=False) for i in range(len(job.walks))])
        tell(outcome)


def _raise_unless_died(error: Exception) -> None:
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if kinds & _LOSSES:
        raise SkelgaitError(
            "the cluster was lost",
            found=str(error).split("cancelled for reason: ")[-1].splitlines()[0],
            do="start it again and run the same command: what is done is kept",
        ) from error
    if not kinds & _DEATHS:
        raise error


@contextmanager
def _connected(scheduler: Any) -> Iterator[Any]:
    """A client of the cluster, given or made from an address."""
    try:
        from distributed import Client
    except ImportError:
        raise NotInstalled("a cluster needs dask", do='pip install "skelgait[cluster]"') from None
    if not isinstance(scheduler, str):
        yield scheduler
        return
    try:
        client = Client(scheduler, timeout=_WAIT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise SkelgaitError(
            f"no scheduler answers at {scheduler}", found=" ".join(str(error).split())[:160], do="start one: dask scheduler"
        ) from None
    with client:
        yield client


def _check_workers(client: Any, store: Store) -> None:
    """Whether there are workers, of our version, that see the folder."""
    _wait_for_workers(client)
    probe = store.folder / "results" / f".probe-{uuid.uuid4().hex[:8]}"
    probe.touch()
    try:
        said = client.run(_look, probe)
    except Exception as error:
        raise SkelgaitError(
            "a worker cannot use skelgait", found=f"{type(error).__name__}: {error}"[:200], do="install the same skelgait there"
        ) from None
    finally:
        probe.unlink(missing_ok=True)
    blind = [address for address, (_, sees) in said.items() if not sees]
    other = [f"{address} has {version}" for address, (version, _) in said.items() if version != skelgait.__version__]
    if blind:
        raise SkelgaitError(
            "workers do not see the output folder",
            found=", ".join(blind[:4]),
            expected=f"{store.folder} on a disk that all machines share, under the same path",
        )
    if other:
        raise SkelgaitError("workers have another skelgait", found=", ".join(other[:4]), expected=skelgait.__version__)


def _wait_for_workers(client: Any) -> None:
    try:
        client.wait_for_workers(1, timeout=_WAIT_S)
    except TimeoutError:
        raise SkelgaitError("the cluster has no workers", do="start some: dask worker ADDRESS. What is done is kept") from None


def _look(probe: Path) -> tuple[str, bool]:
    return skelgait.__version__, probe.exists()


def _dask_backend(client: Any) -> Any:
    """The Dask backend of joblib, mended in two places.

    As of joblib 1.6 the callback of a task that Dask gave up (its worker died too often, or could not load it) is never called, and
    Parallel waits for ever. And where the cluster has one thread, Parallel would do the work in this process.
    """
    from joblib._dask import DaskDistributedBackend

    class Backend(DaskDistributedBackend):
        def effective_n_jobs(self, n_jobs: int = 1) -> int:
            return max(2, sum(self.client.ncores().values()))

        def submit(self, func: Any, callback: Any = None) -> Any:
            future = super().submit(func, callback)
            future.add_done_callback(lambda done: callback(done.exception()) if done.exception() is not None else None)
            return future

        def retrieve_result_callback(self, out: Any) -> Any:
            if isinstance(out, BaseException):
                raise out
            return super().retrieve_result_callback(out)

    return Backend(client=client)
