"""Trust lists of WHO's Global Digital Health Certification Network: DID documents full of certificates.

Version 2 has the keys embedded (`.../v2/trustlist/...`) or refers to documents that have (`trustlist-ref`);
version 1 is one document. Keys are read from the certificate, `x5c[0]`, and never from `x` and `y`, which are
often misspelt (33 bytes, "UNKNOWN CURVE"). Every document is signed on its own, and each that a list refers
to is verified on its own; references are followed within the same server only, to a bounded depth, and a
circle ends where it meets itself (threat I5). Source: https://smart.who.int/trust/ (concepts, trust lists).
WHO's two context documents may not be shipped with this program: they are imported with the list.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from health.trust.errors import TrustListError, UnsignedListError, WrongPublisherError
from health.trust.jws_2020 import signer_of, verify_jws_2020
from health.trust.lists import AUTHORITY, SIGNER, CertificateEntry, Material, Pins, TrustList, Verified
from health.trust.reading import entries_with_authorities, marked_duplicates
from health.trust.x509 import Certificate, read_certificate
from vclib.cid import Resolve
from vclib.datetimes import parse_datetime
from vclib.did import Fetch, did_web_url
from vclib.encoding import decode_base64url
from vclib.errors import InvalidDIDError, KeyMaterialError, MalformedError, MalformedValueError, NoProofError
from vclib.strict_json import JSONObject, JSONValue, parse_json_object

MAX_DOCUMENT_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 6
# The published references reach each document of a country twice, by its domain and by the wildcard.
MAX_DOCUMENTS = 2000

_USAGES: Mapping[str, str] = MappingProxyType({"CSCA": AUTHORITY, "SCA": AUTHORITY, "DSC": SIGNER})
_METHOD_TYPE = "JsonWebKey2020"
_COORDINATE_BYTES: Mapping[str, int] = MappingProxyType({"P-256": 32, "P-384": 48, "P-521": 66})


@dataclass(frozen=True)
class GDHCNList:
    """The kind; see the module."""

    name: str = "gdhcn"
    title: str = "WHO GDHCN trust list (did:web, version 1 or 2)"

    def recognises(self, material: Material) -> bool:
        """Say whether the first document looks like a DID document with verification methods."""
        first = next(iter(material.documents.values()), b"")
        return first.lstrip().startswith(b"{") and b'"verificationMethod"' in first and b"did:web:" in first

    def read(self, material: Material, *, now: datetime) -> TrustList:
        """Return what the documents say, believed or not."""
        return _read(_collect(material, lambda _: None))

    def verify(self, material: Material, pins: Pins, *, resolve: Resolve, now: datetime) -> Verified:
        """Return the list if each document is signed by the pinned publisher, or all are pinned by digest."""
        if pins.sha256 is not None:
            # The digest was compared by whoever has it; nothing fetched is covered by it.
            trust_list = self.read(material, now=now)
            return Verified(trust_list, f"pinned by its digest sha256:{pins.sha256}")
        if pins.publisher is None:
            first = _parsed(*next((content, name) for name, content in material.documents.items()))
            raise UnsignedListError(f"name who has to have signed it; the proof says {signer_of(first)}")
        signer = pins.publisher_document or resolve(pins.publisher)
        if signer.get("id") != pins.publisher:
            raise WrongPublisherError(f"the publisher's document is not that of {pins.publisher}")
        # A document's references are followed only once its own signature holds.
        collected = _collect(material, lambda document: _verify(document, signer, pins))
        return Verified(_read(collected), f"signed by {pins.publisher}")


@dataclass(frozen=True)
class _Collected:
    """The documents of one list, the first being where it begins, and what was left out."""

    documents: tuple[JSONObject, ...]
    remarks: tuple[str, ...]
    material: Material


def _verify(document: JSONObject, signer: JSONObject, pins: Pins) -> None:
    found = signer_of(document)
    if found is None:
        raise UnsignedListError(f"{document['id']} has no proof")
    if found != pins.publisher:
        raise WrongPublisherError(f"{document['id']} is signed by {found[:200]}, not by {pins.publisher}")
    try:
        verify_jws_2020(document, signer, pins.contexts)
    except NoProofError as err:
        raise UnsignedListError(f"{document['id']}: {err.message}") from err


def _collect(material: Material, check: Callable[[JSONObject], None]) -> _Collected:
    """Return every document of the list: those given, and those they refer to that can be had.

    `check` raises for a document that is not to be believed, before anything it refers to is looked at.
    """
    reached: dict[str, JSONObject] = {}
    for name, content in material.documents.items():
        document = _parsed(content, name)
        if str(document["id"]) in reached:
            raise TrustListError(f"{name}: another document has the id {document['id']} too")
        check(document)
        reached[str(document["id"])] = document
    home = _home(next(iter(reached)))
    pending = [(reference, 1) for document in reached.values() for reference in _references(document)]
    remarks: dict[str, None] = {}
    while pending:
        did, depth = pending.pop()
        if did in reached:
            continue
        problem = _reason_not_to_follow(did, depth, home, len(reached))
        if problem is None and material.fetch is None:
            problem = "is referred to and was not given"
        if problem is not None or material.fetch is None:
            remarks[f"{did[:200]}: {problem}"] = None
            continue
        reached[did] = _followed(did, material.fetch, check)
        pending += [(reference, depth + 1) for reference in _references(reached[did])]
        material.progress(len(reached), len(reached) + len(pending))
    return _Collected(tuple(reached.values()), tuple(remarks), material)


def _followed(did: str, fetch: Fetch, check: Callable[[JSONObject], None]) -> JSONObject:
    document = _parsed(fetch(did_web_url(did)), did)
    if document["id"] != did:
        raise TrustListError(f"the document of {did} says that it is {str(document['id'])[:200]}")
    check(document)
    return document


def _reason_not_to_follow(did: str, depth: int, home: str, reached: int) -> str | None:
    if _home(did) != home:
        return "refers to another server, which is a list of its own"
    if depth > MAX_DEPTH or reached >= MAX_DOCUMENTS:
        raise TrustListError(f"the list refers to more than {MAX_DEPTH} levels or {MAX_DOCUMENTS} documents")
    try:
        did_web_url(did)
    except InvalidDIDError:
        return "is no did:web that could be read"
    return None


def _home(did: str) -> str:
    """Return the server of a did:web."""
    return did.split(":")[2] if did.count(":") > 1 else did


def _parsed(content: bytes, name: str) -> JSONObject:
    document = parse_json_object(content, max_bytes=MAX_DOCUMENT_BYTES)
    if not str(document.get("id")).startswith("did:web:"):
        raise MalformedValueError(f"{name}: expected a trust list with the id of a did:web")
    if not isinstance(document.get("verificationMethod"), list):
        raise MalformedValueError(f"{name}: expected a trust list with verification methods")
    return document


def _references(document: JSONObject) -> list[str]:
    methods = document["verificationMethod"]
    return [each for each in methods if isinstance(each, str)] if isinstance(methods, list) else []


def _read(collected: _Collected) -> TrustList:
    methods = list(_methods(collected.documents))
    entries: list[CertificateEntry] = []
    for number, method in enumerate(methods, start=1):
        entries.append(_entry(method))
        collected.material.progress(number, len(methods))
    first = str(collected.documents[0]["id"])
    return TrustList(
        kind="gdhcn",
        publisher=first,
        certificates=marked_duplicates(entries_with_authorities(entries)),
        versions=MappingProxyType({str(each["id"]): _created(each) for each in collected.documents}),
        remarks=collected.remarks,
        is_test=_is_test(first),
    )


def _methods(documents: tuple[JSONObject, ...]) -> Iterator[JSONObject]:
    """Yield every embedded method once, for a subset of a list repeats what the whole says."""
    seen: set[tuple[str, str]] = set()
    for document in documents:
        methods = document["verificationMethod"]
        within: list[tuple[str, str]] = []
        for method in methods if isinstance(methods, list) else []:
            if not isinstance(method, dict):
                continue
            key = (_key_id(method), _first_certificate(method))
            if key not in seen:
                yield method
            within.append(key)
        seen.update(within)


def _entry(method: JSONObject) -> CertificateEntry:
    jwk = method.get("publicKeyJwk")
    jwk = jwk if isinstance(jwk, dict) else {}
    kid = _decoded(_key_id(method)) or b""
    country = _code(method, "participant") or _country_of_version_1(method)
    chain = jwk.get("x5c")
    ders = [_decoded(each) for each in chain] if isinstance(chain, list) else []
    if method.get("type") != _METHOD_TYPE or not ders or ders[0] is None:
        return CertificateEntry(b"", None, kid, country, SIGNER, "", ("bad-certificate",))
    usage = _code(method, "keyusage")
    authority = ders[1] if len(ders) > 1 else None
    try:
        certificate = read_certificate(ders[0])
    except KeyMaterialError:
        return CertificateEntry(ders[0], authority, kid, country, usage or SIGNER, "", ("bad-certificate",))
    if not usage:
        usage = AUTHORITY if certificate.is_authority else SIGNER
    return CertificateEntry(
        certificate.der,
        authority,
        kid,
        country,
        _USAGES.get(usage, usage),
        certificate.name,
        tuple(_key_problems(certificate, jwk)),
    )


def _key_problems(certificate: Certificate, jwk: JSONObject) -> Iterator[str]:
    """Yield what is wrong with the key written beside the certificate, which nobody uses here."""
    written = _written_point(jwk)
    if written is None:
        # RSA keys; and curves that the publisher's software does not know.
        if jwk.get("kty") == "EC":
            yield "key-spelling"
        return
    x, y, size = written
    if len(x) != size or len(y) != size:
        yield "key-spelling"
    key = certificate.key
    numbers = key.public_numbers() if key is not None else None
    if (getattr(numbers, "x", None), getattr(numbers, "y", None)) != (
        int.from_bytes(x, "big"),
        int.from_bytes(y, "big"),
    ):
        yield "key-differs"


def _written_point(jwk: JSONObject) -> tuple[bytes, bytes, int] | None:
    size = _COORDINATE_BYTES.get(str(jwk.get("crv")))
    if jwk.get("kty") != "EC" or size is None:
        return None
    try:
        return decode_base64url(str(jwk.get("x"))), decode_base64url(str(jwk.get("y"))), size
    except MalformedError:
        return None


def _key_id(method: JSONObject) -> str:
    """Return the key identifier: a member of version 2, the fragment of version 1."""
    jwk = method.get("publicKeyJwk")
    kid = jwk.get("kid") if isinstance(jwk, dict) else None
    return kid if isinstance(kid, str) else str(method.get("id")).partition("#")[2]


def _first_certificate(method: JSONObject) -> str:
    jwk = method.get("publicKeyJwk")
    chain = jwk.get("x5c") if isinstance(jwk, dict) else None
    return str(chain[0]) if isinstance(chain, list) and chain else ""


def _code(method: JSONObject, member: str) -> str:
    value = method.get(member)
    code = value.get("code") if isinstance(value, dict) else None
    return code.removeprefix("#")[:20] if isinstance(code, str) else ""


def _country_of_version_1(method: JSONObject) -> str:
    """Return "MLT" of did:web:tng-cdn.who.int:trustlist:mlt#..., the last part before the key identifier."""
    return str(method.get("id")).partition("#")[0].rpartition(":")[2].upper()[:20]


def _created(document: JSONObject) -> datetime:
    proof = document.get("proof")
    created = proof.get("created") if isinstance(proof, dict) else None
    try:
        return parse_datetime(created)
    except MalformedValueError as err:
        raise MalformedValueError(f"{document['id']}: proof.created: {err.message}") from err


def _decoded(text: JSONValue) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None


def _is_test(did: str) -> bool:
    """Say whether the list is of WHO's development or acceptance system, by the name of its server."""
    return any(part in ("dev", "uat", "test") for part in _home(did).partition(".")[0].split("-"))
