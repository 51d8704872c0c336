"""Which held credentials answer a DCQL query, and with which claims: found before anything is derived.

Of what fits, only what can be presented counts: in force, not used up, and with proof of its holder where
that is asked for, by a key of this wallet or by deriving for this request (bbs-2023). Copies for one use
stand for each other; between different credentials the holder chooses, never the verifier and never the order
in the file (threat L1). Sources: OpenID4VP 1.0 sections 6.4 and B.1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from protocols.oid4vp import (
    CredentialQuery,
    DCQLQuery,
    NotSatisfiedError,
    QueriedCredential,
    Selection,
    choose,
    satisfies,
)
from vclib.credentials import parse_credential
from vclib.errors import ConfigurationError
from vclib.proofs import base_proofs, without_proofs
from vclib.verification import Validity
from wallet.holder import CredentialView, Holder
from wallet.presenting import BBS

# Asked which of several credentials to present for a query: the query's id, the credentials that fit it.
Choose = Callable[[str, Sequence[CredentialView]], CredentialView]


@dataclass(frozen=True)
class Match:
    """A credential for a query, and the claims of it that the query asks for."""

    query: CredentialQuery
    view: CredentialView
    selection: Selection


def match(
    holder: Holder, query: DCQLQuery, *, wanted: Sequence[str] = (), choose_one: Choose | None = None
) -> tuple[Match, ...]:
    """Return what to present, by the query's order.

    `wanted` are credentials that the holder named (beginnings of ids); without them, `choose_one` is asked
    where several fit. Raises NotSatisfiedError where the query is not met, ConfigurationError where several
    fit and nobody chose, MalformedValueError for an id that is none.
    """
    named = [holder.credential(prefix).id for prefix in wanted]
    fitting = {item.id: _fitting(holder, item, named) for item in query.credentials}
    answered = choose(query, {query_id for query_id, matches in fitting.items() if matches})
    matches = []
    for query_id in answered:
        found = fitting[query_id]
        item = found[0].query
        if named and item.multiple:
            matches += found
        else:
            matches.append(_one(query_id, found, choose_one))
    return tuple(matches)


def _fitting(holder: Holder, query: CredentialQuery, named: Sequence[str]) -> list[Match]:
    matches = []
    for view in holder.credentials():
        if named and view.id not in named:
            continue
        if view.single_use and view.presented:
            continue
        # Whoever names an expired credential may show that it is.
        if view.validity is not Validity.VALID and not named:
            continue
        try:
            matches.append(Match(query, view, satisfies(query, _queried(holder, view))))
        except NotSatisfiedError:
            continue
    return matches


def _queried(holder: Holder, view: CredentialView) -> QueriedCredential:
    document = holder.document(view.id)
    # What is bound to no key proves its holder by being derived for this very request, if it can be.
    unlinkable = not view.bound_to and any(proof["cryptosuite"] == BBS for proof in base_proofs(document))
    return QueriedCredential(
        without_proofs(document),
        parse_credential(document, contexts=holder.contexts).type_iris,
        is_bound=view.key_name is not None or unlinkable,
    )


def _one(query_id: str, found: Sequence[Match], choose_one: Choose | None) -> Match:
    """Return the one match of several: copies for one use are alike, other credentials are not."""
    different = list({_likeness(item.view): item for item in reversed(found)}.values())
    if len(different) == 1:
        return different[0]
    if choose_one is None:
        ids = ", ".join(item.view.short_id for item in reversed(different))
        raise ConfigurationError(f"several credentials answer this: name one of {ids} with --credential")
    chosen = choose_one(query_id, [item.view for item in reversed(different)])
    return next(item for item in different if item.view.id == chosen.id)


def _likeness(view: CredentialView) -> tuple[object, ...]:
    if not view.single_use:
        return (view.id,)
    return (view.types, view.person, view.issuer, view.valid_from, view.valid_until)
