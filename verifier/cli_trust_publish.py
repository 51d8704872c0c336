"""`ddcc trust sign`, `suspend` and `resume`: a registry for others, and entries that count for nothing now.

Only translates between the command line, `verifier.trust_publishing` and `verifier.trust_suspensions`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runtime.atomic import write_file
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import print_json, print_line, print_warning, reporting_errors
from runtime.keys.pem import read_private_key
from vclib.errors import VCError
from vclib.strict_json import dump_json
from verifier.config import VerifierConfig
from verifier.inputs import read_trust_file
from verifier.trust_lists import TrustFiles, load_trust
from verifier.trust_options import Home, trust_config
from verifier.trust_publishing import Publisher, sign_registry
from verifier.trust_suspensions import checked_id, resume, suspend

app = typer.Typer()

_EntryArgument = Annotated[
    str, typer.Argument(metavar="ID", help="DID of an issuer, or key identifier of a signer (hexadecimal).")
]


@app.command(
    "sign",
    epilog=epilog(
        "ddcc trust sign entries.json --private-key registry.pem --id https://registry.example/2026 "
        "--name Registry --out registry.json",
        note="Others take it in: ddcc trust import registry.json --publisher DID.",
    ),
)
def sign_command(
    entries: Annotated[
        Path, typer.Argument(metavar="ENTRIES", help="Trust file: whom the registry recognises, for what.")
    ],
    private_key: Annotated[
        Path, typer.Option("--private-key", help="The publisher's key in PEM: Ed25519 or P-256.")
    ],
    registry_id: Annotated[
        str, typer.Option("--id", help="https URL or DID of the registry, which stays the same.")
    ],
    name: Annotated[str, typer.Option("--name", help="The publisher's name.")],
    out: Annotated[Path, typer.Option("--out", help="File to write; an older version is replaced.")],
    method: Annotated[
        str | None,
        typer.Option(
            "--method", help="DID URL of the key, e.g. did:web:registry.example#key-1. Default: its did:key."
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="How long it is good.")] = 30,
    as_json: AsJSON = False,
) -> None:
    """Write a registry as a signed credential (Recognized Entities) from the entries of a trust file."""
    with reporting_errors(as_json=as_json):
        publisher = Publisher.of(read_private_key(private_key), method)
        trusted = read_trust_file(entries)
        registry = sign_registry(
            trusted, publisher, registry_id=registry_id, name=name, days=days, now=utc_now()
        )
        write_file(out, (dump_json(registry, indent=2) + "\n").encode(), mode=0o644)
        count = len({issuer.id for issuer in trusted.by_did.values()})
        if as_json:
            print_json(
                {
                    "file": str(out),
                    "publisher": publisher.did,
                    "entities": count,
                    "validUntil": registry["validUntil"],
                }
            )
        else:
            print_line(f"{out}: {count} recognised, good until {registry['validUntil']}")
            print_line(f"to take it in: ddcc trust import {out} --publisher {publisher.did}")


@app.command("suspend", epilog=epilog("ddcc trust suspend did:web:moh.example --reason 'its key leaked'"))
def suspend_command(
    entry: _EntryArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why; every verdict says it.")],
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Accept nothing of an issuer or signer until further notice, whatever its list says.

    Of a signer every other certificate of the same key is suspended too.
    """
    with reporting_errors(as_json=as_json):
        config = trust_config(home)
        checked, files = checked_id(entry), _in_force(config)
        found = frozenset() if files is None else files.keys_of(checked)
        keys = sorted(suspend(config, checked, reason, keys=found).keys)
        if files is not None and not files.names(checked):
            print_warning(f"{entry} is on no list that is in force here; is that how it is spelt?")
        if files is None and not checked.startswith("did:"):
            print_warning(
                f"the lists in force cannot be read: {entry} is suspended, but not its key in other "
                "certificates; say it again when they can"
            )
        if files is not None and files.names(checked) and not keys and not checked.startswith("did:"):
            print_warning(f"no key of {entry} is in force here: it is suspended under this identifier alone")
        if as_json:
            print_json({"id": entry, "suspended": True, "reason": reason, "keys": [*keys]})
        else:
            print_line(f"{entry} is suspended: {reason}")
            for key in keys:
                print_line(f"and every certificate of its key sha256:{key}")


@app.command("resume", epilog=epilog("ddcc trust resume did:web:moh.example"))
def resume_command(entry: _EntryArgument, home: Home = None, as_json: AsJSON = False) -> None:
    """End a suspension that was made here."""
    with reporting_errors(as_json=as_json):
        others = resume(trust_config(home), entry)
        if others:
            print_warning(f"its key stays suspended: it is that of {', '.join(others)} as well")
        if as_json:
            print_json({"id": entry, "suspended": bool(others)})
        elif not others:
            print_line(f"{entry} counts again as its list says")


def _in_force(config: VerifierConfig) -> TrustFiles | None:
    """Return what the lists and files in force say, None where they cannot be read: that holds up nothing."""
    try:
        return load_trust(config)
    except VCError:
        return None
