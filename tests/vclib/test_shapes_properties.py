"""Compiled shapes on random credentials: whatever the values, both paths say the same, byte for byte."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.shapes import assert_same
from tests.vclib.fixed_key import FixedScopedKey
from vclib import jsonld, proofs
from vclib.cryptosuites import PLAIN_SUITES, SELECTIVE_SUITES
from vclib.cryptosuites.selections import SameNodes, known_nodes, known_selection
from vclib.errors import VCError
from vclib.jsonld import DEFAULT_CONTEXTS
from vclib.keys import KeyType, PrivateKey
from vclib.shapes import Cache, FilledReading, Reading, ReferenceReading, Shapes
from vclib.statements import to_statements
from vclib.strict_json import JSONObject

_EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True)
_FEWER = settings(max_examples=25, deadline=None, derandomize=True)

_DID = "did:key:z6MkpTHR8VNsBxYAAWHut2Geadd9jSwuBV8xRoAnwWsdvktH"
# What has meaning to a format, a line of N-Quads, a term, a prefix, a keyword or a regular expression.
_TRAPS = [
    "",
    " ",
    "%s",
    "%(place)s",
    "100%",
    "{0}",
    "{place}",
    '"',
    "\\",
    '" .\n_:b0 <urn:p> "x',
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x1f",
    "\x7f",
    "\x85",
    "\u2028",
    "\ufffe",
    "\uffff",
    "\ud800",
    "\udfff",
    "\ud83d\ude00",
    "\U0001f600",
    "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\u202eabc",
    "_:b0",
    "_:",
    "_:c14n0",
    "a _:b0",
    "@id",
    "@type",
    "@value",
    "@json",
    "@none",
    "type",
    "id",
    "active",
    "Thing",
    "VerifiableCredential",
    "icd11:XM0GQ8",
    "icd11:",
    "icd11://XM0GQ8",
    "icd11:a b",
    "icd11:a\u00a0b",
    "icd11:\u00e4",
    "icd11:<",
    "iso3166:SWE",
    "unknown:value",
    ":",
    "://",
    "a:",
    "1:2",
    "did:key:z6Mk",
    _DID,
    "did:example:\u00a0",
    "did:example:\u2028",
    "did:example:a b",
    "did:example:a\n",
    "did:example:{}",
    "https://example.org/x",
    "https://example.org/\u00e4",
    "https:relative",
    "http://id.who.int/icd11/mms#XM0GQ8",
    "urn:x",
    "urn:bnid:0",
    "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
    "relative",
    "../relative",
    "#fragment",
    "//host/path",
    "relative-iri:x",
    "relative-iri://document/x",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "x" * 65,
    "x" * 65 + ":y",
]
_TEXTS = st.one_of(st.sampled_from(_TRAPS), st.text(st.characters(), max_size=6))
_PLAIN = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
_SCALARS = st.one_of(
    _TEXTS,
    st.integers(-10, 10),
    st.sampled_from([0, 1, -1, 2**53 - 1, 2**53, -(2**53), 10**30]),
    st.booleans(),
    st.floats(),
    st.none(),
)


def _credential() -> JSONObject:
    return {
        "@context": ["https://www.w3.org/ns/credentials/v2", "https://w3id.org/ddcc/v1"],
        "id": "urn:uuid:3978344f-8596-4c3a-a978-8fcaba3903c5",
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": {"id": _DID, "name": "Ministry of Health"},
        "validFrom": "2026-03-01T00:00:00Z",
        "hcid": "SE-1",
        "credentialSubject": {
            "id": "did:example:subject",
            "type": "HealthSubject",
            "name": ["Amara", "Nwosu"],
            "birthDate": "1988-11-23",
            "vaccination": [
                {"vaccine": "icd11:XM0GQ8", "lot": "A", "dose": 1, "country": "iso3166:SWE"},
                {"vaccine": "icd11:XM8NQ0", "lot": "B", "dose": 2, "occurrence": "2026-02-11"},
            ],
        },
        "credentialStatus": {
            "id": "https://example.org/status/1#7",
            "type": "BitstringStatusListEntry",
            "statusPurpose": "revocation",
            "statusListIndex": "7",
            "statusListCredential": "https://example.org/status/1",
        },
    }


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [found for key in value if key != "@context" for found in _paths(value[key], (*path, key))]
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _paths(item, (*path, index))]
    return [path]


_PATHS = _paths(_credential())
_CHANGES = st.lists(st.tuples(st.sampled_from(_PATHS), _SCALARS), max_size=3)
# A value of one place in another: ids that meet, equal values of an array, nodes that look alike.
_EXCHANGES = st.lists(st.tuples(st.sampled_from(_PATHS), st.sampled_from(_PATHS)), max_size=3)


def _get(document: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        document = document[step]
    return document


def _set(document: Any, path: tuple[Any, ...], value: Any) -> None:
    _get(document, path[:-1])[path[-1]] = value


def _changed(changes: list[Any], exchanges: list[Any]) -> JSONObject:
    document = _credential()
    for target, source in exchanges:
        _set(document, target, _get(document, source))
    for path, value in changes:
        _set(document, path, value)
    return document


def _outcome(document: JSONObject) -> Reading | type[VCError]:
    """Return what the reference path says, or the class of its refusal."""
    try:
        expanded = jsonld.expand(document)
        return ReferenceReading(expanded, to_statements(expanded))
    except VCError as err:
        return type(err)


def _same_on_both_paths(document: JSONObject) -> bool:
    """Compare both paths; say whether a template was used."""
    expected = _outcome(copy.deepcopy(document))
    if not isinstance(expected, ReferenceReading):
        for _ in range(2):
            with pytest.raises(expected) as caught:
                jsonld.read(document)
            assert caught.type is expected
        return False
    for _ in range(2):
        found = jsonld.read(document)
        assert_same(found, expected)
    return isinstance(found, FilledReading)


@pytest.fixture(autouse=True, scope="module")
def templates() -> Any:
    """One cache for all examples, so that each meets the templates of the others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jsonld, "SHAPES", Shapes(Cache(sightings=1)))
        yield


@pytest.fixture(autouse=True)
def shapes() -> None:
    """These tests switch shapes on and off themselves."""


@_EXAMPLES
@given(_CHANGES, _EXCHANGES)
def test_both_paths_say_the_same_of_any_values(changes: list[Any], exchanges: list[Any]) -> None:
    _same_on_both_paths(_changed(changes, exchanges))


@pytest.mark.parametrize("value", [*_TRAPS, 0, True, False, None, 1.0, 1.5, 2**53, [], {}, [1], ["a", "a"]])
def test_both_paths_say_the_same_of_each_trap_in_each_place(value: Any) -> None:
    jsonld.read(_credential())
    for path in _PATHS:
        _same_on_both_paths(_changed([(path, value)], []))


def test_both_paths_say_the_same_of_each_value_in_each_other_place() -> None:
    for target in _PATHS:
        for source in _PATHS:
            _same_on_both_paths(_changed([], [(target, source)]))


@_EXAMPLES
@given(st.lists(_PLAIN, min_size=12, max_size=12), st.integers(0, 99), st.integers(0, 99))
def test_plain_texts_and_numbers_always_take_the_template(texts: list[str], first: int, second: int) -> None:
    document = _credential()
    places = [path for path in _PATHS if path[-1] in ("name", "lot", "hcid", 0, 1) and "type" not in path]
    for path, text in zip(places, texts, strict=False):
        # Two names must differ, and "_:" begins a blank node's name.
        _set(document, path, f"{path[-1]}{text}")
    _set(document, ("credentialSubject", "vaccination", 0, "dose"), first)
    _set(document, ("credentialSubject", "vaccination", 1, "dose"), second)
    jsonld.read(_credential())
    assert _same_on_both_paths(document)
    assert isinstance(jsonld.read(document), FilledReading)


_KEY = PrivateKey.from_secret_bytes(KeyType.P256, bytes(31) + b"\x07")


_ED_KEY = PrivateKey.from_secret_bytes(KeyType.ED25519, bytes(31) + b"\x09")
_BBS_KEY = PrivateKey.from_secret_bytes(KeyType.BLS12_381_G2, bytes(31) + b"\x0a")
_POINTERS = ["/issuer", "/credentialSubject/vaccination/1/dose"]
_CHOSEN = ["/credentialSubject/name", "/credentialSubject/vaccination/0/lot"]
_GROUPS = {"mandatory": _POINTERS, "selective": _CHOSEN}
_NOW = datetime(2026, 3, 1, tzinfo=UTC)


def _proved(document: JSONObject, suite: str, patch: pytest.MonkeyPatch) -> list[Any]:
    """Return the secured document, what is derived from it, and the classes of refusals."""
    keys = {"eddsa-rdfc-2022": _ED_KEY, "eddsa-jcs-2022": _ED_KEY, "bbs-2023": _BBS_KEY}
    patch.setattr("vclib.cryptosuites.ecdsa_sd_2023.EphemeralKey", FixedScopedKey)
    selective = suite in ("ecdsa-sd-2023", "bbs-2023")
    try:
        secured = proofs.add_proof(
            document,
            cryptosuite=suite,
            key=keys.get(suite, _KEY),
            verification_method=f"{_DID}#1",
            created=_NOW,
            mandatory_pointers=_POINTERS if selective else (),
            hmac_key=bytes(32) if selective else None,
        )
    except VCError as err:
        return [type(err), err.message]
    if suite != "ecdsa-sd-2023":
        return [secured]
    try:
        return [secured, proofs.derive(secured, selective_pointers=_CHOSEN)]
    except VCError as err:
        return [secured, type(err), err.message]


@pytest.mark.parametrize("suite", [*PLAIN_SUITES, *SELECTIVE_SUITES])
@_FEWER
@given(_CHANGES, _EXCHANGES)
def test_proofs_are_the_same_on_both_paths(suite: str, changes: list[Any], exchanges: list[Any]) -> None:
    document = _changed(changes, exchanges)
    with pytest.MonkeyPatch.context() as patch:
        on = [_proved(document, suite, patch) for _ in range(2)]
        patch.setattr(jsonld, "SHAPES", Shapes(Cache(max_entries=0, sightings=2**62)))
        off = _proved(document, suite, patch)
    assert on == [off, off]


@_FEWER
@given(_PLAIN, _PLAIN, st.sampled_from(["1", "2"]))
def test_a_learned_selection_is_that_of_the_reference_path(name: str, lot: str, dose: str) -> None:
    document = _credential()
    _set(document, ("credentialSubject", "name"), [f"a{name}", f"b{lot}"])
    _set(document, ("credentialSubject", "vaccination", 0, "lot"), f"c{lot}")
    with pytest.MonkeyPatch.context() as patch:
        for _ in range(2):
            on = _proved(document, "ecdsa-sd-2023", patch)
        reading = jsonld.read(document, contexts=DEFAULT_CONTEXTS)
        assert isinstance(reading, FilledReading)
        assert known_selection(reading, _GROUPS) is not None
        assert known_nodes(reading, _read_shown(on[1]), _GROUPS) is not None
        patch.setattr(jsonld, "SHAPES", Shapes(Cache(max_entries=0, sightings=2**62)))
        assert _proved(document, "ecdsa-sd-2023", patch) == on


def _read_shown(derived: JSONObject) -> FilledReading:
    """Return the reading of a derived document without its proof."""
    shown = jsonld.read(proofs.without_proofs(derived), contexts=DEFAULT_CONTEXTS)
    assert isinstance(shown, FilledReading)
    return shown


def test_the_nodes_of_a_reduced_document_are_not_looked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _credential()
    expected, *_ = [_proved(document, "ecdsa-sd-2023", monkeypatch) for _ in range(3)]

    def refuse(*_: object) -> dict[str, str]:
        raise AssertionError("the reference path was taken")

    monkeypatch.setattr("vclib.cryptosuites.selective.verifier_label_map", refuse)
    assert _proved(document, "ecdsa-sd-2023", monkeypatch) == expected


def test_nodes_that_were_learned_wrongly_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was learned is compared with what was signed, so a wrong memory costs time and nothing else."""
    document = _credential()
    expected, *_ = [_proved(document, "ecdsa-sd-2023", monkeypatch) for _ in range(3)]
    reading = jsonld.read(document, contexts=DEFAULT_CONTEXTS)
    assert isinstance(reading, FilledReading)
    shown = _read_shown(expected[1])
    known = known_nodes(reading, shown, _GROUPS)
    assert known is not None
    wrong = replace(known, nodes=(*known.nodes[1:], known.nodes[0]))
    assert wrong.nodes != known.nodes
    tried: list[SameNodes] = []

    def lie(*_: object) -> SameNodes:
        tried.append(wrong)
        return wrong

    monkeypatch.setattr("vclib.cryptosuites.selective.known_nodes", lie)
    assert _proved(document, "ecdsa-sd-2023", monkeypatch) == expected
    assert tried
