"""N-Quads: one spelling for each term, and nothing that is not a term."""

from __future__ import annotations

import pytest

from vclib.errors import MalformedValueError
from vclib.nquads import (
    Quad,
    blank_term,
    iri_term,
    is_absolute_iri,
    literal_term,
    parse_nquads,
    parse_quad,
    serialize_quad,
)

_DATE = "http://www.w3.org/2001/XMLSchema#date"


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        # https://www.w3.org/TR/rdf-canon/#canonical-quads
        ('\b\t\n\f\r"\\', '"\\b\\t\\n\\f\\r\\"\\\\"'),
        ("\x00\x01\x0b\x1f", '"\\u0000\\u0001\\u000B\\u001F"'),
        ("\x7f", '"\\u007F"'),
        ("\ufffe\uffff", '"\\uFFFE\\uFFFF"'),
        ("'é \u0080\u2028\U0001f600", '"\'é \u0080\u2028\U0001f600"'),
        ("", '""'),
    ],
)
def test_literals_are_escaped_as_the_canonical_form_says(value: str, spelled: str) -> None:
    """B6: two libraries may differ here, the standard does not."""
    assert literal_term(value) == spelled


def test_literals_name_their_type_unless_it_is_string() -> None:
    assert literal_term("x", datatype="http://www.w3.org/2001/XMLSchema#string") == '"x"'
    assert literal_term("2021-05-06", datatype=_DATE) == f'"2021-05-06"^^<{_DATE}>'
    assert literal_term("chat", language="fr-CA") == '"chat"@fr-CA'


@pytest.mark.parametrize("code_point", [0xD800, 0xDBFF, 0xDC00, 0xDFFF])
def test_half_a_surrogate_pair_in_a_literal_is_refused(code_point: int) -> None:
    """B6."""
    with pytest.raises(MalformedValueError, match="half a surrogate pair"):
        literal_term(f"a{chr(code_point)}b")


@pytest.mark.parametrize("tag", ["", "-", "fr-", "fr_CA", "12", "fr CA", 'en"'])
def test_malformed_language_tag_is_refused(tag: str) -> None:
    with pytest.raises(MalformedValueError, match="expected a language tag"):
        literal_term("x", language=tag)


def test_language_strings_need_a_language() -> None:
    with pytest.raises(MalformedValueError, match="needs a language tag"):
        literal_term("x", datatype="http://www.w3.org/1999/02/22-rdf-syntax-ns#langString")


@pytest.mark.parametrize(
    "iri", ["urn:a", "did:key:z6Mk#z6Mk", "https://example.org/é?q=1#f", "a+b-c.d:", "HTTP://x/%41"]
)
def test_absolute_iris_are_terms_as_they_stand(iri: str) -> None:
    assert is_absolute_iri(iri)
    assert iri_term(iri) == f"<{iri}>"


@pytest.mark.parametrize(
    "iri",
    [
        "",
        "relative",
        "#fragment",
        "//host/path",
        "1a:b",
        "_:b0",
        "urn:a b",
        "urn:a\x00",
        "urn:a\n",
        "urn:a\x7fb c",
        "urn:<a>",
        'urn:"',
        "urn:{a}",
        "urn:a|b",
        "urn:a^b",
        "urn:a`b",
        "urn:a\\u0020",
        "urn:\ud800",
    ],
)
def test_what_is_no_absolute_iri_is_refused(iri: str) -> None:
    """B6: refused and never escaped, since readers differ in what they make of the escape."""
    assert not is_absolute_iri(iri)
    with pytest.raises(MalformedValueError, match="expected an absolute IRI"):
        iri_term(iri)


def test_the_message_is_short_and_inert() -> None:
    with pytest.raises(MalformedValueError) as caught:
        iri_term("\x1b[2J" + "x" * 10_000)
    assert len(str(caught.value)) < 200
    assert "\x1b" not in str(caught.value)


def test_a_statement_is_read_and_written_in_one_spelling() -> None:
    quad = parse_quad('_:a\t<urn:p>  "\\u0041\\\'\\t"^^<urn:\\u0064>\t_:g . # comment')
    assert quad == Quad("_:a", "<urn:p>", '"A\'\\t"^^<urn:d>', "_:g")
    assert serialize_quad(quad) == '_:a <urn:p> "A\'\\t"^^<urn:d> _:g .\n'
    assert serialize_quad(Quad("<urn:s>", "<urn:p>", '"o"')) == '<urn:s> <urn:p> "o" .\n'


def test_string_type_and_long_escapes_are_respelled() -> None:
    line = '<urn:s> <urn:p> "\\U0001F600"^^<http://www.w3.org/2001/XMLSchema#string> .'
    assert parse_quad(line).object == '"\U0001f600"'


def test_a_document_is_read_without_its_comments_and_empty_lines() -> None:
    text = '# a comment\r\n\r\n<urn:s> <urn:p> "1" .\n   \n<urn:s> <urn:p> "2"@en .'
    assert parse_nquads(text) == [
        Quad("<urn:s>", "<urn:p>", '"1"'),
        Quad("<urn:s>", "<urn:p>", '"2"@en'),
    ]


@pytest.mark.parametrize(
    "line",
    [
        '"s" <urn:p> "o" .',
        '<urn:s> _:p "o" .',
        '<urn:s> <urn:p> "o"',
        '<urn:s> <urn:p> "o" "g" .',
        "<urn:s> <urn:p> .",
        '<urn:s> <urn:p> "o" . <urn:s>',
        '<urn:s> <urn:p> "a\\x" .',
        '<urn:s> <urn:p> "unclosed .',
        '<urn:s> <urn:p> "o"@ .',
        "<urn:s> <urn:p> _:-a .",
        "<urn:s> <urn:p> _:a. .x",
        "<relative> <urn:p> <urn:o> .",
        "<urn:\\u0020> <urn:p> <urn:o> .",
        '<urn:s> <urn:p> "\\uD800" .',
        '<urn:s> <urn:p> "\\U00110000" .',
        '<urn:s> <urn:p> "o"^^<relative> .',
    ],
)
def test_what_is_no_statement_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(MalformedValueError, match=r"^line 2: "):
        parse_nquads(f'<urn:s> <urn:p> "o" .\n{line}')


@pytest.mark.parametrize("label", ["b0", "c14n0", "0", "a.b", "é", "a-b"])
def test_blank_node_labels_are_terms(label: str) -> None:
    assert blank_term(label) == f"_:{label}"


@pytest.mark.parametrize("label", ["", "-a", "a.", "a b", "a\n", "<urn:x>", "a\u0000"])
def test_what_is_no_blank_node_label_is_refused(label: str) -> None:
    with pytest.raises(MalformedValueError, match="expected a blank node label"):
        blank_term(label)
