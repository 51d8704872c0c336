"""protocols.claims_path: the specification's own examples, and everything that is an error there."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.claims_path import (
    ClaimNotFoundError,
    ClaimsPath,
    InvalidClaimsPathError,
    claims_path_to_json,
    parse_claims_path,
    select_claims,
)
from vclib.strict_json import JSONObject, JSONValue

# OpenID4VCI 1.0 appendix C.3, OpenID4VP 1.0 section 7.3.
DOCUMENT: JSONObject = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3)
    ),
)


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (("name",), ["Arthur Dent"]),
        (("address",), [DOCUMENT["address"]]),
        (("address", "street_address"), ["42 Market Street"]),
        (("degrees", None, "type"), ["Bachelor of Science", "Master of Science"]),
        (("nationalities", 1), ["Betelgeusian"]),
    ],
)
def test_examples_of_the_specification_select_what_they_say(
    path: ClaimsPath, values: list[JSONValue]
) -> None:
    assert [claim.value for claim in select_claims(DOCUMENT, path)] == values


def test_selected_claims_know_their_json_pointer() -> None:
    found = select_claims({"a/b": [{"~": 1}, {"~": 2}]}, ("a/b", None, "~"))
    assert [(claim.pointer, claim.value) for claim in found] == [("/a~1b/0/~0", 1), ("/a~1b/1/~0", 2)]


def test_branches_without_the_member_drop_out() -> None:
    found = select_claims([{"a": 1}, {"b": 2}, {"a": None}], (None, "a"))
    assert [claim.pointer for claim in found] == ["/0/a", "/2/a"]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (("unknown",), "selects nothing"),
        (("nationalities", 2), "selects nothing"),
        (("name", "first"), "a member of a string"),
        (("address", 0), "elements of an object"),
        (("address", None), "elements of an object"),
        (("nationalities", "0"), "a member of an array"),
    ],
)
def test_path_that_does_not_fit_is_an_error(path: ClaimsPath, message: str) -> None:
    with pytest.raises(ClaimNotFoundError, match=message):
        select_claims(DOCUMENT, path)


@pytest.mark.parametrize(
    "value", [[], None, "name", {}, [-1], [True], [1.5], [{}], [["name"]], ["x" * 1001], ["x"] * 65]
)
def test_value_that_is_no_path_is_refused(value: JSONValue) -> None:
    with pytest.raises(InvalidClaimsPathError):
        parse_claims_path(value)


def test_path_is_written_as_it_was_read() -> None:
    written: list[JSONValue] = ["degrees", None, 0, "type"]
    assert claims_path_to_json(parse_claims_path(written)) == written


@given(JSON, JSON)
def test_nothing_else_is_ever_raised(document: JSONValue, value: JSONValue) -> None:
    with contextlib.suppress(InvalidClaimsPathError, ClaimNotFoundError):
        assert select_claims(document, parse_claims_path(value))
