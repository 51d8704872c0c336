"""The commands that mint: `mint` reads health records and writes credentials, `deliver` writes what waits.

Only translates between the command line and `issuer.service`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer

from health import RecordRow, RowError, csv_template, read_csv, read_records
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
from issuer.cli_paper import mint_paper, refused, tell_printed
from issuer.cli_shared import Home, opened, opened_with_keys
from issuer.options import MintOptions
from issuer.report import minted_json, minted_lines, unlinkable_notes
from issuer.service import Issuer, Minted, MintRequest, NotMinted
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import ExitCode, print_json, print_line, print_warning, read_input, reporting_errors
from runtime.folders import make_folder
from vclib.errors import (
    ComplexityError,
    ConfigurationError,
    ParsingError,
    RecordError,
    StoreError,
)
from vclib.strict_json import parse_json

app = typer.Typer()

_FORMS = ("auto", "json", "csv", "fhir")
_PAPER = "hc1"

# A file with more would take hours, and all its records are held in memory.
MAX_RECORDS = 100_000
# What common file systems hold.
_MAX_NAME_BYTES = 255

# How many records are signed in one transaction.
_BATCH = 100


@app.command("mint", epilog=epilog("ddcc issuer mint vaccination.json --holder DID --out out"))
def mint_command(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="JSON record or array, CSV, or FHIR Bundle; - is standard input."
        ),
    ] = None,
    csv_template_kind: Annotated[
        str | None,
        typer.Option(
            "--csv-template", metavar="KIND", help="Print an empty CSV table: vaccination, test, recovery."
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", help="Folder for the credentials.")] = Path(),
    input_format: Annotated[
        str,
        typer.Option(
            "--format",
            help="What FILE is: auto, json, csv or fhir; auto tells by the content. Or hc1: auto, and print "
            "paper certificates (needs `ddcc issuer signer make`).",
        ),
    ] = "auto",
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
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Mint health records: one credential, one file for each record; or paper certificates."""
    with reporting_errors(as_json=as_json):
        if csv_template_kind is not None:
            typer.echo(csv_template(csv_template_kind), nl=False)
            return
        if file is None:
            raise ConfigurationError("expected a FILE to mint from, or --csv-template KIND")
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
        now = utc_now()
        if input_format == _PAPER:
            _check_paper_options(options)
            until = options.valid_until or (None if valid_days is None else now + timedelta(days=valid_days))
            raise typer.Exit(_print_paper(file, out, now, until, home, passphrase_file, force, as_json))
        requests, results = _read_requests(file, input_format, now)
        _check_files(out, requests, force=force)
        if requests:
            with opened_with_keys(home, passphrase_file) as issuer:
                _tell_waiting(issuer.waiting())
                for start in range(0, len(requests), _BATCH):
                    results += _mint_batch(
                        issuer, requests[start : start + _BATCH], options, out, force=force
                    )
        if as_json:
            print_json(minted_json(results, out))
        else:
            for line in (*minted_lines(results, out), *unlinkable_notes(results)):
                print_line(line)
    if any(isinstance(each, NotMinted) for each in results):
        raise typer.Exit(ExitCode.BAD_INPUT)


@app.command("deliver", epilog=epilog("ddcc issuer deliver --out out"))
def deliver_command(
    out: Annotated[Path, typer.Option("--out", help="Folder for the credentials.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Write over existing files.")] = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Write credentials that were signed and whose files could not be written, e.g. on a full disk."""
    with reporting_errors(as_json=as_json), opened(home) as issuer:
        make_folder(out)
        paths = issuer.deliver(out, overwrite=force)
        if as_json:
            print_json({"files": [str(path) for path in paths]})
        else:
            print_line(f"{len(paths)} credentials were waiting")
            for path in paths:
                print_line(f"  -> {path}")


def _check_paper_options(options: MintOptions) -> None:
    """Refuse what was asked for and could not be kept: paper has no holder, no suite, no status."""
    unsuitable = replace(options, valid_until=None, valid_days=None)
    if unsuitable != MintOptions():
        raise ConfigurationError("--format hc1 takes --valid-until or --valid-days, no other such option")


def _print_paper(
    file: Path,
    out: Path,
    now: datetime,
    expires: datetime | None,
    home: Path | None,
    passphrase_file: Path | None,
    force: bool,
    as_json: bool,
) -> ExitCode:
    requests, not_read = _read_requests(file, "auto", now)
    make_folder(out)
    records = [(each.place, each.record, each.file_name.removesuffix(".vc.json")) for each in requests]
    results = [refused(each.place, each.error) for each in not_read if isinstance(each, NotMinted)]
    if records:
        results += mint_paper(
            records, out, expires=expires, home=home, passphrase_file=passphrase_file, force=force
        )
    tell_printed(results, as_json=as_json)
    return ExitCode.BAD_INPUT if any("error" in result for result in results) else ExitCode.OK


def _read_requests(
    file: Path, form: str, now: datetime
) -> tuple[list[MintRequest], list[Minted | NotMinted]]:
    """Return the records of a file, and what was wrong with the others."""
    text = _read_text(file)
    word = "record" if _looks_like_json(text) else "line"
    rows = list(islice(_read_rows(text, form, now), MAX_RECORDS + 1))
    if len(rows) > MAX_RECORDS:
        raise ComplexityError(
            f"{file}: expected at most {MAX_RECORDS} records, found more; split the file, or use mint-batch"
        )
    if not rows:
        raise RecordError(f"{file}: expected at least one record, found none")
    stem = "record" if str(file) == "-" else file.stem
    width = len(str(len(rows)))
    requests: list[MintRequest] = []
    refused: list[Minted | NotMinted] = []
    for number, row in enumerate(rows, start=1):
        place = f"{word} {row.position}"
        if isinstance(row, RecordRow):
            name = f"{stem}.vc.json" if len(rows) == 1 else f"{stem}-{number:0{width}}.vc.json"
            requests.append(MintRequest(place, row.record, row.holder, name))
        else:
            refused.append(NotMinted(place, RecordError(row.message)))
    return requests, refused


def _read_text(file: Path) -> str:
    try:
        return read_input(file).decode("utf-8")
    except UnicodeDecodeError as err:
        raise ParsingError(f"{file}: expected UTF-8 text, byte {err.start} is not") from err


def _read_rows(text: str, form: str, now: datetime) -> Iterable[RecordRow | RowError]:
    if form not in _FORMS:
        raise ConfigurationError(f"--format: expected {', '.join(_FORMS)} or {_PAPER}, found {form[:40]!r}")
    if form == "csv":
        return read_csv(text, now=now)
    if form != "auto" and not _looks_like_json(text):
        raise ParsingError(f"expected {form}, which begins with a brace or bracket; found other text")
    if form == "fhir":
        _check_bundle(text)
    return read_records(text, now=now)


def _check_bundle(text: str) -> None:
    document = parse_json(text.removeprefix("\ufeff"), max_bytes=len(text))
    if not isinstance(document, dict) or document.get("resourceType") != "Bundle":
        raise RecordError("--format fhir: expected an object with the resourceType Bundle, found other JSON")


def _looks_like_json(text: str) -> bool:
    return text.removeprefix("\ufeff").lstrip().startswith(("{", "["))


def _check_files(out: Path, requests: Sequence[MintRequest], *, force: bool) -> None:
    """Refuse before anything is signed what could not be written afterwards."""
    make_folder(out)
    # A credential whose file has no possible name would wait for delivery for ever.
    too_long = [each.file_name for each in requests if len(os.fsencode(each.file_name)) > _MAX_NAME_BYTES]
    if too_long:
        raise StoreError(f"the file name {too_long[0]} is too long: rename the file; nothing was changed")
    existing = [each.file_name for each in requests if (out / each.file_name).exists()]
    if existing and not force:
        raise StoreError(
            f"{out / existing[0]} exists already: choose another folder with --out, or --force; "
            "nothing was changed"
        )


def _tell_waiting(count: int) -> None:
    if count:
        many = "1 credential was" if count == 1 else f"{count} credentials were"
        print_warning(f"{many} signed and not written: `ddcc issuer deliver --out FOLDER` writes them")


def _mint_batch(
    issuer: Issuer, requests: Sequence[MintRequest], options: MintOptions, out: Path, *, force: bool
) -> list[Minted | NotMinted]:
    results = issuer.mint(requests, options, now=utc_now())
    record_ids = {each.record_id for each in results if isinstance(each, Minted)}
    try:
        issuer.deliver(out, record_ids=record_ids, overwrite=force)
    except StoreError as err:
        raise StoreError(
            f"{err.message.removesuffix('; nothing was changed')}; what was signed is kept: "
            "`ddcc issuer deliver --out FOLDER` writes it"
        ) from err
    return results
