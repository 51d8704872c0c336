"""A verifier that asks over OpenID4VP, with small real keys and certificates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from protocols.jose import sign_jws
from protocols.oid4vp import (
    AuthorizationRequest,
    ClientMetadata,
    CredentialQuery,
    DCQLQuery,
    RequestReference,
    ResponseMode,
    parse_client_id,
)
from vclib.encoding import encode_base64url
from vclib.keys import KeyType, PrivateKey, encode_multikey
from vclib.strict_json import JSONObject, JSONValue

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)
DID = "did:web:venue.example"
KID = f"{DID}#key-1"
KEY = PrivateKey(KeyType.P256, bytes([7]) * 32)
OTHER_KEY = PrivateKey(KeyType.P256, bytes([8]) * 32)
CLIENT = parse_client_id(f"decentralized_identifier:{DID}")
REFERENCE = RequestReference(CLIENT, "https://venue.example/requests/1/object")
VACCINATION = "https://w3id.org/ddcc#VaccinationCertificate"
QUERY = DCQLQuery((CredentialQuery("vaccination", type_values=((VACCINATION,),)),))
REQUEST = AuthorizationRequest(
    client_id=CLIENT,
    response_mode=ResponseMode.DIRECT_POST,
    response_uri="https://venue.example/responses/1",
    nonce="n-0S6_WzA2Mj-8kQb1Zt3w",
    query=QUERY,
    state="af0ifjsldkj",
    client_metadata=ClientMetadata(client_name="Venue"),
)


@dataclass(frozen=True)
class Signer:
    """A client identifier with its key: protocols.oid4vp.RequestSigner."""

    client_id: str = CLIENT.text
    header: Mapping[str, JSONValue] = field(default_factory=lambda: {"kid": KID})
    key: PrivateKey = KEY


def document(**relationships: Any) -> JSONObject:
    """Return the verifier's DID document; its key is listed under `authentication` unless told otherwise."""
    method = {
        "id": KID,
        "type": "Multikey",
        "controller": DID,
        "publicKeyMultibase": encode_multikey(KEY.public_key),
    }
    other = {**method, "id": f"{DID}#key-2", "publicKeyMultibase": encode_multikey(OTHER_KEY.public_key)}
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": DID,
        "verificationMethod": [method, other],
        **(relationships or {"authentication": [KID]}),
    }


def claims(**changes: Any) -> JSONObject:
    """Return the claims of the verifier's request object, changed; None leaves one out."""
    whole: dict[str, Any] = {"aud": "https://self-issued.me/v2", **REQUEST.to_parameters()} | changes
    return {name: value for name, value in whole.items() if value is not None}


def request_object(header: JSONObject | None = None, key: PrivateKey = KEY, **changes: Any) -> str:
    """Return a request object, whatever is in it."""
    return sign_jws({"typ": "oauth-authz-req+jwt", "kid": KID} | (header or {}), claims(**changes), key)


@dataclass(frozen=True)
class Certificates:
    """A certificate authority and the chain of a verifier."""

    anchor: bytes
    leaf: bytes
    key: PrivateKey

    @property
    def x5c(self) -> list[JSONValue]:
        return [base64.b64encode(self.leaf).decode()]

    @property
    def digest(self) -> str:
        return encode_base64url(hashlib.sha256(self.leaf).digest())


def certificates(
    *names: str,
    not_after: datetime = NOW + timedelta(days=90),
    is_ca: bool = False,
    may_sign: bool = True,
    issuer_key: int = 1,
) -> Certificates:
    """Return a chain of a certificate authority and a leaf with these DNS names."""
    root_key = ec.derive_private_key(int.from_bytes(bytes([9]) * 32), ec.SECP256R1())
    signing_key = ec.derive_private_key(int.from_bytes(bytes([8 + issuer_key]) * 32), ec.SECP256R1())
    key = PrivateKey(KeyType.P256, bytes([5]) * 32)
    public_key = ec.derive_private_key(int.from_bytes(bytes([5]) * 32), ec.SECP256R1()).public_key()
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
    root = (
        _builder(root_name, root_name, root_key.public_key(), NOW + timedelta(days=900))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(key_cert_sign=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Venue")])
    leaf = (
        _builder(name, root_name, public_key, not_after)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=may_sign, key_cert_sign=is_ca), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(item) for item in names]), critical=False)
        .sign(signing_key, hashes.SHA256())
    )
    return Certificates(root.public_bytes(Encoding.DER), leaf.public_bytes(Encoding.DER), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, not_after: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(1)
        .not_valid_before(NOW - timedelta(days=100))
        .not_valid_after(not_after)
    )


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=True,
        key_cert_sign=key_cert_sign,
        crl_sign=key_cert_sign,
        encipher_only=False,
        decipher_only=False,
    )
