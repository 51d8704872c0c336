"""RDFC-1.0: the canonical form of an RDF dataset, with its label map, under a work limit.

A signature needs one byte string for all the ways one set of statements can be written; blank nodes, which
have no names, make that hard. The steps are numbered as https://www.w3.org/TR/rdf-canon/ numbers them
(sections 4.4.3, 4.6.3, 4.7.3, 4.8.3). Written here because selective disclosure needs the map from input to
canonical labels, and because a small dataset can be built to keep the algorithm busy for years ("dataset
poisoning", section 7.1 there): the work is counted and cut off. Not here: terms and lines (`vclib.nquads`,
whose names are re-exported).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from types import MappingProxyType

from vclib.errors import ComplexityError, MalformedValueError
from vclib.nquads import (
    Quad,
    blank_term,
    iri_term,
    is_absolute_iri,
    is_blank,
    literal_term,
    parse_nquads,
    parse_quad,
    serialize_quad,
)

__all__ = [
    "MAX_QUADS",
    "MAX_WORK",
    "CanonicalDataset",
    "Quad",
    "blank_term",
    "canonicalize",
    "iri_term",
    "is_absolute_iri",
    "is_blank",
    "literal_term",
    "parse_nquads",
    "parse_quad",
    "serialize_quad",
]

MAX_QUADS = 20_000
# One unit is one related blank node hashed, or one permutation tried in Hash N-Degree Quads (more than one
# where it is long, or the labels to be copied for it are many). This many take some 0.1 s; the W3C tests need
# 5,688.
MAX_WORK = 50_000
# Each level of Hash N-Degree Quads is one level of Python's own stack, which must never be the limit.
_MAX_DEPTH = 200

_HASHES: Mapping[str, Callable[[bytes], hashlib._Hash]] = MappingProxyType(
    {"sha256": hashlib.sha256, "sha384": hashlib.sha384}
)


@dataclass(frozen=True)
class CanonicalDataset:
    """A dataset in canonical form.

    `nquads`: its statements with canonical labels, sorted by code point, none twice, each ending in "\\n".
    `label_map`: input blank node label to canonical label, both without "_:", e.g. "b3" to "c14n0".
    """

    nquads: tuple[str, ...]
    label_map: Mapping[str, str]

    def to_bytes(self) -> bytes:
        """Return the UTF-8 bytes that are hashed and signed."""
        return "".join(self.nquads).encode("utf-8")


def canonicalize(
    quads: Iterable[Quad], *, hash_name: str = "sha256", max_work: int = MAX_WORK, max_quads: int = MAX_QUADS
) -> CanonicalDataset:
    """Canonicalize a dataset per https://www.w3.org/TR/rdf-canon/#canon-algo-algo.

    `hash_name` is "sha256" or "sha384". The input labels do not matter, "c14n0" and "b0" included.
    Raises ComplexityError past `max_quads` statements or `max_work` steps of the exponential part.
    """
    if hash_name not in _HASHES:
        raise MalformedValueError(f"expected hash algorithm sha256 or sha384, found {hash_name!r}")
    dataset = list(dict.fromkeys(quads))
    if len(dataset) > max_quads:
        raise ComplexityError(f"{len(dataset)} statements are more than the limit of {max_quads}")
    state = _State(dataset, hash_name, max_work)
    state.label()
    issued = state.canonical.issued
    nquads = sorted({serialize_quad(_relabelled(quad, issued)) for quad in dataset})
    label_map = MappingProxyType({node[2:]: label[2:] for node, label in issued.items()})
    return CanonicalDataset(tuple(nquads), label_map)


def _relabelled(quad: Quad, labels: Mapping[str, str]) -> Quad:
    subject, predicate, obj, graph = quad
    return Quad(labels.get(subject, subject), predicate, labels.get(obj, obj), labels.get(graph, graph))


def _distinct_permutations(nodes: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """Yield every order of `nodes` once, although a node may stand there several times.

    A graph's name is related to a node once for each statement that the graph makes of it, by one and the
    same hash. Orders that look alike give the same path, and eight of one name alone would be 40,320 of them.
    """
    rank = {node: number for number, node in enumerate(dict.fromkeys(nodes))}
    if len(rank) == len(nodes):
        yield from permutations(nodes)
        return
    # From each order to the next in the order of ranks, as Narayana Pandita did it.
    order = sorted(nodes, key=rank.__getitem__)
    while True:
        yield tuple(order)
        pivot = len(order) - 2
        while pivot >= 0 and rank[order[pivot]] >= rank[order[pivot + 1]]:
            pivot -= 1
        if pivot < 0:
            return
        successor = len(order) - 1
        while rank[order[successor]] <= rank[order[pivot]]:
            successor -= 1
        order[pivot], order[successor] = order[successor], order[pivot]
        order[pivot + 1 :] = reversed(order[pivot + 1 :])


class _Issuer:
    """Issues labels in order, and remembers the order: https://www.w3.org/TR/rdf-canon/#issue-identifier."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.issued: dict[str, str] = {}

    def issue(self, node: str) -> str:
        label = self.issued.get(node)
        if label is None:
            label = self.issued[node] = f"_:{self.prefix}{len(self.issued)}"
        return label

    def copy(self) -> _Issuer:
        twin = _Issuer(self.prefix)
        twin.issued = dict(self.issued)
        return twin


class _State:
    """The canonicalization state of section 4.2, for one dataset."""

    def __init__(self, dataset: list[Quad], hash_name: str, max_work: int) -> None:
        self.new_hash = _HASHES[hash_name]
        self.max_work = max_work
        self.work = 0
        self.canonical = _Issuer("c14n")
        self.first_degree: dict[str, str] = {}
        # Section 4.4.3 step 2: which statements mention which blank node.
        self.quads_of: dict[str, list[Quad]] = {}
        for quad in dataset:
            for node in dict.fromkeys((quad.subject, quad.object, quad.graph)):
                if is_blank(node):
                    self.quads_of.setdefault(node, []).append(quad)

    def hash(self, text: str) -> str:
        return self.new_hash(text.encode("utf-8")).hexdigest()

    def label(self) -> None:
        """Issue a canonical label to every blank node (section 4.4.3)."""
        # 3. Hash each blank node by the statements that mention it.
        nodes_of: dict[str, list[str]] = {}
        for node in self.quads_of:
            digest = self.first_degree[node] = self.hash_first_degree(node)
            nodes_of.setdefault(digest, []).append(node)
        # 4. A hash that one node alone has decides that node's place.
        for digest in sorted(nodes_of):
            if len(nodes_of[digest]) == 1:
                self.canonical.issue(nodes_of.pop(digest)[0])
        # 5. The others are told apart by their neighbours, and their neighbours' neighbours.
        for digest in sorted(nodes_of):
            hash_paths: list[tuple[str, _Issuer]] = []
            for node in nodes_of[digest]:
                # 5.2.1
                if node in self.canonical.issued:
                    continue
                # 5.2.2 to 5.2.4
                temporary = _Issuer("b")
                temporary.issue(node)
                hash_paths.append(self.hash_n_degree(node, temporary, 1))
            # 5.3 Ties are between nodes that can be exchanged without changing the dataset.
            for _, issuer in sorted(hash_paths, key=lambda result: result[0]):
                for node in issuer.issued:
                    self.canonical.issue(node)

    def hash_first_degree(self, node: str) -> str:
        """Hash First Degree Quads (section 4.6.3)."""
        lines = []
        for subject, predicate, obj, graph in self.quads_of[node]:
            # 3.1.1 The node itself is _:a, every other blank node _:z.
            if subject.startswith("_:"):
                subject = "_:a" if subject == node else "_:z"
            if obj.startswith("_:"):
                obj = "_:a" if obj == node else "_:z"
            if graph:
                if graph.startswith("_:"):
                    graph = "_:a" if graph == node else "_:z"
                lines.append(f"{subject} {predicate} {obj} {graph} .\n")
            else:
                lines.append(f"{subject} {predicate} {obj} .\n")
        # 4 and 5.
        lines.sort()
        return self.hash("".join(lines))

    def hash_related(self, related: str, quad: Quad, issuer: _Issuer, position: str) -> str:
        """Hash Related Blank Node (section 4.7.3)."""
        # 1 and 2.
        text = position
        if position != "g":
            text += quad.predicate
        # 3 and 4.
        label = self.canonical.issued.get(related) or issuer.issued.get(related)
        text += label if label is not None else self.first_degree[related]
        # 5.
        return self.hash(text)

    def hash_n_degree(self, node: str, issuer: _Issuer, depth: int) -> tuple[str, _Issuer]:
        """Hash N-Degree Quads (section 4.8.3); `depth` is how many calls are under way."""
        if depth > _MAX_DEPTH:
            raise ComplexityError(f"blank nodes are told apart only more than {_MAX_DEPTH} steps away")
        # 1 to 3.
        related_of = self.related_blank_nodes(node, issuer)
        # 4.
        data_to_hash = []
        # 5.
        for related_hash in sorted(related_of):
            # 5.1
            data_to_hash.append(related_hash)
            # 5.2 and 5.3
            chosen_path = ""
            chosen_issuer = issuer
            # 5.4
            for permutation in _distinct_permutations(related_of[related_hash]):
                self.count_work(1 + len(permutation) // 10 + len(issuer.issued) // 100)
                result = self.try_permutation(permutation, issuer.copy(), chosen_path, depth)
                # 5.4.6
                if result is not None and (not chosen_path or result[0] < chosen_path):
                    chosen_path, chosen_issuer = result
            # 5.5 and 5.6
            data_to_hash.append(chosen_path)
            issuer = chosen_issuer
        # 6.
        return self.hash("".join(data_to_hash)), issuer

    def related_blank_nodes(self, node: str, issuer: _Issuer) -> dict[str, list[str]]:
        """Return steps 1 to 3 of section 4.8.3: the other blank nodes beside `node`, by related hash."""
        related_of: dict[str, list[str]] = {}
        for quad in self.quads_of[node]:
            for position, related in (("s", quad.subject), ("o", quad.object), ("g", quad.graph)):
                if is_blank(related) and related != node:
                    self.count_work(1)
                    digest = self.hash_related(related, quad, issuer, position)
                    related_of.setdefault(digest, []).append(related)
        return related_of

    def try_permutation(
        self, permutation: tuple[str, ...], issuer: _Issuer, chosen_path: str, depth: int
    ) -> tuple[str, _Issuer] | None:
        """Return steps 5.4.1 to 5.4.5 of section 4.8.3, None as soon as `chosen_path` cannot be beaten."""
        path = ""
        recursion_list = []
        # 5.4.4
        for related in permutation:
            canonical = self.canonical.issued.get(related)
            if canonical is not None:
                path += canonical
            else:
                if related not in issuer.issued:
                    recursion_list.append(related)
                path += issuer.issue(related)
            if chosen_path and len(path) >= len(chosen_path) and path > chosen_path:
                return None
        # 5.4.5
        for related in recursion_list:
            digest, deeper_issuer = self.hash_n_degree(related, issuer, depth + 1)
            path += f"{issuer.issue(related)}<{digest}>"
            issuer = deeper_issuer
            if chosen_path and len(path) >= len(chosen_path) and path > chosen_path:
                return None
        return path, issuer

    def count_work(self, units: int) -> None:
        self.work += units
        if self.work > self.max_work:
            raise ComplexityError(
                f"the blank nodes are too alike: canonicalization was stopped after {self.max_work} steps"
            )
