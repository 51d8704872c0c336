"""Compiled shapes: when they are used, when not, and what strangers can do to them."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

import contexts as pinned
from tests.shapes import assert_same, switch_off_shapes, use_shapes_as_in_programs, use_shapes_at_once
from vclib import jsonld
from vclib.context_policy import ContextPolicy
from vclib.credentials import parse_credential
from vclib.environment import Environment
from vclib.errors import (
    AmbiguousTermsError,
    ComplexityError,
    CredentialError,
    DataLossError,
    MalformedValueError,
)
from vclib.proofs import add_proof
from vclib.shapes import Cache, FilledReading, ReferenceReading, shared_readings
from vclib.shapes.outline import Blank
from vclib.shapes.structure import describe
from vclib.shapes.template import Template, _mentioning
from vclib.statements import to_statements
from vclib.strict_json import JSONObject
from vclib.verification import verify_credential

Maker = Callable[..., JSONObject]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> Cache:
    return use_shapes_at_once(monkeypatch)


@pytest.fixture
def as_in_programs(monkeypatch: pytest.MonkeyPatch) -> Cache:
    return use_shapes_as_in_programs(monkeypatch)


def _reference(document: JSONObject) -> ReferenceReading:
    expanded = jsonld.expand(document)
    return ReferenceReading(expanded, to_statements(expanded))


def _uses_template(document: JSONObject) -> bool:
    found = jsonld.read(document)
    assert_same(found, _reference(document))
    return isinstance(found, FilledReading)


def test_a_shape_is_kept_when_it_comes_for_the_second_time(unsigned: Maker, as_in_programs: Cache) -> None:
    assert isinstance(jsonld.read(unsigned()), ReferenceReading)
    assert len(as_in_programs) == 0
    assert isinstance(jsonld.read(unsigned(validFrom="2026-07-01T00:00:00Z")), FilledReading)
    assert _uses_template(unsigned(validUntil="2027-01-01T00:00:00Z"))


def test_shapes_that_are_switched_off_are_not_used(unsigned: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off_shapes(monkeypatch)
    assert not any(_uses_template(unsigned()) for _ in range(3))
    assert len(jsonld.SHAPES.cache) == 0


def test_a_refused_document_leaves_nothing_behind(unsigned: Maker, at_once: Cache) -> None:
    for _ in range(3):
        with pytest.raises(DataLossError, match="no accepted context defines the member 'unknown'"):
            jsonld.read(unsigned(unknown="x"))
    assert len(at_once) == 0


@pytest.mark.parametrize(
    "members",
    [
        {"credentialSubject": {"id": "urn:s", "name": {"@value": "x", "@language": "fr"}}},
        {"credentialSubject": {"@id": "urn:s", "name": "x"}},
        {"relatedResource": {"id": "https://example.org/r", "digestSRI": "sha256-x", "mediaType": None}},
    ],
)
def test_keywords_and_nulls_go_the_reference_path(
    members: JSONObject, unsigned: Maker, at_once: Cache
) -> None:
    assert not any(_uses_template(unsigned(**members)) for _ in range(2))


@pytest.mark.parametrize("value", ["_:b0", "\ud800", "relative", "did:example:a b", "did:example:\u00e9"])
def test_a_value_that_may_mean_something_else_goes_the_reference_path(
    value: str, unsigned: Maker, at_once: Cache
) -> None:
    jsonld.read(unsigned(id="urn:x"))
    document = unsigned(id=value)
    try:
        _reference(document)
    except (DataLossError, ValueError) as err:
        with pytest.raises(type(err)):
            jsonld.read(document)
    else:
        assert not _uses_template(document)


def test_one_id_for_two_nodes_is_refused_as_without_templates(unsigned: Maker, at_once: Cache) -> None:
    def document(subject: str) -> JSONObject:
        return unsigned(
            issuer={"id": "urn:a", "name": "One"}, credentialSubject={"id": subject, "name": "Two"}
        )

    assert _uses_template(document("urn:b"))
    with pytest.raises(AmbiguousTermsError):
        jsonld.read(document("urn:a"))


def test_one_value_twice_is_refused_as_without_templates(unsigned: Maker, at_once: Cache) -> None:
    def document(second: str) -> JSONObject:
        return unsigned(credentialSubject={"id": "urn:b", "name": ["One", second]})

    assert _uses_template(document("Two"))
    with pytest.raises(DataLossError, match="one value twice"):
        jsonld.read(document("One"))


def test_nodes_that_look_alike_are_labelled_by_the_whole_algorithm(unsigned: Maker, at_once: Cache) -> None:
    def document(second: str) -> JSONObject:
        lots = [{"lot": "A"}, {"lot": second}]
        return unsigned(credentialSubject={"id": "urn:b", "type": "HealthSubject", "vaccination": lots})

    assert _uses_template(document("B"))
    assert _uses_template(document("A"))


def test_a_strangers_value_does_not_keep_others_from_a_template(unsigned: Maker, at_once: Cache) -> None:
    jsonld.read(unsigned(id="_:stranger"))
    jsonld.read(unsigned(id="urn:" + "\u00e9"))
    assert _uses_template(unsigned(id="urn:mine"))


def test_what_is_read_can_be_changed_without_harm(unsigned: Maker, at_once: Cache) -> None:
    first = jsonld.read(unsigned())
    first.quads().clear()
    first.expanded().clear()
    assert _uses_template(unsigned())


def test_a_template_holds_no_value_of_the_document_it_was_made_from(unsigned: Maker, at_once: Cache) -> None:
    jsonld.read(unsigned())
    kept = repr([(key, entry.value) for key, entry in at_once._entries.items()])
    assert "HealthSubject" in kept
    for text in ("Alice", "Ministry of Health", "z6Mk", "2026-06-01"):
        assert text not in kept


def _says_id_is_the_issuer(document: Any, expanded: Any) -> tuple[str, ...]:
    if document["id"] != document["issuer"]["id"]:
        raise CredentialError("the two differ")
    return ("the same",)


def _says_id_is_expanded(document: Any, expanded: Any) -> tuple[str, ...]:
    if document["id"] != expanded[0]["@id"]:
        raise CredentialError("the two differ")
    return ("the same",)


def test_what_is_concluded_from_keys_is_known_of_every_document_of_the_shape(
    unsigned: Maker, at_once: Cache
) -> None:
    first, second = unsigned(id="urn:uuid:1"), unsigned(id="urn:uuid:2")
    assert jsonld.conclusion(first, _says_id_is_expanded) is None
    assert jsonld.conclude(first, _says_id_is_expanded) == ("the same",)
    assert jsonld.conclusion(second, _says_id_is_expanded) == ("the same",)
    # Other contexts are accepted by another policy, and a value may be one that no template takes.
    assert jsonld.conclusion(second, _says_id_is_expanded, contexts=ContextPolicy(frozenset())) is None
    assert jsonld.conclusion(unsigned(id="_:b0"), _says_id_is_expanded) is None


def test_what_is_equal_by_chance_is_concluded_of_no_other_document(unsigned: Maker, at_once: Cache) -> None:
    by_chance, other = unsigned(issuer={"id": "did:key:z1"}, id="did:key:z1"), unsigned(id="did:key:z2")
    for _ in range(2):
        assert jsonld.conclude(by_chance, _says_id_is_the_issuer) == ("the same",)
    for document in (by_chance, other):
        assert jsonld.conclusion(document, _says_id_is_the_issuer) is None
    with pytest.raises(CredentialError, match="the two differ"):
        jsonld.conclude(other, _says_id_is_the_issuer)


def test_a_known_shape_is_still_refused_for_its_values(unsigned: Maker, at_once: Cache) -> None:
    parse_credential(unsigned())
    assert parse_credential(unsigned()).issuer_name == "Ministry of Health"
    with pytest.raises(MalformedValueError, match="validFrom: expected a date-time"):
        parse_credential(unsigned(validFrom="yesterday"))
    with pytest.raises(CredentialError, match="ends before it begins"):
        parse_credential(unsigned(validUntil="2026-05-01T00:00:00Z"))
    with pytest.raises(ComplexityError, match="nested deeper than 64"):
        parse_credential(unsigned(proof=_nested(70)))


def test_documents_that_share_members_are_told_apart(unsigned: Maker, at_once: Cache) -> None:
    first = unsigned(id="urn:uuid:1")
    second = {**first, "id": "urn:uuid:2"}
    with shared_readings():
        for document in (first, second, first):
            node = jsonld.read(document).expanded()[0]
            assert isinstance(node, dict)
            assert node["@id"] == document["id"]


def _nested(depth: int) -> JSONObject:
    return (
        {"type": "DataIntegrityProof", "of": _nested(depth - 1)} if depth else {"type": "DataIntegrityProof"}
    )


def test_no_pinned_context_defines_a_term_with_a_colon() -> None:
    """A template takes what stands before a text's colon for a prefix or a scheme, no text for a term."""

    def keys(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [*value, *(key for below in value.values() for key in keys(below))]
        return [key for below in value for key in keys(below)] if isinstance(value, list) else []

    for url in pinned.CONTEXTS:
        assert [key for key in keys(json.loads(pinned.read_context(url))) if ":" in key] == []


def test_hostile_shapes_stay_within_the_bounds() -> None:
    cache = Cache(max_entries=50, max_bytes=400_000, max_sightings=100)
    for number in range(1_000):
        key = ("shape", number)
        assert cache.get(key) is None
        for _ in range(2):
            if cache.is_worth_keeping(key):
                cache.keep(key, _Sized(9_000))
    assert len(cache) == 44
    assert cache.bytes == 44 * 9_000
    assert len(cache._seen) <= 100


def test_what_is_in_use_outlives_what_came_once() -> None:
    cache = Cache(max_entries=10)
    cache.keep("used", _Sized(1))
    for number in range(100):
        assert cache.get("used") is not None
        cache.keep(number, _Sized(1))
    assert cache.get("used") is not None


def test_a_value_too_large_is_not_kept() -> None:
    cache = Cache(max_bytes=1_000)
    cache.keep("large", _Sized(100))
    assert len(cache) == 0


def test_documents_of_ever_new_shapes_stay_within_the_bounds(
    unsigned: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = Cache(max_entries=8, max_bytes=10**6, sightings=1)
    monkeypatch.setattr(jsonld.SHAPES, "cache", cache)
    for count in range(1, 12):
        names = [f"name {number}" for number in range(count)]
        assert _uses_template(unsigned(credentialSubject={"id": "urn:b", "name": names}))
    assert len(cache) <= 8
    assert cache.bytes <= 10**6


def test_threads_read_the_same(unsigned: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few entries, so that they are given up and made anew all the time."""
    monkeypatch.setattr(jsonld.SHAPES, "cache", Cache(max_entries=3, sightings=1))
    documents = [
        unsigned(credentialSubject={"id": f"urn:{number}", "name": [f"{n}" for n in range(number % 4 + 1)]})
        for number in range(12)
    ]
    expected = [_reference(document).canonicalize() for document in documents]
    wrong: list[int] = []

    def work() -> None:
        for number, document in enumerate(documents * 5):
            if jsonld.canonicalize(document) != expected[number % len(documents)]:
                wrong.append(number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_verification_reads_a_credential_once(
    unsigned: Maker,
    ministry: Any,
    environment: Callable[..., Environment],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    signed = add_proof(
        unsigned(),
        cryptosuite=ministry.cryptosuite,
        key=ministry.key,
        verification_method=ministry.method,
        created=None,
    )
    switch_off_shapes(monkeypatch)
    expanded: list[JSONObject] = []
    expand = jsonld._expand

    def counting(document: JSONObject, *arguments: Any) -> Any:
        expanded.append(copy.deepcopy(document))
        return expand(document, *arguments)

    monkeypatch.setattr(jsonld, "_expand", counting)
    verify_credential(signed, environment())
    # The credential, and the proof's configuration.
    assert [document["type"] for document in expanded] == [signed["type"], "DataIntegrityProof"]


def test_what_is_shared_is_forgotten_at_the_end(unsigned: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_off_shapes(monkeypatch)
    with shared_readings():
        first = jsonld.read(unsigned())
        assert jsonld.read(unsigned()) is first
        assert jsonld.read(unsigned(validUntil="2027-01-01T00:00:00Z")) is not first
    assert jsonld.read(unsigned()) is not first


class _Sized:
    def __init__(self, size: int) -> None:
        self.bytes = size


@pytest.mark.parametrize("value", ["@foo", "@bar"])
def test_a_code_that_looks_like_a_keyword_is_refused(value: str, unsigned: Maker, at_once: Cache) -> None:
    subject = {"id": "urn:s", "type": "HealthSubject", "vaccination": {"lot": "A", "vaccine": value}}
    with pytest.raises(DataLossError, match="expands to nothing"):
        jsonld.read(unsigned(credentialSubject=subject))


def test_the_work_of_a_template_grows_with_its_statements_only() -> None:
    """Once every statement was compared with every blank node: 7 seconds for 30 kB of document."""
    statements = [(Blank(number), f"<urn:p:{number % 7}>", Blank(number - 1)) for number in range(1, 900)]
    looked_at = 0

    class Watched(tuple[Any, ...]):
        def __iter__(self) -> Any:
            nonlocal looked_at
            looked_at += 1
            return super().__iter__()

        def __contains__(self, term: object) -> bool:
            raise AssertionError("a search")

    found = _mentioning([Watched(statement) for statement in statements], 900)
    assert looked_at == len(statements)
    assert [tuple(statement) for statement in found[5]] == [statements[4], statements[5]]


def test_a_flat_array_counts_as_its_values(unsigned: Maker, at_once: Cache) -> None:
    def document(count: int) -> JSONObject:
        names = [f"name {number}" for number in range(count)]
        return unsigned(credentialSubject={"id": "urn:b", "name": names})

    assert _uses_template(document(1_500))
    assert describe(document(2_000), jsonld.DEFAULT_CONTEXTS) is None


def test_a_template_too_large_to_keep_is_made_once(unsigned: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonld.SHAPES, "cache", Cache(max_bytes=200_000, sightings=1))
    made: list[Template] = []
    of = Template.of

    def counting(*arguments: Any) -> Template:
        made.append(of(*arguments))
        return made[-1]

    monkeypatch.setattr(Template, "of", counting)
    names = [f"name {number}" for number in range(100)]
    document = unsigned(credentialSubject={"id": "urn:b", "name": names})
    for _ in range(4):
        assert_same(jsonld.read(document), _reference(document))
    assert len(made) == 1


@pytest.mark.parametrize("identifier", ["urn:" + "x" * 1_025, "urn:" + "x" * 100_000])
def test_long_identifiers_go_the_reference_path(identifier: str, unsigned: Maker, at_once: Cache) -> None:
    assert _uses_template(unsigned(id="urn:" + "x" * 1_000))
    assert not _uses_template(unsigned(id=identifier))


def test_long_keys_and_texts_go_the_reference_path(unsigned: Maker, at_once: Cache) -> None:
    def subject(**members: Any) -> JSONObject:
        return unsigned(credentialSubject={"id": "urn:s", **members})

    assert not any(_uses_template(subject(**{"urn:" + "k" * 300: "x"})) for _ in range(2))
    assert _uses_template(subject(name="x" * 1_000))
    assert not _uses_template(subject(name="x" * 1_000_001))


@pytest.mark.parametrize("long", ["identifier", "property"])
def test_statements_of_gigabytes_are_refused_on_both_paths(
    long: str, unsigned: Maker, at_once: Cache
) -> None:
    """A document of 50 kB: one long name, written again in every statement."""
    names = [f"name {number}" for number in range(1_000)]

    def document(length: int) -> JSONObject:
        name = "urn:" + "x" * length
        if long == "identifier":
            return unsigned(credentialSubject={"id": name, "name": names})
        return unsigned(credentialSubject={"id": "urn:s", name: names})

    jsonld.read(document(10))
    assert isinstance(jsonld.read(document(10)), FilledReading)
    with pytest.raises(ComplexityError, match="characters"):
        jsonld.read(document(20_000))
