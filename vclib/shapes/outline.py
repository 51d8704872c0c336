"""From a document's expansion to an outline: the statements with gaps, and what may go into each gap.

Expansion and the reading of its result let a value decide several things, and each of them is held fast or
checked here:

- a text read as an IRI may be a term, a prefix with a suffix, or absolute: a text without a colon is part
  of the template word by word, of the others what stands before the colon, and whether "//" follows it;
- an IRI may hold characters that are not allowed, and more of them than safe mode refuses are left to it:
  the template takes those of RFC 3986 only;
- a blank node identifier is another node's name: every text that begins with "_:" is left to safe mode;
- two nodes of one id are one node, and equal values of one array are one statement: both are looked for;
- an integer has bounds; a text may hold half a surrogate pair;
- what kind of literal a value becomes is decided by its key, but languages, directions, JSON literals,
  doubles, lists and graphs have rules for their content: no template is made of them.

Everything that does not fit goes through `vclib.jsonld` as if there were no templates. Names of rules are
those of `vclib.statements`, in whose order the statements come.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from vclib.nquads import RELATIVE_SCHEME, iri_term, is_absolute_iri, literal_term
from vclib.shapes.structure import Leaf
from vclib.shapes.tracing import TracedIRI, TracedNumber, TracedText
from vclib.strict_json import JSONObject, JSONValue

_XSD = "http://www.w3.org/2001/XMLSchema#"
_RDF_TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*")
# A prefix or a term longer than this is left to the reference path, so that shapes stay small.
MAX_WORD = 64
# An IRI is written once for each statement of its node; longer ones are left to the reference path, which
# counts what is written (`vclib.statements`).
MAX_IRI = 1024
# The characters of RFC 3986: what is an absolute IRI of these to us is one to PyLD, and the reverse.
_URI_LINES = re.compile(r"[!#-;=?-\[\]_a-z~\n]*")
_BEGINNING = re.compile(rf"^([^:\n]{{0,{MAX_WORD}}})(?:(:(?://)?)|$)", re.MULTILINE)


class UnfitError(Exception):
    """No template can be made of a document's expansion. Never leaves this package."""


class UnfitValueError(UnfitError):
    """The same, but another document of the shape, with other values, may do."""


@dataclass(frozen=True)
class Blank:
    """A blank node, by its number in the order of `vclib.statements`."""

    number: int


@dataclass(frozen=True)
class Gap:
    """A term that a value of the document goes into: the value's place, and the text around it."""

    place: int
    before: str
    after: str


# Of each text read as an IRI what comes before its colon, and the colon, with "//" if that follows.
Variant: TypeAlias = tuple[tuple[str, str], ...]
Term = str | Blank | Gap
Statement = tuple[Term, str, Term]


@dataclass(frozen=True)
class IRIRule:
    """What expansion makes of a text that is an IRI: all of it, or `base` and what follows the colon."""

    place: int
    base: str | None


def variant_of(iris: Sequence[Leaf]) -> Variant | None:
    """Return what of texts read as IRIs decides how they are read.

    Of each the text itself if it has no colon, else what comes before, and the colon with "//" if that
    follows. None if one has other characters than URIs have, is long, or is a number: such a text is for the
    reference path.
    """
    if not iris:
        return ()
    try:
        together = "\n".join(iris)  # type: ignore[arg-type]
    except TypeError:
        return None
    if _URI_LINES.fullmatch(together) is None or (
        len(together) > MAX_IRI and any(len(iri) > MAX_IRI for iri in together.split("\n"))
    ):
        return None
    variant = _BEGINNING.findall(together)
    # One more than there are texts for a line feed in a text, one less for a beginning that is too long.
    if len(variant) != len(iris) or together.count("\n") != len(iris) - 1:
        return None
    return tuple(variant)


@dataclass
class Outline:
    """What a traced expansion says: its statements with gaps, and what to check of the values."""

    statements: list[Statement] = field(default_factory=list)
    texts: list[int] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    iris: list[IRIRule] = field(default_factory=list)
    # Places of texts that name a term: they are part of the template, word by word.
    words: list[int] = field(default_factory=list)
    # Terms that must all be different: the nodes described, and the values of each property.
    different: list[list[Term]] = field(default_factory=list)
    blanks: int = 0

    @property
    def places(self) -> list[int]:
        """The places of all values that were found, in no order."""
        return [*self.texts, *self.numbers, *self.words, *(rule.place for rule in self.iris)]


def outline_of(expanded: Sequence[JSONValue], count: int) -> Outline:
    """Return the outline of a traced expansion of `count` values. Raises UnfitError."""
    outliner = _Outliner()
    for node in expanded:
        if not isinstance(node, dict):
            raise UnfitError
        outliner.add_node(node)
    outline = outliner.outline
    outline.different.append(outliner.described)
    # Every value of the document stands in one place of the expansion, and in one only.
    if sorted(outline.places) != list(range(count)):
        raise UnfitValueError
    mentioned = {term for subject, _, obj in outline.statements for term in (subject, obj)}
    if not {Blank(number) for number in range(outline.blanks)} <= mentioned or not outline.statements:
        raise UnfitError
    return outline


class _Outliner:
    """Walks as `vclib.statements` does, and refuses what it does not know."""

    def __init__(self) -> None:
        self.outline = Outline()
        self.described: list[Term] = []

    def add_node(self, node: JSONObject) -> Term:
        subject = self.identifier(node["@id"]) if "@id" in node else self.new_blank()
        if node.keys() - {"@id"} and not isinstance(subject, Blank):
            self.described.append(subject)
        for name, values in node.items():
            if name == "@id":
                continue
            if not isinstance(values, list):
                raise UnfitError
            if name == "@type":
                self.add_values(subject, _RDF_TYPE, [_constant_iri(value) for value in values])
            elif name.startswith("@"):
                raise UnfitError
            else:
                self.add_values(subject, _constant_iri(name), [self.add_value(value) for value in values])
        return subject

    def add_values(self, subject: Term, predicate: str, objects: list[Term]) -> None:
        if len(objects) > 1:
            self.outline.different.append(objects)
        self.outline.statements.extend((subject, predicate, term) for term in objects)

    def add_value(self, value: JSONValue) -> Term:
        if not isinstance(value, dict):
            raise UnfitError
        if "@value" in value:
            return self.literal(value)
        if not {"@list", "@graph", "@set", "@index"}.isdisjoint(value):
            raise UnfitError
        return self.add_node(value)

    def new_blank(self) -> Blank:
        self.outline.blanks += 1
        return Blank(self.outline.blanks - 1)

    def identifier(self, value: JSONValue) -> Term:
        if type(value) is str:
            return _constant_iri(value)
        if not isinstance(value, TracedIRI):
            raise UnfitValueError
        source = str(value.source)
        head, colon, tail = source.partition(":")
        if not colon:
            if len(source) > MAX_WORD:
                raise UnfitValueError
            self.outline.words.append(value.source.place)
            return _constant_iri(value)
        if not _SCHEME.fullmatch(head) or len(head) > MAX_WORD:
            raise UnfitValueError
        if value == source:
            self.outline.iris.append(IRIRule(value.source.place, None))
            return Gap(value.source.place, "<", ">")
        if tail.startswith("//") or not value.endswith(tail):
            raise UnfitValueError
        base = str(value[: len(value) - len(tail)])
        self.outline.iris.append(IRIRule(value.source.place, base))
        return Gap(value.source.place, "<" + base, ">")

    def literal(self, value: JSONObject) -> Term:
        content, datatype = value["@value"], value.get("@type")
        if value.keys() - {"@value", "@type"} or isinstance(datatype, (TracedText, TracedIRI)):
            raise UnfitError
        if datatype is not None and (not isinstance(datatype, str) or datatype == _XSD + "double"):
            raise UnfitError
        if datatype is not None and not is_absolute_iri(datatype):
            raise UnfitError
        if isinstance(content, bool):
            return literal_term("true" if content else "false", datatype=datatype or _XSD + "boolean")
        if isinstance(content, TracedNumber):
            self.outline.numbers.append(content.place)
            after = literal_term("", datatype=datatype or _XSD + "integer")[1:]
        elif isinstance(content, TracedText):
            self.outline.texts.append(content.place)
            after = literal_term("", datatype=datatype or _XSD + "string")[1:]
        else:
            raise UnfitError
        return Gap(content.place, '"', after)


def _constant_iri(value: JSONValue) -> str:
    if not isinstance(value, str) or isinstance(value, TracedText) or value.startswith(RELATIVE_SCHEME):
        raise UnfitError
    # A traced IRI is a constant only where its text is part of the shape (`_Outliner.identifier`).
    return iri_term(str(value))
