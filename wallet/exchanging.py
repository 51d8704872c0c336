"""Answering a verifier in an exchange: an interaction URL is read, the question checked, then answered.

`Exchanging.open` asks what is wanted and stops where the question names another place than the one it came
from, since the answer could be shown elsewhere (threat E2). `plan` finds credentials that fit an example and
derives exactly what the example asks for, so that what the holder sees is read from what would leave (L2).
`send` signs what was shown and posts it to where the question came from. Sources:
https://w3c.github.io/vcalm/#participate-in-an-exchange, #interaction-url-format. Not here: the screen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from protocols.vcalm_exchanges import (
    CredentialQuery,
    DIDAuthentication,
    ExchangeMessage,
    PresentationRequest,
    Query,
    QueryByExample,
    UnsupportedQuery,
    example_misfit,
    example_pointers,
)
from runtime.exchange import Exchange
from vclib.errors import FetchError, InvalidDomainError, MalformedError, MalformedValueError, VCError
from vclib.proofs import without_proofs
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from wallet.holder import CredentialView, Holder, PresentationPlan, Request
from wallet.presenting import join, plan_authentication

VCAPI = "vcapi"
MAX_TURNS = 3

_SCHEMES = ("web+interaction:", "interaction:")
_HEADERS = {"content-type": "application/json", "accept": "application/json"}
_MAX_URL_CHARACTERS = 2000
_SUCCESS = frozenset({200, 201, 204})
# With this key a presentation is signed that is bound to none (wallet.presenting).
_ONE_TIME_SUITE = "ecdsa-rdfc-2019"


class NothingFitsError(VCError):
    """The wallet has nothing that answers the request."""

    code = "nothing-fits"


class ExchangeRefusedError(VCError):
    """The other side did not accept the turn."""

    code = "exchange-refused"


@dataclass(frozen=True)
class Asked:
    """What an exchange asks: where it was asked, and the request, whose domain is that place."""

    url: str
    request: PresentationRequest
    reference_id: str | None = None

    @property
    def host(self) -> str:
        """Who asks, as far as is known: the host that the answer goes to."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True)
class Exchanging:
    """Takes turns for an open wallet; `exchange` is the way to the network."""

    holder: Holder
    exchange: Exchange

    def open(self, link: str) -> Asked | None:
        """Return what the exchange behind an interaction URL asks; None if it asks nothing.

        Raises MalformedValueError for what is no interaction URL or offers no exchange, InvalidDomainError
        for a question in somebody else's name, FetchError, ExchangeRefusedError.
        """
        with self.holder.shelf.recording_failure("present"):
            url = self._exchange_url(interaction_url(link))
            return self._asked(url, self._post(url, ExchangeMessage()))

    def plan(self, asked: Asked, *, wanted: Sequence[str] = ()) -> PresentationPlan:
        """Return what would leave, for the holder to see; nothing leaves and nothing is signed yet.

        Of several alternatives the first that can be answered counts; `wanted` are ids of the credentials to
        choose from. Raises NothingFitsError, and what `Holder.plan_presentation` raises.
        """
        with self.holder.shelf.recording_failure("present", {"domain": asked.request.domain}):
            reasons = []
            for alternative in asked.request.alternatives():
                try:
                    return self._plan_alternative(alternative, asked.request, wanted)
                except NothingFitsError as err:
                    reasons.append(err.message)
            raise NothingFitsError("; ".join(dict.fromkeys(reasons)))

    def send(self, asked: Asked, planned: PresentationPlan) -> Asked | None:
        """Sign and send what was shown; return what is asked next, None if the exchange has ended.

        Raises ProofGenerationError if the plan was changed meanwhile; then nothing has left.
        ExchangeRefusedError, FetchError: it may have arrived.
        """
        if (planned.request.challenge, planned.request.domain) != (
            asked.request.challenge,
            asked.request.domain,
        ):
            raise MalformedValueError("the plan is for another request; nothing was sent")
        signed = self.holder.confirm(planned)
        message = ExchangeMessage(presentation=signed, reference_id=asked.reference_id)
        with self.holder.shelf.recording_failure("send", {"domain": asked.request.domain}):
            return self._asked(asked.url, self._post(asked.url, message))

    def _exchange_url(self, url: str) -> str:
        answer = self.exchange("GET", url, headers={"accept": "application/json"})
        if answer.status != 200:
            raise ExchangeRefusedError(f"{urlsplit(url).netloc} has no interaction there ({answer.status})")
        protocols = _json(answer.body).get("protocols")
        offered = protocols if isinstance(protocols, dict) else {}
        found = offered.get(VCAPI)
        if not isinstance(found, str) or len(found) > _MAX_URL_CHARACTERS:
            names = ", ".join(sorted(offered))[:200] or "none"
            raise MalformedValueError(f"the interaction offers no exchange ({VCAPI}), only: {names}")
        return found

    def _post(self, url: str, message: ExchangeMessage) -> ExchangeMessage:
        answer = self.exchange("POST", url, headers=_HEADERS, body=dump_json(message.to_json()).encode())
        if answer.status not in _SUCCESS:
            raise ExchangeRefusedError(
                f"{urlsplit(url).netloc} answers with status {answer.status}{_detail(answer.body)}"
            )
        body = _json(answer.body) if answer.body.strip() else {}
        return ExchangeMessage.from_json(body, ignore_unknown=True)

    def _asked(self, url: str, message: ExchangeMessage) -> Asked | None:
        if message.presentation is not None:
            raise MalformedValueError("the exchange wants to give something, which is not supported here")
        if message.request is None:
            return None
        check_domain(message.request, url)
        return Asked(url, message.request, message.reference_id)

    def _plan_alternative(
        self, alternative: Sequence[Query], request: PresentationRequest, wanted: Sequence[str]
    ) -> PresentationPlan:
        unsupported = [query.type for query in alternative if isinstance(query, UnsupportedQuery)]
        if unsupported:
            raise NothingFitsError(f"it asks for {unsupported[0]}, which is not supported here")
        plans: dict[str, PresentationPlan] = {}
        for query in alternative:
            if isinstance(query, QueryByExample):
                for each in query.credentials:
                    planned = self._plan_credential(each, request, wanted, used=plans)
                    plans[planned.disclosures[0].credential_id] = planned
        authentications = [query for query in alternative if isinstance(query, DIDAuthentication)]
        if plans:
            planned = join(list(plans.values()))
        else:
            planned = plan_authentication(self._own_did(authentications), _request(request))
        for authentication in authentications:
            self._check_authentication(planned, authentication)
        return planned

    def _plan_credential(
        self,
        query: CredentialQuery,
        request: PresentationRequest,
        wanted: Sequence[str],
        *,
        used: dict[str, PresentationPlan],
    ) -> PresentationPlan:
        """Plan the newest credential that fits and is not used for another query already."""
        chosen = {self.holder.credential(prefix).id for prefix in wanted}
        misfits = []
        for view in reversed(self.holder.credentials()):
            if view.id in used or (chosen and view.id not in chosen):
                continue
            misfit = self._misfit(query, view)
            if misfit is None:
                asking = _request(request, query)
                return self.holder.plan_presentation([view.id], asking)
            misfits.append(misfit)
        raise NothingFitsError(
            f"no credential in the wallet fits: {', '.join(dict.fromkeys(misfits)) or 'none'}"
        )

    def _misfit(self, query: CredentialQuery, view: CredentialView) -> str | None:
        if query.accepted_issuers is not None and view.issuer not in query.accepted_issuers:
            return "it is of another issuer"
        suites = query.accepted_cryptosuites
        if suites is not None and not set(suites) & set(view.proofs):
            return "it has no proof of a kind that is accepted"
        missing = example_misfit(query.example, without_proofs(self.holder.document(view.id)))
        return None if missing is None else f"it lacks {missing}"

    def _own_did(self, authentications: Sequence[DIDAuthentication]) -> str:
        for key in self.holder.shelf.held_keys():
            if all(_fits(query, key.did, key.cryptosuite) for query in authentications):
                return key.did
        raise NothingFitsError("the wallet has no key of a kind that is accepted")

    def _check_authentication(self, planned: PresentationPlan, query: DIDAuthentication) -> None:
        suites = {key.did: key.cryptosuite for key in self.holder.shelf.held_keys()}
        signers = [(did, suites.get(did, "")) for did in planned.signers] or [("did:key:", _ONE_TIME_SUITE)]
        if not any(_fits(query, did, suite) for did, suite in signers):
            raise NothingFitsError(
                "the presentation would be signed with a key of a kind that is not accepted"
            )


def interaction_url(link: str) -> str:
    """Return the https URL of an interaction link; MalformedValueError for anything else."""
    text = link.strip()
    if len(text) > _MAX_URL_CHARACTERS:
        raise MalformedValueError(f"an interaction URL of {len(text)} characters is not read")
    for scheme in _SCHEMES:
        text = text.removeprefix(scheme)
    try:
        parts = urlsplit(text)
        versions = parse_qs(parts.query, strict_parsing=True).get("iuv")
    except ValueError:
        versions = None
        parts = urlsplit("")
    if parts.scheme not in ("https", "http") or versions != ["1"]:
        raise MalformedValueError("expected an interaction URL: https, with iuv=1 in its query")
    return text


def check_domain(request: PresentationRequest, url: str) -> None:
    """Refuse a question that was not asked by the place that it names (threat E2).

    The domain is the origin, the host with its port, or the host name of the URL that we talk to. Raises
    InvalidDomainError; MalformedValueError for a question without challenge and domain.
    """
    if request.challenge is None or request.domain is None:
        raise MalformedValueError(
            "the request has no challenge or no domain: its answer could be used anywhere"
        )
    parts = urlsplit(url)
    if request.domain not in (f"{parts.scheme}://{parts.netloc}", parts.netloc, parts.hostname):
        raise InvalidDomainError(
            f"{parts.netloc} asks for an answer to {request.domain[:100]!r}, which is another place"
        )


def _request(request: PresentationRequest, query: CredentialQuery | None = None) -> Request:
    if query is None:
        return Request(request.challenge, request.domain, minimum=True)
    return Request(
        request.challenge,
        request.domain,
        pointers=example_pointers(query.example),
        minimum=True,
        suites=query.accepted_cryptosuites,
    )


def _fits(query: DIDAuthentication, did: str, suite: str) -> bool:
    methods, suites = query.accepted_methods, query.accepted_cryptosuites
    return (methods is None or did.split(":")[1] in methods) and (suites is None or suite in suites)


def _json(body: bytes) -> JSONObject:
    try:
        return parse_json_object(body)
    except MalformedError as err:
        raise FetchError(f"the answer is not JSON: {err.message}") from err


def _detail(body: bytes) -> str:
    """Return what a problem detail says, for a message; nothing where it is none."""
    try:
        detail = parse_json_object(body).get("detail")
    except MalformedError:
        return ""
    return f": {detail[:200]}" if isinstance(detail, str) else ""
