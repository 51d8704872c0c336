"""verifier.queries: a situation becomes a query that the fitting credentials can answer."""

from __future__ import annotations

from typing import Any

import pytest

from health import SITUATIONS, pointers_for
from protocols.oid4vp import DCQLQuery, NotSatisfiedError, QueriedCredential, satisfies
from tests.world import RECOVERY, TEST, VACCINATION, World, changed
from vclib.credentials import parse_credential
from vclib.errors import MalformedValueError
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject
from verifier.queries import query_for

RECORDS: dict[str, JSONObject] = {"vaccination": VACCINATION, "test": TEST, "recovery": RECOVERY}


def _queried(document: JSONObject) -> QueriedCredential:
    return QueriedCredential(without_proofs(document), parse_credential(document).type_iris)


def _without(record: JSONObject, event: str, *members: str) -> JSONObject:
    other = changed(record)
    inner = other[event]
    assert isinstance(inner, dict)
    for member in members:
        inner.pop(member)
    return other


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_situation_is_a_query_that_wallets_can_read(situation: str) -> None:
    query = query_for(situation)
    assert DCQLQuery.from_json(query.to_json()) == query


@pytest.mark.parametrize(
    ("situation", "kind"),
    [(situation, kind) for situation in ("venue", "border", "status") for kind in RECORDS]
    + [("test", "test")],
)
def test_a_query_selects_what_the_disclosure_set_names(world: World, situation: str, kind: str) -> None:
    credential = world.mint(RECORDS[kind], world.person(11))
    (query,) = query_for(situation, [kind]).credentials
    selected = satisfies(query, _queried(credential)).pointers
    assert sorted(selected) == sorted(pointers_for(situation, without_proofs(credential)))


@pytest.mark.parametrize("kind", RECORDS)
def test_the_clinic_asks_for_the_whole_subject(world: World, kind: str) -> None:
    credential = world.mint(RECORDS[kind], world.person(11))
    (query,) = query_for("clinic", [kind]).credentials
    assert {"/credentialSubject", "/hcid"} <= set(satisfies(query, _queried(credential)).pointers)


def test_an_optional_element_that_is_missing_is_not_asked_for(world: World) -> None:
    record = _without(VACCINATION, "vaccination", "disease", "totalDoses")
    credential = world.mint(record, world.person(11))
    for situation in ("venue", "border"):
        (query,) = query_for(situation, ["vaccination"]).credentials
        selected = satisfies(query, _queried(credential)).pointers
        assert sorted(selected) == sorted(pointers_for(situation, without_proofs(credential)))


def test_another_kind_of_record_does_not_answer(world: World) -> None:
    credential = world.mint(TEST, world.person(11))
    (query,) = query_for("venue", ["vaccination"]).credentials
    with pytest.raises(NotSatisfiedError, match="another type"):
        satisfies(query, _queried(credential))


def test_one_kind_of_those_that_fit_is_asked_for() -> None:
    query = query_for("venue")
    assert [item.id for item in query.credentials] == ["vaccination", "test", "recovery"]
    assert [item.to_json() for item in query.credential_sets] == [
        {"options": [["vaccination"], ["test"], ["recovery"]]}
    ]
    assert query_for("venue", ["test"]).credential_sets == ()


@pytest.mark.parametrize(
    ("situation", "kinds", "message"),
    [
        ("party", [], "expected a situation of venue"),
        ("test", ["vaccination"], "asks for test, found 'vaccination'"),
        ("venue", ["passport"], "found 'passport'"),
    ],
)
def test_an_order_that_fits_nothing_is_refused(situation: str, kinds: Any, message: str) -> None:
    with pytest.raises(MalformedValueError, match=message):
        query_for(situation, kinds)
