"""A list that was taken in, written down as JSON and read again: the same values, and nothing is judged anew.

What is written was verified once, and whoever can change the file can change the trust file beside it. The
bytes of authorities are written once each. Format number 1; another number is refused by name.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from types import MappingProxyType

from health.trust.lists import CertificateEntry, Pins, TrustList
from health.trust.store import KeptList
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue
from vclib.trusted_issuers import TrustedIssuer

FORMAT = 1


def kept_to_json(kept: KeptList) -> JSONObject:
    """Return a kept list as JSON."""
    trust_list = kept.trust_list
    chain = dict.fromkeys(entry.authority for entry in trust_list.certificates if entry.authority is not None)
    numbers = {der: number for number, der in enumerate(chain)}
    return {
        "format": FORMAT,
        "name": kept.name,
        "location": kept.location,
        "voucher": kept.voucher,
        "sha256": kept.sha256,
        "confirmed": format_datetime(kept.confirmed),
        "formats": _sorted(kept.formats),
        "types": _sorted(kept.types),
        "countries": _sorted(kept.countries),
        "test": kept.is_test,
        "kind": trust_list.kind,
        "publisher": trust_list.publisher,
        "versions": {name: format_datetime(date) for name, date in trust_list.versions.items()},
        "validFrom": _moment(trust_list.valid_from),
        "validUntil": _moment(trust_list.valid_until),
        "remarks": list(trust_list.remarks),
        "authorities": [_encoded(der) for der in chain],
        "certificates": [_entry_to_json(entry, numbers) for entry in trust_list.certificates],
        "issuers": [_issuer_to_json(issuer) for issuer in trust_list.issuers],
    }


def kept_from_json(document: JSONObject) -> KeptList:
    """Return the list that `kept_to_json` wrote; MalformedValueError for anything else."""
    if document.get("format") != FORMAT:
        raise MalformedValueError(f"format: expected {FORMAT}, written by a program of this version")
    try:
        return _kept(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, binascii.Error) as err:
        raise MalformedValueError("expected a trust list as this program writes it") from err


def pins_to_json(pins: Pins) -> JSONObject:
    """Return what was pinned as JSON: everything that reading the list again needs."""
    return {
        "publisher": pins.publisher,
        "publisherDocument": pins.publisher_document,
        "publisherKey": None if pins.publisher_key is None else pins.publisher_key.decode("ascii"),
        "sha256": pins.sha256,
        "anchors": [_encoded(der) for der in pins.anchors],
        "contexts": {url: _encoded(content) for url, content in pins.contexts.items()},
    }


def pins_from_json(document: JSONObject) -> Pins:
    """Return what was pinned; MalformedValueError for what was not written by `pins_to_json`."""
    try:
        publisher, key, digest = (document[name] for name in ("publisher", "publisherKey", "sha256"))
        known = document["publisherDocument"]
        return Pins(
            publisher=None if publisher is None else str(publisher),
            publisher_document=None if known is None else _object(known),
            publisher_key=None if key is None else str(key).encode("ascii"),
            sha256=None if digest is None else str(digest),
            anchors=tuple(_bytes(each) for each in _list(document["anchors"])),
            contexts=MappingProxyType(
                {url: _bytes(each) for url, each in _object(document["contexts"]).items()}
            ),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as err:
        raise MalformedValueError("expected the pins of a trust list as this program writes them") from err


def _bytes(text: JSONValue) -> bytes:
    return base64.b64decode(str(text), validate=True)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _kept(document: JSONObject) -> KeptList:
    authorities = [_bytes(each) for each in _list(document["authorities"])]
    versions = document["versions"]
    trust_list = TrustList(
        kind=str(document["kind"]),
        publisher=str(document["publisher"]),
        certificates=tuple(_entry(_object(each), authorities) for each in _list(document["certificates"])),
        issuers=tuple(_issuer(_object(each)) for each in _list(document["issuers"])),
        versions=MappingProxyType({name: parse_datetime(date) for name, date in _object(versions).items()}),
        valid_from=_parsed(document["validFrom"]),
        valid_until=_parsed(document["validUntil"]),
        remarks=tuple(str(each) for each in _list(document["remarks"])),
    )
    return KeptList(
        name=str(document["name"]),
        location=str(document["location"]),
        trust_list=trust_list,
        voucher=str(document["voucher"]),
        sha256=str(document["sha256"]),
        confirmed=parse_datetime(document["confirmed"]),
        formats=_frozen(document["formats"]),
        types=_frozen(document["types"]),
        countries=_frozen(document.get("countries")) or frozenset(),
        is_test=document["test"] is True,
    )


def _entry_to_json(entry: CertificateEntry, numbers: dict[bytes, int]) -> JSONObject:
    return {
        "certificate": _encoded(entry.certificate),
        "authority": None if entry.authority is None else numbers[entry.authority],
        "kid": entry.kid.hex(),
        "country": entry.country,
        "usage": entry.usage,
        "name": entry.name,
        "problems": list(entry.problems),
    }


def _entry(members: JSONObject, authorities: list[bytes]) -> CertificateEntry:
    number = members["authority"]
    return CertificateEntry(
        certificate=_bytes(members["certificate"]),
        authority=authorities[number] if isinstance(number, int) else None,
        kid=bytes.fromhex(str(members["kid"])),
        country=str(members["country"]),
        usage=str(members["usage"]),
        name=str(members["name"]),
        problems=tuple(str(each) for each in _list(members["problems"])),
    )


def _issuer_to_json(issuer: TrustedIssuer) -> JSONObject:
    return {
        "id": issuer.id,
        "name": issuer.name,
        "dids": [*sorted(issuer.dids)],
        "types": _sorted(issuer.type_iris),
        "validFrom": _moment(issuer.valid_from),
        "validUntil": _moment(issuer.valid_until),
        "suspended": issuer.suspended,
    }


def _issuer(members: JSONObject) -> TrustedIssuer:
    return TrustedIssuer(
        str(members["id"]),
        str(members["name"]),
        frozenset(str(each) for each in _list(members["dids"])),
        _frozen(members["types"]),
        _parsed(members["validFrom"]),
        _parsed(members["validUntil"]),
        # Of a list that was written before there was such a member, nobody was suspended.
        suspended=str(members.get("suspended", "")),
    )


def _object(value: JSONValue) -> JSONObject:
    if not isinstance(value, dict):
        raise TypeError
    return value


def _list(value: JSONValue) -> list[JSONValue]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _sorted(values: frozenset[str] | None) -> JSONValue:
    return None if values is None else [str(each) for each in sorted(values)]


def _frozen(value: JSONValue) -> frozenset[str] | None:
    return None if value is None else frozenset(str(each) for each in _list(value))


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else format_datetime(moment)


def _parsed(value: JSONValue) -> datetime | None:
    return None if value is None else parse_datetime(value)
