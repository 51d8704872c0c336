"""verifier.identifiers: DIDs and DID URLs resolved over HTTP, each failure under its status."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest

from runtime.web import create_app
from tests.asgi import Client
from vclib.errors import FetchError, FetchNotFoundError
from vclib.strict_json import JSONObject
from verifier.identifiers import RESULT_MEDIA_TYPE, identifiers_router

# The did:key of the test suite of the W3C Credentials Community Group.
KEY = "z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b"
DID = f"did:key:{KEY}"


def no_host(url: str) -> bytes:
    if "gone.example" in url:
        raise FetchNotFoundError("404")
    raise FetchError("no answer")


def ask(identifier: str, **query: str) -> httpx.Response:
    app = create_app("test", version="1")
    app.include_router(identifiers_router(fetch=no_host))
    return Client(app).get(f"/identifiers/{quote(identifier, safe='')}", params=query)


def test_did_answers_with_a_resolution_result() -> None:
    answer = ask(DID)
    assert (answer.status_code, answer.headers["content-type"]) == (200, RESULT_MEDIA_TYPE)
    result = answer.json()
    assert result["didDocument"]["id"] == DID
    assert result["didDocument"]["verificationMethod"][0]["publicKeyMultibase"] == KEY
    assert "error" not in result["didResolutionMetadata"]


def test_did_url_answers_with_a_dereferencing_result() -> None:
    result = ask(f"{DID}#{KEY}").json()
    assert (result["contentStream"]["id"], result["contentStream"]["controller"]) == (f"{DID}#{KEY}", DID)


def test_key_is_written_in_the_form_asked_for() -> None:
    method = ask(DID, publicKeyFormat="JsonWebKey2020").json()["didDocument"]["verificationMethod"][0]
    assert method["type"] == "JsonWebKey2020"
    assert method["publicKeyJwk"]["crv"] == "Ed25519"


@pytest.mark.parametrize(
    ("identifier", "status", "error"),
    [
        ("nodid:key:z6Mk", 400, "invalidDid"),
        ("did:key:@", 400, "invalidDid"),
        (f"did:key:-4:{KEY}", 400, "invalidDid"),
        ("did:key:zTjsVPtY", 400, "invalidPublicKeyLength"),
        (f"did:experimental:{KEY}", 501, "methodNotSupported"),
        ("did:web:gone.example", 404, "notFound"),
        ("did:web:down.example", 502, "internalError"),
    ],
)
def test_failure_of_a_did_is_in_the_metadata_and_the_status(identifier: str, status: int, error: str) -> None:
    answer = ask(identifier)
    assert (answer.status_code, answer.json()["didResolutionMetadata"]["error"]) == (status, error)
    assert answer.json()["didDocument"] is None


@pytest.mark.parametrize(
    ("identifier", "query", "error"),
    [
        (f"{DID}/^bar^/?query=`#{KEY}", {}, "invalidDidUrl"),
        (f"{DID}#{KEY}", {"publicKeyFormat": "Ed25519VerificationKey2018"}, "invalidPublicKeyType"),
    ],
)
def test_failure_of_a_did_url_is_a_dereferencing_error(
    identifier: str, query: dict[str, str], error: str
) -> None:
    answer = ask(identifier, **query)
    assert (answer.status_code, answer.json()["didDereferencingMetadata"]["error"]) == (400, error)


def test_unknown_form_of_key_is_refused() -> None:
    answer = ask(DID, publicKeyFormat="unknown")
    assert answer.json()["didResolutionMetadata"]["error"] == "unsupportedPublicKeyType"


def test_last_word_on_a_result_can_be_given_away() -> None:
    def shout(result: JSONObject) -> JSONObject:
        return {"loud": result["didDocument"]}

    app = create_app("test", version="1")
    app.include_router(identifiers_router(as_written=shout))
    assert Client(app).get(f"/identifiers/{DID}").json()["loud"]["id"] == DID
