"""DID resolution: a DID to its validated document, by the method that the DID names.

Fetching is an argument, so this module never touches the network and a test gives what it wants. A
method that is in METHODS is supported; whether a verifier accepts it is another set, `methods`.
Source: https://www.w3.org/TR/did-resolution/#did-resolution-algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from types import MappingProxyType

from vclib.did.document import ResolvedDID, validate_document
from vclib.did.jwk import resolve_jwk
from vclib.did.key import resolve_key
from vclib.did.options import Fetch, Method, ResolutionOptions
from vclib.did.syntax import parse_did
from vclib.did.web import resolve_web
from vclib.errors import DIDError, MethodNotSupportedError
from vclib.strict_json import JSONObject, JSONValue

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        "jwk": resolve_jwk,
        "key": resolve_key,
        "web": resolve_web,
    }
)

_DEFAULT_OPTIONS = ResolutionOptions()

# These documents are computed from the DID alone, and most DIDs that are resolved are those of few issuers.
_SELF_CONTAINED = ("did:key:", "did:jwk:")
_REMEMBERED = 256
_MAX_REMEMBERED_CHARACTERS = 512


def resolve(
    did: str,
    *,
    fetch: Fetch | None = None,
    methods: Collection[str] | None = None,
    options: ResolutionOptions = _DEFAULT_OPTIONS,
) -> ResolvedDID:
    """Return the validated document of a DID.

    `fetch` reads an https URL and raises FetchError; without it did:web cannot be resolved. `methods` are
    the DID methods that are accepted, by default all that are supported.
    Raises InvalidDIDError, MethodNotSupportedError, DIDNotFoundError, InvalidDIDDocumentError,
    DIDInternalError and, for did:key and did:jwk, the errors of the key inside.
    """
    if _is_remembered(did, methods):
        return ResolvedDID(did, _copy(_computed_document(did, options)))
    # 1. The input must be a DID.
    parsed = parse_did(did)
    # 2. The method must be supported, and accepted.
    method = METHODS.get(parsed.method)
    if method is None or (methods is not None and parsed.method not in methods):
        raise MethodNotSupportedError(f"the DID method {parsed.method[:40]!r} is not supported here")
    # 5. Read, by the method; what came must be this DID's document.
    document = method(parsed, fetch=fetch, options=options)
    return ResolvedDID(did, validate_document(document, did))


def _is_remembered(did: str, methods: Collection[str] | None) -> bool:
    """Say whether a DID looks like one that holds its key, of an accepted method and not too long to keep."""
    return (
        isinstance(did, str)
        and did.startswith(_SELF_CONTAINED)
        and len(did) <= _MAX_REMEMBERED_CHARACTERS
        and (methods is None or did.split(":", 2)[1] in methods)
    )


@lru_cache(maxsize=_REMEMBERED)
def _computed_document(did: str, options: ResolutionOptions) -> JSONObject:
    """Return the validated document of a DID that holds its key. What is refused is not kept.

    The one that is kept is nobody's to change: everybody gets a copy.
    """
    parsed = parse_did(did)
    document = METHODS[parsed.method](parsed, fetch=None, options=options)
    return validate_document(document, did)


def _copy(document: JSONObject) -> JSONObject:
    return {name: value if type(value) is str else _copied(value) for name, value in document.items()}


def _copied(value: JSONValue) -> JSONValue:
    if isinstance(value, list):
        return [item if type(item) is str else _copied(item) for item in value]
    return _copy(value) if isinstance(value, dict) else value


def resolution_result(
    did: str,
    *,
    fetch: Fetch | None = None,
    methods: Collection[str] | None = None,
    options: ResolutionOptions = _DEFAULT_OPTIONS,
) -> JSONObject:
    """Return the DID resolution result as JSON; a DIDError becomes `didResolutionMetadata.error`."""
    try:
        return resolve(did, fetch=fetch, methods=methods, options=options).to_json()
    except DIDError as err:
        return resolution_error(err)


def resolution_error(err: DIDError) -> JSONObject:
    """Return the DID resolution result of a failure."""
    return ResolvedDID("", {}, {}, error_metadata(err)).to_json() | {"didDocument": None}


def resolver(
    *, fetch: Fetch | None = None, methods: Collection[str] | None = None
) -> Callable[[str], JSONObject]:
    """Return a function from DID to validated document, as `vclib.cid` takes it.

    Who has it does not change the documents: it gives the same one again where it follows from the DID alone.
    """
    computed: dict[str, JSONObject] = {}

    def document_of(did: str) -> JSONObject:
        if not _is_remembered(did, methods):
            return resolve(did, fetch=fetch, methods=methods).document
        document = computed.get(did)
        if document is None:
            document = resolve(did, methods=methods).document
            if len(computed) >= _REMEMBERED:
                computed.clear()
            computed[did] = document
        return document

    return document_of


def error_metadata(err: DIDError) -> JSONObject:
    """Return `error` as DID Core 1.0 writes it, a word, and DID Resolution's problem details beside it."""
    return {
        "error": err.code,
        "problemDetails": {"type": err.type, "title": err.code, "detail": err.message},
    }
