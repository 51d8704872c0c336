"""`ddcc demo`: play the whole story on real files, in a folder that stays.

Not here: the story (`ddcc.demo`) and how commands are run and shown (`ddcc.demo_stage`).
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ddcc.demo import Demo
from ddcc.demo_scenery import PASSPHRASE, Scenery
from ddcc.demo_servers import free_ports, serving
from ddcc.demo_stage import Stage, command_lines
from ddcc.demo_venue import serve_venue
from runtime.atomic import reason, write_file
from runtime.commands import epilog, utc_now
from runtime.console import ExitCode, print_json, reporting_errors
from vclib.errors import StoreError

app = typer.Typer(invoke_without_command=True)

MARKER = ".ddcc-demo"


@app.callback(epilog=epilog("ddcc demo", note="1 also if anything came out otherwise than told."))
def demo_command(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Option("--dir", help="Where its files go; an earlier demonstration there is replaced.")
    ] = Path("ddcc-demo"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the steps as JSON, and nothing else.")
    ] = False,
) -> None:
    """Serve an issuer and two verifiers, issue to three wallets, present and verify; see what is refused."""
    if context.invoked_subcommand is not None:
        return
    with reporting_errors(as_json=as_json):
        _clear(folder)
        console = None if as_json else Console(highlight=False, emoji=False)
        stage = Stage(_run, console)
        issuer, venue, border = free_ports(3)
        scenery = Scenery(stage, folder, (issuer, venue, border), utc_now())
        with serving() as servers:
            Demo(scenery, servers).play()
        if console is None:
            print_json(stage.result())
        elif stage.ok:
            tell_what_next(console, scenery)
        else:
            console.print("\n[bold red]Not everything came out as told.[/]")
    if not stage.ok:
        raise typer.Exit(ExitCode.REFUSED)


@app.command("venue", epilog=epilog("ddcc demo venue"))
def venue_command(
    folder: Annotated[Path, typer.Option("--dir", help="Where a demonstration left its files.")] = Path(
        "ddcc-demo"
    ),
) -> None:
    """Serve the venue of a played demonstration until interrupted, and print the address of its page."""
    with reporting_errors():
        serve_venue(folder, MARKER, _run)


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


def tell_what_next(console: Console, scenery: Scenery) -> None:
    """Print where the files are, and commands that go on with them."""
    folder, stage = scenery.folder, scenery.stage
    counted = f"{len(stage.steps)} steps, {stage.refusals} of them refusals, all as told."
    _tell(console, f"\n[bold green]{counted}[/] The files stay in {escape(str(folder))}.")
    _tell(console, f"Every passphrase is [bold]{PASSPHRASE}[/]. Look around:")
    passphrase = f"--passphrase-file {folder / 'passphrase'}"
    mira, lucia = (f"--wallet {folder / 'wallets' / name}.ddcc {passphrase}" for name in ("mira", "lucia"))
    _tell_commands(
        console,
        f"ddcc wallet list {mira}",
        f"ddcc wallet history {mira}",
        f"ddcc issuer audit verify --home {folder / 'issuer'}",
    )
    _tell(console, "The servers have stopped. Start them again, each in a terminal of its own:")
    venue = scenery.venue
    _tell_commands(
        console,
        f"ddcc issuer serve --home {folder / 'issuer'} --port {scenery.ports[0]} {passphrase}",
        f"ddcc verifier serve --home {venue.home} --port {venue.port} --allow-loopback {passphrase}",
    )
    _tell(
        console,
        f"An offer is left for Lucia (code {_next_code(folder)}). Receive it, be asked, answer:",
    )
    picture = folder / "asked" / "you.png"
    _tell_commands(
        console,
        f"ddcc wallet receive {folder / 'offers' / 'next.png'} --allow-loopback {lucia}",
        f"ddcc verifier request --for venue --url {venue.url} --token-file {venue.home / 'token'}"
        f" --allow-loopback --qr {picture} --force --wait",
        f"ddcc wallet present {picture} --allow-loopback {lucia}",
    )
    _tell(console, "The venue has a page that answers with one word. Serve it, and open its address:")
    _tell_commands(console, f"ddcc demo venue --dir {folder}")
    _tell(console, f"It is at {venue.url}/ then (`make venue` does the same in a clone).")
    program = Path(sys.argv[0])
    if program.name == "ddcc" and shutil.which("ddcc") is None:
        _tell(console, "For all of this, ddcc has to be on the PATH:")
        _tell_commands(console, f"export PATH={shlex.quote(str(program.parent.absolute()))}:$PATH")


def _tell(console: Console, text: str) -> None:
    console.print(text, soft_wrap=not console.is_terminal)


def _tell_commands(console: Console, *commands: str) -> None:
    columns = console.width if console.is_terminal else None
    for command in commands:
        for line in command_lines(command, columns, prefix="  "):
            console.print(line, markup=False, soft_wrap=True)


def _next_code(folder: Path) -> str:
    return (folder / "letters" / "next").read_text().strip()
