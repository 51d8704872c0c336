"""`credentialSchema`: does a credential fit the JSON Schema that it names?

A schema says what shape the issuer promises; it secures nothing. It is code of a kind, chosen by the
issuer: it can make a validator work for ever, so a caller evaluates schemas of accepted issuers only
(`vclib.verification`). References are followed inside the schema, never to the network. Sources:
https://www.w3.org/TR/vc-json-schema/, https://json-schema.org/draft/2020-12. Not here: fetching.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeAlias

from vclib.data_model import CREDENTIALS, types_of, url_of
from vclib.errors import CredentialSchemaError, MalformedValueError, RelatedResourceError
from vclib.related_resources import RelatedResource, digests_of
from vclib.strict_json import JSONObject, parse_json_object

# https://www.w3.org/TR/vc-json-schema/#jsonschema and #jsonschemacredential
SCHEMA_TYPE = "JsonSchema"
SCHEMA_CREDENTIAL_TYPE = "JsonSchemaCredential"

# https://www.w3.org/TR/vc-json-schema/#json-schema-specifications: the one version that must be supported.
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MAX_SCHEMA_BYTES = 256 * 1024


class SchemaOutcome(StrEnum):
    """The three outcomes of https://www.w3.org/TR/vc-json-schema/#evaluation."""

    SUCCESS = "success"
    FAILURE = "failure"
    INDETERMINATE = "indeterminate"


# What an evaluation gives: the outcome, and where and why it is not a success.
Evaluation: TypeAlias = tuple[SchemaOutcome, str]


def schema_kind(entry: JSONObject) -> str | None:
    """Return SCHEMA_TYPE or SCHEMA_CREDENTIAL_TYPE for a `credentialSchema` entry, None for others."""
    types = types_of(entry, "credentialSchema.")
    for kind in (SCHEMA_TYPE, SCHEMA_CREDENTIAL_TYPE):
        if kind in types or CREDENTIALS + kind in types:
            return kind
    return None


def check_schema_digest(entry: JSONObject, content: bytes) -> None:
    """Return if `content` has the digests that the entry gives it, if any; else CredentialSchemaError."""
    resource = RelatedResource(
        url_of(entry, "id", "credentialSchema."), digests_of(entry, "credentialSchema.")
    )
    try:
        resource.check(content)
    except RelatedResourceError as err:
        raise CredentialSchemaError(err.message) from err


def parse_schema(content: bytes) -> JSONObject:
    """Return the JSON Schema that `content` holds. Raises ParsingError, ComplexityError."""
    return parse_json_object(content, max_bytes=MAX_SCHEMA_BYTES)


def schema_of_credential(subject: JSONObject) -> JSONObject:
    """Return the schema that the subject of a JsonSchemaCredential carries, its proof verified before."""
    schema = subject.get("jsonSchema")
    if SCHEMA_TYPE not in types_of(subject, "credentialSubject.") or not isinstance(schema, dict):
        raise MalformedValueError(f"jsonSchema: expected a schema in a subject of type {SCHEMA_TYPE}")
    return schema


def evaluate_schema(document: JSONObject, schema: JSONObject) -> Evaluation:
    """Evaluate `document` (without proofs) against `schema`.

    Indeterminate for another dialect, a schema that is none, and references out of the schema. The text
    names the place in the document and the rule, never a value.
    """
    if schema.get("$schema") != DIALECT:
        return SchemaOutcome.INDETERMINATE, f"the schema is not of the dialect {DIALECT}"
    # Few credentials name a schema, and the validator takes longer to import than most commands to run.
    from vclib.schema_evaluation import broken_rule

    try:
        failure = broken_rule(document, schema)
    except CredentialSchemaError as err:
        return SchemaOutcome.INDETERMINATE, err.message
    return (SchemaOutcome.SUCCESS, "") if failure is None else (SchemaOutcome.FAILURE, failure)
