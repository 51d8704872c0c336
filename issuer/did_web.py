"""The route at which an issuer's service answers for its did:web.

Source: https://w3c-ccg.github.io/did-method-web/#read-resolve. Not here: the document (`did_documents`).
"""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from issuer.config import IssuerConfig
from issuer.did_documents import watched_document
from runtime.served import document_router
from vclib.did import DID_DOCUMENT_MEDIA_TYPE, did_web_paths

# How long others may keep the document: long enough to carry load, short enough for a withdrawal.
MAX_AGE = timedelta(minutes=5)


def did_web_router(config: IssuerConfig) -> APIRouter:
    """Return the route of the issuer's DID document; for an issuer of did:keys, no route.

    The service must be reached under the host that the DID names.
    """
    if config.did is None:
        return APIRouter()
    return document_router(
        did_web_paths(config.did, config.url),
        watched_document(config.document_path, config.did),
        media_type=DID_DOCUMENT_MEDIA_TYPE,
        max_age=MAX_AGE,
        summary="The issuer's DID document",
    )
