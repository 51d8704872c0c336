"""The EU's revocation of single certificates: lists of truncated hashes, by signer and kind of hash.

A hash is the first 128 bits of SHA-256, of the certificate identifier (UCI), of the country of issue and the
identifier (COUNTRYCODEUCI), or of the signature (SIGNATURE). The last is a trap: with (r, s) also (r, n - s)
is a signature of the same certificate, so whoever holds a revoked one could show it again under another hash;
both are looked for. Of an ECDSA signature the EU hashes r alone, which is the same in both; lists with the
hash of the whole signature are found too. A list is a JSON object {"country", "kid", "hashType", "expires",
"entries": [{"hash": base64}]}; a bare list of hashes is read too. Source:
https://ec.europa.eu/health/system/files/2022-03/digital-covid-certificate_revocation_en.pdf, and the
gateway's batch (https://github.com/eu-digital-green-certificates/dgc-gateway, RevocationBatchDto). Not here:
Bloom filters and slices, fetching lists, and a business rule that reads the identifier.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from health.formats.cose import ES256, signature_spellings
from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, parse_json

if TYPE_CHECKING:
    from health.formats.certificate import Certificate

HASH_BYTES = 16
HASH_TYPES = ("SIGNATURE", "UCI", "COUNTRYCODEUCI")

# A batch of the gateway holds 1,000; a country that joins its batches has some millions.
MAX_BYTES = 256 * 1024 * 1024
_UVCI_PREFIX = "URN:UVCI:"


@dataclass(frozen=True)
class RevocationList:
    """Hashes of certificates that were withdrawn; `kid` is empty where a list is of any signer."""

    hashes: frozenset[bytes] = field(repr=False)
    kid: bytes = b""
    expires: datetime | None = None


@dataclass(frozen=True)
class Revocations:
    """The revocation lists of a relying party, looked up by hash."""

    by_kid: dict[bytes, frozenset[bytes]] = field(repr=False)

    @classmethod
    def of(cls, lists: Iterable[RevocationList]) -> Revocations:
        """Return the lists joined by signer."""
        joined: dict[bytes, frozenset[bytes]] = {}
        for each in lists:
            joined[each.kid] = joined.get(each.kid, frozenset()) | each.hashes
        return cls(joined)

    def contain(self, kid: bytes | None, hashes: frozenset[bytes]) -> bool:
        """Say whether one of the hashes of a certificate stands in a list of its signer, or of any signer.

        With None for the key identifier all lists are looked into.
        """
        kids = self.by_kid if kid is None else (kid, b"")
        return any(not hashes.isdisjoint(self.by_kid.get(key, frozenset())) for key in kids)


def hashes_of(certificate: Certificate) -> frozenset[bytes]:
    """Return every truncated hash under which a certificate may be revoked."""
    subjects = [*_signature_subjects(certificate)]
    if certificate.certificate_id is not None:
        countries = {certificate.issuer, certificate.subject.country} - {None}
        for identifier in _identifier_spellings(certificate.certificate_id):
            subjects.append(identifier.encode())
            subjects += [f"{country}{identifier}".encode() for country in countries]
    return frozenset(hashlib.sha256(subject).digest()[:HASH_BYTES] for subject in subjects)


def read_revocation_list(content: bytes) -> RevocationList:
    """Return the list of a JSON text; MalformedError, ComplexityError."""
    document = parse_json(content, max_bytes=MAX_BYTES)
    if isinstance(document, list):
        return RevocationList(_read_hashes(document))
    if not isinstance(document, dict) or not isinstance(document.get("entries"), list):
        raise MalformedValueError("expected a revocation list: an object with entries, or a list of hashes")
    hash_type = document.get("hashType", document.get("hashtype"))
    if hash_type is not None and hash_type not in HASH_TYPES:
        raise MalformedValueError(f"hashType: expected one of {', '.join(HASH_TYPES)}")
    return RevocationList(_read_hashes(document["entries"]), _read_kid(document), _read_expires(document))


def _signature_subjects(certificate: Certificate) -> Iterable[bytes]:
    yield from signature_spellings(certificate.signature, certificate.algorithm)
    if certificate.algorithm == ES256:
        yield certificate.signature[: len(certificate.signature) // 2]


def _identifier_spellings(identifier: str) -> tuple[str, str]:
    # The prefix is left out by some issuers in the certificate, by others in the list.
    bare = identifier.removeprefix(_UVCI_PREFIX)
    return bare, _UVCI_PREFIX + bare


def _read_hashes(entries: JSONValue) -> frozenset[bytes]:
    hashes = set()
    for entry in entries if isinstance(entries, list) else []:
        written = entry.get("hash") if isinstance(entry, dict) else entry
        found = _decode(written)
        if len(found) < HASH_BYTES:
            raise MalformedValueError(f"expected hashes of at least {HASH_BYTES} bytes in base64 or hex")
        hashes.add(found[:HASH_BYTES])
    return frozenset(hashes)


def _read_kid(document: JSONObject) -> bytes:
    kid = document.get("kid")
    if kid in (None, "", "UNKNOWN_KID"):
        return b""
    return _decode(kid)


def _read_expires(document: JSONObject) -> datetime | None:
    return parse_datetime(document["expires"]) if document.get("expires") is not None else None


def _decode(written: JSONValue) -> bytes:
    if not isinstance(written, str):
        raise MalformedValueError("expected base64 or hex")
    try:
        if len(written) in (32, 64) and all(digit in "0123456789abcdef" for digit in written):
            return bytes.fromhex(written)
        return base64.b64decode(
            written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4), validate=True
        )
    except (binascii.Error, ValueError) as err:
        raise MalformedValueError("expected base64 or hex") from err
