"""How records are to be minted, as options of the commands that mint.

Not here: what the options mean (`options`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

import typer

from vclib.datetimes import parse_datetime
from vclib.errors import ConfigurationError, MalformedValueError

Holder: TypeAlias = Annotated[
    str | None, typer.Option("--holder", help="DID (did:key, did:jwk) of the holder's wallet.")
]
NoHolder: TypeAlias = Annotated[bool, typer.Option("--no-holder", help="Bind the credential to no key.")]
Suite: TypeAlias = Annotated[str | None, typer.Option("--suite", help="ecdsa-sd-2023 or bbs-2023.")]
Plain: TypeAlias = Annotated[str | None, typer.Option("--plain", help="ecdsa-rdfc-2019 or eddsa-rdfc-2022.")]
ValidFrom: TypeAlias = Annotated[
    str | None, typer.Option("--valid-from", help="When it begins, e.g. 2026-07-01T00:00:00Z.")
]
ValidUntil: TypeAlias = Annotated[str | None, typer.Option("--valid-until", help="When it ends.")]
ValidDays: TypeAlias = Annotated[int | None, typer.Option("--valid-days", help="Or after how many days.")]
Mandatory: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--mandatory", help="JSON pointer that every presentation shows. Repeatable."),
]
WithId: TypeAlias = Annotated[bool, typer.Option("--with-id", help="bbs-2023: write a credential id.")]
WithStatus: TypeAlias = Annotated[
    bool, typer.Option("--with-status", help="bbs-2023: write status entries (revocable, linkable).")
]
WithHolder: TypeAlias = Annotated[
    bool, typer.Option("--with-holder", help="bbs-2023: write the holder's id (bound, linkable).")
]
RelatedResource: TypeAlias = Annotated[
    bool, typer.Option("--related-resource", help="Write the digest of our context; larger QR codes.")
]
Again: TypeAlias = Annotated[bool, typer.Option("--again", help="Mint a record that was minted before.")]


def moment(option: str, text: str | None) -> datetime | None:
    """Return the time that an option names; ConfigurationError."""
    if text is None:
        return None
    try:
        return parse_datetime(text)
    except MalformedValueError as err:
        raise ConfigurationError(f"{option}: {err.message}") from err
