"""Asking for credentials over OpenID4VP: what is asked, of whom an answer is taken, and who learns of it.

A request is made for a situation, shown as a link or QR code, fetched by a wallet as a signed request object,
answered once, and its result given once, to the page that made it. What is not an answer to it (another
nonce, another audience, another shape) leaves it open: anybody who saw the QR code could send that. What was
made for it ends it, whatever it is found to be. Source: VP 5, 8, 13.3. Not here: HTTP (`verifier.oid4vp`).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from protocols.jose import CONTENT_ENCRYPTIONS, encryption_jwk, generate_encryption_key, signature_algorithm
from protocols.oid4vp import (
    DATA_INTEGRITY,
    AuthorizationRequest,
    AuthorizationResponse,
    ClientId,
    ClientMetadata,
    DCQLQuery,
    ErrorResponse,
    InvalidRequestError,
    InvalidResponseError,
    RequestReference,
    RequestSigner,
    RequestURIMethod,
    RequestURIPost,
    ResponseMode,
    check_answered,
    decrypt_response,
    direct_post_answer,
    parse_client_id,
    purpose_info,
    reasons_of,
    sign_request_object,
)
from vclib.errors import ConfigurationError, MalformedValueError
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject, JSONValue
from verifier.answers import Asked, answers_json, judge_token
from verifier.config import VerifierConfig
from verifier.queries import query_for
from verifier.rule_queries import AskedRules, kept_choice, query_for_rules, reasons_for_rules
from verifier.rules import ChosenRules
from verifier.service import Verifier
from verifier.transactions import Progress, Transaction, Transactions

# The situation in which nothing is asked but whether a record was withdrawn.
STATUS = "status"
# 128 bits for what is fetched by, 256 for what opens a result.
_LOOPBACK = frozenset({"localhost", "127.0.0.1"})
_ID_BYTES, _SECRET_BYTES = 16, 32
# What this verifier verifies, on credentials and on presentations (VP B.1.3.2).
CRYPTOSUITES = ("bbs-2023", "ecdsa-sd-2023", "ecdsa-rdfc-2019", "eddsa-rdfc-2022")


class UnknownRequestError(InvalidRequestError):
    """There is no request of this id that waits for an answer: unknown, answered, or ended."""


@dataclass(frozen=True)
class RequestSettings:
    """How a verifier asks. `url` is its own, without a trailing slash; `encrypted`: answers are encrypted."""

    url: str
    name: str
    purpose: str = ""
    lifetime: timedelta = timedelta(minutes=15)
    max_open: int = 1000
    encrypted: bool = True
    require_holder: bool = False
    require_status: bool = False

    @classmethod
    def of(cls, config: VerifierConfig) -> RequestSettings:
        """Return the settings of a verifier that serves; ConfigurationError for one without a URL."""
        if config.url is None:
            raise ConfigurationError("a verifier that asks wallets needs a url")
        return cls(
            url=config.url,
            name=config.name,
            purpose=config.purpose,
            lifetime=timedelta(seconds=config.exchange_seconds),
            max_open=config.max_open_exchanges,
            require_holder=config.require_holder,
            require_status=config.require_status,
        )

    @property
    def is_loopback(self) -> bool:
        """Whether this is a verifier for development, on this machine."""
        return urlsplit(self.url).hostname in _LOOPBACK


@dataclass(frozen=True)
class RequestOrder:
    """What to ask: a situation, kinds of record (none: all that fit), and why.

    `redirect_uri` is where the holder's browser goes after an answer from the same device, with a code that
    the result then needs; None where the wallet is on another device. `rules` are a rule set and `country`
    that of arrival, instead of those of the settings: then only what they read is asked for.
    """

    situation: str
    kinds: tuple[str, ...] = ()
    purpose: str | None = None
    redirect_uri: str | None = None
    holder_binding: bool = True
    rules: str | None = None
    country: str | None = None


@dataclass(frozen=True)
class CreatedRequest:
    """A request that was made: `link` is for the wallet, `transaction_id` for the page that made it alone."""

    transaction_id: str = field(repr=False)
    link: str
    client_id: str
    expires: datetime


class PresentationRequests:
    """The verifier's side of OpenID4VP; without a signer its requests are unsigned (`redirect_uri:`)."""

    def __init__(
        self,
        settings: RequestSettings,
        transactions: Transactions,
        verifier: Verifier,
        signer: RequestSigner | None,
        *,
        rules: AskedRules | None = None,
    ) -> None:
        self.settings = settings
        self._transactions = transactions
        self._verifier = verifier
        self._signer = signer
        self._rules = rules

    def create(self, order: RequestOrder, *, now: datetime) -> CreatedRequest:
        """Make a request; MalformedValueError for an order that fits no situation, TooManyOpenError."""
        chosen = self._chosen(order)
        query = self._query(order, chosen, now)
        reasons = () if chosen is None else reasons_for_rules(chosen, query, now=now)
        purpose = order.purpose or self.settings.purpose or None
        request_id = secrets.token_urlsafe(_ID_BYTES)
        transaction_id = secrets.token_urlsafe(_SECRET_BYTES)
        transaction = Transaction(
            request_id=request_id,
            client_id=self._client_id(request_id).text,
            nonce=secrets.token_urlsafe(_ID_BYTES),
            asked={
                "query": query.to_json(),
                "purpose": purpose,
                "situation": order.situation,
                "redirect_uri": order.redirect_uri,
                "rules": kept_choice(chosen),
                # Without a signer the whole request is in the QR code, which has no room for them.
                "reasons": purpose_info(None, reasons=reasons if self._signer else ()),
            },
            encryption_key=generate_encryption_key() if self.settings.encrypted else None,
            expires=now + self.settings.lifetime,
        )
        request = self._request(transaction)
        self._transactions.begin(transaction, transaction_id, now=now, max_open=self.settings.max_open)
        link = request.to_url() if self._signer is None else self._reference(transaction).to_url()
        return CreatedRequest(transaction_id, link, transaction.client_id, transaction.expires)

    def request_object(self, request_id: str, post: RequestURIPost, *, now: datetime) -> str:
        """Return the signed request for a wallet that fetches it, with the `wallet_nonce` that it posted.

        Raises UnknownRequestError, InvalidRequestError for a wallet that says it cannot answer it.
        """
        transaction = self._find(request_id, now)
        signer = self._signer
        if signer is None or signer.client_id != transaction.client_id:
            raise UnknownRequestError("this request has no request object")
        if post.wallet_metadata is not None:
            post.wallet_metadata.check_can_answer(
                prefix=parse_client_id(signer.client_id, allow_loopback=self.settings.is_loopback).prefix,
                algorithm=signature_algorithm(signer.key.public_key),
            )
        text = sign_request_object(
            self._request(transaction),
            signer,
            issued=now,
            expires=transaction.expires,
            wallet_nonce=post.wallet_nonce,
        )
        self._transactions.note_fetched(request_id)
        return text

    def take(self, request_id: str, fields: Mapping[str, str], *, now: datetime) -> JSONObject:
        """Take a wallet's answer, once; return what to tell the wallet, which is nothing of the verdict.

        Raises UnknownRequestError for a request that does not wait (any more), InvalidResponseError and
        NotSatisfiedError for what is no answer to it: then it still waits.
        """
        transaction = self._find(request_id, now)
        response = _read(fields, transaction.encryption_key)
        _check_state(response, request_id)
        if isinstance(response, ErrorResponse):
            result: JSONObject = {"outcome": "none", "error": response.code}
        else:
            asked = Asked(
                DCQLQuery.from_json(transaction.asked.get("query")),
                transaction.nonce,
                transaction.client_id,
                transaction.expires,
                self.settings.require_holder,
                self.settings.require_status,
                self._chosen_before(transaction),
            )
            check_answered(asked.query, response.vp_token.counts)
            result = answers_json(judge_token(self._verifier, response.vp_token, asked, now=now))
        return self._keep(transaction, result, now)

    def collect(self, transaction_id: str, response_code: str | None, *, now: datetime) -> Progress | None:
        """Return how far a request is, and its result once; None as `Transactions.collect`."""
        return self._transactions.collect(transaction_id, response_code, now=now)

    def forget(self, transaction_id: str) -> None:
        """Withdraw a request: a wallet's answer comes too late, and what was answered is deleted."""
        self._transactions.forget(transaction_id)

    def _chosen(self, order: RequestOrder) -> ChosenRules | None:
        if self._rules is not None and order.situation != STATUS:
            return self._rules.choose(order.rules, order.country)
        if order.rules is not None:
            raise MalformedValueError(f"rules: the situation {order.situation[:40]!r} asks no rules here")
        return None

    def _query(self, order: RequestOrder, chosen: ChosenRules | None, now: datetime) -> DCQLQuery:
        if chosen is None:
            return query_for(order.situation, order.kinds, holder_binding=order.holder_binding)
        return query_for_rules(
            chosen, order.situation, order.kinds, holder_binding=order.holder_binding, now=now
        )

    def _chosen_before(self, transaction: Transaction) -> ChosenRules | None:
        kept = transaction.asked.get("rules")
        return self._rules.again(kept) if self._rules is not None and isinstance(kept, dict) else None

    def _keep(self, transaction: Transaction, result: JSONObject, now: datetime) -> JSONObject:
        redirect_uri = transaction.asked.get("redirect_uri")
        code = secrets.token_urlsafe(_SECRET_BYTES) if isinstance(redirect_uri, str) else None
        if not self._transactions.answer(transaction.request_id, result, now=now, response_code=code):
            raise UnknownRequestError("this request was answered before, or has ended")
        return direct_post_answer(None if code is None else f"{redirect_uri}#response_code={code}")

    def _find(self, request_id: str, now: datetime) -> Transaction:
        transaction = self._transactions.find(request_id, now=now)
        if transaction is None:
            raise UnknownRequestError("this request is unknown, was answered before, or has ended")
        return transaction

    def _request(self, transaction: Transaction) -> AuthorizationRequest:
        key = transaction.encryption_key
        purpose, situation = transaction.asked.get("purpose"), transaction.asked.get("situation")
        named = situation if isinstance(situation, str) else None
        return AuthorizationRequest(
            client_id=parse_client_id(transaction.client_id, allow_loopback=self.settings.is_loopback),
            response_mode=ResponseMode.DIRECT_POST if key is None else ResponseMode.DIRECT_POST_JWT,
            response_uri=self._response_uri(transaction.request_id),
            nonce=transaction.nonce,
            query=DCQLQuery.from_json(transaction.asked.get("query")),
            state=transaction.request_id,
            client_metadata=ClientMetadata(
                client_name=self.settings.name or None,
                jwks=() if key is None else (encryption_jwk(key.public_key),),
                enc_values=CONTENT_ENCRYPTIONS,
                proof_types=(DATA_INTEGRITY,),
                cryptosuites=CRYPTOSUITES,
            ),
            verifier_info=_verifier_info(
                purpose if isinstance(purpose, str) else None, named, transaction.asked.get("reasons")
            ),
        )

    def _client_id(self, request_id: str) -> ClientId:
        text = (
            f"redirect_uri:{self._response_uri(request_id)}"
            if self._signer is None
            else self._signer.client_id
        )
        return parse_client_id(text, allow_loopback=self.settings.is_loopback)

    def _reference(self, transaction: Transaction) -> RequestReference:
        return RequestReference(
            parse_client_id(transaction.client_id, allow_loopback=self.settings.is_loopback),
            f"{self.settings.url}/requests/{transaction.request_id}/object",
            RequestURIMethod.POST,
        )

    def _response_uri(self, request_id: str) -> str:
        return f"{self.settings.url}/responses/{request_id}"


def _verifier_info(purpose: str | None, situation: str | None, kept: JSONValue) -> tuple[JSONObject, ...]:
    reasons = reasons_of((kept,)) if isinstance(kept, dict) else ()
    if purpose is None and not reasons:
        return ()
    return (purpose_info(purpose, situation, reasons),)


def _read(fields: Mapping[str, str], key: PrivateKey | None) -> AuthorizationResponse | ErrorResponse:
    if key is None:
        if "response" in fields:
            raise InvalidResponseError("response: this request asks for an answer in clear")
        return AuthorizationResponse.from_form(fields)
    if "response" in fields:
        if len(fields) > 1:
            raise InvalidResponseError("response: expected nothing beside it")
        kid = encryption_jwk(key.public_key)["kid"]
        return decrypt_response(fields["response"], key, kid=str(kid))
    # VP 8.3.1: an error may come in clear, a presentation may not.
    if "error" not in fields:
        raise InvalidResponseError("response: this request asks for an encrypted answer")
    return AuthorizationResponse.from_form(fields)


def _check_state(response: AuthorizationResponse | ErrorResponse, request_id: str) -> None:
    # An error may be all that a wallet could make of the request.
    is_optional = isinstance(response, ErrorResponse) and response.state is None
    if not is_optional and response.state != request_id:
        raise InvalidResponseError("state: is not the one of this request")
