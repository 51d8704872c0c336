"""The verifier's side of the VC API: verification results for credentials and presentations.

`VerificationService` decides, `verify_router` only translates HTTP. A result tells what was found; whether to
believe the issuer is for the caller (or `verifier.service`, whose answer is a verdict). Source:
https://w3c.github.io/vcalm/#verifying. Not here: who may call this, and challenges that are remembered
(`verifier.vc_service`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Protocol

from fastapi import APIRouter
from fastapi.responses import Response

from protocols.vcalm import (
    VerificationResult,
    VerifyCredentialRequest,
    VerifyPresentationRequest,
    credential_result,
    presentation_result,
)
from runtime.web import JSONBody, describe_body, json_response
from vclib.errors import (
    ConfigurationError,
    ContextIntegrityError,
    InvalidChallengeError,
    StoreError,
    VCError,
)
from vclib.strict_json import JSONObject
from vclib.verification import (
    Environment,
    VerifiedPresentation,
    verify_credential,
    verify_presentation,
)


@dataclass(frozen=True)
class VerificationService:
    """Verifies in an environment that is made anew for each request, with its moment."""

    environment: Callable[[datetime], Environment]

    def verify_credential(self, request: VerifyCredentialRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a credential; StoreError, ConfigurationError where we are at fault."""
        try:
            if request.challenge is not None or request.domain is not None:
                raise InvalidChallengeError(
                    "a credential alone answers no request: ask for a presentation of it"
                )
            return credential_result(
                request.credential, verify_credential(request.credential, self.environment(now))
            )
        except (ConfigurationError, ContextIntegrityError, StoreError):
            raise
        except VCError as err:
            return credential_result(request.credential, err)

    def verify_presentation(self, request: VerifyPresentationRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a presentation; raises as `verify_credential`."""
        challenge, domain = request.challenge, request.domain
        outcome: VerifiedPresentation | VCError
        try:
            outcome = verify_presentation(
                request.presentation, self.environment(now), challenge=challenge, domain=domain
            )
        except (ConfigurationError, ContextIntegrityError, StoreError):
            raise
        except VCError as err:
            outcome = err
        return presentation_result(request.presentation, outcome, challenge=challenge, domain=domain)


class Verifying(Protocol):
    """What answers the requests of `verify_router`."""

    def verify_credential(self, request: VerifyCredentialRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a credential; StoreError, ConfigurationError where we are at fault."""
        ...

    def verify_presentation(self, request: VerifyPresentationRequest, *, now: datetime) -> VerificationResult:
        """Return the result for a presentation; raises as `verify_credential`."""
        ...


def verify_router(
    service: Verifying,
    *,
    clock: Callable[[], datetime],
    ignored_options: Collection[str] = (),
    refused_status: HTTPStatus = HTTPStatus.OK,
) -> APIRouter:
    """Return POST /credentials/verify and /presentations/verify.

    Not verified is an answer, hence 200 with `verified` false, unless `refused_status` says otherwise: older
    clients look at nothing but the status.
    """
    router = APIRouter()

    def answer(result: VerificationResult, written: JSONObject) -> Response:
        return json_response(written, status=HTTPStatus.OK if result.verified else refused_status)

    @router.post(
        "/credentials/verify",
        openapi_extra=describe_body(
            verifiableCredential={"type": "object"}, options={"type": "object", "default": {}}
        ),
    )
    def of_credential(body: JSONBody) -> Response:
        request = VerifyCredentialRequest.from_json(body, ignored_options=ignored_options)
        result = service.verify_credential(request, now=clock())
        return answer(result, result.to_json(request.result))

    @router.post(
        "/presentations/verify",
        openapi_extra=describe_body(
            verifiablePresentation={"type": "object"}, options={"type": "object", "default": {}}
        ),
    )
    def of_presentation(body: JSONBody) -> Response:
        request = VerifyPresentationRequest.from_json(body)
        result = service.verify_presentation(request, now=clock())
        return answer(result, result.to_json(request.result))

    return router
