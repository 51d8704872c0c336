"""Asking for credentials that a token was given for, and keeping what is as it was offered.

The second half of receiving: nonce, one proof for each key, the credential request, the answer that comes or
is promised for later, the checks, the notification. Whatever is finished is struck off before the next
request, so that nothing is asked for twice and nothing is lost (threats F5, F10, F13).
Not here: offers and tokens (`wallet.receiving`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from protocols.oid4vci import (
    CREDENTIAL_ACCEPTED,
    CREDENTIAL_FAILURE,
    JWT_PROOF,
    CredentialConfiguration,
    CredentialIssuerMetadata,
    CredentialRequest,
    CredentialRequestDeniedError,
    CredentialResponse,
    InvalidMessageError,
    InvalidNonceError,
    InvalidTokenError,
    InvalidTransactionIdError,
    KeyProofs,
    Notification,
    build_di_vp_proof,
    build_jwt_proof,
)
from vclib.errors import ProofGenerationError, StoreError, VCError
from vclib.strict_json import JSONObject, JSONValue
from wallet.holder import AddedCredential, Holder
from wallet.holdings import ISSUANCE, HeldKey, to_row
from wallet.issuances import Issuance, Part
from wallet.issued import Expected, check_alike, check_issued
from wallet.issuer_client import IssuerClient
from wallet.offered import proof_type


@dataclass(frozen=True)
class Stored:
    """A credential that is in the wallet now, and what to know about who issued it."""

    added: AddedCredential
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Received:
    """What became of an issuance: stored, refused with the reason, or promised for later (not before)."""

    stored: tuple[Stored, ...] = ()
    refused: tuple[VCError, ...] = ()
    waiting: tuple[datetime, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: Received) -> Received:
        """Return both together."""
        return Received(
            self.stored + other.stored,
            self.refused + other.refused,
            self.waiting + other.waiting,
            self.warnings + other.warnings,
        )


@dataclass(frozen=True)
class Collector:
    """Asks for what an issuance still has to bring, and keeps it in an open wallet."""

    holder: Holder
    client: IssuerClient

    def collect(self, item_id: str, issuance: Issuance, metadata: CredentialIssuerMetadata) -> Received:
        """Ask for every part whose time has come; what is finished is struck off as it is."""
        result = Received()
        for part in issuance.parts:
            if part.not_before is not None and self._now() < part.not_before:
                result += Received(waiting=(part.not_before,))
                continue
            try:
                response = self._ask(metadata, issuance, part)
            except InvalidTokenError:
                self.drop(item_id)
                raise
            except (CredentialRequestDeniedError, InvalidTransactionIdError) as err:
                result += Received(refused=(err,))
                issuance = self.save(item_id, issuance.replaced(part, None))
                continue
            if response.is_deferred:
                later = replace(
                    part,
                    transaction=response.transaction_id,
                    not_before=self._now() + timedelta(seconds=response.interval or 1),
                )
                issuance = self.save(item_id, issuance.replaced(part, later))
                result += Received(waiting=(later.not_before,) if later.not_before else ())
                continue
            result += self._take(metadata, issuance, part, response)
            issuance = self.save(item_id, issuance.replaced(part, None))
        self._note(issuance.issuer, result)
        return result

    def _ask(self, metadata: CredentialIssuerMetadata, issuance: Issuance, part: Part) -> CredentialResponse:
        if part.transaction is not None:
            return self._ask_deferred(metadata, issuance, part, part.transaction)
        try:
            return self._request(metadata, issuance, part)
        except InvalidNonceError:
            # One new nonce and one more try, not for ever (threat F5).
            return self._request(metadata, issuance, part)

    def _ask_deferred(
        self, metadata: CredentialIssuerMetadata, issuance: Issuance, part: Part, transaction: str
    ) -> CredentialResponse:
        try:
            response = self.client.request_deferred(metadata, issuance.token, transaction)
        except InvalidTransactionIdError:
            # Used up, perhaps by an answer that was lost: an issuer that makes a credential once for each key
            # gives the same one again to the first request (threat F10).
            return self._request(metadata, issuance, part)
        if response.is_deferred and response.transaction_id != transaction:
            raise InvalidMessageError("the issuer answers about another transaction than asked")
        return response

    def _request(
        self, metadata: CredentialIssuerMetadata, issuance: Issuance, part: Part
    ) -> CredentialResponse:
        configuration = _configuration(metadata, part)
        proofs = self._proofs(metadata, configuration, part) if configuration.is_bound else None
        named = part.identifier is not None
        request = CredentialRequest(
            configuration_id=None if named else part.configuration,
            credential_identifier=part.identifier,
            proofs=proofs,
        )
        return self.client.request_credential(metadata, issuance.token, request)

    def _proofs(
        self, metadata: CredentialIssuerMetadata, configuration: CredentialConfiguration, part: Part
    ) -> KeyProofs:
        endpoint = metadata.nonce_endpoint
        nonce = self.client.request_nonce(endpoint) if endpoint is not None else None
        keys = [self.held_key(did) for did in part.keys]
        kind = proof_type(configuration, keys[0])
        issuer, now = metadata.credential_issuer, self._now()
        values: list[JSONValue] = []
        for key in keys:
            if kind == JWT_PROOF:
                values.append(build_jwt_proof(key.private_key, issuer=issuer, nonce=nonce, now=now))
            else:
                values.append(
                    build_di_vp_proof(
                        key.private_key, issuer=issuer, nonce=nonce, now=now, cryptosuite=key.cryptosuite
                    )
                )
        return KeyProofs(kind, tuple(values))

    def _take(
        self,
        metadata: CredentialIssuerMetadata,
        issuance: Issuance,
        part: Part,
        response: CredentialResponse,
    ) -> Received:
        """Keep what is as it was offered, refuse the rest, and tell the issuer which it was."""
        configuration = _configuration(metadata, part)
        open_keys = list(part.keys)
        stored: list[Stored] = []
        refused: list[VCError] = []
        if len(response.credentials) > max(1, len(part.keys)):
            refused.append(InvalidMessageError("the issuer sent more credentials than it was asked for"))
        for document in response.credentials if not refused else ():
            expected = Expected(
                issuance.issuer, configuration, _key_of(document, open_keys), issuance.expected_issuer
            )
            try:
                kept = self._keep(document, expected, stored, single_use=issuance.single_use)
            except StoreError:
                raise
            except VCError as err:
                refused.append(err)
            else:
                stored.append(kept)
                if expected.holder is not None:
                    open_keys.remove(expected.holder)
        return Received(
            tuple(stored), tuple(refused), (), self._notify(metadata, issuance, response, refused)
        )

    def _keep(
        self, document: JSONObject, expected: Expected, before: Sequence[Stored], *, single_use: bool
    ) -> Stored:
        checked = self.holder.check_credential(document)
        notes = check_issued(document, checked, expected)
        if before:
            check_alike(document, self.holder.document(before[0].added.view.id))
        return Stored(self.holder.keep_credential(document, checked, single_use=single_use), notes)

    def _notify(
        self,
        metadata: CredentialIssuerMetadata,
        issuance: Issuance,
        response: CredentialResponse,
        refused: Sequence[VCError],
    ) -> tuple[str, ...]:
        """Tell the issuer; a part of a batch that was not stored is a failure. What fails is a warning."""
        if response.notification_id is None or metadata.notification_endpoint is None:
            return ()
        event = CREDENTIAL_FAILURE if refused else CREDENTIAL_ACCEPTED
        # The code of the error only: its message may quote the credential.
        notification = Notification(response.notification_id, event, refused[0].code if refused else None)
        try:
            self.client.notify(metadata.notification_endpoint, issuance.token, notification)
        except VCError as err:
            return (f"the issuer could not be told what became of the credential: {err.message}",)
        return ()

    def _note(self, issuer: str, result: Received) -> None:
        shelf = self.holder.shelf
        if result.stored:
            ids: list[JSONValue] = [item.added.view.id for item in result.stored]
            shelf.record("receive", "done", {"issuer_url": issuer, "credentials": ids})
        for err in result.refused:
            shelf.record("receive", "refused", {"issuer_url": issuer, "error": err.code})

    def save(self, item_id: str, issuance: Issuance) -> Issuance:
        """Write how far an issuance has come; one without parts is finished and deleted."""
        if not issuance.parts:
            self.drop(item_id)
            return issuance
        with self.holder.shelf.store.change() as change:
            change.put(ISSUANCE, to_row(issuance.to_json()), summary={}, item_id=item_id)
        return issuance

    def drop(self, item_id: str) -> None:
        """Forget an issuance of which nothing more can come."""
        with self.holder.shelf.store.change() as change:
            change.delete(item_id)

    def held_key(self, did: str) -> HeldKey:
        """Return a key of the wallet; ProofGenerationError if there is none any more."""
        for key in self.holder.shelf.held_keys():
            if key.did == did:
                return key
        raise ProofGenerationError("the key to bind the credential to is not in the wallet any more")

    def _now(self) -> datetime:
        return self.holder.shelf.clock()


def _configuration(metadata: CredentialIssuerMetadata, part: Part) -> CredentialConfiguration:
    configuration = metadata.configurations.get(part.configuration)
    if configuration is None:
        raise InvalidMessageError("the issuer does not describe any more what it offered")
    return configuration


def _key_of(document: JSONObject, keys: Sequence[str]) -> str | None:
    """Return which of the proven keys a credential names, else the first: then it is found to differ."""
    subject = document.get("credentialSubject")
    subjects = subject if isinstance(subject, list) else [subject]
    named = [item.get("id") for item in subjects if isinstance(item, dict)]
    return next((did for did in keys if did in named), keys[0] if keys else None)
