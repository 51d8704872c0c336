"""What the demonstration's cheats do by hand, and what its onlooker compares: no command does these.

Not here: anything that a wallet or a verifier would do.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from health import Claim, claims_from_credential
from protocols.oid4vp import AuthorizationRequest, ClientMetadata, ResponseMode, parse_client_id
from runtime.commands import utc_now
from runtime.exchange import Answer, Exchanger
from runtime.fetch import Fetcher
from runtime.qr import make_qr, read_qr
from vclib.did import did_key, did_key_method, resolver
from vclib.errors import MalformedValueError
from vclib.keys import KeyType, generate_private_key
from vclib.presentations import new_presentation
from vclib.proofs import AUTHENTICATION, add_proof
from vclib.strict_json import JSONObject, JSONValue
from verifier.queries import query_for
from wallet.answering import Answerer
from wallet.holder import Holder
from wallet.verifier_client import VerifierClient


def with_another_dose(presentation: JSONObject) -> JSONObject:
    """Return a presentation in which somebody wrote another dose number into the credential."""
    changed = copy.deepcopy(presentation)
    vaccination = _member(_member(_credential(changed), "credentialSubject"), "vaccination")
    vaccination["dose"] = 1
    return changed


def presented_by_thief(presentation: JSONObject, *, challenge: str, domain: str, now: datetime) -> JSONObject:
    """Return a stolen copy of the credential in a presentation that a thief signed with a key of his own."""
    key = generate_private_key(KeyType.P256)
    return add_proof(
        new_presentation([_credential(presentation)], holder=did_key(key.public_key)),
        cryptosuite="ecdsa-rdfc-2019",
        key=key,
        verification_method=did_key_method(key.public_key),
        purpose=AUTHENTICATION,
        created=now,
        challenge=challenge,
        domain=domain,
    )


def answer_twice(picture: Path, wallet: Path, passphrase: str) -> int:
    """Answer the request in a picture from a wallet, post the same bytes once more, and print what came."""
    exchanger = Exchanger(allow_loopback=True)

    def repeating(
        method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        answer = exchanger(method, url, headers=headers, body=body)
        if "/responses/" in url:
            again = exchanger(method, url, headers=headers, body=body)
            for number, each in enumerate((answer, again), start=1):
                print(f"{number}. answered with {each.status}: {each.body.decode()}")
        return answer

    resolve = resolver(fetch=Fetcher(allow_loopback=True))
    with Holder.open(wallet, passphrase, resolve=resolve, clock=utc_now) as holder:
        answerer = Answerer(holder, VerifierClient(repeating, resolve, allow_loopback=True))
        answerer.send(answerer.plan(answerer.read(read_qr(picture.read_bytes()))))
    return 0


def poster_of_nobody(response_uri: str) -> bytes:
    """Return a picture of a request that nobody signed, whose answer would go to `response_uri`."""
    request = AuthorizationRequest(
        client_id=parse_client_id(f"redirect_uri:{response_uri}", allow_loopback=True),
        response_mode=ResponseMode.DIRECT_POST,
        response_uri=response_uri,
        nonce=secrets.token_urlsafe(16),
        query=query_for("venue", ["vaccination"]),
        client_metadata=ClientMetadata(client_name="The Venue"),
    )
    return make_qr(request.to_url()).png()


def claims_in_common(first: JSONObject, second: JSONObject) -> list[Claim]:
    """Return the claims that two presentations share."""
    others = claims_from_credential(_credential(second))
    return [claim for claim in claims_from_credential(_credential(first)) if claim in others]


def handles_in_common(first: JSONObject, second: JSONObject, *, known: str) -> set[str]:
    """Return long values in both presentations outside the claims, but for those that hold `known`.

    A signature, a key or an id is long and nobody else's; `known` is the issuer's DID, which is everybody's.
    """
    told = {claim.display for claim in claims_in_common(first, second)}
    contexts = {"https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"}
    common = set(_texts(first)) & set(_texts(second)) - told - contexts
    return {text for text in common if len(text) > 30 and known not in text}


def issuer_of(presentation: JSONObject) -> str:
    """Return the issuer's DID of the one credential in a presentation."""
    return str(_member(_credential(presentation), "issuer")["id"])


def _credential(presentation: JSONObject) -> JSONObject:
    held = presentation.get("verifiableCredential")
    only = held[0] if isinstance(held, list) else held
    if not isinstance(only, dict):
        raise MalformedValueError("expected a presentation of one credential")
    return only


def _member(parent: JSONObject, name: str) -> JSONObject:
    member = parent.get(name)
    if not isinstance(member, dict):
        raise MalformedValueError(f"expected an object {name!r}")
    return member


def _texts(value: JSONValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _texts(item)
