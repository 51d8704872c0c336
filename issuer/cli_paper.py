"""`ddcc issuer signer`, and `ddcc issuer mint --format hc1`: certificates on paper.

Only translates between the command line and `issuer.paper`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from health import Record
from health.trust import certificate_kid, certificates_in
from issuer.cli_shared import Home, opened_store, read_keys
from issuer.paper import NotPrinted, PaperCertificate, PaperMint, import_signer, make_signer, signer_path
from runtime.atomic import read_file, write_file
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import print_json, print_line, print_warning, read_input, reporting_errors
from vclib.errors import StoreError, VCError
from vclib.strict_json import JSONObject, JSONValue

app = typer.Typer(help="The certificate under which paper is signed.", no_args_is_help=True)

_BATCH = 100
_ENDINGS = (".txt", ".png", ".pdf")
_MAX_BYTES = 64 * 1024


@app.callback()
def main() -> None:
    """The certificate under which paper is signed."""


@app.command("make", epilog=epilog("ddcc issuer signer make --country AT"))
def make_command(
    country: Annotated[str, typer.Option("--country", help="Two letters: whose certificates they are.")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Make a self-signed certificate for the issuer's P-256 key, good for two years."""
    with reporting_errors(as_json=as_json), opened_store(home) as (config, _):
        keys = read_keys(config, passphrase_file)
        _tell(make_signer(config, keys, country=country, now=utc_now()), signer_path(config), as_json=as_json)


@app.command("import", epilog=epilog("ddcc issuer signer import signer.crt"))
def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Certificate of the P-256 key, PEM or DER.")],
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Take in a certificate that a country's authority made for the issuer's P-256 key."""
    with reporting_errors(as_json=as_json), opened_store(home) as (config, _):
        keys = read_keys(config, passphrase_file)
        _tell(import_signer(config, keys, read_input(file)), signer_path(config), as_json=as_json)


@app.command("show", epilog=epilog("ddcc issuer signer show"))
def show_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Say where the certificate is, and its key identifier."""
    with reporting_errors(as_json=as_json), opened_store(home) as (config, _):
        path = signer_path(config)
        _tell(certificates_in(read_file(path, max_bytes=_MAX_BYTES))[0], path, as_json=as_json)


def mint_paper(
    records: Sequence[tuple[str, Record, str]],
    out: Path,
    *,
    expires: datetime | None,
    home: Path | None,
    passphrase_file: Path | None,
    force: bool,
) -> list[JSONObject]:
    """Print records, each (place, record, file stem): text, PNG and PDF; return what became of each.

    Raises StoreError before anything is signed where files are in the way.
    """
    paths = [out / f"{stem}.hc1{ending}" for _, _, stem in records for ending in _ENDINGS]
    existing = [path for path in paths if path.exists()]
    if existing and not force:
        raise StoreError(
            f"{existing[0]} exists already: choose another folder with --out, or --force; nothing was changed"
        )
    with opened_store(home) as (config, store):
        mint = PaperMint(config, store, read_keys(config, passphrase_file))
        results: list[JSONObject] = []
        # Pages are large, so few are in memory at once.
        for start in range(0, len(records), _BATCH):
            some = records[start : start + _BATCH]
            printed = mint.mint([record for _, record, _ in some], now=utc_now(), expires=expires)
            results += _written(some, printed, out, force=force)
    return results


def _written(
    records: Sequence[tuple[str, Record, str]],
    printed: Sequence[PaperCertificate | NotPrinted],
    out: Path,
    *,
    force: bool,
) -> list[JSONObject]:
    results: list[JSONObject] = []
    for (place, _, stem), result in zip(records, printed, strict=True):
        if isinstance(result, NotPrinted):
            results.append(refused(place, result.error))
            continue
        files: list[JSONValue] = []
        contents = (result.text.encode() + b"\n", result.png, result.pdf)
        for ending, content in zip(_ENDINGS, contents, strict=True):
            path = out / f"{stem}.hc1{ending}"
            write_file(path, content, overwrite=force)
            files.append(str(path))
        if result.unprintable:
            print_warning(f"{place}: the page's font has no glyph for {result.unprintable}")
        results.append(
            {
                "place": place,
                "kind": result.kind,
                "qrVersion": result.version,
                "errorCorrection": result.error_correction,
                "files": files,
            }
        )
    return results


def refused(place: str, error: VCError) -> JSONObject:
    """Return the result of a record that was not printed."""
    return {"place": place, "error": {"code": error.code, "message": error.message}}


def tell_printed(results: Sequence[JSONObject], *, as_json: bool) -> None:
    """Print what became of the records."""
    if as_json:
        print_json({"printed": list(results)})
        return
    for result in results:
        error = result.get("error")
        if isinstance(error, dict):
            print_line(f"{result['place']}: not printed: {error['message']}")
            continue
        files = result["files"] if isinstance(result["files"], list) else []
        print_line(
            f"{result['place']}: {result['kind']}, "
            f"QR version {result['qrVersion']}-{result['errorCorrection']}"
        )
        for file in files:
            print_line(f"  -> {file}")


def _tell(der: bytes, path: Path, *, as_json: bool) -> None:
    kid = certificate_kid(der).hex()
    if as_json:
        print_json({"certificate": str(path), "keyIdentifier": kid})
        return
    print_line(f"signer {kid}")
    print_line(f"  its certificate, for verifiers: {path}")
