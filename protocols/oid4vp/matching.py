"""A query over credentials: which claims answer it, and whether an answer is what was asked.

The wallet asks before it derives, and the verifier asks again of what it got (VP 8.6, threat E17): both call
`satisfies`. A path with a null may run over arrays of any length, so paths are walked one value at a time,
and the number of values that are looked at is bounded (threat E19).
Sources: VP 6.4 (selection), VP 7.1 (paths), VP B.1.1 (types).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from protocols.oid4vp.dcql import LDP_VC, ClaimPath, ClaimsQuery, CredentialQuery, DCQLQuery
from protocols.oid4vp.errors import NotSatisfiedError
from vclib.strict_json import JSONObject, JSONValue

# What one query may look at in one credential, and what it may select of it.
MAX_VISITED = 20_000
MAX_SELECTED = 1000
# What a credential holds beside claims; no query discloses it or looks at it.
_NO_CLAIMS = ("@context", "proof")


@dataclass(frozen=True, eq=False)
class QueriedCredential:
    """A credential as a query sees it: its document, its types expanded, and whether it can be proven held.

    `type_iris` are as `vclib.credentials.Credential.type_iris`. `is_bound`: whoever presents it proves to be
    its holder, by the key that it names or, with bbs-2023, by deriving for this very request. `derived`:
    elements of arrays may have moved when others were withheld, so a position in a path means any element.
    """

    document: JSONObject
    type_iris: tuple[str, ...]
    format: str = LDP_VC
    is_bound: bool = True
    derived: bool = False


@dataclass(frozen=True)
class Selection:
    """The claims of a credential that answer a query, and the JSON pointers (RFC 6901) to derive with.

    Each pointer stands there once, however often its claim was asked for (threat E20).
    """

    claims: tuple[ClaimsQuery, ...]
    pointers: tuple[str, ...]


def satisfies(query: CredentialQuery, credential: QueriedCredential) -> Selection:
    """Return what of `credential` answers `query`; NotSatisfiedError says why it does not."""
    if query.format != credential.format:
        raise NotSatisfiedError(
            f"{query.id}: asks for the format {query.format[:40]}, this is {credential.format}"
        )
    types = set(credential.type_iris)
    if query.type_values and not any(types.issuperset(group) for group in query.type_values):
        raise NotSatisfiedError(f"{query.id}: asks for credentials of another type")
    if query.holder_binding and not credential.is_bound:
        raise NotSatisfiedError(f"{query.id}: asks for a credential that is bound to its holder")
    budget = _Budget(MAX_VISITED)
    missing: list[str] = []
    for alternative in query.alternatives():
        pointers: dict[str, None] = {}
        lacking = [claim for claim in alternative if not _select(claim, credential, pointers, budget)]
        if not lacking:
            return Selection(alternative, tuple(pointers))
        missing.append(shown_path(lacking[0].path))
    raise NotSatisfiedError(f"{query.id}: asks for {' or '.join(missing[:3])}, which is not there")


def choose(query: DCQLQuery, available: Collection[str]) -> tuple[str, ...]:
    """Return the ids of the credential queries to answer, in the query's order, of those that can be.

    Of each set the first option that can be met in full. Raises NotSatisfiedError where a required set (or,
    without sets, any query) cannot be: then nothing is returned at all (VP 6.4.2).
    """
    if not query.credential_sets:
        missing = [item.id for item in query.credentials if item.id not in available]
        if missing:
            raise NotSatisfiedError(f"{missing[0]}: nothing answers this part of the request")
        return tuple(item.id for item in query.credentials)
    chosen: set[str] = set()
    for wanted in query.credential_sets:
        option = next((ids for ids in wanted.options if set(ids) <= set(available)), None)
        if option is not None:
            chosen.update(option)
        elif wanted.required:
            raise NotSatisfiedError("nothing answers one of the required parts of the request")
    if not chosen:
        raise NotSatisfiedError("nothing answers any part of the request")
    return tuple(item.id for item in query.credentials if item.id in chosen)


def check_answered(query: DCQLQuery, counts: Mapping[str, int]) -> None:
    """Refuse an answer that does not fit the query as a whole; `counts` are presentations by query id.

    Raises NotSatisfiedError for an id that was not asked for, several presentations where one is due, and
    where a required part is missing (threat E16).
    """
    for query_id, count in counts.items():
        asked = query.find(query_id)
        if asked is None:
            raise NotSatisfiedError(f"vp_token: {query_id[:40]!r} was not asked for")
        if count < 1 or (count > 1 and not asked.multiple):
            raise NotSatisfiedError(f"vp_token: expected one presentation for {query_id}, found {count}")
    # Everything that is a part of an option that is met may stand there; nothing else was asked for.
    if not query.credential_sets:
        choose(query, counts.keys())
        return
    met: set[str] = set()
    for wanted in query.credential_sets:
        options = [ids for ids in wanted.options if set(ids) <= counts.keys()]
        if wanted.required and not options:
            raise NotSatisfiedError("vp_token: a required part of the request was not answered")
        met.update(item for ids in options for item in ids)
    unasked = sorted(counts.keys() - met)
    if unasked:
        raise NotSatisfiedError(f"vp_token: {unasked[0]} completes no option of the request")


def shown_path(path: ClaimPath) -> str:
    """Return a path as a message shows it: "credentialSubject.name", "nationality[]"."""
    shown = ""
    for component in path:
        if isinstance(component, str):
            shown += f".{component[:60]}" if shown else component[:60]
        else:
            shown += "[]" if component is None else f"[{component}]"
    return shown[:200]


@dataclass
class _Budget:
    """How many values may still be looked at."""

    left: int

    def take(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotSatisfiedError(f"the query looks at more than {MAX_VISITED} values of the credential")


def _select(
    claim: ClaimsQuery, credential: QueriedCredential, pointers: dict[str, None], budget: _Budget
) -> bool:
    """Add the pointers of what a claim selects; False if it selects nothing."""
    if claim.path[0] in _NO_CLAIMS:
        return False
    found = False
    for pointer, value in _walk(credential.document, claim.path, "", credential.derived, budget):
        if claim.values is None or any(_is_same(value, wanted) for wanted in claim.values):
            found = True
            pointers[pointer] = None
            if len(pointers) > MAX_SELECTED:
                raise NotSatisfiedError(f"the query selects more than {MAX_SELECTED} values")
    return found


def _walk(
    value: JSONValue, path: Sequence[str | int | None], pointer: str, derived: bool, budget: _Budget
) -> Iterator[tuple[str, JSONValue]]:
    """Yield pointer and value of everything that `path` selects below `value` (VP 7.1.1).

    A component that does not fit the kind of its value ends that branch. Depth is the path's length, so the
    memory that is used does not grow with the credential.
    """
    budget.take()
    if not path:
        yield pointer, value
        return
    component, rest = path[0], path[1:]
    if isinstance(component, str):
        if isinstance(value, dict) and component in value and component != "@context":
            escaped = component.replace("~", "~0").replace("/", "~1")
            yield from _walk(value[component], rest, f"{pointer}/{escaped}", derived, budget)
    elif isinstance(value, list):
        if component is None or derived:
            for position, item in enumerate(value):
                yield from _walk(item, rest, f"{pointer}/{position}", derived, budget)
        elif component < len(value):
            yield from _walk(value[component], rest, f"{pointer}/{component}", derived, budget)


def _is_same(value: JSONValue, wanted: str | int | bool) -> bool:
    # Python takes True for 1 and 1 for 1.0; VP 6.3 asks for type and value.
    return type(value) is type(wanted) and value == wanted
