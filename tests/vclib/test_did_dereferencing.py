"""vclib.did: resolution results, and dereferencing to documents, methods, services and URLs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vclib.did import (
    METHODS,
    dereference,
    dereferencing_result,
    resolution_result,
    resolve,
    resolver,
    service_endpoint_urls,
)
from vclib.errors import (
    DIDInternalError,
    DIDNotFoundError,
    InvalidDIDDocumentError,
    InvalidDIDError,
    InvalidDIDURLError,
    MethodNotSupportedError,
)
from vclib.strict_json import JSONObject, dump_json

VECTORS = Path(__file__).parents[1] / "vectors" / "did-core"

KEY_DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
KEY_METHOD = f"{KEY_DID}#{KEY_DID[8:]}"

DID = "did:web:a.example"
# The document of the examples in https://www.w3.org/TR/did-resolution/#dereferencing, with another DID.
DOCUMENT: JSONObject = {
    "@context": ["https://www.w3.org/ns/did/v1.1"],
    "id": DID,
    "verificationMethod": [
        {
            "id": DID + "#keys-1",
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
        },
        {
            "id": "#relative",
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
        },
    ],
    "authentication": [
        {
            "id": DID + "#embedded",
            "type": "Multikey",
            "controller": DID,
            "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
        }
    ],
    "service": [
        {
            "id": DID + "#messages",
            "type": "MessagingService",
            "serviceEndpoint": "https://example.com/messages/8377464",
        },
        {
            "id": "#files",
            "type": ["FileService", "Other"],
            "serviceEndpoint": ["https://example.com/files/", {"uri": "https://example.com/map"}],
        },
        {"id": "#mapped", "type": "MapService", "serviceEndpoint": {"uri": "https://example.com/"}},
        {"id": "#fragment", "type": "FragmentService", "serviceEndpoint": "https://example.com/a#b"},
    ],
}


def fetch(url: str) -> bytes:
    assert url == "https://a.example/.well-known/did.json"
    return dump_json(DOCUMENT).encode("utf-8")


# --- resolution ----------------------------------------------------------------------------------


def test_methods_are_the_three_and_read_only() -> None:
    assert set(METHODS) == {"jwk", "key", "web"}
    with pytest.raises(TypeError):
        METHODS["example"] = METHODS["key"]  # type: ignore[index]


@pytest.mark.parametrize("did", ["did:example:123", "did:ion:abc", "did:webs:a.example:x", "did:a:b"])
def test_unknown_method_is_refused_by_name(did: str) -> None:
    with pytest.raises(MethodNotSupportedError, match="is not supported here"):
        resolve(did)
    assert resolution_result(did) == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": None,
        "didDocumentMetadata": {},
        "didResolutionMetadata": {
            "error": "methodNotSupported",
            "problemDetails": {
                "type": "https://www.w3.org/ns/did#METHOD_NOT_SUPPORTED",
                "title": "methodNotSupported",
                "detail": f"the DID method {did.split(':')[1]!r} is not supported here",
            },
        },
    }


@pytest.mark.parametrize(
    "did", ["key:z6Mk", "did:z6MktKwz7Ge1Yxzr4JHavN33wiwa8y81QdcMRLXQsrH9T53b", "", "did:key:"]
)
def test_text_that_is_no_did_is_invalid(did: str) -> None:
    with pytest.raises(InvalidDIDError):
        resolve(did)
    metadata: Any = resolution_result(did)["didResolutionMetadata"]
    assert metadata["error"] == "invalidDid"


def test_resolver_gives_documents_and_passes_errors_on() -> None:
    document_of = resolver(fetch=fetch, methods={"web", "key"})

    assert document_of(DID) == DOCUMENT
    assert document_of(KEY_DID)["id"] == KEY_DID
    with pytest.raises(MethodNotSupportedError):
        document_of("did:jwk:e30")
    with pytest.raises(DIDInternalError):
        resolver()(DID)


# --- dereferencing -------------------------------------------------------------------------------


def test_did_gives_its_document() -> None:
    assert dereference(DID, fetch=fetch) == DOCUMENT


def test_fragment_gives_the_verification_method_with_the_documents_context() -> None:
    assert dereference(DID + "#keys-1", fetch=fetch) == {
        "@context": ["https://www.w3.org/ns/did/v1.1"],
        "id": DID + "#keys-1",
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": "z6MkmM42vxfqZQsv4ehtTjFFxQ4sQKS2w6WR7emozFAn5cxu",
    }


@pytest.mark.parametrize(
    ("fragment", "kind"),
    [
        ("relative", "Multikey"),
        ("embedded", "Multikey"),
        ("messages", "MessagingService"),
        ("mapped", "MapService"),
    ],
)
def test_fragment_finds_relative_ids_embedded_methods_and_services(fragment: str, kind: str) -> None:
    assert dereference(f"{DID}#{fragment}", fetch=fetch)["type"] == kind


@pytest.mark.parametrize("url", [DID + "#absent", DID + "#", DID + "#KEYS-1", KEY_DID + "#z6Mk"])
def test_fragment_that_names_nothing_is_not_found(url: str) -> None:
    with pytest.raises(DIDNotFoundError, match="nothing with the id"):
        dereference(url, fetch=fetch)
    metadata: Any = dereferencing_result(url, fetch=fetch)["didDereferencingMetadata"]
    assert metadata["error"] == "notFound"


@pytest.mark.parametrize("url", ["bad:invalid", "", "#keys-1", DID + "#a#b", DID + "?a=b c"])
def test_text_that_is_no_did_url_is_invalid(url: str) -> None:
    with pytest.raises(InvalidDIDURLError):
        dereference(url, fetch=fetch)
    metadata: Any = dereferencing_result(url, fetch=fetch)["didDereferencingMetadata"]
    assert metadata["error"] == "invalidDidUrl"


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("service=messages", [DID + "#messages"]),
        ("service=%23files", ["#files"]),
        ("service=did%3Aweb%3Aa.example%23files", ["#files"]),
        ("serviceType=Other", ["#files"]),
        ("serviceType=MapService", ["#mapped"]),
        ("service=files&serviceType=FileService", ["#files"]),
    ],
)
def test_service_parameter_gives_the_document_with_those_services(query: str, ids: list[str]) -> None:
    document: Any = dereference(f"{DID}?{query}", fetch=fetch)

    assert [service["id"] for service in document["service"]] == ids
    assert document["verificationMethod"] == DOCUMENT["verificationMethod"]


@pytest.mark.parametrize(
    "query", ["service=absent", "serviceType=Fil", "service=files&serviceType=MapService", "service="]
)
def test_service_that_is_not_there_is_not_found(query: str) -> None:
    with pytest.raises(DIDNotFoundError, match="no such service"):
        dereference(f"{DID}?{query}", fetch=fetch)


@pytest.mark.parametrize(
    "url",
    [
        DID + "?versionId=1",
        DID + "?versionTime=2026-01-01T00:00:00Z",
        DID + "/path",
        DID + "?service=files&hl=x",
    ],
)
def test_what_is_not_implemented_is_not_found_rather_than_ignored(url: str) -> None:
    with pytest.raises(DIDNotFoundError, match="is known here"):
        dereference(url, fetch=fetch)


@pytest.mark.parametrize(
    ("url", "urls"),
    [
        ("?service=messages", ["https://example.com/messages/8377464"]),
        # RFC 3986 section 5: a reference that begins with "/" replaces the endpoint's path.
        (
            "?service=messages&relativeRef=%2Fsome%2Fpath%3Fquery#frag",
            ["https://example.com/some/path?query#frag"],
        ),
        ("?service=files&relativeRef=a%2Fb.pdf", ["https://example.com/files/a/b.pdf"]),
        ("?service=files#part", ["https://example.com/files/#part"]),
        ("?serviceType=FragmentService", ["https://example.com/a#b"]),
    ],
)
def test_service_urls_are_resolved_as_rfc_3986_says(url: str, urls: list[str]) -> None:
    assert list(service_endpoint_urls(DID + url, fetch=fetch)) == urls
    result = dereferencing_result(DID + url, fetch=fetch, accept="text/uri-list")
    assert result["contentStream"] == urls
    assert result["didDereferencingMetadata"] == {"contentType": "text/uri-list"}


@pytest.mark.parametrize(
    "reference",
    [
        "%2F%2Fevil.example%2Fx",
        "https%3A%2F%2Fevil.example",
        "http%3A%2F%2Fexample.com%2F",
        "javascript%3Aalert",
    ],
)
def test_relative_reference_to_another_host_is_refused(reference: str) -> None:
    """A service may not be turned into a pointer to somebody else."""
    with pytest.raises(InvalidDIDURLError, match="leads away"):
        service_endpoint_urls(f"{DID}?service=messages&relativeRef={reference}", fetch=fetch)


def test_fragment_on_a_url_with_a_fragment_is_refused() -> None:
    with pytest.raises(InvalidDIDURLError, match="already has a fragment"):
        service_endpoint_urls(DID + "?service=fragment#c", fetch=fetch)


def test_service_without_a_url_is_not_found() -> None:
    with pytest.raises(DIDNotFoundError, match="have no URL"):
        service_endpoint_urls(DID + "?service=mapped", fetch=fetch)


@pytest.mark.parametrize("url", [DID + "?relativeRef=%2Fx", DID + "?service=files&service=messages"])
def test_ambiguous_parameters_are_invalid(url: str) -> None:
    with pytest.raises(InvalidDIDURLError):
        service_endpoint_urls(url, fetch=fetch)
    with pytest.raises(InvalidDIDURLError):
        dereference(url, fetch=fetch)


@pytest.mark.parametrize("url", [DID + "?service=files&relativeRef=x", DID + "?service=files#part"])
def test_url_of_a_service_is_not_given_as_a_document(url: str) -> None:
    with pytest.raises(InvalidDIDURLError, match="names a service's URL"):
        dereference(url, fetch=fetch)


def test_list_of_urls_needs_a_service_parameter() -> None:
    with pytest.raises(InvalidDIDURLError, match="service or serviceType"):
        service_endpoint_urls(DID, fetch=fetch)


def test_failure_of_resolution_is_the_failure_of_dereferencing() -> None:
    def broken(url: str) -> bytes:
        return b"[]"

    with pytest.raises(InvalidDIDDocumentError):
        dereference(DID + "#keys-1", fetch=broken)
    result: Any = dereferencing_result(DID + "#keys-1", fetch=broken)
    assert result["contentStream"] is None
    assert result["contentMetadata"] == {}
    assert result["didDereferencingMetadata"]["error"] == "invalidDidDocument"


def test_result_holds_content_and_media_type() -> None:
    assert dereferencing_result(KEY_METHOD) == {
        "@context": "https://w3id.org/did-resolution/v1",
        "contentStream": {
            "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
            "id": KEY_METHOD,
            "type": "Multikey",
            "controller": KEY_DID,
            "publicKeyMultibase": KEY_DID[8:],
        },
        "contentMetadata": {},
        "didDereferencingMetadata": {"contentType": "application/did"},
    }


def test_implementers_dereferencing_outcomes_are_ours() -> None:
    executions = json.loads((VECTORS / "dereferencer-spruce-key.json").read_text("utf-8"))["executions"]

    document, method, invalid = (dereferencing_result(entry["input"]["didUrl"]) for entry in executions)
    theirs = [json.loads(entry["output"]["contentStream"] or "null") for entry in executions]

    for ours, published in ((document, theirs[0]), (method, theirs[1])):
        content: Any = ours["contentStream"]
        assert content["id"] == published["id"]
    error: Any = invalid["didDereferencingMetadata"]
    assert error["error"] == executions[2]["output"]["dereferencingMetadata"]["error"] == "invalidDidUrl"
