"""Size, depth, number of statements, and many threads at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from vclib import jsonld
from vclib.bounds import check_size
from vclib.errors import ComplexityError, JSONLDError, MalformedValueError
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.safe_mode import ScopedContexts
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"


def _credential(number: int) -> JSONObject:
    return {
        "@context": [_V2, _DDCC],
        "type": ["VerifiableCredential", "VaccinationStatusCredential"],
        "issuer": "https://issuer.example",
        "credentialSubject": {
            "type": "HealthSubject",
            "name": f"Person {number}",
            "vaccination": [{"dose": dose} for dose in range(1, 2 + number % 3)],
        },
    }


def _nested(levels: int, key: str) -> JSONObject:
    value: JSONValue = "x"
    for _ in range(levels):
        value = {key: value} if key else [value]
    return {"@context": _V2, "type": "VerifiableCredential", "credentialSubject": value}


@pytest.mark.parametrize("key", ["name", "@list", "credentialSubject", ""])
def test_deep_nesting_is_refused_without_recursion(key: str) -> None:
    """B3."""
    with pytest.raises(ComplexityError, match="nested deeper than 64 levels"):
        jsonld.to_quads(_nested(10_000, key))


def test_document_that_contains_itself_is_refused() -> None:
    document: JSONObject = {"@context": _V2}
    document["credentialSubject"] = document
    with pytest.raises(ComplexityError, match="nested deeper than 64 levels"):
        jsonld.to_quads(document)


def test_deep_context_is_refused() -> None:
    """B3, where the depth is in the context."""
    context: JSONValue = {"q": "urn:q"}
    for _ in range(40):
        context = {"p": {"@id": "urn:p", "@context": context}}
    with pytest.raises(ComplexityError, match="nested deeper"):
        jsonld.to_quads({"@context": context, "p": "x"}, contexts=UNSAFE_ANY_CONTEXT)


def test_deep_expanded_document_is_refused_in_compaction() -> None:
    value: JSONValue = "x"
    for _ in range(10_000):
        value = [value]
    with pytest.raises(ComplexityError, match="nested deeper"):
        jsonld.compact([value], _V2)


def test_flat_document_over_the_limit_is_refused_before_expansion(monkeypatch: pytest.MonkeyPatch) -> None:
    """B2 and B4."""
    document = _credential(1)
    document["credentialSubject"] = {"type": "HealthSubject", "name": [f"n{i}" for i in range(1_000_000)]}
    monkeypatch.delattr("vclib.jsonld._engine")
    with pytest.raises(ComplexityError, match="more than 20000 values"):
        jsonld.to_quads(document)


def test_ten_thousand_statements_are_read() -> None:
    """B4: a legal document, only large."""
    document = _credential(1)
    document["credentialSubject"] = [
        {"type": "HealthSubject", "name": f"n{i}", "vaccination": {"dose": i}} for i in range(2_000)
    ]
    assert len(jsonld.canonicalize(document).nquads) == 10_003


@pytest.mark.parametrize("value", [b"x", object(), {1, 2}, (1, 2)])
def test_what_is_not_json_is_refused(value: JSONValue) -> None:
    with pytest.raises(MalformedValueError, match="expected JSON, found"):
        jsonld.to_quads({"@context": _V2, "name": value})


def test_key_that_is_no_string_is_refused() -> None:
    with pytest.raises(MalformedValueError, match="an object key that is not a string"):
        jsonld.to_quads({"@context": _V2, 5: "x"})  # type: ignore[dict-item]


def test_the_limits_are_exact() -> None:
    check_size([[["x"]]], max_depth=3)
    with pytest.raises(ComplexityError):
        check_size([[["x"]]], max_depth=2)
    check_size(["x", "y"], max_values=3)
    with pytest.raises(ComplexityError):
        check_size(["x", "y"], max_values=2)


def test_eight_threads_get_the_same_results_as_one() -> None:
    """PyLD alone fails here: its caches are changed while other threads read them."""
    documents = [_credential(number) for number in range(40)] * 4
    expected = [jsonld.canonical_nquads(document) for document in documents]
    inline: list[JSONValue] = [_V2, _DDCC, {"x": "urn:x"}]

    def canonical(index: int) -> bytes:
        if index % 3:
            return jsonld.canonical_nquads(documents[index])
        # Every third one with a context of its own, which takes the other way through the contexts.
        return jsonld.canonical_nquads({**documents[index], "@context": inline}, contexts=UNSAFE_ANY_CONTEXT)

    with ThreadPoolExecutor(max_workers=8) as pool:
        assert list(pool.map(canonical, range(len(documents)))) == expected


def test_compaction_in_eight_threads_gives_the_documents_back() -> None:
    documents = [_credential(number) for number in range(64)]

    def compacted(document: JSONObject) -> JSONObject:
        return jsonld.compact(document, document["@context"])

    with ThreadPoolExecutor(max_workers=8) as pool:
        results = list(pool.map(compacted, documents))
    # An array of one value compacts to the value.
    for document, result in zip(documents, results, strict=True):
        assert jsonld.canonical_nquads(result) == jsonld.canonical_nquads(document)


def test_processed_contexts_are_kept_up_to_a_bound() -> None:
    kept = ScopedContexts()
    scoped = [{"p": f"urn:{number}"} for number in range(1_500)]
    for number, context in enumerate(scoped):
        kept.keep("active", context, number, override=False, propagate=True)
    assert kept.get("active", scoped[-1], override=False, propagate=True) == 1_499
    assert kept.get("active", scoped[0], override=False, propagate=True) is None
    assert kept.get("active", scoped[-1], override=True, propagate=True) is None
    assert kept.get("other", scoped[-1], override=False, propagate=True) is None


def test_an_integer_that_no_float_holds_is_refused() -> None:
    """PyLD tries to make a float of it, and an OverflowError is none of ours."""
    document: JSONObject = {
        "@context": "https://www.w3.org/ns/credentials/v2",
        "type": "VerifiableCredential",
        "name": 10**400,
    }
    with pytest.raises(JSONLDError):
        jsonld.to_quads(document)
