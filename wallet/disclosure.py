"""What will leave of a credential, read from the very document that will leave, and why each value does.

The holder consents to this list, so it is made of the derived document and of nothing else (threat L2). Each
value carries its reason, each value by which presentations can be linked is named (D14), and what stays in
the wallet is listed beside. Issuers choose the text: whoever shows it makes it inert first (J6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from health import Claim, LinkableValue, claims_from_credential, linkable_values
from vclib.proofs import proofs_of
from vclib.strict_json import JSONObject


class Reason(StrEnum):
    """Why a value leaves: the issuer made it mandatory, it was chosen, or it belongs to what was chosen."""

    MANDATORY = "mandatory"
    CHOSEN = "chosen"
    INSEPARABLE = "inseparable"
    WHOLE = "whole"


@dataclass(frozen=True)
class DisclosedValue:
    """One value that leaves, as it will be shown, and why it leaves."""

    pointer: str
    label: str
    display: str
    reason: Reason


@dataclass(frozen=True)
class Disclosure:
    """What leaves of one credential. `suite` is that of its derived proof, None if it leaves whole."""

    credential_id: str
    suite: str | None
    values: tuple[DisclosedValue, ...]
    linkable: tuple[LinkableValue, ...]
    withheld: tuple[str, ...]


def read_disclosure(
    credential_id: str,
    shown: JSONObject,
    *,
    of: JSONObject,
    suite: str | None,
    mandatory: JSONObject | None,
) -> Disclosure:
    """Return what `shown` discloses of the held document `of`.

    `suite` is that of its derived proof, None if it leaves whole; `mandatory` is the part of it that the
    issuer allows nobody to withhold.
    """
    claims = claims_from_credential(shown)
    return Disclosure(
        credential_id=credential_id,
        suite=suite,
        values=_with_reasons(claims, mandatory, whole=suite is None),
        linkable=(*linkable_values(shown), *_signing_times(shown)),
        withheld=_withheld(of, claims),
    )


def _with_reasons(
    claims: Sequence[Claim], mandatory: JSONObject | None, *, whole: bool
) -> tuple[DisclosedValue, ...]:
    unavoidable = Counter(_name(claim) for claim in claims_from_credential(mandatory or {}))
    values = []
    for claim in claims:
        if whole:
            reason = Reason.WHOLE
        elif unavoidable[_name(claim)] > 0:
            unavoidable[_name(claim)] -= 1
            reason = Reason.MANDATORY
        elif claim.pointer.rsplit("/", 1)[-1] in ("id", "type"):
            reason = Reason.INSEPARABLE
        else:
            reason = Reason.CHOSEN
        values.append(DisclosedValue(claim.pointer, claim.label, claim.display, reason))
    return tuple(values)


def _withheld(document: JSONObject, shown: Sequence[Claim]) -> tuple[str, ...]:
    leaving = Counter(_name(claim) for claim in shown)
    withheld = []
    for claim in claims_from_credential(document):
        if leaving[_name(claim)] > 0:
            leaving[_name(claim)] -= 1
        else:
            withheld.append(claim.label)
    return tuple(withheld)


def _name(claim: Claim) -> tuple[str, str]:
    """Positions in arrays shift when elements are withheld, so a value is named by members and content."""
    return "/".join(part for part in claim.pointer.split("/") if not part.isdigit()), claim.display


def _signing_times(shown: JSONObject) -> list[LinkableValue]:
    """Any other suite's proof is linkable as a whole; one of bbs-2023 only by the time that it carries."""
    return [
        LinkableValue(
            "/proof/created", "time of signing", "the same in every presentation of this credential"
        )
        for proof in proofs_of(shown)
        if proof.get("cryptosuite") == "bbs-2023" and "created" in proof
    ]
