"""Selective disclosure over RDF statements: what ecdsa-sd-2023 and bbs-2023 share.

A document becomes a sorted list of statements with shuffled labels; pointers say which of them are
mandatory and which are chosen. `canonicalize_and_group` is the one place where that is computed, for the
issuer and the holder; `label_statements` is the verifier's. Both need the document and the label map, and
no key. Source: https://www.w3.org/TR/vc-di-ecdsa/#selective-disclosure-functions.
Not here: signatures, and how proofs are written (`proof_values`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from vclib import jsonld, rdfc
from vclib.cryptosuites.base import canonical_proof_config, without_proof_value
from vclib.cryptosuites.labels import LabelMapFactory, replacement_label_map_factory
from vclib.cryptosuites.pointers import select_json_ld
from vclib.cryptosuites.selections import known_nodes, known_selection, learn_nodes, learn_selection
from vclib.cryptosuites.skolemize import skolemize
from vclib.errors import ProofGenerationError, ProofVerificationError
from vclib.jsonld import ContextPolicy
from vclib.rdfc import Quad, parse_quad, serialize_quad
from vclib.shapes import FilledReading, Reading, relabelled_quad
from vclib.strict_json import JSONObject


@dataclass(frozen=True)
class LabelledStatements:
    """The statements of a document with the labels that are signed, sorted as N-Quads text, none twice."""

    nquads: tuple[str, ...]

    @property
    def quads(self) -> tuple[Quad, ...]:
        """The same statements in their terms."""
        return tuple(map(parse_quad, self.nquads))


@dataclass(frozen=True)
class GroupedStatements(LabelledStatements):
    """The same, with the ascending indexes of the statements that each group of pointers selects.

    `filled_from` is the template's reading, with the label of each of its blank nodes; None without one.
    """

    groups: Mapping[str, tuple[int, ...]]
    filled_from: tuple[FilledReading, Sequence[str]] | None = None

    def matching(self, group: str) -> dict[int, str]:
        """Return the statements of a group by their index."""
        return {index: self.nquads[index] for index in self.groups[group]}

    def non_matching(self, group: str) -> dict[int, str]:
        """Return the statements outside a group by their index."""
        matching = set(self.groups[group])
        return {index: nquad for index, nquad in enumerate(self.nquads) if index not in matching}


def canonicalize_and_group(
    document: JSONObject,
    pointer_groups: Mapping[str, Sequence[str]],
    label_map_factory: LabelMapFactory,
    *,
    contexts: ContextPolicy,
) -> GroupedStatements:
    """Return the labelled statements of `document`, and which of them each group of pointers selects.

    See https://www.w3.org/TR/vc-di-ecdsa/#canonicalizeandgroup. Raises PointerError, JSONLDError, and
    ProofTransformationError for a document that cannot be disclosed in parts.
    """
    reading = jsonld.read(document, contexts=contexts)
    if not isinstance(reading, FilledReading):
        return _group(document, reading, pointer_groups, label_map_factory, contexts)
    lines, order, labels = reading.numbered(label_map_factory)
    selection = known_selection(reading, pointer_groups)
    if selection is None:
        grouped = _group(document, reading, pointer_groups, label_map_factory, contexts)
        if lines == list(grouped.nquads):
            learn_selection(reading, pointer_groups, order=order, indexes=grouped.groups)
        return grouped
    return GroupedStatements(tuple(lines), selection.groups(order), (reading, labels))


def _group(
    document: JSONObject,
    reading: Reading,
    pointer_groups: Mapping[str, Sequence[str]],
    label_map_factory: LabelMapFactory,
    contexts: ContextPolicy,
) -> GroupedStatements:
    """Do as the specification does: name all nodes, and expand what each group selects."""
    skolemized = skolemize(document, contexts=contexts, expanded=reading.expanded())
    canonical_id_map = rdfc.canonicalize(skolemized.quads).label_map
    label_map = label_map_factory(canonical_id_map)
    lines = {serialize_quad(relabelled_quad(quad, label_map)): None for quad in skolemized.quads}
    nquads = tuple(sorted(lines))
    index_of = {nquad: index for index, nquad in enumerate(nquads)}
    groups: dict[str, tuple[int, ...]] = {}
    for group, pointers in pointer_groups.items():
        selection = select_json_ld(pointers, skolemized.document)
        selected = [] if selection is None else jsonld.to_quads(selection, contexts=contexts)
        found = {
            serialize_quad(relabelled_quad(quad, label_map)) for quad in skolemized.deskolemize(selected)
        }
        if not index_of.keys() >= found:
            raise ProofGenerationError(
                "the pointers select a part of something that is signed only as a whole"
            )
        groups[group] = tuple(sorted(index_of[nquad] for nquad in found))
    return GroupedStatements(nquads, groups)


def label_statements(
    document: JSONObject, label_map: Mapping[str, str], *, contexts: ContextPolicy
) -> LabelledStatements:
    """Return the statements of a derived document, labelled as its proof's `label_map` says.

    `label_map` is from canonical labels ("c14n0") to those that were signed. Raises JSONLDError, and
    ProofVerificationError for a map that does not fit the document.
    """
    return _labelled(jsonld.read(document, contexts=contexts), label_map)


def _labelled(reading: Reading, label_map: Mapping[str, str]) -> LabelledStatements:
    return LabelledStatements(tuple(reading.relabelled(replacement_label_map_factory(label_map))))


def verifier_label_map(statements: GroupedStatements, indexes: Iterable[int]) -> dict[str, str]:
    """Return the map from the labels that a verifier will compute for these statements to their labels.

    The last steps of https://www.w3.org/TR/vc-di-ecdsa/#createdisclosuredata: the statements are
    canonicalized once more, as the verifier will, alone.
    """
    canonical_id_map = rdfc.canonicalize(_quad(statements.nquads[index]) for index in indexes).label_map
    return _sorted_map({canonical: label for label, canonical in canonical_id_map.items()})


@dataclass(frozen=True)
class Disclosure:
    """What a holder shows of a document: the reduced document and where its statements stand.

    Indexes are positions: `mandatory_indexes` among the statements shown, `selective_indexes` among those
    that are not mandatory, shown or not.
    """

    statements: GroupedStatements
    document: JSONObject
    label_map: Mapping[str, str]
    mandatory_indexes: tuple[int, ...]
    selective_indexes: tuple[int, ...]


def disclose(
    document: JSONObject,
    *,
    mandatory_pointers: Sequence[str],
    selective_pointers: Sequence[str],
    label_map_factory: LabelMapFactory,
    contexts: ContextPolicy,
) -> Disclosure:
    """Reduce `document` to what the pointers select.

    The suite-independent part of https://www.w3.org/TR/vc-di-ecdsa/#createdisclosuredata. Raises
    ProofGenerationError if nothing is selected, or if a verifier would not find the statements that were
    signed in the reduced document; PointerError and JSONLDError as `canonicalize_and_group`.
    """
    reduced = select_json_ld([*mandatory_pointers, *selective_pointers], document)
    if reduced is None:
        raise ProofGenerationError("nothing is mandatory and nothing was chosen, so nothing would be shown")
    groups = {"mandatory": mandatory_pointers, "selective": selective_pointers}
    statements = canonicalize_and_group(document, groups, label_map_factory, contexts=contexts)
    mandatory = set(statements.groups["mandatory"])
    # What two lists of pointers select together is what either of them selects.
    combined = sorted(mandatory.union(statements.groups["selective"]))
    non_mandatory = [index for index in range(len(statements.nquads)) if index not in mandatory]
    position = {index: place for place, index in enumerate(non_mandatory)}
    label_map = _fitting_label_map(statements, combined, jsonld.read(reduced, contexts=contexts), groups)
    return Disclosure(
        statements=statements,
        document=reduced,
        label_map=label_map,
        mandatory_indexes=tuple(place for place, index in enumerate(combined) if index in mandatory),
        selective_indexes=tuple(position[index] for index in combined if index not in mandatory),
    )


@dataclass(frozen=True)
class VerifyData:
    """What a verifier computes: the two hashes, and the disclosed statements that are not mandatory."""

    proof_hash: bytes
    mandatory_hash: bytes
    non_mandatory: tuple[str, ...]


def create_verify_data(
    document: JSONObject,
    proof: JSONObject,
    *,
    label_map: Mapping[str, str],
    mandatory_indexes: Sequence[int],
    contexts: ContextPolicy,
) -> VerifyData:
    """Return what the signatures of a derived proof must fit.

    The suite-independent part of https://www.w3.org/TR/vc-di-ecdsa/#createverifydata. Raises
    ProofVerificationError for indexes that do not ascend or are out of range, and as `label_statements`.
    """
    nquads = label_statements(document, label_map, contexts=contexts).nquads
    check_ascending(mandatory_indexes, len(nquads), "mandatory")
    mandatory = frozenset(mandatory_indexes)
    return VerifyData(
        proof_hash=proof_hash(proof, document, contexts=contexts),
        mandatory_hash=hash_nquads(nquads[index] for index in mandatory_indexes),
        non_mandatory=tuple(nquad for index, nquad in enumerate(nquads) if index not in mandatory),
    )


def check_ascending(indexes: Sequence[int], count: int, what: str) -> None:
    """Return if `indexes` ascend and are below `count`; else ProofVerificationError.

    Ascending is how the algorithms make them, and the one spelling that has no other.
    """
    if any(not 0 <= index < count for index in indexes) or list(indexes) != sorted(set(indexes)):
        raise ProofVerificationError(f"expected ascending {what} indexes below {count}")


def hash_nquads(nquads: Iterable[str]) -> bytes:
    """Return SHA-256 of statements, one after the other (32 bytes).

    See https://www.w3.org/TR/vc-di-ecdsa/#hashmandatorynquads.
    """
    return hashlib.sha256("".join(nquads).encode("utf-8")).digest()


def proof_hash(options: JSONObject, document: JSONObject, *, contexts: ContextPolicy) -> bytes:
    """Return SHA-256 of the canonical proof options, under the document's context (32 bytes).

    A `proofValue` among the options is left out. Raises ProofVerificationError for an `@context` of the
    proof's own that is not the document's, JSONLDError for options that no context defines.
    """
    configuration = canonical_proof_config(without_proof_value(options), document, "sha256", contexts)
    return hashlib.sha256(configuration).digest()


def _fitting_label_map(
    statements: GroupedStatements,
    indexes: Sequence[int],
    reduced: Reading,
    groups: Mapping[str, Sequence[str]],
) -> dict[str, str]:
    """Return the label map with which a verifier of the reduced document finds just these statements.

    Raises ProofGenerationError if there is none; better here than at the door.
    """
    shown = [statements.nquads[index] for index in indexes]
    known = _known_label_map(statements, reduced, groups)
    # What was learned of others is tried, as what a stranger says would be.
    if known is not None and _finds(reduced, shown, known):
        return known
    label_map = verifier_label_map(statements, indexes)
    if not _finds(reduced, shown, label_map):
        raise ProofGenerationError("the selected part of the document does not stand on its own")
    if statements.filled_from is not None and isinstance(reduced, FilledReading):
        reading, labels = statements.filled_from
        learn_nodes(reading, reduced, groups, labels=labels, label_map=label_map)
    return label_map


def _known_label_map(
    statements: GroupedStatements, reduced: Reading, groups: Mapping[str, Sequence[str]]
) -> dict[str, str] | None:
    """Return what `verifier_label_map` would, by what was learned of other documents; None without it."""
    if statements.filled_from is None or not isinstance(reduced, FilledReading):
        return None
    reading, labels = statements.filled_from
    same = known_nodes(reading, reduced, groups)
    canonical = reduced.canonical_labels() if same else None
    return None if same is None or canonical is None else _sorted_map(same.label_map(canonical, labels))


def _finds(reduced: Reading, nquads: Sequence[str], label_map: Mapping[str, str]) -> bool:
    """Say whether a verifier of the reduced document will find just these statements."""
    try:
        return list(_labelled(reduced, label_map).nquads) == list(nquads)
    except ProofVerificationError:
        return False


def _sorted_map(label_map: Mapping[str, str]) -> dict[str, str]:
    """Return the map in the order of the numbers of its canonical labels."""
    return dict(sorted(label_map.items(), key=lambda entry: int(entry[0].removeprefix("c14n"))))


def _quad(nquad: str) -> Quad:
    """Return a statement of the default graph, where all are that can be disclosed in parts."""
    # Only the object may hold spaces, and " .\n" ends the line.
    subject, predicate, rest = nquad.split(" ", 2)
    return Quad(subject, predicate, rest[:-3])
