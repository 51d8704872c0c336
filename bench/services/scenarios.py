"""The three things that are measured: what is made ready before, and what one piece of work sends.

*issue*: POST /credentials/issue with a credential of some fifteen claims. *verify*: POST
/presentations/verify with one selectively disclosed credential, for a challenge that was fetched before; the
verifier has issuer and status lists at hand. *OpenID4VCI*: both metadata documents, token, nonce, and the
credential for a key proof made meanwhile; the offer was made before. An answer that is not the expected one
ends the benchmark. Not here: how often and how fast (`measuring`).
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from bench.credential import RECORD
from bench.load import Work
from bench.services.client import Client, UnexpectedAnswerError, get, post, post_json
from bench.services.programs import Site
from health import credential_from_record, parse_record
from protocols.oid4vci import PRE_AUTHORIZED_GRANT, build_jwt_proof
from runtime.commands import utc_now
from vclib.did import did_key, did_key_method
from vclib.keys import KeyType, PrivateKey
from vclib.strict_json import JSONObject, dump_json
from wallet.holdings import HeldKey
from wallet.presenting import Candidate, PresentationPlan, Request, plan, sign

# So many people present; each has a key, and shows one credential again and again.
_PEOPLE = 8
_PREPARING_CLIENTS = 8
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_CONFIGURATION = "VaccinationStatusCredential-ecdsa-sd-2023"


@dataclass(frozen=True)
class Scenario:
    """What is measured: its name, the port it asks at, and how pieces of work are made ready for it.

    `prepare` takes how many, and gives one function for each, which does it with a client.
    """

    name: str
    port: int
    prepare: Callable[[int], Sequence[Piece]]


# One prepared piece of work.
Piece = Callable[[Client], Awaitable[None]]


def scenarios_of(site: Site, token: str, run: str) -> list[Scenario]:
    """Return the three scenarios at a site; `run` is a text that no other run has."""
    counter = iter(range(10**9))
    return [
        Scenario("issue", site.issuer_port, lambda count: _issue(site, token, run, counter, count)),
        Scenario("verify", site.verifier_port, _Verifying(site, token, run).prepare),
        Scenario("OpenID4VCI", site.issuer_port, lambda count: _flows(site, token, run, counter, count)),
    ]


def work_of(pieces: Sequence[Piece], client: Client) -> Work:
    """Return the pieces as the work of `bench.load`."""

    async def work(number: int) -> None:
        await pieces[number](client)

    return work


def _issue(site: Site, token: str, run: str, counter: Iterator[int], count: int) -> list[Piece]:
    now = utc_now().replace(microsecond=0)
    issuer_id = site.keys.did(site.config.suite)
    document = credential_from_record(
        parse_record(_record(run, 0), now=now),
        issuer_id=issuer_id,
        issuer_name=site.config.name,
        valid_from=now,
        valid_until=now.replace(year=now.year + 1),
        holder=did_key(_key(0).public_key),
    )
    text = dump_json({"credential": document})
    first = _name(run, 0)
    headers = {"authorization": f"Bearer {token}"}

    def piece() -> Piece:
        body = text.replace(first, _name(run, next(counter))).encode()
        request = post("/credentials/issue", body, media_type=_JSON, headers=headers)

        async def do(client: Client) -> None:
            answer = await client.ask(request)
            if answer.status != 201 or b'"proof"' not in answer.body:
                raise UnexpectedAnswerError(f"issue: {answer.status} {answer.body[:300]!r}")

        return do

    return [piece() for _ in range(count)]


class _Verifying:
    """Presentations of credentials that the issuer minted with status entries."""

    def __init__(self, site: Site, token: str, run: str) -> None:
        self._site = site
        self._token = token
        self._run = run
        self._plans: list[PresentationPlan] = []

    def prepare(self, count: int) -> list[Piece]:
        """Fetch challenges and sign presentations."""
        if not self._plans:
            self._plans = asyncio.run(self._planned())
        sent = asyncio.run(_together(self._site.verifier_port, [_CHALLENGE] * count))
        return [self._piece(number, each) for number, each in enumerate(sent)]

    async def _planned(self) -> list[PresentationPlan]:
        client = Client(self._site.issuer_port)
        plans = []
        for number in range(_PEOPLE):
            held = _held(number)
            body: JSONObject = {
                "record": _record(self._run, number),
                "options": {"holder": held.did, "again": True},
            }
            minted = (await client.ask(post_json("/mint", body, token=self._token))).json(201)
            credential = minted["verifiableCredential"]
            assert isinstance(credential, dict)
            request = Request("challenge", "domain", "venue")
            candidate = Candidate("1", credential, (held.did,))
            plans.append(plan([candidate], request, own_dids=[held.did]))
        await client.close()
        return plans

    def _piece(self, number: int, sent: JSONObject) -> Piece:
        planned, held = self._plans[number % _PEOPLE], _held(number % _PEOPLE)
        asked = replace(planned.request, challenge=str(sent["challenge"]), domain=str(sent["domain"]))
        signed = sign(replace(planned, request=asked), [held], now=utc_now())
        request = post_json("/presentations/verify", {"verifiablePresentation": signed, "options": sent})

        async def do(client: Client) -> None:
            answer = await client.ask(request)
            if answer.status != 200 or not answer.body.startswith(b'{"verified":true'):
                raise UnexpectedAnswerError(f"verify: {answer.status} {answer.body[:300]!r}")

        return do


_CHALLENGE = post("/challenges", b"", media_type=None)


def _flows(site: Site, token: str, run: str, counter: Iterator[int], count: int) -> list[Piece]:
    offered = [
        post_json("/offers", {"record": _record(run, next(counter)), "minutes": 1440}, token=token)
        for _ in range(count)
    ]
    made = asyncio.run(_together(site.issuer_port, offered, status=201))
    return [_flow(site, number, each) for number, each in enumerate(made)]


def _flow(site: Site, number: int, made: JSONObject) -> Piece:
    offer = made["credentialOffer"]
    assert isinstance(offer, dict)
    grants = offer["grants"]
    assert isinstance(grants, dict)
    grant = grants[PRE_AUTHORIZED_GRANT]
    assert isinstance(grant, dict)
    fields = {
        "grant_type": PRE_AUTHORIZED_GRANT,
        "pre-authorized_code": str(grant["pre-authorized_code"]),
        "tx_code": str(made["txCode"]),
    }
    token_request = post("/token", urlencode(fields).encode(), media_type=_FORM)
    key, url = _key(number % _PEOPLE), str(site.config.url)
    kid = did_key_method(key.public_key)

    async def do(client: Client) -> None:
        for request in _METADATA:
            (await client.ask(request)).json(200)
        token = str((await client.ask(token_request)).json(200)["access_token"])
        nonce = str((await client.ask(_NONCE)).json(200)["c_nonce"])
        proof = build_jwt_proof(key, issuer=url, nonce=nonce, now=utc_now(), kid=kid)
        body: JSONObject = {"credential_configuration_id": _CONFIGURATION, "proofs": {"jwt": [proof]}}
        answer = await client.ask(post_json("/credential", body, token=token))
        if answer.status != 200 or b'"credentials"' not in answer.body:
            raise UnexpectedAnswerError(f"credential: {answer.status} {answer.body[:300]!r}")

    return do


_METADATA = (get("/.well-known/openid-credential-issuer"), get("/.well-known/oauth-authorization-server"))
_NONCE = post("/nonce", b"", media_type=None)


async def _together(port: int, requests: Sequence[bytes], *, status: int = 200) -> list[JSONObject]:
    """Send requests a few at a time and return their answers in order."""
    client = Client(port)
    answers: list[JSONObject] = [{}] * len(requests)
    numbers = iter(range(len(requests)))

    async def some() -> None:
        for number in numbers:
            answers[number] = (await client.ask(requests[number])).json(status)

    await asyncio.gather(*(some() for _ in range(_PREPARING_CLIENTS)))
    await client.close()
    return answers


def _name(run: str, number: int) -> str:
    return f"Amara {run} Nwosu-{number:09}"


def _record(run: str, number: int) -> JSONObject:
    return copy.deepcopy(RECORD) | {"name": _name(run, number)}


def _key(number: int) -> PrivateKey:
    return PrivateKey.from_secret_bytes(KeyType.P256, bytes([100 + number]) * 32)


def _held(number: int) -> HeldKey:
    return HeldKey("main", _key(number), utc_now())
