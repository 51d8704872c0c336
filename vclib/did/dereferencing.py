"""DID URL dereferencing: to a document, a verification method, a service or a service's URL.

Source: https://www.w3.org/TR/did-resolution/#dereferencing-algorithm. Deviations: a parameter that occurs
twice is an invalid DID URL, as the text suggests; `versionId`, `versionTime`, paths and unknown
parameters lead nowhere here, so they are not found rather than ignored; a `relativeRef` that leads to
another host than the service's is refused, as the security section advises.
Not here: whether the method found may be used for a purpose (`vclib.cid`).
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urljoin, urlsplit

from vclib.did.document import (
    DID_DOCUMENT_MEDIA_TYPE,
    has_absolute_id,
    services,
    verification_methods,
)
from vclib.did.options import Fetch, ResolutionOptions
from vclib.did.resolution import error_metadata, resolve
from vclib.did.syntax import DIDURL, absolute_url, parse_did_url
from vclib.errors import DIDError, DIDNotFoundError, InvalidDIDURLError
from vclib.strict_json import JSONObject, JSONValue

URI_LIST_MEDIA_TYPE = "text/uri-list"

_DEREFERENCING_CONTEXT = "https://w3id.org/did-resolution/v1"
_DEFAULT_OPTIONS = ResolutionOptions()


def dereference(
    did_url: str,
    *,
    fetch: Fetch | None = None,
    methods: Collection[str] | None = None,
    options: ResolutionOptions = _DEFAULT_OPTIONS,
) -> JSONObject:
    """Return what a DID URL names.

    A DID gives its document; a fragment gives the verification method or service of that id; the
    parameters `service` and `serviceType` give the document with the selected services only. Raises
    InvalidDIDURLError, DIDNotFoundError, and as `resolve`.
    """
    url = parse_did_url(did_url)
    parameters = _parameters(url)
    document = resolve(url.did, fetch=fetch, methods=methods, options=options).document
    if parameters:
        if "relativeRef" in parameters or url.fragment is not None:
            raise InvalidDIDURLError("the DID URL names a service's URL, not a part of the DID document")
        return document | {"service": list(_selected(document, url.did, parameters))}
    if url.fragment is None:
        return document
    return _part(document, url)


def service_endpoint_urls(
    did_url: str,
    *,
    fetch: Fetch | None = None,
    methods: Collection[str] | None = None,
) -> tuple[str, ...]:
    """Return the URLs of the selected services, `relativeRef` and fragment applied: never fetched here.

    Raises InvalidDIDURLError, DIDNotFoundError if no service has a URL, and as `resolve`.
    """
    url = parse_did_url(did_url)
    parameters = _parameters(url)
    if not parameters:
        raise InvalidDIDURLError("expected a DID URL with the parameter service or serviceType")
    document = resolve(url.did, fetch=fetch, methods=methods).document
    found: list[str] = []
    for service in _selected(document, url.did, parameters):
        endpoints = service.get("serviceEndpoint")
        for endpoint in endpoints if isinstance(endpoints, list) else [endpoints]:
            # Endpoints that are maps have no single URL; the algorithm skips them.
            if isinstance(endpoint, str):
                found.append(_service_url(endpoint, parameters.get("relativeRef"), url.fragment))
    if not found:
        raise DIDNotFoundError("the selected services have no URL")
    return tuple(found)


def dereferencing_result(
    did_url: str,
    *,
    fetch: Fetch | None = None,
    methods: Collection[str] | None = None,
    options: ResolutionOptions = _DEFAULT_OPTIONS,
    accept: str | None = None,
) -> JSONObject:
    """Return the dereferencing result as JSON; a DIDError becomes `didDereferencingMetadata.error`.

    With `accept` "text/uri-list" the content is the list of the selected services' URLs.
    """
    try:
        if accept == URI_LIST_MEDIA_TYPE:
            urls = service_endpoint_urls(did_url, fetch=fetch, methods=methods)
            return dereferencing_success(list(urls), content_type=URI_LIST_MEDIA_TYPE)
        return dereferencing_success(dereference(did_url, fetch=fetch, methods=methods, options=options))
    except DIDError as err:
        return dereferencing_error(err)


def dereferencing_success(content: JSONValue, *, content_type: str = DID_DOCUMENT_MEDIA_TYPE) -> JSONObject:
    """Return the dereferencing result of what was found."""
    return _result(content, {"contentType": content_type})


def dereferencing_error(err: DIDError) -> JSONObject:
    """Return the dereferencing result of a failure."""
    return _result(None, error_metadata(err))


def _result(content: JSONValue, metadata: JSONObject) -> JSONObject:
    return {
        "@context": _DEREFERENCING_CONTEXT,
        "contentStream": content,
        "contentMetadata": {},
        "didDereferencingMetadata": metadata,
    }


def _parameters(url: DIDURL) -> dict[str, str]:
    parameters = url.parameters()
    if url.path or not parameters.keys() <= {"service", "serviceType", "relativeRef"}:
        raise DIDNotFoundError(
            "no path and no parameter but service, serviceType and relativeRef is known here"
        )
    if "relativeRef" in parameters and parameters.keys() == {"relativeRef"}:
        raise InvalidDIDURLError("the parameter relativeRef needs the parameter service")
    return parameters


def _selected(document: JSONObject, did: str, parameters: dict[str, str]) -> list[JSONObject]:
    """Return the services that fit `service` and `serviceType`; DIDNotFoundError if there is none."""
    found = list(services(document))
    if "service" in parameters:
        # The parameter names the service by its fragment ("files") or by a reference ("#files", a DID URL).
        wanted = parameters["service"]
        if not wanted.startswith(("#", "did:")):
            wanted = "#" + wanted
        target = absolute_url(wanted, did) or ""
        found = [service for service in found if has_absolute_id(service, target, did)]
    if "serviceType" in parameters:
        found = [service for service in found if _has_type(service, parameters["serviceType"])]
    if not found:
        raise DIDNotFoundError("the DID document has no such service")
    return found


def _has_type(service: JSONObject, wanted: str) -> bool:
    types = service.get("type")
    return wanted in types if isinstance(types, list) else wanted == types


def _service_url(endpoint: str, relative_ref: str | None, fragment: str | None) -> str:
    """Return the endpoint with `relativeRef` (RFC 3986 section 5) and the DID URL's fragment."""
    url = endpoint
    if relative_ref is not None:
        url = urljoin(endpoint, relative_ref)
        before, after = urlsplit(endpoint), urlsplit(url)
        if (before.scheme, before.netloc) != (after.scheme, after.netloc):
            raise InvalidDIDURLError("relativeRef leads away from the service's own host")
    if fragment is not None:
        if urlsplit(url).fragment:
            raise InvalidDIDURLError("the service's URL already has a fragment")
        url += "#" + fragment
    return url


def _part(document: JSONObject, url: DIDURL) -> JSONObject:
    """Return the verification method or service of the fragment, with the document's context."""
    target = f"{url.did}#{url.fragment}"
    for candidate in (*verification_methods(document), *services(document)):
        if has_absolute_id(candidate, target, url.did):
            context: JSONObject = {"@context": document["@context"]} if "@context" in document else {}
            return context | candidate
    raise DIDNotFoundError(f"the DID document of {url.did[:200]} has nothing with the id {target[:200]!r}")
