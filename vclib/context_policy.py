"""Which contexts a document may use: checked before anything is expanded, and never by fetching.

The proof covers what a document means, and the contexts say what it means; a reader who takes any context
lets the sender choose the meaning (https://www.w3.org/TR/vc-data-integrity/#validating-contexts). So every
`@context` of a document is compared with a policy first. Not here: that the first context is the data
model's own (`vclib.credentials`), and the context files (`contexts`).
"""

from __future__ import annotations

from dataclasses import dataclass

from contexts import CONTEXTS
from vclib.bounds import check_size
from vclib.errors import ContextNotAcceptedError
from vclib.strict_json import JSONObject, JSONValue, json_type_name

# A context object sets these for every member at once. @vocab gives a meaning to whatever is written, @base
# to every relative id; the others pull in or cut off contexts where the policy cannot see it.
_CATCH_ALL_KEYWORDS = ("@vocab", "@base")
_REFUSED_KEYWORDS = ("@import", "@propagate", "@context")


@dataclass(frozen=True)
class ContextPolicy:
    """What a program accepts as `@context`.

    `accepted`: the URLs, each of which must also be pinned in `contexts`. `inline`: context objects too,
    also with `@vocab` and `@base`, and null. `nested`: an `@context` in objects below the top, or as the one
    member of a context object; members of `verifiableCredential` are documents of their own and may always
    have one. `integral_floats`: numbers spelt like 7.0, which the standard reads as the integer 7 and some
    libraries as a double.
    """

    accepted: frozenset[str]
    inline: bool = False
    nested: bool = False
    integral_floats: bool = False

    def __hash__(self) -> int:
        # Policies are looked up by all the time, and a frozen set remembers its hash.
        return hash(self.accepted)


DEFAULT_CONTEXTS = ContextPolicy(frozenset(url for url, pinned in CONTEXTS.items() if not pinned.catch_all))

# For published vectors and the W3C suites, which invent terms in inline contexts and lean on catch-all ones.
UNSAFE_ANY_CONTEXT = ContextPolicy(frozenset(CONTEXTS), inline=True, nested=True, integral_floats=True)


def check_contexts(document: JSONObject, policy: ContextPolicy) -> None:
    """Raise ContextNotAcceptedError, naming the context, unless the policy accepts every one in the document.

    Raises ComplexityError for a document past the limits of `vclib.bounds.check_size`, since nothing may
    walk through one.
    """
    check_size(document)
    _check_document(document, policy)


def has_accepted_urls_only(document: JSONObject, text: bytes, policy: ContextPolicy) -> bool:
    """Say whether `check_contexts` certainly accepts the contexts of a document: URLs, at its top only.

    `text` is its JSON, in which nothing is escaped that need not be.
    """
    entries = document.get("@context")
    if type(entries) is str:
        entries = [entries]
    return (
        type(entries) is list
        and text.count(b'"@context"') == 1
        and all(type(url) is str and url in policy.accepted and url in CONTEXTS for url in entries)
    )


def has_inline_context(value: JSONValue) -> bool:
    """Return whether any `@context` in the value holds an object."""
    pending: list[JSONValue] = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            entries = item.get("@context")
            if any(isinstance(entry, dict) for entry in _listed(entries)):
                return True
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return False


def _check_document(document: JSONObject, policy: ContextPolicy) -> None:
    """Check a document that may have a context: the whole, or a credential within a presentation."""
    if "@context" in document:
        _check_entries(document["@context"], policy)
    own = _listed(document.get("@context"))
    for key, value in document.items():
        if key == "@context":
            continue
        for item in _flattened(value):
            if key == "verifiableCredential":
                _check_document(item, policy)
            elif key == "proof" and "@context" in item and _is_prefix(_listed(item["@context"]), own):
                # JCS suites copy the document's context into the proof; what was accepted above means the
                # same here. The other members of a proof are looked at as everywhere.
                _check_nested({name: member for name, member in item.items() if name != "@context"}, policy)
            else:
                _check_nested(item, policy)


def _check_nested(item: JSONObject, policy: ContextPolicy) -> None:
    pending: list[JSONValue] = [item]
    while pending:
        value = pending.pop()
        if isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, dict):
            if "@context" in value:
                _check_nested_context(value["@context"], policy)
            pending.extend(
                [below for key, below in value.items() if type(below) is not str and key != "@context"]
            )


def _check_nested_context(entries: JSONValue, policy: ContextPolicy) -> None:
    if not policy.nested:
        raise ContextNotAcceptedError("an @context inside the document is not accepted, only at its top")
    _check_entries(entries, policy)


def _check_entries(entries: JSONValue, policy: ContextPolicy) -> None:
    """Check one `@context` value: a URL, an object, or an array of these."""
    for entry in _listed(entries):
        if isinstance(entry, str):
            _check_url(entry, policy)
        elif isinstance(entry, dict):
            _check_inline(entry, policy)
        elif entry is None and policy.inline:
            continue
        else:
            raise ContextNotAcceptedError(f"expected the URL of a context, found {json_type_name(entry)}")


def _check_url(url: str, policy: ContextPolicy) -> None:
    if url not in CONTEXTS:
        raise ContextNotAcceptedError(f"the context {url[:200]!a} is not known here and is not fetched")
    if url not in policy.accepted:
        raise ContextNotAcceptedError(f"the context {url} is not accepted")


def _check_inline(context: JSONObject, policy: ContextPolicy) -> None:
    if not policy.inline:
        setting = next((key for key in _CATCH_ALL_KEYWORDS if key in context), None)
        what = f"a context object that sets {setting}" if setting else "a context object"
        raise ContextNotAcceptedError(f"{what} is not accepted, only the URL of a known context")
    if policy.nested and context.keys() == {"@context"}:
        # A whole context document where its content belongs, as in a proof chain of the W3C suites: libraries
        # read it as if it were unwrapped.
        _check_entries(context["@context"], policy)
        return
    for keyword in _REFUSED_KEYWORDS:
        if keyword in context:
            raise ContextNotAcceptedError(f"a context object with {keyword} is not accepted")
    for definition in context.values():
        # A definition may bring a context of its own, an object or the URL of one.
        if isinstance(definition, dict) and "@context" in definition:
            _check_entries(definition["@context"], policy)


def _listed(value: JSONValue) -> list[JSONValue]:
    return value if isinstance(value, list) else [value]


def _is_prefix(entries: list[JSONValue], own: list[JSONValue]) -> bool:
    return entries == own[: len(entries)]


def _flattened(value: JSONValue) -> list[JSONObject]:
    """Return the objects that a member's value holds, through any arrays."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, list):
        return [item for member in value for item in _flattened(member)]
    return []
