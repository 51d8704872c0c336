"""What a credential says, in words for a screen: every value that is in it, none that is not.

A holder consents to what will leave, and a verifier reads what came; both need the same list, made from
the document itself. So every value is listed, also those of members this project does not know (their
pointer serves as label), with nothing taken from elsewhere: a derived credential yields what it discloses.
Words for codes come from our own tables, and the code itself stays beside them.

All text is returned as it stands in the document. Issuers choose it, so whoever prints it must make control
and direction characters inert first (J6, J7 in the threat list). `@context` and `proof` say nothing about
the person and are not listed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from health.codes import Language, display, read_rows
from health.coding import code_from_iri
from health.elements import KINDS, PERSON, Form, Kind
from health.values import without_day_bounds
from vclib.errors import RecordError
from vclib.strict_json import JSONObject, JSONValue, dump_json

_SKIPPED = ("@context", "proof")
_MOMENTS = ("/validFrom", "/validUntil")
_TOKENS = ("/credentialSubject/sex", "/credentialSubject/type", "/credentialStatus/statusPurpose")


@dataclass(frozen=True, slots=True)
class Claim:
    """One value of a credential: where it is, what it is called, how it reads, and its code if it is one."""

    pointer: str
    label: str
    display: str
    code: str | None = None


def claims_from_credential(document: JSONObject, language: Language = "en") -> list[Claim]:
    """Return every value of a credential, whole or derived, in the order of the document.

    `type` is one claim. A code without words is shown as its system and code. Never raises on a JSON object.
    """
    claims = []
    for pointer, value in _leaves(document):
        label_key = _without_indexes(pointer)
        shown, code = _show(label_key, value, language)
        claims.append(Claim(pointer, label(pointer, language), shown, code))
    return claims


def label(pointer: str, language: Language = "en") -> str:
    """Return our name for the claim at a JSON pointer, the pointer itself where we have none."""
    words = _table("labels.tsv").get(_without_indexes(pointer))
    return words[language] if words else pointer


def translated(claim: Claim, language: Language) -> Claim:
    """Return a claim that was read in English in another language: its label, and its code or token in words.

    Claims are told to others in English; whoever shows them translates what has words of ours. What an issuer
    wrote itself stays as it is.
    """
    if language == "en":
        return claim
    key = _without_indexes(claim.pointer)
    name = label(claim.pointer, language) if key in _table("labels.tsv") else claim.label
    shown = claim.display
    if claim.code is not None:
        shown, _ = _show_code(claim.code, language)
    elif key in (*_TOKENS, "/type"):
        words = _token_words(language)
        shown = ", ".join(words.get(part, part) for part in shown.split(", "))
    return Claim(claim.pointer, name, shown, claim.code)


def claims_of_kind(kind: Kind) -> Iterator[tuple[str, bool]]:
    """Give the JSON pointer of every claim of a kind of credential, and whether it is always there."""
    for element in PERSON:
        yield f"/credentialSubject/{element.term}", element.required
    for element in kind.elements:
        yield f"/credentialSubject/{kind.name}/{element.term}", element.required


def _leaves(document: JSONObject) -> Iterator[tuple[str, JSONValue]]:
    for name, value in document.items():
        if name not in _SKIPPED:
            yield from _leaves_below(f"/{_escaped(name)}", value)


def _leaves_below(pointer: str, value: JSONValue) -> Iterator[tuple[str, JSONValue]]:
    # Depth is bounded where documents are parsed (vclib.strict_json.MAX_DEPTH).
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _leaves_below(f"{pointer}/{_escaped(name)}", member)
    elif isinstance(value, list) and value and not pointer.endswith("/type"):
        for index, item in enumerate(value):
            yield from _leaves_below(f"{pointer}/{index}", item)
    else:
        yield pointer, value


def _show(key: str, value: JSONValue, language: Language) -> tuple[str, str | None]:
    if key == "/type":
        return _show_types(value, language), None
    if not isinstance(value, str):
        return dump_json(value), None
    if key in _code_pointers():
        return _show_code(value, language)
    if key in _MOMENTS:
        return without_day_bounds(value), None
    if key in _TOKENS:
        words = _table("tokens.tsv").get(value)
        return (words[language] if words else value), None
    return value, None


def _show_types(value: JSONValue, language: Language) -> str:
    types = [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)]
    # Every credential is a VerifiableCredential, so the word tells nobody anything beside another.
    special = [name for name in types if name != "VerifiableCredential"] or types
    words = _table("tokens.tsv")
    return ", ".join(words[name][language] if name in words else name for name in special)


def _show_code(iri: str, language: Language) -> tuple[str, str]:
    try:
        code = code_from_iri(iri)
    except RecordError:
        return iri, iri
    words = display(code, language)
    return (words if words is not None else f"{code.system} {code.code}"), iri


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _without_indexes(pointer: str) -> str:
    return "/".join(part for part in pointer.split("/") if not (part.isascii() and part.isdigit()))


@cache
def _code_pointers() -> frozenset[str]:
    coded = (Form.CODE, Form.CODE_OR_TEXT, Form.COUNTRY)
    return frozenset(
        f"/credentialSubject/{kind.name}/{element.term}"
        for kind in KINDS.values()
        for element in kind.elements
        if element.form in coded
    )


@cache
def _token_words(language: Language) -> Mapping[str, str]:
    return MappingProxyType({words["en"]: words[language] for words in _table("tokens.tsv").values()})


@cache
def _table(name: str) -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType({key: MappingProxyType({"en": en, "fr": fr}) for key, en, fr in read_rows(name)})
