"""The work of `runtime.jobs` done by the workers of a Dask cluster (the extra `cluster`).

The workers are other people's processes on other machines: each opens what it works with from its own
environment, and no message to it holds a secret. A piece of work whose worker dies is done by another one,
by Dask's own rules, and is harmless because nothing counts until the caller has kept the result. Messages
do hold the rows; between machines a scheduler is to be reached by `tls://`, with certificates as Dask's
configuration names them. Source: https://distributed.dask.org/en/stable/tls.html.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from runtime.jobs import Workshop
from vclib.errors import ConfigurationError, FetchError, StoreError

Job = TypeVar("Job")
Result = TypeVar("Result")

_SECONDS_TO_CONNECT = 15
# For each thread of a worker one piece of work that is being done and one that waits.
_AHEAD = 2


def run_on_cluster(
    workshop: Workshop[Job, Result], jobs: Iterable[Job], *, address: str
) -> Generator[Result]:
    """Give the result of each job, in the order in which they are done.

    Raises FetchError where no scheduler answers at `address`, StoreError where the cluster gives up, and what
    `Workshop.open` or a job raises.
    """
    try:
        import distributed
        from distributed.comm import CommClosedError
    except ModuleNotFoundError as err:
        raise ConfigurationError("--cluster needs distributed: install ddcc-wallet[cluster]") from err
    try:
        client = distributed.Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as err:
        raise FetchError(f"no Dask scheduler answers at {address[:200]}: {type(err).__name__}") from err
    remaining = iter(jobs)
    try:
        with client:
            client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
            ahead = _AHEAD * max(1, sum(client.nthreads().values()))

            # Any: a future is whatever the client makes.
            def submitted(number: int) -> list[distributed.Future]:
                return [client.submit(_do, workshop, job, pure=False) for job in islice(remaining, number)]

            pending = distributed.as_completed(submitted(ahead), loop=client.loop, with_results=True)
            for future, result in pending:
                pending.update(submitted(1))
                future.release()
                yield result
    except (distributed.KilledWorker, CommClosedError, TimeoutError, OSError) as err:
        raise StoreError(
            f"the cluster at {address[:200]} gave up ({type(err).__name__}); run it again"
        ) from err
    except distributed.CancelledError as err:
        raise StoreError(f"the scheduler at {address[:200]} was lost; run it again") from err


def _do(workshop: Workshop[Job, Result], job: Job) -> Result:
    """Do a piece of work; runs on a worker."""
    work: Callable[[Job], Result] = _opened(workshop)  # type: ignore[arg-type]  # frozen dataclasses
    return work(job)


@lru_cache(maxsize=1)
def _opened(workshop: Any) -> Any:
    # Any: a cache forgets what kind of work a workshop is for.
    return workshop.open(os.environ)
