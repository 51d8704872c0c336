"""Expanded JSON-LD to RDF statements, each value becoming one or being refused.

The second half of safe mode (`vclib.safe_mode` is the first). JSON-LD's own algorithm
(https://www.w3.org/TR/json-ld11-api/#deserialize-json-ld-to-rdf-algorithm) skips whatever RDF cannot say:
relative IRIs, malformed language tags, base directions. Here every one of these is a DataLossError, because
a value that makes no statement is a value nobody signed. Two more than the algorithm asks: a value that
stands twice in one array, and one node described in two places with different values of one property, are
refused, since the statements could not tell which of two documents was meant.

Base directions become `i18n-datatype` literals (docs/decisions/0023-base-direction.md). Numbers: only those
that every reader reads alike (`_number_literal`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeGuard

from vclib import jcs
from vclib.errors import (
    AmbiguousTermsError,
    ComplexityError,
    DataLossError,
    MalformedValueError,
    ProofTransformationError,
)
from vclib.nquads import (
    BASE,
    RELATIVE_SCHEME,
    Quad,
    blank_term,
    iri_term,
    is_absolute_iri,
    literal_term,
)
from vclib.strict_json import MAX_SAFE_INTEGER, JSONObject, JSONValue

_XSD = "http://www.w3.org/2001/XMLSchema#"
_XSD_STRING = _XSD + "string"
_XSD_DOUBLE = _XSD + "double"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDF_TYPE = f"<{_RDF}type>"
_RDF_FIRST = f"<{_RDF}first>"
_RDF_REST = f"<{_RDF}rest>"
_RDF_NIL = f"<{_RDF}nil>"
_RDF_JSON = _RDF + "JSON"
# https://www.w3.org/TR/json-ld11/#the-i18n-namespace
_I18N = "https://www.w3.org/ns/i18n#"

# An identifier and a property stand in a document once, and in every statement about their node: one long
# identifier and ten thousand short values would be gigabytes of text to be sorted and hashed.
MAX_WRITTEN = 16 * 1024 * 1024

_VALUE_MEMBERS = frozenset({"@value", "@type", "@language", "@direction"})
_LIST_MEMBERS = frozenset({"@list"})


def to_statements(expanded: Sequence[JSONValue], *, integral_floats: bool = False) -> list[Quad]:
    """Return the statements of an expanded document, in document order, blank nodes labelled b0, b1, ...

    `integral_floats` accepts numbers like 7.0, as the integers that the standard makes of them.
    Raises DataLossError, AmbiguousTermsError, MalformedValueError for an IRI with forbidden characters, and
    ComplexityError for statements of more than MAX_WRITTEN characters.
    """
    builder = _Builder(integral_floats)
    for node in expanded:
        if not _is_node(node):
            raise DataLossError("a value at the top of the document would not be signed")
        builder.add_node(node, "")
    if not builder.quads:
        raise DataLossError("the document makes no statement, so nothing of it would be signed")
    if (
        sum(len(quad.subject) + len(quad.predicate) + len(quad.object) for quad in builder.quads)
        > MAX_WRITTEN
    ):
        raise ComplexityError(f"the statements take more than {MAX_WRITTEN} characters")
    return builder.quads


class _Builder:
    """Collects the statements of one document."""

    def __init__(self, integral_floats: bool) -> None:
        self.integral_floats = integral_floats
        self.quads: list[Quad] = []
        self.labels: dict[str, str] = {}
        self.issued = 0
        # (graph, subject, property) of every description seen, to the values it gave.
        self.described: dict[tuple[str, str, str], frozenset[str]] = {}

    def new_blank(self) -> str:
        label = f"_:b{self.issued}"
        self.issued += 1
        return label

    def blank(self, given: str) -> str:
        """Return our label for a blank node the document labels itself."""
        if given not in self.labels:
            blank_term(given[2:])
            self.labels[given] = self.new_blank()
        return self.labels[given]

    def resource(self, iri: str) -> str:
        return self.blank(iri) if iri.startswith("_:") else _absolute(iri, "an identifier")

    def add_node(self, node: JSONObject, graph: str) -> str:
        """Add the statements of a node object; return the term of the node."""
        given = node.get("@id")
        if "@id" in node and not isinstance(given, str):
            # What looks like a keyword ("@foo") expands to nothing, and its text would be lost.
            raise DataLossError("an identifier that expands to nothing would not be signed")
        subject = self.resource(given) if isinstance(given, str) else self.new_blank()
        for name, values in node.items():
            if name == "@id":
                continue
            if name == "@type":
                self.add_types(subject, values, graph)
            elif name.startswith("@"):
                raise DataLossError(f"the keyword {name} of a node would not be signed")
            else:
                self.add_property(subject, _absolute(name, "a property"), values, graph)
        return subject

    def add_types(self, subject: str, values: JSONValue, graph: str) -> None:
        types = []
        for value in _array(values):
            if not isinstance(value, str):
                raise DataLossError("a type that is not text would not be signed")
            types.append(_absolute(value, f"the type {_local_name(value)}"))
        self.add_values(subject, _RDF_TYPE, types, graph)

    def add_property(self, subject: str, predicate: str, values: JSONValue, graph: str) -> None:
        objects = [self.add_value(value, graph) for value in _array(values)]
        self.add_values(subject, predicate, objects, graph)

    def add_values(self, subject: str, predicate: str, objects: list[str], graph: str) -> None:
        described = frozenset(objects)
        if len(described) != len(objects):
            raise DataLossError(f"the property {predicate} has one value twice, only one would be signed")
        before = self.described.setdefault((graph, subject, predicate), described)
        if before is described:
            self.quads.extend(Quad(subject, predicate, term, graph) for term in objects)
        elif before != described:
            raise AmbiguousTermsError(
                f"the property {predicate} of one node is given in two places with different values, "
                "which could be exchanged without breaking a signature"
            )

    def add_value(self, value: JSONValue, graph: str) -> str:
        """Add what a property's value says itself; return the term of the value."""
        if not isinstance(value, dict):
            raise DataLossError("a value that is no object would not be signed")
        if "@index" in value:
            raise DataLossError("an @index would not be signed")
        if "@value" in value:
            _check_members(value, _VALUE_MEMBERS)
            return _literal(value, self.integral_floats)
        if "@list" in value:
            # PyLD lets a list keep a type and other members, which no statement would hold.
            _check_members(value, _LIST_MEMBERS)
            return self.add_list(_array(value["@list"]), graph)
        if "@graph" in value:
            return self.add_graph(value, graph)
        return self.add_node(value, graph)

    def add_list(self, items: Sequence[JSONValue], graph: str) -> str:
        """Add a list as a chain of blank nodes; return its head."""
        terms = [self.add_value(item, graph) for item in items]
        head = _RDF_NIL
        for term in reversed(terms):
            cell = self.new_blank()
            self.quads.append(Quad(cell, _RDF_FIRST, term, graph))
            self.quads.append(Quad(cell, _RDF_REST, head, graph))
            head = cell
        return head

    def add_graph(self, value: JSONObject, graph: str) -> str:
        """Add the named graph that a graph container makes; return its name, a new blank node."""
        # Named graphs do not nest in RDF: an inner graph is another graph of the dataset, referred to from
        # within this one.
        if set(value) != {"@graph"}:
            raise DataLossError("a graph with a name of its own is not accepted in a document")
        name = self.new_blank()
        for node in _array(value["@graph"]):
            if not _is_node(node) or set(node) <= {"@id"}:
                raise DataLossError("a graph that holds only a reference or a value would not be signed")
            self.add_node(node, name)
        return name


def _check_members(value: JSONObject, allowed: frozenset[str]) -> None:
    if not allowed.issuperset(value):
        raise DataLossError(
            f"members beside those of a value or list ({', '.join(sorted(allowed))}) are lost"
        )


def _literal(value: JSONObject, integral_floats: bool) -> str:
    content, datatype, language = value["@value"], value.get("@type"), value.get("@language")
    if datatype == "@json":
        return _json_literal(content)
    if datatype is not None and not isinstance(datatype, str):
        raise DataLossError("a value with several types would not be signed")
    if datatype is not None:
        _absolute(datatype, "the type of a value")
    if isinstance(content, bool):
        return literal_term("true" if content else "false", datatype=datatype or _XSD + "boolean")
    if integral_floats and isinstance(content, float) and content.is_integer() and content != 0:
        content = int(content)
    if isinstance(content, (int, float)):
        return _number_literal(content, datatype)
    if not isinstance(content, str):
        raise DataLossError("a value that is neither text, number nor boolean would not be signed")
    if datatype == _XSD_DOUBLE:
        _check_double_text(content)
    if "@direction" in value:
        return literal_term(content, datatype=f"{_I18N}{language or ''}_{value['@direction']}")
    if language is not None:
        return _language_literal(content, language)
    return literal_term(content, datatype=datatype or _XSD_STRING)


def _json_literal(content: JSONValue) -> str:
    try:
        return literal_term(jcs.canonicalize(content).decode("utf-8"), datatype=_RDF_JSON)
    except ProofTransformationError as err:
        raise DataLossError(f"a JSON literal cannot be signed: {err.message}") from err


def _language_literal(content: str, language: JSONValue) -> str:
    try:
        return literal_term(content, language=str(language))
    except MalformedValueError as err:
        raise DataLossError(f"{err.message}, the text would not be signed") from err


def _number_literal(number: int | float, datatype: str | None) -> str:
    """Return a number as a literal, if every reader would read the same number from it.

    JSON has one kind of number, RDF several, and libraries differ on which one 1.0, 1e21 or -0 become. An
    integer must be exact in a double. Of another number the standard writes 16 digits, other libraries as
    few as tell it from its neighbours: 69.025 is 6.902500000000001E1 or 6.9025E1. Both must agree.
    """
    if isinstance(number, int):
        if abs(number) > MAX_SAFE_INTEGER:
            raise DataLossError("an integer beyond 2^53 - 1 is read differently by different readers")
        if datatype == _XSD_DOUBLE:
            return literal_term(_canonical_double(float(number)), datatype=datatype)
        return literal_term(str(number), datatype=datatype or _XSD + "integer")
    if not math.isfinite(number) or number.is_integer():
        raise DataLossError("a number like 1.0, 1e21 or -0.0 is read differently by different readers")
    text = _canonical_double(number)
    if Decimal(text) != Decimal(repr(number)):
        raise DataLossError("a number is written with other digits by other libraries: write it as text")
    return literal_term(text, datatype=datatype or _XSD_DOUBLE)


def _canonical_double(number: float) -> str:
    """Return xsd:double's canonical form as JSON-LD writes it: 5.5 is "5.5E0", 1e-7 is "1.0E-7"."""
    mantissa, exponent = f"{number:.15E}".split("E")
    digits = mantissa.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def _check_double_text(text: str) -> None:
    # Some JSON-LD libraries respell text of this type as a number and others leave it, so only text that
    # respelling leaves as it is means the same to all.
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if (
        not math.isfinite(number)
        or text != _canonical_double(number)
        or Decimal(text) != Decimal(repr(number))
    ):
        raise DataLossError("a text of type xsd:double must be in canonical form, such as 5.5E0")


def _absolute(iri: str, what: str) -> str:
    """Return the term of an absolute IRI; `what` says in the message whose, since values stay out of it."""
    if iri.startswith(RELATIVE_SCHEME) or not is_absolute_iri(iri):
        raise DataLossError(f"{what} is neither a defined term nor an absolute IRI, it would not be signed")
    return iri_term(iri)


def _array(value: JSONValue) -> list[JSONValue]:
    if not isinstance(value, list):
        raise DataLossError("expected an array of values in an expanded document")
    return value


def _local_name(iri: str) -> str:
    """Return a type as it was written, for messages."""
    return ascii(iri.removeprefix(BASE)[:80])


def _is_node(value: JSONValue) -> TypeGuard[JSONObject]:
    return isinstance(value, dict) and not {"@value", "@list", "@set", "@graph"} & set(value)
