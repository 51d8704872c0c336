"""`python -m bench.batch`: how long minting a file takes on one core and on all, beside its bare signatures.

Runs the real command (`ddcc issuer mint-batch`, then `ddcc verifier check-batch` on what it wrote) with real
databases that reach the disk. Rates count from the start of the command to its end, starting included.
Processor time is that of the command and its workers, without the database server's.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from bench.batch_floor import floor_microseconds, signatures_of
from bench.batch_report import BatchRun, Measured, extrapolations, text_of, write_section
from bench.batch_watch import MemoryWatch, rates
from bench.credential import RECORD
from bench.services.places import DATABASES, Databases, open_databases
from issuer.cli_batch import PART_ROWS
from issuer.config import IssuerConfig, save_config
from issuer.keys import generate_keys, save_keys
from issuer.report import trust_entry
from issuer.store import IssuerStore

_PASSPHRASE = "passphrase of a bench"
_ROOT = Path(__file__).parents[1]
_SECONDS_BETWEEN_LINES = 60
_EVENTS = 10_007
_PROGRAM = (sys.executable, "-m", "ddcc")


def main(arguments: list[str]) -> int:
    """Measure, print a table, write what is asked for."""
    options = _parser().parse_args(arguments)
    console = Console(stderr=True)
    measured: list[Measured] = []
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory(prefix="ddcc-bench-batch-", dir=options.folder) as name:
        folder = Path(name)
        bench = _Bench(folder, options.rows, not options.mint_only, console)
        # PostgreSQL's own user has to come through.
        folder.chmod(0o755)
        write_records(bench.records, options.rows)
        for database in options.database or DATABASES:
            try:
                with open_databases(database, folder / "databases") as databases:
                    for cores in options.cores or sorted({1, _cores()}):
                        console.print(f"{database}, {cores} cores, {options.rows:,} rows")
                        measured += bench.measure(databases, database, cores)
            except LookupError as err:
                console.print(f"{database} is left out: {err}")
    run = BatchRun(datetime.now(UTC), load, options.rows, tuple(measured))
    output = Console(width=None if sys.stdout.isatty() else 120)
    output.print(text_of(run))
    for line in extrapolations(run):
        output.print(line, highlight=False)
    if options.json:
        options.json.write_text(json.dumps(asdict(replace(run)), default=str, indent=2) + "\n")
    if options.section:
        write_section(run, options.section)
    return 0


def write_records(path: Path, count: int) -> None:
    """Write so many rows with the elements of the credential that every bench measures."""
    event = RECORD["vaccination"]
    assert isinstance(event, dict)
    cells = {f"vaccination.{name}": value for name, value in event.items() if not isinstance(value, dict)}
    cells["vaccination.maholder"] = "ema:ORG-100030215"
    columns = ["name", "birthDate", "identifier", *cells, "certificate.hcid", "certificate.version"]
    # A registry's rows share vaccines and countries, and have many days, lots and centres.
    events = [_event(cells, number) for number in range(_EVENTS)]
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(columns) + "\n")
        for number in range(count):
            born = f"{1930 + number % 90}-{1 + number % 12:02}-{1 + number % 28:02}"
            person = f"Person Number {number},{born},X-{number:09}"
            file.write(f"{person},{events[number % _EVENTS]},HC-{number:09},DDCC:VS RC2\n")


def _event(cells: Mapping[str, object], number: int) -> str:
    day = date(2021, 1, 1) + timedelta(days=number % 353)
    own = {
        "vaccination.date": day.isoformat(),
        "vaccination.lot": f"L{number % 211:04}",
        "vaccination.centre": f"Vaccination Site {number % 499}",
    }
    return ",".join(str(own.get(name, value)) for name, value in cells.items())


@dataclass(frozen=True)
class _Bench:
    """One file of records, and what is done with it."""

    folder: Path
    rows: int
    also_check: bool
    console: Console

    @property
    def records(self) -> Path:
        return self.folder / "records.csv"

    def measure(self, databases: Databases, database: str, cores: int) -> Iterator[Measured]:
        """Mint the file once, and check what was minted."""
        name = f"batch_{cores}"
        databases.make(name)
        home = self.folder / f"{database}-{cores}"
        config = _make_issuer(home, databases.url(name))
        out = home / "out"
        mint = ("issuer", "mint-batch", self.records, "--out", out, "--no-holder", "--home", home)
        minting = self._run(mint, cores, out / "part-*.jsonl")
        signatures = signatures_of(out / "part-000001.jsonl")
        floor = floor_microseconds(signatures)
        yield replace(
            minting,
            what="mint",
            database=database,
            rows=self.rows,
            floor_us=floor,
            signatures=signatures,
            rates=rates(list(out.glob("part-*.jsonl")), PART_ROWS),
        )
        if database == DATABASES[0] and self.also_check:
            verdicts = home / "verdicts"
            checking = self._run(_checking(config, home, verdicts), cores, verdicts / "verdicts-*.jsonl")
            yield replace(checking, what="check", database="none", rows=self.rows)
        subprocess.run(["rm", "-rf", str(out), str(home / "verdicts")], check=True)
        databases.remove(name)

    def _run(self, arguments: Sequence[object], cores: int, parts: Path) -> Measured:
        with _progress(parts, self.rows, self.console):
            return _run(arguments, cores)


@contextmanager
def _progress(parts: Path, rows: int, console: Console) -> Iterator[None]:
    """Print how many rows are done, from the parts that are there, and at which rate, once a minute."""
    ended = threading.Event()

    def look() -> None:
        began = time.perf_counter()
        while not ended.wait(_SECONDS_BETWEEN_LINES):
            done = min(rows, PART_ROWS * len(list(parts.parent.glob(parts.name))))
            seconds = time.perf_counter() - began
            console.print(f"{seconds:7,.0f} s {done:12,} of {rows:,} {done / seconds:8,.0f}/s")

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()


def _checking(config: IssuerConfig, home: Path, verdicts: Path) -> tuple[object, ...]:
    (home / "trust.json").write_text(json.dumps(trust_entry(config)))
    lists = home / "lists"
    lists.mkdir()
    store = IssuerStore.open(config.database_url)
    with store.reading() as reading:
        for each in reading.lists.all():
            (lists / f"{each.name}.json").write_text(reading.lists.published(each.list_id).signed.document)
    store.close()
    options = ("--trust", home / "trust.json", "--status", lists, "--offline", "--without-base-proofs")
    return ("verifier", "check-batch", home / "out", "--out", verdicts, *options)


def _make_issuer(home: Path, url: str) -> IssuerConfig:
    home.mkdir()
    keys = generate_keys()
    config = IssuerConfig(
        home=home,
        name="Ministry of Health",
        url="https://issuer.example",
        plain="eddsa-rdfc-2022",
        database_url=url,
        dids=keys.dids,
    )
    save_keys(keys, config.keys_path, _PASSPHRASE)
    save_config(config)
    settings = home / "issuer.toml"
    settings.write_text(f'database_url = "{url}"\n' + settings.read_text())
    IssuerStore.open(url).close()
    return config


def _run(arguments: Sequence[object], cores: int) -> Measured:
    """Run a command on so many cores; gives wall and processor time, and the memory it had."""
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(
        [*_PROGRAM, *map(str, arguments), "--json", "--workers", str(cores)],
        cwd=_ROOT,
        env={**os.environ, "DDCC_PASSPHRASE": _PASSPHRASE},
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, allowed),
    )
    watch = MemoryWatch(process.pid)
    written, _ = process.communicate()
    seconds = time.perf_counter() - began
    memory = watch.end()
    if process.returncode != 0:
        raise RuntimeError(f"the command failed with exit code {process.returncode}: {written}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Measured(cores=cores, seconds=seconds, processor_seconds=used, memory=memory)


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.batch", description=__doc__)
    parser.add_argument("--rows", type=int, default=5000, help="how many records (default 5000)")
    parser.add_argument("--cores", type=int, action="append", help="only this many cores; repeatable")
    parser.add_argument("--database", choices=DATABASES, action="append", help="only this one; repeatable")
    parser.add_argument("--mint-only", action="store_true", help="leave check-batch out")
    parser.add_argument("--folder", type=Path, help="where files and databases are while it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    parser.add_argument(
        "--section",
        type=Path,
        metavar="FILE",
        help="also write the section into FILE; a million rows and more have one of their own",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
