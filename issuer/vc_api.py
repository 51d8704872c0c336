"""Sign a credential that somebody else has written, as the VC API asks for.

`CredentialIssuer` decides, `issue_router` only translates HTTP. What is signed conforms to the data model,
names this issuer, and says nothing that would be lost: the same checks a verifier makes, made before
anything is signed. Source: https://w3c.github.io/vcalm/#issuing. Not here: health records
(`issuer.service`), remembering what was signed (`issuer.vc_service`), and who may call this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import Response

from protocols.vcalm import IssueRequest
from runtime.web import JSONBody, describe_body, json_response
from vclib.credentials import Credential, parse_credential
from vclib.data_model import BASE_CONTEXT_V1
from vclib.errors import CredentialError, MalformedValueError
from vclib.jsonld import DEFAULT_CONTEXTS, ContextPolicy
from vclib.keys import SigningKey
from vclib.proofs import add_proof
from vclib.status import is_bitstring_entry, parse_status_entry
from vclib.strict_json import JSONObject, JSONValue

# The base context of data model 1.1 does not define the members of a Data Integrity proof; either version of
# this one does. https://www.w3.org/TR/vc-data-integrity/#context-injection
_PROOF_CONTEXT = "https://w3id.org/security/data-integrity/v2"
_PROOF_CONTEXTS = (_PROOF_CONTEXT, "https://w3id.org/security/data-integrity/v1")


@dataclass(frozen=True)
class CredentialIssuer:
    """One issuer with one key and one cryptosuite.

    `mandatory_pointers` are added to those of every request; `status_entries` gives
    the `credentialStatus` of each new credential, none by default. The last two are for
    test suites only: `as_examined` gives what is examined in place of a credential (what is signed is always
    what came), `unsafe_accept_any_issuer` signs in the name of others.
    """

    issuer_id: str
    verification_method: str
    key: SigningKey
    cryptosuite: str
    contexts: ContextPolicy = DEFAULT_CONTEXTS
    mandatory_pointers: tuple[str, ...] = ()
    status_entries: Callable[[], Sequence[JSONObject]] | None = None
    as_examined: Callable[[JSONObject], JSONObject] | None = None
    unsafe_accept_any_issuer: bool = False

    def issue(self, request: IssueRequest, *, now: datetime) -> JSONObject:
        """Return the credential of the request with a proof made now.

        Raises CredentialError or MalformedValueError for one that does not conform, names another issuer or
        has a proof already; JSONLDError, ProofGenerationError, PointerError.
        """
        document = self.prepared(request)
        self.check(document)
        return self.sign(document, request.mandatory_pointers, now=now)

    def sign(self, document: JSONObject, pointers: Sequence[str], *, now: datetime | None) -> JSONObject:
        """Return a checked document with a proof, made `now` or, where that would be a handle, at no time."""
        return add_proof(
            document,
            cryptosuite=self.cryptosuite,
            key=self.key,
            verification_method=self.verification_method,
            created=now,
            mandatory_pointers=tuple(dict.fromkeys((*self.mandatory_pointers, *pointers))),
            contexts=self.contexts,
        )

    def prepared(self, request: IssueRequest) -> JSONObject:
        """Return the credential of the request with the context, id and status that it is to have."""
        document = with_proof_context(request.credential)
        if request.credential_id is not None:
            if document.get("id", request.credential_id) != request.credential_id:
                raise MalformedValueError("options.credentialId: the credential has another id")
            document = document | {"id": request.credential_id}
        if self.status_entries is not None and "credentialStatus" not in document:
            entries: list[JSONValue] = list(self.status_entries())
            document = document | {"credentialStatus": entries}
        return document

    def check(self, document: JSONObject) -> Credential:
        """Return what is to be signed as a conforming credential of this issuer; raises as `issue`."""
        if "proof" in document:
            # To sign on top of a stranger's proof would vouch for it.
            raise CredentialError("proof: expected a credential without one")
        examined = document if self.as_examined is None else self.as_examined(document)
        credential = parse_credential(examined, contexts=self.contexts)
        if credential.issuer_id != self.issuer_id and not self.unsafe_accept_any_issuer:
            raise CredentialError(f"issuer: expected {self.issuer_id}, who signs here")
        for entry in credential.status_entries:
            if is_bitstring_entry(entry):
                parse_status_entry(entry)
        return credential


def with_proof_context(credential: JSONObject) -> JSONObject:
    """Return a credential of data model 1.1 with a context that defines its proof; others unchanged."""
    contexts = credential.get("@context")
    if not isinstance(contexts, list) or contexts[:1] != [BASE_CONTEXT_V1]:
        return credential
    if any(context in contexts for context in _PROOF_CONTEXTS):
        return credential
    return credential | {"@context": [*contexts, _PROOF_CONTEXT]}


def issue_router(
    issuer: CredentialIssuer,
    *,
    clock: Callable[[], datetime],
    ignored_options: Collection[str] = (),
    bare: bool = False,
) -> APIRouter:
    """Return POST /credentials/issue for one issuer; `bare` answers without `verifiableCredential` around."""
    router = APIRouter()

    @router.post(
        "/credentials/issue",
        status_code=HTTPStatus.CREATED,
        openapi_extra=describe_body(credential={"type": "object"}, options={"type": "object", "default": {}}),
    )
    def issue(body: JSONBody) -> Response:
        request = IssueRequest.from_json(body, ignored_options=ignored_options)
        credential = issuer.issue(request, now=clock())
        answer: JSONObject = credential if bare else {"verifiableCredential": credential}
        return json_response(answer, status=HTTPStatus.CREATED)

    return router
