"""The options that `check` and `check-batch` have in common: what a `CheckingRoom` is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

Trust: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--trust",
        help="Trust file: who is recognised, for which types. Default: trust file and lists of the home.",
    ),
]
Status: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option("--status", help="Status list credential as a file, or a folder of them. Repeatable."),
]
Rules: TypeAlias = Annotated[
    str | None,
    typer.Option("--rules", metavar="SET", help="Also ask the rules of this set: verifier rules list."),
]
Country: TypeAlias = Annotated[
    str | None, typer.Option("--country", help="Whose rules: where the guest arrives, e.g. DE.")
]
SignerFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--signer",
        help="Certificate of a signer of paper codes (PEM, DER), or a folder of them. Repeatable. "
        "Default: those of the home.",
    ),
]
RevokedFiles: TypeAlias = Annotated[
    list[Path] | None,
    typer.Option(
        "--revoked",
        help="EU revocation list (JSON) of paper codes, or a folder of them. Repeatable. "
        "Default: those of the home.",
    ),
]
RequireHolder: TypeAlias = Annotated[
    bool, typer.Option("--require-holder", help="Refuse what is not bound to the presenter's key.")
]
RequireStatus: TypeAlias = Annotated[
    bool, typer.Option("--require-status", help="Refuse what could not have been revoked.")
]
At: TypeAlias = Annotated[
    str | None, typer.Option("--at", help="Check as if it were this time, e.g. 2027-01-01T00:00:00Z.")
]
Offline: TypeAlias = Annotated[bool, typer.Option("--offline", help="Fetch nothing.")]
AllowLoopback: TypeAlias = Annotated[
    bool, typer.Option("--allow-loopback", help="Development only: also read from servers on this machine.")
]
