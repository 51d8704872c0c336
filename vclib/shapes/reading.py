"""What was read of a document, on either path: its expansion, its statements and their canonical form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol

from vclib import rdfc
from vclib.nquads import Quad, is_blank, serialize_quad
from vclib.rdfc import CanonicalDataset
from vclib.shapes.template import Conclude, Filled
from vclib.strict_json import JSONObject, JSONValue

# From the canonical label of each blank node to its new label, both without "_:". See
# `vclib.cryptosuites.labels`.
Relabel = Callable[[Mapping[str, str]], Mapping[str, str]]


class Reading(Protocol):
    """A document that was read; both kinds say the same, byte for byte."""

    def expanded(self) -> list[JSONValue]:
        """Return the expanded form; the caller does not change it."""

    def conclude(self, document: JSONObject, check: Conclude) -> tuple[str, ...]:
        """Return `check(document, self.expanded())`, for the document that was read.

        `check` is a function of a module that keeps to what `Template.conclusion` says. Raises what it
        raises.
        """

    def quads(self) -> list[Quad]:
        """Return the statements as `vclib.statements.to_statements` does; the caller may change the list."""

    def canonicalize(self) -> CanonicalDataset:
        """Return the canonical dataset (RDFC-1.0, SHA-256)."""

    def canonical_bytes(self, hash_name: str) -> bytes:
        """Return the UTF-8 bytes of the canonical form, by "sha256" or "sha384"."""

    def relabelled(self, relabel: Relabel) -> list[str]:
        """Return the statements as N-Quads lines with the labels that `relabel` gives, sorted, none twice."""


class ReferenceReading:
    """What the reference path read."""

    def __init__(self, expanded: list[JSONValue], quads: list[Quad]) -> None:
        self._expanded, self._quads = expanded, quads

    def expanded(self) -> list[JSONValue]:
        """See Reading."""
        return self._expanded

    def conclude(self, document: JSONObject, check: Conclude) -> tuple[str, ...]:
        """See Reading."""
        return check(document, self._expanded)

    def quads(self) -> list[Quad]:
        """See Reading."""
        return list(self._quads)

    def canonicalize(self) -> CanonicalDataset:
        """See Reading."""
        return rdfc.canonicalize(self._quads)

    def canonical_bytes(self, hash_name: str) -> bytes:
        """See Reading."""
        return rdfc.canonicalize(self._quads, hash_name=hash_name).to_bytes()

    def relabelled(self, relabel: Relabel) -> list[str]:
        """See Reading."""
        labels = relabel(rdfc.canonicalize(self._quads).label_map)
        return sorted({serialize_quad(relabelled_quad(quad, labels)) for quad in self._quads})


class NumberedLines(NamedTuple):
    """The sorted statements of a filled template, the template's number of each, and its nodes' labels."""

    lines: list[str]
    numbers: list[int]
    labels: list[str]


class FilledReading:
    """What a template says with the values of the document."""

    def __init__(self, filled: Filled) -> None:
        self.filled = filled
        # By hash. A document that is signed twice is numbered once.
        self._labels: dict[str, list[str] | None] = {}

    def expanded(self) -> list[JSONValue]:
        """See Reading."""
        return self.filled.expanded()

    def conclude(self, document: JSONObject, check: Conclude) -> tuple[str, ...]:
        """See Reading."""
        known = self.filled.template.conclusion(check)
        return check(document, self.filled.expanded()) if known is None else known

    def quads(self) -> list[Quad]:
        """See Reading."""
        return self.filled.quads()

    def canonicalize(self) -> CanonicalDataset:
        """See Reading."""
        labels = self._canonical_labels("sha256")
        if labels is None:
            return rdfc.canonicalize(self.quads())
        return CanonicalDataset(tuple(self.filled.sorted_lines(labels)[0]), _label_map(labels))

    def canonical_bytes(self, hash_name: str) -> bytes:
        """See Reading."""
        labels = self._canonical_labels(hash_name)
        if labels is None:
            return rdfc.canonicalize(self.quads(), hash_name=hash_name).to_bytes()
        return self.filled.canonical_text(labels).encode("utf-8")

    def relabelled(self, relabel: Relabel) -> list[str]:
        """See Reading. The statements of a template differ if the labels do, as those of every suite do."""
        return self.numbered(relabel).lines

    def numbered(self, relabel: Relabel) -> NumberedLines:
        """Return the same lines, with their numbers and labels in the template."""
        canonical = self._canonical_labels("sha256")
        label_map = rdfc.canonicalize(self.quads()).label_map if canonical is None else _label_map(canonical)
        relabelled = relabel(label_map)
        labels = [relabelled[f"b{number}"] for number in range(len(label_map))]
        return NumberedLines(*self.filled.sorted_lines(labels), labels)

    def canonical_labels(self) -> list[str] | None:
        """Return the canonical label of each blank node of the template; None where two look alike."""
        return self._canonical_labels("sha256")

    def _canonical_labels(self, hash_name: str) -> list[str] | None:
        if hash_name not in self._labels:
            self._labels[hash_name] = self.filled.canonical_labels(hash_name)
        return self._labels[hash_name]


def relabelled_quad(quad: Quad, labels: Mapping[str, str]) -> Quad:
    """Return a statement with other labels, see https://www.w3.org/TR/vc-di-ecdsa/#relabelblanknodes."""

    def relabelled(term: str) -> str:
        # A node without a label becomes one that no statement has, so that whoever looks for it fails.
        return f"_:{labels.get(term[2:], '')}" if is_blank(term) else term

    return Quad(relabelled(quad.subject), quad.predicate, relabelled(quad.object), relabelled(quad.graph))


def _label_map(labels: list[str]) -> Mapping[str, str]:
    return MappingProxyType({f"b{number}": label for number, label in enumerate(labels)})
