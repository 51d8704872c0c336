"""The command that mints by the million: `mint-batch` reads a file of any size and writes parts.

Only translates between the command line and `issuer.batches`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from issuer.batch_inputs import RowSource, open_rows
from issuer.batch_signing import Chunk, SignedChunk, SigningRoom, settings_digest
from issuer.batches import REJECTS, BatchMinter, BatchOrder, BatchResult, open_batch
from issuer.cli_options import (
    Again,
    Holder,
    Mandatory,
    NoHolder,
    Plain,
    RelatedResource,
    Suite,
    ValidDays,
    ValidFrom,
    ValidUntil,
    WithHolder,
    WithId,
    WithStatus,
    moment,
)
from issuer.cli_shared import Home, ask_passphrase, ask_pin, opened_store
from issuer.config import IssuerConfig
from issuer.keys import IssuerKeys, open_keys
from issuer.lists import PURPOSES
from issuer.options import UNLINKABLE_SUITE, MintOptions
from issuer.publishing import ListPublisher
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import PASSPHRASE_VARIABLE, ExitCode, print_json, print_line, reporting_errors
from runtime.jobs import available_cores, run_jobs
from runtime.keys import PIN_VARIABLE
from runtime.part_files import PartFolder
from runtime.progress import progress_bar
from runtime.table_files import fingerprint
from vclib.jsonld import LATE_MODULES
from vclib.strict_json import JSONObject

app = typer.Typer()

PART_ROWS = 1000


@app.command(
    "mint-batch",
    epilog=epilog(
        "ddcc issuer mint-batch records.csv --out batch --no-holder", note="4: some rows were rejected."
    ),
)
def mint_batch_command(
    records: Annotated[
        Path, typer.Argument(metavar="RECORDS", help="Records as CSV, JSON Lines or Parquet, of any size.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of this batch: its parts and rejects.")],
    input_format: Annotated[
        str, typer.Option("--format", help="auto, csv, jsonl or parquet; auto tells by the content.")
    ] = "auto",
    to: Annotated[str, typer.Option("--to", help="Write the parts as jsonl or parquet.")] = "jsonl",
    part_rows: Annotated[
        int, typer.Option("--part-rows", min=1, max=10_000, help="How many rows make a part.")
    ] = PART_ROWS,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=512, help="Processes that sign. Default: all cores.")
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option("--cluster", help="Dask scheduler whose workers sign, e.g. tls://scheduler:8786."),
    ] = None,
    holder: Holder = None,
    no_holder: NoHolder = False,
    suite: Suite = None,
    plain: Plain = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    valid_days: ValidDays = None,
    mandatory: Mandatory = None,
    with_id: WithId = False,
    with_status: WithStatus = False,
    with_holder: WithHolder = False,
    related_resource: RelatedResource = False,
    again: Again = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Mint a file of records of any size on all cores; interrupted, the same command goes on.

    Rows that no credential can be made of are told in rejects.jsonl with their line and the reason.
    """
    with reporting_errors(as_json=as_json):
        options = MintOptions(
            suite=suite,
            plain=plain,
            holder=holder,
            unbound=no_holder,
            valid_from=moment("--valid-from", valid_from),
            valid_until=moment("--valid-until", valid_until),
            valid_days=valid_days,
            mandatory=tuple(mandatory or ()),
            with_id=with_id,
            with_status=with_status,
            with_holder=with_holder,
            related_resource=related_resource,
            again=again,
        )
        source = open_rows(records, input_format)
        printed = fingerprint(records)
        order = BatchOrder(printed.sha256, options, source.form, to, part_rows)
        result = _mint(order, source, printed.rows, out, home, passphrase_file, workers, cluster)
        if as_json:
            print_json(_result_json(result, out))
        else:
            for line in _result_lines(result, out):
                print_line(line)
    if result.rejected:
        raise typer.Exit(ExitCode.BAD_INPUT)


def _mint(
    order: BatchOrder,
    source: RowSource,
    rows: int,
    out: Path,
    home: Path | None,
    passphrase_file: Path | None,
    workers: int | None,
    cluster: str | None,
) -> BatchResult:
    folder = PartFolder(out, order.output_form)
    with opened_store(home) as (config, store), folder.locked():
        batch = open_batch(store, config, order, out, utc_now())
        keys, secrets = _open_keys(config, passphrase_file)
        room = SigningRoom(
            str(config.home.absolute()), settings_digest(config), order.options, batch.begun, source.heading
        )
        unlinkable = (order.options.suite or config.suite) == UNLINKABLE_SUITE
        minter = BatchMinter(
            batch,
            store,
            ListPublisher(config, store, keys),
            folder,
            purposes=PURPOSES if order.options.with_status or not unlinkable else (),
            again=order.options.again,
        )
        # A process for each part is enough.
        parts = -(-rows // order.part_rows)
        run = _runner(room, secrets, min(workers or available_cores(), max(1, parts)), cluster)
        with progress_bar("minting", rows) as advance:
            return minter.mint(source.rows, order.part_rows, run, advance)


def _open_keys(config: IssuerConfig, passphrase_file: Path | None) -> tuple[IssuerKeys, Mapping[str, str]]:
    """Return the keys, which sign status lists here, and what a worker of this machine opens them with."""
    secrets = {PASSPHRASE_VARIABLE: ask_passphrase(config, passphrase_file)}

    def read_pin() -> str:
        secrets[PIN_VARIABLE] = ask_pin(config.hsm)
        return secrets[PIN_VARIABLE]

    return open_keys(config, secrets[PASSPHRASE_VARIABLE], read_pin=read_pin), secrets


def _runner(
    room: SigningRoom, secrets: Mapping[str, str], workers: int, cluster: str | None
) -> Callable[[Iterator[Chunk]], Generator[SignedChunk]]:
    if cluster is None:
        return partial(run_jobs, room, workers=workers, environment=secrets, modules=LATE_MODULES)
    # An extra, and slow to load.
    from runtime.cluster import run_on_cluster

    return partial(run_on_cluster, room, address=cluster)


def _result_lines(result: BatchResult, out: Path) -> list[str]:
    lines = [
        f"batch {result.batch_id}: {result.minted} minted ({result.minted_now} now), "
        f"{result.rejected} rejected, {result.parts} parts in {out}"
    ]
    if result.rejected:
        lines.append(f"why rows were rejected: {out / REJECTS}")
    return lines


def _result_json(result: BatchResult, out: Path) -> JSONObject:
    written: JSONObject = {
        "batch": result.batch_id,
        "folder": str(out),
        "parts": result.parts,
        "minted": result.minted,
        "mintedNow": result.minted_now,
        "rejected": result.rejected,
    }
    if result.rejected:
        written["rejects"] = str(out / REJECTS)
    return written
