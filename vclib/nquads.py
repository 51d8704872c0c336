"""RDF quads as canonical N-Quads text: reading, writing, escaping.

What is signed is this text, so every term has exactly one spelling: the canonical form of
https://www.w3.org/TR/rdf-canon/#canonical-quads. A quad here holds its terms already in that spelling
(`<iri>`, `_:b0`, `"text"`, `"5"^^<...integer>`, `"x"@en`), because every later step sorts, compares and
hashes text and nothing ever needs the parts. The grammar is https://www.w3.org/TR/n-quads/ (RDF 1.1).
Not here: canonical blank node labels (`vclib.rdfc`) and JSON-LD (`vclib.jsonld`).
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from vclib.errors import MalformedValueError

XSD_STRING = "http://www.w3.org/2001/XMLSchema#string"
RDF_LANG_STRING = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"

# What an unknown relative reference becomes, so that it is recognized afterwards wherever it stands. PyLD
# would otherwise resolve it against http://example.org/base/ and sign that.
RELATIVE_SCHEME = "relative-iri:"
BASE = RELATIVE_SCHEME + "//document/"


class Quad(NamedTuple):
    """One statement; each term in canonical N-Quads spelling, `graph` "" for the default graph."""

    subject: str
    predicate: str
    object: str
    graph: str = ""


def is_blank(term: str) -> bool:
    """Return whether a term is a blank node."""
    return term.startswith("_:")


def is_absolute_iri(iri: str) -> bool:
    """Return whether `iri` has a scheme and only characters that N-Quads allows between < and >."""
    return _ABSOLUTE_IRI.fullmatch(iri) is not None


def iri_term(iri: str) -> str:
    """Return `<iri>`; raises MalformedValueError unless it is absolute and of characters IRIs may have.

    Control characters, spaces, any of <>"{}|^`\\ and lone surrogates are refused, never escaped: no IRI
    has them, and readers differ in what they make of them.
    """
    if _ABSOLUTE_IRI.fullmatch(iri) is None:
        raise MalformedValueError(f"expected an absolute IRI, found {_shown(iri)}")
    return f"<{iri}>"


def blank_term(label: str) -> str:
    """Return `_:label`; raises MalformedValueError for a label outside the grammar."""
    term = f"_:{label}"
    if _BLANK.fullmatch(term) is None:
        raise MalformedValueError(f"expected a blank node label, found {_shown(label)}")
    return term


def literal_term(value: str, *, datatype: str = XSD_STRING, language: str | None = None) -> str:
    """Return a literal, escaped as the canonical form asks; `language` excludes `datatype`.

    Raises MalformedValueError for lone surrogates, a relative datatype IRI or a malformed language tag.
    """
    quoted = f'"{escape_literal(value)}"'
    if language is not None:
        if _LANGUAGE.fullmatch(language) is None:
            raise MalformedValueError(f"expected a language tag, found {_shown(language)}")
        return f"{quoted}@{language}"
    if datatype == XSD_STRING:
        return quoted
    if datatype == RDF_LANG_STRING:
        raise MalformedValueError("a literal of type rdf:langString needs a language tag")
    return f"{quoted}^^{iri_term(datatype)}"


def serialize_quad(quad: Quad) -> str:
    """Return the statement as one line that ends in " .\\n"."""
    if quad.graph:
        return f"{quad.subject} {quad.predicate} {quad.object} {quad.graph} .\n"
    return f"{quad.subject} {quad.predicate} {quad.object} .\n"


def parse_nquads(text: str) -> list[Quad]:
    """Return the statements of an N-Quads document in their order, terms respelled canonically.

    Comments and empty lines are skipped. Raises MalformedValueError naming the line.
    """
    quads = []
    for number, line in enumerate(re.split(r"[\r\n]+", text), start=1):
        if _EMPTY.fullmatch(line):
            continue
        try:
            quads.append(parse_quad(line))
        except MalformedValueError as err:
            raise MalformedValueError(f"line {number}: {err.message}") from err
    return quads


def parse_quad(line: str) -> Quad:
    """Return one statement of N-Quads, with or without its end of line. Raises MalformedValueError."""
    match = _quad().fullmatch(line.rstrip("\r\n"))
    if match is None:
        raise MalformedValueError(f"expected an N-Quads statement, found {_shown(line)}")
    subject, predicate, obj, graph = match.groups(default="")
    return Quad(_canonical(subject), _canonical(predicate), _canonical(obj), _canonical(graph))


@cache
def _quad() -> re.Pattern[str]:
    # Only tests and tools read N-Quads, and the pattern takes longer to compile than this module to import.
    return re.compile(
        rf"[ \t]*({_IRIREF}|{_BLANK_NODE_LABEL})"
        rf"[ \t]*({_IRIREF})"
        rf"[ \t]*({_IRIREF}|{_BLANK_NODE_LABEL}|{_LITERAL})"
        rf"[ \t]*({_IRIREF}|{_BLANK_NODE_LABEL})?"
        r"[ \t]*\.[ \t]*(?:#.*)?"
    )


# The grammar of https://www.w3.org/TR/n-quads/#sec-grammar, production names in capitals.
_HEX = "[0-9A-Fa-f]"
_UCHAR = rf"\\u{_HEX}{{4}}|\\U{_HEX}{{8}}"
_IRI_CHARACTER = r"[^\x00-\x20<>\"{}|^`\\\ud800-\udfff]"
_IRIREF = rf"<(?:{_IRI_CHARACTER}|{_UCHAR})*>"
_PN_CHARS_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d"
    "\u2070-\u218f\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_PN_CHARS_U = _PN_CHARS_BASE + "_:"
_PN_CHARS = _PN_CHARS_U + r"\-0-9" + "\u00b7\u0300-\u036f\u203f-\u2040"
_BLANK_NODE_LABEL = rf"_:[{_PN_CHARS_U}0-9](?:[{_PN_CHARS}.]*[{_PN_CHARS}])?"
_STRING_LITERAL = rf'"(?:[^"\\\r\n\ud800-\udfff]|\\[tbnrf"\'\\]|{_UCHAR})*"'
_LANGTAG = r"@[a-zA-Z]+(?:-[a-zA-Z0-9]+)*"
_LITERAL = rf"{_STRING_LITERAL}(?:\^\^{_IRIREF}|{_LANGTAG})?"
_EMPTY = re.compile(r"[ \t]*(?:#.*)?")
_ABSOLUTE_IRI = re.compile(rf"[A-Za-z][A-Za-z0-9+.\-]*:{_IRI_CHARACTER}*")
_BLANK = re.compile(_BLANK_NODE_LABEL)
_LANGUAGE = re.compile(_LANGTAG[1:])
_PARTS = re.compile(rf"({_STRING_LITERAL})(?:\^\^<(.*)>|@(.*))?", re.DOTALL)
_ESCAPED = re.compile(rf"\\[tbnrf\"'\\]|{_UCHAR}")
_ECHAR = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f", '"': '"', "'": "'", "\\": "\\"}

# Canonical escapes: these ECHARs, and UCHAR for the other controls, DEL, and the two code points of the
# basic plane that XML 1.1's Char production leaves out (surrogates are refused instead).
_TO_ECHAR = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_NEEDS_ESCAPE = re.compile(r"[\x00-\x1f\"\\\x7f\ufffe\uffff\ud800-\udfff]")


def escape_literal(value: str) -> str:
    """Return what stands between the quotation marks of a literal; `value` itself if nothing is escaped.

    Raises MalformedValueError for lone surrogates.
    """
    if _NEEDS_ESCAPE.search(value) is None:
        return value
    return _NEEDS_ESCAPE.sub(_escaped_character, value)


def _escaped_character(match: re.Match[str]) -> str:
    character = match.group()
    if "\ud800" <= character <= "\udfff":
        raise MalformedValueError("a literal holds half a surrogate pair, which is not a character")
    return _TO_ECHAR.get(character) or f"\\u{ord(character):04X}"


def _unescape(value: str) -> str:
    if "\\" not in value:
        return value
    return _ESCAPED.sub(_unescaped_character, value)


def _unescaped_character(match: re.Match[str]) -> str:
    escape = match.group()
    if escape[1] not in "uU":
        return _ECHAR[escape[1]]
    number = int(escape[2:], 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise MalformedValueError(f"the escape {escape} names no character")
    return chr(number)


def _canonical(term: str) -> str:
    """Respell a term that the grammar has accepted."""
    if not term or is_blank(term):
        return term
    if term.startswith("<"):
        return iri_term(_unescape(term[1:-1]))
    parts = _PARTS.fullmatch(term)
    if parts is None:
        raise MalformedValueError(f"expected a literal, found {_shown(term)}")
    value, datatype, language = parts.groups()
    if language is not None:
        return literal_term(_unescape(value[1:-1]), language=language)
    return literal_term(
        _unescape(value[1:-1]), datatype=XSD_STRING if datatype is None else _unescape(datatype)
    )


def _shown(text: str) -> str:
    """Return a text for a message: short, and with nothing in it that a terminal would obey."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")
