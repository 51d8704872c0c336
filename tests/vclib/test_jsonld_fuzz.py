"""Whatever comes in: statements or one of our errors, never a library's, and never a value unsigned."""

from __future__ import annotations

import copy
import warnings

from hypothesis import given, settings
from hypothesis import strategies as st

from vclib import jsonld
from vclib.errors import VCError
from vclib.jsonld import DEFAULT_CONTEXTS, UNSAFE_ANY_CONTEXT
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"

# The same examples in every run, so that a failure is a change's and not chance's. To search further, raise
# the number and drop `derandomize`.
_EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True)

_KEYWORDS = st.one_of(
    st.sampled_from(["@base", "@container", "@context", "@default", "@direction", "@foo", "@graph", "@id"]),
    st.sampled_from(["@import", "@included", "@index", "@json", "@language", "@list", "@nest", "@none"]),
    st.sampled_from(["@prefix", "@preserve", "@propagate", "@protected", "@reverse", "@set", "@type"]),
    st.sampled_from(["@value", "@version", "@vocab"]),
)
_NAMES = st.one_of(
    st.sampled_from(["", " ", "id", "type", "name", "issuer", "credentialSubject", "vaccination", "dose"]),
    st.sampled_from(["proof", "verifiableCredential", "p", "q", "p:q", ":", "#x", "relative/x", "_:b"]),
    st.sampled_from(["urn:p", "https://example.org/x"]),
)
_KEYS = st.one_of(_KEYWORDS, _NAMES, _NAMES)
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    _KEYS,
    st.sampled_from([_V2, _DDCC, "VerifiableCredential", "HealthSubject", "urn:x", "ltr", "en", "a_b:c"]),
)
_JSON: st.SearchStrategy[JSONValue] = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=4)),
    max_leaves=12,
)
_OBJECTS = st.dictionaries(_KEYS, _JSON, max_size=6)
_DEFINITIONS = st.one_of(
    _SCALARS,
    st.dictionaries(
        st.sampled_from(
            ["@id", "@type", "@container", "@reverse", "@nest", "@index", "@language", "@context"]
        ),
        st.one_of(_SCALARS, st.lists(_KEYWORDS, max_size=2), st.dictionaries(_KEYS, _SCALARS, max_size=3)),
        max_size=3,
    ),
)
_CONTEXTS = st.one_of(
    st.sampled_from([_V2, _DDCC]),
    st.dictionaries(_KEYS, _DEFINITIONS, max_size=4),
    st.lists(st.one_of(st.just(_V2), st.dictionaries(_KEYS, _DEFINITIONS, max_size=4)), max_size=3),
)


@_EXAMPLES
@given(_OBJECTS)
def test_any_object_gives_statements_or_one_of_our_errors(members: JSONObject) -> None:
    document = {**members, "@context": [_V2, _DDCC]}
    kept = copy.deepcopy(document)
    _canonical(document, unsafe=False)
    assert repr(document) == repr(kept)


@_EXAMPLES
@given(_OBJECTS, _CONTEXTS)
def test_any_context_gives_statements_or_one_of_our_errors(members: JSONObject, context: JSONValue) -> None:
    _canonical({**members, "@context": context}, unsafe=True)


@_EXAMPLES
@given(_OBJECTS, _CONTEXTS)
def test_compaction_with_any_context_gives_a_document_or_one_of_our_errors(
    members: JSONObject, context: JSONValue
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            jsonld.compact(
                {**members, "@context": [_V2, {"p": "urn:p"}]}, context, contexts=UNSAFE_ANY_CONTEXT
            )
        except VCError:
            return


@_EXAMPLES
@given(_OBJECTS, _KEYS, _JSON)
def test_a_member_added_to_the_subject_is_signed_refused_or_no_value(
    members: JSONObject, key: str, value: JSONValue
) -> None:
    """A6, A7, A9: nothing can be added to a signed document without changing what is signed."""
    subject = {"type": "HealthSubject", **members}
    before = _canonical(_credential(subject), unsafe=False)
    if before is None or key in subject:
        return
    after = _canonical(_credential({**subject, key: value}), unsafe=False)
    assert after is None or after != before or not _has_value(value)


def _credential(subject: JSONObject) -> JSONObject:
    return {"@context": [_V2, _DDCC], "type": "VerifiableCredential", "credentialSubject": subject}


def _has_value(value: JSONValue) -> bool:
    """Return whether JSON-LD sees a value at all: null and an empty array, or set, are none."""
    if isinstance(value, dict) and list(value) == ["@set"]:
        return _has_value(value["@set"])
    return value is not None and value != []


def _canonical(document: JSONObject, *, unsafe: bool) -> bytes | None:
    """Return the canonical form, None if the document is refused."""
    with warnings.catch_warnings():
        # PyLD warns of names that look like keywords; here they are refused or ignored anyway.
        warnings.simplefilter("ignore", SyntaxWarning)
        try:
            return jsonld.canonical_nquads(
                document, contexts=UNSAFE_ANY_CONTEXT if unsafe else DEFAULT_CONTEXTS
            )
        except VCError:
            return None
