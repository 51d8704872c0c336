"""Proof sets and proof chains: the published vectors, and chains that lead nowhere (C18)."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vclib import did
from vclib.errors import (
    ComplexityError,
    InvalidSignatureError,
    MalformedValueError,
    PreviousProofError,
    ProofGenerationError,
)
from vclib.jsonld import UNSAFE_ANY_CONTEXT
from vclib.keys import decode_secret_multikey
from vclib.proof_sets import check_chains, previous_proofs, proofs_of, with_proofs
from vclib.proofs import ASSERTION_METHOD, VerifiedProof, add_proof, verify_proofs
from vclib.strict_json import JSONObject, parse_json_object

VECTORS = Path(__file__).parents[1] / "vectors" / "vc-di-eddsa" / "proof-set-chain"
NOW = datetime(2023, 3, 1, tzinfo=UTC)

# The steps of the published example: each adds the proof with this configuration, signed with this key.
STEPS = [
    ("proofSetConfig1", "keyPair1", "unsigned", "signedProofSet1"),
    ("proofSetConfig2", "keyPair2", "signedProofSet1", "signedProofSet2"),
    ("proofChainConfig1", "keyPair3", "signedProofSet2", "signedProofChain1"),
    ("proofChainConfig2", "keyPair4", "signedProofChain1", "signedProofChain2"),
]


def read(name: str) -> dict[str, Any]:
    """Read one published file. Any: tests reach into JSON by hand."""
    return parse_json_object((VECTORS / f"{name}.json").read_bytes())


def resolve(identifier: str) -> JSONObject:
    return did.resolve(identifier).document


def verify(document: JSONObject) -> tuple[VerifiedProof, ...]:
    return verify_proofs(
        document, purpose=ASSERTION_METHOD, resolve=resolve, now=NOW, contexts=UNSAFE_ANY_CONTEXT
    )


@pytest.mark.parametrize(("config_name", "key_name", "before", "after"), STEPS)
def test_proof_is_added_as_published(config_name: str, key_name: str, before: str, after: str) -> None:
    """Every step of the example gives the published signature and the published document."""
    config = read(config_name)
    added = add_proof(
        read(before),
        cryptosuite=config["cryptosuite"],
        key=decode_secret_multikey(read("multiKeyPairs")[key_name]["privateKeyMultibase"]),
        verification_method=config["verificationMethod"],
        created=datetime.fromisoformat(config["created"]),
        proof_id=config.get("id"),
        previous_proof=config.get("previousProof"),
        contexts=UNSAFE_ANY_CONTEXT,
    )
    assert added == read(after)
    assert proofs_of(added)[-1] == read(config_name.replace("Config", "ConfigSigned"))


@pytest.mark.parametrize(("config_name", "temporary"), [("proofChainConfig1", 1), ("proofChainConfig2", 2)])
def test_proof_covers_the_published_previous_proofs(config_name: str, temporary: int) -> None:
    """proofChainTempDoc: the document as it is hashed, with the matching proofs."""
    matching = previous_proofs(read(config_name), proofs_of(read("signedProofChain2")))
    assert matching == read(f"proofChainTempDoc{temporary}")["proof"]


@pytest.mark.parametrize(
    ("name", "signers"),
    [("signedProofSet1", 1), ("signedProofSet2", 2), ("signedProofChain1", 3), ("signedProofChain2", 4)],
)
def test_published_sets_and_chains_verify(name: str, signers: int) -> None:
    verified = verify(read(name))
    assert [proof.proof for proof in verified] == proofs_of(read(name))
    pairs = read("multiKeyPairs")
    assert [proof.method.id for proof in verified] == [
        f"did:key:{pair}#{pair}"
        for pair in (pairs[f"keyPair{number}"]["publicKeyMultibase"] for number in range(1, signers + 1))
    ]


@pytest.mark.parametrize("position", range(4))
def test_one_invalid_proof_of_a_set_is_enough_to_refuse(position: int) -> None:
    """C3: two known proofs, one invalid."""
    document = read("signedProofChain2")
    other = document["proof"][(position + 1) % 4]["proofValue"]
    document["proof"][position]["proofValue"] = other
    with pytest.raises(InvalidSignatureError):
        verify(document)


def test_order_of_the_proofs_does_not_matter_to_statements() -> None:
    """`proof` is an unordered set, so a chain also verifies backwards."""
    document = read("signedProofChain2")
    document["proof"].reverse()
    assert len(verify(document)) == 4


@pytest.mark.parametrize("removed", [0, 1, 2])
def test_missing_previous_proof_is_refused(removed: int) -> None:
    """C18: somebody took away a proof that another was made upon."""
    document = read("signedProofChain2")
    del document["proof"][removed]
    with pytest.raises(PreviousProofError, match="which is not among the proofs"):
        verify(document)


def test_last_proof_of_a_chain_may_be_taken_away() -> None:
    document = read("signedProofChain2")
    del document["proof"][3]
    assert document == read("signedProofChain1")
    assert len(verify(document)) == 3


def test_previous_proof_of_an_unknown_suite_is_refused() -> None:
    """C18, C3: a proof that nobody can verify may stand beside others, but not below them."""
    document = read("signedProofChain2")
    document["proof"][0]["cryptosuite"] = "experimental-2031"
    with pytest.raises(PreviousProofError, match="which is not among the proofs"):
        verify(document)


def test_exchanged_previous_proof_is_refused() -> None:
    """A chain covers the proofs it names: a genuine one of another time does not do in their place."""
    document, key = read("signedProofChain1"), read("multiKeyPairs")["keyPair1"]
    config = read("proofSetConfig1")
    exchanged = add_proof(
        read("unsigned"),
        cryptosuite="eddsa-rdfc-2022",
        key=decode_secret_multikey(key["privateKeyMultibase"]),
        verification_method=config["verificationMethod"],
        created=datetime(2023, 2, 25, tzinfo=UTC),
        proof_id=config["id"],
        contexts=UNSAFE_ANY_CONTEXT,
    )
    assert len(verify(exchanged)) == 1
    document["proof"][0] = exchanged["proof"]
    with pytest.raises(InvalidSignatureError):
        verify(document)


def test_proof_upon_itself_is_refused() -> None:
    """C18: previousProof names the proof's own id."""
    document = read("signedProofSet1")
    document["proof"]["previousProof"] = document["proof"]["id"]
    with pytest.raises(PreviousProofError, match="names the proof itself"):
        verify(document)


def test_circle_of_proofs_is_refused() -> None:
    """C18: two proofs, each made upon the other; also with a genuine proof beside them."""
    document = read("signedProofChain1")
    first, second, _ = document["proof"]
    first["previousProof"], second["previousProof"] = second["id"], [first["id"]]
    with pytest.raises(PreviousProofError, match="previousProof leads in a circle"):
        verify(document)


def test_two_proofs_with_one_id_are_refused() -> None:
    """C18: which of them a previousProof means could not be told."""
    document = read("signedProofSet2")
    document["proof"][1]["id"] = document["proof"][0]["id"]
    with pytest.raises(PreviousProofError, match="two proofs have the same id"):
        verify(document)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "to be a string or an array of strings"),
        (7, "to be a string or an array of strings"),
        ("", "to be a string or an array of strings"),
        ([], "to be a string or an array of strings"),
        ([["urn:a"]], "to be a string or an array of strings"),
        ({"id": "urn:a"}, "to be a string or an array of strings"),
        (["urn:a", "urn:a"], "names one proof twice"),
        ("urn:b", "names 'urn:b', which is not among the proofs"),
    ],
)
def test_malformed_previous_proof_is_refused(value: Any, message: str) -> None:
    """C18: previousProof is one id or several. Any: whatever JSON allows."""
    with pytest.raises(PreviousProofError, match=message):
        check_chains([{"id": "urn:a"}, {"previousProof": value}])


def test_id_that_several_proofs_have_names_none_of_them() -> None:
    """C18: the two could say different things."""
    with pytest.raises(PreviousProofError, match="names an id that several proofs have"):
        previous_proofs({"previousProof": "urn:a"}, [{"id": "urn:a"}, {"id": "urn:a", "created": "later"}])


@pytest.mark.parametrize("identifier", [None, 5, "", ["urn:a"], {}])
def test_proof_id_that_is_no_url_is_refused(identifier: Any) -> None:
    """Any: whatever JSON allows."""
    with pytest.raises(PreviousProofError, match="expected the id of a proof to be a URL string"):
        check_chains([{"id": identifier}])


def test_long_chain_is_settled_in_any_order() -> None:
    chain: list[JSONObject] = [{"id": "urn:0"}]
    chain += [{"id": f"urn:{number}", "previousProof": f"urn:{number - 1}"} for number in range(1, 16)]
    check_chains(list(reversed(chain)))
    chain[0]["previousProof"] = "urn:15"
    with pytest.raises(PreviousProofError, match="leads in a circle"):
        check_chains(list(reversed(chain)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"previous_proof": "urn:uuid:missing"}, "which is not among the proofs"),
        ({"previous_proof": []}, "to be a string or an array of strings"),
        ({"proof_id": "urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544"}, "two proofs have the same id"),
        ({"proof_id": "urn:new", "previous_proof": "urn:new"}, "names the proof itself"),
    ],
)
def test_chain_that_leads_nowhere_is_not_signed(change: dict[str, Any], message: str) -> None:
    """C18 when adding: https://www.w3.org/TR/vc-data-integrity/#add-proof-set-chain, steps 4 and 5."""
    pair = read("multiKeyPairs")["keyPair3"]
    with pytest.raises(ProofGenerationError, match=message):
        add_proof(
            read("signedProofSet2"),
            cryptosuite="eddsa-rdfc-2022",
            key=decode_secret_multikey(pair["privateKeyMultibase"]),
            verification_method="did:key:{0}#{0}".format(pair["publicKeyMultibase"]),
            created=NOW,
            contexts=UNSAFE_ANY_CONTEXT,
            **change,
        )


@pytest.mark.parametrize("value", ["a string", 7, None, True, ["a string"], [{}, None], [[{}]]])
def test_proof_that_is_no_object_is_malformed(value: Any) -> None:
    """C2. Any: whatever JSON allows."""
    with pytest.raises(MalformedValueError, match="expected a proof to be an object, found"):
        proofs_of({"proof": value})


def test_too_many_proofs_are_refused() -> None:
    with pytest.raises(ComplexityError, match="9 proofs, more than the limit of 8"):
        proofs_of({"proof": [{} for _ in range(9)]})
    assert len(proofs_of({"proof": [{} for _ in range(8)]})) == 8


def test_proof_member_has_the_shape_of_its_number() -> None:
    assert with_proofs({"a": 1, "proof": {}}, []) == {"a": 1}
    assert with_proofs({"a": 1}, [{"b": 2}]) == {"a": 1, "proof": {"b": 2}}
    assert with_proofs({"a": 1}, [{"b": 2}, {"c": 3}]) == {"a": 1, "proof": [{"b": 2}, {"c": 3}]}


def test_adding_and_verifying_leave_the_document_as_it_was() -> None:
    document, pair = read("signedProofSet2"), read("multiKeyPairs")["keyPair3"]
    before = copy.deepcopy(document)
    verify(document)
    add_proof(
        document,
        cryptosuite="eddsa-rdfc-2022",
        key=decode_secret_multikey(pair["privateKeyMultibase"]),
        verification_method="did:key:{0}#{0}".format(pair["publicKeyMultibase"]),
        created=NOW,
        previous_proof=[str(proof["id"]) for proof in proofs_of(document)],
        contexts=UNSAFE_ANY_CONTEXT,
    )
    assert document == before
