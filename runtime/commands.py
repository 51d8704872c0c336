"""What the commands of every program have in common where they are declared: options, help, the clock.

One word for one thing, so that `--json` and `--passphrase-file` are the same everywhere. Not here: what
commands do while they run (`runtime.console`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from runtime.console import EXIT_CODES_HELP

AsJSON: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
PassphraseFile: TypeAlias = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="File whose first line is the passphrase; - is standard input."),
]


def epilog(example: str, *, note: str = "") -> str:
    """Return the text below a command's help: one example, the exit codes, and a note on them."""
    return f"Example: {example}\n\n{EXIT_CODES_HELP}{note and ' ' + note}"


def utc_now() -> datetime:
    """Return this moment: the one place where commands read the clock."""
    return datetime.now(UTC)
