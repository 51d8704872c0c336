"""Whatever is changed in a signed document, it is refused, and by one of our errors."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.vclib.parties import Party
from vclib.environment import Environment
from vclib.errors import VCError
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import verify_credential, verify_presentation

Maker = Callable[..., JSONObject]
MakeEnvironment = Callable[..., Environment]

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=8) | st.just("did:example:mallory"),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=8), children, max_size=3)
    ),
    max_leaves=6,
)
RELAXED = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _places(value: JSONValue, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every member and element of a document."""
    members: Any = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, below in members:
        yield (*path, key)
        yield from _places(below, (*path, key))


def _changed(
    document: JSONObject, path: tuple[str | int, ...], value: JSONValue, *, remove: bool
) -> JSONObject:
    changed = copy.deepcopy(document)
    target: Any = changed
    for key in path[:-1]:
        target = target[key]
    if remove:
        del target[path[-1]]
    else:
        target[path[-1]] = value
    return changed


@pytest.fixture
def documents(ministry: Party, alice: Party, unsigned: Maker, presentation: Maker) -> list[JSONObject]:
    """A credential and a presentation, signed over every byte of their JSON."""
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "94567",
        "statusListCredential": "https://status.moh.example/3",
    }
    signed = ministry.sign(unsigned(credentialStatus=entry), cryptosuite="eddsa-jcs-2022")
    return [signed, alice.present(presentation(signed, holder=alice.did), cryptosuite="eddsa-jcs-2022")]


def _verify(document: JSONObject, environment: Environment, number: int) -> None:
    if number == 0:
        verify_credential(document, environment)
    else:
        verify_presentation(document, environment, challenge="8f1c4e0a", domain="https://venue.example")


def test_the_unchanged_documents_are_accepted(
    documents: list[JSONObject], environment: MakeEnvironment
) -> None:
    for number, document in enumerate(documents):
        _verify(document, environment(), number)


@RELAXED
@given(data=st.data(), number=st.sampled_from([0, 1]), value=VALUES, remove=st.booleans())
def test_a_changed_document_is_refused_by_name(
    documents: list[JSONObject],
    environment: MakeEnvironment,
    data: st.DataObject,
    number: int,
    value: JSONValue,
    remove: bool,
) -> None:
    """C1, C2, C19, A12."""
    document = documents[number]
    path = data.draw(st.sampled_from(list(_places(document))))
    changed = _changed(document, path, value, remove=remove)
    if changed == document:
        return
    with pytest.raises(VCError):
        _verify(changed, environment(), number)


@RELAXED
@given(number=st.sampled_from([0, 1]), key=st.text(max_size=12), value=VALUES)
def test_an_added_member_is_refused_by_name(
    documents: list[JSONObject], environment: MakeEnvironment, number: int, key: str, value: JSONValue
) -> None:
    """A6."""
    document = documents[number]
    if key in document:
        return
    with pytest.raises(VCError):
        _verify({**document, key: value}, environment(), number)


@RELAXED
@given(document=st.dictionaries(st.sampled_from(["@context", "type", "issuer", "proof", "id"]), VALUES))
def test_anything_at_all_is_refused_by_name(environment: MakeEnvironment, document: JSONObject) -> None:
    for number in (0, 1):
        with pytest.raises(VCError):
            _verify(document, environment(), number)
