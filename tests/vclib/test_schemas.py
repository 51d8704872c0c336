"""Credential schemas: the three outcomes, and a validator that neither fetches nor runs for ever."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from vclib.errors import ComplexityError, CredentialSchemaError, MalformedValueError, ParsingError
from vclib.schemas import (
    SchemaOutcome,
    check_schema_digest,
    evaluate_schema,
    parse_schema,
    schema_kind,
    schema_of_credential,
)
from vclib.strict_json import JSONObject

# The examples of https://www.w3.org/TR/vc-json-schema/#evaluation.
EMAIL_SCHEMA: JSONObject = {
    "$id": "https://example.com/schemas/email.json",
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "EmailCredential",
    "description": "EmailCredential using JsonSchema",
    "type": "object",
    "properties": {
        "credentialSubject": {
            "type": "object",
            "properties": {"emailAddress": {"type": "string", "format": "email"}},
            "required": ["emailAddress"],
        }
    },
}


def _document(**subject: Any) -> JSONObject:
    return {"type": ["VerifiableCredential"], "credentialSubject": subject}


def test_a_credential_that_fits_is_a_success() -> None:
    assert evaluate_schema(_document(emailAddress="subject@example.com"), EMAIL_SCHEMA) == (
        SchemaOutcome.SUCCESS,
        "",
    )


@pytest.mark.parametrize(
    ("subject", "reason"),
    [
        ({"emailAddress": "not an email"}, "$.credentialSubject.emailAddress does not fit the rule format"),
        ({"emailAddress": 5}, "$.credentialSubject.emailAddress does not fit the rule type"),
        ({}, "$.credentialSubject does not fit the rule required"),
    ],
)
def test_a_credential_that_does_not_fit_is_a_failure_told_without_its_values(
    subject: JSONObject, reason: str
) -> None:
    assert evaluate_schema(_document(**subject), EMAIL_SCHEMA) == (SchemaOutcome.FAILURE, reason)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"$schema": "https://json-schema.org/draft/2019-09/schema"}, "not of the dialect"),
        ({"$schema": None}, "not of the dialect"),
        ({"type": "thing"}, "not a valid JSON Schema"),
        ({"properties": []}, "not a valid JSON Schema"),
        ({"$id": 1}, "not a valid JSON Schema"),
        ({"$ref": "https://evil.example/other.json"}, "refers to another schema, which is not fetched"),
        ({"$ref": "http://127.0.0.1/"}, "refers to another schema, which is not fetched"),
    ],
)
def test_a_schema_that_cannot_be_evaluated_is_indeterminate(changes: JSONObject, reason: str) -> None:
    outcome, found = evaluate_schema(_document(emailAddress="subject@example.com"), EMAIL_SCHEMA | changes)
    assert outcome is SchemaOutcome.INDETERMINATE
    assert reason in found


def test_a_number_too_large_for_a_rule_is_indeterminate() -> None:
    schema: JSONObject = {"$schema": EMAIL_SCHEMA["$schema"], "properties": {"n": {"multipleOf": 0.5}}}
    assert evaluate_schema({"n": 10**400}, schema)[0] is SchemaOutcome.INDETERMINATE


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Python's own limit, which a test oracle in the same process raises to where the stack ends first."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("usual_recursion_limit")
@pytest.mark.parametrize("reference", ["#", "#/$defs/a"])
def test_a_schema_that_refers_to_itself_without_end_is_indeterminate(reference: str) -> None:
    schema = EMAIL_SCHEMA | {
        "$ref": reference,
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}},
    }
    assert evaluate_schema(_document(emailAddress="a@example.com"), schema) == (
        SchemaOutcome.INDETERMINATE,
        "the schema refers to itself without end",
    )


def test_a_reference_inside_the_schema_is_followed() -> None:
    schema: JSONObject = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"credentialSubject": {"$ref": "#/$defs/person"}},
        "$defs": {"person": {"required": ["name"]}},
    }
    assert evaluate_schema(_document(name="Alice"), schema)[0] is SchemaOutcome.SUCCESS
    assert evaluate_schema(_document(), schema)[0] is SchemaOutcome.FAILURE


def test_a_schema_file_has_the_digest_that_the_credential_gives_it() -> None:
    """The digest is `printf hello | openssl dgst -sha256 -binary | base64`."""
    entry: JSONObject = {
        "id": "https://example.com/schemas/email.json",
        "type": "JsonSchema",
        "digestSRI": "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    }
    check_schema_digest(entry, b"hello")
    with pytest.raises(CredentialSchemaError, match="does not have the sha256 digest"):
        check_schema_digest(entry, b"{}")


def test_a_schema_file_needs_no_digest() -> None:
    check_schema_digest({"id": "https://example.com/s.json", "type": "JsonSchema"}, b"anything")


@pytest.mark.parametrize(
    ("declared", "kind"),
    [
        ("JsonSchema", "JsonSchema"),
        (["JsonSchemaCredential"], "JsonSchemaCredential"),
        ("https://www.w3.org/2018/credentials#JsonSchema", "JsonSchema"),
        ("https://example.org/#JsonSchema", None),
        ("JsonSchemaValidator2018", None),
    ],
)
def test_a_schema_is_recognised_by_its_type(declared: object, kind: str | None) -> None:
    """A8."""
    assert schema_kind({"type": declared}) == kind


def test_a_schema_file_is_one_bounded_json_object() -> None:
    """B2, A12."""
    assert parse_schema(b'{"type":"object"}') == {"type": "object"}
    with pytest.raises(ParsingError, match="expected a JSON object"):
        parse_schema(b"[]")
    with pytest.raises(ParsingError, match="occurs twice"):
        parse_schema(b'{"type":"object","type":"array"}')
    with pytest.raises(ComplexityError, match="larger than the limit of 262144"):
        parse_schema(b" " * 262145)


def test_the_schema_of_a_schema_credential_is_in_its_subject() -> None:
    assert schema_of_credential({"type": "JsonSchema", "jsonSchema": EMAIL_SCHEMA}) == EMAIL_SCHEMA


@pytest.mark.parametrize(
    "subject",
    [
        {"type": "Person", "jsonSchema": {}},
        {"type": "JsonSchema", "jsonSchema": "{}"},
        {"type": "JsonSchema"},
    ],
)
def test_another_subject_holds_no_schema(subject: JSONObject) -> None:
    with pytest.raises(MalformedValueError, match="jsonSchema: expected a schema"):
        schema_of_credential(subject)
