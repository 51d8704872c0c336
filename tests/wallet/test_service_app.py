"""wallet.service_app and wallet.holder_service: for the token's owner alone, and never a base proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.asgi import Client
from tests.wallet.conftest import outcomes
from tests.world import VACCINATION, VENUE, World
from vclib.errors import ConfigurationError
from vclib.proofs import derive, is_base_proof, proofs_of
from vclib.strict_json import JSONObject, dump_json
from verifier.service import Question, Verifier
from wallet.cli_serve import token_of
from wallet.holder import Holder
from wallet.holder_service import HolderService
from wallet.service_app import create_holder_app

TOKEN = "t" * 43
POINTERS = ["/credentialSubject/name"]
ASKED: JSONObject = {"challenge": "c-1", "domain": VENUE}


@dataclass(frozen=True)
class Owner:
    """Whom a credential is minted for: only the DID is looked at."""

    did: str


@dataclass
class Software:
    """Other software of the holder: it has the token, and a credential."""

    holder: Holder
    client: Client
    credential: JSONObject

    def ask(self, method: str, path: str, body: JSONObject | None = None, **headers: str) -> httpx.Response:
        sent = {"authorization": f"Bearer {TOKEN}", "host": "127.0.0.1:8443"} | headers
        if body is not None:
            sent["content-type"] = "application/json"
        content = b"" if body is None else dump_json(body).encode()
        return self.client.ask(method, path, content=content, headers=sent)

    def derive(self, credential: JSONObject) -> httpx.Response:
        body: JSONObject = {
            "verifiableCredential": credential,
            "options": {"selectivePointers": list(POINTERS)},
        }
        return self.ask("POST", "/credentials/derive", body)

    def present(self, *credentials: JSONObject, **options: Any) -> httpx.Response:
        """Any: options of every kind."""
        presentation: JSONObject = {
            "@context": ["https://www.w3.org/ns/credentials/v2"],
            "type": ["VerifiablePresentation"],
            "verifiableCredential": list(credentials),
        }
        return self.ask("POST", "/presentations", {"presentation": presentation, "options": ASKED | options})


@pytest.fixture
def software(make_holder: Callable[[str], Holder], world: World) -> Software:
    holder = make_holder("alice.ddcc")
    (key,) = holder.keys()
    owner: Any = Owner(key.did)
    credential = world.mint(VACCINATION, owner)
    holder.add_credential(credential)
    app = create_holder_app(HolderService(holder), token=TOKEN, hosts=("127.0.0.1:8443", "localhost:8443"))
    return Software(holder, Client(app), credential)


def test_a_credential_is_derived_and_presented(software: Software, world: World) -> None:
    derived = software.derive(software.credential)
    assert derived.status_code == 201
    assert not any(is_base_proof(proof) for proof in proofs_of(derived.json()))
    presented = software.present(derived.json())
    assert presented.status_code == 201
    signed = presented.json()["verifiablePresentation"]
    verdict = Verifier(world.trusted, world.status_lists).check(
        signed, Question("c-1", VENUE, require_holder=True), now=world.clock.now
    )
    assert verdict.verdict.outcome == "accepted"
    assert outcomes(software.holder)[-2:] == [("derive", "done"), ("present", "done")]
    (disclosed,) = software.holder.history()[-1].members["disclosed"]  # type: ignore[misc,union-attr]  # JSON
    assert "Aulus Agerius" in str(disclosed)


def test_a_credential_of_the_wallet_is_named_by_its_id(software: Software) -> None:
    (view,) = software.holder.credentials()
    assert software.derive({"id": view.id}).status_code == 201
    assert software.derive({"id": "ffff"}).status_code == 400


def test_presentations_are_kept_until_they_are_deleted(software: Software) -> None:
    shown = derive(software.credential, selective_pointers=POINTERS)
    path = software.present(shown).headers["location"]
    signed = software.ask("GET", path).json()["verifiablePresentation"]
    assert software.ask("GET", "/presentations").json() == {"verifiablePresentations": [signed]}
    assert software.ask("DELETE", path).status_code == 202
    for method in ("GET", "DELETE"):
        assert software.ask(method, path).status_code == 404
    assert software.ask("GET", "/presentations").json() == {"verifiablePresentations": []}


def test_a_base_proof_never_leaves(software: Software) -> None:
    """D1."""
    refused = software.present(software.credential)
    assert (refused.status_code, "base proof must not leave" in refused.text) == (400, True)
    assert outcomes(software.holder)[-1] == ("present", "failed")
    assert software.ask("GET", "/presentations").json() == {"verifiablePresentations": []}


def test_a_credential_of_somebody_else_is_not_presented(software: Software, world: World) -> None:
    """E4."""
    record: JSONObject = {**VACCINATION, "certificate": {"hcid": "OTHER-1"}}
    other = derive(world.mint(record, world.person(11)), selective_pointers=POINTERS)
    refused = software.present(other)
    assert (refused.status_code, "bound to another key" in refused.text) == (400, True)


@pytest.mark.parametrize(
    "options",
    [
        {"challenge": ""},
        {"domain": 5},
        {"proofPurpose": "assertionMethod"},
        {"type": "Ed25519Signature2020"},
        {"created": "2020-01-01T00:00:00Z"},
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"verificationMethod": "did:key:z6Mk#z6Mk"},
    ],
)
def test_options_that_would_not_be_followed_are_refused(software: Software, options: dict[str, Any]) -> None:
    shown = derive(software.credential, selective_pointers=POINTERS)
    assert software.present(shown, **options).status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"presentation": {}, "options": {}},
        {"presentation": {"type": "VerifiablePresentation"}, "options": {"challenge": "c"}},
        {"presentation": {"type": ["VerifiablePresentation"], "proof": {}}, "options": {"x": 1}},
        {"verifiablePresentation": {}},
    ],
)
def test_a_request_that_is_none_is_refused(software: Software, body: JSONObject) -> None:
    assert software.ask("POST", "/presentations", body).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": f"Bearer {'t' * 600}"}, 401),
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8443"}, 421),
        ({"host": "127.0.0.1"}, 421),
        ({"host": "127.0.0.1:8444"}, 421),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://127.0.0.1:8443"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 403),
    ],
)
@pytest.mark.parametrize("path", ["/presentations", "/openapi.json", "/nothing"])
def test_only_who_has_the_token_and_is_no_web_page_gets_in(
    software: Software, headers: dict[str, str], status: int, path: str
) -> None:
    """M6: also a page that rebinds its name to this machine, and before a route is looked up."""
    answer = software.ask("GET", path, **headers)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in answer.headers


def test_localhost_is_another_name_of_it(software: Software) -> None:
    assert software.ask("GET", "/presentations", host="localhost:8443").status_code == 200


def test_a_token_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = token_of(file)
    assert (len(token), token_of(file), file.stat().st_mode & 0o777) == (43, token, 0o600)


def test_a_token_file_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    for content, mode, message in (
        ("t" * 43, 0o644, "other users"),
        ("short", 0o600, "at least 32 characters"),
        ("t" * 20 + " " + "t" * 20, 0o600, "at least 32 characters"),
        ("ü" * 43, 0o600, "holds no token"),
    ):
        file.write_text(content, encoding="utf-8")
        file.chmod(mode)
        with pytest.raises(ConfigurationError, match=message):
            token_of(file)
