"""Codes and identifiers as single strings, exact in both directions."""

from __future__ import annotations

import json
from importlib import resources

import pyoxigraph
import pytest
from hypothesis import given
from hypothesis import strategies as st

from health.coding import (
    PREFIXES,
    Code,
    Identifier,
    canonical_code,
    code_from_iri,
    identifier_from_token,
    iri_from_code,
    token_from_identifier,
)
from vclib.errors import RecordError

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
_SYSTEM = (
    st.none()
    | st.sampled_from(sorted(PREFIXES.values()))
    | st.builds("https://example.org/{}".format, _TEXT)
    | st.builds("urn:oid:{}".format, _TEXT)
    | _TEXT
)


@pytest.mark.parametrize(
    ("code", "iri"),
    [
        (Code("http://id.who.int/icd11/mms", "RA01"), "icd11:RA01"),
        (Code("http://snomed.info/sct", "840539006"), "sct:840539006"),
        (Code("http://loinc.org", "LP6464-4"), "loinc:LP6464-4"),
        (Code("urn:iso:std:iso:3166", "CHE"), "iso3166:CHE"),
        # A cluster of ICD-11 codes.
        (Code("http://id.who.int/icd11/mms", "1D47&XN2V4/XS25"), "icd11:1D47%26XN2V4%2FXS25"),
        # "//" after a prefix would be read as the authority of a URL, and the prefix as its scheme.
        (Code("http://id.who.int/icd11/mms", "//evil.example/x"), "icd11:%2F%2Fevil.example%2Fx"),
        (
            Code("https://ec.europa.eu/health/documents/community-register/html/", "EU/1/20/1528"),
            "eu-register:EU%2F1%2F20%2F1528",
        ),
        (Code("https://example.org/vaccines", "A/1 b#c%"), "https://example.org/vaccines#A%2F1%20b%23c%25"),
        (Code("urn:oid:2.16.840.1.113883.6.59", "207"), "urn:oid:2.16.840.1.113883.6.59#207"),
        (Code(None, "Local product"), "text:Local%20product"),
        (Code(None, "疫苗"), "text:%E7%96%AB%E8%8B%97"),
        (Code("odd system#1", "x"), "coding:odd%20system%231/x"),
        # A system that looks like a short form would be expanded to another one.
        (Code("sct:1", "x"), "coding:sct%3A1/x"),
        # The systems of the two special forms, taken as systems, must not be mistaken for those forms.
        (Code("https://w3id.org/ddcc/text", "x"), "coding:https%3A%2F%2Fw3id.org%2Fddcc%2Ftext/x"),
        (Code("https://w3id.org/ddcc/coding", "x"), "coding:https%3A%2F%2Fw3id.org%2Fddcc%2Fcoding/x"),
    ],
)
def test_code_becomes_one_iri_and_comes_back(code: Code, iri: str) -> None:
    assert iri_from_code(code) == iri
    assert code_from_iri(iri) == code


@given(_SYSTEM, _TEXT)
def test_any_system_and_code_survive(system: str | None, text: str) -> None:
    code = Code(system, text)
    assert code_from_iri(iri_from_code(code)) == code


@given(_SYSTEM, _TEXT)
def test_iris_hold_only_characters_that_every_implementation_writes_alike(
    system: str | None, text: str
) -> None:
    iri = iri_from_code(Code(system, text))
    assert iri.isascii()
    assert not set(iri) & set(' <>"{}|\\^`')
    assert iri.count("#") <= 1


@given(_SYSTEM, _TEXT)
def test_iris_are_iris_to_another_implementation(system: str | None, text: str) -> None:
    prefix, _, rest = iri_from_code(Code(system, text)).partition(":")
    whole = f"{PREFIXES[prefix]}#{rest}" if prefix in PREFIXES else f"{prefix}:{rest}"
    # The constructor refuses what RFC 3987 does not allow, so text that parses is one IRI.
    (quad,) = pyoxigraph.parse(f"<urn:a> <urn:b> <{whole}> .", format=pyoxigraph.RdfFormat.N_QUADS)
    assert quad.object == pyoxigraph.NamedNode(whole)


def test_whole_iri_of_a_prefixed_system_is_read() -> None:
    assert code_from_iri("http://id.who.int/icd11/mms#RA01") == Code("http://id.who.int/icd11/mms", "RA01")


@pytest.mark.parametrize("iri", ["RA01", "icd12:RA01", "sct:", "https://example.org/x", "text:", "a b#c"])
def test_text_that_is_no_code_iri_is_refused(iri: str) -> None:
    with pytest.raises(RecordError, match="expected a code"):
        code_from_iri(iri)


def test_generic_form_without_its_slash_is_refused() -> None:
    with pytest.raises(RecordError, match="no slash"):
        code_from_iri("coding:abc")


def test_percent_codes_that_are_no_utf_8_are_refused() -> None:
    with pytest.raises(RecordError, match="UTF-8"):
        code_from_iri("text:%FF")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (Code("http://loinc.org", ""), "expected a code, found an empty one"),
        (Code("", "x"), "expected a code system, found an empty one"),
        (Code("http://loinc.org", "\ud800"), "surrogate"),
    ],
)
def test_code_without_an_iri_is_refused(code: Code, message: str) -> None:
    with pytest.raises(RecordError, match=message):
        iri_from_code(code)


def test_other_spelling_of_a_system_becomes_the_usual_one() -> None:
    release = Code("http://id.who.int/icd/release/11/mms", "JAM.AH.XF")
    assert canonical_code(release) == Code("http://id.who.int/icd11/mms", "JAM.AH.XF")
    assert canonical_code(Code(None, "x")) == Code(None, "x")


def test_prefixes_are_those_of_the_context() -> None:
    context = json.loads(resources.files("contexts").joinpath("ddcc-v1.jsonld").read_text())["@context"]
    published = {
        term: definition["@id"].removesuffix("#")
        for term, definition in context.items()
        if isinstance(definition, dict) and definition.get("@prefix")
    }
    assert dict(PREFIXES) == published


@pytest.mark.parametrize(
    ("identifier", "token"),
    [
        (Identifier(None, "999123456"), "999123456"),
        (Identifier("https://registry.example", "77"), "https://registry.example|77"),
        (Identifier(None, "a|b"), "a\\|b"),
        (Identifier(None, "a\\"), "a\\\\"),
        (Identifier("x|y", "\\|"), "x\\|y|\\\\\\|"),
    ],
)
def test_identifier_becomes_a_token_and_comes_back(identifier: Identifier, token: str) -> None:
    assert token_from_identifier(identifier) == token
    assert identifier_from_token(token) == identifier


@given(st.none() | _TEXT, _TEXT)
def test_any_identifier_survives(system: str | None, value: str) -> None:
    identifier = Identifier(system, value)
    assert identifier_from_token(token_from_identifier(identifier)) == identifier


@pytest.mark.parametrize("token", ["", "a|", "a|b|c", "|"])
def test_token_that_is_no_identifier_is_refused(token: str) -> None:
    with pytest.raises(RecordError, match="expected an identifier"):
        identifier_from_token(token)


def test_token_with_an_empty_system_has_none() -> None:
    assert identifier_from_token("|77") == Identifier(None, "77")
