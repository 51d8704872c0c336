"""Safe mode: what would not be signed, or could be exchanged unseen, is refused, on every way in."""

from __future__ import annotations

import pytest

from vclib import jsonld
from vclib.errors import AmbiguousTermsError, DataLossError, JSONLDError, MalformedValueError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.safe_mode import SafeProcessor
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"


def _credential(subject: JSONValue, **members: JSONValue) -> JSONObject:
    return {
        "@context": [_V2, _DDCC],
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": "https://issuer.example",
        "credentialSubject": subject,
        **members,
    }


def _subject(**members: JSONValue) -> JSONObject:
    return {"type": "HealthSubject", "name": "Alice", **members}


def test_the_credential_that_the_tests_change_is_accepted() -> None:
    assert len(jsonld.to_quads(_credential(_subject()))) == 6


@pytest.mark.parametrize(
    ("members", "message"),
    [
        # A6: a member that no context defines.
        ({"fullyVaccinated": True}, "no accepted context defines the member 'fullyVaccinated'"),
        ({"fullyVaccinated": None}, "no accepted context defines the member 'fullyVaccinated'"),
        ({"fullyVaccinated": []}, "no accepted context defines the member 'fullyVaccinated'"),
        ({"Name": "Mallory"}, "no accepted context defines the member 'Name'"),
        ({"": "x"}, "no accepted context defines the member ''"),
        # Defined elsewhere: hcid belongs to the credential, dose to the vaccination.
        ({"hcid": "1"}, "no accepted context defines the member 'hcid'"),
        ({"dose": 1}, "no accepted context defines the member 'dose'"),
        # Keywords and what looks like one.
        ({"@foo": "x"}, "no accepted context defines the member '@foo'"),
        ({"@container": "x"}, "the member '@container' .* is not accepted"),
        # The same as a code: it would become a node without a name.
        ({"vaccination": {"vaccine": "@foo"}}, "an identifier that expands to nothing would not be signed"),
        # A name with a colon that is no absolute IRI.
        ({"ddcc:": "x", "1:a": "y"}, "no accepted context defines the member '1:a'"),
        ({"urn:a b": "x"}, "no accepted context defines the member 'urn:a b'"),
        ({"_:p": "x"}, "no accepted context defines the member '_:p'"),
        # A9: statements placed elsewhere than they are written.
        ({"@graph": [{"@id": "urn:x", "name": "Bob"}]}, "the member '@graph' .* is not accepted"),
        ({"@included": [{"@id": "urn:x", "name": "Bob"}]}, "the member '@included' .* is not accepted"),
        ({"@reverse": {"name": {"@id": "urn:x"}}}, "the member '@reverse' .* is not accepted"),
        ({"@nest": {"name": "Bob"}}, "the member '@nest' .* is not accepted"),
        ({"@index": "x"}, "the member '@index' .* is not accepted"),
        # A5: keywords of contexts, in the body.
        ({"@vocab": "urn:v#"}, "the member '@vocab' .* is not accepted"),
        ({"@base": "urn:b"}, "the member '@base' .* is not accepted"),
        ({"@import": _V2}, "the member '@import' .* is not accepted"),
        ({"@propagate": True}, "the member '@propagate' .* is not accepted"),
        # Values that are no value of any statement.
        ({"name": ["Alice", None]}, "the array 'name' holds null"),
        ({"name": [["Alice"], ["Bob"]]}, "the array 'name' holds an array"),
        ({"name": {"@value": None}}, "a value object holds null"),
        ({"@value": []}, "a value object holds an object or array"),
        ({"name": {"@value": []}}, "a value object holds an object or array"),
        ({"name": {"@value": ["x"]}}, "a value object holds an object or array"),
        ({"name": {"@value": {}}}, "a value object holds an object or array"),
        ({"name": {"@value": "x", "@type": []}}, "a value object has an array of types"),
        ({"name": {"@value": "x", "@type": ["urn:t"]}}, "a value object has an array of types"),
        ({"name": {"@language": "en"}}, "a language or direction without a value"),
        ({"name": {"@direction": "rtl"}}, "a language or direction without a value"),
        ({"name": {"@language": "en", "type": "HealthSubject"}}, "a language or direction without a value"),
        ({"name": {"@value": "x", "@language": "e n"}}, "expected a language tag"),
        ({"name": {"@value": "x", "@type": "relative"}}, "the type of a value is neither"),
        ({"name": {"@value": "x", "@index": "1"}}, "the member '@index' .* is not accepted"),
        ({"name": {"@list": ["x"], "type": "HealthSubject"}}, "members beside those of a value or list"),
        ({"name": {"@list": ["x"], "type": "HealthSubject", "sex": "f"}}, "members beside those of a value"),
        ({"name": {"@set": ["x"], "type": "HealthSubject"}}, "the keyword @set of a node"),
        ({"name": ["Alice", "Alice"]}, "has one value twice"),
        ({"type": ["HealthSubject", "HealthSubject"]}, "has one value twice"),
        ({"type": "NotDefined"}, "the type 'NotDefined' is neither a defined term nor an absolute IRI"),
        ({"type": ["HealthSubject", "#T"]}, "the type '#T' is neither"),
        ({"type": "_:t"}, "the type '_:t' is neither"),
        ({"type": "https://example.org/a b"}, "the type .* is neither"),
    ],
)
def test_member_of_the_subject_is_refused(members: JSONObject, message: str) -> None:
    with pytest.raises(DataLossError, match=message):
        jsonld.to_quads(_credential(_subject(**members)))


@pytest.mark.parametrize(
    "identifier", ["", "#x", "x", "/x", "?x", "../x", "//evil.example/x", "a b:c", "1:a"]
)
@pytest.mark.parametrize("place", ["document", "subject", "reference", "code"])
def test_relative_identifier_is_refused_wherever_it_stands(identifier: str, place: str) -> None:
    """PyLD alone would sign it under http://example.org/base/, or drop the node without a word."""
    documents = {
        "document": _credential(_subject(), id=identifier),
        "subject": _credential(_subject(id=identifier)),
        "reference": _credential(_subject(), issuer=identifier),
        "code": _credential(_subject(vaccination={"vaccine": identifier})),
    }
    with pytest.raises(DataLossError, match="an identifier is neither a defined term nor an absolute IRI"):
        jsonld.to_quads(documents[place])


@pytest.mark.parametrize(
    "identifier",
    [
        "urn:a b",
        "urn:a\nb",
        "urn:a\x00",
        "urn:<a>",
        'urn:"a"',
        "urn:{a}",
        "urn:a|b",
        "urn:a\\b",
        "urn:\ud800",
    ],
)
def test_identifier_with_characters_no_iri_has_is_refused(identifier: str) -> None:
    """B6: a line feed in an IRI could end one statement and begin the next."""
    with pytest.raises(DataLossError, match="an identifier is neither"):
        jsonld.to_quads(_credential(_subject(id=identifier)))


def test_the_scheme_that_marks_relative_references_is_no_scheme() -> None:
    with pytest.raises(DataLossError, match="an identifier is neither"):
        jsonld.to_quads(_credential(_subject(id="relative-iri://document/x")))


def test_half_a_surrogate_pair_in_a_claim_is_refused() -> None:
    """B6."""
    with pytest.raises(MalformedValueError, match="half a surrogate pair"):
        jsonld.to_quads(_credential(_subject(name="\ud800")))


def test_json_literal_without_canonical_form_is_refused() -> None:
    """A11 and A13."""
    document: JSONObject = {"@context": {"p": {"@id": "urn:p", "@type": "@json"}}, "p": [2**53]}
    with pytest.raises(DataLossError, match=r"an integer is beyond 2\^53 - 1"):
        jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (1.0, "a number like 1.0"),
        (0.0, "a number like 1.0"),
        (-0.0, "a number like 1.0"),
        (1e21, "a number like 1.0"),
        (float("inf"), "a number like 1.0"),
        (float("nan"), "a number like 1.0"),
        (9007199254740992, r"an integer beyond 2\^53 - 1"),
        (-9007199254740992, r"an integer beyond 2\^53 - 1"),
        (0.1 + 0.2, "a number is written with other digits by other libraries"),
        (69.025, "a number is written with other digits by other libraries"),
    ],
)
def test_number_that_libraries_read_differently_is_refused(number: float, message: str) -> None:
    """A11."""
    with pytest.raises(DataLossError, match=message):
        jsonld.to_quads(_credential(_subject(vaccination={"dose": number})))


@pytest.mark.parametrize("number", [0.0, -0.0, 1e16, 1e300])
def test_integral_float_that_is_not_exact_is_refused_even_where_they_are_allowed(number: float) -> None:
    """A11."""
    document: JSONObject = {"@context": {"p": "urn:p"}, "p": number}
    with pytest.raises(DataLossError, match=r"a number like 1.0|an integer beyond"):
        jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize(
    "text",
    ["5.50E0", "5.5", "5", "NaN", "INF", "", "five", "5.5e0", "1.00000000000000001E0", "6.902500000000001E1"],
)
def test_text_of_type_double_that_a_library_would_respell_is_refused(text: str) -> None:
    """A11: PyLD and jsonld.js sign "5.5E0" for all of the first four, others the text as it stands."""
    document: JSONObject = {
        "@context": {"p": {"@id": "urn:p", "@type": "http://www.w3.org/2001/XMLSchema#double"}},
        "p": text,
    }
    with pytest.raises(DataLossError, match="must be in canonical form"):
        jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize(
    ("subject", "both"),
    [
        # A7: a member under its term, and again under its full or compact IRI.
        (_subject(**{"https://schema.org/name": "Mallory"}), "'name' and 'https://schema.org/name'"),
        (_subject(**{"@type": "HealthSubject"}), "'type' and '@type'"),
        ({"id": "urn:a", "@id": "urn:b", "name": "Alice"}, "'id' and '@id'"),
        (
            _subject(
                vaccination={
                    "disease": "icd11:RA01",
                    "https://w3id.org/ddcc#disease": {"@id": "http://id.who.int/icd11/mms#1D01"},
                }
            ),
            "'disease' and 'https://w3id.org/ddcc#disease'",
        ),
    ],
)
def test_a_claim_under_two_names_is_refused(subject: JSONObject, both: str) -> None:
    """A7."""
    with pytest.raises(AmbiguousTermsError, match=f"the members {both} of one object both mean"):
        jsonld.to_quads(_credential(subject))


def test_two_terms_on_one_iri_are_refused() -> None:
    """In the DIVOC context `vaccine`, `manufacturer` and `batch` share one IRI, and so do all dates.

    A production-signed certificate verified with vaccine and manufacturer exchanged.
    """
    certificate: JSONObject = {
        "@context": [
            "https://www.w3.org/2018/credentials/v1",
            "https://cowin.gov.in/credentials/vaccination/v1",
        ],
        "type": ["VerifiableCredential", "ProofOfVaccinationCredential"],
        "issuer": "https://cowin.gov.in/",
        "evidence": [{"type": ["Vaccination"], "vaccine": "COVISHIELD", "manufacturer": "Serum Institute"}],
    }
    with pytest.raises(AmbiguousTermsError, match=r"'vaccine' and 'manufacturer' .* https://schema.org/id"):
        jsonld.to_quads(certificate)
    certificate["evidence"] = [{"type": ["Vaccination"], "vaccine": "COVISHIELD", "date": "2021-03-02"}]
    assert len(jsonld.to_quads(certificate)) == 7


def test_one_node_described_in_two_places_with_different_values_is_refused() -> None:
    """The statements are about the node, not the place, so the two names could be exchanged."""
    key = "did:key:z6MkrtYMJe2ZesvsnoSr8K1yVerjo6EhC2G5jxBDKrD284L2"
    subject = _subject(id=key)
    with pytest.raises(AmbiguousTermsError, match=r"<https://schema.org/name> of one node .* two places"):
        jsonld.to_quads(_credential(subject, issuer={"id": key, "name": "Ministry of Health"}))
    same: JSONObject = {"id": key, "name": "Alice"}
    assert len(jsonld.to_quads(_credential(subject, issuer=same))) == 6


@pytest.mark.parametrize(
    ("definition", "value", "message"),
    [
        ({"@reverse": "urn:p"}, {"@id": "urn:o", "urn:q": "x"}, "a reverse property"),
        ({"@id": "@nest"}, {"urn:q": "x"}, r"\(@nest\) is not accepted"),
        ({"@id": "@graph"}, [{"urn:q": "x"}], r"\(@graph\) is not accepted"),
        ({"@id": "@included"}, [{"urn:q": "x"}], r"\(@included\) is not accepted"),
        ({"@id": "@index"}, "x", r"\(@index\) is not accepted"),
        ({"@id": "urn:p", "@container": "@index"}, {"a": "x", "b": "y"}, "an @index would not be signed"),
        (
            {"@id": "urn:p", "@container": ["@graph", "@index"]},
            {"a": {"urn:q": "x"}},
            "an @index would not be signed",
        ),
        (
            {"@id": "urn:p", "@container": ["@graph", "@id"]},
            {"urn:g": {"urn:q": "x"}},
            "a graph with a name of its own",
        ),
        ({"@id": "urn:p", "@container": "@graph"}, "x", "a graph that holds only a reference or a value"),
        (
            {"@id": "urn:p", "@container": "@graph", "@type": "@id"},
            "urn:o",
            "a graph that holds only a reference or a value",
        ),
        ({"@id": "urn:p", "@container": "@id"}, {"relative": {"urn:q": "x"}}, "an identifier is neither"),
        ({"@id": "urn:p", "@container": "@type"}, {"Unknown": {"urn:q": "x"}}, "the type 'Unknown' is"),
        ({"@id": "urn:p", "@container": "@list"}, ["a", [None]], "holds null"),
        ({"@id": "urn:p", "@container": "@list"}, ["a", None], "holds null"),
        (None, "x", "no accepted context defines the member 'p'"),
    ],
)
def test_context_cannot_smuggle_statements_past(
    definition: JSONValue, value: JSONValue, message: str
) -> None:
    """A9, where the context is the sender's own and gives a keyword another name."""
    document: JSONObject = {"@context": {"p": definition}, "@id": "urn:s", "p": value}
    with pytest.raises(DataLossError, match=message):
        jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize(
    "document",
    [
        {"@context": _V2},
        {"@context": _V2, "id": "urn:only-an-id"},
        {"@context": _V2, "type": []},
        {"@context": _V2, "name": None},
    ],
)
def test_document_without_a_statement_is_refused(document: JSONObject) -> None:
    with pytest.raises(DataLossError, match="the document makes no statement"):
        jsonld.to_quads(document)


def test_members_with_null_or_an_empty_array_have_no_value_and_are_allowed() -> None:
    """They say nothing, so nothing is lost; an undefined one is refused above all the same."""
    plain = jsonld.canonical_nquads(_credential(_subject()))
    assert jsonld.canonical_nquads(_credential(_subject(sex=None))) == plain
    assert jsonld.canonical_nquads(_credential(_subject(sex=[]))) == plain


def test_invalid_json_ld_is_one_of_our_errors() -> None:
    with pytest.raises(JSONLDError, match=r'invalid @id value: .*"@id" value must be a string'):
        jsonld.to_quads(_credential(_subject(id=5)))
    with pytest.raises(JSONLDError, match="invalid value object"):
        jsonld.to_quads(_credential(_subject(name={"@value": "x", "@id": "urn:x"})))


def test_protected_term_cannot_be_redefined() -> None:
    """A3, in case inline contexts are accepted at all."""
    document = _credential(_subject())
    document["@context"] = [_V2, _DDCC, {"VaccinationStatusCredential": "urn:other"}]
    with pytest.raises(JSONLDError, match="protected term redefinition"):
        jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)


def test_a_library_in_which_safe_mode_no_longer_sees_anything_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The method safe mode stands on is not published, so its disappearance must not go unnoticed."""
    monkeypatch.delattr(SafeProcessor, "_expand_object")
    with pytest.raises(DataLossError, match="safe mode did not see the document"):
        jsonld.to_quads(_credential(_subject()))


def test_what_the_library_reports_as_dropped_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second net: PyLD's own report, should our own look miss a member."""
    monkeypatch.setattr(SafeProcessor, "_check_members", lambda *_: None)
    with pytest.raises(DataLossError, match="the member 'fullyVaccinated' would not be signed"):
        jsonld.to_quads(_credential(_subject(fullyVaccinated=True)))


def test_messages_hold_names_but_no_values() -> None:
    """K8: claims do not reach logs through messages."""
    for subject in (
        _subject(id="secret claim"),
        _subject(vaccination={"vaccine": "secret claim"}),
        _subject(name=["secret claim", "secret claim"]),
        _subject(name={"@value": "secret claim", "@language": "e n"}),
        _subject(**{"https://schema.org/name": "secret claim"}),
    ):
        with pytest.raises(JSONLDError) as caught:
            jsonld.to_quads(_credential(subject))
        assert "secret" not in str(caught.value)
