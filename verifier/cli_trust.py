"""`ddcc trust`: whom a verifier believes; take trust lists in, look through them, keep them fresh.

Only translates between the command line and `verifier.trust_import`, `verifier.trust_lists` and
`health.trust`. Exit codes as in `runtime.console`; an audit ends with 0 whatever it finds.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from health.trust import Audit, KeptList, Pins, TrustStore, audit, certificates_in
from runtime.atomic import read_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_error, print_json, print_line, print_warning, reporting_errors
from runtime.fetch import Fetcher
from vclib.did import Fetch
from vclib.errors import ConfigurationError, MalformedValueError, VCError
from vclib.strict_json import JSONValue, parse_json_object
from vclib.trusted_issuers import expand_types
from verifier.config import VerifierConfig, load_config
from verifier.inputs import moment_option
from verifier.trust_import import (
    MAX_BYTES,
    Wanted,
    audit_material,
    checked_digest,
    import_list,
    read_contexts,
    refresh_list,
)
from verifier.trust_lists import TrustFolder, load_store, max_age_of
from verifier.trust_report import (
    audit_lines,
    source_json,
    source_lines,
    store_json,
    store_lines,
    warning_lines,
)

app = typer.Typer(help="Whom a verifier believes: trust lists.", no_args_is_help=True)

_SECONDS = 60.0

Home: TypeAlias = Annotated[
    Path | None, typer.Option("--home", help="Folder of the verifier. DDCC_VERIFIER_HOME.")
]
Offline: TypeAlias = Annotated[bool, typer.Option("--offline", help="Fetch nothing.")]
AllowLoopback: TypeAlias = Annotated[
    bool, typer.Option("--allow-loopback", help="Development only: also read from servers on this machine.")
]


@app.callback()
def main() -> None:
    """Take in trust lists, look through them, keep them fresh."""


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
        config, now = _config(home), utc_now()
        fetch = _fetch(offline=offline, allow_loopback=allow_loopback)
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
        )
        kept = import_list(
            wanted,
            TrustFolder(config.trust_folder),
            fetch=fetch,
            now=now,
            accept_test_lists=config.accept_test_lists,
            progress=_Progress("reading"),
        )
        _tell_list(kept, config, now, as_json=as_json)
        _warn(load_store(config))


@app.command("list", epilog=epilog("ddcc trust list --home verifier"))
def list_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Say who is trusted, for what, and which list says so."""
    with reporting_errors(as_json=as_json):
        store = load_store(_config(home))
        if as_json:
            print_json(store_json(store))
            return
        if store.is_empty:
            print_line("nobody is trusted yet: ddcc trust import LIST, or a trust file")
        for line in store_lines(store):
            print_line(line)


@app.command("sources", epilog=epilog("ddcc trust sources --home verifier"))
def sources_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Say where each list is from, what vouches for it and how old it is."""
    with reporting_errors(as_json=as_json):
        config, now = _config(home), utc_now()
        sources = TrustFolder(config.trust_folder).sources()
        if as_json:
            told: list[JSONValue] = [
                source_json(source.kept, now=now, max_age=max_age_of(config)) for source in sources
            ]
            print_json({"sources": told})
            return
        if config.trust_path.exists():
            print_line(f"trust file  {config.trust_path}")
        for source in sources:
            for line in source_lines(source.kept, now=now, max_age=max_age_of(config)):
                print_line(line)


@app.command(
    "audit",
    epilog=epilog("ddcc trust audit did.json", note="Nothing has to vouch for what is audited."),
)
def audit_command(
    lists: Annotated[
        list[str] | None,
        typer.Argument(metavar="[LIST]...", help="Names of lists taken in, files, folders or https URLs."),
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="Judge as if it were this time, e.g. 2027-01-01T00:00:00Z.")
    ] = None,
    offline: Offline = False,
    allow_loopback: AllowLoopback = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Report age, expired certificates, bad keys, broken chains and duplicates, by country."""
    with reporting_errors(as_json=as_json):
        now = utc_now() if at is None else moment_option(at, "--at")
        fetch = _fetch(offline=offline, allow_loopback=allow_loopback)
        audits = [(name, _audit(name, home, fetch, now)) for name in _audited(lists or [], home)]
        if as_json:
            told: list[JSONValue] = [{"name": name, **each.to_json()} for name, each in audits]
            print_json({"audits": told})
            return
        for number, (name, each) in enumerate(audits):
            if number:
                print_line()
            for line in audit_lines(name, each):
                print_line(line)


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
        config, now = _config(home), utc_now()
        fetch = _fetch(offline=offline, allow_loopback=allow_loopback)
        folder = TrustFolder(config.trust_folder)
        sources = [source for source in folder.sources() if not names or source.kept.name in names]
        missing = sorted(set(names or []) - {source.kept.name for source in sources})
        if missing:
            raise ConfigurationError(f"there is no trust list {missing[0][:80]!r}")
        failures: list[tuple[str, VCError]] = []
        outcomes: list[JSONValue] = []
        for source in sources:
            try:
                kept = refresh_list(
                    source,
                    folder,
                    fetch=fetch,
                    now=now,
                    accept_test_lists=config.accept_test_lists,
                    progress=_Progress(source.kept.name),
                )
            except VCError as err:
                failures.append((source.kept.name, err))
                outcomes.append({"name": source.kept.name, "refreshed": False, "code": err.code})
            else:
                changed = kept.sha256 != source.kept.sha256
                outcomes.append({"name": kept.name, "refreshed": True, "changed": changed})
                if not as_json:
                    print_line(f"{kept.name}: {'a newer version' if changed else 'unchanged'}, confirmed now")
        if as_json and not failures:
            print_json({"lists": outcomes})
        for name, error in failures[:-1]:
            print_error(error)
            print_warning(f"{name}: the list of before stays in force")
        if failures:
            print_warning(f"{failures[-1][0]}: the list of before stays in force")
            raise failures[-1][1]


@app.command("remove", epilog=epilog("ddcc trust remove who --home verifier"))
def remove_command(
    name: Annotated[str, typer.Argument(help="The list's name here.")],
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Forget a list at once, and how new it was."""
    with reporting_errors(as_json=as_json):
        TrustFolder(_config(home).trust_folder).remove(name)
        if as_json:
            print_json({"name": name, "removed": True})
        else:
            print_line(f"{name} is not believed any more")


def _audited(lists: list[str], home: Path | None) -> list[str]:
    if lists:
        return lists
    names = [source.kept.name for source in TrustFolder(_config(home).trust_folder).sources()]
    if not names:
        raise ConfigurationError("no list was taken in: name a file, a folder or an https URL")
    return names


def _audit(name: str, home: Path | None, fetch: Fetch | None, now: datetime) -> Audit:
    """Return the audit of a list taken in, if there is one of that name, else of what is at that place."""
    config = load_config(home)
    if config is not None and "/" not in name and ":" not in name and not Path(name).exists():
        source = TrustFolder(config.trust_folder).find(name)
        if source is not None:
            return audit(source.kept.trust_list, at=now, progress=_Progress(name))
    found = audit_material(name, fetch=fetch, now=now, progress=_Progress(f"reading {name}"))
    return audit(found, at=now, progress=_Progress(f"auditing {name}"))


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


def _config(home: Path | None) -> VerifierConfig:
    config = load_config(home)
    if config is None:
        raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
    return config


def _fetch(*, offline: bool, allow_loopback: bool) -> Fetch | None:
    if offline:
        return None
    return Fetcher(max_bytes=MAX_BYTES, timeout=_SECONDS, allow_loopback=allow_loopback)


def _name_of(location: str) -> str:
    """Return a name made of a location: the last parts of a DID or URL, or the file without its ending."""
    if location.startswith("did:web:"):
        parts = location.split(":")[2:]
    elif "://" in location:
        parts = location.partition("://")[2].split("/")
    else:
        parts = [Path(location).resolve().stem]
    kept = "".join(
        each if each.isascii() and (each.isalnum() or each in ".-_") else "-" for each in "-".join(parts)
    )
    return kept.strip(".-_")[:64] or "list"


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


class _Progress:
    """Tells how far long work is, on one line of a terminal; elsewhere nothing."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._shown = -1

    def __call__(self, done: int, everything: int) -> None:
        percent = 100 * done // max(everything, 1)
        if not sys.stderr.isatty() or percent == self._shown:
            return
        self._shown = percent
        end = "\r\x1b[K" if done == everything else ""
        print(
            f"\r{self._what} {done} of {everything} ({percent} %){end}", end="", file=sys.stderr, flush=True
        )
