"""JSON by the quick writer is what the slow writers write, or is left to them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vclib import jcs, jsonld
from vclib.bounds import MAX_VALUES, is_certainly_small
from vclib.context_policy import DEFAULT_CONTEXTS, check_contexts
from vclib.errors import ComplexityError, ContextNotAcceptedError, MalformedValueError, VCError
from vclib.json_writing import write_canonical_json, write_json
from vclib.strict_json import MAX_DEPTH, JSONObject, JSONValue, dump_json

_V2 = "https://www.w3.org/ns/credentials/v2"

# Keys that sort otherwise by code points than by UTF-16, that mean something to JSON or to a format.
_KEYS = st.one_of(
    st.sampled_from(
        ["", "%s", '"', "\\", "\n", "\x00", "\x7f", "\ufb33", "\U0001f600", "\ud800", "type", "a", "B", "1.5"]
    ),
    st.text(st.characters(), max_size=3),
)
# Texts that look like what the quick writer must not write.
_TEXTS = st.one_of(
    st.text(st.characters(), max_size=5),
    st.sampled_from(
        [",null", ":1.5", "[-0e1", ":null", "NaN", '":null', "\\", "\u2028", "\x1f", "\x7f", "é"]
    ),
)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 2**53 - 1, 2**53, -(2**53), 2**63, 2**64]),
    st.floats(),
    _TEXTS,
)
_VALUES: st.SearchStrategy[JSONValue] = st.recursive(
    _SCALARS,
    lambda below: st.one_of(st.lists(below, max_size=3), st.dictionaries(_KEYS, below, max_size=4)),
    max_leaves=12,
)
_OFTEN = settings(max_examples=400, deadline=None, derandomize=True)


@_OFTEN
@given(_VALUES)
@example([float("nan")])
@example({"a": [None, float("inf")]})
@example([1e16, -0.0, 5e-324])
def test_json_text_is_that_of_the_standard_library(value: JSONValue) -> None:
    try:
        expected = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (UnicodeEncodeError, ValueError):
        assert write_json(value) is None
        with pytest.raises(MalformedValueError):
            dump_json(value)
    else:
        assert write_json(value) in (expected, None)
        assert dump_json(value).encode() == expected


@_OFTEN
@given(_VALUES)
@example({"\ufb33": 1, "\U0001f600": 2})
@example({"\ufb33": 1, "\uffff": 2, "a": "\x7f\x1f"})
def test_canonical_json_is_that_of_the_package(value: JSONValue) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        assert write_canonical_json(value) is None
    else:
        assert write_canonical_json(value) in (expected, None)


@pytest.mark.parametrize("character", [*map(chr, range(256))])
def test_every_byte_is_written_as_the_slow_writers_do(character: str) -> None:
    value: JSONValue = {character: [character, 1, True]}
    assert (
        write_json(value)
        == dump_json(value).encode()
        == json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    )
    assert write_canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        "text",
        1,
        None,
        True,
        [None],
        {"a": None},
        [1.5],
        {"a": 1.0},
        [1e22],
        [-0.0],
        [float("nan")],
        [float("-inf")],
        ["\ud800"],
        {"\udc00": 1},
        {1: 2},
        [b"bytes"],
        [{1}],
        [2**64],
    ],
)
def test_what_is_in_doubt_is_not_written(value: Any) -> None:
    assert write_json(value) is None
    assert write_canonical_json(value) is None


def test_texts_and_numbers_of_other_classes_are_left_to_the_slow_writers() -> None:
    class Text(str): ...

    class Number(int): ...

    for value in ([Text("a")], {Text("a"): 1}, [Number(1)]):
        assert write_json(value) is None
        assert write_canonical_json(value) is None


def test_integers_beyond_what_everybody_reads_alike_are_not_canonical() -> None:
    assert write_json([2**53]) == b"[9007199254740992]"
    assert write_canonical_json([2**53]) is None
    assert write_canonical_json([2**53 - 1]) == b"[9007199254740991]"


def _outcome(read: Callable[[JSONObject], bytes], document: JSONObject) -> object:
    try:
        return read(document)
    except VCError as err:
        return type(err), err.message


def _reference(document: JSONObject) -> bytes:
    """The package, with errors as `vclib.jcs` gives them for the same value."""
    check_contexts(document, DEFAULT_CONTEXTS)
    canonical = jcs.canonicalize(document)
    assert canonical == rfc8785.dumps(document)
    return canonical


@_OFTEN
@given(st.dictionaries(_KEYS, _VALUES, max_size=5))
def test_documents_and_options_have_the_canonical_json_of_the_package(members: JSONObject) -> None:
    document: JSONObject = {"@context": [_V2], **members}
    expected = _outcome(_reference, document)
    assert _outcome(jsonld.canonical_json, document) == expected
    assert _outcome(jsonld.canonical_json_of_options, document) == expected


def test_the_slow_way_is_not_taken_for_a_plain_document(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> bytes:
        raise AssertionError("the slow way was taken")

    monkeypatch.setattr(jcs, "canonicalize", refuse)
    document: JSONObject = {"@context": [_V2], "name": "Zoë", "doses": [1, 2]}
    expected = '{"@context":["https://www.w3.org/ns/credentials/v2"],"doses":[1,2],"name":"Zoë"}'.encode()
    assert jsonld.canonical_json(document) == expected
    assert jsonld.canonical_json({**document, "@context": _V2}) == expected.replace(b"[", b"", 1).replace(
        b"]", b"", 1
    )


@pytest.mark.parametrize("member", ["verifiableCredential", "proof", "credentialSubject"])
def test_a_context_below_the_top_is_looked_at_however_often_it_comes(member: str) -> None:
    document: JSONObject = {
        "@context": [_V2],
        member: {"@context": ["https://example.org/evil"], "id": "urn:x"},
    }
    for _ in range(3):
        with pytest.raises(ContextNotAcceptedError):
            jsonld.canonical_json(document)


@pytest.mark.parametrize(
    "context", [["https://example.org/unknown"], [{"a": "https://example.org/a"}], [None], {}, None, 7]
)
def test_contexts_of_options_are_no_permission_for_documents(context: JSONValue) -> None:
    document: JSONObject = {"@context": context, "a": "b"}
    for _ in range(3):
        assert jsonld.canonical_json_of_options(document) == rfc8785.dumps(document)
        with pytest.raises(ContextNotAcceptedError):
            jsonld.canonical_json(document)


def test_a_context_that_the_policy_leaves_out_is_refused() -> None:
    document: JSONObject = {"@context": [_V2], "a": "b"}
    assert jsonld.canonical_json(document)
    with pytest.raises(ContextNotAcceptedError, match="not accepted"):
        jsonld.canonical_json(document, contexts=jsonld.ContextPolicy(frozenset()))


@pytest.mark.parametrize("read", [jsonld.canonical_json, jsonld.canonical_json_of_options])
def test_documents_too_large_or_too_deep_are_refused(read: Callable[[JSONObject], bytes]) -> None:
    """B3: the quick writer has larger bounds than documents."""
    with pytest.raises(ComplexityError, match="values"):
        read({"@context": [_V2], "a": [1] * MAX_VALUES})
    deep: JSONValue = 1
    for _ in range(MAX_DEPTH):
        deep = [deep]
    with pytest.raises(ComplexityError, match="deep"):
        read({"@context": [_V2], "a": deep})


def test_a_text_of_as_many_bytes_as_values_are_allowed_is_small() -> None:
    assert is_certainly_small(b"x" * MAX_VALUES)
    assert not is_certainly_small(b"x" * (MAX_VALUES + 1))
    assert is_certainly_small(b"[" * MAX_DEPTH)
    assert not is_certainly_small(b"[" * MAX_DEPTH + b"{")
