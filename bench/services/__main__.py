"""`python -m bench.services`: throughput and latency of the services, and what a full database costs them."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench.services.measuring import Effort, measure
from bench.services.places import DATABASES, Databases, Stored, open_databases, site_with
from bench.services.report import Block, Run, half_table_of, json_of, table_of, write_section
from bench.services.scenarios import Scenario, scenarios_of
from vclib.strict_json import dump_json

FEW = 10
MANY = 1_000_000
_HALVED = "verify"
# A cache that outlives a run, and that PostgreSQL's own user can reach.
_CACHE = Path("/var/tmp") / f"ddcc-bench-{os.getuid()}"  # noqa: S108  ours, and checked to be
# Issuer and verifier of the site with few credentials, then of the one with many.
_PORTS = (18441, 18442, 18443, 18444)
_ABOUT = """\
Real server processes and their client on one machine: `ddcc issuer serve` and `ddcc verifier serve` with
their own settings except for the limit on one address, logs written to a file, PostgreSQL with `fsync` and
`synchronous_commit`, SQLite with `synchronous=FULL`. *issue* is POST /credentials/issue (an `ecdsa-sd-2023`
and an `ecdsa-rdfc-2019` proof, two status entries); *verify* is POST /presentations/verify of one disclosed
credential with a challenge that was fetched before, with copies of the status lists at hand; *OpenID4VCI* is
a whole flow of five requests: two metadata documents, token, nonce, credential; its offer was made before.

The client is asyncio's transports with prepared requests. Latency is that of a closed load with four clients
for each worker, which keeps the workers busy all the time. *ratio* is the rate beside the one with the fewest
credentials stored, from rounds that take turns."""


def main(arguments: list[str]) -> int:
    """Measure, print tables, write what is asked for."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    run = measured_run(options, console)
    # A file or a pipe has no width of its own; the tables need this much.
    printed = Console(width=None if sys.stdout.isatty() else 110)
    printed.print(table_of(run))
    printed.print(half_table_of(run))
    if options.json:
        options.json.write_text(dump_json(json_of(run), indent=2) + "\n", encoding="utf-8")
    if options.section:
        write_section(run, options.section, _ABOUT)
    return 0


def measured_run(options: argparse.Namespace, console: Console) -> Run:
    """Measure everything that the options name."""
    before, when = os.getloadavg(), datetime.now(UTC)
    blocks: list[Block] = []
    version = None
    for kind in options.database or DATABASES:
        with open_databases(kind, options.cache) as databases:
            version = databases.version() or version
            blocks += _of_database(kind, databases, options, console)
    return Run(when, before, os.getloadavg(), version, tuple(blocks))


def _of_database(
    kind: str, databases: Databases, options: argparse.Namespace, console: Console
) -> Iterator[Block]:
    counts = sorted({min(FEW, options.stored), options.stored})
    effort = Effort(options.seconds, options.rounds)
    with ExitStack() as sites, tempfile.TemporaryDirectory(prefix="ddcc-bench-") as folder:
        prepared = []
        for number, count in enumerate(counts):
            stored = Stored(count, *options.ports[2 * number : 2 * number + 2])
            place = Path(folder) / str(count)
            place.mkdir()

            def tell(done: int, of: int) -> None:
                console.print(f"{kind}: filled {done:,} of {of:,}")

            site = sites.enter_context(site_with(databases, stored, place, keep=count > FEW, progress=tell))
            prepared.append((site, site.set_up()))
        for workers in options.workers or (1, 2):
            with ExitStack() as services:
                for site, _ in prepared:
                    services.enter_context(site.serving(workers))
                of_sites = [scenarios_of(site, token, secrets.token_hex(4)) for site, token in prepared]
                for scenarios in zip(*of_sites, strict=True):
                    if options.scenario and scenarios[0].name not in options.scenario:
                        continue
                    yield _block(kind, workers, counts, scenarios, effort, console)


def _block(
    kind: str,
    workers: int,
    counts: Sequence[int],
    scenarios: Sequence[Scenario],
    effort: Effort,
    console: Console,
) -> Block:
    name = scenarios[0].name
    measured = measure(scenarios, workers=workers, effort=effort, with_half=name == _HALVED)
    told = ", ".join(
        f"{each.per_second:.1f} a second with {count:,}" for count, each in zip(counts, measured, strict=True)
    )
    console.print(f"{kind}, {workers} worker(s), {name}: {told}")
    return Block(kind, workers, tuple(counts), tuple(measured))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.services", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument("--section", type=Path, metavar="FILE", help="put them into FILE, docs/benchmarks.md")
    parser.add_argument("--stored", type=int, default=MANY, help=f"the larger number stored (default {MANY})")
    parser.add_argument("--seconds", type=float, default=12.0, help="time for each measurement (default 12)")
    parser.add_argument("--rounds", type=int, default=3, help="in so many rounds (default 3)")
    parser.add_argument("--database", action="append", choices=DATABASES, help="measure only this database")
    parser.add_argument(
        "--workers", action="append", type=int, help="measure only with so many (default 1, 2)"
    )
    parser.add_argument(
        "--scenario", action="append", choices=("issue", "verify", "OpenID4VCI"), help="measure only this"
    )
    parser.add_argument("--cache", type=Path, default=_CACHE, help=f"where filled databases stay ({_CACHE})")
    parser.add_argument("--ports", type=int, nargs=4, default=_PORTS, help=f"ports of loopback ({_PORTS})")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
