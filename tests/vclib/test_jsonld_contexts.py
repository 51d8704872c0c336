"""Which contexts a document may use, and that asking costs no request."""

from __future__ import annotations

import socket

import pytest

import contexts
from vclib import jsonld
from vclib.context_policy import ContextPolicy
from vclib.errors import ContextNotAcceptedError, JSONLDError
from vclib.jsonld import DEFAULT_CONTEXTS, UNSAFE_ANY_CONTEXT, check_contexts
from vclib.strict_json import JSONObject, JSONValue

_V2 = "https://www.w3.org/ns/credentials/v2"
_DDCC = "https://w3id.org/ddcc/v1"
_EXAMPLES = "https://www.w3.org/ns/credentials/examples/v2"
_UNKNOWN = "https://evil.example/contexts/v1"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on any attempt to reach a host."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a host was looked up")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


def _credential(context: JSONValue, **members: JSONValue) -> JSONObject:
    return {"@context": context, "type": "VerifiableCredential", "issuer": "urn:i", **members}


@pytest.mark.parametrize("policy", [DEFAULT_CONTEXTS, UNSAFE_ANY_CONTEXT], ids=["default", "unsafe"])
@pytest.mark.parametrize(
    "url",
    [_UNKNOWN, "", "credentials/v2", "#", _V2 + "#", _V2 + "/", _V2.upper(), f" {_V2}", "file:///etc/passwd"],
)
def test_unknown_context_is_refused_by_name_without_a_request(url: str, policy: ContextPolicy) -> None:
    """A1."""
    with pytest.raises(ContextNotAcceptedError) as caught:
        jsonld.to_quads(_credential([_V2, url]), contexts=policy)
    assert str(caught.value) == f"the context {url!r} is not known here and is not fetched"


def test_context_outside_the_policy_is_refused_by_name() -> None:
    policy = ContextPolicy(frozenset({_V2}))
    with pytest.raises(ContextNotAcceptedError, match=f"^the context {_DDCC} is not accepted$"):
        jsonld.to_quads(_credential([_V2, _DDCC]), contexts=policy)
    assert jsonld.to_quads(_credential([_V2]), contexts=policy)


def test_accepting_a_url_does_not_make_it_known() -> None:
    policy = ContextPolicy(frozenset({_V2, _UNKNOWN}))
    with pytest.raises(ContextNotAcceptedError, match="is not known here"):
        jsonld.to_quads(_credential([_V2, _UNKNOWN]), contexts=policy)


def test_default_vocabulary_is_refused_unless_a_policy_accepts_it() -> None:
    """A5: under it the misspelt member would be signed as if it meant something."""
    misspelt = _credential([_V2, _EXAMPLES], expired="never")
    with pytest.raises(ContextNotAcceptedError, match="examples/v2 is not accepted"):
        jsonld.to_quads(misspelt)
    assert len(jsonld.to_quads(misspelt, contexts=UNSAFE_ANY_CONTEXT)) == 3


@pytest.mark.parametrize(
    ("context", "message"),
    [
        # A3: an inline context gives a member another meaning.
        ({"issuer": "urn:other"}, "^a context object is not accepted"),
        ({}, "^a context object is not accepted"),
        # A5.
        ({"@vocab": "https://example.org/#"}, "^a context object that sets @vocab is not accepted"),
        ({"@base": "https://example.org/"}, "^a context object that sets @base is not accepted"),
        (None, "^expected the URL of a context, found null"),
        (True, "^expected the URL of a context, found a boolean"),
        (False, "^expected the URL of a context, found a boolean"),
        (5, "^expected the URL of a context, found a number"),
        ([_DDCC], "^expected the URL of a context, found an array"),
    ],
)
def test_what_is_no_url_is_refused_by_default(context: JSONValue, message: str) -> None:
    with pytest.raises(ContextNotAcceptedError, match=message):
        jsonld.to_quads(_credential([_V2, context]))


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"@import": _V2}, "with @import is not accepted"),
        ({"@import": _UNKNOWN}, "with @import is not accepted"),
        ({"@propagate": False}, "with @propagate is not accepted"),
        ({"@context": {"p": "urn:p"}, "q": "urn:q"}, "with @context is not accepted"),
        ({"@context": _UNKNOWN}, "'https://evil.example/contexts/v1' is not known"),
        ({"@context": [_V2, {"@import": _V2}]}, "with @import is not accepted"),
        ({"@context": {"@context": {"p": "urn:p", "@propagate": False}}}, "with @propagate is not accepted"),
        ({"p": {"@id": "urn:p", "@context": _UNKNOWN}}, "'https://evil.example/contexts/v1' is not known"),
        (
            {"p": {"@id": "urn:p", "@context": [{"q": {"@id": "urn:q", "@context": _UNKNOWN}}]}},
            "is not known",
        ),
        ({"p": {"@id": "urn:p", "@context": {"@import": _V2}}}, "with @import is not accepted"),
        (False, "found a boolean"),
        (5, "found a number"),
        ([[_V2]], "found an array"),
    ],
)
def test_context_object_cannot_reach_further_even_where_it_is_accepted(
    context: JSONValue, message: str
) -> None:
    """A1 and A3: contexts within contexts are looked at like all others."""
    with pytest.raises(ContextNotAcceptedError, match=message):
        jsonld.to_quads(_credential([_V2, context]), contexts=UNSAFE_ANY_CONTEXT)


def test_whole_context_document_as_a_context_is_read_unwrapped_where_anything_is_accepted() -> None:
    """The proof chains of the vc-di-eddsa test suite have one."""
    wrapped = _credential([_V2, {"@context": {"p": "urn:p"}}], p="x")
    quads = jsonld.to_quads(wrapped, contexts=UNSAFE_ANY_CONTEXT)
    assert ("<urn:p>", '"x"') in {(quad.predicate, quad.object) for quad in quads}
    for policy in (DEFAULT_CONTEXTS, ContextPolicy(frozenset({_V2}), inline=True)):
        with pytest.raises(ContextNotAcceptedError, match="context object"):
            jsonld.to_quads(wrapped, contexts=policy)


@pytest.mark.parametrize(
    "subject",
    [
        {"@context": _DDCC, "name": "Alice"},
        {"@context": {"name": "urn:other"}, "name": "Alice"},
        [{"name": "Alice"}, {"@context": _DDCC, "name": "Bob"}],
        {"name": {"@context": _V2, "@value": "Alice"}},
        {"name": "Alice", "knows": [[{"@context": _V2}]]},
        {"name": "Alice", "verifiableCredential": {"@context": _V2, "type": "VerifiableCredential"}},
    ],
)
def test_context_inside_the_document_is_refused(subject: JSONValue) -> None:
    """A4."""
    with pytest.raises(ContextNotAcceptedError, match="an @context inside the document is not accepted"):
        jsonld.to_quads(_credential([_V2, _DDCC], credentialSubject=subject))


def test_context_inside_the_document_is_checked_where_it_is_allowed() -> None:
    """A4: `nested` allows the place, not the context."""
    policy = ContextPolicy(frozenset({_V2}), nested=True)
    document = _credential(_V2, credentialSubject={"@context": _DDCC, "type": "HealthSubject"})
    with pytest.raises(ContextNotAcceptedError, match=f"{_DDCC} is not accepted"):
        jsonld.to_quads(document, contexts=policy)
    assert len(jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)) == 4


@pytest.mark.parametrize("several", [False, True])
def test_credentials_of_a_presentation_have_their_own_contexts(several: bool) -> None:
    credential = _credential([_V2, _DDCC], credentialSubject={"type": "HealthSubject", "sex": "female"})
    inner: JSONValue = [credential, credential] if several else credential
    presentation: JSONObject = {
        "@context": _V2,
        "type": "VerifiablePresentation",
        "verifiableCredential": {
            "@context": _V2,
            "type": "VerifiablePresentation",
            "verifiableCredential": inner,
        },
    }
    check_contexts(presentation, DEFAULT_CONTEXTS)
    assert len(jsonld.to_quads(presentation)) == (15 if several else 9)


def test_context_of_a_credential_of_a_presentation_is_checked() -> None:
    """A1 and A4: the way in through a presentation is no way round."""

    def presentation(credential: JSONObject) -> JSONObject:
        return {"@context": _V2, "type": "VerifiablePresentation", "verifiableCredential": [credential]}

    with pytest.raises(ContextNotAcceptedError, match="is not known here"):
        jsonld.to_quads(presentation(_credential([_V2, _UNKNOWN])))
    with pytest.raises(ContextNotAcceptedError, match=r"^a context object is not"):
        jsonld.to_quads(presentation(_credential([_V2, {"name": "urn:n"}])))
    with pytest.raises(ContextNotAcceptedError, match="inside the document"):
        jsonld.to_quads(presentation(_credential(_V2, credentialSubject={"@context": _V2, "name": "A"})))


@pytest.mark.parametrize("context", [_V2, [_V2], [_V2, _DDCC], []])
def test_proof_may_repeat_the_context_of_its_document(context: JSONValue) -> None:
    """The JCS suites write it there, and a presentation signed with another suite contains it."""
    proof: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019", "@context": context}
    for proofs in (proof, [proof]):
        assert jsonld.to_quads(_credential([_V2, _DDCC], proof=proofs))


@pytest.mark.parametrize("context", [_DDCC, [_DDCC, _V2], [_V2, _DDCC, _V2], {"@vocab": "urn:v#"}])
def test_proof_may_not_bring_another_context(context: JSONValue) -> None:
    """C19: a context in the proof decides what the proof's members mean."""
    proof: JSONObject = {"type": "DataIntegrityProof", "cryptosuite": "ecdsa-jcs-2019", "@context": context}
    with pytest.raises(ContextNotAcceptedError, match="inside the document"):
        jsonld.to_quads(_credential([_V2, _DDCC], proof=proof))


def test_context_inside_a_proof_is_refused() -> None:
    proof: JSONObject = {"@context": _V2, "type": "DataIntegrityProof", "nonce": {"@context": _V2}}
    with pytest.raises(ContextNotAcceptedError, match="inside the document"):
        jsonld.to_quads(_credential(_V2, proof=proof))


def test_every_pinned_context_is_one_the_library_can_process() -> None:
    for url in contexts.CONTEXTS:
        document: JSONObject = {"@context": url, "@id": "urn:s", "urn:p": {"@value": "o"}}
        assert len(jsonld.to_quads(document, contexts=UNSAFE_ANY_CONTEXT)) == 1, url


def test_inline_context_leaves_nothing_behind_for_the_next_document() -> None:
    """A3: the context a sender brings is not kept where another document's could be looked up."""
    scoped: JSONObject = {"@protected": True, "vaccine": {"@id": "urn:evil", "@type": "@vocab"}}
    brought: JSONObject = {"Jab": {"@id": "urn:Jab", "@context": scoped}}
    evil = _credential([_V2, brought], credentialSubject={"type": "Jab", "vaccine": "urn:x"})
    good = _credential(
        [_V2, _DDCC],
        credentialSubject={"type": "HealthSubject", "vaccination": {"vaccine": "icd11:XM0GQ8"}},
    )
    before = jsonld.canonical_nquads(good)
    assert b"urn:evil" in jsonld.canonical_nquads(evil, contexts=UNSAFE_ANY_CONTEXT)
    assert jsonld.canonical_nquads(good) == before
    assert jsonld.canonical_nquads(good, contexts=UNSAFE_ANY_CONTEXT) == before


def test_more_contexts_in_new_orders_than_are_kept_do_no_harm() -> None:
    """What is kept of processed contexts is bounded, and thrown away rather than mixed up."""
    urls: list[JSONValue] = [url for url in sorted(DEFAULT_CONTEXTS.accepted) if "citizenship" in url]
    good = _credential([_V2, _DDCC], credentialSubject={"type": "HealthSubject", "sex": "female"})
    before = jsonld.canonical_nquads(good)
    for shift in range(40):
        some: list[JSONValue] = [urls[(shift * step) % len(urls)] for step in (1, 2, 3)]
        try:
            jsonld.to_quads({"@context": [_V2, *some], "type": "VerifiableCredential", "issuer": "urn:i"})
        except JSONLDError as err:
            assert "protected term redefinition" in str(err)  # noqa: PT017
    assert jsonld.canonical_nquads(good) == before


_IMPORTED = "https://lists.example/contexts/v1"
_IMPORTED_CONTENT = b'{"@context": {"id": "@id", "colour": "https://lists.example/colour"}}'


def test_a_context_that_the_caller_has_pinned_gives_its_terms_their_meaning() -> None:
    document: JSONObject = {"@context": [_IMPORTED], "id": "urn:x", "colour": "green"}
    found = jsonld.canonical_nquads_under(document, {_IMPORTED: _IMPORTED_CONTENT})
    assert found == b'<urn:x> <https://lists.example/colour> "green" .\n'
    with pytest.raises(ContextNotAcceptedError, match="is not at hand"):
        jsonld.canonical_nquads_under(document, {})
    # It was for this one document: nothing of it is known afterwards.
    with pytest.raises(ContextNotAcceptedError):
        jsonld.canonical_nquads(document)


def test_a_pinned_context_cannot_be_replaced_by_the_callers() -> None:
    document: JSONObject = {"@context": [_V2], "id": "urn:x", "name": "green"}
    expected = jsonld.canonical_nquads(document)
    replaced = {_V2: b'{"@context": {"name": "https://evil.example/name", "id": "@id"}}'}
    assert jsonld.canonical_nquads_under(document, replaced) == expected


@pytest.mark.parametrize(
    "members",
    [
        {"@context": [_IMPORTED, {"@vocab": "https://evil.example/"}]},
        {"@context": [_IMPORTED, _EXAMPLES]},
        {"@context": [_IMPORTED], "colour": {"@context": _IMPORTED, "id": "urn:y"}},
        {"@context": None},
    ],
    ids=["inline", "catch-all", "nested", "none"],
)
def test_beside_an_imported_context_the_same_rules_hold(members: JSONObject) -> None:
    document: JSONObject = {"id": "urn:x", "colour": "green", **members}
    with pytest.raises(JSONLDError):
        jsonld.canonical_nquads_under(document, {_IMPORTED: _IMPORTED_CONTENT})
