"""`ddcc did`: look at what a DID or a DID URL leads to.

Only translates: `vclib.did` resolves, `runtime.fetch` reads. Exit codes as in `runtime.console`.
"""

from __future__ import annotations

from typing import Annotated

import typer

from runtime.commands import epilog
from runtime.console import print_json, print_line, reporting_errors
from runtime.fetch import Fetcher
from vclib.did import (
    VERIFICATION_RELATIONSHIPS,
    Fetch,
    absolute_url,
    dereference,
    dereferencing_error,
    dereferencing_success,
    resolution_error,
    resolve,
)
from vclib.errors import DIDError
from vclib.strict_json import JSONObject, JSONValue

# Without markup, because rich would print the emoji of a key for the middle of "did:key:z6Mk...".
app = typer.Typer(help="Resolve DIDs and dereference DID URLs.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def main() -> None:
    """Resolve DIDs and dereference DID URLs."""


@app.command(
    "resolve",
    epilog=epilog("ddcc did resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK"),
)
def resolve_command(
    did: Annotated[
        str, typer.Argument(help="A DID (did:key, did:jwk, did:web), or a DID URL.", metavar="DID")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole result as JSON.")] = False,
    as_url: Annotated[
        bool, typer.Option("--dereference", help="Take the argument as a DID URL, print what it names.")
    ] = False,
    allow_loopback: Annotated[
        bool,
        typer.Option("--allow-loopback", help="Development only: also read from servers on this machine."),
    ] = False,
) -> None:
    """Print the DID document of a DID, or with --dereference the part of it that a DID URL names."""
    fetch: Fetch = Fetcher(allow_loopback=allow_loopback)
    with reporting_errors():
        try:
            if as_url:
                part = dereference(did, fetch=fetch)
                print_json(dereferencing_success(part) if as_json else part)
            elif as_json:
                print_json(resolve(did, fetch=fetch).to_json())
            else:
                _print_document(resolve(did, fetch=fetch).document)
        except DIDError as err:
            # The standard's result holds the error too, so that a reader of the JSON always finds it there.
            if as_json:
                print_json(dereferencing_error(err) if as_url else resolution_error(err))
            raise


def _print_document(document: JSONObject) -> None:
    did = str(document["id"])
    print_line(did)
    for method in _objects(document.get("verificationMethod")):
        url = absolute_url(method.get("id"), did)
        uses = [name for name in VERIFICATION_RELATIONSHIPS if _lists(document.get(name), url, did)]
        print_line(f"  key      {url}")
        print_line(f"           {method.get('type')}, for {', '.join(uses) or 'nothing'}")
    for service in _objects(document.get("service")):
        print_line(f"  service  {absolute_url(service.get('id'), did)}")
        print_line(f"           {service.get('type')} at {service.get('serviceEndpoint')}")


def _objects(value: JSONValue) -> list[JSONObject]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _lists(relationship: JSONValue, url: str | None, did: str) -> bool:
    entries = relationship if isinstance(relationship, list) else []
    return any(absolute_url(entry, did) == url for entry in entries if isinstance(entry, str))
