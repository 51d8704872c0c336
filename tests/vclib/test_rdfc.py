"""RDFC-1.0 beyond the W3C suite: labels, limits, poison."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vclib import rdfc
from vclib.errors import ComplexityError, MalformedValueError
from vclib.rdfc import Quad

_P = "<urn:p>"


def test_statements_are_sorted_unique_and_end_their_lines() -> None:
    quads = [Quad("<urn:s>", _P, '"b"'), Quad("<urn:s>", _P, '"a"'), Quad("<urn:s>", _P, '"b"')]
    assert rdfc.canonicalize(quads).nquads == ('<urn:s> <urn:p> "a" .\n', '<urn:s> <urn:p> "b" .\n')


def test_statements_are_sorted_by_code_point() -> None:
    # U+FB33 comes before U+1F600 by code point, and after it by UTF-16 code unit.
    quads = [Quad("<urn:s>", _P, '"\U0001f600"'), Quad("<urn:s>", _P, '"\ufb33"')]
    assert [line[17] for line in rdfc.canonicalize(quads).nquads] == ["\ufb33", "\U0001f600"]


def test_the_label_map_leads_from_given_to_canonical_labels() -> None:
    # https://www.w3.org/TR/rdf-canon/#ex-unique-hashes
    quads = rdfc.parse_nquads(
        "<http://example.com/#p> <http://example.com/#q> _:e0 .\n"
        "<http://example.com/#p> <http://example.com/#r> _:e1 .\n"
        "_:e0 <http://example.com/#s> <http://example.com/#u> .\n"
        "_:e1 <http://example.com/#t> <http://example.com/#u> .\n"
    )
    canonical = rdfc.canonicalize(quads)
    assert dict(canonical.label_map) == {"e0": "c14n0", "e1": "c14n1"}
    assert canonical.to_bytes() == (
        b"<http://example.com/#p> <http://example.com/#q> _:c14n0 .\n"
        b"<http://example.com/#p> <http://example.com/#r> _:c14n1 .\n"
        b"_:c14n0 <http://example.com/#s> <http://example.com/#u> .\n"
        b"_:c14n1 <http://example.com/#t> <http://example.com/#u> .\n"
    )


def test_an_empty_dataset_is_an_empty_text() -> None:
    canonical = rdfc.canonicalize([])
    assert (canonical.to_bytes(), dict(canonical.label_map)) == (b"", {})


def test_canonical_labels_in_the_input_are_labels_like_any_others() -> None:
    """B5: the holder chose _:c14n1 and _:c14n0, the other way round."""
    plain = [Quad("_:x", _P, "_:y"), Quad("_:y", "<urn:q>", '"1"')]
    chosen = [Quad("_:c14n1", _P, "_:c14n0"), Quad("_:c14n0", "<urn:q>", '"1"')]
    swapped = [Quad("_:c14n0", _P, "_:c14n1"), Quad("_:c14n1", "<urn:q>", '"1"')]
    assert rdfc.canonicalize(plain).nquads == rdfc.canonicalize(chosen).nquads
    assert rdfc.canonicalize(plain).nquads == rdfc.canonicalize(swapped).nquads


def test_a_neighbour_mentioned_twice_counts_twice() -> None:
    """Two equal nodes, each in a graph of its own, as two credentials in one presentation may hold.

    "Record its identifier once for every mention": https://www.w3.org/TR/rdf-canon/#hash-nd-quads-overview.
    pyoxigraph 0.5 counts each neighbour once and finds other labels; these are those of rdf-canonize 5.
    """
    quads = rdfc.parse_nquads(
        "<urn:s> <urn:g1> _:g1 .\n"
        '_:m1 <urn:p> "0" _:g1 .\n'
        '_:m1 <urn:q> "" _:g1 .\n'
        "<urn:s> <urn:g2> _:g2 .\n"
        '_:m2 <urn:p> "0" _:g2 .\n'
        '_:m2 <urn:q> "" _:g2 .\n'
    )
    assert rdfc.canonicalize(quads).nquads == (
        "<urn:s> <urn:g1> _:c14n1 .\n",
        "<urn:s> <urn:g2> _:c14n0 .\n",
        '_:c14n2 <urn:p> "0" _:c14n0 .\n',
        '_:c14n2 <urn:q> "" _:c14n0 .\n',
        '_:c14n3 <urn:p> "0" _:c14n1 .\n',
        '_:c14n3 <urn:q> "" _:c14n1 .\n',
    )


def test_the_hash_decides_the_labels() -> None:
    quads = [Quad("<urn:s>", _P, f"_:n{i}") for i in range(4)]
    quads += [Quad(f"_:n{i}", "<urn:q>", f'"{i}"') for i in range(4)]
    maps = [dict(rdfc.canonicalize(quads, hash_name=name).label_map) for name in ("sha256", "sha384")]
    assert maps[0] != maps[1]
    assert set(maps[0].values()) == set(maps[1].values()) == {"c14n0", "c14n1", "c14n2", "c14n3"}


def test_another_hash_is_refused() -> None:
    with pytest.raises(MalformedValueError, match="expected hash algorithm sha256 or sha384, found 'md5'"):
        rdfc.canonicalize([], hash_name="md5")


def test_the_label_map_cannot_be_changed() -> None:
    canonical = rdfc.canonicalize([Quad("_:a", _P, '"1"')])
    with pytest.raises(TypeError):
        canonical.label_map["a"] = "c14n9"  # type: ignore[index]


def _clique(size: int) -> list[Quad]:
    return [Quad(f"_:a{i}", _P, f"_:a{j}") for i in range(size) for j in range(size) if i != j]


def _ring(size: int) -> list[Quad]:
    return [Quad(f"_:a{i}", _P, f"_:a{(i + 1) % size}") for i in range(size)]


def _stars(stars: int, points: int) -> list[Quad]:
    return [Quad(f"_:s{s}", _P, f"_:p{s}x{i}") for s in range(stars) for i in range(points)]


def _torus(side: int) -> list[Quad]:
    def node(row: int, column: int) -> str:
        return f"_:a{row % side}x{column % side}"

    cells = [(row, column) for row in range(side) for column in range(side)]
    across = [Quad(node(row, column), _P, node(row, column + 1)) for row, column in cells]
    return across + [Quad(node(row, column), _P, node(row + 1, column)) for row, column in cells]


def _all_to_all(left: int, right: int) -> list[Quad]:
    return [Quad(f"_:l{i}", _P, f"_:r{j}") for i in range(left) for j in range(right)]


@pytest.mark.parametrize(
    "poison",
    [
        lambda: _clique(10),
        lambda: _clique(100),
        lambda: _ring(5_000),
        lambda: _stars(2, 9_000),
        lambda: _stars(2, 8),
        lambda: _torus(10),
        lambda: _torus(60),
        lambda: _all_to_all(2, 5_000),
        lambda: _all_to_all(100, 100),
    ],
    ids=[
        "clique10",
        "clique100",
        "ring",
        "stars",
        "small-stars",
        "torus",
        "big-torus",
        "2to5000",
        "100to100",
    ],
)
def test_poison_graph_is_given_up(poison: Callable[[], list[Quad]]) -> None:
    """B1: the text requires an abort (https://www.w3.org/TR/rdf-canon/#dataset-poisoning)."""
    quads = poison()
    with pytest.raises(ComplexityError, match=r"too alike|steps away"):
        rdfc.canonicalize(quads)


def test_a_graph_just_below_the_limit_has_a_canonical_form() -> None:
    """The limit is not so low that it refuses what only looks alike."""
    assert len(rdfc.canonicalize(_stars(2, 5)).nquads) == 10
    assert len(rdfc.canonicalize(_ring(50)).nquads) == 50
    assert len(rdfc.canonicalize(_stars(1, 9_000)).nquads) == 9_000


def test_a_graph_that_says_much_of_two_similar_nodes_is_no_poison() -> None:
    """Two credentials in one presentation: each graph's name is related to its node once per statement."""
    statements = [
        Quad(node, f"<urn:p{number}>", value, graph)
        for node, graph in (("_:c1", "_:g1"), ("_:c2", "_:g2"))
        for number, value in enumerate([*(f'"{n}"' for n in range(12)), f"_:v{graph[-1]}"])
    ]
    details = [Quad("_:v1", _P, '"A"', "_:g1"), Quad("_:v2", _P, '"B"', "_:g2")]
    canonical = rdfc.canonicalize([*statements, *details], max_work=500)
    assert len(canonical.nquads) == 28
    assert len(canonical.label_map) == 6


def test_the_work_limit_is_the_callers() -> None:
    with pytest.raises(ComplexityError, match="stopped after 10 steps"):
        rdfc.canonicalize(_ring(5), max_work=10)


def test_more_statements_than_the_limit_are_refused() -> None:
    """B4."""
    quads = [Quad("<urn:s>", _P, f'"{i}"') for i in range(20_001)]
    with pytest.raises(ComplexityError, match="20001 statements are more than the limit of 20000"):
        rdfc.canonicalize(quads)
    assert len(rdfc.canonicalize(quads[:20_000]).nquads) == 20_000
