"""Statements as text with gaps, ordered as far as their order is the same whatever fills the gaps.

Canonical N-Quads are sorted by code points, and most of that is known before any value is: of two lines that
differ before the first gap of either, the one that comes first always does. So lines of one subject are put
into one block in their order, and only the blocks are sorted when they have been filled. That is the same as
sorting all lines: lines of different subjects differ within "<iri> " or "_:label ", which no other subject
begins with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from vclib.shapes.outline import Blank, Gap, Statement, Term
from vclib.shapes.structure import getter

# Neither stands in a line: literals have control characters escaped, IRIs and labels have none.
_BLOCK_END, _LINE_END = "\x00", "\x01"

# A line in pieces: text, and the numbers of the arguments that go between.
_Pieces: TypeAlias = list[str | int]
_Written: TypeAlias = Callable[[Blank], Gap | str]


@dataclass(frozen=True)
class Blocks:
    """Blocks of lines as one format; `numbers` says which statements stand in each, in which order.

    `unsettled` are the blocks whose lines have to be sorted when they are filled.
    """

    text: str
    arguments: Callable[[Sequence[str]], Sequence[str]]
    numbers: tuple[tuple[int, ...], ...]
    unsettled: tuple[int, ...]

    @classmethod
    def by_subject(cls, statements: Sequence[Statement], blank: _Written) -> Blocks:
        """Return the statements in blocks of one subject, those of unsettled order each in a block alone."""
        of_subject: dict[Term, list[int]] = {}
        for number, (subject, _, _) in enumerate(statements):
            of_subject.setdefault(subject, []).append(number)
        blocks: list[list[int]] = []
        for numbers in of_subject.values():
            ends = [_pieces([f" {statements[n][1]} ", statements[n][2]], blank) for n in numbers]
            order = _settled_order(ends)
            blocks += [[n] for n in numbers] if order is None else [[numbers[at] for at in order]]
        lines = [[_line(statements[number], blank) for number in numbers] for numbers in blocks]
        return cls._of(lines, blocks, _LINE_END, ())

    @classmethod
    def by_group(cls, groups: Sequence[Sequence[Statement]], blanks: Sequence[_Written]) -> Blocks:
        """Return one block for each group of statements, written with that group's way to write blanks."""
        blocks: list[list[int]] = []
        lines: list[list[_Pieces]] = []
        unsettled: list[int] = []
        for position, (statements, blank) in enumerate(zip(groups, blanks, strict=True)):
            pieces = [_line(statement, blank) for statement in statements]
            order = _settled_order(pieces)
            if order is None:
                unsettled.append(position)
                order = list(range(len(statements)))
            blocks.append(order)
            lines.append([pieces[at] for at in order])
        return cls._of(lines, blocks, "", tuple(unsettled))

    @classmethod
    def _of(
        cls,
        lines: Sequence[Sequence[_Pieces]],
        blocks: Sequence[Sequence[int]],
        line_end: str,
        unsettled: tuple[int, ...],
    ) -> Blocks:
        places: list[int] = []

        def written(piece: str | int) -> str:
            if isinstance(piece, int):
                places.append(piece)
                return "%s"
            return piece.replace("%", "%%")

        text = _BLOCK_END.join(
            [line_end.join(["".join(map(written, line)) for line in block]) for block in lines]
        )
        return cls(text, getter(places), tuple(map(tuple, blocks)), unsettled)

    def fill(self, arguments: Sequence[str]) -> list[str]:
        """Return the blocks, each as its lines with their ends; `lines_of` tells them apart."""
        return (self.text % self.arguments(arguments)).split(_BLOCK_END) if self.numbers else []


def lines_of(block: str) -> list[str]:
    """Return the lines of a block by subject."""
    return block.split(_LINE_END)


def joined(blocks: Sequence[str]) -> str:
    """Return the lines of blocks by subject, one after the other."""
    return "".join(blocks).replace(_LINE_END, "")


def _line(statement: Statement, blank: _Written) -> _Pieces:
    subject, predicate, obj = statement
    return _pieces([subject, f" {predicate} ", obj, " .\n"], blank)


def _pieces(terms: Sequence[Term], blank: _Written) -> _Pieces:
    pieces: _Pieces = [""]
    for term in terms:
        found = blank(term) if isinstance(term, Blank) else term
        for piece in (found,) if isinstance(found, str) else (found.before, found.place, found.after):
            if isinstance(piece, str) and isinstance(pieces[-1], str):
                pieces[-1] += piece
            else:
                pieces.append(piece)
    return pieces


def _settled_order(lines: Sequence[_Pieces]) -> list[int] | None:
    """Return the order of the lines whatever fills their gaps, None if that is not known."""
    # Each begins with a text, which may be empty. What follows the first gap is not looked at.
    beginnings = [str(line[0]) for line in lines]
    order = sorted(range(len(lines)), key=beginnings.__getitem__)
    # If a text begins with another one, it also begins with one that is right before it in the order.
    for before, after in pairwise(order):
        if beginnings[after].startswith(beginnings[before]):
            return None
    return order
