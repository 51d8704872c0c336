"""`ddcc trust import` and `refresh`: lists taken in, and read again from where they are from.

Only translates between the command line and `verifier.trust_import`.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from health.trust import ANY_COUNTRY, KeptList, Pins, TrustStore, certificates_in, country_code
from runtime.atomic import read_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import (
    ExitCode,
    exit_code_for,
    print_error,
    print_json,
    print_line,
    print_warning,
    reporting_errors,
)
from vclib.did import Fetch
from vclib.errors import ConfigurationError, MalformedValueError, VCError
from vclib.strict_json import JSONValue, parse_json_object
from vclib.trusted_issuers import expand_types
from verifier.config import VerifierConfig
from verifier.trust_import import (
    MAX_BYTES,
    Wanted,
    checked_digest,
    import_list,
    read_contexts,
    refresh_list,
)
from verifier.trust_lists import Source, TrustFolder, load_store, max_age_of
from verifier.trust_options import AllowLoopback, Home, Offline, Progress, trust_config, trust_fetch
from verifier.trust_report import source_json, source_lines, warning_lines

app = typer.Typer()


@app.command(
    "import",
    epilog=epilog(
        "ddcc trust import registry.json --publisher did:web:registry.example --home verifier",
        note="A list that nothing pinned vouches for is refused; the message says its digest.",
    ),
)
def import_command(
    location: Annotated[
        str, typer.Argument(metavar="LIST", help="File, folder, https URL or did:web of the list.")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it here. Default: made of its location.")
    ] = None,
    publisher: Annotated[
        str | None, typer.Option("--publisher", help="DID that must have signed it.")
    ] = None,
    publisher_document: Annotated[
        Path | None,
        typer.Option("--publisher-document", help="That DID's document as a file; else it is looked up."),
    ] = None,
    publisher_key: Annotated[
        Path | None, typer.Option("--publisher-key", help="Or a public key in PEM (EU backends).")
    ] = None,
    sha256: Annotated[
        str | None, typer.Option("--sha256", help="Or the digest of exactly these bytes.")
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", help="Or authorities (PEM, DER) whose signers count. Repeatable."),
    ] = None,
    context: Annotated[
        list[str] | None,
        typer.Option(
            "--context",
            help="JSON-LD context of the publisher: URL=FILE, or URL=sha256:DIGEST to fetch it. Repeatable.",
        ),
    ] = None,
    types: Annotated[
        list[str] | None,
        typer.Option("--type", help="Trust its issuers for this type of credential only. Repeatable."),
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="Trust its signers for this format of paper only. Repeatable."),
    ] = None,
    countries: Annotated[
        list[str] | None,
        typer.Option(
            "--for-country",
            help="Its signers may also sign for this country, e.g. LI, or for any. Repeatable.",
        ),
    ] = None,
    is_test: Annotated[
        bool, typer.Option("--test", help="It is of a test system: every result will say so.")
    ] = False,
    offline: Offline = False,
    allow_loopback: AllowLoopback = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Take a trust list in, if what was pinned vouches for it and it is no older than the one in force."""
    with reporting_errors(as_json=as_json):
        config, now = trust_config(home), utc_now()
        fetch = trust_fetch(offline=offline, allow_loopback=allow_loopback)
        pins = Pins(
            publisher=publisher,
            publisher_document=None
            if publisher_document is None
            else parse_json_object(read_file(publisher_document, max_bytes=MAX_BYTES)),
            publisher_key=None if publisher_key is None else read_file(publisher_key, max_bytes=MAX_BYTES),
            sha256=None if sha256 is None else checked_digest(sha256, "--sha256"),
            anchors=tuple(
                der for file in anchor or [] for der in certificates_in(read_file(file, max_bytes=MAX_BYTES))
            ),
            contexts=read_contexts(_pairs(context or []), fetch),
        )
        wanted = Wanted(
            name or _name_of(location),
            # Relative paths would mean another file from another folder.
            location if ":" in location else str(Path(location).resolve()),
            pins,
            frozenset(formats) if formats else None,
            expand_types(types, "--type") if types else None,
            is_test,
            frozenset(_country(each) for each in countries or []),
        )
        kept = import_list(
            wanted,
            TrustFolder(config.trust_folder),
            fetch=fetch,
            now=now,
            accept_test_lists=config.accept_test_lists,
            progress=Progress("reading"),
        )
        _tell_list(kept, config, now, as_json=as_json)
        _warn(load_store(config))


@app.command(
    "refresh",
    epilog=epilog(
        "ddcc trust refresh --home verifier",
        note="What cannot be read anew stays in force and ages; the code is that of the last failure.",
    ),
)
def refresh_command(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Which lists; default: all.")
    ] = None,
    offline: Offline = False,
    allow_loopback: AllowLoopback = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Read lists again from where they are from, under what was pinned for them."""
    with reporting_errors(as_json=as_json):
        config, now = trust_config(home), utc_now()
        fetch = trust_fetch(offline=offline, allow_loopback=allow_loopback)
        folder = TrustFolder(config.trust_folder)
        sources = [source for source in folder.sources() if not names or source.kept.name in names]
        missing = sorted(set(names or []) - {source.kept.name for source in sources})
        if missing:
            raise ConfigurationError(f"there is no trust list {missing[0][:80]!r}")
        outcomes: list[JSONValue] = []
        code = ExitCode.OK
        for source in sources:
            try:
                kept = _refreshed(source, folder, config, fetch, now)
            except VCError as err:
                code = exit_code_for(err)
                outcomes.append({"name": source.kept.name, "refreshed": False, "code": err.code})
                print_error(err)
                print_warning(f"{source.kept.name}: the list of before stays in force")
            else:
                changed = kept.sha256 != source.kept.sha256
                outcomes.append({"name": kept.name, "refreshed": True, "changed": changed})
                if not as_json:
                    print_line(f"{kept.name}: {'a newer version' if changed else 'unchanged'}, confirmed now")
        if as_json:
            print_json({"lists": outcomes})
    raise typer.Exit(code)


def _refreshed(
    source: Source, folder: TrustFolder, config: VerifierConfig, fetch: Fetch | None, now: datetime
) -> KeptList:
    return refresh_list(
        source,
        folder,
        fetch=fetch,
        now=now,
        accept_test_lists=config.accept_test_lists,
        progress=Progress(source.kept.name),
    )


def _tell_list(kept: KeptList, config: VerifierConfig, now: datetime, *, as_json: bool) -> None:
    max_age = max_age_of(config)
    if as_json:
        print_json(source_json(kept, now=now, max_age=max_age))
        return
    for line in source_lines(kept, now=now, max_age=max_age):
        print_line(line)


def _warn(store: TrustStore) -> None:
    for line in warning_lines(store):
        print_warning(line)


def _name_of(location: str) -> str:
    """Return a name made of a location: a DID or URL in plain letters, or the file without its ending.

    Every list of a did:web is called did.json, so there it is the folder's name.
    """
    if location.startswith("did:web:"):
        parts = location.split(":")[2:]
    elif "://" in location:
        parts = location.partition("://")[2].split("/")
    else:
        path = Path(location).resolve()
        parts = [path.parent.name if path.name == "did.json" else path.stem]
    kept = "".join(
        each if each.isascii() and (each.isalnum() or each in ".-_") else "-" for each in "-".join(parts)
    )
    return kept.strip(".-_")[:64] or "list"


def _country(text: str) -> str:
    code = ANY_COUNTRY if text == ANY_COUNTRY else country_code(text)
    if code is None:
        raise ConfigurationError(f"--for-country: expected a country such as LI, or any, found {text[:20]!r}")
    return code


def _pairs(options: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for option in options:
        url, equals, value = option.rpartition("=")
        if not equals or "://" not in url or not value:
            raise MalformedValueError(
                f"--context: expected URL=FILE or URL=sha256:DIGEST, found {option[:80]!r}"
            )
        pairs[url] = value
    return pairs
