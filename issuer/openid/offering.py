"""Offers: an issuer says that a credential can be fetched, and hands out a code for it.

A record is refused at once if it cannot be true or could not be minted when its holder comes for it (threat
F14). The code follows from the offer's reference, so that an offer can be fetched again and the database
still holds neither. Not here: what happens when the code comes back (`issuance`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from health import Record, check_mandatory_pointers, mandatory_pointers, record_to_json
from issuer.building import DocumentIds, write_credential
from issuer.config import IssuerConfig
from issuer.openid.metadata import configuration_id, configurations
from issuer.openid.offers import OfferStore
from issuer.openid.options import options_to_json
from issuer.openid.service_secrets import ServiceSecrets, code_of
from issuer.openid.tables import NewOffer, StoredOffer
from issuer.options import UNLINKABLE_SUITE, MintOptions, plan_minting
from protocols.oid4vci import CredentialOffer, PreAuthorizedGrant, TxCode, offer_reference_uri
from runtime.tokens import secret_digest
from vclib.credentials import parse_credential
from vclib.cryptosuites.pointers import select_json_ld
from vclib.encoding import encode_base64url
from vclib.errors import ConfigurationError
from vclib.strict_json import dump_json

TX_CODE_LENGTH = 6

_REFERENCE_BYTES = 16
_OFFER_ID_BYTES = 9
_MAX_MINUTES = 60 * 24 * 30
# What a credential has only once its holder and its place in the status lists are known.
_ADDED_LATER = ("/id", "/credentialStatus", "/credentialSubject/id")


@dataclass(frozen=True)
class IssuanceSettings:
    """How long things live and how much is given at once; `interval` is in seconds."""

    offer_minutes: int = 15
    token_seconds: int = 600
    deferred_days: int = 7
    nonce_minutes: int = 5
    batch_size: int = 8
    interval: int = 5
    encryption_required: bool = False

    @classmethod
    def of(cls, config: IssuerConfig) -> IssuanceSettings:
        """Return what the issuer's settings say; the rest is as above."""
        return cls(offer_minutes=config.offer_minutes, encryption_required=config.encryption_required)


@dataclass(frozen=True)
class CreatedOffer:
    """A new offer: `url` is where it is fetched from, `tx_code` what the holder is told on another way."""

    offer_id: str
    offer: CredentialOffer
    url: str = field(repr=False)
    tx_code: str | None = field(repr=False)
    expires: datetime

    @property
    def link(self) -> str:
        """The link that carries the offer by reference; short enough for any QR code."""
        return offer_reference_uri(self.url)

    @property
    def link_by_value(self) -> str:
        """The link that carries the offer itself."""
        return self.offer.to_uri()


def public_url(config: IssuerConfig) -> str:
    """Return the URL that wallets reach the issuer at; ConfigurationError where the settings name none."""
    if config.url is None:
        raise ConfigurationError(
            "url: the issuer has no URL yet that wallets could reach; set it in issuer.toml"
        )
    return config.url


class Offering:
    """Makes and keeps offers without any key; ConfigurationError for an issuer that has no URL."""

    def __init__(
        self,
        config: IssuerConfig,
        offers: OfferStore,
        service_secrets: ServiceSecrets,
        *,
        settings: IssuanceSettings,
    ) -> None:
        self.url = public_url(config)
        self.settings = settings
        self._config = config
        self._offers = offers
        self._secrets = service_secrets
        self._configurations = configurations(config)

    def create(
        self,
        record: Record,
        options: MintOptions,
        *,
        now: datetime,
        with_tx_code: bool = True,
        deferred: bool = False,
        minutes: int | None = None,
    ) -> CreatedOffer:
        """Offer the credential of a record that was parsed for issuing.

        Raises RecordError, and ConfigurationError or PointerError for options that cannot be met.
        """
        minutes = self.settings.offer_minutes if minutes is None else minutes
        if not 1 <= minutes <= _MAX_MINUTES:
            raise ConfigurationError(f"minutes: expected 1 to {_MAX_MINUTES}, found {minutes}")
        suite = options.suite or self._config.suite
        offered = configuration_id(record.kind, suite)
        if offered not in self._configurations:
            raise ConfigurationError(f"this issuer has no key for {suite[:40]!r}")
        self._check_mintable(record, options, suite, now)
        self._offers.purge(now=now)
        reference = encode_base64url(secrets.token_bytes(_REFERENCE_BYTES))
        code = code_of(reference)
        tx_code = f"{secrets.randbelow(10**TX_CODE_LENGTH):0{TX_CODE_LENGTH}}" if with_tx_code else None
        new = NewOffer(
            offer_id=secrets.token_hex(_OFFER_ID_BYTES),
            reference_sha256=secret_digest(reference),
            code_sha256=secret_digest(code),
            tx_code_hmac=self._secrets.tx_code_hmac(code, tx_code) if tx_code is not None else None,
            configuration_id=offered,
            record=dump_json(record_to_json(record)),
            options=dump_json(options_to_json(replace(options, suite=suite))),
            needs_approval=deferred,
            created=now,
            expires=now + timedelta(minutes=minutes),
        )
        self._offers.add(new, audit={"configuration": offered})
        offer = self._offer(offered, code, needs_tx_code=with_tx_code)
        return CreatedOffer(new.offer_id, offer, f"{self.url}/offers/{reference}", tx_code, new.expires)

    def at(self, reference: str, *, now: datetime) -> CredentialOffer | None:
        """Return the offer of a reference, None if there is none or it ended."""
        stored = self._offers.open_offer(secret_digest(reference), now=now)
        if stored is None:
            return None
        return self._offer(stored.configuration_id, code_of(reference), needs_tx_code=stored.needs_tx_code)

    def decide(self, offer_id: str, *, approve: bool, now: datetime) -> None:
        """Approve or refuse a deferred offer; ConfigurationError where none waits for it."""
        if not self._offers.decide(offer_id, approve=approve, now=now):
            raise ConfigurationError(f"no offer {offer_id[:40]!r} waits for approval")

    def listed(self, *, now: datetime) -> tuple[tuple[StoredOffer, tuple[str, ...]], ...]:
        """Return the offers that are remembered, oldest first, with what wallets told of them."""
        self._offers.purge(now=now)
        return self._offers.list_offers()

    def purge(self, *, now: datetime) -> None:
        """Forget what has ended."""
        self._offers.purge(now=now)

    def _check_mintable(self, record: Record, options: MintOptions, suite: str, now: datetime) -> None:
        """Refuse at once what could not be minted when the holder comes for it."""
        if options.holder is not None or options.with_holder:
            raise ConfigurationError("an offer names no holder: the wallet proves its own key")
        bound = suite != UNLINKABLE_SUITE
        if bound and options.unbound:
            raise ConfigurationError(
                f"{suite} credentials are bound to the key of the wallet that fetches them"
            )
        plan = plan_minting(
            replace(options, suite=suite, unbound=bound), self._config, row_holder=None, now=now
        )
        document = write_credential(record, plan, self._config, DocumentIds(self.url, None), ())
        parse_credential(document)
        check_mandatory_pointers((*mandatory_pointers(document), *plan.mandatory), document)
        select_json_ld([each for each in plan.mandatory if not each.startswith(_ADDED_LATER)], document)

    def _offer(self, offered: str, code: str, *, needs_tx_code: bool) -> CredentialOffer:
        tx_code = TxCode("numeric", TX_CODE_LENGTH, "The code you were given with this offer")
        return CredentialOffer(
            self.url, (offered,), PreAuthorizedGrant(code, tx_code if needs_tx_code else None)
        )
