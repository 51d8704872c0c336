"""Whether an issued credential is the one that was offered, before a wallet keeps it (threat F13).

An issuer is a web address until it signs something; who signs is a DID. The two are told apart for the
holder, and what can be compared is: types and contexts with the metadata, the bound key with the one that was
proven, a did:web with the address. A credential that differs is not kept.
Not here: whether it is genuine, which `wallet.checking` finds out first.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from health import claims_from_credential
from protocols.oid4vci import CredentialConfiguration
from vclib.did import did_web_url
from vclib.errors import VCError
from vclib.strict_json import JSONObject, JSONValue
from vclib.verification import Validity
from wallet.checking import CheckedCredential


class IssuedCredentialError(VCError):
    """The issued credential is not the one that was offered."""

    code = "not-as-offered"


@dataclass(frozen=True)
class Expected:
    """What was offered: the address of the issuer, the kind of credential, the key it is to be bound to.

    `holder` is a DID of this wallet, None where the issuer binds to no key; `issuer` the DID that the holder
    named as the issuer's, if any.
    """

    address: str
    configuration: CredentialConfiguration
    holder: str | None
    issuer: str | None = None


def check_issued(document: JSONObject, checked: CheckedCredential, expected: Expected) -> tuple[str, ...]:
    """Return what to know about a credential that is as offered; IssuedCredentialError if it is not."""
    credential = checked.credential
    if set(credential.types) != set(expected.configuration.types):
        raise IssuedCredentialError("the credential is of other types than were offered")
    contexts = document.get("@context")
    if not set(expected.configuration.contexts) <= _texts(contexts):
        raise IssuedCredentialError("the credential has other contexts than the issuer announced")
    bound_to = [subject for subject in credential.subject_ids if subject.startswith("did:")]
    if expected.holder is not None and bound_to != [expected.holder]:
        raise IssuedCredentialError("the credential is not bound to the key that was proven to the issuer")
    if checked.validity is Validity.EXPIRED:
        raise IssuedCredentialError("the credential has expired already")
    if expected.issuer is not None and credential.issuer_id != expected.issuer:
        raise IssuedCredentialError(
            f"the credential is issued by {credential.issuer_id[:200]}, another issuer"
        )
    return (_who(credential.issuer_id, expected),)


def check_alike(document: JSONObject, first: JSONObject) -> None:
    """Raise IssuedCredentialError if a copy says something else of its subject than the first copy."""
    if _said(document) != _said(first):
        raise IssuedCredentialError("the copies that were issued together do not say the same")


def _said(document: JSONObject) -> list[tuple[str, str]]:
    return [
        (claim.pointer, claim.display)
        for claim in claims_from_credential(document)
        if claim.pointer.startswith("/credentialSubject/") and not claim.pointer.endswith("/id")
    ]


def _who(issuer_id: str, expected: Expected) -> str:
    """Return how the signer and the address belong together; IssuedCredentialError if they contradict."""
    host = urlsplit(expected.address).hostname or expected.address
    if issuer_id.startswith("did:web:"):
        if _place(did_web_url(issuer_id)) != _place(expected.address):
            raise IssuedCredentialError(
                f"the credential is signed for another address ({issuer_id[:200]}) than offers it ({host})"
            )
        return f"signed by {issuer_id}, which is the address that offered it"
    if expected.issuer is not None:
        return f"signed by {issuer_id}, as expected"
    return f"signed by {issuer_id}; that this is who offered it ({host}) is only that address's word"


def _place(url: str) -> str:
    """Return host and port. In development this machine has two names, of which a did:web can say one."""
    return urlsplit(url).netloc.lower().replace("127.0.0.1", "localhost")


def _texts(value: JSONValue) -> set[str]:
    items = value if isinstance(value, list) else [value]
    return {item for item in items if isinstance(item, str)}
