"""Lists of signer certificates as the EU's gateway and national backends publish them in JSON.

Two shapes of one content: the array that the gateway answers with, and `{"certificates": [...]}` that a
backend publishes, usually after a first line with its signature (ECDSA on P-256 over the JSON text, base64 of
r || s). A member is `{"kid", "country", "certificateType": "DSC" or "CSCA", "rawData": base64 of DER, ...}`.
Nothing in it dates the list, so an older one cannot be told from a newer; what is not on it any more is how a
key is revoked, and so its age counts from when it was last read. Source:
https://github.com/eu-digital-green-certificates/dgc-gateway (TrustListDto).
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from health.trust.errors import UnsignedListError
from health.trust.lists import AUTHORITY, SIGNER, CertificateEntry, Material, Pins, TrustList, Verified
from health.trust.reading import entries_with_authorities, marked_duplicates
from health.trust.x509 import read_certificate, read_public_key
from vclib.cid import Resolve
from vclib.errors import InvalidSignatureError, KeyMaterialError, MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, parse_json

MAX_BYTES = 16 * 1024 * 1024

_USAGES = {"DSC": SIGNER, "CSCA": AUTHORITY}
_UNDATED = "the list is not dated: an older one cannot be told from a newer"


@dataclass(frozen=True)
class EUList:
    """The kind; see the module."""

    name: str = "eu"
    title: str = "EU list of signer certificates (gateway or national backend, JSON)"

    def recognises(self, material: Material) -> bool:
        """Say whether the first document has the name of the member that holds a certificate."""
        return b'"rawData"' in next(iter(material.documents.values()), b"")

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the list says, believed or not."""
        entries = _entries(_only(material), material)
        return _list(entries_with_authorities(entries))

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the list: by its digest, its signature, or signers whose authority is pinned."""
        content = _only(material)
        entries = _entries(content, material)
        if pins.sha256 is not None:
            return Verified(_list(entries_with_authorities(entries)), f"pinned by sha256:{pins.sha256}")
        if pins.publisher_key is not None:
            _verify_signature(content, pins.publisher_key)
            return Verified(_list(entries_with_authorities(entries)), "signed by the pinned key")
        if pins.anchors:
            return Verified(
                _list(entries_with_authorities(entries, pins.anchors)),
                f"signers of {len(pins.anchors)} pinned authorities",
            )
        raise UnsignedListError(
            "name the key that has to have signed it, or the authorities whose signers count"
        )


def _only(material: Material) -> bytes:
    if len(material.documents) != 1:
        raise MalformedValueError("expected one file")
    [content] = material.documents.values()
    return content


def _split(content: bytes) -> tuple[bytes, bytes]:
    """Return the signature before the JSON text, empty without one, and that text as it was signed."""
    starts = [at for at in (content.find(b"{"), content.find(b"[")) if at >= 0]
    if not starts:
        raise MalformedValueError("expected a list of certificates in JSON")
    return content[: min(starts)].strip(), content[min(starts) :].strip()


def _members(content: bytes) -> list[JSONObject]:
    value: JSONValue = parse_json(_split(content)[1], max_bytes=MAX_BYTES)
    if isinstance(value, dict):
        value = value.get("certificates")
    if not isinstance(value, list):
        raise MalformedValueError("expected a list of certificates")
    members = [each for each in value if isinstance(each, dict)]
    if len(members) != len(value):
        raise MalformedValueError("expected objects in the list of certificates")
    return members


def _entries(content: bytes, material: Material) -> list[CertificateEntry]:
    members = _members(content)
    entries: list[CertificateEntry] = []
    for number, member in enumerate(members, start=1):
        entries.append(_entry(member))
        material.progress(number, len(members))
    return entries


def _entry(member: JSONObject) -> CertificateEntry:
    der, kid = _decoded(member.get("rawData")), _decoded(member.get("kid"))
    country, usage = (str(member.get(name) or "")[:20] for name in ("country", "certificateType"))
    usage = _USAGES.get(usage, usage)
    try:
        certificate = read_certificate(der)
    except KeyMaterialError:
        return CertificateEntry(der, None, kid, country, usage, "", ("bad-certificate",))
    return CertificateEntry(der, None, kid, country, usage, certificate.name)


def _list(entries: list[CertificateEntry]) -> TrustList:
    return TrustList(
        kind="eu",
        publisher="",
        certificates=marked_duplicates(entries),
        remarks=(_UNDATED,),
    )


def _verify_signature(content: bytes, pem: bytes) -> None:
    written, text = _split(content)
    if not written:
        raise UnsignedListError("there is no signature before the list")
    key = read_public_key(pem)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyMaterialError("expected the publisher's key to be one of an elliptic curve")
    signature = _decoded(written.decode("ascii", "replace"))
    if len(signature) == 64:
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        signature = encode_dss_signature(r, s)
    try:
        key.verify(signature, text, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as err:
        raise InvalidSignatureError("the list's signature does not fit the pinned key") from err


def _decoded(text: JSONValue) -> bytes:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else b""
    except (binascii.Error, ValueError):
        return b""
