"""Naming the nodes of a document in place: exact, or refused by name. Threats A4, B5."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vclib import jsonld, rdfc
from vclib.cryptosuites.skolemize import skolemize
from vclib.errors import DataLossError, ProofTransformationError
from vclib.jsonld import UNSAFE_ANY_CONTEXT

V2 = "https://www.w3.org/ns/credentials/v2"
EX = "https://example.org/#"
TERMS: dict[str, Any] = {
    "n": EX + "n",
    "k": EX + "k",
    "link": {"@id": EX + "link", "@type": "@id"},
    "json": {"@id": EX + "json", "@type": "@json"},
    "named": {"@id": EX + "named", "@container": "@language"},
    "list": {"@id": EX + "list", "@container": "@list"},
    "graph": {"@id": EX + "graph", "@container": "@graph"},
    "byId": {"@id": EX + "byId", "@container": "@id"},
    "byType": {"@id": EX + "byType", "@container": "@type"},
    "uri": "@id",
    "value": "@value",
    "Thing": {"@id": EX + "Thing", "@context": {"k": EX + "thing-k"}},
}


def _document(**subject: Any) -> dict[str, Any]:
    return {
        "@context": [V2, TERMS],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject", **subject},
    }


NAMED_IN_PLACE: dict[str, dict[str, Any]] = {
    "a node": {"n": {"k": "v"}},
    "an empty node": {"n": {}},
    "an array of one": {"n": [{"k": "v"}]},
    "several nodes": {"n": [{"k": "a"}, {"k": "b"}, {"k": "b"}]},
    "a set object": {"n": {"@set": [{"k": "a"}, {"k": "b"}]}},
    "a value object": {"n": {"@value": "v", "@language": "en"}},
    "null": {"n": None, "k": "v"},
    "a full IRI as member": {EX + "n": [{EX + "k": "v"}]},
    "a scoped context": {"n": {"type": "Thing", "k": "v"}},
    "a keyword instead of its alias": {"n": {"@type": "Thing", "k": "v"}},
    "a JSON literal": {"json": {"a": {"b": [1, {"c": 2}]}}, "n": {"k": "v"}},
    "a JSON literal with what looks like a label": {"json": {"a": "_:b0"}, "n": {"k": "v"}},
    "a language map": {"named": {"en": "a", "fr": "b"}, "n": {"k": "v"}},
    "labels": {"n": [{"id": "_:b0", "link": "_:c14n0"}, {"id": "_:c14n0", "k": "v"}]},
    "a look-alike of our names": {"link": "urn:bnid:0123456789abcdef0123456789abcdef:0", "n": {"k": "v"}},
}


@pytest.mark.parametrize("case", NAMED_IN_PLACE)
def test_the_statements_are_those_of_the_document(case: str) -> None:
    document = _document(**NAMED_IN_PLACE[case])
    before = json.dumps(document)
    skolemized = skolemize(document, contexts=UNSAFE_ANY_CONTEXT)
    expected = jsonld.canonicalize(document, contexts=UNSAFE_ANY_CONTEXT)
    assert rdfc.canonicalize(skolemized.quads).nquads == expected.nquads
    assert json.dumps(document) == before


def test_every_blank_node_has_a_name_in_the_named_document() -> None:
    skolemized = skolemize(_document(n=[{"k": "a"}, {"link": {"k": "b"}}]), contexts=UNSAFE_ANY_CONTEXT)
    named = jsonld.to_quads(skolemized.document, contexts=UNSAFE_ANY_CONTEXT)
    assert not any(term.startswith("_:") for quad in named for term in quad)
    assert set(skolemized.deskolemize(named)) == set(skolemized.quads)


def test_the_named_document_has_the_shape_of_the_original() -> None:
    skolemized = skolemize(_document(n=[{"k": ["a"]}]), contexts=UNSAFE_ANY_CONTEXT)
    subject: Any = skolemized.document["credentialSubject"]
    assert subject["id"] == "did:example:subject"
    assert set(subject["n"][0]) == {"@id", "k"}
    assert subject["n"][0]["k"] == ["a"]


def test_names_are_new_each_time() -> None:
    first = skolemize(_document(n={}), contexts=UNSAFE_ANY_CONTEXT)
    second = skolemize(_document(n={}), contexts=UNSAFE_ANY_CONTEXT)
    assert first.prefix != second.prefix


@pytest.mark.parametrize("label", ["_:b0", "_:c14n0", "_:0", "_:label0"])
def test_labels_of_the_document_change_nothing(label: str) -> None:
    """B5: whatever the holder calls a blank node, the canonical statements are the same."""
    unlabelled = skolemize(_document(n={"k": "v"}), contexts=UNSAFE_ANY_CONTEXT)
    labelled = skolemize(_document(n={"id": label, "k": "v"}), contexts=UNSAFE_ANY_CONTEXT)
    assert rdfc.canonicalize(labelled.quads).nquads == rdfc.canonicalize(unlabelled.quads).nquads


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ({"list": ["a", "b"]}, "ordered lists and graphs"),
        ({"n": {"@list": [{"k": "v"}]}}, "ordered lists and graphs"),
        ({"graph": {"k": "v"}}, "ordered lists and graphs"),
        ({"n": {"@context": {"q": EX + "q"}, "q": "v"}}, "with a context inside it"),
        ({"byId": {"urn:x:1": {"k": "v"}}}, "cannot be named in place"),
        ({"byType": {"Thing": {"k": "v"}}}, "cannot be named in place"),
        ({"n": {"uri": "urn:x:1", "k": "v"}}, "cannot be named in place"),
        ({"n": {"value": "v"}}, "cannot be named in place"),
        # Text that only looks like a label.
        ({"n": "_:b0"}, "cannot be named in place"),
    ],
)
def test_what_cannot_be_disclosed_in_parts_is_refused(subject: dict[str, Any], message: str) -> None:
    with pytest.raises(ProofTransformationError, match=message):
        skolemize(_document(**subject), contexts=UNSAFE_ANY_CONTEXT)


def test_what_would_not_be_signed_is_refused_as_everywhere() -> None:
    """A6."""
    with pytest.raises(DataLossError, match="no accepted context defines the member 'undefined'"):
        skolemize(_document(undefined="v"), contexts=UNSAFE_ANY_CONTEXT)
