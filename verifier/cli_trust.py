"""`ddcc trust`: whom a verifier believes; take trust lists in, look through them, keep them fresh.

Only translates between the command line and `verifier.trust_import`, `verifier.trust_lists` and
`health.trust`. Exit codes as in `runtime.console`; an audit ends with 0 whatever it finds.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from health.trust import Audit, audit
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_json, print_line, reporting_errors
from vclib.did import Fetch
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONValue
from verifier.cli_trust_import import app as import_commands
from verifier.cli_trust_publish import app as publish_commands
from verifier.config import load_config
from verifier.inputs import moment_option
from verifier.trust_import import audit_material
from verifier.trust_lists import TrustFolder, load_store, max_age_of
from verifier.trust_options import AllowLoopback, Home, Offline, Progress, trust_config, trust_fetch
from verifier.trust_report import audit_lines, source_json, source_lines, store_json, store_lines

app = typer.Typer(help="Whom a verifier believes: trust lists.", no_args_is_help=True)
app.add_typer(import_commands)
app.add_typer(publish_commands)


@app.callback()
def main() -> None:
    """Take in trust lists, look through them, keep them fresh."""


@app.command("list", epilog=epilog("ddcc trust list --home verifier"))
def list_command(home: Home = None, as_json: AsJSON = False) -> None:
    """Say who is trusted, for what, and which list says so."""
    with reporting_errors(as_json=as_json):
        store = load_store(trust_config(home))
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
        config, now = trust_config(home), utc_now()
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
        fetch = trust_fetch(offline=offline, allow_loopback=allow_loopback)
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


@app.command("remove", epilog=epilog("ddcc trust remove who --home verifier"))
def remove_command(
    name: Annotated[str, typer.Argument(help="The list's name here.")],
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Forget a list at once, and how new it was."""
    with reporting_errors(as_json=as_json):
        TrustFolder(trust_config(home).trust_folder).remove(name)
        if as_json:
            print_json({"name": name, "removed": True})
        else:
            print_line(f"{name} is not believed any more")


def _audited(lists: list[str], home: Path | None) -> list[str]:
    if lists:
        return lists
    names = [source.kept.name for source in TrustFolder(trust_config(home).trust_folder).sources()]
    if not names:
        raise ConfigurationError("no list was taken in: name a file, a folder or an https URL")
    return names


def _audit(name: str, home: Path | None, fetch: Fetch | None, now: datetime) -> Audit:
    """Return the audit of a list taken in, if there is one of that name, else of what is at that place."""
    config = load_config(home)
    if config is not None and "/" not in name and ":" not in name and not Path(name).exists():
        source = TrustFolder(config.trust_folder).find(name)
        if source is not None:
            return audit(source.kept.trust_list, at=now, progress=Progress(name))
    found = audit_material(name, fetch=fetch, now=now, progress=Progress(f"reading {name}"))
    return audit(found, at=now, progress=Progress(f"auditing {name}"))
