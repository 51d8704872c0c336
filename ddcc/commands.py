"""What the command `ddcc` is made of: the three programs, DIDs and the demonstration under one name.

A program is imported when it is asked for, so that `ddcc --help` answers at once. Before any of them runs,
every pinned JSON-LD context is compared with its digest: with an altered one, what is signed would not be
what is read, so nothing starts (threat A10).
"""

from __future__ import annotations

import importlib
import logging
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import contexts
import ddcc
from runtime.console import EXIT_CODES_HELP, ExitCode, ToldHandler, print_error, report_system_error
from vclib.errors import ConfigurationError

# Name: (module that has the Typer application `app`, help).
PROGRAMS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "issuer": ("issuer.cli", "Mint health records as verifiable credentials."),
        "wallet": ("wallet.cli", "Hold credentials and present what you choose of them."),
        "verifier": ("verifier.cli", "Check what somebody presents."),
        "trust": ("verifier.cli_trust", "Whom a verifier believes: trust lists."),
        "did": ("ddcc.did_cli", "Resolve DIDs and dereference DID URLs."),
        "interop": ("ddcc.interop_cli", "Answer the official test suites, on this machine only."),
        "demo": ("ddcc.demo_cli", "Play the whole story on real files."),
    }
)

_EPILOG = f"Begin with: ddcc demo. {EXIT_CODES_HELP}"


class _Program(TyperGroup):
    """A program's place in the command line, filled when it is used."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        # Any: the types of the command-line parser are typer's own, and private.
        _check_contexts()
        return _commands_of(self.name or "").make_context(info_name, args, parent=parent, **extra)


@cache
def _commands_of(program: str) -> TyperGroup:
    """Return the commands of a program; reading their options takes as long as many a command."""
    return typer.main.get_group(importlib.import_module(PROGRAMS[program][0]).app)


def _make_app() -> typer.Typer:
    app = typer.Typer(no_args_is_help=True, epilog=_EPILOG, pretty_exceptions_enable=False)
    for name, (_, text) in PROGRAMS.items():
        app.add_typer(typer.Typer(), name=name, help=text, cls=_Program)
    app.callback()(_options)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"ddcc {ddcc.__version__}")
        raise typer.Exit


def _options(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end."),
    ] = False,
) -> None:
    """Issue, hold and verify WHO DDCC health records as W3C Verifiable Credentials."""


def _check_contexts() -> None:
    try:
        contexts.verify_all()
    except contexts.ContextDigestError as err:
        print(f"error: [context-integrity] {err}", file=sys.stderr)
        raise typer.Exit(ExitCode.STORE) from err


def run(arguments: Sequence[str]) -> int:
    """Run one command line in this process and return its exit code, usage errors included."""
    for number, argument in enumerate(arguments, start=1):
        if not _is_text(argument):
            encoding = sys.getfilesystemencoding()
            error = ConfigurationError(
                f"expected {encoding} text as argument {number}; a file may be renamed"
            )
            print_error(error, as_json="--json" in arguments)
            return ExitCode.USAGE
    try:
        _make_app()(list(arguments), prog_name="ddcc")
    except SystemExit as err:
        return err.code if isinstance(err.code, int) else ExitCode.REFUSED
    except OSError as err:
        # Help and usage errors are printed by the command-line parser.
        return report_system_error(err)
    return ExitCode.OK


def tell_what_is_logged() -> None:
    """Print what the code of a command logs like its warnings; a service sets up logs of its own."""
    logging.getLogger().addHandler(ToldHandler())


def _is_text(argument: str) -> bool:
    """Whether an argument is text in the locale's encoding; Python keeps other bytes as lone surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in argument)
