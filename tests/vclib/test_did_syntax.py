"""vclib.did.syntax: the whole text is a DID or a DID URL, or it is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vclib.did import DID, DIDURL, absolute_url, parse_did, parse_did_url
from vclib.errors import InvalidDIDError, InvalidDIDURLError


@pytest.mark.parametrize(
    ("text", "method", "rest"),
    [
        ("did:example:123456789abcdefghi", "example", "123456789abcdefghi"),
        ("did:web:w3c-ccg.github.io:user:alice", "web", "w3c-ccg.github.io:user:alice"),
        ("did:web:example.com%3A3000", "web", "example.com%3A3000"),
        ("did:a1::b", "a1", ":b"),
        ("did:x:a_b-c.d", "x", "a_b-c.d"),
    ],
)
def test_did_is_split(text: str, method: str, rest: str) -> None:
    assert parse_did(text) == DID(text, method, rest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did",
        "did:",
        "did:key",
        "did:key:",
        "did::x",
        "did:x:a:",
        "did:Key:z6Mk",
        "DID:key:z6Mk",
        " did:key:z6Mk",
        "did:key:z6Mk ",
        "did:key:z6Mk\n",
        "did:key:z6Mk#z6Mk",
        "did:key:z6Mk?a=b",
        "did:key:z6Mk/path",
        "did:key;invalid",
        "did:key_222",
        "did:web:a%2",
        "did:web:a%zz",
        "did:web:é.example",
        "did:web:ｅ.example",
        "did:web:a@b",
        "urn:did:key:z6Mk",
        "did:key:" + "z" * 5000,
    ],
)
def test_text_that_is_no_did_is_refused(text: str) -> None:
    """G3: the whole string, ASCII, bounded."""
    with pytest.raises(InvalidDIDError, match="expected a DID"):
        parse_did(text)


@pytest.mark.parametrize("value", [None, 5, b"did:key:z", ["did:key:z"], {"id": "did:key:z"}])
def test_did_must_be_a_string(value: object) -> None:
    with pytest.raises(InvalidDIDError, match="as a string"):
        parse_did(value)
    with pytest.raises(InvalidDIDURLError, match="as a string"):
        parse_did_url(value)


@pytest.mark.parametrize(
    ("text", "did", "path", "query", "fragment"),
    [
        ("did:x:1", "did:x:1", "", None, None),
        ("did:x:1#key-1", "did:x:1", "", None, "key-1"),
        ("did:x:1#", "did:x:1", "", None, ""),
        ("did:x:1?", "did:x:1", "", "", None),
        ("did:x:1/a/b?c=d&e#f", "did:x:1", "/a/b", "c=d&e", "f"),
        (
            "did:web:a%3A80:b?service=files&relativeRef=%2Fx",
            "did:web:a%3A80:b",
            "",
            "service=files&relativeRef=%2Fx",
            None,
        ),
        ("did:x:1?a=/?#b/?", "did:x:1", "", "a=/?", "b/?"),
        ("did:x::a#b", "did:x::a", "", None, "b"),
    ],
)
def test_did_url_is_split(text: str, did: str, path: str, query: str | None, fragment: str | None) -> None:
    assert parse_did_url(text) == DIDURL(text, did, path, query, fragment)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#key-1",
        "/path",
        "bad:invalid",
        "did:x",
        "did:x:#key",
        "did:x:1#a#b",
        "did:x:1#a b",
        "did:x:1#a\n",
        "did:x:1\n#a",
        "did:x:1#é",
        "did:x:1#a%2",
        "did:x:1?a#<b>",
        "did:x:a:#b",
        "https://a.example#key",
        "did:x:1#" + "a" * 9000,
    ],
)
def test_text_that_is_no_absolute_did_url_is_refused(text: str) -> None:
    with pytest.raises(InvalidDIDURLError, match="expected a DID URL"):
        parse_did_url(text)


def test_parameters_are_decoded() -> None:
    url = parse_did_url("did:x:1?service=files&relativeRef=%2Fmyresume%2Fdoc%3Fversion%3Dlatest")

    assert url.parameters() == {"service": "files", "relativeRef": "/myresume/doc?version=latest"}
    assert parse_did_url("did:x:1").parameters() == {}


def test_parameter_that_occurs_twice_is_refused() -> None:
    """Two readers could take different ones (DID Resolution, duplicate parameter handling)."""
    with pytest.raises(InvalidDIDURLError, match="'service' occurs twice"):
        parse_did_url("did:x:1?service=files&service=agent").parameters()


def test_parameter_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(InvalidDIDURLError, match="not UTF-8"):
        parse_did_url("did:x:1?service=%ff").parameters()


@pytest.mark.parametrize(
    ("reference", "absolute"),
    [
        ("#key-1", "did:x:1#key-1"),
        ("did:x:1#key-1", "did:x:1#key-1"),
        ("did:y:2#key-1", "did:y:2#key-1"),
        ("key-1", "key-1"),
        ("/path#key-1", "/path#key-1"),
        (None, None),
        ({"id": "#key-1"}, None),
    ],
)
def test_only_a_bare_fragment_is_relative(reference: object, absolute: str | None) -> None:
    assert absolute_url(reference, "did:x:1") == absolute


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40) | st.text(alphabet="did:key%3A/?#z1-._", max_size=40).map(lambda t: "did:" + t))
def test_arbitrary_text_is_taken_whole_or_refused_by_name(text: str) -> None:
    try:
        did = parse_did(text)
    except InvalidDIDError:
        pass
    else:
        assert f"did:{did.method}:{did.method_specific_id}" == text
        assert parse_did_url(text).did == text
    try:
        url = parse_did_url(text)
    except InvalidDIDURLError:
        return
    query = "" if url.query is None else "?" + url.query
    fragment = "" if url.fragment is None else "#" + url.fragment
    assert url.did + url.path + query + fragment == text
