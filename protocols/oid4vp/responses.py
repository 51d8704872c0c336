"""Authorization responses: presentations by query, or an error, in clear or encrypted (VP 8).

Everything of a response is refused as a whole if one part has not its shape: an array where none is due, a
presentation as text (threat E16). Which queries may be answered is `matching.check_answered`'s to say,
whether a presentation holds is the verifier's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from protocols.jose import CONTENT_ENCRYPTIONS, MAX_JWE_BYTES, decrypt_jwe, encrypt_jwe
from protocols.oid4vp.client_metadata import ClientMetadata
from protocols.oid4vp.errors import ERRORS, AuthorizationError, InvalidResponseError
from protocols.oid4vp.reading import (
    check_endpoint,
    check_id,
    check_url_text,
    optional_text,
    read_objects,
    read_url_safe,
)
from vclib.errors import (
    ComplexityError,
    CryptographicSecurityError,
    KeyMaterialError,
    MalformedError,
    ParsingError,
)
from vclib.keys import PrivateKey
from vclib.strict_json import JSONObject, JSONValue, dump_json, json_type_name, parse_json_object

MAX_QUERIES = 20
MAX_PRESENTATIONS = 20
MAX_RESPONSE_BYTES = 4 * 1024 * 1024
_MAX_DESCRIPTION = 500


@dataclass(frozen=True, eq=False)
class VPToken:
    """The presentations that answer a request, by the id of the credential query."""

    presentations: Mapping[str, tuple[JSONObject, ...]]

    @classmethod
    def from_json(cls, value: JSONValue) -> VPToken:
        """Return the token of a `vp_token`; InvalidResponseError for another shape (VP 8.1)."""
        if not isinstance(value, dict):
            raise InvalidResponseError(f"vp_token: expected an object, found {json_type_name(value)}")
        if not 0 < len(value) <= MAX_QUERIES:
            raise InvalidResponseError(f"vp_token: expected 1 to {MAX_QUERIES} entries, found {len(value)}")
        return cls(
            {
                check_id(name, "vp_token", InvalidResponseError): tuple(
                    read_objects(entry, "vp_token", InvalidResponseError, limit=MAX_PRESENTATIONS)
                )
                for name, entry in value.items()
            }
        )

    def to_json(self) -> JSONObject:
        """Return the token as VP 8.1 writes it."""
        return {name: list(documents) for name, documents in self.presentations.items()}

    @property
    def counts(self) -> Mapping[str, int]:
        """How many presentations there are for each query."""
        return {name: len(documents) for name, documents in self.presentations.items()}


@dataclass(frozen=True, eq=False)
class AuthorizationResponse:
    """What a wallet answers: presentations, and the request's `state`."""

    vp_token: VPToken
    state: str | None = None

    @classmethod
    def from_form(cls, fields: Mapping[str, str]) -> AuthorizationResponse | ErrorResponse:
        """Return what the fields of a `direct_post` hold; InvalidResponseError for anything else."""
        if "error" in fields:
            return ErrorResponse.from_members(fields)
        if "vp_token" not in fields:
            raise InvalidResponseError("vp_token: expected, or an error")
        try:
            token = parse_json_object(fields["vp_token"], max_bytes=MAX_RESPONSE_BYTES)
        except (ParsingError, ComplexityError) as err:
            raise InvalidResponseError(f"vp_token: {err.message}") from err
        return cls(VPToken.from_json(token), _state(fields))

    @classmethod
    def from_members(cls, members: JSONObject) -> AuthorizationResponse | ErrorResponse:
        """Return what a decrypted response holds; InvalidResponseError for anything else."""
        if "error" in members:
            return ErrorResponse.from_members(members)
        return cls(VPToken.from_json(members.get("vp_token")), _state(members))

    def to_form(self) -> dict[str, str]:
        """Return the fields of a `direct_post`."""
        fields = {"vp_token": dump_json(self.vp_token.to_json())}
        return fields if self.state is None else {**fields, "state": self.state}

    def to_encrypted_form(
        self, metadata: ClientMetadata, *, enc_supported: Collection[str] = CONTENT_ENCRYPTIONS
    ) -> dict[str, str]:
        """Return the fields of a `direct_post.jwt`, encrypted to the verifier's key (VP 8.3).

        Raises InvalidRequestError where the verifier gave no key that can be used.
        """
        jwk, enc = metadata.encryption(enc_supported)
        members: JSONObject = {"vp_token": self.vp_token.to_json()}
        if self.state is not None:
            members["state"] = self.state
        return {"response": encrypt_jwe(dump_json(members).encode("utf-8"), jwk, enc)}


@dataclass(frozen=True)
class ErrorResponse:
    """What a wallet answers instead; `code` may be one that is not known here."""

    code: str
    description: str | None = None
    state: str | None = None

    @classmethod
    def from_members(cls, members: Mapping[str, JSONValue]) -> ErrorResponse:
        """Return the error of a response; InvalidResponseError for a code that is none."""
        if "vp_token" in members:
            raise InvalidResponseError("expected a vp_token or an error, found both")
        code = check_id(members.get("error"), "error", InvalidResponseError)
        description = optional_text(
            members, "error_description", InvalidResponseError, limit=_MAX_DESCRIPTION
        )
        return cls(code, description, _state(members))

    @classmethod
    def of(cls, error: AuthorizationError, state: str | None) -> ErrorResponse:
        """Return what is sent of an error: its code, and nothing that says why (VP 15.9)."""
        return cls(error.code if error.code in ERRORS else "invalid_request", None, state)

    def to_form(self) -> dict[str, str]:
        """Return the fields to post, in clear also where the response would be encrypted (VP 8.3.1)."""
        fields = {"error": self.code}
        if self.description is not None:
            fields["error_description"] = self.description
        return fields if self.state is None else {**fields, "state": self.state}


def decrypt_response(
    text: str, key: PrivateKey, *, kid: str, enc_allowed: Collection[str] = CONTENT_ENCRYPTIONS
) -> AuthorizationResponse | ErrorResponse:
    """Return the response inside a JWE to the key that was made for this request (threat E18).

    Raises InvalidResponseError for another key, algorithm or form, and for what is inside.
    """
    try:
        payload = decrypt_jwe(text, key, kid=kid, enc_allowed=enc_allowed, max_bytes=MAX_JWE_BYTES)
        members = parse_json_object(payload, max_bytes=MAX_RESPONSE_BYTES)
    except (MalformedError, KeyMaterialError, CryptographicSecurityError, ComplexityError) as err:
        raise InvalidResponseError(f"response: {err.message}") from err
    return AuthorizationResponse.from_members(members)


def direct_post_answer(redirect_uri: str | None = None) -> JSONObject:
    """Return what a verifier answers to a response: where to send the holder's browser, or nothing."""
    return {} if redirect_uri is None else {"redirect_uri": redirect_uri}


def parse_direct_post_answer(answer: JSONObject, *, allow_loopback: bool = False) -> str | None:
    """Return where the verifier sends the holder's browser, None for nowhere; raises InvalidResponseError."""
    if "redirect_uri" not in answer:
        return None
    value = answer["redirect_uri"]
    # The fresh code may stand in the fragment, which an endpoint must not have.
    url, _, _fragment = value.partition("#") if isinstance(value, str) else ("", "", "")
    check_endpoint(url, "redirect_uri", InvalidResponseError, allow_loopback=allow_loopback)
    return check_url_text(value, "redirect_uri", InvalidResponseError)


def _state(members: Mapping[str, JSONValue]) -> str | None:
    return read_url_safe(members, "state", InvalidResponseError) if "state" in members else None
