"""The route at which a verifier answers for its did:web.

Source: https://w3c-ccg.github.io/did-method-web/#read-resolve. Not here: the document (`identity`).
"""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from runtime.served import document_router
from runtime.watched import WatchedFile
from vclib.did import DID_DOCUMENT_MEDIA_TYPE, did_web_paths, published_methods
from verifier.config import VerifierConfig
from verifier.identity import RELATIONSHIPS, did_web_of_client

MAX_AGE = timedelta(minutes=5)


def did_web_router(config: VerifierConfig) -> APIRouter:
    """Return the route of the verifier's DID document; for another kind of identity, no route."""
    did = did_web_of_client(config.client_id)
    if did is None:
        return APIRouter()
    return document_router(
        did_web_paths(did, config.url),
        WatchedFile(config.document_path, lambda content: published_methods(content, did, RELATIONSHIPS[0])),
        media_type=DID_DOCUMENT_MEDIA_TYPE,
        max_age=MAX_AGE,
        summary="The verifier's DID document",
    )
