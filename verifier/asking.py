"""A verifier's service, asked by another program: make a request, wait for what becomes of it.

What an operator at a door does with a page, a script does with this. Everything that comes is the service's
word; it is read strictly all the same. Source: the routes of `verifier.oid4vp`. Not here: printing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus

from runtime.exchange import Answer, Exchange
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ComplexityError, FetchError, MalformedError, MalformedValueError
from vclib.policy import Outcome
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object
from verifier.report import TOLD_OTHERWISE, claim_line

# Between two looks whether there is an answer.
POLL_SECONDS = 2.0
_MAX_MESSAGE = 300


@dataclass(frozen=True)
class AskedRequest:
    """A request that the service made for us: what to show, and what opens its result."""

    link: str
    transaction_id: str = field(repr=False)
    expires: datetime

    @classmethod
    def from_json(cls, members: JSONObject) -> AskedRequest:
        """Return the request that the service told of; MalformedValueError for anything else."""
        return cls(
            _text(members, "link"), _text(members, "transactionId"), parse_datetime(members.get("expires"))
        )

    def to_json(self) -> JSONObject:
        """Return the same members again, what opens the result among them."""
        return {
            "link": self.link,
            "transactionId": self.transaction_id,
            "expires": format_datetime(self.expires),
        }


@dataclass(frozen=True)
class VerifierClient:
    """The service at `url` (no trailing slash), asked through `exchange`, with a token if it wants one."""

    url: str
    exchange: Exchange
    token: str | None = field(default=None, repr=False)

    def ask(
        self,
        situation: str,
        *,
        kinds: Sequence[str] = (),
        purpose: str | None = None,
        rules: str | None = None,
        country: str | None = None,
    ) -> AskedRequest:
        """Let the service make a request; FetchError for anything but a request."""
        body: JSONObject = {"situation": situation, "kinds": list(kinds)}
        optional = {"purpose": purpose, "rules": rules, "country": country}
        body |= {name: value for name, value in optional.items() if value is not None}
        made = self._send("POST", "/requests", HTTPStatus.CREATED, body)
        try:
            return AskedRequest.from_json(made)
        except MalformedError as err:
            raise FetchError(f"{self.url}: what came is no request: {err.message}") from err

    def result(self, asked: AskedRequest) -> JSONObject | None:
        """Return the result of a request, once; None while there is none. FetchError if it has ended."""
        found = self._send("GET", f"/requests/{asked.transaction_id}/result", HTTPStatus.OK)
        if found.get("state") == "collected":
            raise FetchError(f"{self.url} has told the result before, and has forgotten it")
        result = found.get("result")
        return result if isinstance(result, dict) else None

    def wait(
        self, asked: AskedRequest, *, clock: Callable[[], datetime], sleep: Callable[[float], None]
    ) -> JSONObject:
        """Return the result of a request, looking until it has one; FetchError when its time is over."""
        while True:
            result = self.result(asked)
            if result is not None:
                return result
            if clock() >= asked.expires:
                raise FetchError("nobody answered in time")
            sleep(POLL_SECONDS)

    def _send(self, method: str, path: str, status: HTTPStatus, body: JSONObject | None = None) -> JSONObject:
        headers = {"accept": "application/json"}
        if self.token is not None:
            headers["authorization"] = f"Bearer {self.token}"
        if body is not None:
            headers["content-type"] = "application/json"
        content = None if body is None else dump_json(body).encode("utf-8")
        answer = self.exchange(method, self.url + path, headers=headers, body=content)
        if answer.status == HTTPStatus.UNAUTHORIZED:
            raise FetchError(f"{self.url} wants {'another' if self.token else 'an'} access token (401)")
        if answer.status != status:
            raise FetchError(f"{self.url} refuses: {_refusal(answer)}")
        try:
            return parse_json_object(answer.body)
        except (MalformedError, ComplexityError) as err:
            raise FetchError(f"{self.url}: {err.message}") from err


def outcome_of(result: JSONObject) -> Outcome:
    """Return the outcome of a result; where a wallet sent none (an error), nothing was accepted."""
    outcome = result.get("outcome")
    return Outcome(outcome) if isinstance(outcome, str) and outcome in {*Outcome} else Outcome.REFUSED


def result_text(result: JSONObject) -> list[str]:
    """Return the lines that tell a result to a person; whoever prints them makes them inert."""
    if "error" in result:
        return [f"NOTHING WAS PRESENTED: the wallet answers {result['error']!s}"]
    lines = [str(result.get("outcome", "")).upper()]
    for presentation in _objects(result.get("presentations")):
        lines.append(f"{presentation.get('query')!s}: {presentation.get('outcome')!s}")
        lines += [
            f"  [{reason.get('code')!s}] {reason.get('message')!s}"
            for reason in _objects(presentation.get("reasons"))
        ]
        for credential in _objects(presentation.get("credentials")):
            lines += _credential_lines(credential)
    return lines


def _credential_lines(credential: JSONObject) -> list[str]:
    verdict = credential.get("verdict")
    # By the name that the verifier knows it by; what a credential calls its issuer is its own word (I7).
    known = verdict.get("issuerName") if isinstance(verdict, dict) else None
    lines = [claim_line("issued by", str(known or f"not recognised: {credential.get('issuer')!s}"))]
    lines += [
        claim_line(str(claim.get("label")), str(claim.get("display")))
        for claim in _objects(credential.get("claims"))
        if not str(claim.get("pointer")).startswith(TOLD_OTHERWISE)
    ]
    if "holder" in credential:
        lines.append(claim_line("bound to", f"the presenter's key, {credential['holder']!s}"))
    return lines


def _objects(value: JSONValue) -> list[JSONObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(members: JSONObject, name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedValueError(f"{name}: expected a text")
    return value


def _refusal(answer: Answer) -> str:
    """Return what an answer says of why: a problem's detail where it has one, else the status."""
    try:
        detail = parse_json_object(answer.body).get("detail")
    except (MalformedError, ComplexityError):
        detail = None
    return (
        f"{detail[:_MAX_MESSAGE]} ({answer.status})" if isinstance(detail, str) else f"status {answer.status}"
    )
