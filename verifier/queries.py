"""What a verifier asks for in a situation, written as DCQL from the disclosure sets of `health`.

One credential query for each kind of record that fits the situation; a holder answers with one of them. Of
each, the claims of the disclosure set. Some elements are optional in the core data set, and DCQL has no
optional claims: a wallet that lacks one of the claims returns nothing. So the alternatives are spelled out,
the one with most elements first, and a wallet sends the first that its credential can meet (VP 6.4.1).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from health import CERTIFICATE, DISCLOSURE_SETS, KINDS, PERSON, SITUATIONS, Kind, element_pointer
from protocols.oid4vp import ClaimPath, ClaimsQuery, CredentialQuery, CredentialSetQuery, DCQLQuery
from vclib.credentials import CREDENTIAL_TYPE_IRI
from vclib.errors import MalformedValueError

_VOCABULARY = "https://w3id.org/ddcc#"
_SUBJECT = "subject"


def query_for(
    situation: str,
    kinds: Sequence[str] = (),
    *,
    holder_binding: bool = True,
    elements: Mapping[str, Sequence[str]] | None = None,
) -> DCQLQuery:
    """Return the query of a situation for records of `kinds` (none: all that fit); one of them is asked for.

    `elements` are what is asked of each kind instead of the disclosure set, in its words; a kind without any
    is not asked for. Raises MalformedValueError for an unknown situation or kind, and for one that does not
    fit.
    """
    if situation not in SITUATIONS:
        raise MalformedValueError(
            f"expected a situation of {', '.join(SITUATIONS)}, found {situation[:40]!r}"
        )
    # The situation without a set of its own is continuity of care, which needs everything.
    sets = DISCLOSURE_SETS.get(situation)
    fitting = tuple(KINDS) if sets is None else tuple(sets)
    if elements is not None:
        sets = {name: tuple(elements[name]) for name in fitting if name in elements}
        fitting = tuple(sets)
        if not fitting:
            raise MalformedValueError(f"the rules ask for nothing that the situation {situation!r} is about")
    chosen = tuple(dict.fromkeys(kinds)) or fitting
    wrong = [name for name in chosen if name not in fitting]
    if wrong:
        raise MalformedValueError(
            f"the situation {situation!r} asks for {', '.join(fitting)}, found {wrong[0][:40]!r}"
        )
    queries = tuple(
        _everything(KINDS[name], holder_binding=holder_binding)
        if sets is None
        else _some(KINDS[name], sets[name], holder_binding=holder_binding)
        for name in chosen
    )
    if len(queries) == 1:
        return DCQLQuery(queries)
    return DCQLQuery(queries, (CredentialSetQuery(tuple((query.id,) for query in queries)),))


def type_iri(kind: Kind) -> str:
    """Return what the type of a kind's credential stands for."""
    return _VOCABULARY + kind.credential_type


def _some(kind: Kind, elements: Sequence[str], *, holder_binding: bool) -> CredentialQuery:
    required = _required(kind)
    choices: list[tuple[str | None, ...]] = []
    for alternatives in elements:
        named = tuple(alternatives.split(" | "))
        # What is required ends the choice; without it the credential may have none of them.
        until = next((place for place, name in enumerate(named) if name in required), None)
        choices.append((*named, None) if until is None else named[: until + 1])
    combinations = (
        tuple(dict.fromkeys(name for name in combination if name is not None))
        for combination in product(*choices)
    )
    sets = tuple(dict.fromkeys(combinations))
    names = dict.fromkeys(name for combination in sets for name in combination)
    return _query(kind, {name: _path(kind, name) for name in names}, sets, holder_binding=holder_binding)


def _everything(kind: Kind, *, holder_binding: bool) -> CredentialQuery:
    """Ask for the whole subject; what is required is named as well, so that it cannot be left out unseen."""
    required = _required(kind)
    paths: dict[str, ClaimPath] = {_SUBJECT: ("credentialSubject",)}
    paths |= {name: _path(kind, name) for name in required}
    optional = [f"certificate.{item.name}" for item in CERTIFICATE if item.term and not item.required]
    paths |= {name: _path(kind, name) for name in optional}
    whole = tuple(paths)
    without = tuple(name for name in whole if name not in optional)
    return _query(kind, paths, (whole, without), holder_binding=holder_binding)


def _query(
    kind: Kind, paths: Mapping[str, ClaimPath], sets: Sequence[tuple[str, ...]], *, holder_binding: bool
) -> CredentialQuery:
    return CredentialQuery(
        id=kind.name,
        type_values=((CREDENTIAL_TYPE_IRI, type_iri(kind)),),
        claims=tuple(ClaimsQuery(path, id=_claim_id(name)) for name, path in paths.items()),
        claim_sets=tuple(tuple(_claim_id(name) for name in combination) for combination in sets)
        if len(sets) > 1
        else (),
        holder_binding=holder_binding,
    )


def _required(kind: Kind) -> tuple[str, ...]:
    return (
        *(element.name for element in PERSON if element.required),
        *(f"{kind.name}.{element.name}" for element in kind.elements if element.required),
        *(f"certificate.{element.name}" for element in CERTIFICATE if element.required and element.term),
    )


def _path(kind: Kind, name: str) -> ClaimPath:
    return tuple(element_pointer(kind, name).split("/")[1:])


def _claim_id(name: str) -> str:
    return name.replace(".", "-")
