"""Conformance of credentials: what the data model asks for, and what a respelling must not hide."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from vclib.credentials import parse_credential
from vclib.data_model import expanded_types
from vclib.errors import (
    AmbiguousTermsError,
    ComplexityError,
    ContextNotAcceptedError,
    CredentialError,
    DataLossError,
    MalformedValueError,
    RelatedResourceError,
    UnsupportedSecuringMechanismError,
    VCError,
)
from vclib.jsonld import UNSAFE_ANY_CONTEXT, ContextPolicy
from vclib.strict_json import JSONObject

Unsigned = Callable[..., JSONObject]

V1 = "https://www.w3.org/2018/credentials/v1"
V2 = "https://www.w3.org/ns/credentials/v2"
DDCC = "https://w3id.org/ddcc/v1"
CREDENTIALS = "https://www.w3.org/2018/credentials#"
STATUS_ENTRY: JSONObject = {
    "type": "BitstringStatusListEntry",
    "statusPurpose": "revocation",
    "statusListIndex": "94567",
    "statusListCredential": "https://status.example/3",
}


def test_a_conforming_credential_is_read(unsigned: Unsigned) -> None:
    document = unsigned(id="urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5", credentialStatus=STATUS_ENTRY)
    credential = parse_credential(document)
    assert credential.version == "2.0"
    assert credential.id == "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5"
    assert credential.types == ("VerifiableCredential", "TestResultCredential")
    assert credential.type_iris == (
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        "https://w3id.org/ddcc#TestResultCredential",
    )
    assert credential.specific_type_iris == ("https://w3id.org/ddcc#TestResultCredential",)
    assert credential.issuer_id.startswith("did:key:z6Mk")
    assert credential.issuer_name == "Ministry of Health"
    assert credential.valid_from == datetime(2026, 6, 1, tzinfo=UTC)
    assert credential.valid_until == datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert credential.status_entries == (STATUS_ENTRY,)
    assert credential.document is document


def test_reading_a_credential_does_not_change_it(unsigned: Unsigned) -> None:
    document = unsigned()
    parse_credential(document)
    assert document == unsigned()


def test_what_a_credential_does_not_say_is_none(unsigned: Unsigned) -> None:
    credential = parse_credential(
        unsigned(issuer="did:web:moh.example", validFrom=..., validUntil=..., credentialSubject={"name": "A"})
    )
    assert credential.issuer_id == "did:web:moh.example"
    assert (credential.id, credential.issuer_name, credential.valid_from, credential.valid_until) == (
        None,
    ) * 4
    assert credential.subject_ids == ()


def test_several_subjects_are_all_there(unsigned: Unsigned) -> None:
    """A15."""
    credential = parse_credential(
        unsigned(credentialSubject=[{"id": "did:example:a"}, {"name": "B"}, {"id": "did:example:c"}])
    )
    assert len(credential.subjects) == 3
    assert credential.subject_ids == ("did:example:a", "did:example:c")


# --- contexts -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "context",
    [
        [DDCC, V2],
        [DDCC],
        [],
        V2,
        {"@vocab": "https://example.org/"},
        None,
        [V2, V1],
        [V2, V2],
        [V2, DDCC, DDCC],
        [[V2]],
        [V2, None],
    ],
)
def test_the_base_context_stands_first_and_nothing_twice(unsigned: Unsigned, context: object) -> None:
    """A2."""
    with pytest.raises(MalformedValueError, match="@context"):
        parse_credential(unsigned(context=context), contexts=UNSAFE_ANY_CONTEXT)


def test_an_unknown_context_is_refused_by_its_url(unsigned: Unsigned) -> None:
    """A1."""
    with pytest.raises(ContextNotAcceptedError, match=r"https://evil\.example/v1"):
        parse_credential(unsigned(context=[V2, "https://evil.example/v1"]))


def test_a_context_outside_the_policy_is_refused(unsigned: Unsigned) -> None:
    """A3."""
    with pytest.raises(ContextNotAcceptedError, match=r"https://w3id\.org/ddcc/v1"):
        parse_credential(unsigned(), contexts=ContextPolicy(accepted=frozenset({V2})))


def test_an_inline_context_is_refused(unsigned: Unsigned) -> None:
    """A3."""
    context = [V2, DDCC, {"fullyVaccinated": "https://example.org/never"}]
    with pytest.raises(ContextNotAcceptedError, match="context object"):
        parse_credential(unsigned(context=context))


def test_a_context_inside_the_subject_is_refused(unsigned: Unsigned) -> None:
    """A4."""
    subject = {"@context": DDCC, "name": "Alice Example"}
    with pytest.raises(ContextNotAcceptedError, match="inside the document"):
        parse_credential(unsigned(credentialSubject=subject))


@pytest.mark.parametrize("context", [{"@vocab": "https://example.org/"}, {"@base": "https://example.org/"}])
def test_a_context_that_defines_everything_is_refused(unsigned: Unsigned, context: JSONObject) -> None:
    """A5."""
    with pytest.raises(ContextNotAcceptedError, match="context object that sets @"):
        parse_credential(unsigned(context=[V2, DDCC, context]))


# --- nothing lost, nothing hidden -----------------------------------------------------------------


def test_a_member_without_meaning_is_refused(unsigned: Unsigned) -> None:
    """A6."""
    with pytest.raises(DataLossError, match="fullyVaccinted"):
        parse_credential(unsigned(credentialSubject={"name": "Alice Example", "fullyVaccinted": "yes"}))


def test_a_type_without_meaning_is_refused(unsigned: Unsigned) -> None:
    """A6."""
    with pytest.raises(DataLossError, match="GoldenCredential"):
        parse_credential(unsigned(type=["VerifiableCredential", "GoldenCredential"]))


@pytest.mark.parametrize(
    ("term", "value"),
    [
        ("credentialStatus", STATUS_ENTRY),
        (
            "validUntil",
            {"@type": "http://www.w3.org/2001/XMLSchema#dateTime", "@value": "2020-01-01T00:00:00Z"},
        ),
        ("credentialSchema", {"id": "https://example.org/s", "type": "JsonSchema"}),
    ],
)
def test_a_member_respelt_as_an_iri_does_not_hide(unsigned: Unsigned, term: str, value: object) -> None:
    """A7: the statements, and so an RDFC signature, are the same under the full IRI."""
    with pytest.raises(CredentialError, match=f"credentials#{term}"):
        parse_credential(unsigned(**{term: ..., CREDENTIALS + term: value}))


def test_a_member_beside_its_own_iri_is_refused(unsigned: Unsigned) -> None:
    """A7."""
    document = unsigned() | {CREDENTIALS + "validUntil": "2099-01-01T00:00:00Z"}
    with pytest.raises(CredentialError, match="is not a term"):
        parse_credential(document)


def test_a_subject_id_respelt_as_a_keyword_does_not_unbind_the_credential(unsigned: Unsigned) -> None:
    """A7, E4: "@id" gives the same statements as "id"."""
    with pytest.raises(CredentialError, match="'@id' is not a term"):
        parse_credential(unsigned(credentialSubject={"@id": "did:example:alice", "name": "Alice Example"}))


@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@type", "@id", "@index"])
def test_a_keyword_as_a_member_is_refused(unsigned: Unsigned, keyword: str) -> None:
    """A9."""
    with pytest.raises(CredentialError, match=f"'{keyword}' is not a term"):
        parse_credential(unsigned() | {keyword: "TestResultCredential"})


@pytest.mark.parametrize(
    ("context", "changes", "message"),
    [
        (
            {"standing": {"@id": CREDENTIALS + "credentialStatus", "@type": "@id"}},
            {"standing": STATUS_ENTRY},
            "credentialStatus",
        ),
        (
            {
                "until": {
                    "@id": CREDENTIALS + "validUntil",
                    "@type": "http://www.w3.org/2001/XMLSchema#dateTime",
                }
            },
            {"validUntil": ..., "until": "2020-01-01T00:00:00Z"},
            "validUntil",
        ),
        (
            {"ref": {"@id": "https://evil.example/", "@prefix": True}},
            {"issuer": "ref:moh"},
            "issuer",
        ),
        (
            {"did": {"@id": "https://evil.example/", "@prefix": True}},
            {"issuer": "https://moh.example", "credentialSubject": {"id": "did:alice", "name": "Alice"}},
            "credentialSubject",
        ),
        (
            {"urn": {"@id": "https://evil.example/", "@prefix": True}},
            {"issuer": "https://moh.example", "credentialSubject": {"name": "Alice"}, "id": "urn:1"},
            "id",
        ),
        (
            {"bits": {"@id": "https://www.w3.org/ns/credentials/status#statusSize"}},
            {"credentialStatus": STATUS_ENTRY | {"bits": 2}},
            "statusSize",
        ),
    ],
)
def test_a_context_that_gives_a_member_a_second_name_or_value_is_refused(
    unsigned: Unsigned, context: JSONObject, changes: JSONObject, message: str
) -> None:
    """A7, A8: even a policy that accepts inline contexts reads what is signed."""
    document = unsigned(context=[V2, DDCC, context], **changes)
    with pytest.raises(CredentialError, match=message):
        parse_credential(document, contexts=UNSAFE_ANY_CONTEXT)


def test_two_terms_of_one_meaning_are_refused(unsigned: Unsigned) -> None:
    """A7."""
    context = {"fullName": "https://schema.org/name"}
    subject = {"name": "Alice", "fullName": "Mallory"}
    with pytest.raises(AmbiguousTermsError, match="fullName"):
        parse_credential(
            unsigned(context=[V2, DDCC, context], credentialSubject=subject), contexts=UNSAFE_ANY_CONTEXT
        )


def test_a_type_that_is_no_text_is_refused_and_not_left_out() -> None:
    types = ["https://www.w3.org/2018/credentials#VerifiableCredential", "https://types.example/A"]
    assert expanded_types({"@type": [*types]}) == tuple(types)
    with pytest.raises(MalformedValueError, match="found something else"):
        expanded_types({"@type": [*types, 1]})


def test_a_type_as_a_full_iri_is_the_same_type(unsigned: Unsigned) -> None:
    """A8."""
    document = unsigned(
        type=["VerifiableCredential", "https://w3id.org/ddcc#TestResultCredential"],
        credentialSubject={"id": "did:example:alice"},
    )
    assert parse_credential(document).specific_type_iris == ("https://w3id.org/ddcc#TestResultCredential",)


def test_an_equal_looking_type_of_another_vocabulary_is_another_type(unsigned: Unsigned) -> None:
    """A8."""
    document = unsigned(
        context=[V2, {"TestResultCredential": "https://evil.example/#TestResultCredential"}],
        credentialSubject={"id": "did:example:alice"},
    )
    credential = parse_credential(document, contexts=UNSAFE_ANY_CONTEXT)
    assert credential.specific_type_iris == ("https://evil.example/#TestResultCredential",)


@pytest.mark.parametrize("number", [7.0, 1e21, 2**53])
def test_a_number_that_libraries_write_differently_is_refused(unsigned: Unsigned, number: object) -> None:
    """A11."""
    subject = {"type": "HealthSubject", "personIdentifier": number}
    with pytest.raises(VCError, match=r"number|integer"):
        parse_credential(unsigned(credentialSubject=subject))


def test_a_document_beyond_all_depth_is_refused(unsigned: Unsigned) -> None:
    """B3."""
    deep: JSONObject = {"name": "Alice"}
    for _ in range(100):
        deep = {"name": deep}
    with pytest.raises(ComplexityError, match="nested deeper"):
        parse_credential(unsigned(credentialSubject=deep))


def test_a_great_number_of_status_entries_is_refused(unsigned: Unsigned) -> None:
    """H3: each would inflate a list."""
    parse_credential(unsigned(credentialStatus=[STATUS_ENTRY] * 16))
    with pytest.raises(ComplexityError, match="17 entries, more than 16"):
        parse_credential(unsigned(credentialStatus=[STATUS_ENTRY] * 17))


@pytest.mark.parametrize("document", [[], "credential", None, 1])
def test_what_is_no_object_is_no_credential(document: Any) -> None:
    with pytest.raises(MalformedValueError, match="expected a credential, found"):
        parse_credential(document)


# --- members --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("id", "not a url", "id: expected one absolute URL"),
        ("id", "", "id: expected one absolute URL"),
        ("id", "https://", "id: expected one absolute URL"),
        ("id", "https://example.org/<script>", "id: expected one absolute URL"),
        ("id", 7, "id: expected one absolute URL, found a number"),
        ("type", "TestResultCredential", "type: expected VerifiableCredential"),
        ("type", [], "type: expected one or more"),
        ("type", ["VerifiableCredential", 1], "type: expected one or more"),
        ("type", ["VerifiableCredential", ""], "type: expected one or more"),
        ("type", ..., "type: expected one or more"),
        ("issuer", ..., "issuer: expected one absolute URL, found none"),
        ("issuer", [], "issuer: expected one absolute URL, found an array"),
        ("issuer", {}, "issuer.id: expected one absolute URL, found none"),
        ("issuer", "Ministry", "issuer: expected one absolute URL"),
        ("credentialSubject", ..., "credentialSubject: expected one or more subjects"),
        ("credentialSubject", [], "credentialSubject: expected one or more objects"),
        ("credentialSubject", "did:example:alice", r"credentialSubject\[0\]: expected an object"),
        ("credentialSubject", {"id": "alice"}, r"credentialSubject\[0\].id: expected one absolute URL"),
        ("credentialStatus", None, r"credentialStatus\[0\]: expected an object, found null"),
        ("credentialStatus", [], "credentialStatus: expected one or more objects"),
        ("credentialStatus", {"id": "https://x.example/1"}, r"credentialStatus\[0\].type"),
        ("credentialSchema", {"type": "JsonSchema"}, r"credentialSchema\[0\].id"),
        ("credentialSchema", {"id": "https://x.example/s"}, r"credentialSchema\[0\].type"),
        (
            "credentialSchema",
            {"id": "https://x.example/s", "type": "JsonSchema", "digestSRI": "md5-AAAA"},
            r"credentialSchema\[0\].digestSRI",
        ),
        ("refreshService", {"id": "https://x.example/r"}, r"refreshService\[0\].type"),
        ("termsOfUse", [{"type": "TrustFrameworkPolicy"}, {}], r"termsOfUse\[1\].type"),
        ("evidence", "seen", r"evidence\[0\]: expected an object"),
        ("name", 3, "name: expected a string"),
        ("name", [], "name: expected a string"),
        ("name", {"@value": 3}, "name: expected @value to be a string"),
        ("name", {"@value": "A", "@language": "no language"}, "name: expected @language"),
        ("description", {"@value": "A", "@direction": "up"}, "description: expected @direction"),
        ("description", {"@value": "A", "lang": "en"}, "description: expected a string"),
        ("proof", [], "proof: expected one or more objects"),
        ("proof", "none", r"proof\[0\]: expected an object"),
        ("proof", {}, r"proof\[0\].type"),
        ("proof", None, r"proof\[0\]: expected an object, found null"),
    ],
)
def test_a_malformed_member_is_refused_by_its_path(
    unsigned: Unsigned, member: str, value: object, message: str
) -> None:
    """C2 for `proof`: its absence is for the verification to refuse, its shape is refused here."""
    with pytest.raises(MalformedValueError, match=message):
        parse_credential(unsigned(**{member: value}))


def test_an_issuer_with_a_name_in_several_languages_has_the_first(unsigned: Unsigned) -> None:
    """A13."""
    names = [
        {"@value": "Ministère de la Santé", "@language": "fr"},
        {"@value": "وزارة الصحة", "@language": "ar", "@direction": "rtl"},
    ]
    credential = parse_credential(unsigned(issuer={"id": "https://moh.example", "name": names}))
    assert credential.issuer_name == "Ministère de la Santé"


# --- validity period ------------------------------------------------------------------------------


@pytest.mark.parametrize("member", ["validFrom", "validUntil"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-07-01T12:00:00",
        "2026-07-01T12:00:60Z",
        "2026-07-01",
        "2026-02-30T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-07-01t12:00:00z",
        "",
        20260701,
        None,
        {"@value": "2026-07-01T12:00:00Z"},
    ],
)
def test_a_time_that_is_no_date_time_stamp_is_refused(unsigned: Unsigned, member: str, text: object) -> None:
    """A14."""
    with pytest.raises(MalformedValueError, match=f"{member}: expected a date-time|{member}: no clock"):
        parse_credential(unsigned(**{member: text}))


def test_the_last_second_of_the_calendar_is_a_time(unsigned: Unsigned) -> None:
    """A14."""
    credential = parse_credential(unsigned(validUntil="9999-12-31T23:59:59Z"))
    assert credential.valid_until == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_a_time_is_a_moment_in_any_zone(unsigned: Unsigned) -> None:
    credential = parse_credential(unsigned(validFrom="2026-07-01T00:30:00+02:00"))
    assert credential.valid_from == datetime(2026, 6, 30, 22, 30, tzinfo=UTC)


def test_a_credential_that_ends_before_it_begins_is_refused(unsigned: Unsigned) -> None:
    with pytest.raises(CredentialError, match="ends before it begins"):
        parse_credential(unsigned(validFrom="2026-07-01T02:00:00+02:00", validUntil="2026-06-30T23:59:59Z"))


def test_a_credential_may_be_valid_for_a_moment(unsigned: Unsigned) -> None:
    credential = parse_credential(
        unsigned(validFrom="2026-07-01T02:00:00+02:00", validUntil="2026-07-01T00:00:00Z")
    )
    assert credential.valid_from == credential.valid_until


# --- data model 1.1 -------------------------------------------------------------------------------


def _version_1(unsigned: Unsigned, **changes: Any) -> JSONObject:
    members: dict[str, Any] = {
        "context": [V1],
        "type": ["VerifiableCredential"],
        "issuer": "did:web:moh.example",
        "issuanceDate": "2026-06-01T00:00:00Z",
        "validFrom": ...,
        "validUntil": ...,
        "credentialSubject": {"id": "did:example:alice"},
    }
    return unsigned(**(members | changes))


def test_a_credential_of_data_model_1_1_is_read(unsigned: Unsigned) -> None:
    """A16: whether 1.1 is accepted is decided in the verification, by its version."""
    credential = parse_credential(_version_1(unsigned, expirationDate="2027-06-01T00:00:00Z"))
    assert credential.version == "1.1"
    assert credential.valid_from == datetime(2026, 6, 1, tzinfo=UTC)
    assert credential.valid_until == datetime(2027, 6, 1, tzinfo=UTC)


def test_the_names_of_2_0_narrow_the_period_of_1_1(unsigned: Unsigned) -> None:
    credential = parse_credential(
        _version_1(unsigned, expirationDate="2027-06-01T00:00:00Z", validUntil="2026-09-01T00:00:00Z")
    )
    assert credential.valid_until == datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"issuanceDate": ...}, MalformedValueError, "issuanceDate: expected one"),
        ({"issuanceDate": "yesterday"}, MalformedValueError, "issuanceDate: expected a date-time"),
        ({"expirationDate": "2026-05-01T00:00:00Z"}, CredentialError, "ends before it begins"),
        (
            {"credentialStatus": {"type": "https://x.example/t"}},
            MalformedValueError,
            r"credentialStatus\[0\].id",
        ),
        ({"refreshService": {"type": "https://x.example/t"}}, MalformedValueError, r"refreshService\[0\].id"),
    ],
)
def test_a_malformed_credential_of_data_model_1_1_is_refused(
    unsigned: Unsigned, changes: JSONObject, error: type[VCError], message: str
) -> None:
    with pytest.raises(error, match=message):
        parse_credential(_version_1(unsigned, **changes))


def test_a_member_of_1_1_in_a_credential_of_2_0_is_refused(unsigned: Unsigned) -> None:
    """A16."""
    with pytest.raises(DataLossError, match="issuanceDate"):
        parse_credential(unsigned(issuanceDate="2026-06-01T00:00:00Z"))


# --- related resources and envelopes --------------------------------------------------------------

# https://github.com/w3c/vc-data-model-2.0-test-suite, tests/fixtures.js, made by the suite's authors.
SUITE_SRI = "sha384-NSOcNpmdIVUxIJGvGUoe22FjTWrXiaXlsZ8q6912LdnR3KraQO2n75Ica4wK4Qeg"
SUITE_MULTIBASE = "uJKGMkOmFbVJhEfKTduMC2XCyvRAYLjOVmZWwIH1wQ7k"
# The example of https://www.w3.org/TR/vc-data-model-2.0/#integrity-of-related-resources, and the digest of
# https://www.w3.org/TR/vc-data-model-2.0/#base-context (59955ced...2734) as a multihash.
V2_SRI = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU"
V2_MULTIHASH = "uEiBZlVztZpfWHgPyslVv6-UwirFoQoRvW1htfx963sknNA"


@pytest.mark.parametrize("digest", [{"digestSRI": V2_SRI}, {"digestMultibase": V2_MULTIHASH}])
def test_a_context_with_the_pinned_digest_is_accepted(unsigned: Unsigned, digest: JSONObject) -> None:
    resource = {"id": V2, "mediaType": "application/ld+json", **digest}
    credential = parse_credential(unsigned(relatedResource=resource))
    assert [resource.url for resource in credential.related_resources] == [V2]


@pytest.mark.parametrize("resource", [{"digestSRI": SUITE_SRI}, {"digestMultibase": SUITE_MULTIBASE}])
def test_a_context_with_another_digest_than_the_pinned_one_is_refused(
    unsigned: Unsigned, resource: JSONObject
) -> None:
    """A10, seen from the issuer: its context is not ours."""
    with pytest.raises(RelatedResourceError, match=r"https://www\.w3\.org/ns/credentials/v2 does not have"):
        parse_credential(unsigned(relatedResource=[{"id": V2, **resource}]))


def test_an_enveloped_credential_is_recognised_and_refused_by_name() -> None:
    document: JSONObject = {
        "@context": V2,
        "id": "data:application/vc+jwt,eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "type": "EnvelopedVerifiableCredential",
    }
    with pytest.raises(UnsupportedSecuringMechanismError, match="enveloping proof"):
        parse_credential(document)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "https://example.org/vc"}, "id: expected a data: URL"),
        ({"@context": []}, "@context: expected the base context"),
        ({"type": ["EnvelopedVerifiableCredential", "VerifiableCredential"]}, "type: expected Enveloped"),
    ],
)
def test_a_malformed_envelope_is_refused(changes: JSONObject, message: str) -> None:
    document: JSONObject = {
        "@context": V2,
        "id": "data:application/vc+jwt,eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
        "type": "EnvelopedVerifiableCredential",
    }
    with pytest.raises(MalformedValueError, match=message):
        parse_credential(document | changes)
