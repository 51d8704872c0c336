"""What comes back from a verification: typed values that say what was checked.

Integrity is not among the members: a value of these types exists only if it held. Time, status and schema
are, because a genuine credential may be expired or revoked, and that is another answer than "forged"
(https://www.w3.org/TR/vc-data-model-2.0/#verification separates errors from warnings, too). What to do
about them is for `vclib.policy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from vclib.credentials import Credential
from vclib.errors import VCError
from vclib.presentations import Presentation
from vclib.proofs import VerifiedProof
from vclib.schemas import SchemaOutcome
from vclib.status import StatusResult
from vclib.strict_json import JSONObject
from vclib.verdicts import Reason


class Validity(StrEnum):
    """How the moment of the check lies to the credential's validity period."""

    VALID = "valid"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"


@dataclass(frozen=True)
class NotChecked:
    """A status that could not be told, and why. Never to be read as "not set" (threat H1)."""

    purpose: str | None
    error: VCError


@dataclass(frozen=True)
class SchemaResult:
    """What the evaluation of one `credentialSchema` gave; `reason` names place and rule, no value."""

    schema_id: str
    outcome: SchemaOutcome
    reason: str = ""


@dataclass(frozen=True, eq=False)
class VerifiedCredential:
    """A credential that conforms and whose proofs hold, made by its issuer.

    At least one of `proofs` is by the issuer's own key (unless the environment does not bind them).
    `self_asserted`: it has no proof of its own, and its issuer is the holder who signed the presentation.
    """

    credential: Credential
    proofs: tuple[VerifiedProof, ...]
    validity: Validity
    status: tuple[StatusResult | NotChecked, ...] = ()
    schemas: tuple[SchemaResult, ...] = ()
    warnings: tuple[Reason, ...] = ()
    self_asserted: bool = False


@dataclass(frozen=True, eq=False)
class CredentialFailure:
    """A credential of a presentation that was not verified, and why."""

    document: JSONObject
    error: VCError


CredentialOutcome: TypeAlias = VerifiedCredential | CredentialFailure


class BindingState(StrEnum):
    """Whether the presenter is the one a credential was given to.

    BOUND: the credential names a DID, and its key signed the presentation. UNBOUND: it names none, so
    anybody who has a copy could present it (threat D11). NOT_PROVEN: it names one, but the presentation is
    not signed (or the environment does not compare).
    """

    BOUND = "bound"
    UNBOUND = "unbound"
    NOT_PROVEN = "not-proven"


@dataclass(frozen=True)
class Binding:
    """The state, and the DID the credential is bound to, if it is bound to one."""

    state: BindingState
    did: str | None = None


@dataclass(frozen=True, eq=False)
class VerifiedPresentation:
    """A presentation that conforms and whose proofs hold.

    `signers` are the DIDs whose keys signed it, `holder` the one it names (or the only signer). A credential
    that failed stands in `credentials` as a CredentialFailure, so that the others are not lost with it
    (threat E5); its binding is None. `bindings` has one entry for each credential, in their order.
    """

    presentation: Presentation
    proofs: tuple[VerifiedProof, ...]
    signers: tuple[str, ...]
    holder: str | None
    credentials: tuple[CredentialOutcome, ...]
    bindings: tuple[Binding | None, ...]

    @property
    def failures(self) -> tuple[CredentialFailure, ...]:
        """The credentials that were not verified."""
        return tuple(item for item in self.credentials if isinstance(item, CredentialFailure))
