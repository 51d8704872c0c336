"""JSON pointers (RFC 6901) and what they select of a document. Threats D4, D5."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.cryptosuites.pointers import parse_pointer, select_json_ld
from vclib.errors import ComplexityError, PointerError

# RFC 6901 section 5, the document and the pointers into it.
RFC_DOCUMENT: dict[str, Any] = {
    "foo": ["bar", "baz"],
    "": 0,
    "a/b": 1,
    "c%d": 2,
    "e^f": 3,
    "g|h": 4,
    "i\\j": 5,
    'k"l': 6,
    " ": 7,
    "m~n": 8,
}

DOCUMENT: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/credentials/v2"],
    "id": "urn:x:credential",
    "type": ["VerifiableCredential", "Example"],
    "issuer": {"id": "did:example:issuer", "name": "Ministry"},
    "credentialSubject": {
        "id": "did:example:subject",
        "type": "Person",
        "name": "Alice",
        "doses": [
            {"type": "Dose", "number": 1, "lot": "A"},
            {"type": "Dose", "number": 2, "lot": "B"},
            {"type": "Dose", "number": 3, "lot": "C"},
        ],
        "a/b": "slash",
        "m~n": "tilde",
        "m~1n": "both",
        "0": "digit",
        "-": "dash",
    },
}


def _select(*pointers: str) -> Any:
    return select_json_ld(pointers, DOCUMENT)


@pytest.mark.parametrize(
    ("pointer", "tokens"),
    [
        ("", ()),
        ("/foo", ("foo",)),
        ("/foo/0", ("foo", "0")),
        ("/", ("",)),
        ("/a~1b", ("a/b",)),
        ("/c%d", ("c%d",)),
        ("/e^f", ("e^f",)),
        ("/g|h", ("g|h",)),
        ("/i\\j", ("i\\j",)),
        ('/k"l', ('k"l',)),
        ("/ ", (" ",)),
        ("/m~0n", ("m~n",)),
        # Section 4: "~01" is "~1", not "/".
        ("/~01", ("~1",)),
        ("/~10", ("/0",)),
        ("/a//b", ("a", "", "b")),
    ],
)
def test_pointers_are_parsed_as_rfc_6901_says(pointer: str, tokens: tuple[str, ...]) -> None:
    """D4."""
    assert parse_pointer(pointer) == tokens


@pytest.mark.parametrize("name", [name for name in RFC_DOCUMENT if name != "foo"])
def test_each_member_of_the_rfc_document_is_selected_by_its_pointer(name: str) -> None:
    pointer = "/" + name.replace("~", "~0").replace("/", "~1")
    assert select_json_ld([pointer], RFC_DOCUMENT) == {name: RFC_DOCUMENT[name]}


@pytest.mark.parametrize(
    ("pointer", "message"),
    [
        ("issuer", "expected a JSON pointer that is empty or starts with '/'"),
        ("#/issuer", "expected a JSON pointer that is empty or starts with '/'"),
        ("/m~n", "'~' is not followed by '0' or '1'"),
        ("/m~", "'~' is not followed by '0' or '1'"),
        ("/m~2n", "'~' is not followed by '0' or '1'"),
        ("/" + "x" * 4096, "longer than any document is deep"),
        ("/x" * 65, "longer than any document is deep"),
        (None, "expected a JSON pointer, found null"),
        (7, "expected a JSON pointer, found a number"),
        (["/issuer"], "expected a JSON pointer, found an array"),
    ],
)
def test_what_is_no_pointer_is_refused(pointer: object, message: str) -> None:
    """D4."""
    with pytest.raises(PointerError, match=message):
        parse_pointer(pointer)


@pytest.mark.parametrize(
    "pointer",
    [
        "/nothing",
        "/issuer/nothing",
        "/issuer/name/0",
        "/issuer/name/length",
        "/",
        "/credentialSubject/doses/3",
        "/credentialSubject/doses/-",
        "/credentialSubject/doses/-1",
        "/credentialSubject/doses/01",
        "/credentialSubject/doses/00",
        "/credentialSubject/doses/+1",
        "/credentialSubject/doses/1.0",
        "/credentialSubject/doses/1e0",
        "/credentialSubject/doses/ 1",
        "/credentialSubject/doses/\u0661",
        "/credentialSubject/doses/99999999999999999999",
        "/credentialSubject/doses/length",
        "/credentialSubject/doses/0/nothing",
        "/@context/1",
    ],
)
def test_a_pointer_that_selects_nothing_is_refused(pointer: str) -> None:
    """D4: no such member, index out of range, not an index as RFC 6901 spells it."""
    with pytest.raises(PointerError, match="selects nothing in the document"):
        _select(pointer)
    with pytest.raises(PointerError, match="selects nothing in the document"):
        _select("", pointer)


def test_the_refusal_is_the_problem_type_of_the_specification() -> None:
    with pytest.raises(PointerError) as refusal:
        _select("/nothing")
    assert refusal.value.type == "https://w3id.org/security#PROOF_GENERATION_ERROR"


def test_no_pointers_select_nothing() -> None:
    assert _select() is None


def test_too_many_pointers_are_refused() -> None:
    with pytest.raises(ComplexityError, match="1001 JSON pointers are more than the limit of 1000"):
        _select(*["/issuer"] * 1001)


def test_the_empty_pointer_selects_the_whole_document() -> None:
    assert _select("") == DOCUMENT


def test_id_and_type_of_every_object_on_the_way_are_selected_too() -> None:
    assert _select("/credentialSubject/name") == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:x:credential",
        "type": ["VerifiableCredential", "Example"],
        "credentialSubject": {"id": "did:example:subject", "type": "Person", "name": "Alice"},
    }


def test_keywords_are_selected_like_their_aliases() -> None:
    document: Any = {"@id": "urn:x:1", "@type": "Example", "child": {"@type": "Child", "name": "A", "x": "B"}}
    assert select_json_ld(["/child/name"], document) == {
        "@id": "urn:x:1",
        "@type": "Example",
        "child": {"@type": "Child", "name": "A"},
    }


def test_a_selected_object_is_selected_whole() -> None:
    assert _select("/issuer")["issuer"] == {"id": "did:example:issuer", "name": "Ministry"}


@pytest.mark.parametrize(
    "pointers", [("/issuer", "/issuer/name"), ("/issuer/name", "/issuer"), ("/issuer", "/issuer")]
)
def test_a_whole_and_its_part_are_the_whole(pointers: tuple[str, ...]) -> None:
    assert _select(*pointers)["issuer"] == {"id": "did:example:issuer", "name": "Ministry"}


@pytest.mark.parametrize("pointer", ["/id", "/type", "/type/1"])
def test_the_identifier_and_type_of_the_document_select_no_more_than_is_always_selected(pointer: str) -> None:
    assert _select(pointer) == {
        "@context": ["https://www.w3.org/ns/credentials/v2"],
        "id": "urn:x:credential",
        "type": ["VerifiableCredential", "Example"],
    }


@pytest.mark.parametrize("pointer", ["/@context", "/@context/1", "/@context/1/term"])
def test_the_context_is_shown_whole_whatever_is_selected_in_it(pointer: str) -> None:
    context: Any = ["https://www.w3.org/ns/credentials/v2", {"term": "https://example.org/#term"}]
    document = {"@context": context, "id": "urn:x:1", "term": "value"}
    assert select_json_ld([pointer], document) == {"@context": context, "id": "urn:x:1"}


def test_elements_of_an_array_keep_their_order_without_a_gap() -> None:
    """D5: what is shown does not say how many elements there are."""
    selected = _select("/credentialSubject/doses/2/lot", "/credentialSubject/doses/0/number")
    assert selected["credentialSubject"]["doses"] == [
        {"type": "Dose", "number": 1},
        {"type": "Dose", "lot": "C"},
    ]


def test_a_token_of_digits_names_the_member_of_an_object() -> None:
    assert _select("/credentialSubject/0")["credentialSubject"]["0"] == "digit"
    assert _select("/credentialSubject/-")["credentialSubject"]["-"] == "dash"


def test_escaped_names_are_selected() -> None:
    """D4."""
    selected = _select("/credentialSubject/a~1b", "/credentialSubject/m~0n", "/credentialSubject/m~01n")
    subject = selected["credentialSubject"]
    assert {name: subject[name] for name in ("a/b", "m~n", "m~1n")} == {
        "a/b": "slash",
        "m~n": "tilde",
        "m~1n": "both",
    }


def test_a_blank_node_identifier_is_selected_only_if_asked_for() -> None:
    document: Any = {"id": "_:b0", "name": "A"}
    assert select_json_ld(["/name"], document) == {"name": "A"}
    assert select_json_ld(["/id"], document) == {"id": "_:b0"}


def test_a_selection_shares_nothing_with_the_document() -> None:
    before = json.dumps(DOCUMENT)
    selected = _select("/credentialSubject/doses/1", "/issuer")
    selected["credentialSubject"]["doses"][0]["lot"] = "changed"
    selected["issuer"]["name"] = "changed"
    selected["@context"].append("changed")
    selected["type"].append("changed")
    assert json.dumps(DOCUMENT) == before


JSON_TREES: Any = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5)),
    lambda below: st.one_of(
        st.lists(below, max_size=4), st.dictionaries(st.text("ab~/01", max_size=3), below, max_size=4)
    ),
    max_leaves=12,
)


def _pointers(value: Any, pointer: str = "") -> list[tuple[str, Any]]:
    found = [(pointer, value)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for token, below in parts:
        escaped = str(token).replace("~", "~0").replace("/", "~1")
        found += _pointers(below, f"{pointer}/{escaped}")
    return found


@settings(max_examples=100, deadline=None)
@given(data=st.data(), tree=st.dictionaries(st.text("ab~/01", max_size=3), JSON_TREES, max_size=4))
def test_every_value_is_selected_by_its_own_pointer(data: st.DataObject, tree: dict[str, Any]) -> None:
    pointer, value = data.draw(st.sampled_from(_pointers(tree)))
    selected: Any = select_json_ld([pointer], tree)
    for token in parse_pointer(pointer):
        # Alone in its array, the selected element is the first.
        selected = selected[0] if isinstance(selected, list) else selected[token]
    assert selected == value
