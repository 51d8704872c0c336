"""The issuer's decisions in OpenID4VCI: who may fetch which credential, and for which key it is made.

An offer's code is exchanged once for a token; the token fetches the credentials of that offer and no other
(threat F9). With the first request the keys are pinned: asking again, after an answer was lost, gives the
same credentials or a refusal, never a second status index (F10). Nothing is signed inside a transaction:
`offers` pins, the minter signs and keeps under one key for each holder, and `offers` learns what was made.

A refusal is the protocol's own error (`protocols.oid4vci`). Not here: HTTP, tables, making offers
(`offering`).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from health import Record, read_record
from issuer.config import IssuerConfig
from issuer.minting import Also
from issuer.openid.encryption import Message, MessageEncryption
from issuer.openid.key_proofs import KeyProofChecker
from issuer.openid.metadata import configurations, issuer_metadata, server_metadata
from issuer.openid.offering import IssuanceSettings, Offering, public_url
from issuer.openid.offers import (
    NonceUsedError,
    OfferStore,
    OtherHoldersError,
    RedemptionOutcome,
    begin_issuance,
    finish_issuance,
)
from issuer.openid.options import options_from_json
from issuer.openid.service_secrets import ServiceSecrets, same
from issuer.openid.tables import REFUSED, WAITING, Grant, NewToken, StoredIssuance, StoredOffer
from issuer.options import MintOptions
from issuer.service import Minted, MintRequest
from issuer.store import IssuerStore, IssuerWriting
from protocols.oid4vci import (
    CREDENTIAL_ACCEPTED,
    AuthorizationDetail,
    AuthorizationServerMetadata,
    CredentialIssuerMetadata,
    CredentialRequest,
    CredentialRequestDeniedError,
    CredentialResponse,
    DeferredCredentialRequest,
    InvalidAuthorizationDetailsError,
    InvalidCredentialRequestError,
    InvalidGrantError,
    InvalidNonceError,
    InvalidNotificationIdError,
    InvalidRequestError,
    InvalidTokenError,
    InvalidTransactionIdError,
    NonceResponse,
    Notification,
    ResponseEncryption,
    TokenRequest,
    TokenResponse,
    UnknownCredentialConfigurationError,
    UnknownCredentialIdentifierError,
)
from runtime.tokens import secret_digest
from vclib.encoding import encode_base64url
from vclib.errors import ConfigurationError, RecordError
from vclib.strict_json import parse_json_object

# One offer is one record, so one credential dataset; a batch is copies of it for several keys.
CREDENTIAL_IDENTIFIER = "credential-1"

_TOKEN_BYTES = 32


class MintsOnce(Protocol):
    """What mints: `issuer.service.Issuer`."""

    def mint_once(
        self,
        key: str,
        request: MintRequest,
        options: MintOptions,
        *,
        now: datetime,
        also: Also | None = None,
    ) -> Minted:
        """Return the credential of a record, the same one for the same `key`; `also` is kept with it."""

    def forget_copy(self, text: str, *, now: datetime) -> bool:
        """Forget the copy of a credential that is kept for whoever asks again."""


@dataclass(frozen=True)
class Answer:
    """What a credential endpoint answers: 200 or 202, encrypted where `encryption` is given."""

    response: CredentialResponse
    encryption: ResponseEncryption | None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 202 if self.response.is_deferred else 200


class Issuance:
    """Issuance over OpenID4VCI at the issuer's URL, which is the Credential Issuer Identifier.

    Raises ConfigurationError for an issuer without a URL. Without a `minter` nothing can be fetched.
    """

    def __init__(
        self,
        config: IssuerConfig,
        store: IssuerStore,
        minter: MintsOnce | None = None,
        *,
        settings: IssuanceSettings | None = None,
    ) -> None:
        self.url = public_url(config)
        self.settings = settings or IssuanceSettings.of(config)
        self._config = config
        self._store = store
        self._offers = OfferStore(store)
        self._secrets = ServiceSecrets(self._offers)
        self._minter = minter
        self._configurations = configurations(config)
        self.offering = Offering(config, self._offers, self._secrets, settings=self.settings)

    # --- what is told to everybody ---------------------------------------------------------------

    @cached_property
    def encryption(self) -> MessageEncryption:
        """The key that requests are encrypted to."""
        return self._secrets.encryption(required=self.settings.encryption_required)

    @cached_property
    def metadata(self) -> CredentialIssuerMetadata:
        """The credential issuer metadata."""
        return issuer_metadata(self._config, self.url, self.encryption, batch_size=self.settings.batch_size)

    @property
    def server_metadata(self) -> AuthorizationServerMetadata:
        """The authorization server metadata."""
        return server_metadata(self.url)

    def nonce(self, *, now: datetime) -> NonceResponse:
        """Return a new nonce for key proofs; nothing is stored for it."""
        return NonceResponse(self._secrets.nonces(self.settings.nonce_minutes).new(now=now))

    # --- tokens ----------------------------------------------------------------------------------

    def token(self, request: TokenRequest, *, now: datetime) -> TokenResponse:
        """Exchange a code for an access token, once.

        Raises InvalidGrantError for a wrong, used, dead, expired or unknown code and for a wrong transaction
        code, all with the same words; InvalidRequestError, InvalidAuthorizationDetailsError.
        """
        for detail in request.authorization_details:
            if detail.locations and self.url not in detail.locations:
                raise InvalidAuthorizationDetailsError("locations: expected this issuer")
        access_token = encode_base64url(secrets.token_bytes(_TOKEN_BYTES))
        # Made for every request, needed or not, so that its time tells nothing.
        given = self._secrets.tx_code_hmac(request.code, request.tx_code or "")
        redemption = self._offers.redeem(
            secret_digest(request.code),
            given if request.tx_code is not None else None,
            NewToken(
                token_sha256=secret_digest(access_token),
                client_id=request.client_id,
                with_identifiers=bool(request.authorization_details),
                seconds=self.settings.token_seconds,
                deferred_seconds=self.settings.deferred_days * 86_400,
            ),
            configurations=[detail.configuration_id for detail in request.authorization_details],
            now=now,
        )
        if redemption.offer is None:
            _refuse(redemption.outcome)
            raise InvalidGrantError("the pre-authorized code or the transaction code is not valid")
        granted = AuthorizationDetail(redemption.offer.configuration_id, (CREDENTIAL_IDENTIFIER,))
        return TokenResponse(
            access_token, redemption.seconds, (granted,) if request.authorization_details else ()
        )

    # --- credentials -----------------------------------------------------------------------------

    def credential(self, access_token: str, message: Message, *, now: datetime) -> Answer:
        """Answer a credential request: the credentials, or when to come back for them.

        Raises InvalidTokenError, and the errors of section 8.3.1 as OAuthError.
        """
        grant = self._grant(access_token, now)
        request = CredentialRequest.from_json(self.encryption.open(message))
        self.encryption.check_response(message, request.response_encryption)
        self._check_granted(grant, request)
        holders, nonces = self._key_proofs(grant, request, now)
        if grant.offer.approval == REFUSED:
            raise CredentialRequestDeniedError("the issuer refused this credential")
        try:
            response = self._answer(grant, holders, nonces, now)
        except NonceUsedError as err:
            raise InvalidNonceError("the nonce was used before") from err
        except OtherHoldersError as err:
            raise CredentialRequestDeniedError(
                "the credentials were asked for with other keys before"
            ) from err
        return Answer(response, request.response_encryption)

    def deferred(self, access_token: str, message: Message, *, now: datetime) -> Answer:
        """Answer a deferred credential request; raises as `credential`, and InvalidTransactionIdError."""
        grant = self._grant(access_token, now)
        request = DeferredCredentialRequest.from_json(self.encryption.open(message))
        self.encryption.check_response(message, request.response_encryption)
        expected = self._secrets.transaction_id(grant.offer.offer_id)
        issuance = grant.issuance
        if (
            not same(expected, request.transaction_id)
            or grant.offer.approval is None
            or issuance is None
            or issuance.collected
        ):
            raise InvalidTransactionIdError("the transaction is not known, or has ended")
        if grant.offer.approval == REFUSED:
            raise CredentialRequestDeniedError("the issuer refused this credential")
        if grant.offer.approval == WAITING:
            return Answer(self._promise(grant.offer), request.response_encryption)
        response = self._issue(grant.offer, issuance, issuance.holders, now=now, collected=True)
        return Answer(response, request.response_encryption)

    def check_token(self, access_token: str, *, now: datetime) -> None:
        """Check that a token is alive; raises InvalidTokenError."""
        self._grant(access_token, now)

    def notification(self, access_token: str, notification: Notification, *, now: datetime) -> None:
        """Remember what became of credentials in a wallet; raises InvalidNotificationIdError."""
        grant = self._grant(access_token, now)
        expected = self._secrets.notification_id(grant.offer.offer_id)
        issued = grant.issuance is not None and grant.issuance.record_ids is not None
        if not issued or not same(expected, notification.notification_id):
            raise InvalidNotificationIdError("the notification id is not known")
        self._offers.notify(grant.offer.offer_id, notification.event, now=now)
        if (
            notification.event == CREDENTIAL_ACCEPTED
            and grant.issuance is not None
            and self._minter is not None
        ):
            # The wallet has them; whoever got hold of the token gets no copy any more.
            for record_id in grant.issuance.record_ids or ():
                self._minter.forget_copy(record_id, now=now)

    # --- steps -----------------------------------------------------------------------------------

    def _grant(self, access_token: str, now: datetime) -> Grant:
        grant = self._offers.grant(secret_digest(access_token), now=now)
        if grant is None:
            raise InvalidTokenError("the access token is unknown or has expired")
        return grant

    def _check_granted(self, grant: Grant, request: CredentialRequest) -> None:
        if grant.with_identifiers != (request.credential_identifier is not None):
            expected = "credential_identifier" if grant.with_identifiers else "credential_configuration_id"
            raise InvalidCredentialRequestError(f"expected {expected} with this access token")
        if request.credential_identifier is not None:
            if request.credential_identifier != CREDENTIAL_IDENTIFIER:
                raise UnknownCredentialIdentifierError("the credential identifier is not known")
            return
        if request.configuration_id not in self._configurations:
            raise UnknownCredentialConfigurationError("the credential configuration is not known")
        if request.configuration_id != grant.offer.configuration_id:
            raise CredentialRequestDeniedError("the access token is for another credential configuration")

    def _key_proofs(
        self, grant: Grant, request: CredentialRequest, now: datetime
    ) -> tuple[tuple[str, ...], dict[str, datetime]]:
        checker = KeyProofChecker(
            self.url, self._secrets.nonces(self.settings.nonce_minutes), self.settings.batch_size
        )
        configuration = self._configurations[grant.offer.configuration_id]
        return checker.check(request.proofs, configuration, client_id=grant.client_id, now=now)

    def _answer(
        self, grant: Grant, holders: tuple[str, ...], nonces: dict[str, datetime], now: datetime
    ) -> CredentialResponse:
        """Use up the nonces, pin the holders, and issue to them or promise to.

        One credential, as nearly always, is kept in one transaction with all of that.
        """
        offer = grant.offer
        if offer.approval != WAITING and len(holders) < 2:
            return self._issue_one(grant, holders, nonces, now)
        issuance = self._offers.begin(offer.offer_id, holders, nonces, now=now)
        if offer.approval == WAITING:
            return self._promise(offer)
        return self._issue(offer, issuance, holders, now=now, collected=False)

    def _issue_one(
        self, grant: Grant, holders: tuple[str, ...], nonces: dict[str, datetime], now: datetime
    ) -> CredentialResponse:
        offer = grant.offer
        issuance = grant.issuance or StoredIssuance(holders, None, collected=False)
        if issuance.holders != holders:
            raise OtherHoldersError("the credentials were asked for with other keys before")
        # Nobody gets a signature for a nonce that was used; whether it still is unused is said at the end.
        self._offers.check_unused(nonces)

        def also(work: IssuerWriting, record_id: str) -> None:
            begin_issuance(work, offer.offer_id, holders, nonces, now=now)
            finish_issuance(work, offer.offer_id, [record_id], collected=False)

        record, options = self._record(offer, issuance), options_from_json(parse_json_object(offer.options))
        minted = self._mint(offer, 1, holders[0] if holders else None, record, options, now, also)
        return CredentialResponse(
            (minted.credential,), notification_id=self._secrets.notification_id(offer.offer_id)
        )

    def _promise(self, offer: StoredOffer) -> CredentialResponse:
        return CredentialResponse(
            transaction_id=self._secrets.transaction_id(offer.offer_id), interval=self.settings.interval
        )

    def _issue(
        self,
        offer: StoredOffer,
        issuance: StoredIssuance,
        holders: Sequence[str],
        *,
        now: datetime,
        collected: bool,
    ) -> CredentialResponse:
        record = self._record(offer, issuance)
        options = options_from_json(parse_json_object(offer.options))
        # In the pinned order, whatever the order of the proofs was this time.
        made = {
            holder: self._mint(offer, number, holder, record, options, now)
            for number, holder in enumerate(issuance.holders or (None,), start=1)
        }
        self._offers.finish(
            offer.offer_id, [minted.record_id for minted in made.values()], collected=collected
        )
        return CredentialResponse(
            tuple(made[holder].credential for holder in (holders or (None,))),
            notification_id=self._secrets.notification_id(offer.offer_id),
        )

    def _mint(
        self,
        offer: StoredOffer,
        number: int,
        holder: str | None,
        record: Record,
        options: MintOptions,
        now: datetime,
        also: Also | None = None,
    ) -> Minted:
        if self._minter is None:
            raise ConfigurationError("the issuer's keys are needed for this and were not opened")
        request = MintRequest(offer.offer_id, record, holder, f"offer-{offer.offer_id}-{number}.vc.json")
        key = f"oid4vci:{offer.offer_id}:{holder or ''}"
        try:
            return self._minter.mint_once(key, request, options, now=now, also=also)
        except RecordError as err:
            raise CredentialRequestDeniedError("the issuer cannot issue this credential") from err

    def _record(self, offer: StoredOffer, issuance: StoredIssuance) -> Record:
        """Return the offer's record; once it was issued, the one that the issuer's own records hold."""
        text = offer.record
        if text is None and issuance.record_ids:
            with self._store.reading() as reading:
                stored = reading.exactly(issuance.record_ids[0])
            text = stored.record if stored is not None else None
        if text is None:
            raise CredentialRequestDeniedError("the offer has ended")
        return read_record(parse_json_object(text))


def _refuse(outcome: RedemptionOutcome) -> None:
    """Raise for what is wrong with a token request beside the codes (section 6.3)."""
    if outcome is RedemptionOutcome.TX_CODE_MISSING:
        raise InvalidRequestError("tx_code: expected the transaction code")
    if outcome is RedemptionOutcome.TX_CODE_NOT_WANTED:
        raise InvalidRequestError("tx_code: expected none for this offer")
    if outcome is RedemptionOutcome.OTHER_CONFIGURATION:
        raise InvalidAuthorizationDetailsError("credential_configuration_id: expected what was offered")
