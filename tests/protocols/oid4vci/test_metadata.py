"""protocols.oid4vci: issuer and authorization server metadata, by the specification's examples."""

from __future__ import annotations

import pytest

from protocols.jose import encryption_jwk, generate_encryption_key
from protocols.oid4vci import (
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    InvalidMetadataError,
    issuer_metadata_url,
    server_metadata_url,
)
from vclib.encoding import encode_base64url
from vclib.strict_json import JSONObject, JSONValue

ISSUER = "https://credential-issuer.example.com"
# OpenID4VCI 1.0 appendix I.1, credential_metadata_ldp_vc.json, with the members that are required around it.
DEGREE: JSONObject = {
    "format": "ldp_vc",
    "cryptographic_binding_methods_supported": ["did:example"],
    "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
    "credential_signing_alg_values_supported": ["Ed25519Signature2018"],
    "credential_definition": {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://www.w3.org/2018/credentials/examples/v1",
        ],
        "type": ["VerifiableCredential", "UniversityDegreeCredential"],
    },
    "credential_metadata": {
        "claims": [
            {
                "path": ["credentialSubject", "given_name"],
                "display": [{"name": "Given Name", "locale": "en-US"}],
            },
            {"path": ["credentialSubject", "degree"]},
            {"path": ["credentialSubject", "gpa"], "mandatory": True, "display": [{"name": "GPA"}]},
        ],
        "display": [
            {
                "name": "University Credential",
                "locale": "en-US",
                "background_color": "#12107c",
                "text_color": "#FFFFFF",
            }
        ],
    },
}
KEY = encryption_jwk(generate_encryption_key().public_key, kid="enc-1")
METADATA: JSONObject = {
    "credential_issuer": ISSUER,
    "authorization_servers": ["https://server.example.com"],
    "credential_endpoint": f"{ISSUER}/credential",
    "nonce_endpoint": f"{ISSUER}/nonce",
    "deferred_credential_endpoint": f"{ISSUER}/deferred_credential",
    "notification_endpoint": f"{ISSUER}/notification",
    "batch_credential_issuance": {"batch_size": 80},
    "credential_request_encryption": {
        "jwks": {"keys": [KEY]},
        "enc_values_supported": ["A256GCM"],
        "encryption_required": True,
    },
    "credential_response_encryption": {
        "alg_values_supported": ["ECDH-ES"],
        "enc_values_supported": ["A128GCM"],
        "encryption_required": False,
    },
    "display": [{"name": "Example University", "locale": "en-US"}],
    "credential_configurations_supported": {"UniversityDegree_LDP_VC": DEGREE},
}


def metadata(**changes: JSONValue) -> JSONObject:
    """Return the example with other members; one set to ... is left out."""
    return {name: value for name, value in (METADATA | changes).items() if value is not ...}


def degree(**changes: JSONValue) -> JSONObject:
    configuration = {name: value for name, value in (DEGREE | changes).items() if value is not ...}
    return metadata(credential_configurations_supported={"UniversityDegree_LDP_VC": configuration})


def read(body: JSONObject) -> CredentialIssuerMetadata:
    return CredentialIssuerMetadata.from_json(body, expected_issuer=ISSUER)


@pytest.mark.parametrize(
    ("identifier", "url"),
    [
        (
            "https://issuer.example.com/tenant",
            "https://issuer.example.com/.well-known/openid-credential-issuer/tenant",
        ),
        (
            "https://tenant.issuer.example.com",
            "https://tenant.issuer.example.com/.well-known/openid-credential-issuer",
        ),
        ("https://issuer.example.com/", "https://issuer.example.com/.well-known/openid-credential-issuer"),
        (
            "http://localhost:8080/a/b",
            "http://localhost:8080/.well-known/openid-credential-issuer/a/b",
        ),
    ],
)
def test_well_known_name_is_inserted_between_host_and_path(identifier: str, url: str) -> None:
    assert issuer_metadata_url(identifier) == url
    expected = url.replace("openid-credential-issuer", "oauth-authorization-server")
    assert server_metadata_url(identifier) == expected


def test_metadata_are_read_and_written_again() -> None:
    found = read(METADATA)
    assert found.configurations["UniversityDegree_LDP_VC"].claims[2].path == ("credentialSubject", "gpa")
    assert found.batch_size == 80
    assert found.request_encryption is not None
    assert found.request_encryption.usable_key() == KEY
    assert found.to_json() == METADATA


def test_least_metadata_are_enough() -> None:
    found = read(
        {
            "credential_issuer": ISSUER,
            "credential_endpoint": f"{ISSUER}/credential",
            "credential_configurations_supported": {},
        }
    )
    assert (found.nonce_endpoint, found.batch_size, dict(found.configurations)) == (None, None, {})


@pytest.mark.parametrize("found", [f"{ISSUER}/", ISSUER.upper(), "https://other.example", None, 1])
def test_metadata_of_another_issuer_are_not_used(found: JSONValue) -> None:
    with pytest.raises(InvalidMetadataError, match="another issuer"):
        read(metadata(credential_issuer=found))


@pytest.mark.parametrize(
    "body",
    [
        metadata(credential_endpoint=...),
        metadata(credential_endpoint="http://issuer.example/credential"),
        metadata(credential_endpoint=f"{ISSUER}/credential#x"),
        metadata(nonce_endpoint=1),
        metadata(notification_endpoint="javascript:alert(1)"),
        metadata(credential_configurations_supported=...),
        metadata(credential_configurations_supported=[]),
        metadata(batch_credential_issuance={"batch_size": 1}),
        metadata(batch_credential_issuance={}),
        metadata(authorization_servers=[]),
        metadata(authorization_servers=["http://server.example.com"]),
        metadata(display={}),
        metadata(display=[{"name": 1}]),
        metadata(credential_response_encryption={}),
        metadata(credential_request_encryption={"jwks": {"keys": []}}),
        metadata(
            credential_request_encryption={
                "jwks": {"keys": [KEY | {"d": encode_base64url(b"\x01" * 32)}]},
                "enc_values_supported": ["A256GCM"],
                "encryption_required": True,
            }
        ),
        metadata(
            credential_request_encryption={
                "jwks": {"keys": [{name: value for name, value in KEY.items() if name != "kid"}]},
                "enc_values_supported": ["A256GCM"],
                "encryption_required": True,
            }
        ),
    ],
)
def test_malformed_metadata_are_refused(body: JSONObject) -> None:
    with pytest.raises(InvalidMetadataError):
        read(body)


@pytest.mark.parametrize(
    "body",
    [
        degree(format="dc+sd-jwt"),
        degree(credential_definition=...),
        degree(credential_definition={"type": ["VerifiableCredential"]}),
        degree(proof_types_supported=...),
        degree(cryptographic_binding_methods_supported=...),
        degree(proof_types_supported={}),
        degree(proof_types_supported={"jwt": {}}),
        degree(credential_metadata={"claims": [{"path": [-1]}]}),
        metadata(credential_configurations_supported={"UniversityDegree_LDP_VC": 1}),
    ],
)
def test_configuration_that_is_of_no_use_does_not_spoil_the_metadata(body: JSONObject) -> None:
    found = read(body)
    assert not found.configurations
    assert list(found.unusable) == ["UniversityDegree_LDP_VC"]


def test_unbound_configuration_has_neither_methods_nor_proof_types() -> None:
    body = degree(proof_types_supported=..., cryptographic_binding_methods_supported=...)
    assert not read(body).configurations["UniversityDegree_LDP_VC"].is_bound


def test_server_metadata_are_read_and_written() -> None:
    body: JSONObject = {
        "issuer": ISSUER,
        "token_endpoint": f"{ISSUER}/token",
        "grant_types_supported": ["urn:ietf:params:oauth:grant-type:pre-authorized_code"],
        "authorization_details_types_supported": ["openid_credential"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }
    found = AuthorizationServerMetadata.from_json(body, expected_issuer=ISSUER)
    assert found.takes_pre_authorized_codes
    assert found.to_json() == body


def test_server_that_names_no_grants_does_not_take_pre_authorized_codes() -> None:
    body: JSONObject = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
    found = AuthorizationServerMetadata.from_json(body, expected_issuer=ISSUER)
    assert (found.takes_pre_authorized_codes, found.anonymous_access) == (False, False)


@pytest.mark.parametrize(
    "changes",
    [{"issuer": "https://other.example"}, {"token_endpoint": "http://x.example"}, {"token_endpoint": None}],
)
def test_server_metadata_of_somebody_else_or_malformed_are_refused(changes: JSONObject) -> None:
    body: JSONObject = {"issuer": ISSUER, "token_endpoint": f"{ISSUER}/token"}
    with pytest.raises(InvalidMetadataError):
        AuthorizationServerMetadata.from_json(body | changes, expected_issuer=ISSUER)
