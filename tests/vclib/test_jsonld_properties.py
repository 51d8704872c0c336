"""Safe mode on random documents: nothing is lost, and other implementations read the same statements."""

from __future__ import annotations

import copy
import json

import pyoxigraph
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyld import jsonld as pyld

import contexts
from vclib import jsonld, rdfc
from vclib.errors import JSONLDError, MalformedValueError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"
_XSD = "http://www.w3.org/2001/XMLSchema#"

# The same examples in every run, so that a failure is a change's and not chance's. To search further, raise
# the number and drop `derandomize`.
_EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True)

# One term of each kind that contexts can define. Each object has one type at most, because pyoxigraph 0.5
# applies the context of the last type only, where the standard applies those of all.
_CONTEXT: JSONObject = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "code": {"@id": "http://example.org/code#", "@prefix": True},
    "text": "https://schema.org/text",
    "day": {"@id": "urn:day", "@type": f"{_XSD}date"},
    "french": {"@id": "urn:french", "@language": "fr"},
    "link": {"@id": "urn:link", "@type": "@id"},
    "coded": {"@id": "urn:coded", "@type": "@vocab"},
    "steps": {"@id": "urn:steps", "@container": "@list"},
    "names": {"@id": "urn:names", "@container": "@language"},
    "many": {"@id": "urn:many", "@container": "@set"},
    "raw": {"@id": "urn:raw", "@type": "@json"},
    "graph": {"@id": "urn:graph", "@container": "@graph"},
    "part": {"@id": "urn:part", "@context": {"inner": "urn:inner", "text": "urn:part-text"}},
    "Thing": {"@id": "urn:Thing", "@context": {"thingText": "urn:thing-text"}},
    "Other": "urn:Other",
}

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=4)
# Enough values that equal ones are rare but occur: then nodes look alike, or are refused as told apart by
# nothing.
_IRIS = st.integers(0, 30).map(lambda number: f"urn:i:{number}")
_NUMBERS = st.one_of(
    st.integers(-(2**53) + 1, 2**53 - 1),
    # Halves, quarters and eighths: their digits are exact, so that no library writes others.
    st.integers(-9_999, 9_999).map(lambda number: number / 8).filter(lambda number: not number.is_integer()),
)
_RAW: st.SearchStrategy[JSONValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-9, 9), _TEXT),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(_TEXT, inner, max_size=2)),
    max_leaves=4,
)


def _unique(values: st.SearchStrategy[JSONValue]) -> st.SearchStrategy[JSONValue]:
    return st.one_of(values, st.lists(values, min_size=1, max_size=3, unique_by=json.dumps))


def _nodes(inner: st.SearchStrategy[JSONObject]) -> st.SearchStrategy[JSONObject]:
    return st.fixed_dictionaries(
        {},
        optional={
            "text": _unique(st.one_of(_TEXT, _NUMBERS, st.booleans())),
            "day": _TEXT,
            "french": _TEXT,
            "link": st.one_of(_IRIS, inner),
            "coded": st.one_of(_IRIS, st.sampled_from(["code:A1", "Other"])),
            "steps": st.lists(st.one_of(_TEXT, _NUMBERS), max_size=3),
            "names": st.dictionaries(st.sampled_from(["en", "fr-CA"]), _TEXT, max_size=2),
            "many": st.lists(st.one_of(_TEXT, inner), max_size=2, unique_by=json.dumps),
            "raw": _RAW,
            "graph": inner.filter(bool),
            "part": st.fixed_dictionaries({"inner": _TEXT, "text": _TEXT}),
            "type": st.sampled_from(["Other", "https://example.org/Full"]),
        },
    )


# Only the root has an id: what is said of a node in two places is refused, and has its own tests.
_DOCUMENTS = st.builds(
    lambda node, thing: {"@context": _CONTEXT, "id": "urn:root", "type": "Thing", "thingText": thing, **node},
    st.recursive(st.just({}), _nodes, max_leaves=4).map(
        lambda node: {key: value for key, value in node.items() if key != "type"}
    ),
    _TEXT,
)


@_EXAMPLES
@given(_DOCUMENTS)
def test_pyoxigraph_reads_the_same_statements(document: JSONObject) -> None:
    assert _pyoxigraph_statements(document) == _statements(document)


@_EXAMPLES
@given(_DOCUMENTS)
def test_pyld_itself_makes_the_same_statements(document: JSONObject) -> None:
    """Where safe mode refuses nothing, it changes nothing."""
    text = pyld.to_rdf(copy.deepcopy(document), {"format": "application/n-quads"})
    # PyLD leaves control characters and some others unescaped, and ends lines at them; the text of a
    # document with such characters is not for reading back.
    if any(ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F for character in text.replace("\n", "")):
        return
    if "\u2028" in text or "\u2029" in text:
        return
    theirs = rdfc.canonicalize(rdfc.parse_nquads(text)).nquads
    assert sorted(line.rstrip("\n") for line in theirs) == _statements(document)


@_EXAMPLES
@given(_DOCUMENTS, st.data())
def test_any_other_value_anywhere_makes_other_statements(document: JSONObject, data: st.DataObject) -> None:
    """A6 and C1: there is no value in an accepted document that is not signed."""
    paths = list(_leaves(document, ()))
    path = data.draw(st.sampled_from(paths))
    other = data.draw(st.sampled_from(["another value", "urn:another", 77_777, True]))
    changed = _with_leaf(document, path, other)
    # The value drawn may be the one that is there. As JSON, because Python says that True is 1.
    assume(json.dumps(changed) != json.dumps(document))
    try:
        statements = _statements(changed)
    except (JSONLDError, MalformedValueError):
        return
    assert statements != _statements(document)


@_EXAMPLES
@given(_DOCUMENTS)
def test_compaction_and_expansion_keep_every_statement(document: JSONObject) -> None:
    assume(not _has_array_literal(document))
    compacted = jsonld.compact(document, _CONTEXT, contexts=UNSAFE_ANY_CONTEXT)
    assert _statements(compacted) == _statements(document)


@pytest.mark.parametrize("types", [["HealthSubject"], []])
def test_pyoxigraph_reads_the_same_statements_from_pinned_contexts(types: list[JSONValue]) -> None:
    subject: JSONObject = {
        "type": types,
        "name": "Aulus Agerius",
        "https://example.org/full": [1, True, 5.5, {"@value": "x", "@language": "fr"}],
    }
    if types:
        subject["vaccination"] = {
            "vaccine": "icd11:XM0GQ8",
            "brand": "https://example.org/brands#1",
            "dose": 1,
            "occurrence": "2021-05-06",
            "country": "iso3166:CHE",
        }
    document: JSONObject = {
        "@context": [_V2, _DDCC],
        "type": "VerifiableCredential",
        "issuer": {"id": "urn:i", "name": "Ministry"},
        "validFrom": "2022-07-27T06:15:00Z",
        "credentialSubject": subject,
    }
    inlined = {
        **document,
        "@context": [json.loads(contexts.read_context(url))["@context"] for url in (_V2, _DDCC)],
    }
    assert len(_statements(document)) == (17 if types else 10)
    assert _pyoxigraph_statements(inlined) == _statements(document)


def _has_array_literal(value: JSONValue) -> bool:
    if isinstance(value, dict):
        return isinstance(value.get("raw"), list) or any(map(_has_array_literal, value.values()))
    return isinstance(value, list) and any(map(_has_array_literal, value))


def _statements(document: JSONObject) -> list[str]:
    canonical = jsonld.canonicalize(document, contexts=UNSAFE_ANY_CONTEXT)
    return sorted(line.rstrip("\n") for line in canonical.nquads)


def _pyoxigraph_statements(document: JSONObject) -> list[str]:
    """Return the statements that pyoxigraph finds in a document, under our canonical labels."""
    quads = pyoxigraph.parse(input=json.dumps(document), format=pyoxigraph.RdfFormat.JSON_LD)
    text = pyoxigraph.serialize(quads, format=pyoxigraph.RdfFormat.N_QUADS)
    assert text is not None
    canonical = rdfc.canonicalize(rdfc.parse_nquads(text.decode("utf-8")))
    return sorted(line.rstrip("\n") for line in canonical.nquads)


def _leaves(value: JSONValue, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
    """Return the paths of all scalars of a document outside its @context."""
    if isinstance(value, dict):
        return [leaf for key in value if key != "@context" for leaf in _leaves(value[key], (*path, key))]
    if isinstance(value, list):
        return [leaf for index, item in enumerate(value) for leaf in _leaves(item, (*path, index))]
    return [path]


def _with_leaf(document: JSONObject, path: tuple[str | int, ...], leaf: JSONValue) -> JSONObject:
    changed = copy.deepcopy(document)
    # Any, in effect: the path leads through objects and arrays by turns.
    holder = changed
    for step in path[:-1]:
        holder = holder[step]  # type: ignore[index,assignment]
    holder[path[-1]] = leaf  # type: ignore[index]
    return changed
