"""What a wallet says to a verifier over the network: two requests, for OpenID4VP.

One fetches the request object, by GET or by POST with a nonce of our own; one posts the answer. Neither
follows a redirect, and where the verifier wants the holder's browser to go afterwards is returned, never
opened (threats E10, E11). Source: OpenID4VP 1.0 sections 5.10, 8.2. Not here: who asks, and what to answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from protocols.oid4vp import (
    REQUEST_OBJECT_MEDIA_TYPE,
    AuthenticatedRequest,
    AuthorizationRequest,
    RequestReference,
    RequestURIMethod,
    RequestURIPost,
    WalletMetadata,
    authenticate_request,
    parse_direct_post_answer,
    parse_invocation,
    unsigned_request,
)
from runtime.exchange import Answer, Exchange
from vclib.cid import Resolve
from vclib.errors import FetchError, MalformedError
from vclib.strict_json import JSONObject, parse_json_object

# VP 13.1.2, HAIP, and the address of a wallet that browsers know (VP 13.1.1).
SCHEMES = ("openid4vp", "haip-vp", "https")

_FORM = "application/x-www-form-urlencoded"
# VP 5.10: fresh and at least as hard to guess as a nonce of the verifier's.
_WALLET_NONCE_BYTES = 16


@dataclass(frozen=True)
class VerifierClient:
    """Talks to verifiers through `exchange`; `trust_anchors` are certificates in DER, for x509 clients.

    With `allow_loopback` also to verifiers on this machine, over http.
    """

    exchange: Exchange
    resolve: Resolve
    trust_anchors: Sequence[bytes] = ()
    allow_loopback: bool = False

    def read_request(self, link: str, *, suites: Sequence[str], now: datetime) -> AuthenticatedRequest:
        """Return what a link asks and who asks it; the request object is fetched if it is not in the link.

        `suites` are told to a verifier that is asked by POST. Raises AuthorizationError for what the verifier
        did wrong (threats E6 to E13), FetchError and DIDError where something could not be looked up.
        """
        found = parse_invocation(link.strip(), schemes=SCHEMES, allow_loopback=self.allow_loopback)
        if isinstance(found, AuthorizationRequest):
            return unsigned_request(found)
        nonce = secrets.token_urlsafe(_WALLET_NONCE_BYTES) if found.method is RequestURIMethod.POST else None
        return authenticate_request(
            self._request_object(found, nonce, suites),
            found,
            resolve=self.resolve,
            trust_anchors=self.trust_anchors,
            now=now,
            wallet_nonce=nonce,
            allow_loopback=self.allow_loopback,
        )

    def post(self, url: str, fields: Mapping[str, str]) -> str | None:
        """Post an answer; return where the verifier wants the holder's browser to go, None for nowhere.

        Raises FetchError where no answer came or it is not one of success, InvalidResponseError.
        """
        body = urlencode(fields).encode("ascii")
        headers = {"content-type": _FORM, "accept": "application/json"}
        answer = self.exchange("POST", url, headers=headers, body=body)
        if answer.status != 200:
            raise FetchError(f"the verifier answers with status {answer.status}{_code(answer)}")
        # VP 8.2 asks for an object; a verifier with nothing to say may leave it out.
        said = parse_json_object(answer.body) if answer.body.strip() else {}
        return parse_direct_post_answer(said, allow_loopback=self.allow_loopback)

    def _request_object(self, reference: RequestReference, nonce: str | None, suites: Sequence[str]) -> str:
        headers = {"accept": REQUEST_OBJECT_MEDIA_TYPE}
        if nonce is None:
            answer = self.exchange("GET", reference.request_uri, headers=headers)
        else:
            posted = RequestURIPost(nonce, WalletMetadata.of_ours(tuple(suites)))
            body = urlencode(posted.to_form()).encode("ascii")
            headers["content-type"] = _FORM
            answer = self.exchange("POST", reference.request_uri, headers=headers, body=body)
        if answer.status != 200:
            raise FetchError(f"the verifier has no request there (status {answer.status})")
        if answer.media_type != REQUEST_OBJECT_MEDIA_TYPE:
            raise FetchError(f"expected a signed request, found an answer of type {answer.media_type[:60]!r}")
        try:
            return answer.body.decode("ascii").strip()
        except UnicodeDecodeError as err:
            raise FetchError("expected a signed request, found something else") from err


def _code(answer: Answer) -> str:
    """Return the code of an error answer for a message, nothing where there is none."""
    try:
        body: JSONObject = parse_json_object(answer.body) if answer.media_type == "application/json" else {}
    except MalformedError:
        return ""
    error = body.get("error")
    return f" ({error[:60]!r})" if isinstance(error, str) else ""
