"""`ddcc demo`: play the whole story on real files, in a folder that stays.

Not here: the story (`ddcc.demo`) and how commands are run and shown (`ddcc.demo_stage`).
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ddcc.demo import PASSPHRASE, Demo
from ddcc.demo_stage import Stage
from runtime.atomic import reason, write_file
from runtime.commands import epilog, utc_now
from runtime.console import ExitCode, print_json, reporting_errors
from vclib.errors import StoreError

app = typer.Typer(invoke_without_command=True)

MARKER = ".ddcc-demo"


@app.callback(epilog=epilog("ddcc demo", note="1 also if anything came out otherwise than told."))
def demo_command(
    folder: Annotated[
        Path, typer.Option("--dir", help="Where its files go; an earlier demonstration there is replaced.")
    ] = Path("ddcc-demo"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the steps as JSON, and nothing else.")
    ] = False,
) -> None:
    """Mint, hold, present and verify three health records; see nine presentations refused."""
    with reporting_errors(as_json=as_json):
        _clear(folder)
        console = None if as_json else Console(highlight=False, emoji=False)
        stage = Stage(_run, console)
        Demo(folder, stage, now=utc_now()).play()
        if console is None:
            print_json(stage.result())
        elif stage.ok:
            tell_what_next(console, folder, len(stage.steps))
        else:
            console.print("\n[bold red]Not everything came out as told.[/]")
    if not stage.ok:
        raise typer.Exit(ExitCode.REFUSED)


def _clear(folder: Path) -> None:
    """Make the folder, or empty it if an earlier demonstration made it; anything else is left alone."""
    try:
        if folder.exists() and not (folder / MARKER).is_file():
            if not folder.is_dir() or any(folder.iterdir()):
                raise StoreError(f"{folder} is not from a demonstration: choose another with --dir")
        elif folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise StoreError(f"cannot prepare the folder {folder}: {reason(err)}") from err
    write_file(folder / MARKER, b"Made by `ddcc demo`, and replaced by the next one.\n")


def _run(arguments: Sequence[str]) -> int:
    # The command line imports this module when `demo` is asked for, so not the other way at the top.
    from ddcc.cli import run

    return run(arguments)


def tell_what_next(console: Console, folder: Path, steps: int) -> None:
    """Print where the files are, and commands that go on with them."""
    wallet = folder / "wallets" / "mira.ddcc"
    kept = f"The files stay in {escape(str(folder))}."
    console.print(f"\n[bold green]{steps} steps, all as told.[/] {kept}", soft_wrap=True)
    console.print(f"Every passphrase is [bold]{PASSPHRASE}[/]. Try:")
    for command in (
        f"ddcc wallet history --wallet {wallet}",
        f"ddcc wallet list --wallet {wallet}",
        f"ddcc issuer list --home {folder / 'issuer'}",
        f"ddcc issuer audit verify --home {folder / 'issuer'}",
        "ddcc issuer mint --csv-template vaccination",
        "ddcc verifier check --help",
    ):
        console.print(f"  {escape(command)}", soft_wrap=True)
    program = Path(sys.argv[0])
    if program.name == "ddcc" and shutil.which("ddcc") is None:
        console.print(f"ddcc is not on the PATH: type {escape(str(program))} instead.", soft_wrap=True)
