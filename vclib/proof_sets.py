"""The `proof` member of a document: one proof, a set of them, or chains (`previousProof`).

A proof of a chain covers the document together with the proofs it names, so that nobody can remove or
exchange what somebody signed upon. Source: https://www.w3.org/TR/vc-data-integrity/#proof-sets and
https://www.w3.org/TR/vc-data-integrity/#proof-chains. Not here: whether any proof holds (`vclib.proofs`).
"""

from __future__ import annotations

from collections.abc import Sequence

from vclib.cryptosuites import SELECTIVE_SUITES
from vclib.errors import ComplexityError, MalformedValueError, PreviousProofError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

# Every proof costs a canonicalization, a key retrieval and a signature check.
MAX_PROOFS = 8


def proofs_of(document: JSONObject) -> list[JSONObject]:
    """Return the proofs of a document in their order; none if it has no `proof`.

    Raises MalformedValueError if `proof` is neither an object nor an array of objects, ComplexityError for
    more than 8.
    """
    value = document.get("proof", [])
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MAX_PROOFS:
        raise ComplexityError(f"the document has {len(entries)} proofs, more than the limit of {MAX_PROOFS}")
    proofs = [entry for entry in entries if isinstance(entry, dict)]
    if len(proofs) != len(entries):
        wrong = next(entry for entry in entries if not isinstance(entry, dict))
        raise MalformedValueError(f"expected a proof to be an object, found {json_type_name(wrong)}")
    return proofs


def without_proofs(document: JSONObject) -> JSONObject:
    """Return a copy of `document` without `proof`: the unsecured document."""
    return {name: value for name, value in document.items() if name != "proof"}


def with_proofs(document: JSONObject, proofs: Sequence[JSONObject]) -> JSONObject:
    """Return a copy of `document` with exactly these proofs: none, one object, or an array."""
    unsecured = without_proofs(document)
    if not proofs:
        return unsecured
    members: list[JSONValue] = list(proofs)
    return {**unsecured, "proof": members[0] if len(members) == 1 else members}


def is_base_proof(proof: JSONObject) -> bool:
    """Say whether `proof` is a base proof, which its holder keeps and never shows.

    Whatever its `type`: one under another name would give away as much.
    """
    name = proof.get("cryptosuite")
    suite = SELECTIVE_SUITES.get(name) if isinstance(name, str) else None
    return suite is not None and suite.is_base_proof(proof)


def base_proofs(document: JSONObject) -> list[JSONObject]:
    """Return the base proofs of a document in their order; raises as `proofs_of`."""
    return [proof for proof in proofs_of(document) if is_base_proof(proof)]


def drop_base_proofs(document: JSONObject) -> JSONObject:
    """Return a copy of `document` with only the proofs that may be shown whole; raises as `proofs_of`."""
    return with_proofs(document, [proof for proof in proofs_of(document) if not is_base_proof(proof)])


def previous_proof_ids(proof: JSONObject) -> list[str]:
    """Return the ids in `previousProof`, none if it is absent; PreviousProofError for another shape."""
    if "previousProof" not in proof:
        return []
    value = proof["previousProof"]
    entries = value if isinstance(value, list) else [value]
    ids = [entry for entry in entries if isinstance(entry, str) and entry]
    if len(ids) != len(entries) or not ids:
        raise PreviousProofError("expected previousProof to be a string or an array of strings")
    if len(set(ids)) != len(ids):
        raise PreviousProofError("previousProof names one proof twice")
    return ids


def previous_proofs(proof: JSONObject, proofs: Sequence[JSONObject]) -> list[JSONObject]:
    """Return those of `proofs` that `proof` was made upon, in the order of `proofs`.

    Raises PreviousProofError if one is missing, if an id is not unique, or if a proof names itself.
    """
    wanted = previous_proof_ids(proof)
    if not wanted:
        return []
    matching = [other for other in proofs if "id" in other and other["id"] in wanted]
    found = {other["id"] for other in matching}
    for missing in wanted:
        if missing not in found:
            raise PreviousProofError(f"previousProof names {missing[:80]!r}, which is not among the proofs")
    if len(found) != len(matching):
        raise PreviousProofError("previousProof names an id that several proofs have")
    if any(other is proof for other in matching):
        raise PreviousProofError("previousProof names the proof itself")
    return matching


def secured_part(document: JSONObject, previous: Sequence[JSONObject]) -> JSONObject:
    """Return what a proof covers: the unsecured document, and the proofs it was made upon.

    Steps 2.2 and 2.3 of https://www.w3.org/TR/vc-data-integrity/#verify-proof-sets-and-chains. Without
    previous proofs there is no `proof` at all, not an empty one: JCS would sign the difference.
    """
    unsecured = without_proofs(document)
    members: list[JSONValue] = list(previous)
    return {**unsecured, "proof": members} if members else unsecured


def check_chains(proofs: Sequence[JSONObject]) -> None:
    """Return if ids are unique strings and no `previousProof` is missing from `proofs`, or leads in a circle.

    Raises PreviousProofError. Give it the proofs that will be verified: a proof upon one that nobody
    verifies proves nothing.
    """
    ids = [proof["id"] for proof in proofs if "id" in proof]
    if not all(isinstance(identifier, str) and identifier for identifier in ids):
        raise PreviousProofError("expected the id of a proof to be a URL string")
    if len(set(map(str, ids))) != len(ids):
        raise PreviousProofError("two proofs have the same id")
    if not any("previousProof" in proof for proof in proofs):
        return
    waiting = list(proofs)
    settled: set[JSONValue] = set()
    for proof in proofs:
        previous_proofs(proof, proofs)
    while waiting:
        ready = [proof for proof in waiting if settled.issuperset(previous_proof_ids(proof))]
        if not ready:
            raise PreviousProofError("previousProof leads in a circle")
        settled.update(str(proof["id"]) for proof in ready if "id" in proof)
        waiting = [proof for proof in waiting if not any(proof is done for done in ready)]
