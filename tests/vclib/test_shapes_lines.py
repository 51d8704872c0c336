"""Lines of statements that are ordered before their values are known."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from vclib.shapes.lines import Blocks, joined, lines_of
from vclib.shapes.outline import Blank, Gap, Statement, Term

# Arguments 0 to 3 are values of the document, 4 to 6 the labels of its blank nodes.
_VALUES = 4
_SUBJECTS: list[Term] = [
    "<urn:a>",
    "<urn:ab>",
    Gap(0, "<", ">"),
    Gap(1, "<urn:", ">"),
    Blank(0),
    Blank(1),
    Blank(2),
]
_OBJECTS: list[Term] = [
    '"a"',
    '"ab"',
    "<urn:a>",
    Gap(2, '"', '"'),
    Gap(3, '"', '"^^<urn:t>'),
    Gap(0, "<", ">"),
    Blank(0),
    Blank(1),
]
_STATEMENTS = st.lists(
    st.tuples(
        st.sampled_from(_SUBJECTS),
        st.sampled_from(["<urn:p>", "<urn:pq>", "<urn:%s>"]),
        st.sampled_from(_OBJECTS),
    ),
    min_size=1,
    max_size=12,
    unique=True,
)
_IRIS = st.sampled_from(["urn:x", "urn:a", "urn:ab", "a", "ab", "%s"])
_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=4)
_LABELS = st.permutations(["c14n0", "c14n1", "c14n10"])


def _written(term: Term, arguments: list[str]) -> str:
    if isinstance(term, Blank):
        return f"_:{arguments[_VALUES + term.number]}"
    return term if isinstance(term, str) else f"{term.before}{arguments[term.place]}{term.after}"


@settings(max_examples=300, deadline=None, derandomize=True)
@given(statements=_STATEMENTS, iris=st.tuples(_IRIS, _IRIS), texts=st.tuples(_TEXTS, _TEXTS), labels=_LABELS)
def test_sorted_blocks_are_the_sorted_lines(
    statements: list[Statement], iris: tuple[str, str], texts: tuple[str, str], labels: list[str]
) -> None:
    arguments = [*iris, *texts, *labels]
    subjects = {subject for subject, _, _ in statements}
    # As `Template.different` asks of every document.
    assume(len({_written(subject, arguments) for subject in subjects}) == len(subjects))
    lines = [f"{_written(s, arguments)} {p} {_written(o, arguments)} .\n" for s, p, o in statements]

    blocks = Blocks.by_subject(statements, lambda blank: Gap(_VALUES + blank.number, "_:", ""))
    filled = blocks.fill(arguments)

    assert joined(sorted(filled)) == "".join(sorted(lines))
    for block, numbers in zip(filled, blocks.numbers, strict=True):
        assert lines_of(block) == [lines[number] for number in numbers]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(groups=st.lists(_STATEMENTS, max_size=3), texts=st.tuples(_TEXTS, _TEXTS))
def test_a_group_is_in_its_order_or_known_not_to_be(
    groups: list[list[Statement]], texts: tuple[str, str]
) -> None:
    arguments = ["urn:x", "a", *texts]

    def written(term: Term, own: int) -> str:
        if isinstance(term, Blank):
            return "_:a" if term.number == own else "_:z"
        return _written(term, arguments)

    blocks = Blocks.by_group(
        groups,
        [
            lambda blank, own=number: "_:a" if blank.number == own else "_:z"  # type: ignore[misc]
            for number in range(len(groups))
        ],
    )

    for number, (text, statements) in enumerate(zip(blocks.fill(arguments), groups, strict=True)):
        lines = [f"{written(s, number)} {p} {written(o, number)} .\n" for s, p, o in statements]
        if number in blocks.unsettled:
            lines_found = text.split("\n")[:-1]
            assert sorted(f"{line}\n" for line in lines_found) == sorted(lines)
        else:
            assert text == "".join(sorted(lines))


def test_lines_that_differ_only_in_their_values_are_sorted_when_they_are_known() -> None:
    statements: list[Statement] = [
        ("<urn:a>", "<urn:p>", Gap(0, '"', '"')),
        ("<urn:a>", "<urn:p>", Gap(1, '"', '"')),
    ]
    blocks = Blocks.by_subject(statements, lambda blank: "")
    assert blocks.numbers == ((0,), (1,))
    assert joined(sorted(blocks.fill(["b", "a"]))) == '<urn:a> <urn:p> "a" .\n<urn:a> <urn:p> "b" .\n'


@pytest.mark.parametrize("text", ["", "%", "%s", "100%d"])
def test_percent_signs_are_text(text: str) -> None:
    statements: list[Statement] = [(f"<urn:{text}>", "<urn:%s>", Gap(0, f'"{text}', '"'))]
    blocks = Blocks.by_subject(statements, lambda blank: "")
    assert blocks.fill([text]) == [f'<urn:{text}> <urn:%s> "{text}{text}" .\n']
