"""Policies of this verifier beside those of `vclib.policy`: who has shown a credential, and was it just now.

Not here: the verdict that they become part of (`verifier.service`).
"""

from __future__ import annotations

from dataclasses import replace

from vclib.policy import Policy, Presented, Reason, Severity, is_bound_to_holder
from vclib.verification import BindingState


def not_fresh(*, require_holder: bool) -> Reason:
    """Return what there is to say of a presentation that answers no challenge."""
    return Reason(
        "not-fresh",
        "No challenge was sent: whoever has a copy of this presentation can show it. Compare the name with "
        "an identity document.",
        Severity.REFUSE if require_holder else Severity.NOTE,
    )


def nobody_is_trusted(presented: Presented) -> tuple[Reason, ...]:
    """Leave everything undecided: the policy of a verifier that was told of no issuer."""
    return (
        Reason(
            "no-trust-file",
            "The signature is in order, but nobody has said whether to trust this issuer.",
            Severity.UNDECIDED,
            detail=presented.verified.credential.issuer_id,
        ),
    )


def holder_has_proven(*, require_holder: bool) -> Policy:
    """Ask that whom a credential names as its holder has signed; what names nobody is noted, or refused.

    Stricter than `is_bound_to_holder`: a credential that is bound to a key and comes without that key's
    signature may have been copied from anybody (threats D11, E4).
    """
    bound_if_asked = is_bound_to_holder(required=require_holder)

    def policy(presented: Presented) -> tuple[Reason, ...]:
        if presented.binding is not None and presented.binding.state is BindingState.NOT_PROVEN:
            return (_NOT_PROVEN,)
        names_holder = any(did.startswith("did:") for did in presented.verified.credential.subject_ids)
        if presented.binding is None and names_holder and not require_holder:
            return (replace(_NOT_PROVEN, severity=Severity.UNDECIDED),)
        return bound_if_asked(presented)

    return policy


_NOT_PROVEN = Reason("not-presented", "Nobody has proven to be the holder: it was shown unsigned.")
