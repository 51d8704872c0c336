"""The options that `check` and `check-batch` have in common: what a `CheckingRoom` is made of.

They are declared once, as the parameters of `checking_room`; a command that is marked `@takes_room` has them
in place of its parameter `room`, and receives the room. Not here: what the room does with them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from inspect import Parameter, signature
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from runtime.console import reporting_errors
from verifier.checking_room import CheckingRoom

At: TypeAlias = Annotated[
    str | None, typer.Option("--at", help="Check as if it were this time, e.g. 2027-01-01T00:00:00Z.")
]


def checking_room(
    *,
    trust: Annotated[
        Path | None,
        typer.Option(
            "--trust",
            help="Trust file: who is recognised, for which types. Default: trust file and lists of the home.",
        ),
    ] = None,
    require_holder: Annotated[
        bool, typer.Option("--require-holder", help="Refuse what is not bound to the presenter's key.")
    ] = False,
    require_status: Annotated[
        bool, typer.Option("--require-status", help="Refuse what could not have been revoked.")
    ] = False,
    status: Annotated[
        list[Path] | None,
        typer.Option("--status", help="Status list credential as a file, or a folder of them. Repeatable."),
    ] = None,
    rules: Annotated[
        str | None,
        typer.Option("--rules", metavar="SET", help="Also ask the rules of this set: verifier rules list."),
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="Whose rules: where the guest arrives, e.g. DE.")
    ] = None,
    signer: Annotated[
        list[Path] | None,
        typer.Option(
            "--signer",
            help="Certificate of a signer of paper codes (PEM, DER), or a folder of them. Repeatable. "
            "Default: those of the home.",
        ),
    ] = None,
    revoked: Annotated[
        list[Path] | None,
        typer.Option(
            "--revoked",
            help="EU revocation list (JSON) of paper codes, or a folder of them. Repeatable. "
            "Default: those of the home.",
        ),
    ] = None,
    home: Annotated[
        Path | None,
        typer.Option(
            "--home",
            help="Folder with trust, rule sets and settings; remembers challenges. DDCC_VERIFIER_HOME.",
        ),
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Fetch nothing.")] = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also read from servers on this machine."),
    ] = False,
) -> CheckingRoom:
    """Return the room of these options, with paths that mean the same in every process."""
    return CheckingRoom(
        home=None if home is None else home.absolute(),
        trust=None if trust is None else trust.absolute(),
        status=_absolute(status),
        signers=_absolute(signer),
        revoked=_absolute(revoked),
        rules=rules,
        country=country,
        require_holder=require_holder,
        require_status=require_status,
        offline=offline,
        allow_loopback=allow_loopback,
    )


# Any: the parameters of a command are what its options say, which typer reads from its signature.
def takes_room(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with the options of `checking_room` where it has the parameter `room`."""
    own = signature(command, eval_str=True)
    shared = signature(checking_room, eval_str=True).parameters

    @wraps(command)
    def run(**given: Any) -> None:
        with reporting_errors(as_json=given["as_json"]):
            room = checking_room(**{name: given.pop(name) for name in shared})
        command(room=room, **given)

    parameters = [
        parameter.replace(kind=Parameter.KEYWORD_ONLY)
        for name, each in own.parameters.items()
        for parameter in (shared.values() if name == "room" else [each])
    ]
    run.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # read by typer
    return run


def _absolute(paths: Iterable[Path] | None) -> tuple[Path, ...]:
    return tuple(path.absolute() for path in paths or ())
