"""What a holder reviews before anything leaves: who asks, and every value, read from the derived documents.

A `Review` is made of one plan and carries it, so what is confirmed is what was displayed (threats L2, L3).
Every text of a stranger in it is inert (J6). Not here: making plans (`wallet.reviewing`), how it looks.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias

from health import claims_from_credential, label, linkable_values
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject
from wallet.answering import AnswerPlan
from wallet.cards import make_card
from wallet.disclosure import Disclosure, Reason
from wallet.exchanging import Asked
from wallet.holder import CredentialView, Holder, PresentationPlan
from wallet.reading import language_of, readable, shown
from wallet.words import Words


class Mark(StrEnum):
    """Why a value leaves."""

    ASKED = "asked"
    CHOSEN = "your choice"
    MANDATORY = "mandatory by the issuer"
    INSEPARABLE = "comes with it"
    WHOLE = "cannot be left out"


@dataclass(frozen=True)
class ReviewLine:
    """One value: whether it leaves, why, whether it makes its holder recognisable, whether it is surplus.

    `switch` is what turns it on and off, None for what nobody can turn.
    """

    credential: str
    label: str
    value: str
    mark: Mark
    linkable: str | None
    surplus: bool
    switch: str | None
    leaves: bool
    # Why the verifier asks for it, in its own words.
    reason: str | None = None


@dataclass(frozen=True)
class Asker:
    """Who asks and how that is known, in words. An offline review has none."""

    name: str
    proven: bool
    how: str
    calls_itself: str | None
    purpose: str | None
    address: str
    # (name of a value, why it is asked for) in the verifier's own words.
    reasons: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Presenting:
    """What an offline presentation is made of."""

    credential_id: str
    situation: str | None
    pointers: tuple[str, ...]
    challenge: str | None = None
    domain: str | None = None


# What a review was made of, for whoever carries it out.
Source: TypeAlias = AnswerPlan | tuple[Asked, PresentationPlan] | tuple[Presenting, PresentationPlan]


@dataclass(frozen=True)
class Review:
    """What would leave. `granted` are the surplus switches that the holder turned on."""

    asker: Asker | None
    lines: tuple[ReviewLine, ...]
    links: tuple[tuple[str, str], ...]
    stays: tuple[str, ...]
    warnings: tuple[str, ...]
    signed_with: str
    source: Source = field(repr=False)
    granted: frozenset[str] = frozenset()

    @property
    def missing_grants(self) -> tuple[ReviewLine, ...]:
        """Return what is asked beyond the purpose and was not granted: until then nothing can be shared."""
        return tuple(line for line in self.lines if line.surplus and line.switch not in self.granted)


def review_lines(
    holder: Holder,
    plans: Sequence[PresentationPlan],
    words: Words,
    *,
    mark: Mark,
    surplus: Collection[str] = (),
    why: Mapping[str, str] = MappingProxyType({}),
) -> tuple[ReviewLine, ...]:
    """Return every value that leaves with these plans, in the order of the documents.

    Values asked for beyond the purpose carry a switch, which is their pointer. `why` maps pointers to the
    verifier's reasons.
    """
    lines = []
    for planned in plans:
        for disclosure, document in zip(planned.disclosures, _documents(planned), strict=True):
            title = title_of(holder.credential(disclosure.credential_id))
            for line, pointer in _lines(disclosure, document, title, words, mark, surplus):
                reason = next((told for above, told in why.items() if is_under(pointer, above)), None)
                lines.append(line if reason is None else replace(line, reason=shown(reason)))
    return tuple(lines)


def links(plans: Sequence[PresentationPlan], words: Words) -> tuple[tuple[str, str], ...]:
    """Return what else makes the holder recognisable: proofs and times of signing, with the reason."""
    found = {}
    for planned in plans:
        for disclosure, document in zip(planned.disclosures, _documents(planned), strict=True):
            told = {item.pointer: item for item in linkable_values(document, language_of(words))}
            for item in disclosure.linkable:
                if item.pointer.startswith("/proof"):
                    shown = told.get(item.pointer, item)
                    found[words(shown.label)] = words(shown.reason)
    return tuple(found.items())


def stays(plans: Sequence[PresentationPlan], holder: Holder, words: Words) -> tuple[str, ...]:
    """Return the names of what stays in the wallet of the credentials that are presented."""
    names: dict[str, None] = {}
    for planned in plans:
        for disclosure in planned.disclosures:
            language = language_of(words)
            ours = {
                claim.label: label(claim.pointer, language)
                for claim in claims_from_credential(without_proofs(holder.document(disclosure.credential_id)))
            }
            names.update(dict.fromkeys(shown(ours.get(name, name)) for name in disclosure.withheld))
    return tuple(names)


def signed_with(plans: Sequence[PresentationPlan], holder: Holder, words: Words) -> str:
    """Return which key signs, in words."""
    keys = holder.keys()
    names = {key.did: key.name for key in keys}
    signers = dict.fromkeys(did for planned in plans for did in planned.signers)
    if not signers:
        return words("a key made for this once, with no name in it")
    return ", ".join(words("the key of {name}", name=shown(names.get(did, "?"))) for did in signers)


def title_of(view: CredentialView) -> str:
    """Return a credential's kind and person."""
    return shown(f"{view.title}, {view.person}" if view.person else view.title)


def options_of(views: Sequence[CredentialView], words: Words) -> tuple[tuple[str, str], ...]:
    """Return id -> words of credentials to choose from, which tell each from the others."""
    names = [", ".join(part for part in (_kind_of(view, words), view.person) if part) for view in views]
    return tuple(
        (
            view.id,
            shown(name if names.count(name) == 1 else f"{name}, {_origin_of(view, words)}"),
        )
        for view, name in zip(views, names, strict=True)
    )


def _kind_of(view: CredentialView, words: Words) -> str:
    card = make_card(view, None, now=view.added, words=words, known_issuers=None)
    return " · ".join(part for part in (card.title, card.about) if part)


def _origin_of(view: CredentialView, words: Words) -> str:
    issuer = view.issuer_name or view.issuer
    return words("{issuer}, received {moment}", issuer=issuer, moment=words.moment(view.added))


def _lines(
    disclosure: Disclosure,
    document: JSONObject,
    title: str,
    words: Words,
    mark: Mark,
    surplus: Collection[str],
) -> list[tuple[ReviewLine, str]]:
    """Return the lines of a document, each with the pointer of its value."""
    language = language_of(words)
    reasons = {item.pointer: item.reason for item in linkable_values(document, language)}
    lines = []
    # The disclosure lists every claim of the document, in its order.
    for value, claim in zip(disclosure.values, claims_from_credential(document, language), strict=True):
        beyond = next((pointer for pointer in surplus if is_under(value.pointer, pointer)), None)
        line = ReviewLine(
            credential=title,
            label=shown(claim.label),
            value=readable(claim.display, words),
            mark=_MARKS.get(value.reason, mark),
            linkable=reasons.get(value.pointer),
            surplus=beyond is not None,
            switch=beyond,
            leaves=True,
        )
        lines.append((line, value.pointer))
    return lines


_MARKS = {
    Reason.MANDATORY: Mark.MANDATORY,
    Reason.INSEPARABLE: Mark.INSEPARABLE,
    Reason.WHOLE: Mark.WHOLE,
}


def is_under(pointer: str, above: str) -> bool:
    """Say whether a JSON pointer is `above` or lies below it."""
    return pointer == above or pointer.startswith(f"{above}/")


def _documents(planned: PresentationPlan) -> list[JSONObject]:
    found = planned.document.get("verifiableCredential")
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
