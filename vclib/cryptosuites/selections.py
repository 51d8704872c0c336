"""What groups of JSON pointers select, remembered for documents of one compiled shape.

Pointers select by keys and positions, so what they select of one document they select of every other of its
shape: which statements, and which blank nodes. It is learned from the reference path (`selective`), by
finding its statements and labels among those of the template, and kept in the bounded cache of the shapes.
Not here: what is done for any other document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from vclib import jsonld
from vclib.shapes import FilledReading, Template

PointerGroups: TypeAlias = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Selection:
    """The numbers of a template's statements that each group of pointers selects."""

    statements: Mapping[str, tuple[int, ...]]
    bytes: int

    def groups(self, order: Sequence[int]) -> dict[str, tuple[int, ...]]:
        """Return the ascending indexes of the selected statements, where `order` is how they were sorted."""
        position = {number: index for index, number in enumerate(order)}
        return {
            group: tuple(sorted([position[number] for number in numbers]))
            for group, numbers in self.statements.items()
        }


def known_selection(reading: FilledReading, groups: PointerGroups) -> Selection | None:
    """Return what the groups select of a document of this template, None if that is not known."""
    found = jsonld.SHAPES.cache.get(_key(reading.filled.template, groups))
    return found if isinstance(found, Selection) else None


def learn_selection(
    reading: FilledReading,
    groups: PointerGroups,
    *,
    order: Sequence[int],
    indexes: Mapping[str, Sequence[int]],
) -> None:
    """Keep what the reference path found, if it comes for the second time.

    The template must give the same sorted lines; `order` are the numbers of its statements in their order,
    `indexes` the lines that the reference path says each group selects.
    """
    template = reading.filled.template
    key = _key(template, groups)
    if not jsonld.SHAPES.cache.is_worth_keeping(key):
        return
    statements = {group: tuple(order[index] for index in found) for group, found in indexes.items()}
    pointers = sum(100 + 4 * len(pointer) for group in groups.values() for pointer in group)
    jsonld.SHAPES.cache.keep(
        key, Selection(statements, template.bytes + pointers + 40 * len(order) * len(groups))
    )


@dataclass(frozen=True)
class SameNodes:
    """For each blank node of a reduced document's template, the one of the whole document's that it is."""

    nodes: tuple[int, ...]
    bytes: int

    def label_map(self, canonical: Sequence[str], labels: Sequence[str]) -> dict[str, str]:
        """Return the map from the reduced document's canonical labels to the whole document's labels."""
        return {label: labels[node] for label, node in zip(canonical, self.nodes, strict=True)}


def known_nodes(reading: FilledReading, reduced: FilledReading, groups: PointerGroups) -> SameNodes | None:
    """Return which nodes the reduced document has of the whole one, None if that is not known."""
    found = jsonld.SHAPES.cache.get(_nodes_key(reading, reduced, groups))
    return found if isinstance(found, SameNodes) else None


def learn_nodes(
    reading: FilledReading,
    reduced: FilledReading,
    groups: PointerGroups,
    *,
    labels: Sequence[str],
    label_map: Mapping[str, str],
) -> None:
    """Keep what the reference path found, if it comes for the second time.

    `labels` are those of the nodes of the whole document, `label_map` is from the canonical labels of the
    reduced one to these.
    """
    canonical = reduced.canonical_labels()
    key = _nodes_key(reading, reduced, groups)
    if canonical is None or not jsonld.SHAPES.cache.is_worth_keeping(key):
        return
    node_of = {label: number for number, label in enumerate(labels)}
    nodes = tuple([node_of[label_map[label]] for label in canonical])
    pointers = sum(100 + 4 * len(pointer) for group in groups.values() for pointer in group)
    # A key keeps both templates, whatever else does.
    size = reading.filled.template.bytes + reduced.filled.template.bytes + pointers + 40 * len(nodes)
    jsonld.SHAPES.cache.keep(key, SameNodes(nodes, size))


def _nodes_key(reading: FilledReading, reduced: FilledReading, groups: PointerGroups) -> tuple[object, ...]:
    return (reduced.filled.template, *_key(reading.filled.template, groups))


def _key(template: Template, groups: PointerGroups) -> tuple[object, ...]:
    return (template, *((group, tuple(pointers)) for group, pointers in groups.items()))
