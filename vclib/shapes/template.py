"""Templates: the statements of every document of one shape and variant, to be filled with its values.

Filling checks what values decide (`vclib.shapes.outline` says what that is) and does nothing but put texts
into formats, hash and sort. Whoever gets None goes the reference path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

from vclib.errors import CredentialError, MalformedValueError
from vclib.nquads import Quad, escape_literal
from vclib.shapes.lines import Blocks, joined, lines_of
from vclib.shapes.outline import Blank, Gap, Outline, Statement, Term
from vclib.shapes.structure import Leaf, getter, replaced
from vclib.shapes.tracing import TracedIRI, TracedNumber, TracedText
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject, JSONValue

# Longer texts are left to the reference path, which counts what is written (`vclib.statements`).
_MAX_TEXTS = 1_000_000

_HASHES = MappingProxyType({"sha256": hashlib.sha256, "sha384": hashlib.sha384})

# What a document and its expansion together say; see `Template.conclusion`. Any: values may be places.
Conclude: TypeAlias = Callable[[Any, Any], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Template:
    """The statements of the documents of one shape and variant.

    `parts` are the places of IRIs of which only what follows the colon is kept, each with what stands before.
    """

    texts: Callable[[Sequence[str]], Sequence[str]]
    text_places: tuple[int, ...]
    numbers: tuple[int, ...]
    parts: tuple[tuple[int, str], ...]
    different: tuple[tuple[Term, ...], ...]
    statements: tuple[Statement, ...]
    values: int
    blanks: int
    blocks: Blocks
    # The statements that mention each blank node, as Hash First Degree Quads writes them.
    first_degree: Blocks
    # Any: a place stands where a value will, in the expanded form and in the document itself.
    expanded: list[Any]
    document: dict[str, Any]
    bytes: int
    _conclusions: dict[Conclude, tuple[str, ...]] = field(default_factory=dict, init=False)

    @classmethod
    def of(
        cls,
        outline: Outline,
        values: int,
        expanded: list[JSONValue],
        document: JSONObject,
        shape_bytes: int,
    ) -> Template:
        """Return the template of an outline.

        `expanded` is the traced expansion of `document` that it was made from, `shape_bytes` what its key
        takes.
        """
        statements = tuple(outline.statements)
        blocks = Blocks.by_subject(statements, lambda blank: Gap(values + blank.number, "_:", ""))
        first_degree = Blocks.by_group(
            _mentioning(statements, outline.blanks),
            [
                lambda blank, own=number: "_:a" if blank.number == own else "_:z"  # type: ignore[misc]
                for number in range(outline.blanks)
            ],
        )
        written = len(blocks.text) + len(first_degree.text) + 200 * outline.blanks
        return cls(
            texts=getter(outline.texts),
            text_places=tuple(outline.texts),
            numbers=tuple(outline.numbers),
            parts=tuple((rule.place, rule.base) for rule in outline.iris if rule.base is not None),
            different=tuple(tuple(terms) for terms in outline.different if len(terms) > 1),
            statements=statements,
            values=values,
            blanks=outline.blanks,
            blocks=blocks,
            first_degree=first_degree,
            expanded=[_frozen(node) for node in expanded],
            document=replaced(document, lambda _, place: _Place(place)),
            bytes=shape_bytes + 4 * written + 500 * (values + len(statements)) + 100 * len(blocks.numbers),
        )

    def conclusion(self, check: Conclude) -> tuple[str, ...] | None:
        """Return what `check` says of every document of the template, None if that depends on its values.

        `check(document, expanded)` gets places for values, and each is equal to itself only: whatever it
        finds equal is equal in all documents. So it may look at keys and kinds and ask whether values are
        equal, may conclude nothing from values that differ but an error (CredentialError,
        MalformedValueError), and returns texts that it did not take from the document.
        """
        known = self._conclusions.get(check)
        if known is None:
            try:
                known = check(self.document, self.expanded)
            except (CredentialError, MalformedValueError):
                return None
            self._conclusions[check] = known
        return known

    def fill(self, leaves: Sequence[Leaf]) -> Filled | None:
        """Return the statements with these values, None if a value has to be looked at by the reference path.

        `leaves` must be of the template's shape and variant.
        """
        arguments: list[str] = list(leaves)  # type: ignore[arg-type]
        texts = self.texts(arguments)
        if len(joined := "".join(texts)) > _MAX_TEXTS:
            return None
        try:
            if escape_literal(joined) is not joined:
                for place in self.text_places:
                    arguments[place] = escape_literal(arguments[place])
        except MalformedValueError:
            return None
        if "_:" in joined and any(text.startswith("_:") for text in texts):
            return None
        for place in self.numbers:
            number: int = leaves[place]  # type: ignore[assignment]
            if not -MAX_SAFE_INTEGER <= number <= MAX_SAFE_INTEGER:
                return None
            arguments[place] = str(number)
        for place, _ in self.parts:
            whole = arguments[place]
            arguments[place] = whole[whole.index(":") + 1 :]
        for terms in self.different:
            if len({_written(term, arguments) for term in terms}) != len(terms):
                return None
        return Filled(self, leaves, arguments)


@dataclass(frozen=True)
class Filled:
    """A template with the values of one document."""

    template: Template
    leaves: Sequence[Leaf]
    arguments: list[str]

    def quads(self) -> list[Quad]:
        """Return the statements as `vclib.statements.to_statements` does."""
        arguments = self.arguments
        return [
            Quad(_written(subject, arguments), predicate, _written(obj, arguments))
            for subject, predicate, obj in self.template.statements
        ]

    def expanded(self) -> list[JSONValue]:
        """Return the expanded form of the document, a new one each time."""

        # Any: a place stands where a value will.
        def value_of(frozen: Any) -> JSONValue:
            kind = type(frozen)
            if kind is dict:
                return {name: value_of(value) for name, value in frozen.items()}
            if kind is list:
                return [value_of(value) for value in frozen]
            if isinstance(frozen, _Place):
                place, base = frozen.place, frozen.base
                return self.leaves[place] if base is None else base + self.arguments[place]
            scalar: JSONValue = frozen
            return scalar

        return [value_of(node) for node in self.template.expanded]

    def canonical_labels(self, hash_name: str = "sha256") -> list[str] | None:
        """Return the canonical label of each blank node ("c14n0"); None if two nodes look alike at first.

        That is Hash First Degree Quads, https://www.w3.org/TR/rdf-canon/#hash-1d-quads, and step 4 of the
        canonicalization algorithm.
        """
        if self.template.blanks < 2:
            # Nothing to be told apart; the hash would be of no use.
            return ["c14n0"] * self.template.blanks
        new_hash = _HASHES[hash_name]
        texts = self.template.first_degree.fill(self.arguments)
        for position in self.template.first_degree.unsettled:
            texts[position] = "\n".join(sorted(texts[position].split("\n")[:-1])) + "\n"
        # Digests sort as their hexadecimal forms do.
        hashes = [new_hash(text.encode("utf-8")).digest() for text in texts]
        order = {digest: rank for rank, digest in enumerate(sorted(hashes))}
        if len(order) != len(hashes):
            return None
        return [f"c14n{order[digest]}" for digest in hashes]

    def canonical_text(self, labels: Sequence[str]) -> str:
        """Return the statements as sorted lines; `labels` are those of the blank nodes."""
        return joined(sorted(self.template.blocks.fill([*self.arguments, *labels])))

    def sorted_lines(self, labels: Sequence[str]) -> tuple[list[str], list[int]]:
        """Return the sorted lines with their ends, and the number of the statement that each is."""
        blocks = self.template.blocks.fill([*self.arguments, *labels])
        numbers = self.template.blocks.numbers
        lines: list[str] = []
        order: list[int] = []
        for position in sorted(range(len(blocks)), key=blocks.__getitem__):
            lines += lines_of(blocks[position])
            order += numbers[position]
        return lines, order


def _mentioning(statements: Sequence[Statement], blanks: int) -> list[list[Statement]]:
    """Return the statements that mention each blank node, in one walk, since strangers choose how many."""
    mentioning: list[list[Statement]] = [[] for _ in range(blanks)]
    for statement in statements:
        subject, _, obj = statement
        for term in dict.fromkeys((subject, obj)):
            if isinstance(term, Blank):
                mentioning[term.number].append(statement)
    return mentioning


def _written(term: Term, arguments: Sequence[str]) -> str:
    if isinstance(term, str):
        return term
    if isinstance(term, Blank):
        return f"_:b{term.number}"
    return f"{term.before}{arguments[term.place]}{term.after}"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value of the document stands; with a base, what follows its colon comes after that."""

    place: int
    base: str | None = None


def _frozen(value: JSONValue) -> Any:
    """Return a traced expansion with places for values, and nothing of the document that it came from."""
    if isinstance(value, dict):
        return {str(name): _frozen(below) for name, below in value.items()}
    if isinstance(value, list):
        return [_frozen(below) for below in value]
    if isinstance(value, TracedIRI):
        source = str(value.source)
        if ":" not in source:
            # A word is part of the template.
            return str(value)
        if value == source:
            return _Place(value.source.place)
        tail = source[source.index(":") + 1 :]
        return _Place(value.source.place, str(value[: len(value) - len(tail)]))
    if isinstance(value, (TracedText, TracedNumber)):
        return _Place(value.place)
    return value
