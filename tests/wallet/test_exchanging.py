"""wallet.exchanging: the question is from whom it names, what fits is shown, and only that is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from protocols.vcalm_exchanges import CreateExchange, PresentationRequest, WorkflowConfig
from runtime.exchange import Answer
from tests.asgi import Client
from tests.venue import DOMAIN, Venue
from tests.wallet.conftest import outcomes
from tests.world import RECOVERY, VACCINATION, World
from vclib.errors import FetchError, InvalidDomainError, MalformedValueError, VCError
from vclib.strict_json import JSONObject, dump_json
from verifier.exchanges import Exchanges
from verifier.service import Verifier
from wallet.exchanging import (
    Asked,
    ExchangeRefusedError,
    Exchanging,
    NothingFitsError,
    check_domain,
    interaction_url,
)
from wallet.holder import Holder

EXAMPLE: dict[str, Any] = {
    "type": "VaccinationStatusCredential",
    "credentialSubject": {"name": "", "vaccination": {"dose": ""}},
}
ENTRY: dict[str, Any] = {"type": "QueryByExample", "credentialQuery": {"example": EXAMPLE}}


@dataclass
class Network:
    """The venue's application as the network. `spoil` changes what it answers."""

    client: Client
    spoil: Callable[[str, Answer], Answer] = lambda _, answer: answer
    sent: list[tuple[str, str]] = field(default_factory=list)

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        assert url.startswith(f"{DOMAIN}/"), url
        self.sent.append((method, url))
        answer = self.client.ask(method, url.removeprefix(DOMAIN), content=body or b"", headers=headers)
        return self.spoil(method, Answer(answer.status_code, dict(answer.headers), answer.content))


@pytest.fixture
def venue(world: World, tmp_path: Path) -> Iterator[Venue]:
    folder = tmp_path / "venue"
    folder.mkdir()
    venue = Venue(world, folder)
    yield venue
    venue.store.close()


@pytest.fixture
def holder(make_holder: Callable[[str], Holder], world: World, venue: Venue) -> Holder:
    holder = make_holder("alice.ddcc")
    (key,) = holder.keys()
    record: JSONObject = {**VACCINATION, "certificate": {"hcid": "ALICE-1"}}
    holder.add_credential(world.mint(record, owner(key.did)))
    return holder


@dataclass(frozen=True)
class Owner:
    """Whom a credential is minted for: only the DID is looked at."""

    did: str


def owner(did: str) -> Any:
    """Any: the world asks for a person."""
    return Owner(did)


def begin(venue: Venue, *queries: JSONObject) -> str:
    """Return the interaction URL of a new exchange."""
    exchanges = Exchanges(venue.config, venue.store, Verifier(venue.world.trusted, fetch=venue.fetch))
    now = venue.world.clock.now
    query: Any = list(queries or [ENTRY])
    workflow = WorkflowConfig.from_json(
        {"steps": {"ask": {"verifiablePresentationRequest": {"query": query}}}, "initialStep": "ask"}
    )
    workflow_id = exchanges.create_workflow(workflow, now=now)
    return f"{DOMAIN}/interactions/{exchanges.begin(workflow_id, CreateExchange(), now=now)}?iuv=1"


def test_what_was_asked_is_shown_and_sent(holder: Holder, venue: Venue) -> None:
    """L2: exactly what the example asks for, beside what the issuer made mandatory."""
    exchanging = Exchanging(holder, Network(venue.client()))
    asked = exchanging.open(f"interaction:{begin(venue)}")
    assert asked is not None
    assert (asked.host, asked.request.domain) == ("venue.example", DOMAIN)
    planned = exchanging.plan(asked)
    (disclosure,) = planned.disclosures
    chosen = [value.pointer for value in disclosure.values if value.reason == "chosen"]
    assert chosen == ["/credentialSubject/name", "/credentialSubject/vaccination/dose"]
    assert exchanging.send(asked, planned) is None
    assert outcomes(holder)[-1] == ("present", "done")


def test_holding_the_key_can_be_all_that_is_asked(holder: Holder, venue: Venue) -> None:
    exchanging = Exchanging(holder, Network(venue.client()))
    query: JSONObject = {"type": "DIDAuthentication", "acceptedMethods": [{"method": "key"}]}
    asked = exchanging.open(begin(venue, query))
    assert asked is not None
    planned = exchanging.plan(asked)
    assert planned.disclosures == ()
    assert exchanging.send(asked, planned) is None


def test_the_first_alternative_that_can_be_answered_counts(holder: Holder, venue: Venue) -> None:
    other: JSONObject = {
        "type": "QueryByExample",
        "credentialQuery": {"example": {"type": "TestResultCredential"}},
    }
    unknown = PresentationRequest.from_json({"query": [{"type": "Other"}, other, ENTRY]})
    exchanging = Exchanging(holder, Network(venue.client()))
    asked = Asked(DOMAIN, replace(unknown, challenge="c", domain=DOMAIN))
    assert len(exchanging.plan(asked).disclosures) == 1


def test_two_credentials_are_answered_in_one_presentation(holder: Holder, venue: Venue, world: World) -> None:
    (key,) = holder.keys()
    holder.add_credential(world.mint(RECOVERY, owner(key.did)))
    recovery: JSONObject = {
        "type": "QueryByExample",
        "group": "g",
        "credentialQuery": {"example": {"credentialSubject": {"recovery": {"disease": ""}}}},
    }
    exchanging = Exchanging(holder, Network(venue.client()))
    asked = exchanging.open(begin(venue, {**ENTRY, "group": "g"}, recovery))
    assert asked is not None
    planned = exchanging.plan(asked)
    assert len(planned.disclosures) == 2
    assert exchanging.send(asked, planned) is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"example": {"type": "TestResultCredential"}}, "it lacks /type"),
        ({"example": {"credentialSubject": {"shoeSize": ""}}}, "it lacks /credentialSubject/shoeSize"),
        ({"example": {}, "acceptedIssuers": [{"id": "did:web:x.example"}]}, "of another issuer"),
        ({"example": {}, "acceptedCryptosuites": [{"cryptosuite": "bbs-2023"}]}, "no proof of a kind"),
    ],
)
def test_nothing_is_sent_where_nothing_fits(
    holder: Holder, venue: Venue, query: JSONObject, message: str
) -> None:
    network = Network(venue.client())
    exchanging = Exchanging(holder, network)
    asked = exchanging.open(begin(venue, {"type": "QueryByExample", "credentialQuery": query}))
    assert asked is not None
    with pytest.raises(NothingFitsError, match=message):
        exchanging.plan(asked)
    assert len(network.sent) == 2
    assert outcomes(holder)[-1] == ("present", "failed")


def test_a_key_of_another_kind_authenticates_nobody(holder: Holder, venue: Venue) -> None:
    exchanging = Exchanging(holder, Network(venue.client()))
    for queries in (
        [{"type": "DIDAuthentication", "acceptedMethods": [{"method": "web"}]}],
        [
            {**ENTRY, "group": "g"},
            {
                "type": "DIDAuthentication",
                "group": "g",
                "acceptedCryptosuites": [{"cryptosuite": "eddsa-rdfc-2022"}],
            },
        ],
    ):
        request = PresentationRequest.from_json({"query": list(queries), "challenge": "c", "domain": DOMAIN})
        with pytest.raises(NothingFitsError, match="of a kind"):
            exchanging.plan(Asked(DOMAIN, request))


@pytest.mark.parametrize("domain", ["https://venue.example:8443", "venue.example:8443", "venue.example"])
def test_a_question_is_from_the_place_that_it_names(domain: str) -> None:
    request = PresentationRequest((), "c", domain)
    check_domain(request, "https://venue.example:8443/workflows/1/exchanges/2")


@pytest.mark.parametrize(
    "domain",
    [
        "https://bank.example",
        "https://venue.example",
        "http://venue.example:8443",
        "https://venue.example:8443/",
        "https://venue.example:8443.evil.example",
        "VENUE.example:8443",
    ],
)
def test_a_question_in_another_name_is_refused(domain: str) -> None:
    """E2: the answer would be shown elsewhere."""
    with pytest.raises(InvalidDomainError, match="another place"):
        check_domain(
            PresentationRequest((), "c", domain), "https://venue.example:8443/workflows/1/exchanges/2"
        )


@pytest.mark.parametrize(("challenge", "domain"), [(None, DOMAIN), ("c", None), (None, None)])
def test_a_question_that_binds_no_answer_is_refused(challenge: str | None, domain: str | None) -> None:
    with pytest.raises(MalformedValueError, match="no challenge or no domain"):
        check_domain(PresentationRequest((), challenge, domain), DOMAIN)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "https://venue.example/interactions/z8n",
        "https://venue.example/interactions/z8n?iuv=2",
        "https://venue.example/interactions/z8n?iuv=1&iuv=1",
        "javascript:alert(1)?iuv=1",
        "file:///etc/passwd?iuv=1",
        "openid4vp://?iuv=1",
        "https://[venue?iuv=1",
        f"https://venue.example/{'a' * 2000}?iuv=1",
    ],
)
def test_what_is_no_interaction_url_is_refused(link: str) -> None:
    """F12."""
    with pytest.raises(MalformedValueError):
        interaction_url(link)


@pytest.mark.parametrize(
    ("method", "answer", "error"),
    [
        ("GET", Answer(404, {}, b""), ExchangeRefusedError),
        ("GET", Answer(200, {}, b"<html>"), FetchError),
        ("GET", Answer(200, {}, b'{"protocols": {"OID4VP": "openid4vp://"}}'), MalformedValueError),
        ("GET", Answer(200, {}, b'{"protocols": {"vcapi": 5}}'), MalformedValueError),
        ("POST", Answer(400, {}, b'{"detail": "no"}'), ExchangeRefusedError),
        ("POST", Answer(500, {}, b"\xff"), ExchangeRefusedError),
        ("POST", Answer(200, {}, b"[]"), FetchError),
        ("POST", Answer(200, {}, b'{"verifiablePresentation": {}}'), MalformedValueError),
        (
            "POST",
            Answer(
                200,
                {},
                dump_json(
                    {
                        "verifiablePresentationRequest": {
                            "query": [ENTRY],
                            "challenge": "c",
                            "domain": "https://bank.example",
                        }
                    }
                ).encode(),
            ),
            InvalidDomainError,
        ),
    ],
)
def test_whatever_else_is_answered_stops_the_wallet(
    holder: Holder, venue: Venue, method: str, answer: Answer, error: type[VCError]
) -> None:
    network = Network(venue.client(), lambda used, real: answer if used == method else real)
    with pytest.raises(error):
        Exchanging(holder, network).open(begin(venue))
    assert outcomes(holder)[-1] == ("present", "failed")


def test_a_refused_answer_is_said_to_be(holder: Holder, venue: Venue, world: World) -> None:
    exchanging = Exchanging(holder, Network(venue.client()))
    asked = exchanging.open(begin(venue))
    assert asked is not None
    planned = exchanging.plan(asked)
    exchanging.send(asked, planned)
    with pytest.raises(ExchangeRefusedError, match="status 409: this exchange is complete"):
        exchanging.send(asked, planned)
    assert outcomes(holder)[-1] == ("send", "failed")


def test_a_plan_for_another_request_is_not_sent(holder: Holder, venue: Venue) -> None:
    """L3."""
    exchanging = Exchanging(holder, Network(venue.client()))
    first, second = exchanging.open(begin(venue)), exchanging.open(begin(venue))
    assert first is not None
    assert second is not None
    with pytest.raises(MalformedValueError, match="for another request"):
        exchanging.send(second, exchanging.plan(first))
