"""The rules that credentials and presentations share in the Verifiable Credentials Data Model.

Members are read from the JSON as received, by their terms. JSON-LD lets the same statements be spelt
otherwise (a full IRI for a term, "@id" for "id", an alias from another context), and a proof over the
statements does not notice: `credentialStatus` or `validUntil` could vanish from a reader's eyes under a
signature that still holds. So only terms are accepted as keys, and what is read by term must be what
JSON-LD processing finds. Sources: https://www.w3.org/TR/vc-data-model-2.0/#basic-concepts,
https://www.w3.org/TR/vc-data-model/#basic-concepts (1.1). Not here: any proof, any clock.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal, TypeAlias

from vclib import jsonld
from vclib.bounds import MAX_VALUES, check_size
from vclib.datetimes import parse_datetime
from vclib.errors import ComplexityError, CredentialError, MalformedValueError
from vclib.jsonld import ContextPolicy
from vclib.shapes import Conclude
from vclib.strict_json import MAX_DEPTH, JSONObject, JSONValue, json_type_name

Version: TypeAlias = Literal["1.1", "2.0"]

# https://www.w3.org/TR/vc-data-model-2.0/#contexts, https://www.w3.org/TR/vc-data-model/#contexts
BASE_CONTEXT_V2 = "https://www.w3.org/ns/credentials/v2"
BASE_CONTEXT_V1 = "https://www.w3.org/2018/credentials/v1"
BASE_CONTEXTS: Mapping[str, Version] = MappingProxyType({BASE_CONTEXT_V2: "2.0", BASE_CONTEXT_V1: "1.1"})

CREDENTIALS = "https://www.w3.org/2018/credentials#"
STATUS = "https://www.w3.org/ns/credentials/status#"

# An absolute URL or IRI: a scheme, and none of the characters that RFC 3987 keeps out of IRIs.
_URL = re.compile(r"""[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\x7f-\x9f<>"{}|\\^`]+""")
_HTTP_URL = re.compile(r"https?://[^/?#]+", re.IGNORECASE)
# https://www.rfc-editor.org/rfc/rfc5646#section-2.1, its outer shape.
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")

_KEYWORDS = frozenset({"@context", "@value", "@language", "@direction", "@type"})


def is_url(value: object) -> bool:
    """Say whether `value` is an absolute URL (or IRI); a DID is one."""
    if not isinstance(value, str) or _URL.fullmatch(value) is None:
        return False
    if value.lower().startswith(("http:", "https:")):
        return _HTTP_URL.match(value) is not None
    return True


def check_document(document: object, kind: str) -> None:
    """Return if `document` is a JSON object of bounded size; MalformedValueError, ComplexityError."""
    if not isinstance(document, dict):
        raise MalformedValueError(f"expected a {kind}, found {json_type_name(document)}")
    check_size(document)


def known_reading(
    bare: JSONObject, proof: JSONValue, contexts: ContextPolicy, check: Conclude
) -> tuple[str, ...] | None:
    """Return what `check` is known to say of a document without its proof, or None.

    Where it is known, `check_document` accepts the document with its proof, and `check_contexts` and
    `vclib.jsonld.conclude` the one without; else each of them has to look.
    """
    try:
        # The rest has far fewer values than the other half, and its own depth was looked at.
        check_size(proof, max_depth=MAX_DEPTH - 1, max_values=MAX_VALUES // 2)
    except (ComplexityError, MalformedValueError):
        return None
    return jsonld.conclusion(bare, check, contexts=contexts)


def check_base_context(document: JSONObject) -> Version:
    """Return the data model's version, told by the first `@context`.

    `@context` is an ordered set: a list that begins with a base context and goes on with URLs and objects,
    none twice. Raises MalformedValueError.
    """
    contexts = document.get("@context")
    if not isinstance(contexts, list):
        found = json_type_name(contexts) if "@context" in document else "none"
        raise MalformedValueError(f"@context: expected a list that begins with a base context, found {found}")
    first = contexts[0] if contexts else None
    if not isinstance(first, str) or first not in BASE_CONTEXTS:
        raise MalformedValueError(
            f"@context[0]: expected one of {', '.join(BASE_CONTEXTS)}; the base context comes first"
        )
    seen: set[str] = set()
    for position, context in enumerate(contexts):
        if isinstance(context, str):
            if not is_url(context):
                raise MalformedValueError(f"@context[{position}]: expected a URL, found {context[:80]!r}")
            if context in seen or (position and context in BASE_CONTEXTS):
                raise MalformedValueError(
                    f"@context[{position}]: a context stands twice, or two base contexts"
                )
            seen.add(context)
        elif not isinstance(context, dict):
            found = json_type_name(context)
            raise MalformedValueError(f"@context[{position}]: expected a URL or an object, found {found}")
    return BASE_CONTEXTS[first]


def check_terms_only(document: JSONObject) -> None:
    """Return if every key is a term; CredentialError names the first that is an IRI or a keyword.

    A key with a colon or an "@" is another spelling of a member that has a term, and a reader by terms
    would miss it (threats A7 and A9).
    """
    pending: list[JSONValue] = [document]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, dict):
            for key, value in item.items():
                if ":" in key or (key.startswith("@") and not (key in _KEYWORDS and _fits(key, item))):
                    raise CredentialError(f"the key {key[:80]!r} is not a term; write members by their terms")
                if key != "@context":
                    pending.append(value)


def _fits(keyword: str, item: JSONObject) -> bool:
    return keyword == "@context" or "@value" in item


def types_of(node: JSONObject, path: str) -> tuple[str, ...]:
    """Return the values of `type`: one or more terms or URLs. Raises MalformedValueError."""
    value = node.get("type")
    values = value if isinstance(value, list) else [value]
    types = tuple(item for item in values if isinstance(item, str) and item)
    if not types or len(types) != len(values):
        found = json_type_name(value) if "type" in node else "none"
        raise MalformedValueError(f"{path}type: expected one or more terms or URLs, found {found}")
    return types


def id_of(node: JSONObject, path: str, *, required: bool = False) -> str | None:
    """Return `id`, a single URL, or None if there is none. Raises MalformedValueError."""
    if "id" not in node and not required:
        return None
    return url_of(node, "id", path)


def url_of(node: JSONObject, member: str, path: str) -> str:
    """Return the single URL that `member` must be. Raises MalformedValueError."""
    value = node.get(member)
    if not isinstance(value, str) or not is_url(value):
        found = json_type_name(value) if member in node else "none"
        suffix = " that is none" if isinstance(value, str) else ""
        raise MalformedValueError(f"{path}{member}: expected one absolute URL, found {found}{suffix}")
    return value


def identified(node: JSONObject, member: str) -> str:
    """Return the URL of a member that is a URL or an object with an `id`, such as `issuer`."""
    value = node.get(member)
    if isinstance(value, dict):
        return url_of(value, "id", f"{member}.")
    return url_of(node, member, "")


def objects_of(node: JSONObject, member: str) -> tuple[JSONObject, ...]:
    """Return the one or more objects that `member` must be if it is present, else none.

    Raises MalformedValueError for an empty list and for anything that is not an object.
    """
    if member not in node:
        return ()
    value = node[member]
    values = value if isinstance(value, list) else [value]
    if not values:
        raise MalformedValueError(f"{member}: expected one or more objects, found an empty list")
    objects: list[JSONObject] = []
    for position, item in enumerate(values):
        if not isinstance(item, dict):
            raise MalformedValueError(
                f"{member}[{position}]: expected an object, found {json_type_name(item)}"
            )
        objects.append(item)
    return tuple(objects)


def check_typed_objects(
    node: JSONObject, member: str, *, id_required: bool = False
) -> tuple[JSONObject, ...]:
    """Return the objects of `member`, each with a `type` and a URL for `id` where there is one."""
    objects = objects_of(node, member)
    for position, item in enumerate(objects):
        types_of(item, f"{member}[{position}].")
        id_of(item, f"{member}[{position}].", required=id_required)
    return objects


def check_text(node: JSONObject, member: str, path: str = "") -> str | None:
    """Return a text to show for `member`: a string or language value objects; None if absent.

    Of several languages the first is returned. Raises MalformedValueError. See
    https://www.w3.org/TR/vc-data-model-2.0/#language-and-base-direction.
    """
    if member not in node:
        return None
    value = node[member]
    if isinstance(value, str):
        return value
    values = value if isinstance(value, list) else [value]
    texts = [_language_value(item, f"{path}{member}") for item in values]
    if not texts:
        raise MalformedValueError(f"{path}{member}: expected a string or language value objects, found none")
    return texts[0]


def _language_value(value: JSONValue, path: str) -> str:
    if not isinstance(value, dict) or not value.keys() <= {"@value", "@language", "@direction"}:
        raise MalformedValueError(
            f"{path}: expected a string or an object of @value, @language and @direction only"
        )
    text, language = value.get("@value"), value.get("@language", "und")
    if not isinstance(text, str):
        raise MalformedValueError(f"{path}: expected @value to be a string, found {json_type_name(text)}")
    if not isinstance(language, str) or _LANGUAGE_TAG.fullmatch(language) is None:
        raise MalformedValueError(f"{path}: expected @language to be a language tag")
    if value.get("@direction", "ltr") not in ("ltr", "rtl"):
        raise MalformedValueError(f"{path}: expected @direction to be ltr or rtl")
    return text


def moment_of(node: JSONObject, member: str) -> datetime | None:
    """Return the moment that `member` expresses, or None if it is absent. Raises MalformedValueError."""
    if member not in node:
        return None
    try:
        return parse_datetime(node[member])
    except MalformedValueError as err:
        raise MalformedValueError(f"{member}: {err.message}") from err


def check_proof_shape(document: JSONObject) -> None:
    """Return if `proof` is absent, or one or more objects that each have a type (threat C2)."""
    for position, proof in enumerate(objects_of(document, "proof")):
        types_of(proof, f"proof[{position}].")


def without_members(document: JSONObject, *members: str) -> JSONObject:
    """Return a copy of `document` without the members named."""
    return {name: value for name, value in document.items() if name not in members}


def expand_node(document: JSONObject, contexts: ContextPolicy) -> JSONObject:
    """Return the one node that `document` expands to, in safe mode (threat A6), values included.

    Raises JSONLDError and what else `vclib.jsonld.read` raises; CredentialError for several nodes.
    """
    return one_node(jsonld.read(document, contexts=contexts).expanded())


def one_node(nodes: Sequence[JSONValue]) -> JSONObject:
    """Return the one node of an expansion; CredentialError for several nodes or a graph."""
    node = nodes[0] if len(nodes) == 1 else None
    if not isinstance(node, dict) or "@graph" in node:
        raise CredentialError("expected a document about one thing, found several nodes or a graph")
    return node


def expanded_types(node: JSONObject) -> tuple[str, ...]:
    """Return the absolute type IRIs of an expanded node. Raises MalformedValueError for one that is not."""
    value = node.get("@type")
    values = value if isinstance(value, list) else []
    types = tuple(item for item in values if isinstance(item, str))
    if len(types) != len(values):
        # Else a type that is a value of the document would be left out of what is concluded for a template.
        raise MalformedValueError("type: expected terms that stand for URLs, found something else")
    for iri in types:
        if not is_url(iri):
            raise MalformedValueError(f"type: expected terms that stand for URLs, found {iri[:80]!r}")
    return types


def expanded_nodes(node: JSONObject, iri: str) -> Sequence[JSONObject]:
    """Return the objects that the property `iri` of an expanded node has."""
    value = node.get(iri)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def check_same_reading(node: JSONObject, expanded: JSONObject, vocabulary: str, terms: Sequence[str]) -> None:
    """Return if each of `terms` is present in `node` exactly if its IRI is in `expanded`.

    Raises CredentialError: a context gives the member another name, or its term another meaning.
    """
    for term in terms:
        if (term in node) != (vocabulary + term in expanded):
            raise CredentialError(f"a context redefines {term} or gives it a second name")


def check_same_ids(found: Sequence[JSONValue], expanded: Sequence[JSONObject], path: str) -> None:
    """Return if the ids read by term are those that JSON-LD processing finds. Raises CredentialError."""
    if list(found) != [node.get("@id") for node in expanded]:
        raise CredentialError(f"{path}: a context gives an id another meaning than its text")


def check_same_value(text: JSONValue, expanded: JSONObject, iri: str, path: str) -> None:
    """Return if the literal read by term is the one that JSON-LD processing finds; else CredentialError."""
    if [text] != [value.get("@value") for value in expanded_nodes(expanded, iri)]:
        raise CredentialError(f"{path}: a context gives the value another meaning than its text")
