"""Grouping and disclosing statements, apart from any signature. Threats D2 to D5, D12, A6, B1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from vclib.cryptosuites import selective
from vclib.cryptosuites.labels import hmac_label_map_factory, shuffled_label_map_factory
from vclib.errors import (
    ComplexityError,
    DataLossError,
    PointerError,
    ProofGenerationError,
    ProofVerificationError,
)
from vclib.jsonld import UNSAFE_ANY_CONTEXT

VECTORS = Path(__file__).parents[2] / "vectors" / "vc-di-bbs"
KEY = bytes(range(32))
V2 = "https://www.w3.org/ns/credentials/v2"
VOCABULARY = {"@vocab": "https://example.org/#"}


def _wind() -> dict[str, Any]:
    """Four sails, two boards, one subject; no node but the issuer has a name."""
    document: dict[str, Any] = json.loads((VECTORS / "addSignedSDBase.json").read_text())
    del document["proof"]
    return document


def _disclose(
    document: dict[str, Any], chosen: Sequence[str], mandatory: Sequence[str] = ("/issuer",), key: bytes = KEY
) -> selective.Disclosure:
    return selective.disclose(
        document,
        mandatory_pointers=mandatory,
        selective_pointers=chosen,
        label_map_factory=hmac_label_map_factory(key),
        contexts=UNSAFE_ANY_CONTEXT,
    )


def _group(document: dict[str, Any], **groups: Sequence[str]) -> selective.GroupedStatements:
    return selective.canonicalize_and_group(
        document, groups, shuffled_label_map_factory(KEY), contexts=UNSAFE_ANY_CONTEXT
    )


def test_a_group_of_all_has_every_statement() -> None:
    grouped = _group(_wind(), everything=[""], nothing=[])
    assert grouped.groups["everything"] == tuple(range(28))
    assert grouped.groups["nothing"] == ()
    assert grouped.non_matching("everything") == {}
    assert grouped.matching("nothing") == {}
    assert list(grouped.nquads) == sorted(set(grouped.nquads))


def test_pointers_in_another_order_select_the_same_statements() -> None:
    pointers = ["/credentialSubject/sails/1", "/issuer", "/credentialSubject/boards/0/year"]
    grouped = _group(_wind(), forward=pointers, backward=pointers[::-1], twice=pointers * 2)
    assert grouped.groups["forward"] == grouped.groups["backward"] == grouped.groups["twice"]


def test_two_elements_are_shown_without_those_between() -> None:
    """D5: neither the order nor a gap tells of the elements that are hidden."""
    disclosure = _disclose(_wind(), ["/credentialSubject/sails/3/year", "/credentialSubject/sails/0/year"])
    subject: Any = disclosure.document["credentialSubject"]
    assert subject["sails"] == [{"year": 2023}, {"year": 2023}]
    assert "Kihei" not in json.dumps(disclosure.document)


def test_a_nameless_element_is_shown_as_the_pointer_says_and_not_its_twin() -> None:
    """D4: an index selects that element, although two others have the same values."""
    disclosure = _disclose(_wind(), ["/credentialSubject/sails/2"])
    subject: Any = disclosure.document["credentialSubject"]
    assert subject["sails"] == [{"size": 7, "sailName": "Lahaina", "year": 2020}]


def test_nothing_chosen_shows_what_is_mandatory() -> None:
    """D3."""
    disclosure = _disclose(_wind(), [])
    assert disclosure.selective_indexes == ()
    assert disclosure.mandatory_indexes == (0, 1)
    assert disclosure.document == {
        "@context": _wind()["@context"],
        "type": ["VerifiableCredential"],
        "issuer": "https://vc.example/windsurf/racecommittee",
    }


def test_nothing_mandatory_and_nothing_chosen_is_refused() -> None:
    """D3."""
    with pytest.raises(ProofGenerationError, match="nothing is mandatory and nothing was chosen"):
        _disclose(_wind(), [], mandatory=[])


def test_nothing_mandatory_shows_what_is_chosen() -> None:
    disclosure = _disclose(_wind(), ["/issuer"], mandatory=[])
    assert disclosure.mandatory_indexes == ()
    assert len(disclosure.selective_indexes) == 2


def test_choosing_what_is_mandatory_adds_nothing() -> None:
    asked, not_asked = _disclose(_wind(), ["/issuer"]), _disclose(_wind(), [])
    assert asked.document == not_asked.document
    assert asked.selective_indexes == ()
    assert asked.mandatory_indexes == not_asked.mandatory_indexes
    assert asked.label_map == not_asked.label_map


@pytest.mark.parametrize(
    "pointer", ["/validUntil", "/credentialSubject/sails/4", "/credentialSubject/sails/-"]
)
def test_a_pointer_that_selects_nothing_is_refused(pointer: str) -> None:
    """D2 for a mandatory pointer, D4 for a chosen one."""
    with pytest.raises(PointerError, match="selects nothing"):
        _disclose(_wind(), [pointer])
    with pytest.raises(PointerError, match="selects nothing"):
        _disclose(_wind(), ["/issuer"], mandatory=[pointer])


def test_a_part_of_a_value_that_is_signed_as_a_whole_is_refused() -> None:
    document = {
        "@context": [V2, {"json": {"@id": "https://example.org/#json", "@type": "@json"}}],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject", "json": {"a": 1, "b": 2}},
    }
    with pytest.raises(ProofGenerationError, match="part of something that is signed only as a whole"):
        _disclose(document, ["/credentialSubject/json/a"])
    whole: Any = _disclose(document, ["/credentialSubject/json"]).document
    assert whole["credentialSubject"]["json"] == {"a": 1, "b": 2}


def test_the_text_of_a_value_without_its_language_is_refused() -> None:
    document = {
        "@context": [V2, VOCABULARY],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:subject", "title": {"@value": "Frau", "@language": "de"}},
    }
    with pytest.raises(ProofGenerationError, match="part of something that is signed only as a whole"):
        _disclose(document, ["/credentialSubject/title/@value"])


def test_a_part_that_refers_to_a_hidden_node_by_label_shows_the_reference_only() -> None:
    """A blank node's label is not shown, so the shown part has a node of which nothing is said."""
    document = {
        "@context": [V2, {**VOCABULARY, "next": {"@id": "https://example.org/#next", "@type": "@id"}}],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {"id": "did:example:s", "part": [{"next": "_:b"}, {"id": "_:b", "secret": "x"}]},
    }
    disclosure = _disclose(document, ["/credentialSubject/part/0"])
    assert "secret" not in json.dumps(disclosure.document)
    assert len(disclosure.label_map) == 3


def test_a_part_that_loses_its_own_label_is_refused() -> None:
    """Two nodes refer to each other; without the label of the first one the link would be to another node."""
    document = {
        "@context": [V2, {**VOCABULARY, "next": {"@id": "https://example.org/#next", "@type": "@id"}}],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": {
            "id": "did:example:s",
            "part": [{"id": "_:a", "x": "1", "next": "_:b"}, {"id": "_:b", "x": "2", "next": "_:a"}],
        },
    }
    with pytest.raises(ProofGenerationError, match="does not stand on its own"):
        _disclose(document, ["/credentialSubject/part/0/next", "/credentialSubject/part/1/next"])
    assert len(_disclose(document, ["/credentialSubject/part"]).selective_indexes) == 7


def test_equal_hidden_values_have_unequal_labels_in_another_credential() -> None:
    """D12: two people with the same doses; what is shown of them has no label in common."""
    chosen = ["/credentialSubject/sails/1"]
    first = _disclose(_wind(), chosen, key=bytes(32))
    second = _disclose(_wind(), chosen, key=b"\x01" * 32)
    assert first.document == second.document
    assert len(first.label_map) == 3
    assert set(first.label_map.values()).isdisjoint(second.label_map.values())


def test_the_order_of_statements_depends_on_the_key_alone() -> None:
    """D12: under another key the same hidden statements stand elsewhere."""
    places = {
        _disclose(_wind(), ["/credentialSubject/sails/0"], key=bytes([n] * 32)).selective_indexes
        for n in range(8)
    }
    assert len(places) > 4


def test_what_would_not_be_signed_is_refused() -> None:
    """A6."""
    document = {"@context": [V2], "type": ["VerifiableCredential"], "issuer": "did:example:i", "x": "y"}
    with pytest.raises(DataLossError, match="no accepted context defines the member 'x'"):
        _group(document, mandatory=["/issuer"])


def test_a_poisoned_document_is_refused() -> None:
    """B1: nodes that only exponential work can tell apart, at issue and at verification."""
    clique = [{"id": f"_:n{n}", "knows": [f"_:n{m}" for m in range(10) if m != n]} for n in range(10)]
    document: dict[str, Any] = {
        "@context": [V2, {"knows": {"@id": "https://example.org/#knows", "@type": "@id"}}],
        "type": ["VerifiableCredential"],
        "issuer": "did:example:issuer",
        "credentialSubject": clique,
    }
    with pytest.raises(ComplexityError, match="the blank nodes are too alike"):
        _group(document, mandatory=["/issuer"])
    with pytest.raises(ComplexityError, match="the blank nodes are too alike"):
        selective.label_statements(document, {}, contexts=UNSAFE_ANY_CONTEXT)


def test_a_label_map_must_fit_the_document() -> None:
    disclosure = _disclose(_wind(), ["/credentialSubject/sails/1"])
    fitting = dict(disclosure.label_map)
    combined = selective.label_statements(disclosure.document, fitting, contexts=UNSAFE_ANY_CONTEXT)
    assert len(combined.nquads) == 7
    wrong = [
        {**fitting, "c14n3": "uextra"},
        {label: value for label, value in fitting.items() if label != "c14n1"},
        dict.fromkeys(fitting, "usame"),
        {"c14n9" if label == "c14n1" else label: value for label, value in fitting.items()},
    ]
    for label_map in wrong:
        with pytest.raises(ProofVerificationError, match="label map"):
            selective.label_statements(disclosure.document, label_map, contexts=UNSAFE_ANY_CONTEXT)


@pytest.mark.parametrize("indexes", [[1, 0], [0, 0], [0, 2], [0, 1, 99], [-1]])
def test_indexes_must_ascend_and_be_in_range(indexes: list[int]) -> None:
    disclosure = _disclose(_wind(), [])
    with pytest.raises(ProofVerificationError, match="expected ascending mandatory indexes below 2"):
        selective.create_verify_data(
            disclosure.document,
            {},
            label_map=disclosure.label_map,
            mandatory_indexes=indexes,
            contexts=UNSAFE_ANY_CONTEXT,
        )
