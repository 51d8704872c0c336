"""Conformance of presentations, and what ties a derived proof to one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vclib.errors import (
    ComplexityError,
    ContextNotAcceptedError,
    CredentialError,
    DataLossError,
    MalformedValueError,
    UnsupportedSecuringMechanismError,
)
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.presentations import new_presentation, parse_presentation, presentation_header_for
from vclib.strict_json import JSONObject

Maker = Callable[..., JSONObject]

V2 = "https://www.w3.org/ns/credentials/v2"
CREDENTIALS = "https://www.w3.org/2018/credentials#"


def test_a_conforming_presentation_is_read(presentation: Maker, unsigned: Maker) -> None:
    document = presentation(unsigned(), unsigned(), id="urn:uuid:1", holder="did:example:alice")
    parsed = parse_presentation(document)
    assert parsed.version == "2.0"
    assert parsed.id == "urn:uuid:1"
    assert parsed.holder == "did:example:alice"
    assert parsed.type_iris == ("https://www.w3.org/2018/credentials#VerifiablePresentation",)
    assert parsed.credentials == (unsigned(), unsigned())
    assert parsed.document is document


def test_a_new_presentation_conforms(unsigned: Maker) -> None:
    document = new_presentation([unsigned()], holder="did:example:alice", presentation_id="urn:uuid:1")
    assert parse_presentation(document).credentials == (unsigned(),)


def test_a_new_presentation_names_nobody_unless_asked_to() -> None:
    assert new_presentation([]) == {"@context": [V2], "type": ["VerifiablePresentation"]}


def test_one_credential_may_stand_without_a_list(presentation: Maker, unsigned: Maker) -> None:
    assert parse_presentation(presentation(verifiableCredential=unsigned())).credentials == (unsigned(),)


def test_a_broken_credential_does_not_keep_the_others_from_being_read(
    presentation: Maker, unsigned: Maker
) -> None:
    """E5."""
    broken = unsigned(credentialSubject={"nonsense": True})
    assert len(parse_presentation(presentation(unsigned(), broken)).credentials) == 2


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("@context", V2, "@context: expected a list"),
        ("@context", ["https://w3id.org/ddcc/v1", V2], r"@context\[0\]"),
        ("type", "VerifiableCredential", "type: expected VerifiablePresentation"),
        ("type", [], "type: expected one or more"),
        ("id", "presentation-1", "id: expected one absolute URL"),
        ("holder", "alice", "holder: expected one absolute URL"),
        ("holder", {"name": "Alice"}, r"holder\.id: expected one absolute URL"),
        ("holder", None, "holder: expected one absolute URL, found null"),
        ("holder", ["did:example:alice"], "holder: expected one absolute URL, found an array"),
        ("verifiableCredential", "https://example.org/vc", r"verifiableCredential\[0\]: expected an object"),
        ("verifiableCredential", [1], r"verifiableCredential\[0\]: expected an object, found a number"),
        ("verifiableCredential", [], "verifiableCredential: expected one or more"),
        ("verifiableCredential", [{}], r"verifiableCredential\[0\]: expected a credential"),
        ("termsOfUse", {"id": "https://x.example/terms"}, r"termsOfUse\[0\]\.type"),
        ("proof", {}, r"proof\[0\]\.type"),
        ("proof", "signed", r"proof\[0\]: expected an object"),
        ("proof", [], "proof: expected one or more"),
    ],
)
def test_a_malformed_member_is_refused_by_its_path(
    presentation: Maker, member: str, value: object, message: str
) -> None:
    """A2, C2."""
    with pytest.raises(MalformedValueError, match=message):
        parse_presentation(presentation() | {member: value})


@pytest.mark.parametrize("document", [[], "presentation", None])
def test_what_is_no_object_is_no_presentation(document: Any) -> None:
    with pytest.raises(MalformedValueError, match="expected a presentation, found"):
        parse_presentation(document)


def test_an_unknown_context_is_refused_by_its_url(presentation: Maker) -> None:
    """A1."""
    document = presentation() | {"@context": [V2, "https://evil.example/v1"]}
    with pytest.raises(ContextNotAcceptedError, match=r"https://evil\.example/v1"):
        parse_presentation(document)


def test_a_member_without_meaning_is_refused(presentation: Maker) -> None:
    """A6."""
    with pytest.raises(DataLossError, match="note"):
        parse_presentation(presentation(note="let her in"))


@pytest.mark.parametrize("key", [CREDENTIALS + "holder", CREDENTIALS + "verifiableCredential", "@included"])
def test_a_respelt_member_does_not_hide(presentation: Maker, key: str) -> None:
    """A7, A9."""
    with pytest.raises(CredentialError, match="is not a term"):
        parse_presentation(presentation() | {key: {"id": "did:example:alice"}})


def test_a_context_that_gives_the_holder_a_second_name_is_refused(presentation: Maker) -> None:
    """A7."""
    context = {"presenter": {"@id": CREDENTIALS + "holder", "@type": "@id"}}
    document = presentation(presenter="did:example:alice") | {"@context": [V2, context]}
    with pytest.raises(CredentialError, match="holder"):
        parse_presentation(document, contexts=UNSAFE_ANY_CONTEXT)


def test_more_credentials_than_the_limit_are_refused_unread(presentation: Maker) -> None:
    """G11: none of them is looked into, let alone their issuers."""
    document = presentation(*[{"nonsense": True}] * 17)
    with pytest.raises(ComplexityError, match="17 credentials, more than the limit of 16"):
        parse_presentation(document)


def test_an_enveloped_presentation_is_recognised_and_refused_by_name() -> None:
    document: JSONObject = {
        "@context": V2,
        "id": "data:application/vp+jwt,eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "type": "EnvelopedVerifiablePresentation",
    }
    with pytest.raises(UnsupportedSecuringMechanismError, match="enveloping proof"):
        parse_presentation(document)


def test_a_presentation_header_is_the_digest_of_the_request() -> None:
    """D10; the value is sha256sum of {"challenge":"8f1c4e0a","domain":"https://venue.example"}."""
    header = presentation_header_for(challenge="8f1c4e0a", domain="https://venue.example")
    assert header.hex() == "bb59dbf925802f02d5e2baa9b859455b4f17a5c5fcd8984467d363e283a2324e"


def test_another_request_has_another_presentation_header() -> None:
    """D10."""
    headers = {
        presentation_header_for(challenge="a", domain="b"),
        presentation_header_for(challenge="b", domain="a"),
        presentation_header_for(challenge="a", domain=None),
        presentation_header_for(challenge=None, domain="a"),
        presentation_header_for(challenge="a", domain=""),
    }
    assert len(headers) == 5
