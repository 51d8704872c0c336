"""protocols.oid4vp: DCQL is parsed with limits; wallet and verifier alike tell what answers a query."""

from __future__ import annotations

import contextlib
import tracemalloc
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.oid4vp import (
    AuthorizationError,
    ClaimsQuery,
    CredentialQuery,
    DCQLQuery,
    InvalidRequestError,
    NotSatisfiedError,
    QueriedCredential,
    check_answered,
    choose,
    parse_claim_path,
    satisfies,
    shown_path,
)
from vclib.strict_json import JSONObject, JSONValue

TYPES = (
    "https://www.w3.org/2018/credentials#VerifiableCredential",
    "https://issuer.example/vocab#VaccinationCertificate",
)
# The query of VP 6.4's kind that the wire format notes give, with claims and claim_sets.
WRITTEN: JSONObject = {
    "credentials": [
        {
            "id": "vaccination",
            "format": "ldp_vc",
            "meta": {"type_values": [list(TYPES)]},
            "claims": [
                {"id": "dob", "path": ["credentialSubject", "birthDate"]},
                {"id": "valid", "path": ["credentialSubject", "fullyVaccinated"], "values": [True]},
                {"id": "disease", "path": ["credentialSubject", "vaccine", "disease"]},
            ],
            "claim_sets": [["valid"], ["dob", "disease"]],
        }
    ],
    "credential_sets": [{"options": [["vaccination"]]}],
}
# VP 6.4, the example with alternatives of credentials.
ALTERNATIVES: JSONObject = {
    "credentials": [
        {"id": name, "format": "dc+sd-jwt", "meta": {"vct_values": ["https://credentials.example.com/x"]}}
        for name in ("pid", "other_pid", "pid_reduced_cred_1", "pid_reduced_cred_2", "nice_to_have")
    ],
    "credential_sets": [
        {"options": [["pid"], ["other_pid"], ["pid_reduced_cred_1", "pid_reduced_cred_2"]]},
        {"required": False, "options": [["nice_to_have"]]},
    ],
}
# VP 7.3: the claims path pointer examples.
PATHS: JSONObject = {
    "name": "Arthur Dent",
    "address": {"street_address": "42 Market Street", "locality": "Milliways", "postal_code": "12345"},
    "degrees": [
        {"type": "Bachelor of Science", "university": "University of Betelgeuse"},
        {"type": "Master of Science", "university": "University of Betelgeuse"},
    ],
    "nationalities": ["British", "Betelgeusian"],
}
SUBJECT: JSONObject = {
    "birthDate": "1980-02-29",
    "fullyVaccinated": True,
    "vaccine": {"disease": "COVID-19", "dose": 2},
}
CREDENTIAL = QueriedCredential(
    {"credentialSubject": SUBJECT, "proof": {"type": "x"}, "@context": ["y"]}, TYPES
)


def _query(**changes: Any) -> CredentialQuery:
    return replace(DCQLQuery.from_json(WRITTEN).credentials[0], **changes)


def _asking(*path: str | int | None, **changes: Any) -> CredentialQuery:
    return CredentialQuery("q", claims=(ClaimsQuery(tuple(path), **changes),))


def _selected(
    path: tuple[str | int | None, ...], document: JSONObject = PATHS, **changes: Any
) -> tuple[str, ...]:
    return satisfies(_asking(*path), QueriedCredential(document, (), **changes)).pointers


# --- parsing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [WRITTEN, {"credentials": WRITTEN["credentials"]}])
def test_a_query_comes_back_as_it_was_written(written: JSONObject) -> None:
    assert DCQLQuery.from_json(written).to_json() == written


def test_what_is_not_known_is_ignored() -> None:
    """VP 6: implementations ignore unknown properties."""
    extended = {**WRITTEN, "new": 1, "credentials": [{**WRITTEN["credentials"][0], "purpose": "x"}]}  # type: ignore[dict-item,index]
    assert DCQLQuery.from_json(extended) == DCQLQuery.from_json(WRITTEN)


def test_a_query_of_another_format_is_read_and_matches_nothing() -> None:
    query = DCQLQuery.from_json(ALTERNATIVES).credentials[0]
    with pytest.raises(NotSatisfiedError, match="asks for the format dc\\+sd-jwt"):
        satisfies(query, CREDENTIAL)


def _changed(**changes: Any) -> JSONObject:
    entry: dict[str, Any] = {**WRITTEN["credentials"][0], **changes}  # type: ignore[dict-item,index]
    return {"credentials": [{name: value for name, value in entry.items() if value is not ...}]}


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "{}",
        {},
        {"credentials": []},
        {"credentials": {}},
        {"credentials": ["x"]},
        {"credentials": [*_changed()["credentials"]] * 2},  # type: ignore[misc]
        _changed(id=...),
        _changed(id=""),
        _changed(id="a b"),
        _changed(id=1),
        _changed(format=...),
        _changed(meta=...),
        _changed(meta={}),
        _changed(meta={"type_values": []}),
        _changed(meta={"type_values": [[]]}),
        _changed(meta={"type_values": ["x"]}),
        _changed(meta={"type_values": [[1]]}),
        _changed(multiple="true"),
        _changed(require_cryptographic_holder_binding=1),
        _changed(trusted_authorities=[]),
        _changed(trusted_authorities=[{"type": "aki"}]),
        _changed(claims=[]),
        _changed(claims=...),
        _changed(claims=[{"path": ["a"]}]),
        _changed(claims=[{"id": "a", "path": ["a"]}, {"id": "a", "path": ["b"]}]),
        _changed(claim_sets=[]),
        _changed(claim_sets=[[]]),
        _changed(claim_sets=[["unknown"]]),
        _changed(claim_sets=[["dob", "dob"]]),
        _changed(claims=[{"path": []}], claim_sets=...),
        _changed(claims=[{"path": "a"}], claim_sets=...),
        _changed(claims=[{"path": ["a", -1]}], claim_sets=...),
        _changed(claims=[{"path": ["a", True]}], claim_sets=...),
        _changed(claims=[{"path": ["a", 1.5]}], claim_sets=...),
        _changed(claims=[{"path": ["a", ["b"]]}], claim_sets=...),
        _changed(claims=[{"path": ["a"], "values": []}], claim_sets=...),
        _changed(claims=[{"path": ["a"], "values": [1.5]}], claim_sets=...),
        _changed(claims=[{"path": ["a"], "values": [None]}], claim_sets=...),
        {**WRITTEN, "credential_sets": []},
        {**WRITTEN, "credential_sets": [{}]},
        {**WRITTEN, "credential_sets": [{"options": []}]},
        {**WRITTEN, "credential_sets": [{"options": [[]]}]},
        {**WRITTEN, "credential_sets": [{"options": [["other"]]}]},
        {**WRITTEN, "credential_sets": [{"options": [["vaccination"]], "required": None}]},
    ],
)
def test_what_is_no_query_is_refused(value: Any) -> None:
    with pytest.raises(InvalidRequestError):
        DCQLQuery.from_json(value)


@pytest.mark.parametrize(
    "value",
    [
        {"credentials": [{**_changed()["credentials"][0], "id": f"c{n}"} for n in range(10_000)]},  # type: ignore[dict-item,index]
        _changed(claims=[{"id": f"c{n}", "path": ["a"]} for n in range(10_000)], claim_sets=...),
        _changed(claim_sets=[["dob"]] * 10_000),
        _changed(claims=[{"path": ["a"] * 1000}], claim_sets=...),
        _changed(claims=[{"path": [None] * 1000}], claim_sets=...),
        _changed(claims=[{"path": ["a"], "values": ["x"] * 10_000}], claim_sets=...),
        _changed(meta={"type_values": [["x"]] * 10_000}),
        {**WRITTEN, "credential_sets": [{"options": [["vaccination"]]}] * 10_000},
        {**WRITTEN, "credential_sets": [{"options": [["vaccination"]] * 10_000}]},
    ],
)
def test_e19_a_query_without_end_is_refused_by_limit(value: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"expected a list of 1 to \d+"):
        DCQLQuery.from_json(value)


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        (("name",), ("/name",)),
        (("address",), ("/address",)),
        (("address", "street_address"), ("/address/street_address",)),
        (("degrees", None, "type"), ("/degrees/0/type", "/degrees/1/type")),
        (("nationalities", 1), ("/nationalities/1",)),
        (("nationalities", None), ("/nationalities/0", "/nationalities/1")),
    ],
)
def test_the_paths_of_the_specification_select_what_it_says(
    path: tuple[str | int | None, ...], pointers: tuple[str, ...]
) -> None:
    assert _selected(path) == pointers


@pytest.mark.parametrize(
    "path",
    [("nothing",), ("name", "first"), ("name", 0), ("name", None), ("address", 0), ("address", None),
     ("nationalities", 2), ("nationalities", "British"), ("degrees", None, "none")],
)  # fmt: skip
def test_a_path_that_selects_nothing_is_not_satisfied(path: tuple[str | int | None, ...]) -> None:
    with pytest.raises(NotSatisfiedError, match="which is not there"):
        _selected(path)


def test_elements_without_the_member_drop_out() -> None:
    assert _selected(("a", None, "b"), {"a": [{"b": 1}, 2, {"c": 3}, {"b": None}]}) == ("/a/0/b", "/a/3/b")


def test_a_name_is_escaped_in_its_pointer() -> None:
    assert _selected(("a/b~c",), {"a/b~c": 1}) == ("/a~1b~0c",)


def test_a_position_in_a_derived_credential_is_any_element() -> None:
    """Elements move when others before them are withheld."""
    derived: JSONObject = {"nationalities": ["Betelgeusian"]}
    assert _selected(("nationalities", 1), derived, derived=True) == ("/nationalities/0",)
    with pytest.raises(NotSatisfiedError):
        _selected(("nationalities", 1), derived)


@pytest.mark.parametrize("path", [("proof",), ("proof", "type"), ("@context",), ("@context", 0)])
def test_proof_and_contexts_are_no_claims(path: tuple[str | int | None, ...]) -> None:
    with pytest.raises(NotSatisfiedError):
        satisfies(_asking(*path), CREDENTIAL)


def test_e19_a_null_path_over_a_huge_array_is_refused_in_constant_memory() -> None:
    elements: list[JSONValue] = [{"b": position} for position in range(300_000)]
    huge: JSONObject = {"a": elements}
    tracemalloc.start()
    try:
        with pytest.raises(NotSatisfiedError, match="looks at more than 20000 values"):
            _selected(("a", None, "c"), huge)
        with pytest.raises(NotSatisfiedError, match="selects more than 1000 values"):
            _selected(("a", None, "b"), huge)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_e19_nested_nulls_are_bounded_together() -> None:
    inner: list[JSONValue] = [[1] * 100 for _ in range(100)]
    with pytest.raises(NotSatisfiedError, match="looks at more than"):
        _selected(("a", None, None, None, "x"), {"a": [inner] * 100})


def test_a_path_is_shown_in_words() -> None:
    assert shown_path(parse_claim_path(["credentialSubject", "a", None, 3])) == "credentialSubject.a[][3]"


# --- what answers a query -------------------------------------------------------------------------


def test_the_first_claim_set_that_can_be_met_is_selected() -> None:
    assert satisfies(_query(), CREDENTIAL).pointers == ("/credentialSubject/fullyVaccinated",)
    without = QueriedCredential({"credentialSubject": {**SUBJECT, "fullyVaccinated": False}}, TYPES)
    assert satisfies(_query(), without).pointers == (
        "/credentialSubject/birthDate",
        "/credentialSubject/vaccine/disease",
    )


def test_without_claim_sets_all_claims_are_selected() -> None:
    assert len(satisfies(_query(claim_sets=()), CREDENTIAL).pointers) == 3


def test_without_claims_nothing_is_selected() -> None:
    assert satisfies(_query(claims=(), claim_sets=()), CREDENTIAL).pointers == ()


def test_e17_a_claim_that_is_missing_is_not_satisfied() -> None:
    with pytest.raises(NotSatisfiedError, match="fullyVaccinated or credentialS"):
        satisfies(_query(), QueriedCredential({"credentialSubject": {"birthDate": "1980"}}, TYPES))


@pytest.mark.parametrize("types", [(), TYPES[:1], ("https://issuer.example/vocab#Other", TYPES[0])])
def test_e17_another_type_is_not_satisfied(types: tuple[str, ...]) -> None:
    with pytest.raises(NotSatisfiedError, match="credentials of another type"):
        satisfies(_query(), replace(CREDENTIAL, type_iris=types))


def test_a_type_group_matches_if_all_its_members_are_there() -> None:
    groups = (("https://other.example#X",), (TYPES[1],))
    assert satisfies(
        _query(type_values=groups), replace(CREDENTIAL, type_iris=(*TYPES, "https://more.example"))
    )


def test_a_credential_that_nobody_can_prove_to_hold_is_not_satisfied() -> None:
    free = replace(CREDENTIAL, is_bound=False)
    with pytest.raises(NotSatisfiedError, match="bound to its holder"):
        satisfies(_query(), free)
    assert satisfies(_query(holder_binding=False), free)


@pytest.mark.parametrize(
    ("value", "wanted", "fits"),
    [
        (True, True, True),
        (True, 1, False),
        (1, True, False),
        (1, 1, True),
        (1.0, 1, False),
        ("1", 1, False),
        ("a", "a", True),
        ("A", "a", False),
        (None, "a", False),
        ([1], 1, False),
    ],
)
def test_values_are_compared_by_type_and_value(
    value: JSONValue, wanted: str | int | bool, fits: bool
) -> None:
    query, credential = _asking("a", values=("no", wanted)), QueriedCredential({"a": value}, ())
    if fits:
        assert satisfies(query, credential)
        return
    with pytest.raises(NotSatisfiedError):
        satisfies(query, credential)


def test_of_an_array_only_the_elements_with_an_accepted_value_are_selected() -> None:
    query = _asking("nationalities", None, values=("Betelgeusian",))
    assert satisfies(query, QueriedCredential(PATHS, ())).pointers == ("/nationalities/1",)


def test_e20_a_claim_that_is_asked_for_many_times_is_selected_once() -> None:
    claims = tuple(ClaimsQuery(("name",), id=f"again-{number}") for number in range(100))
    query = CredentialQuery("q", claims=claims)
    assert satisfies(query, QueriedCredential(PATHS, ())).pointers == ("/name",)


# --- the query as a whole -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("available", "chosen"),
    [
        (["pid", "other_pid", "nice_to_have"], ("pid", "nice_to_have")),
        (["other_pid"], ("other_pid",)),
        (["pid_reduced_cred_2", "pid_reduced_cred_1"], ("pid_reduced_cred_1", "pid_reduced_cred_2")),
    ],
)
def test_the_first_option_that_can_be_met_in_full_is_chosen(
    available: list[str], chosen: tuple[str, ...]
) -> None:
    assert choose(DCQLQuery.from_json(ALTERNATIVES), available) == chosen


@pytest.mark.parametrize("available", [[], ["nice_to_have"], ["pid_reduced_cred_1"]])
def test_nothing_is_chosen_where_a_required_set_is_not_met(available: list[str]) -> None:
    with pytest.raises(NotSatisfiedError) as caught:
        choose(DCQLQuery.from_json(ALTERNATIVES), available)
    assert caught.value.code == "access_denied"


def test_without_sets_every_query_has_to_be_answered() -> None:
    query = DCQLQuery(DCQLQuery.from_json(ALTERNATIVES).credentials[:2])
    assert choose(query, ["other_pid", "pid"]) == ("pid", "other_pid")
    with pytest.raises(NotSatisfiedError, match="other_pid: nothing answers"):
        choose(query, ["pid"])


@pytest.mark.parametrize(
    "counts",
    [{"pid": 1}, {"pid": 1, "nice_to_have": 1}, {"pid_reduced_cred_1": 1, "pid_reduced_cred_2": 1}],
)
def test_an_answer_that_fits_the_whole_query_is_taken(counts: dict[str, int]) -> None:
    check_answered(DCQLQuery.from_json(ALTERNATIVES), counts)


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({}, "required part"),
        ({"nice_to_have": 1}, "required part"),
        ({"pid_reduced_cred_1": 1}, "required part"),
        ({"pid": 1, "unasked": 1}, "'unasked' was not asked for"),
        ({"pid": 2}, "expected one presentation for pid, found 2"),
        ({"pid": 0}, "expected one presentation for pid, found 0"),
        ({"pid": 1, "pid_reduced_cred_1": 1}, "pid_reduced_cred_1 completes no option"),
    ],
)
def test_e16_an_answer_that_does_not_fit_is_refused_as_a_whole(counts: dict[str, int], message: str) -> None:
    with pytest.raises(NotSatisfiedError, match=message):
        check_answered(DCQLQuery.from_json(ALTERNATIVES), counts)


def test_several_presentations_are_taken_where_they_were_asked_for() -> None:
    check_answered(DCQLQuery((_query(multiple=True),)), {"vaccination": 3})


# --- properties -----------------------------------------------------------------------------------

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b", "ldp_vc", "vaccination"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["a", "b", "credentials", "credential_sets", "id", "format", "meta", "type_values", "claims",
             "path", "values", "claim_sets", "options", "required", "multiple", "trusted_authorities"]
        ),
        inner,
        max_size=6,
    ),
    max_leaves=25,
)  # fmt: skip
_PATHS = st.lists(st.none() | st.integers(0, 2) | st.sampled_from(["a", "b"]), min_size=1, max_size=4)


@given(_JSON)
def test_no_json_does_anything_but_raise_the_parsers_error(value: Any) -> None:
    with contextlib.suppress(AuthorizationError):
        DCQLQuery.from_json(value)


@given(st.sampled_from(["id", "format", "meta", "claims", "claim_sets", "multiple"]), _JSON)
def test_no_json_in_a_member_does_anything_but_raise_the_parsers_error(member: str, value: Any) -> None:
    with contextlib.suppress(AuthorizationError):
        DCQLQuery.from_json(_changed(**{member: value}))


@given(_PATHS, _JSON, st.booleans())
def test_what_a_path_selects_stands_at_its_pointers(
    path: list[str | int | None], document: Any, derived: bool
) -> None:
    credential = QueriedCredential({"a": document}, (), derived=derived)
    with contextlib.suppress(NotSatisfiedError):
        for pointer in satisfies(_asking("a", *path), credential).pointers:
            value: Any = credential.document
            for part in pointer.split("/")[1:]:
                value = value[int(part)] if isinstance(value, list) else value[part]
            assert pointer.startswith("/a/")


@given(
    st.lists(
        st.sampled_from(["pid", "other_pid", "pid_reduced_cred_1", "pid_reduced_cred_2", "nice_to_have"])
    )
)
def test_what_a_wallet_chooses_is_what_a_verifier_takes(available: list[str]) -> None:
    query = DCQLQuery.from_json(ALTERNATIVES)
    with contextlib.suppress(NotSatisfiedError):
        check_answered(query, dict.fromkeys(choose(query, available), 1))
