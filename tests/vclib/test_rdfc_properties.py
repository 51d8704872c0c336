"""RDFC-1.0 on random datasets: labels do not matter, and other implementations agree.

PyLD has the predecessor of RDFC-1.0: it finds the same labels, but escapes literals otherwise, and errs where
a label of the input looks like one of its own or one statement has a node twice. pyoxigraph has RDFC-1.0, but
lists a node once that is related twice. So each is asked what it can answer; where both err, `test_rdfc` has
what rdf-canonize finds.
"""

from __future__ import annotations

import pyoxigraph
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyld import jsonld as pyld

from vclib import rdfc
from vclib.nquads import iri_term, literal_term, parse_nquads, serialize_quad
from vclib.rdfc import Quad

# The same examples in every run, so that a failure is a change's and not chance's. To search further, raise
# the number and drop `derandomize`.
_EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True)

# Few names and many blank nodes, so that random datasets are full of nodes that look alike. No more than
# five blank nodes, because pyoxigraph has no work limit.
_BLANK = st.sampled_from(["_:b0", "_:b1", "_:b2", "_:c14n0", "_:c14n1"])
_IRI = st.sampled_from([iri_term("urn:a"), iri_term("https://example.org/b#é")])
_TEXT = st.one_of(
    st.sampled_from(["", "x", '\b\t\n\f\r"\\', "\x00\x0b\x1f\x7f", "\ufffe\uffff", "e\u0301", "\u00e9"]),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=3),
)
_LITERAL = st.one_of(
    st.builds(literal_term, _TEXT),
    st.builds(literal_term, _TEXT, language=st.sampled_from(["en", "fr-ca"])),
    st.builds(literal_term, _TEXT, datatype=st.just("http://www.w3.org/2001/XMLSchema#date")),
)


def _datasets(
    blanks: st.SearchStrategy[str], literals: st.SearchStrategy[str]
) -> st.SearchStrategy[list[Quad]]:
    quads = st.builds(
        Quad,
        subject=st.one_of(blanks, _IRI),
        predicate=_IRI,
        object=st.one_of(blanks, blanks, _IRI, literals),
        graph=st.one_of(st.just(""), st.just(""), blanks, _IRI),
    )
    return st.lists(quads, max_size=10)


_QUADS = _datasets(_BLANK, _LITERAL)
_PLAIN_QUADS = _datasets(
    st.sampled_from(["_:b0", "_:b1", "_:b2", "_:x", "_:y"]), st.sampled_from(['""', '"x"', '"x"@en', '"é"'])
)


def _relates_twice(quads: list[Quad]) -> bool:
    """Say whether some node is related to another twice in the same way.

    Section 4.8.3 lists the other node twice then, and so do PyLD and rdf-canonize; pyoxigraph 0.5 lists it
    once, and labels nodes that look alike in another order.
    """
    relations = [
        (node, position, "" if position == "g" else quad.predicate, related)
        for quad in dict.fromkeys(quads)
        for node in {quad.subject, quad.object, quad.graph}
        for position, related in (("s", quad.subject), ("o", quad.object), ("g", quad.graph))
        if rdfc.is_blank(node) and rdfc.is_blank(related) and related != node
    ]
    return len(set(relations)) < len(relations)


_ALGORITHMS = {
    "sha256": pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0_SHA_256,
    "sha384": pyoxigraph.CanonicalizationAlgorithm.RDFC_1_0_SHA_384,
}


@_EXAMPLES
@given(_QUADS, st.sampled_from(["sha256", "sha384"]))
def test_pyoxigraph_finds_the_same_canonical_form(quads: list[Quad], hash_name: str) -> None:
    assume(not _relates_twice(quads))
    text = "".join(serialize_quad(quad) for quad in quads)
    dataset = pyoxigraph.Dataset(pyoxigraph.parse(input=text, format=pyoxigraph.RdfFormat.N_QUADS))
    dataset.canonicalize(_ALGORITHMS[hash_name])
    theirs = pyoxigraph.serialize(dataset, format=pyoxigraph.RdfFormat.N_QUADS)
    assert theirs is not None
    ours = rdfc.canonicalize(quads, hash_name=hash_name).to_bytes()
    assert sorted(theirs.splitlines()) == sorted(ours.splitlines())


@_EXAMPLES
@given(_PLAIN_QUADS)
def test_pyld_finds_the_same_canonical_form(quads: list[Quad]) -> None:
    assume(all(len({quad.subject, quad.object, quad.graph}) == 3 for quad in quads))
    text = "".join(serialize_quad(quad) for quad in quads)
    form = "application/n-quads"
    options = {"algorithm": "URDNA2015", "inputFormat": form, "format": form}
    theirs = pyld.normalize(text, options) if text else ""
    assert sorted(theirs.splitlines()) == sorted(rdfc.canonicalize(quads).to_bytes().decode().splitlines())


@_EXAMPLES
@given(_QUADS, st.permutations(range(5)), st.randoms(use_true_random=False))
def test_labels_and_order_do_not_matter(quads: list[Quad], order: list[int], random: object) -> None:
    """B5: for every renaming of the blank nodes and every order of the statements."""
    labels = ["_:b0", "_:b1", "_:b2", "_:c14n0", "_:c14n1"]
    renamed_to = {label: labels[order[index]] for index, label in enumerate(labels)}
    renamed = [
        Quad(
            *(renamed_to.get(term, term) for term in (quad.subject, quad.predicate, quad.object, quad.graph))
        )
        for quad in quads
    ]
    random.shuffle(renamed)  # type: ignore[attr-defined]
    assert rdfc.canonicalize(renamed).nquads == rdfc.canonicalize(quads).nquads


@_EXAMPLES
@given(_QUADS)
def test_the_label_map_relabels_the_input_into_the_canonical_form(quads: list[Quad]) -> None:
    canonical = rdfc.canonicalize(quads)
    labels = {f"_:{given_label}": f"_:{label}" for given_label, label in canonical.label_map.items()}
    relabelled = {
        serialize_quad(Quad(*(labels.get(term, term) for term in quad))) for quad in map(tuple, quads)
    }
    assert tuple(sorted(relabelled)) == canonical.nquads
    assert sorted(labels.values()) == sorted(f"_:c14n{number}" for number in range(len(labels)))


@_EXAMPLES
@given(_QUADS)
def test_canonical_text_is_read_back_as_itself(quads: list[Quad]) -> None:
    canonical = rdfc.canonicalize(quads)
    again = rdfc.canonicalize(parse_nquads(canonical.to_bytes().decode("utf-8")))
    assert again.nquads == canonical.nquads


@_EXAMPLES
@given(_TEXT)
def test_every_literal_is_read_by_pyoxigraph_as_it_was_written(text: str) -> None:
    """B6."""
    line = f"<urn:s> <urn:p> {literal_term(text)} ."
    (quad,) = pyoxigraph.parse(input=line, format=pyoxigraph.RdfFormat.N_QUADS)
    assert isinstance(quad, pyoxigraph.Quad)
    assert isinstance(quad.object, pyoxigraph.Literal)
    assert quad.object.value == text


def test_a_node_related_twice_is_listed_twice() -> None:
    """The form that rdf-canonize 5 finds, too."""
    text = (
        "_:c14n1 <urn:p> _:c14n2 _:c14n0 .\n"
        "_:c14n1 <urn:p> _:c14n3 _:c14n0 .\n"
        "_:c14n2 <urn:p> _:c14n1 _:c14n0 .\n"
        "_:c14n3 <urn:p> _:c14n0 _:c14n0 .\n"
    )
    quads = parse_nquads(text)
    assert _relates_twice(quads)
    assert rdfc.canonicalize(quads).to_bytes().decode("utf-8") == text
