"""Credential requests and what answers them: credentials, or the promise of them; and notifications.

A request names exactly one of a configuration and an identifier, and brings the key proofs of one type, one
for each credential that is to be bound. An `ldp_vc` credential is a JSON object and stays as it came (A.1.2).
Source: OpenID4VCI 1.0 sections 8, 9 and 11. Not here: what is inside a proof.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from protocols.oid4vci.encryption import ResponseEncryption
from protocols.oid4vci.errors import (
    InvalidCredentialRequestError,
    InvalidMessageError,
    InvalidNotificationRequestError,
    InvalidProofError,
    refusing_as,
)
from protocols.oid4vci.members import (
    array,
    member_object,
    objects,
    optional_object,
    optional_text,
    present,
    text,
)
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue

JWT_PROOF = "jwt"
DI_VP_PROOF = "di_vp"

CREDENTIAL_ACCEPTED = "credential_accepted"
CREDENTIAL_FAILURE = "credential_failure"
CREDENTIAL_DELETED = "credential_deleted"
NOTIFICATION_EVENTS = (CREDENTIAL_ACCEPTED, CREDENTIAL_FAILURE, CREDENTIAL_DELETED)

# How many proofs are looked at; an issuer's own batch size is smaller.
_MAX_PROOFS = 100
_MAX_JWT = 16 * 1024
_MAX_CREDENTIALS = 1000
_MAX_INTERVAL = 30 * 24 * 3600


@dataclass(frozen=True)
class KeyProofs:
    """The key proofs of one type: compact JWS texts for "jwt", presentations for "di_vp"."""

    proof_type: str
    values: tuple[JSONValue, ...]

    @classmethod
    def from_json(cls, body: JSONObject) -> KeyProofs:
        """Return the one member of `proofs`; raises InvalidProofError. Unknown types are read, not judged."""
        with refusing_as(InvalidProofError):
            if len(body) != 1:
                raise MalformedValueError(f"proofs: expected one proof type, found {len(body)}")
            (proof_type,) = body
            values = array(body, proof_type, most=_MAX_PROOFS)
            if proof_type == JWT_PROOF and not all(isinstance(each, str) for each in values):
                raise MalformedValueError("proofs.jwt: expected compact JWS texts")
            if proof_type == JWT_PROOF and any(len(str(each)) > _MAX_JWT for each in values):
                raise MalformedValueError("proofs.jwt: a proof is too long")
            if proof_type == DI_VP_PROOF and not all(isinstance(each, dict) for each in values):
                raise MalformedValueError("proofs.di_vp: expected presentations, each an object")
            return cls(proof_type, tuple(values))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {self.proof_type: list(self.values)}


@dataclass(frozen=True)
class CredentialRequest:
    """POST credential endpoint: one of `configuration_id` and `credential_identifier`, the other is None."""

    configuration_id: str | None = None
    credential_identifier: str | None = None
    proofs: KeyProofs | None = None
    response_encryption: ResponseEncryption | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> CredentialRequest:
        """Return the request of its JSON. `proof` of the drafts before 1.0 is not read; others are ignored.

        Raises InvalidCredentialRequestError, InvalidProofError, InvalidEncryptionParametersError.
        """
        with refusing_as(InvalidCredentialRequestError):
            if ("credential_configuration_id" in body) == ("credential_identifier" in body):
                raise MalformedValueError(
                    "expected one of credential_configuration_id and credential_identifier"
                )
            proofs = optional_object(body, "proofs")
            encryption = optional_object(body, "credential_response_encryption")
            return cls(
                optional_text(body, "credential_configuration_id"),
                optional_text(body, "credential_identifier"),
                KeyProofs.from_json(proofs) if proofs is not None else None,
                ResponseEncryption.from_json(encryption) if encryption is not None else None,
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return present(
            credential_configuration_id=self.configuration_id,
            credential_identifier=self.credential_identifier,
            proofs=self.proofs.to_json() if self.proofs else None,
            credential_response_encryption=self.response_encryption.to_json()
            if self.response_encryption
            else None,
        )


@dataclass(frozen=True)
class DeferredCredentialRequest:
    """POST deferred credential endpoint."""

    transaction_id: str
    response_encryption: ResponseEncryption | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> DeferredCredentialRequest:
        """Return the request of its JSON; InvalidCredentialRequestError, InvalidEncryptionParametersError."""
        with refusing_as(InvalidCredentialRequestError):
            encryption = optional_object(body, "credential_response_encryption")
            return cls(
                text(body, "transaction_id"),
                ResponseEncryption.from_json(encryption) if encryption is not None else None,
            )

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {"transaction_id": self.transaction_id} | present(
            credential_response_encryption=self.response_encryption.to_json()
            if self.response_encryption
            else None
        )


@dataclass(frozen=True)
class CredentialResponse:
    """Either `credentials`, one for each key at most, or a `transaction_id` to come back with.

    `interval` is how many seconds to wait before that. A deferred answer has the HTTP status 202.
    """

    credentials: tuple[JSONObject, ...] = ()
    notification_id: str | None = None
    transaction_id: str | None = None
    interval: int | None = None

    @property
    def is_deferred(self) -> bool:
        """Whether the credentials are still to come."""
        return self.transaction_id is not None

    @classmethod
    def from_json(cls, body: JSONObject) -> CredentialResponse:
        """Return the answer of its JSON; raises InvalidMessageError."""
        with refusing_as(InvalidMessageError):
            if ("credentials" in body) == ("transaction_id" in body):
                raise MalformedValueError("expected one of credentials and transaction_id")
            if "transaction_id" in body:
                if "notification_id" in body:
                    raise MalformedValueError("notification_id: expected only with credentials")
                return cls(
                    transaction_id=text(body, "transaction_id"),
                    interval=_interval(body),
                )
            credentials = objects(
                body, "credentials", lambda item: member_object(item, "credential"), most=_MAX_CREDENTIALS
            )
            if not credentials:
                raise MalformedValueError("credentials: expected at least one")
            return cls(credentials, optional_text(body, "notification_id"))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        credentials: list[JSONValue] = [{"credential": each} for each in self.credentials]
        return present(
            credentials=credentials or None,
            notification_id=self.notification_id,
            transaction_id=self.transaction_id,
            interval=self.interval,
        )


@dataclass(frozen=True)
class Notification:
    """POST notification endpoint: what became of the credentials, one of NOTIFICATION_EVENTS."""

    notification_id: str
    event: str
    description: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> Notification:
        """Return the notification of its JSON; raises InvalidNotificationRequestError."""
        with refusing_as(InvalidNotificationRequestError):
            event = text(body, "event", longest=100)
            if event not in NOTIFICATION_EVENTS:
                raise MalformedValueError(f"event: expected one of {', '.join(NOTIFICATION_EVENTS)}")
            return cls(text(body, "notification_id"), event, optional_text(body, "event_description"))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {"notification_id": self.notification_id, "event": self.event} | present(
            event_description=self.description
        )


def _interval(body: JSONObject) -> int:
    """Return how many whole seconds to wait: the text allows any positive number."""
    value = body.get("interval")
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value <= _MAX_INTERVAL:
        raise MalformedValueError(f"interval: expected a positive number of seconds up to {_MAX_INTERVAL}")
    return math.ceil(value)
