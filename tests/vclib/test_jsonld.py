"""From a document to its statements: what comes out when nothing is wrong."""

from __future__ import annotations

import copy
import json

import pytest

from vclib import jsonld
from vclib.errors import ContextNotAcceptedError, DataLossError, MalformedValueError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.rdfc import Quad
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"
_XSD = "http://www.w3.org/2001/XMLSchema#"

_CREDENTIAL: JSONObject = {
    "@context": [_V2, _DDCC],
    "type": ["VerifiableCredential", "VaccinationStatusCredential"],
    "issuer": "https://issuer.example",
    "hcid": "1234567890",
    "credentialSubject": {
        "type": "HealthSubject",
        "name": "Aulus Agerius",
        "vaccination": {"vaccine": "icd11:XM0GQ8", "dose": 1, "occurrence": "2021-05-06"},
    },
}


def _objects(value: JSONValue, **definition: JSONValue) -> list[str]:
    """Return the terms that a value of a property becomes, under an inline definition of the property."""
    term: JSONValue = {"@id": "urn:p", **definition}
    document: JSONObject = {"@context": {"p": term}, "p": value}
    return [quad.object for quad in jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)]


def test_a_credential_has_these_canonical_statements() -> None:
    # Written by hand from the contexts; the labels are those that pyoxigraph gave the statements.
    rdf_type = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    assert jsonld.canonical_nquads(_CREDENTIAL).decode("utf-8").splitlines() == [
        f"_:c14n0 {rdf_type} <https://w3id.org/ddcc#HealthSubject> .",
        '_:c14n0 <https://schema.org/name> "Aulus Agerius" .',
        "_:c14n0 <https://w3id.org/ddcc#vaccination> _:c14n1 .",
        f'_:c14n1 <https://w3id.org/ddcc#dose> "1"^^<{_XSD}integer> .',
        f'_:c14n1 <https://w3id.org/ddcc#occurrence> "2021-05-06"^^<{_XSD}date> .',
        "_:c14n1 <https://w3id.org/ddcc#vaccine> <http://id.who.int/icd11/mms#XM0GQ8> .",
        f"_:c14n2 {rdf_type} <https://w3id.org/ddcc#VaccinationStatusCredential> .",
        f"_:c14n2 {rdf_type} <https://www.w3.org/2018/credentials#VerifiableCredential> .",
        '_:c14n2 <https://w3id.org/ddcc#hcid> "1234567890" .',
        "_:c14n2 <https://www.w3.org/2018/credentials#credentialSubject> _:c14n0 .",
        "_:c14n2 <https://www.w3.org/2018/credentials#issuer> <https://issuer.example> .",
    ]


def test_the_document_is_not_changed() -> None:
    document = copy.deepcopy(_CREDENTIAL)
    expanded = jsonld.expand(document)
    kept = copy.deepcopy(expanded)
    jsonld.to_quads(document)
    jsonld.compact(expanded, document["@context"])
    assert document == _CREDENTIAL
    assert expanded == kept


def test_compaction_gives_the_document_back() -> None:
    assert jsonld.compact(_CREDENTIAL, _CREDENTIAL["@context"]) == _CREDENTIAL
    assert jsonld.compact(jsonld.expand(_CREDENTIAL), _CREDENTIAL["@context"]) == _CREDENTIAL


def test_compaction_with_another_context_needs_that_context_to_be_accepted() -> None:
    with pytest.raises(ContextNotAcceptedError, match=r"https://example\.org/context"):
        jsonld.compact(_CREDENTIAL, "https://example.org/context")
    with pytest.raises(ContextNotAcceptedError, match="a context object"):
        jsonld.compact(_CREDENTIAL, {"x": "https://example.org/x"})


def test_array_as_json_literal_is_not_compacted() -> None:
    """PyLD would give null back for [null], so another value than was signed."""
    context: JSONObject = {"p": {"@id": "urn:p", "@type": "@json"}}
    for value in ([None], ["a"], []):
        document: JSONObject = {"@context": context, "p": value}
        with pytest.raises(DataLossError, match="a JSON literal that is an array cannot be compacted"):
            jsonld.compact(document, context, contexts=UNSAFE_ANY_CONTEXT)
    document = {"@context": context, "p": {"a": [None]}}
    assert jsonld.compact(document, context, contexts=UNSAFE_ANY_CONTEXT) == document


def test_the_order_of_members_does_not_matter() -> None:
    reordered = json.loads(json.dumps(_CREDENTIAL, sort_keys=True))
    assert jsonld.canonical_nquads(reordered) == jsonld.canonical_nquads(_CREDENTIAL)


def test_canonicalize_gives_the_label_map() -> None:
    canonical = jsonld.canonicalize(_CREDENTIAL)
    assert sorted(canonical.label_map.values()) == ["c14n0", "c14n1", "c14n2"]
    assert canonical.to_bytes() == jsonld.canonical_nquads(_CREDENTIAL)


@pytest.mark.parametrize(
    ("value", "definition", "terms"),
    [
        # https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion
        ("text", {}, ['"text"']),
        ('tab\tquote"', {}, ['"tab\\tquote\\""']),
        (7, {}, [f'"7"^^<{_XSD}integer>']),
        (-(2**53) + 1, {}, [f'"-9007199254740991"^^<{_XSD}integer>']),
        (5.5, {}, [f'"5.5E0"^^<{_XSD}double>']),
        (1e-7, {}, [f'"1.0E-7"^^<{_XSD}double>']),
        (0.1, {}, [f'"1.0E-1"^^<{_XSD}double>']),
        (-12345.678, {}, [f'"-1.2345678E4"^^<{_XSD}double>']),
        (5, {"@type": f"{_XSD}double"}, [f'"5.0E0"^^<{_XSD}double>']),
        ("5.5E0", {"@type": f"{_XSD}double"}, [f'"5.5E0"^^<{_XSD}double>']),
        (True, {}, [f'"true"^^<{_XSD}boolean>']),
        (False, {}, [f'"false"^^<{_XSD}boolean>']),
        ("2021-05-06", {"@type": f"{_XSD}date"}, [f'"2021-05-06"^^<{_XSD}date>']),
        ("urn:o", {"@type": "@id"}, ["<urn:o>"]),
        ("urn:o", {"@type": "@vocab"}, ["<urn:o>"]),
        ({"@id": "urn:o"}, {}, ["<urn:o>"]),
        (["a", "b"], {}, ['"a"', '"b"']),
        ({"@set": ["a"]}, {}, ['"a"']),
        ({"@value": "a"}, {}, ['"a"']),
        ("a", {"@language": "fr"}, ['"a"@fr']),
        ({"@value": "a", "@language": "FR-ca"}, {}, ['"a"@fr-ca']),
        ({"@value": "a", "@type": "urn:t"}, {}, ['"a"^^<urn:t>']),
        ({"en": "a", "fr": ["b"]}, {"@container": "@language"}, ['"a"@en', '"b"@fr']),
        # The JSON of an rdf:JSON literal is in JCS form.
        (
            {"b": [1.5, None], "a": "é"},
            {"@type": "@json"},
            ['"{\\"a\\":\\"é\\",\\"b\\":[1.5,null]}"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>'],
        ),
        (None, {"@type": "@json"}, ['"null"^^<http://www.w3.org/1999/02/22-rdf-syntax-ns#JSON>']),
    ],
)
def test_values_become_these_terms(value: JSONValue, definition: JSONObject, terms: list[str]) -> None:
    """A11 and A13, the half that is accepted."""
    assert _objects(value, **definition) == terms


@pytest.mark.parametrize(
    ("value", "term"),
    [
        # https://www.w3.org/TR/json-ld11/#the-i18n-namespace
        ({"@value": "a", "@direction": "rtl"}, '"a"^^<https://www.w3.org/ns/i18n#_rtl>'),
        (
            {"@value": "a", "@language": "AR-eg", "@direction": "rtl"},
            '"a"^^<https://www.w3.org/ns/i18n#ar-eg_rtl>',
        ),
    ],
)
def test_base_direction_is_signed(value: JSONObject, term: str) -> None:
    """A13: turning the text round must break the signature."""
    assert _objects(value) == [term]


def test_default_direction_and_language_are_signed_whatever_context_follows() -> None:
    """A13: the library forgets the direction when it reads the next context."""
    document: JSONObject = {
        "@context": [{"@direction": "rtl", "@language": "ar"}, {"p": "urn:p"}],
        "p": "a",
    }
    (quad,) = jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)
    assert quad.object == '"a"^^<https://www.w3.org/ns/i18n#ar_rtl>'


@pytest.mark.parametrize("keyword", ["@vocab", "@language", "@direction"])
def test_a_context_may_reset_what_is_not_set(keyword: str) -> None:
    document: JSONObject = {"@context": [_V2, {keyword: None, "p": "urn:p"}], "p": "a"}
    (quad,) = jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)
    assert (quad.predicate, quad.object) == ("<urn:p>", '"a"')


def test_a_context_may_reset_what_an_earlier_one_has_set() -> None:
    document: JSONObject = {
        "@context": [{"@language": "fr", "@vocab": "urn:v#"}, {"@language": None}],
        "p": "a",
    }
    (quad,) = jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)
    assert (quad.predicate, quad.object) == ("<urn:v#p>", '"a"')


def test_a_list_becomes_a_chain() -> None:
    document: JSONObject = {
        "@context": {"p": {"@id": "urn:p", "@container": "@list"}},
        "@id": "urn:s",
        "p": ["a", ["b"], []],
    }
    # Labels as pyoxigraph gave them.
    rdf = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    canonical = jsonld.canonical_nquads(document, contexts=UNSAFE_ANY_CONTEXT).decode("utf-8")
    assert canonical.splitlines() == [
        "<urn:s> <urn:p> _:c14n1 .",
        f"_:c14n0 <{rdf}first> <{rdf}nil> .",
        f"_:c14n0 <{rdf}rest> <{rdf}nil> .",
        f'_:c14n1 <{rdf}first> "a" .',
        f"_:c14n1 <{rdf}rest> _:c14n2 .",
        f"_:c14n2 <{rdf}first> _:c14n3 .",
        f"_:c14n2 <{rdf}rest> _:c14n0 .",
        f'_:c14n3 <{rdf}first> "b" .',
        f"_:c14n3 <{rdf}rest> <{rdf}nil> .",
    ]


def test_a_credential_in_a_presentation_is_a_graph_of_its_own() -> None:
    presentation: JSONObject = {
        "@context": _V2,
        "type": "VerifiablePresentation",
        "verifiableCredential": [
            {"@context": _V2, "type": "VerifiableCredential", "issuer": "urn:i1"},
            {"@context": _V2, "type": "VerifiableCredential", "issuer": "urn:i2"},
        ],
    }
    quads = jsonld.to_quads(presentation)
    names = [quad.object for quad in quads if quad.predicate.endswith("#verifiableCredential>")]
    issuers = {quad.graph: quad.object for quad in quads if quad.predicate.endswith("#issuer>")}
    assert issuers == {names[0]: "<urn:i1>", names[1]: "<urn:i2>"}


def test_blank_node_labels_of_the_document_are_replaced() -> None:
    """B5: labels that the document chooses mean nothing, and collide with nothing."""

    def document(first: str, second: str) -> JSONObject:
        subject: JSONObject = {"id": first, "alumniOf": {"id": second, "name": "Bob"}}
        context: JSONValue = [_V2, {"alumniOf": "urn:a"}]
        return {"@context": context, "type": "VerifiableCredential", "credentialSubject": subject}

    one = jsonld.canonical_nquads(document("_:b0", "_:b1"), contexts=UNSAFE_ANY_CONTEXT)
    other = jsonld.canonical_nquads(document("_:c14n1", "_:c14n0"), contexts=UNSAFE_ANY_CONTEXT)
    assert one == other
    assert one.count(b"\n") == 4


def test_a_number_spelt_7_0_is_an_integer_where_the_policy_allows() -> None:
    # https://www.w3.org/TR/json-ld11-api/#object-to-rdf-conversion step 10: no fraction, so an integer.
    assert _objects(7.0) == [f'"7"^^<{_XSD}integer>']


def test_types_are_compared_as_iris() -> None:
    """A8: an alias and a full IRI of a type are the type."""
    vaccination = "https://w3id.org/ddcc#VaccinationStatusCredential"
    assert jsonld.expand_types(["VerifiableCredential", "VaccinationStatusCredential"], [_V2, _DDCC]) == (
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        vaccination,
    )
    assert jsonld.expand_types([vaccination], _V2) == (vaccination,)
    alias: JSONValue = [_V2, {"Jab": vaccination}]
    assert jsonld.expand_types(["Jab"], alias, contexts=UNSAFE_ANY_CONTEXT) == (vaccination,)


def test_a_type_of_another_vocabulary_is_another_type() -> None:
    """A8: an equal-looking term does not make an equal type."""
    lookalike: JSONValue = [_V2, {"VaccinationStatusCredential": "https://evil.example/#V"}]
    assert jsonld.expand_types(["VaccinationStatusCredential"], lookalike, contexts=UNSAFE_ANY_CONTEXT) == (
        "https://evil.example/#V",
    )


def test_an_undefined_type_has_no_iri() -> None:
    """A8."""
    with pytest.raises(DataLossError, match="the type 'VaccinationStatusCredential' is neither"):
        jsonld.expand_types(["VaccinationStatusCredential"], _V2)


@pytest.mark.parametrize("document", [[], "text", None, 5])
def test_what_is_no_object_is_refused(document: JSONValue) -> None:
    with pytest.raises(MalformedValueError, match="expected a JSON-LD document"):
        jsonld.to_quads(document)  # type: ignore[arg-type]


def test_statements_come_as_quads_in_document_order() -> None:
    document: JSONObject = {"@context": {"p": "urn:p", "q": "urn:q"}, "@id": "urn:s", "p": "1", "q": "2"}
    assert jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT) == [
        Quad("<urn:s>", "<urn:p>", '"1"'),
        Quad("<urn:s>", "<urn:q>", '"2"'),
    ]
