"""Which statements groups of JSON pointers select, remembered for documents of one compiled shape.

Pointers select by keys and positions, so what they select of one document they select of every other of its
shape. It is learned from the reference path (`selective`), by finding its statements among those of the
template, and kept in the bounded cache of the shapes. Not here: what is done for any other document.
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


def _key(template: Template, groups: PointerGroups) -> tuple[object, ...]:
    return (template, *((group, tuple(pointers)) for group, pointers in groups.items()))
