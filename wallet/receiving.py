"""Receiving credentials over the network: what is offered and by whom, the holder's word, then the protocol.

`Receiver.plan` reads an offer and what its issuer says of itself; nothing is redeemed by that. `receive`
redeems it: token, nonce, one proof for each key, credentials. Each is checked before it is kept, and one that
is not as offered is refused and the issuer told so (threat F13). What is promised for later, `resume` asks
for. A request whose answer was lost is completed by the same command again (`wallet.issuances`, F10).

Codes and tokens are in no value that is shown, noted or raised (K8). Source: OpenID4VCI 1.0. Not here: HTTP
(`wallet.issuer_client`), what is offered (`wallet.offered`), how anything looks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from protocols.oid4vci import (
    CredentialConfiguration,
    InvalidGrantError,
    InvalidMessageError,
    InvalidTxCodeError,
    TokenRequest,
    TokenResponse,
    TxCode,
)
from vclib.errors import VCError
from vclib.keys import generate_private_key
from wallet.collecting import Collector, Received, Stored
from wallet.holder import Holder
from wallet.holdings import ISSUANCE, HeldKey, to_row
from wallet.issuances import Issuance, Part, link_digest
from wallet.issuer_client import IssuerClient
from wallet.offered import Choice, OfferPlan, plan_offer, plan_rest

__all__ = ["MAX_TRIES", "AskCode", "Choice", "OfferPlan", "Received", "Receiver", "Stored"]

# Issuers stop at five as well (VCI 13.6.3).
MAX_TRIES = 5
# However long somebody is willing to wait for a deferred credential.
MAX_POLLS = 200

# An issuer that names no lifetime means a short one.
_DEFAULT_TOKEN_LIFE = timedelta(hours=1)
# After the token of an unfinished issuance has ended, how long it is still worth asking.
_KEPT_AFTER_EXPIRY = timedelta(days=90)

# Asked for the transaction code: how it should look, which try this is (1 is the first); None gives up.
AskCode = Callable[[TxCode, int], str | None]


@dataclass(frozen=True)
class Receiver:
    """Receives into an open wallet. `sleep` waits for deferred credentials, by seconds."""

    holder: Holder
    client: IssuerClient
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def plan(self, link: str, choice: Choice | None = None) -> OfferPlan:
        """Return what a link offers, for the holder to see; nothing is redeemed yet.

        Raises what `wallet.offered.plan_offer` and `IssuerClient.read_offer` raise.
        """
        shelf = self.holder.shelf
        with shelf.recording_failure("receive"):
            digest = link_digest(link)
            begun = self._begun(digest)
            if begun is not None:
                _, issuance = begun
                names = dict.fromkeys(part.configuration for part in issuance.parts)
                return plan_rest(self.client, issuance.issuer, tuple(names), digest=digest)
            offer = self.client.read_offer(link)
            return plan_offer(self.client, offer, choice or Choice(), shelf.held_keys(), digest=digest)

    def decline(self, planned: OfferPlan) -> None:
        """Remember that the holder said no; the offer stays as it was."""
        self.holder.shelf.record("receive", "declined", {"issuer_url": planned.issuer})

    def receive(self, planned: OfferPlan, ask_code: AskCode) -> Received:
        """Redeem a planned offer, check what comes and keep it.

        Raises the OAuthError of a refusal, FetchError where an answer was lost: then the same again, with the
        same link, completes it. A credential that was refused here is in the result and not in the wallet.
        """
        with self.holder.shelf.recording_failure("receive", {"issuer_url": planned.issuer}):
            begun = self._begun(planned.digest)
            item_id, issuance = begun or self._redeem(planned, ask_code)
            return self._collector.collect(item_id, issuance, planned.metadata)

    def resume(self, *, wait: float = 0.0) -> Received:
        """Ask for everything that was begun and not finished; what is promised for later not before its time.

        With `wait` (seconds) it sleeps until that time and asks again, so long in all. Raises as `receive`,
        after all issuances had their turn.
        """
        until = self._now() + timedelta(seconds=wait)
        result = self._resume_once()
        for _ in range(MAX_POLLS):
            if not result.waiting or min(result.waiting) > until:
                break
            self.sleep(max(0.0, (min(result.waiting) - self._now()).total_seconds()))
            result = replace(result, waiting=()) + self._resume_once()
        return result

    @property
    def unfinished(self) -> int:
        """How many issuances were begun and not finished."""
        return len(self.holder.shelf.issuances())

    def _resume_once(self) -> Received:
        result, failures = Received(), []
        for item_id, members in self.holder.shelf.issuances().items():
            issuance = Issuance.from_json(members)
            if issuance.expires is not None and self._now() > issuance.expires + _KEPT_AFTER_EXPIRY:
                self._collector.drop(item_id)
                continue
            try:
                with self.holder.shelf.recording_failure("receive", {"issuer_url": issuance.issuer}):
                    metadata = self.client.issuer_metadata(issuance.issuer)
                    result += self._collector.collect(item_id, issuance, metadata)
            except VCError as err:
                failures.append(err)
        if failures:
            if not (result.stored or result.refused or result.waiting):
                raise failures[0]
            result += Received(warnings=tuple(f"could not be asked for: {err.message}" for err in failures))
        return result

    def _redeem(self, planned: OfferPlan, ask_code: AskCode) -> tuple[str, Issuance]:
        """Exchange the code for a token, and write it down before anything is asked with it."""
        token = self._request_token(planned, ask_code)
        new_keys: list[HeldKey] = []
        parts = []
        for item in planned.credentials:
            for identifier in _identifiers(token, item.configuration_id):
                keys = self._keys_for(planned, item.configuration)
                new_keys += keys
                dids = tuple(key.did for key in keys) or ((planned.key,) if planned.key else ())
                bound = dids if item.configuration.is_bound else ()
                parts.append(Part(item.configuration_id, identifier, bound))
        issuance = Issuance(
            issuer=planned.issuer,
            offer=planned.digest,
            token=token.access_token,
            expires=self._now() + _lifetime(token),
            single_use=planned.choice.copies > 1,
            expected_issuer=planned.choice.issuer,
            parts=tuple(parts),
        )
        shelf = self.holder.shelf
        with shelf.store.change() as change:
            for key in new_keys:
                shelf.put_key(change, key)
            item_id = change.put(ISSUANCE, to_row(issuance.to_json()), summary={})
        return item_id, issuance

    def _request_token(self, planned: OfferPlan, ask_code: AskCode) -> TokenResponse:
        grant = planned.offer.pre_authorized
        if grant is None:
            raise InvalidMessageError("the offer has no pre-authorized code")
        if grant.tx_code is None:
            return self.client.request_token(planned.token_endpoint, TokenRequest(grant.code))
        refusal: VCError = InvalidGrantError("the offer needs a transaction code, and none was given")
        for attempt in range(1, MAX_TRIES + 1):
            code = ask_code(grant.tx_code, attempt)
            if code is None:
                break
            try:
                return self.client.request_token(planned.token_endpoint, TokenRequest(grant.code, code))
            except (InvalidGrantError, InvalidTxCodeError) as err:
                refusal = err
        raise refusal

    def _keys_for(self, planned: OfferPlan, configuration: CredentialConfiguration) -> list[HeldKey]:
        """Return new keys, one for each copy; none where one copy is bound to a key that there is."""
        if planned.key is None or planned.choice.copies == 1 or not configuration.is_bound:
            return []
        base = self._collector.held_key(planned.key)
        return [
            HeldKey(base.name, generate_private_key(base.private_key.key_type), self._now())
            for _ in range(planned.choice.copies)
        ]

    def _begun(self, digest: str) -> tuple[str, Issuance] | None:
        for item_id, members in self.holder.shelf.issuances().items():
            issuance = Issuance.from_json(members)
            if issuance.offer == digest:
                return item_id, issuance
        return None

    @property
    def _collector(self) -> Collector:
        return Collector(self.holder, self.client)

    def _now(self) -> datetime:
        return self.holder.shelf.clock()


def _identifiers(token: TokenResponse, configuration_id: str) -> Sequence[str | None]:
    """Return the identifiers to ask for by; None stands for the configuration itself (VCI 6.2)."""
    for detail in token.authorization_details:
        if detail.configuration_id == configuration_id:
            return detail.credential_identifiers
    return (None,)


def _lifetime(token: TokenResponse) -> timedelta:
    return _DEFAULT_TOKEN_LIFE if token.expires_in is None else timedelta(seconds=token.expires_in)
