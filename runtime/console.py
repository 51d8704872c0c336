"""What every `ddcc` command shares: exit codes, error lines, passphrases, JSON output, inert text.

One table says which failure ends with which exit code, so that a script can tell "refused" from "could not
check" from "you typed nonsense" for every program alike. A failure is one line on standard error,
`error: [code] message`; with `--json` standard output also carries `{"error": {...}}`. Passphrases come from
the terminal, from a file (`-` is standard input) or from DDCC_PASSPHRASE, never from an argument, which
every user of the machine could read (threat K8). Not here: any decision about credentials.
"""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
import stat
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import IntEnum
from pathlib import Path

import typer

from runtime.atomic import read_file, reason
from runtime.inert import inert_json, inert_text
from runtime.terminal import columns_of, wrap_line
from vclib import errors
from vclib.errors import ConfigurationError, VCError
from vclib.strict_json import JSONObject, JSONValue, dump_json

__all__ = [
    "EXIT_CODES_HELP",
    "PASSPHRASE_VARIABLE",
    "ExitCode",
    "ToldHandler",
    "ask_yes_no",
    "exit_code_for",
    "inert_json",
    "inert_text",
    "print_error",
    "print_json",
    "print_line",
    "print_told",
    "print_warning",
    "read_input",
    "read_new_passphrase",
    "read_passphrase",
    "read_secret",
    "report_system_error",
    "reporting_errors",
]

PASSPHRASE_VARIABLE = "DDCC_PASSPHRASE"  # noqa: S105 - the name of a variable
# NIST SP 800-63B section 3.1.1.2 asks for at least 8 characters and against rules on their kinds.
MIN_PASSPHRASE_CHARACTERS = 8

_MAX_PASSPHRASE_BYTES = 4096
_MAX_INPUT_BYTES = 64 * 1024 * 1024


class ExitCode(IntEnum):
    """How a command ended; the same numbers in every program."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    NOT_CHECKED = 3
    BAD_INPUT = 4
    STORE = 5
    INTERRUPTED = 130
    READER_LEFT = 141


EXIT_CODES_HELP = (
    "Exit codes: 0 done or accepted; 1 refused or not accepted; 2 wrong usage or configuration; "
    "3 could not be checked (a host is down, an unknown suite); 4 bad input; "
    "5 file, database or passphrase; 130 interrupted; 141 nobody reads the output any more."
)

# The first class that fits decides, so narrower classes stand before wider ones.
_EXIT_CODES: tuple[tuple[type[VCError], ExitCode], ...] = (
    (errors.FetchError, ExitCode.NOT_CHECKED),
    (errors.StatusRetrievalError, ExitCode.NOT_CHECKED),
    (errors.UnsupportedCryptosuiteError, ExitCode.NOT_CHECKED),
    (errors.UnsupportedSecuringMechanismError, ExitCode.NOT_CHECKED),
    (errors.MethodNotSupportedError, ExitCode.NOT_CHECKED),
    (errors.DIDInternalError, ExitCode.NOT_CHECKED),
    (errors.DIDNotFoundError, ExitCode.NOT_CHECKED),
    (errors.StoreError, ExitCode.STORE),
    (errors.ContextIntegrityError, ExitCode.STORE),
    (errors.ConfigurationError, ExitCode.USAGE),
    (errors.MalformedError, ExitCode.BAD_INPUT),
    (errors.JSONLDError, ExitCode.BAD_INPUT),
    (errors.KeyMaterialError, ExitCode.BAD_INPUT),
    (errors.DIDError, ExitCode.BAD_INPUT),
    (errors.RecordError, ExitCode.BAD_INPUT),
    (errors.ProofGenerationError, ExitCode.BAD_INPUT),
    (errors.ProofTransformationError, ExitCode.BAD_INPUT),
    (errors.HolderBindingError, ExitCode.REFUSED),
    (errors.RelatedResourceError, ExitCode.REFUSED),
    (errors.CredentialError, ExitCode.BAD_INPUT),
)


def exit_code_for(error: VCError) -> ExitCode:
    """Return the exit code of a failure; what is named nowhere above was looked at and refused."""
    return next((code for kind, code in _EXIT_CODES if isinstance(error, kind)), ExitCode.REFUSED)


@contextlib.contextmanager
def reporting_errors(*, as_json: bool = False) -> Iterator[None]:
    """Turn a VCError into one line on standard error and its exit code; for the body of a command."""
    try:
        yield
    except VCError as err:
        print_error(err, as_json=as_json)
        raise typer.Exit(exit_code_for(err)) from err
    except KeyboardInterrupt as err:
        print("interrupted", file=sys.stderr)
        raise typer.Exit(ExitCode.INTERRUPTED) from err
    except OSError as err:
        raise typer.Exit(report_system_error(err, as_json=as_json)) from err


def report_system_error(error: OSError, *, as_json: bool = False) -> ExitCode:
    """Print what the operating system refused that nobody has named yet; returns the exit code.

    Without a file it was the output itself that could not be written. A reader that went away (`| head`) has
    what it wanted, so nothing is printed.
    """
    if isinstance(error, BrokenPipeError):
        return ExitCode.READER_LEFT
    failed = f"cannot use {_file_of(error)}" if error.filename else "cannot write the output"
    # Standard error may be just as full.
    with contextlib.suppress(OSError):
        print_error(errors.StoreError(f"{failed}: {reason(error)}"), as_json=as_json)
    return ExitCode.STORE


def print_error(error: VCError, *, as_json: bool = False) -> None:
    """Print `error: [code] message` to standard error, and the error as JSON to standard output if asked."""
    print_told(f"error: [{error.code}] {error.message}")
    if as_json:
        # A file name may hold bytes that are no text; JSON has no place for them.
        message = error.message.encode("utf-8", "backslashreplace").decode("utf-8")
        members: JSONObject = {"code": error.code, "message": message}
        if error.type is not None:
            members["type"] = error.type
        print_json({"error": members})


def print_warning(message: str) -> None:
    """Print `warning: message` to standard error, as `print_told` does."""
    print_told(f"warning: {message}")


class ToldHandler(logging.Handler):
    """Prints what the code of a command logs as `print_told` does; a service sets up logs of its own."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message of a record."""
        print_told(record.getMessage())


def print_told(text: str) -> None:
    """Print a line for a person to standard error, inert; a terminal gets it broken between words."""
    for line in wrap_line(inert_text(text), columns_of(sys.stderr)):
        print(line, file=sys.stderr)


def print_line(text: str = "") -> None:
    """Print one line to standard output whatever `text` holds: no line breaks, no control characters.

    A terminal gets it broken between words.
    """
    for line in wrap_line(inert_text(text, limit=20_000), columns_of(sys.stdout)):
        print(line)


def print_json(value: JSONValue) -> None:
    """Print `value` as indented JSON to standard output; strings can control no terminal."""
    print(inert_json(dump_json(value, indent=2)))


def ask_yes_no(question: str) -> bool:
    """Ask on standard error, read a line of standard input; only "y" and "yes" mean yes."""
    print(f"{inert_text(question)} [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        # Nobody pressed Enter: the input has ended.
        print(file=sys.stderr)
    return answer.strip().lower() in ("y", "yes")


def show_apart(lines: Sequence[str], prompt: str, *, other_ways: str) -> None:
    """Show secret lines on a terminal's second page until Enter, so that none stays to be scrolled back to.

    Raises ConfigurationError where standard input and output are no terminal, or one without such a page:
    what is secret is then not printed, and `other_ways` says what to do.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "") in ("", "dumb"):
        raise ConfigurationError(f"no terminal that could show this and forget it: use {other_ways}")
    # xterm's alternate screen, which has no memory of its own; then from the top of an empty page.
    print("\x1b[?1049h\x1b[2J\x1b[H", end="")
    try:
        for line in lines:
            print_line(line)
        print(inert_text(prompt), end="", flush=True)
        sys.stdin.readline()
    finally:
        print("\x1b[2J\x1b[?1049l", end="", flush=True)


def read_input(path: Path, *, max_bytes: int = _MAX_INPUT_BYTES) -> bytes:
    """Return the bytes of a file, or of standard input for `-`; StoreError, ComplexityError."""
    if str(path) != "-":
        return read_file(path, max_bytes=max_bytes)
    content = sys.stdin.buffer.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise errors.ComplexityError(f"standard input is larger than the limit of {max_bytes} bytes")
    return content


def read_passphrase(
    prompt: str,
    *,
    file: Path | None,
    environment: Mapping[str, str],
    variable: str = PASSPHRASE_VARIABLE,
    ask: Callable[[str], str] | None = None,
) -> str:
    """Return the passphrase from `file` (`-`: first line of standard input), the variable, or the terminal.

    Raises ConfigurationError where there is none of them, StoreError for a file that cannot be read.
    """
    if file is not None:
        return _first_line(file)
    if environment.get(variable):
        return environment[variable]
    return _ask_hidden(prompt, f"--passphrase-file FILE or {variable}", ask)


def read_secret(
    prompt: str, *, file: Path | None, option: str, ask: Callable[[str], str] | None = None
) -> str:
    """Return a code that must be no argument: the first line of `file`, else what is typed hidden.

    `-` is standard input; `option` is what names the file. Raises ConfigurationError, StoreError.
    """
    if file is not None:
        return _first_line(file)
    return _ask_hidden(prompt, f"{option} FILE", ask)


def read_new_passphrase(
    prompt: str,
    *,
    file: Path | None,
    environment: Mapping[str, str],
    variable: str = PASSPHRASE_VARIABLE,
    ask: Callable[[str], str] | None = None,
) -> str:
    """As `read_passphrase`, but typed twice at a terminal and at least 8 characters long."""
    passphrase = read_passphrase(prompt, file=file, environment=environment, variable=variable, ask=ask)
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise ConfigurationError(
            f"a passphrase needs at least {MIN_PASSPHRASE_CHARACTERS} characters; several words are good"
        )
    typed = file is None and not environment.get(variable)
    other_ways = f"--passphrase-file FILE or {variable}"
    if typed and _ask_hidden(f"{prompt} (again)", other_ways, ask) != passphrase:
        raise ConfigurationError("the two passphrases differ")
    return passphrase


def _file_of(error: OSError) -> str:
    return os.fsdecode(error.filename) if isinstance(error.filename, bytes) else str(error.filename)


def _first_line(file: Path) -> str:
    content = read_input(file, max_bytes=_MAX_PASSPHRASE_BYTES)
    if str(file) != "-" and stat.S_IMODE(file.stat().st_mode) & 0o077:
        print_warning(f"other users of this computer may read {file}")
    try:
        # Some editors begin every text with a byte order mark; nobody means it to be in the passphrase.
        passphrase = content.decode("utf-8-sig").split("\n", 1)[0].removesuffix("\r")
    except UnicodeDecodeError as err:
        raise ConfigurationError(f"{file} is not UTF-8 text") from err
    if not passphrase:
        raise ConfigurationError(f"the first line of {file} is empty")
    return passphrase


def _ask_hidden(prompt: str, other_ways: str, ask: Callable[[str], str] | None) -> str:
    try:
        with warnings.catch_warnings():
            # Without a terminal getpass would read visibly from standard input; that is refused instead.
            warnings.simplefilter("error", getpass.GetPassWarning)
            typed = (ask or getpass.getpass)(f"{prompt}: ")
    except EOFError as err:
        # Control-D; the prompt's line is still open.
        print(file=sys.stderr)
        raise ConfigurationError("nothing was typed") from err
    except (getpass.GetPassWarning, OSError) as err:
        raise ConfigurationError(f"no terminal to ask for {prompt!r}: use {other_ways}") from err
    if not typed:
        raise ConfigurationError("nothing was typed")
    return typed
