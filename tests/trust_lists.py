"""Trust lists of our own making, in the shapes that are published: certificates, GDHCN documents, EU lists.

WHO's lists and contexts may not be copied, so these have a context, names and servers of their own. The dates
and the quirks (DER in the JWS, a 33rd byte in x, "UNKNOWN CURVE") are those of the published ones.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from health.trust import certificate_kid
from vclib.encoding import encode_base64url
from vclib.jsonld import canonical_nquads_under
from vclib.strict_json import JSONObject, JSONValue, dump_json

NOW = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)
YEAR = timedelta(days=365)

HOST = "did:web:lists.example"
SIGNING_DID = "did:web:signing.example:WHO:signing:DID"
CONTEXT = "https://lists.example/contexts/trust-network-v1.jsonld"
CONTEXTS = {
    CONTEXT: dump_json(
        {
            "@context": {
                "@version": 1.1,
                "id": "@id",
                "type": "@type",
                "proof": "https://w3id.org/security#proof",
                **{
                    term: {
                        "@id": f"https://lists.example/{term}",
                        "@type": "@id",
                        "@context": {
                            "@base": f"https://lists.example/{term}#",
                            "code": {"@id": "@id", "@type": "@id"},
                        },
                    }
                    for term in ("domain", "participant", "keyusage")
                },
            }
        }
    ).encode()
}

VACCINATION_USAGE = "1.3.6.1.4.1.1847.2021.1.2"

Curve = ec.EllipticCurve


@dataclass
class Authority:
    """A certificate authority of one country, and the keys that it certifies."""

    country: str = "XA"
    number: int = 1
    valid_from: datetime = NOW - 2 * YEAR
    valid_until: datetime = NOW + 2 * YEAR
    curve: Curve = field(default_factory=ec.SECP256R1)

    def __post_init__(self) -> None:
        self.key = ec.derive_private_key(1000 + self.number, self.curve)
        self.name = _name(self.country, f"Authority {self.number}")
        self.certificate = self.certify(
            self.name, self.key.public_key(), self.valid_from, self.valid_until, is_authority=True
        )

    def signer(
        self,
        number: int = 1,
        *,
        valid_from: datetime = NOW - YEAR,
        valid_until: datetime = NOW + YEAR,
        usages: Sequence[str] = (),
        name: str = "Signer",
        curve: Curve | None = None,
    ) -> bytes:
        """Return a signer's certificate in DER; its key is made of `number`."""
        key = signer_key(number, curve)
        return self.certify(
            _name(self.country, f"{name} {number}"), key.public_key(), valid_from, valid_until, usages=usages
        )

    def certify(
        self,
        subject: x509.Name,
        public_key: ec.EllipticCurvePublicKey,
        valid_from: datetime,
        valid_until: datetime,
        *,
        is_authority: bool = False,
        usages: Sequence[str] = (),
    ) -> bytes:
        """Return a certificate in DER, signed with the authority's key under its name."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(1000)
            .not_valid_before(valid_from)
            .not_valid_after(valid_until)
            .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        )
        if usages:
            named = [x509.ObjectIdentifier(usage) for usage in usages]
            builder = builder.add_extension(x509.ExtendedKeyUsage(named), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256(), ecdsa_deterministic=True)
        return certificate.public_bytes(Encoding.DER)


def signer_key(number: int = 1, curve: Curve | None = None) -> ec.EllipticCurvePrivateKey:
    """Return the private key of a signer."""
    return ec.derive_private_key(5000 + number, curve or ec.SECP256R1())


@dataclass
class Network:
    """The publisher of GDHCN lists: its signing key and its documents."""

    secret: int = 77
    created: datetime = NOW - timedelta(days=1)

    @property
    def key(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(self.secret, ec.SECP256R1())

    @property
    def signing_document(self) -> JSONObject:
        """The DID document of the signing key: its method is named by the bare DID."""
        x, y = _coordinates(self.key.public_key())
        jwk: JSONObject = {"kty": "EC", "crv": "P-256", "x": encode_base64url(x), "y": encode_base64url(y)}
        method: JSONObject = {
            "id": SIGNING_DID,
            "type": "JsonWebKey2020",
            "controller": SIGNING_DID,
            "publicKeyJwk": jwk,
        }
        return {"id": SIGNING_DID, "controller": SIGNING_DID, "verificationMethod": [method]}

    def document(
        self, *methods: JSONValue, path: str = "v2:trustlist", raw: bool = False, **members: Any
    ) -> JSONObject:
        """Return a signed list; `raw` writes r || s where the network writes DER."""
        did = f"{HOST}:{path}"
        document: JSONObject = {
            "@context": [
                "https://www.w3.org/ns/did/v1",
                "https://w3id.org/security/suites/jws-2020/v1",
                CONTEXT,
            ],
            "id": did,
            "controller": did,
            "verificationMethod": list(methods),
            **members,
        }
        return self.signed(document, raw=raw)

    def signed(self, document: JSONObject, *, raw: bool = False, alg: str = "ES256") -> JSONObject:
        """Return a document with the network's proof."""
        options: JSONObject = {
            "type": "JsonWebSignature2020",
            "created": self.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "nonce": "zvJV4o87CPu6fD7qvzhduJ4nrdCCiNbL",
            "proofPurpose": "assertionMethod",
            "verificationMethod": SIGNING_DID,
        }
        header = encode_base64url(dump_json({"b64": False, "crit": ["b64"], "alg": alg}).encode())
        message = header.encode() + b"."
        for part in ({**options, "@context": document["@context"]}, document):
            message += hashlib.sha256(canonical_nquads_under(part, CONTEXTS)).digest()
        signature = self.key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
        if raw:
            r, s = decode_dss_signature(signature)
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return {**document, "proof": {**options, "jws": f"{header}..{encode_base64url(signature)}"}}


def method(
    certificate: bytes, *chain: bytes, country: str = "XAA", usage: str = "DSC", **jwk: JSONValue
) -> JSONObject:
    """Return a verification method of version 2; `jwk` replaces members of its key."""
    kid = base64.b64encode(certificate_kid(certificate)).decode()
    did = f"{HOST}:v2:trustlist:DCC:{country}:{usage}"
    key = x509.load_der_x509_certificate(certificate).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    x, y = _coordinates(key)
    members: JSONObject = {
        "kty": "EC",
        "kid": kid,
        "x5c": [base64.b64encode(each).decode() for each in (certificate, *chain)],
        "crv": {"secp256r1": "P-256"}.get(key.curve.name, "UNKNOWN CURVE"),
        # The published lists write one zero byte more where the first bit is set.
        "x": encode_base64url((b"\0" if x[0] & 0x80 else b"") + x),
        "y": encode_base64url((b"\0" if y[0] & 0x80 else b"") + y),
        **jwk,
    }
    return {
        "id": f"{did}#{kid}",
        "type": "JsonWebKey2020",
        "controller": did,
        "publicKeyJwk": members,
        "domain": {"code": "#DCC"},
        "participant": {"code": f"#{country}"},
        "keyusage": {"code": f"#{usage}"},
    }


def gateway_entry(certificate: bytes, *, country: str = "XA", kind: str = "DSC") -> JSONObject:
    """Return a member of the EU gateway's list."""
    return {
        "kid": base64.b64encode(certificate_kid(certificate)).decode(),
        "timestamp": "2026-06-01T10:00:00Z",
        "country": country,
        "certificateType": kind,
        "thumbprint": hashlib.sha256(certificate).hexdigest(),
        "signature": "",
        "rawData": base64.b64encode(certificate).decode(),
    }


def pem(certificate: bytes) -> bytes:
    """Return a certificate in PEM."""
    return x509.load_der_x509_certificate(certificate).public_bytes(Encoding.PEM)


def public_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a public key in PEM."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def content(value: JSONValue) -> bytes:
    """Return JSON as the bytes of a file."""
    return dump_json(value).encode()


def _name(country: str, common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, country), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _coordinates(key: ec.EllipticCurvePublicKey) -> tuple[bytes, bytes]:
    numbers, size = key.public_numbers(), (key.curve.key_size + 7) // 8
    return numbers.x.to_bytes(size, "big"), numbers.y.to_bytes(size, "big")
