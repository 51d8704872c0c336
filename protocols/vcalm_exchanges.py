"""The messages of VCALM exchanges: what a verifier asks, one turn of an exchange, and how it is set up.

A presentation request asks by example: the members of the example are what a credential must have, an empty
text stands for any value. Queries of one group belong together, groups are alternatives. Both sides use the
same `example_misfit`, the holder to choose and the verifier to check again. Sources:
https://w3c.github.io/vcalm/#verifiable-presentation-request and #workflows-and-exchanges. Not here: HTTP,
signatures, and how far an exchange has come (`verifier.exchanges`, `wallet.exchanging`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from vclib.datetimes import parse_datetime
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name

QUERY_BY_EXAMPLE = "QueryByExample"
DID_AUTHENTICATION = "DIDAuthentication"

# A question with more parts is not one that a person at a door could answer (threat E19).
MAX_QUERIES = 20
MAX_ALTERNATIVES = 10
_MAX_EXAMPLE_CHARACTERS = 20_000
_MAX_EXAMPLE_DEPTH = 10
_MAX_TEXT = 2000
_MAX_NAMES = 100
_MAX_VARIABLES_CHARACTERS = 16_000


@dataclass(frozen=True)
class CredentialQuery:
    """One credential that is asked for. None stands for any issuer or cryptosuite."""

    example: JSONObject
    reason: str = ""
    accepted_issuers: tuple[str, ...] | None = None
    accepted_cryptosuites: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, query: JSONValue) -> CredentialQuery:
        """Return the query of a `credentialQuery` object; MalformedValueError names the member."""
        members = _object("credentialQuery", query)
        example = _object("example", members.get("example"))
        if len(dump_json(example)) > _MAX_EXAMPLE_CHARACTERS or _depth(example) > _MAX_EXAMPLE_DEPTH:
            raise MalformedValueError("example: larger or more deeply nested than a question should be")
        return cls(
            example,
            _text(members, "reason") or "",
            _names(members, "acceptedIssuers", "id"),
            _names(members, "acceptedCryptosuites", "cryptosuite"),
        )

    def to_json(self) -> JSONObject:
        """Return the `credentialQuery` object."""
        written: JSONObject = {"reason": self.reason} if self.reason else {}
        written["example"] = self.example
        return (
            written | _written_names("acceptedIssuers", "id", self.accepted_issuers) | _written_suites(self)
        )


@dataclass(frozen=True)
class QueryByExample:
    """Credentials that are asked for together."""

    credentials: tuple[CredentialQuery, ...]
    group: str | None = None

    def to_json(self) -> JSONObject:
        """Return the query; one credential is written as an object, several as a list."""
        written: list[JSONValue] = [query.to_json() for query in self.credentials]
        return _query(QUERY_BY_EXAMPLE, self.group) | {
            "credentialQuery": written[0] if len(written) == 1 else written
        }


@dataclass(frozen=True)
class DIDAuthentication:
    """The holder is to sign. None stands for any DID method or cryptosuite."""

    accepted_methods: tuple[str, ...] | None = None
    accepted_cryptosuites: tuple[str, ...] | None = None
    group: str | None = None

    def to_json(self) -> JSONObject:
        """Return the query."""
        return (
            _query(DID_AUTHENTICATION, self.group)
            | _written_names("acceptedMethods", "method", self.accepted_methods)
            | _written_suites(self)
        )


@dataclass(frozen=True)
class UnsupportedQuery:
    """A query of a kind that is not known here; whatever it belongs to cannot be answered."""

    type: str
    group: str | None = None

    def to_json(self) -> JSONObject:
        """Return what is known of the query."""
        return _query(self.type, self.group)


Query: TypeAlias = QueryByExample | DIDAuthentication | UnsupportedQuery


@dataclass(frozen=True)
class PresentationRequest:
    """`verifiablePresentationRequest`: what is asked, and the challenge and domain that bind the answer."""

    queries: tuple[Query, ...]
    challenge: str | None = None
    domain: str | None = None

    @classmethod
    def from_json(cls, request: JSONValue) -> PresentationRequest:
        """Return the request of its JSON; MalformedValueError names the member."""
        members = _object("verifiablePresentationRequest", request)
        queries = _list(members.get("query"))
        if not 0 < len(queries) <= MAX_QUERIES:
            raise MalformedValueError(f"query: expected 1 to {MAX_QUERIES} queries, found {len(queries)}")
        return cls(
            tuple(_parse_query(query) for query in queries),
            _text(members, "challenge"),
            _text(members, "domain"),
        )

    def to_json(self) -> JSONObject:
        """Return the request as JSON."""
        written: JSONObject = {"query": [query.to_json() for query in self.queries]}
        bound = {"challenge": self.challenge, "domain": self.domain}
        return written | {name: text for name, text in bound.items() if text is not None}

    def alternatives(self) -> tuple[tuple[Query, ...], ...]:
        """Return the alternatives of the request: queries of one group together, each other one alone."""
        groups: dict[object, list[Query]] = {}
        for position, query in enumerate(self.queries):
            groups.setdefault(query.group if query.group is not None else (position,), []).append(query)
        return tuple(tuple(group) for group in groups.values())


@dataclass(frozen=True)
class ExchangeMessage:
    """One turn, of either side; an empty one begins an exchange, or ends it."""

    presentation: JSONObject | None = None
    request: PresentationRequest | None = None
    redirect_url: str | None = None
    reference_id: str | None = None

    @classmethod
    def from_json(cls, body: JSONObject, *, ignore_unknown: bool = False) -> ExchangeMessage:
        """Return the message of a body; MalformedValueError names a member that is wrong or not known."""
        known = {
            "verifiablePresentation",
            "verifiablePresentationRequest",
            "redirectUrl",
            "referenceId",
        }
        if not ignore_unknown:
            _check_known(body, known)
        presentation = body.get("verifiablePresentation")
        request = body.get("verifiablePresentationRequest")
        return cls(
            None if presentation is None else _object("verifiablePresentation", presentation),
            None if request is None else PresentationRequest.from_json(request),
            _text(body, "redirectUrl"),
            _text(body, "referenceId"),
        )

    def to_json(self) -> JSONObject:
        """Return the message as JSON."""
        written: JSONObject = {}
        if self.presentation is not None:
            written["verifiablePresentation"] = self.presentation
        if self.request is not None:
            written["verifiablePresentationRequest"] = self.request.to_json()
        if self.redirect_url is not None:
            written["redirectUrl"] = self.redirect_url
        if self.reference_id is not None:
            written["referenceId"] = self.reference_id
        return written


class ExchangeState(StrEnum):
    """How far an exchange has come."""

    PENDING = "pending"
    ACTIVE = "active"
    COMPLETE = "complete"
    INVALID = "invalid"


@dataclass(frozen=True)
class WorkflowConfig:
    """POST /workflows: one step that asks for a presentation. Challenge and domain are the service's."""

    step: str
    request: PresentationRequest

    @classmethod
    def from_json(cls, body: JSONObject) -> WorkflowConfig:
        """Return the workflow of a body; MalformedValueError for one with other steps than this."""
        _check_known(body, {"steps", "initialStep"})
        steps = _object("steps", body.get("steps"))
        if len(steps) != 1:
            raise MalformedValueError(f"steps: expected one step, found {len(steps)}")
        ((name, step),) = steps.items()
        if body.get("initialStep") != name or not 0 < len(name) <= _MAX_NAMES:
            raise MalformedValueError("initialStep: expected the name of the one step")
        members = _object("step", step)
        _check_known(members, {"verifiablePresentationRequest", "createChallenge"})
        if members.get("createChallenge", True) is not True:
            raise MalformedValueError("createChallenge: expected true, a presentation answers a challenge")
        request = PresentationRequest.from_json(members.get("verifiablePresentationRequest"))
        if request.challenge is not None or request.domain is not None:
            raise MalformedValueError("challenge and domain: expected none, the service gives them")
        unsupported = [query.type for query in request.queries if isinstance(query, UnsupportedQuery)]
        if unsupported:
            raise MalformedValueError(f"query: the type {unsupported[0]!r} is not supported")
        return cls(name, request)

    def to_json(self) -> JSONObject:
        """Return the workflow as JSON."""
        step: JSONObject = {
            "createChallenge": True,
            "verifiablePresentationRequest": self.request.to_json(),
        }
        return {"steps": {self.step: step}, "initialStep": self.step}


@dataclass(frozen=True)
class CreateExchange:
    """POST /workflows/{id}/exchanges: until when it may be answered, and what its starter keeps with it."""

    expires: datetime | None = None
    variables: JSONObject | None = None

    @classmethod
    def from_json(cls, body: JSONObject) -> CreateExchange:
        """Return the request of a body; MalformedValueError names the member."""
        _check_known(body, {"expires", "variables"})
        variables = _object("variables", body["variables"]) if "variables" in body else None
        if variables is not None and len(dump_json(variables)) > _MAX_VARIABLES_CHARACTERS:
            raise MalformedValueError(f"variables: larger than {_MAX_VARIABLES_CHARACTERS} characters")
        return cls(parse_datetime(body["expires"]) if "expires" in body else None, variables)


def example_misfit(example: JSONObject, credential: JSONObject) -> str | None:
    """Return what a credential lacks of an example, as a JSON pointer; None if it has everything.

    Contexts and types of the example must be among the credential's; of other members an empty text asks for
    any value, another value for this one. An element of a list is any element of the credential's list.
    """
    for name, wanted in example.items():
        if name in ("@context", "type"):
            found = _list(credential.get(name))
            if any(item not in found for item in _list(wanted)):
                return f"/{name}"
        else:
            misfit = _misfit(f"/{name}", wanted, credential.get(name))
            if misfit is not None:
                return misfit
    return None


def example_pointers(example: JSONObject) -> tuple[str, ...]:
    """Return JSON pointers to the values that an example asks for: its leaves, without contexts and types."""
    return tuple(
        pointer
        for name, value in example.items()
        if name not in ("@context", "type")
        for pointer in _leaves(f"/{_escaped(name)}", value)
    )


def _misfit(pointer: str, wanted: JSONValue, found: JSONValue) -> str | None:
    if wanted == "" and found not in (None, "", [], {}):
        return None
    if isinstance(wanted, list):
        return next((misfit for item in wanted if (misfit := _misfit(pointer, item, found))), None)
    nearest = pointer
    for candidate in _list(found):
        if isinstance(wanted, dict) and isinstance(candidate, dict):
            parts = [
                _misfit(f"{pointer}/{_escaped(name)}", value, candidate.get(name))
                for name, value in wanted.items()
            ]
            misfit = next((part for part in parts if part is not None), None)
            if misfit is None:
                return None
            nearest = misfit
        elif type(wanted) is type(candidate) and wanted == candidate:
            return None
    return nearest


def _leaves(pointer: str, value: JSONValue) -> Iterator[str]:
    if not isinstance(value, dict):
        yield pointer
        return
    for name, member in value.items():
        if name not in ("@context", "type"):
            yield from _leaves(f"{pointer}/{_escaped(name)}", member)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _parse_query(query: JSONValue) -> Query:
    members = _object("query", query)
    kind, group = members.get("type"), _text(members, "group")
    if not isinstance(kind, str) or not 0 < len(kind) <= _MAX_NAMES:
        raise MalformedValueError(f"query.type: expected a text of 1 to {_MAX_NAMES} characters")
    if kind == QUERY_BY_EXAMPLE:
        queries = _list(members.get("credentialQuery"))
        if not 0 < len(queries) <= MAX_ALTERNATIVES:
            raise MalformedValueError(f"credentialQuery: expected 1 to {MAX_ALTERNATIVES}")
        return QueryByExample(tuple(CredentialQuery.from_json(each) for each in queries), group)
    if kind == DID_AUTHENTICATION:
        return DIDAuthentication(
            _names(members, "acceptedMethods", "method"),
            _names(members, "acceptedCryptosuites", "cryptosuite"),
            group,
        )
    return UnsupportedQuery(kind, group)


def _query(kind: str, group: str | None) -> JSONObject:
    return {"type": kind} if group is None else {"type": kind, "group": group}


def _written_suites(query: CredentialQuery | DIDAuthentication) -> JSONObject:
    return _written_names("acceptedCryptosuites", "cryptosuite", query.accepted_cryptosuites)


def _written_names(member: str, name: str, values: Collection[str] | None) -> JSONObject:
    return {} if values is None else {member: [{name: value} for value in values]}


def _names(members: Mapping[str, JSONValue], member: str, name: str) -> tuple[str, ...] | None:
    """Return the names in a list of objects such as [{"cryptosuite": "bbs-2023"}], or of texts."""
    if member not in members:
        return None
    values = members[member]
    found = values if isinstance(values, list) else []
    names = [item.get(name) if isinstance(item, dict) else item for item in found]
    texts = tuple(item for item in names if isinstance(item, str) and 0 < len(item) <= _MAX_TEXT)
    if not 0 < len(texts) <= _MAX_NAMES or len(texts) != len(names):
        raise MalformedValueError(f"{member}: expected a list of objects with {name}")
    return texts


def _check_known(body: JSONObject, known: Collection[str]) -> None:
    unknown = sorted(set(body) - set(known))
    if unknown:
        raise MalformedValueError(f"{unknown[0][:80]}: not known here, expected {sorted(known)}")


def _object(member: str, value: JSONValue) -> JSONObject:
    if not isinstance(value, dict):
        raise MalformedValueError(f"{member}: expected an object, found {json_type_name(value)}")
    return value


def _list(value: JSONValue) -> list[JSONValue]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _text(members: Mapping[str, JSONValue], member: str) -> str | None:
    if member not in members:
        return None
    value = members[member]
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise MalformedValueError(f"{member}: expected a text of 1 to {_MAX_TEXT} characters")
    return value


def _depth(value: JSONValue) -> int:
    if isinstance(value, dict):
        return 1 + max((_depth(member) for member in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((_depth(item) for item in value), default=0)
    return 0
