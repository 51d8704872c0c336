"""How trust lists and audits are told: lines for a person, JSON for a program.

Names are an issuer's or an authority's own text; whoever prints the lines makes them inert.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from health.trust import Audit, CountryAudit, KeptList, TrustStore
from health.trust.audit import WORDS
from vclib.datetimes import format_datetime
from vclib.strict_json import JSONObject, JSONValue
from vclib.trusted_issuers import TrustedIssuer

_HEADER = f"  {'country':<9}{'certificates':>13}{'signers':>9}{'expired':>9}{'usable':>8}  findings"
# Every list has hundreds of these, and they harm nobody.
_QUIET = frozenset({"key-spelling"})


def source_json(kept: KeptList, *, now: datetime, max_age: timedelta | None) -> JSONObject:
    """Return where a list is from, what vouches for it and how old it is."""
    fresh_until = kept.fresh_until(max_age)
    produced = kept.trust_list.produced
    return {
        "name": kept.name,
        "kind": kept.trust_list.kind,
        "location": kept.location,
        "publisher": kept.trust_list.publisher,
        "voucher": kept.voucher,
        "sha256": kept.sha256,
        "produced": None if produced is None else format_datetime(produced),
        "confirmed": format_datetime(kept.confirmed),
        "freshUntil": None if fresh_until is None else format_datetime(fresh_until),
        "isFresh": fresh_until is None or now <= fresh_until,
        "test": kept.is_test,
        "countries": [*sorted(kept.countries)],
        "issuers": len(kept.trust_list.issuers),
        "signers": sum(entry.is_signer for entry in kept.trust_list.certificates),
        "remarks": list(kept.trust_list.remarks),
    }


def source_lines(kept: KeptList, *, now: datetime, max_age: timedelta | None) -> Iterator[str]:
    """Yield the same for a person."""
    told = source_json(kept, now=now, max_age=max_age)
    mark = "  TEST SYSTEM" if kept.is_test else ""
    yield f"{kept.name}  {kept.trust_list.kind}, {told['issuers']} issuers, {told['signers']} signers{mark}"
    yield f"  from       {kept.location}"
    yield f"  vouched    {kept.voucher}"
    if kept.countries:
        yield f"  also for   {', '.join(sorted(kept.countries))}"
    produced = f"made {age_words(kept.trust_list.produced, now)}" if kept.trust_list.produced else "not dated"
    yield f"  age        {produced}, confirmed {age_words(kept.confirmed, now)}"
    if told["isFresh"] is False:
        yield "  TOO OLD    what it vouches for is not decided; ddcc trust refresh"
    elif told["freshUntil"] is not None:
        yield f"  good until {told['freshUntil']}"
    yield from _remark_lines(kept.trust_list.remarks)


def store_json(store: TrustStore) -> JSONObject:
    """Return who is trusted: every issuer by DID, and the signers of each list by country."""
    issuers = dict.fromkeys(store.trusted_issuers().by_did.values())
    return {
        "issuers": [_issuer_json(issuer) for issuer in issuers],
        "signers": [
            {"list": kept.name, "country": country, "count": count}
            for kept in store.lists
            for country, count in _signers_by_country(kept).items()
        ],
        "lookAlikes": [list(group) for group in store.look_alikes()],
        "repeated": list(store.repeated_dids()),
        "suspended": {entry: each.reason for entry, each in store.suspended.by_id.items()},
        "suspendedKeys": dict(store.suspended.by_key),
    }


def store_lines(store: TrustStore) -> Iterator[str]:
    """Yield the same for a person."""
    issuers = store.trusted_issuers()
    for issuer in dict.fromkeys(issuers.by_did.values()):
        types = "everything" if issuer.type_iris is None else ", ".join(sorted(_short(issuer.type_iris)))
        yield f"{issuer.name}  ({issuer.source or 'trust file'}){'  TEST SYSTEM' if issuer.is_test else ''}"
        yield f"  for        {types or 'nothing'}{_period(issuer)}"
        if issuer.suspended:
            yield f"  SUSPENDED  {issuer.suspended}"
        for did in sorted(issuer.dids):
            yield f"  {did}"
    for kept in store.lists:
        counts = _signers_by_country(kept)
        if counts:
            listed = ", ".join(f"{country or '?'} {count}" for country, count in counts.items())
            yield f"signers of paper codes  ({kept.name})"
            yield f"  {listed}"
    for entry, suspension in sorted(store.suspended.by_id.items()):
        if entry not in issuers.by_did:
            # A signer, or an issuer that no list has: its DID may be mistyped.
            yield f"{entry}  (on no list)" if entry.startswith("did:") else f"signer {entry}"
            yield f"  SUSPENDED  {suspension.reason}"
            yield from (f"  with key   sha256:{key}" for key in sorted(suspension.keys))
    yield from warning_lines(store)


def warning_lines(store: TrustStore) -> Iterator[str]:
    """Yield what an administrator should look at: names that look alike, DIDs in several lists (I7)."""
    for group in store.look_alikes():
        if len(group) == 1:
            yield f"look at: {_spelled(group[0])} mixes alphabets"
        else:
            yield f"look at: {' and '.join(_spelled(name) for name in group)} look alike"
    for did in store.repeated_dids():
        yield f"look at: {did} is in several lists; the first counts"


def audit_lines(name: str, audit: Audit) -> Iterator[str]:
    """Yield an audit as a table by country."""
    trust_list, whole = audit.trust_list, audit.whole
    yield f"{name}  {trust_list.kind}{' of ' + trust_list.publisher if trust_list.publisher else ''}"
    yield (
        f"  made {age_words(trust_list.produced, audit.at)}"
        if trust_list.produced
        else "  not dated: its age cannot be told"
    )
    if trust_list.issuers:
        yield f"  {len(trust_list.issuers)} issuers by DID"
    if not trust_list.certificates:
        yield from _remark_lines(trust_list.remarks)
        return
    usages = ", ".join(f"{count} {usage}" for usage, count in sorted(whole.usages.items()))
    yield f"  {whole.total} certificates: {usages}"
    yield (
        f"  {whole.signers_expired} of {whole.signers} signer certificates have expired; "
        f"{whole.usable} can be used now"
    )
    yield from ("", _HEADER)
    yield from (_country_line(country) for country in audit.countries)
    yield ""
    for code, count in sorted(whole.codes.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {count:>5}  {code:<18} {WORDS.get(code, '')}"
    yield from _remark_lines(trust_list.remarks)


def age_words(moment: datetime | None, now: datetime) -> str:
    """Return a moment with its age: "2026-08-22 (95 days ago)"."""
    if moment is None:
        return "at an unknown time"
    days = (now - moment).days
    ago = "in the future" if days < 0 else "today" if days == 0 else f"{days} days ago"
    return f"{moment:%Y-%m-%d} ({ago})"


def _country_line(country: CountryAudit) -> str:
    findings = ", ".join(
        f"{code} {count}" for code, count in sorted(country.codes.items()) if code not in _QUIET
    )
    return (
        f"  {country.country or '?':<9}{country.total:>13}{country.signers:>9}{country.signers_expired:>9}"
        f"{country.usable:>8}  {findings}".rstrip()
    )


def _remark_lines(remarks: tuple[str, ...]) -> Iterator[str]:
    yield from (f"  note: {remark}" for remark in remarks[:3])
    if len(remarks) > 3:
        yield f"  note: and {len(remarks) - 3} more like these; --json has them all"


def _issuer_json(issuer: TrustedIssuer) -> JSONObject:
    types: JSONValue = None if issuer.type_iris is None else [*sorted(issuer.type_iris)]
    return {
        "name": issuer.name,
        "id": issuer.id,
        "dids": [*sorted(issuer.dids)],
        "types": types,
        "validFrom": None if issuer.valid_from is None else format_datetime(issuer.valid_from),
        "validUntil": None if issuer.valid_until is None else format_datetime(issuer.valid_until),
        "source": issuer.source,
        "test": issuer.is_test,
        "suspended": issuer.suspended or None,
    }


def _signers_by_country(kept: KeptList) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in sorted(kept.trust_list.certificates, key=lambda entry: entry.country):
        if entry.is_signer:
            counts[entry.country] = counts.get(entry.country, 0) + 1
    return counts


def _short(iris: frozenset[str]) -> list[str]:
    return [iri.rpartition("#")[2].rpartition("/")[2] for iri in iris]


def _period(issuer: TrustedIssuer) -> str:
    begins = f" from {format_datetime(issuer.valid_from)}" if issuer.valid_from else ""
    ends = f" until {format_datetime(issuer.valid_until)}" if issuer.valid_until else ""
    return begins + ends


def _spelled(name: str) -> str:
    """Return a name with the code points of what is not ASCII, for the eye cannot tell them."""
    odd = " ".join(f"U+{ord(each):04X}" for each in name if not each.isascii())
    return f"{name!r} ({odd})" if odd else repr(name)
