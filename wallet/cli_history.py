"""`ddcc wallet history`: who asked, what left, when, and what failed; found, exported, deleted.

Text of strangers is printed inert (threat J6). Not here: what is remembered (`wallet.shelf`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import write_file
from runtime.commands import AsJSON, PassphraseFile, epilog
from runtime.console import ExitCode, ask_yes_no, print_json, print_line, reporting_errors
from vclib.strict_json import JSONObject, JSONValue
from wallet.cli_shared import WalletFile, Yes, opened
from wallet.recollections import exported_history

app = typer.Typer(help="List what happened: who asked, what left, when, and what failed.")


@app.callback(invoke_without_command=True, epilog=epilog("ddcc wallet history --find 'venue 2026-07'"))
def history_command(
    context: typer.Context,
    find: Annotated[
        str, typer.Option("--find", metavar="WORDS", help="Only entries in which every one of them stands.")
    ] = "",
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """List what happened: who asked, what left, when, and what failed."""
    if context.invoked_subcommand is not None:
        return
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        entries = [(entry.to_json(), _lines(entry.to_json())) for entry in holder.history()]
        found = [each for each in entries if _stand_in(find, "\n".join(each[1]))]
        if as_json:
            listed: list[JSONValue] = [entry for entry, _ in found]
            print_json({"history": listed})
            return
        for _, lines in found:
            for line in lines:
                print_line(line)


@app.command("export", epilog=epilog("ddcc wallet history export history.json"))
def export_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="New file, readable by you only.")],
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Write the history to a new JSON file. It is readable text: keep it where nobody else reads it."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        entries = holder.history()
        write_file(file, exported_history(entries), overwrite=False)
        if as_json:
            print_json({"file": str(file), "entries": len(entries)})
        else:
            print_line(f"wrote {file}: {len(entries)} entries")


@app.command("delete", epilog=epilog("ddcc wallet history delete"))
def delete_command(
    yes: Yes = False,
    wallet: WalletFile = None,
    passphrase_file: PassphraseFile = None,
    as_json: AsJSON = False,
) -> None:
    """Delete the whole history; that it was deleted stays written down."""
    with reporting_errors(as_json=as_json), opened(wallet, passphrase_file) as holder:
        count = len(holder.history())
        if not yes and not ask_yes_no(f"Delete all {count} entries of the history?"):
            raise typer.Exit(ExitCode.REFUSED)
        deleted = holder.shelf.forget_history()
        if as_json:
            print_json({"deleted": deleted})
        else:
            print_line(f"deleted {deleted} entries")


def _stand_in(words: str, text: str) -> bool:
    return all(word in text.casefold() for word in words.casefold().split())


def _lines(entry: JSONObject) -> list[str]:
    asked = f" for {entry['domain']}" if entry.get("domain") else ""
    failed = f" [{entry['error']}]" if "error" in entry else ""
    first = f"{entry['at']}  {entry['action']} {entry['outcome']}{failed}{asked}"
    return [first, *(f"    {line}" for line in _disclosed_lines(entry))]


def _disclosed_lines(entry: JSONObject) -> list[str]:
    lines = []
    disclosed = entry.get("disclosed")
    for part in disclosed if isinstance(disclosed, list) else []:
        values = part.get("values") if isinstance(part, dict) else None
        lines += [
            f"{value['label']}: {value['value']}"
            for value in (values if isinstance(values, list) else [])
            if isinstance(value, dict)
        ]
    return lines
