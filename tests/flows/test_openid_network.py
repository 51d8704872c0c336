"""OpenID4VCI and OpenID4VP between real processes over sockets, with the wallet's own commands, and refused.

What each side decides is tested without sockets elsewhere; here it is that the three fit together as they are
started, once for each kind of way.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest

from protocols.jose import parse_jws
from protocols.oid4vci import PRE_AUTHORIZED_GRANT, build_di_vp_proof, build_jwt_proof
from tests.flows.conftest import in_process
from tests.flows.network import (
    Network,
    Offer,
    Request,
    Venue,
    done,
    issuer_running,
    make_network,
    venue_running,
)
from tests.issuer.wallet_client import VACCINATION_SD, wallet_key


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    network = make_network(tmp_path_factory.mktemp("network"))
    with issuer_running(network, "--workers", 2):
        network.hold()
        yield network


@pytest.fixture(scope="module")
def venue(network: Network) -> Iterator[Venue]:
    with venue_running(network, "did:web") as venue:
        yield venue


# --- OpenID4VCI -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by_value", "options"), [(False, ()), (True, ("--no-tx-code",)), (False, ("--suite", "bbs-2023"))]
)
def test_an_offer_is_received_and_the_issuer_is_told(
    network: Network, by_value: bool, options: tuple[str, ...]
) -> None:
    offer = network.offer(*options, by_value=by_value)
    received = done(network.receive(offer))
    (credential,) = received.json["credentials"]
    assert credential["duplicate"] is False
    assert network.told(offer)["events"] == ["credential_accepted"]
    again = network.receive(offer)
    assert again.code != 0, "F1: an offer is redeemed once"


def test_copies_for_one_use_are_received(network: Network) -> None:
    received = done(network.receive(network.offer(), "--copies", 3)).json["credentials"]
    assert len({str(each["boundTo"]) for each in received}) == 3


def test_a_deferred_credential_comes_once_it_is_approved(network: Network) -> None:
    mine = network.new_wallet("deferred")
    offer = mine.offer("--deferred")
    assert done(mine.receive(offer)).json["credentials"] == []
    assert mine.held() == []
    done(in_process("issuer", "approve", offer.id, *mine.issuer_home))
    resumed = in_process(
        *("wallet", "receive", "--resume", "--wait", 30, "--allow-loopback", "--json"), *mine.wallet
    )
    assert len(done(resumed).json["credentials"]) == 1


def test_a_wrong_transaction_code_is_refused_and_the_right_one_still_works(network: Network) -> None:
    """F2, F3: over the wire all that is refused reads the same."""
    mine = network.new_wallet("codes")
    offer = mine.offer()
    right = offer.tx_code
    wrong = "000000" if right != "000000" else "111111"
    command = ("wallet", "receive", offer.file, "--yes", "--allow-loopback")
    refused = in_process(*command, *offer.with_code(wrong), *mine.wallet)
    assert (refused.code, "[invalid_grant]" in refused.err) == (1, True)
    done(mine.receive(offer))
    dead = mine.offer()
    fields = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": dead.code}
    wrong = "000000" if dead.tx_code != "000000" else "111111"
    answers = [_post(network, "/token", {**fields, "tx_code": wrong}) for _ in range(5)]
    answers.append(_post(network, "/token", {**fields, "tx_code": dead.tx_code}))
    answers.append(_post(network, "/token", {**fields, "pre-authorized_code": "unknown", "tx_code": wrong}))
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1


def _post(network: Network, path: str, fields: dict[str, Any]) -> httpx.Response:
    """Any: texts."""
    return httpx.post(f"{network.issuer_url}{path}", data=fields, timeout=60)


def _token(network: Network, offer: Offer) -> dict[str, str]:
    fields = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": offer.code, "tx_code": offer.tx_code}
    answer = _post(network, "/token", fields)
    assert answer.status_code == 200, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


def _ask(network: Network, headers: dict[str, str], proofs: Any) -> httpx.Response:
    """Any: JSON."""
    body = {"credential_configuration_id": VACCINATION_SD, "proofs": proofs}
    return httpx.post(f"{network.issuer_url}/credential", json=body, headers=headers, timeout=60)


def _proof(network: Network, kind: str, **changes: Any) -> Any:
    """Any: the parameters of both builders, and JSON."""
    nonce = httpx.post(f"{network.issuer_url}/nonce", timeout=30).json()["c_nonce"]
    named: Any = {"issuer": network.issuer_url, "now": datetime.now(UTC), "nonce": nonce, **changes}
    if kind == "jwt":
        return {"jwt": [build_jwt_proof(wallet_key(12), **named)]}
    return {"di_vp": [build_di_vp_proof(wallet_key(12), cryptosuite="ecdsa-rdfc-2019", **named)]}


@pytest.mark.parametrize("kind", ["jwt", "di_vp"])
def test_a_key_is_proven_in_both_ways_and_for_this_issuer_only(network: Network, kind: str) -> None:
    """F5, F6."""
    headers = _token(network, network.offer())
    elsewhere = _ask(network, headers, _proof(network, kind, issuer="https://other.example"))
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_proof")
    stale = _ask(network, headers, _proof(network, kind, nonce="bm90LW91cnM"))
    assert (stale.status_code, stale.json()["error"]) == (400, "invalid_nonce")
    proof = _proof(network, kind)
    issued = _ask(network, headers, proof)
    assert (issued.status_code, len(issued.json()["credentials"])) == (200, 1)
    again = _ask(network, headers, proof)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_nonce")
    assert httpx.post(f"{network.issuer_url}/credential", json={}, timeout=30).status_code == 401


def test_racing_clients_get_one_token_and_one_credential(network: Network) -> None:
    """F1, F10, M10: two worker processes, one code, one dose."""
    offer = network.offer()
    fields = {"grant_type": PRE_AUTHORIZED_GRANT, "pre-authorized_code": offer.code, "tx_code": offer.tx_code}
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: _post(network, "/token", fields), range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 7
        (token,) = (each.json()["access_token"] for each in answers if each.status_code == 200)
        headers = {"authorization": f"Bearer {token}"}
        proofs = [_proof(network, "jwt") for _ in range(6)]
        issued = list(threads.map(lambda proof: _ask(network, headers, proof), proofs))
    assert {answer.status_code for answer in issued} == {200}
    assert len({str(answer.json()["credentials"]) for answer in issued}) == 1


# --- OpenID4VP ------------------------------------------------------------------------------------


def accepted_once(request: Request, network: Network, *options: object) -> None:
    """E1: the wallet answers, the verdict is there, and the same request is not answered again."""
    command = ("--yes", "--credential", network.held()[0]["id"], *options)
    sent = done(request.present(*command))
    assert sent.out.startswith("sent to localhost")
    result = request.result().json()["result"]
    assert (result["outcome"], len(result["presentations"])) == ("accepted", 1)
    assert request.present(*command).code != 0


def test_a_verifier_that_is_a_did_web_is_answered(network: Network, venue: Venue) -> None:
    accepted_once(venue.ask(), network)


def test_a_verifier_that_is_a_did_key_is_answered(network: Network) -> None:
    with venue_running(network, "did:key") as venue:
        accepted_once(venue.ask(), network)


def test_a_verifier_that_proves_nothing_is_answered_if_its_holder_says_so(network: Network) -> None:
    """L4: `redirect_uri`; a yes to everything is none to that."""
    with venue_running(network, "redirect_uri") as venue:
        request = venue.ask()
        assert request.present("--yes").code == 2
        accepted_once(request, network, "--unverified")


@pytest.mark.parametrize("kind", ["x509_san_dns", "x509_hash"])
def test_a_verifier_with_a_certificate_is_answered_if_its_authority_is_trusted(
    network: Network, kind: str
) -> None:
    """E7: an authority may do for TLS, and not for who asks."""
    with venue_running(network, kind) as venue:
        anchors, venue.wallet_options = venue.wallet_options, ()
        request = venue.ask()
        refused = request.present("--yes")
        assert (refused.code, "[invalid_request]" in refused.err) == (1, True)
        venue.wallet_options = anchors
        accepted_once(request, network)


def test_the_verdict_is_printed_by_the_verifiers_own_command(network: Network, venue: Venue) -> None:
    """Of an unlinkable credential, which is bound to nobody."""
    mine = network.new_wallet("unlinkable")
    mine.hold("--suite", "bbs-2023")
    (network.folder / "token").write_text(venue.token)
    command = ("verifier", "request", "--for", "venue", "--url", venue.url)
    options = ("--token-file", network.folder / "token", "--allow-loopback", "--json")
    asked = done(in_process(*command, *options)).json
    request = Request(venue, asked)
    done(request.present("--yes", network=mine))
    result = request.result().json()["result"]
    assert result["presentations"][0]["credentials"][0]["cryptosuites"] == ["bbs-2023"]
    assert in_process(*command, "--allow-loopback", "--json").code != 0, "F17: without a token nobody asks"


def test_the_same_device_gets_the_result_with_the_code_alone(network: Network, venue: Venue) -> None:
    """E14, E15."""
    request = venue.ask(redirectUri=f"{venue.url}/done")
    held = ("--credential", network.held()[0]["id"])
    sent = done(request.present("--yes", "--json", *held)).json
    start, _, code = sent["redirectUri"].partition("#response_code=")
    assert (start, len(code) >= 22) == (f"{venue.url}/done", True)
    state = urlsplit(request.object_uri).path.split("/")[2]
    with venue.client as client:
        assert client.get(f"/requests/{state}/result").status_code == 404
    assert "result" not in request.result().text
    assert "result" not in request.result(response_code="x" * 43).text
    assert request.result(response_code=code).json()["result"]["outcome"] == "accepted"
    assert "result" not in request.result(response_code=code).text


def test_a_request_object_is_for_the_wallet_that_fetched_it(venue: Venue) -> None:
    """E11: by GET without, by POST with the wallet's own nonce; both signed."""
    request = venue.ask()
    with venue.client as client:
        got = client.get(request.object_uri)
    posted = request.post(request.object_uri, {"wallet_nonce": "qPmxiNFCR3QTm19POc8u"})
    assert {got.headers["content-type"], posted.headers["content-type"]} == {
        "application/oauth-authz-req+jwt"
    }
    assert "wallet_nonce" not in parse_jws(got.text).payload
    assert parse_jws(posted.text).payload["wallet_nonce"] == "qPmxiNFCR3QTm19POc8u"
    refused = request.post(request.object_uri, {"wallet_metadata": "{"})
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")


def test_answers_that_are_none_leave_the_request_open(network: Network, venue: Venue) -> None:
    """E1, E16, E18."""
    request = venue.ask()
    for fields in (
        {"vp_token": "{}", "state": "x"},
        {"response": "eyJhbGciOiJub25lIn0.e30."},
        {"response": "x", "state": "x"},
        {"error": "access_denied", "state": "somebody-elses"},
    ):
        refused = request.post(request.response_uri, fields)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request"), fields
    assert request.result().json() == {"state": "open"}
    # Nothing leaves without a yes, and who asks is told only what its holder lets it know.
    unasked = request.present("--credential", network.held()[0]["id"])
    assert (unasked.code, "nothing left the wallet" in unasked.err) == (1, True)
    assert request.result().json() == {"state": "fetched"}
    refusal = {"error": "access_denied", "state": urlsplit(request.object_uri).path.split("/")[2]}
    answers = [request.post(request.response_uri, refusal).status_code for _ in range(2)]
    assert answers == [200, 404]
    assert request.result().json()["result"] == {"outcome": "none", "error": "access_denied"}


def test_keys_of_a_did_web_issuer_change_while_verifiers_look(network: Network, venue: Venue) -> None:
    """F16, G4: old credentials are good until their key is withdrawn; the DID resolves to what is served."""
    mine = network.new_wallet("rotation")
    mine.hold("--no-tx-code")

    def outcome() -> str:
        request = venue.ask()
        done(request.present("--yes", network=mine))
        return str(request.result().json()["result"]["outcome"])

    def served_keys() -> set[str]:
        did = f"did:web:localhost%3A{urlsplit(network.issuer_url).port}"
        with venue.client as client:
            resolved = client.get(f"/identifiers/{quote(did, safe='')}").json()
            nobody = client.get("/identifiers/did:web:localhost%253A1")
        assert nobody.status_code in (404, 502)
        document = resolved["didDocument"]
        assert document["id"] == did
        return {each["id"].partition("#")[2] for each in document["verificationMethod"]}

    assert outcome() == "accepted"
    place = (*network.issuer_home, *network.secret)
    done(in_process("issuer", "key", "rotate", *place))
    assert {"p256-1", "p256-2"} <= served_keys()
    assert outcome() == "accepted"
    done(in_process("issuer", "key", "withdraw", "p256-1", "--yes", *place))
    assert "p256-1" not in served_keys()
    assert outcome() == "refused"
