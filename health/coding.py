"""Codes and identifiers, and the one string that each becomes in a credential.

A coded value ("COVID-19" in ICD-11) is a pair of system and code. As a nested object it would cost four
signed statements and let an issuer choose the words that a verifier reads; here it is one IRI, so one
statement, and every reader brings its own words. The IRI is the system, "#" and the percent-encoded code,
written short where the context `https://w3id.org/ddcc/v1` has a prefix for the system:

    Code("http://id.who.int/icd11/mms", "RA01")      icd11:RA01
    Code("https://example.org/vaccines", "A/1 b")    https://example.org/vaccines#A%2F1%20b
    Code(None, "Local product")                      text:Local%20product
    Code("odd system#1", "x")                        coding:odd%20system%231/x

The third form is text for which there is no registry. The fourth takes every system that would not be a
plain http(s) or urn IRI without fragment, so that any pair of strings comes back exactly as it went in.
An identifier of a person or a card may have a system too; it stays a literal, in the form in which FHIR
searches for tokens, `system|value` (https://hl7.org/fhir/R4/search.html#token, section 3.1.1.5.1 escaping).

Choice and alternatives: docs/decisions/0051-codes-as-iris.md. This module knows no code system's content.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import quote, unquote

from vclib.errors import RecordError

ICD11 = "http://id.who.int/icd11/mms"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
CVX = "http://hl7.org/fhir/sid/cvx"
ATC = "http://www.whocc.no/atc"
ISO3166 = "urn:iso:std:iso:3166"

# The prefixes of https://w3id.org/ddcc/v1, as frozen there; a test holds both to each other.
PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "icd11": ICD11,
        "sct": SNOMED,
        "loinc": LOINC,
        "cvx": CVX,
        "mvx": "http://hl7.org/fhir/sid/mvx",
        "atc": ATC,
        "iso3166": ISO3166,
        "icvp": "http://smart.who.int/icvp/CodeSystem/ICVPProductIds",
        "ema": "https://spor.ema.europa.eu/v1/organisations",
        "eu-register": "https://ec.europa.eu/health/documents/community-register/html/",
        "eu-vaccine": "http://ec.europa.eu/temp/vaccineproductname",
        "eu-manufacturer": "http://ec.europa.eu/temp/vaccinemanufacturer",
        "eu-device": "https://covid-19-diagnostics.jrc.ec.europa.eu/devices",
        "text": "https://w3id.org/ddcc/text",
        "coding": "https://w3id.org/ddcc/coding",
    }
)

# One system, several spellings in WHO's own material; the right-hand one is written.
SYSTEM_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "http://id.who.int/icd/release/11/mms": ICD11,
        "urn:iso:std:iso:3166-1": ISO3166,
        "http://hl7.org/fhir/ValueSet/iso3166-1-3": ISO3166,
    }
)

_TEXT, _CODING = "text", "coding"
_PREFIX_OF: Mapping[str, str] = MappingProxyType({system: prefix for prefix, system in PREFIXES.items()})

# Systems that can stand before "#" as they are: absolute, ASCII, no fragment of their own, and of schemes
# that no context defines as a prefix (a system such as "sct:x" would be expanded to something else).
_PLAIN_SYSTEM = re.compile(
    r"https?://[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?"
    r"(?:/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*)?"
    r"|urn:[a-z0-9][a-z0-9-]{0,30}[a-z0-9]:(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+"
)


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a system, or plain text where `system` is None (no registry has a code for it)."""

    system: str | None
    code: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a person, a card or a health worker, with the system it is unique in, if known."""

    system: str | None
    value: str


def iri_from_code(code: Code) -> str:
    """Return the one IRI of `code`, in the short form the context has for it.

    Raises RecordError for an empty code or system; nothing else is refused, and no two pairs share an IRI.
    """
    if not code.code:
        raise RecordError("expected a code, found an empty one")
    if code.system is None:
        return f"{_TEXT}:{_encode(code.code)}"
    return _iri_in_system(code.system, code.code)


# Codes are public and few; what stands as text is not remembered.
@lru_cache(maxsize=4096)
def _iri_in_system(system: str, code: str) -> str:
    encoded = _encode(code)
    if not system:
        raise RecordError("expected a code system, found an empty one")
    prefix = _PREFIX_OF.get(system)
    if prefix is not None and prefix not in (_TEXT, _CODING):
        return f"{prefix}:{encoded}"
    if prefix is None and _PLAIN_SYSTEM.fullmatch(system):
        return f"{system}#{encoded}"
    return f"{_CODING}:{_encode(system)}/{encoded}"


def code_from_iri(iri: str) -> Code:
    """Return the system and code of an IRI, short or whole.

    Raises RecordError for text that is no such IRI. Spellings that `iri_from_code` would not choose are
    read too (a whole IRI where there is a prefix): another issuer may have written them.
    """
    system, encoded = _split(iri)
    if system == PREFIXES[_CODING]:
        encoded_system, slash, encoded = encoded.partition("/")
        if not slash:
            raise RecordError("expected coding:SYSTEM/CODE, found no slash")
        return Code(_decode(encoded_system), _decode(encoded))
    code = _decode(encoded)
    return Code(None if system == PREFIXES[_TEXT] else system, code)


def canonical_code(code: Code) -> Code:
    """Return `code` with a system that has several spellings in its usual one."""
    usual = SYSTEM_ALIASES.get(code.system or "")
    return code if usual is None else Code(usual, code.code)


def token_from_identifier(identifier: Identifier) -> str:
    r"""Return `identifier` as a token: "value", or "system|value"; "|" and "\" inside are escaped by "\"."""
    value = _escape(identifier.value)
    return value if identifier.system is None else f"{_escape(identifier.system)}|{value}"


def identifier_from_token(token: str) -> Identifier:
    """Return the identifier of a token; RecordError if it has several systems or no value."""
    if token and "\\" not in token and "|" not in token:
        return Identifier(None, token)
    # A "|" is a separator when an even number of backslashes stands before it; scan, as escapes can touch.
    parts, current, characters = [], "", iter(token)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            current += following if following in ("\\", "|") else character + following
        elif character == "|":
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    if len(parts) > 2 or not parts[-1]:
        raise RecordError('expected an identifier as "value" or "system|value"')
    return Identifier(parts[0] or None if len(parts) == 2 else None, parts[-1])


def _split(iri: str) -> tuple[str, str]:
    prefix, colon, rest = iri.partition(":")
    if colon and prefix in PREFIXES:
        return PREFIXES[prefix], rest
    system, hash_, encoded = iri.rpartition("#")
    if not hash_ or not _PLAIN_SYSTEM.fullmatch(system):
        raise RecordError(
            'expected a code such as "icd11:RA01" or "https://example.org/system#code", found another form'
        )
    return system, encoded


def _encode(text: str) -> str:
    # Everything but RFC 3986's unreserved characters; "/" too, as "//" after a prefix reads as an authority.
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as err:
        raise RecordError(
            "a code or code system holds half a surrogate pair, which is not a character"
        ) from err


def _decode(text: str) -> str:
    if not text:
        raise RecordError("expected a code, found an empty one")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as err:
        raise RecordError("expected percent-encoded UTF-8 in a code") from err


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|")
