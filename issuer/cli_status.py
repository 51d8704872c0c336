"""The commands about what was minted: its list, its status and changes of it, the audit log.

Only translates between the command line and `issuer.service`.
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from issuer.auditing import verify_audit
from issuer.cli_shared import Home, opened, opened_store, opened_with_keys
from issuer.report import entry_json, status_json, status_line
from issuer.service import RecordStatus
from runtime.commands import AsJSON, PassphraseFile, epilog, utc_now
from runtime.console import print_json, print_line, reporting_errors

app = typer.Typer()
audit_app = typer.Typer(help="Read or check the audit log.", invoke_without_command=True)
app.add_typer(audit_app, name="audit")

Reason: TypeAlias = Annotated[
    str | None, typer.Option("--reason", help="Why; kept in the issuer's records only.")
]
RecordId: TypeAlias = Annotated[
    str, typer.Argument(metavar="ID", help="A record id, its beginning, or a credential id.")
]


@app.command("list", epilog=epilog("ddcc issuer list"))
def list_command(home: Home = None, as_json: AsJSON = False) -> None:
    """List what was minted, oldest first."""
    with reporting_errors(as_json=as_json), opened(home) as issuer:
        statuses = issuer.statuses(now=utc_now())
        if as_json:
            print_json({"credentials": [status_json(each) for each in statuses]})
            return
        for each in statuses:
            print_line(status_line(each))
        if not statuses:
            print_line("nothing was minted yet")


@app.command("show", epilog=epilog("ddcc issuer show k7f3"))
def show_command(record_id: RecordId, home: Home = None, as_json: AsJSON = False) -> None:
    """Print everything remembered about one credential, with its health record; always as JSON."""
    with reporting_errors(as_json=as_json), opened(home) as issuer:
        print_json(status_json(issuer.status(record_id, now=utc_now()), with_record=True))


@app.command("status", epilog=epilog("ddcc issuer status k7f3"))
def status_command(
    record_id: Annotated[str | None, typer.Argument(metavar="ID", help="A record; without it, all.")] = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Say whether credentials are valid, suspended, revoked or expired."""
    with reporting_errors(as_json=as_json), opened(home) as issuer:
        now = utc_now()
        chosen = issuer.statuses(now=now) if record_id is None else [issuer.status(record_id, now=now)]
        if as_json:
            print_json({"credentials": [status_json(each) for each in chosen]})
            return
        for each in chosen:
            _print_status(each)


@app.command("revoke", epilog=epilog('ddcc issuer revoke k7f3 --reason "wrong batch"'))
def revoke_command(
    record_id: RecordId,
    reason: Reason = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Revoke a credential for good, and publish its status list."""
    with reporting_errors(as_json=as_json), opened_with_keys(home, passphrase_file) as issuer:
        _tell_change(issuer.revoke(record_id, reason=reason, now=utc_now()), as_json=as_json)


@app.command("suspend", epilog=epilog("ddcc issuer suspend k7f3"))
def suspend_command(
    record_id: RecordId,
    reason: Reason = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Suspend a credential until it is reinstated, and publish its status list."""
    with reporting_errors(as_json=as_json), opened_with_keys(home, passphrase_file) as issuer:
        _tell_change(issuer.suspend(record_id, reason=reason, now=utc_now()), as_json=as_json)


@app.command("reinstate", epilog=epilog("ddcc issuer reinstate k7f3"))
def reinstate_command(
    record_id: RecordId,
    reason: Reason = None,
    home: Home = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """End a suspension, and publish the status list. A revocation cannot be taken back."""
    with reporting_errors(as_json=as_json), opened_with_keys(home, passphrase_file) as issuer:
        _tell_change(issuer.reinstate(record_id, reason=reason, now=utc_now()), as_json=as_json)


@app.command("publish", epilog=epilog("ddcc issuer publish"))
def publish_command(
    home: Home = None, passphrase_file: PassphraseFile = None, as_json: AsJSON = False
) -> None:
    """Sign all status lists anew, which has to happen before they expire."""
    with reporting_errors(as_json=as_json), opened_with_keys(home, passphrase_file) as issuer:
        paths = issuer.publish(now=utc_now())
        if as_json:
            print_json({"files": [str(path) for path in paths]})
        else:
            for path in paths:
                print_line(f"published {path}")


@audit_app.callback(epilog=epilog("ddcc issuer audit"))
def audit_command(context: typer.Context, home: Home = None, as_json: AsJSON = False) -> None:
    """Print the audit log; `ddcc issuer audit verify` checks it."""
    if context.invoked_subcommand is not None:
        return
    with reporting_errors(as_json=as_json), opened_store(home) as (_, store), store.reading() as reading:
        entries = list(reading.audit_entries())
        if as_json:
            print_json({"log": [entry_json(each) for each in entries]})
            return
        for each in entries:
            details = "  ".join(f"{name}={value}" for name, value in each.details.items())
            print_line(f"{each.sequence:>6}  {each.time}  {each.event:<10} {details}")


@audit_app.command("verify", epilog=epilog("ddcc issuer audit verify"))
def audit_verify_command(
    known_hash: Annotated[
        str | None, typer.Option("--known-hash", help="A newest hash noted earlier; the log must contain it.")
    ] = None,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Check that no audit entry was changed, removed or put in, and that records and lists fit the log."""
    with reporting_errors(as_json=as_json), opened_store(home) as (_, store):
        report = verify_audit(store, known_hash=known_hash)
        if as_json:
            print_json(
                {
                    "entries": report.entries,
                    "records": report.records,
                    "lists": report.lists,
                    "newestHash": report.newest_hash,
                }
            )
        else:
            print_line(
                f"{report.entries} entries, {report.records} records, {report.lists} lists, all in place; "
                f"newest hash {report.newest_hash}"
            )
            print_line("note it elsewhere: with --known-hash it also finds a log that was rewritten")


def _print_status(status: RecordStatus) -> None:
    print_line(status_line(status))
    for entry in status.positions:
        if entry.value:
            since = f" since {entry.changed:%Y-%m-%d %H:%M}Z" if entry.changed else ""
            why = f": {entry.reason}" if entry.reason else ""
            print_line(f"  {entry.status_list.purpose}{since}{why}")


def _tell_change(status: RecordStatus, *, as_json: bool) -> None:
    if as_json:
        print_json(status_json(status))
        return
    _print_status(status)
    for entry in status.positions:
        print_line(f"  list {entry.status_list.url}")
