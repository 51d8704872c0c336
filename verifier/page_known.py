"""What a desk's answers rest on: whom it trusts, copies, lists of withdrawals and rules, each with its age.

Told twice: in a line under every answer, and on the page "What this desk knows". Where a new file cannot be
read that is said, since the older one is still in force (threats I4, M4). Not here: HTML
(`verifier.page_views`), and what age does to a verdict (`verifier.service`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from health.trust import KeptList, audit
from vclib.errors import ConfigurationError, StoreError
from vclib.trusted_issuers import TrustedIssuer, TrustedIssuers
from verifier.caching import DocumentCache
from verifier.config import VerifierConfig, age_limit
from verifier.page_result import Fact
from verifier.page_words import Words, age_words
from verifier.revocation_lists import KeptRevocations, RevocationSource
from verifier.rule_store import RuleStore, StoredRules
from verifier.trust_lists import NamedSigners, TrustSource, max_age_of

# Of a list with many issuers, so many are named.
_NAMED = 12


@dataclass(frozen=True)
class Entry:
    """One thing that is known: a list, a rule set, copies; `is_old` where no yes is said by it any more."""

    name: str
    facts: tuple[Fact, ...]
    is_old: bool = False
    is_test: bool = False


@dataclass(frozen=True)
class Topic:
    """Things of one kind; `nothing` is said where there are none, `problems` are what cannot be read."""

    title: str
    nothing: str
    entries: tuple[Entry, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """Where a serving verifier's knowledge is; `trusted` counts where there is no `trust`."""

    config: VerifierConfig
    clock: Callable[[], datetime]
    documents: DocumentCache | None
    rules: RuleStore
    trusted: TrustedIssuers | None = None
    trust: TrustSource | None = None
    withdrawn: RevocationSource | None = None

    def rule_sets(self) -> list[StoredRules]:
        """Return the rule sets that can be read; one that cannot must not take the others along."""
        found = []
        for name in self.rules.names():
            # The page says so of those.
            with contextlib.suppress(ConfigurationError, StoreError):
                found.append(self.rules.find(name))
        return found

    def ages(self, words: Words) -> list[str]:
        """Return how old what answers rest on is while others are not reached, in short (threat M4)."""
        now = self.clock()
        told = [*self._copies(words, now)]
        lists = () if self.trust is None else self.trust.files().store.lists
        if lists:
            confirmed = min(kept.confirmed for kept in lists)
            told.append(words("Trust lists: {age} old", age=age_words(now - confirmed, words)))
        kept = None if self.withdrawn is None else self.withdrawn.kept
        if kept is not None:
            age = age_words(now - kept.since, words)
            told.append(words("Withdrawn paper codes: {age} old", age=age))
        sets = self.rule_sets()
        told += self._asked_rules(sets, words, now)
        return [
            *told,
            *self._trust_problems(words),
            *self._paper_problems(words),
            *self._rule_problems(sets, words),
        ]

    def topics(self, words: Words, now: datetime) -> tuple[Topic, ...]:
        """Return everything that is known, for whoever answers for the desk."""
        return (
            self._trust(words, now),
            self._looked_up(words, now),
            self._paper(words, now),
            self._rules(words, now),
        )

    def _trust(self, words: Words, now: datetime) -> Topic:
        files = None if self.trust is None else self.trust.files()
        own = self.trusted if files is None else files.store.own
        entries = [] if own is None else [_own_file(own, self.config.trust_path, words, now)]
        for kept in () if files is None else files.store.lists:
            entries.append(_trust_list(kept, max_age_of(self.config), words, now))
        if files is not None and files.named is not None:
            entries.append(_named(files.named, words, now))
        return Topic(
            words("Whom it trusts"),
            words("Nobody has said yet whom to trust, so nothing is accepted."),
            tuple(entries),
            tuple(self._trust_problems(words)),
        )

    def _trust_problems(self, words: Words) -> Iterator[str]:
        if self.trust is not None and self.trust.problem is not None:
            yield words("The newest trust lists cannot be read; those before them count.")

    def _copies(self, words: Words, now: datetime) -> Iterator[str]:
        if self.documents is None:
            yield words("This server looks nothing up: it works with the files it was given.")
            return
        lists, keys = self.documents.oldest()
        if lists is not None:
            yield words("Lists of withdrawals: {age} old", age=age_words(now - lists, words))
        if keys is not None:
            yield words("Keys of issuers: {age} old", age=age_words(now - keys, words))

    def _looked_up(self, words: Words, now: datetime) -> Topic:
        lists, keys = (None, None) if self.documents is None else self.documents.oldest()
        limits = (
            (words("Lists of withdrawals"), lists, self.config.status_max_age),
            (words("Keys of issuers"), keys, self.config.did_max_age),
        )
        nothing = (
            words("This server looks nothing up: it works with the files it was given.")
            if self.documents is None
            else words("Nothing was looked up yet.")
        )
        return Topic(
            words("What it has looked up"),
            nothing,
            tuple(
                Entry(name, (_age(words("Oldest copy"), fetched, words, now), _limit(seconds, words)))
                for name, fetched, seconds in limits
                if fetched is not None
            ),
        )

    def _paper(self, words: Words, now: datetime) -> Topic:
        kept = None if self.withdrawn is None else self.withdrawn.kept
        return Topic(
            words("Withdrawn paper codes"),
            words("There is no list, so whether paper was withdrawn cannot be known."),
            () if kept is None else (_withdrawn(kept, words, now),),
            tuple(self._paper_problems(words)),
        )

    def _paper_problems(self, words: Words) -> Iterator[str]:
        if self.withdrawn is not None and self.withdrawn.problem is not None:
            yield words("The newest lists of withdrawn paper codes cannot be read; those before them count.")

    def _rules(self, words: Words, now: datetime) -> Topic:
        sets = self.rule_sets()
        return Topic(
            words("Rules"),
            words("There are none, so no country's rules are asked."),
            tuple(self._rule_set(stored, words, now) for stored in sets),
            tuple(self._rule_problems(sets, words)),
        )

    def _asked_rules(self, sets: Iterable[StoredRules], words: Words, now: datetime) -> Iterator[str]:
        for stored in sets:
            if stored.name == self.config.rules:
                age = age_words(now - stored.imported, words)
                country = self.config.rules_country
                yield words(
                    "Rules {name} of {country}: {age} old", name=stored.name, country=country, age=age
                )

    def _rule_problems(self, sets: Iterable[StoredRules], words: Words) -> Iterator[str]:
        read = {stored.name for stored in sets}
        for name in self.rules.names():
            if name not in read or self.rules.problem(name) is not None:
                yield words("The newest rules {name} cannot be read.", name=name)

    def _rule_set(self, stored: StoredRules, words: Words, now: datetime) -> Entry:
        facts = [
            Fact(words("Countries"), ", ".join(stored.rule_set.countries)),
            Fact(words("Number of rules"), str(len(stored.rule_set.rules))),
            _age(words("Taken over"), stored.imported, words, now),
            _limit(self.config.rules_max_age, words),
            Fact(words("From"), stored.source),
            Fact("SHA-256", stored.digest[:16]),
        ]
        if stored.name == self.config.rules:
            facts.insert(0, Fact(words("Always asked for"), self.config.rules_country or ""))
        limit = age_limit(self.config.rules_max_age)
        return Entry(stored.name, tuple(facts), limit is not None and now - stored.imported > limit)


def _own_file(own: TrustedIssuers, path: Path, words: Words, now: datetime) -> Entry:
    facts = [_issuers(dict.fromkeys(own.by_did.values()), words)]
    try:
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        pass
    else:
        facts.append(_age(words("Changed"), written, words, now))
    return Entry(words("The verifier's own trust file"), tuple(facts))


def _named(named: NamedSigners, words: Words, now: datetime) -> Entry:
    found = [signer.name for signers in named.signers.by_kid.values() for signer in signers]
    return Entry(
        words("Certificates of signers"),
        (
            Fact(words("Signers of paper"), _listed(found, words)),
            _age(words("Oldest file"), named.since, words, now),
        ),
    )


def _trust_list(kept: KeptList, max_age: timedelta | None, words: Words, now: datetime) -> Entry:
    until = kept.fresh_until(max_age)
    found = kept.trust_list
    facts = [Fact(words("Published by"), found.publisher)] if found.publisher else []
    facts.append(Fact(words("Vouched for"), kept.voucher))
    if found.produced is not None:
        facts.append(_age(words("Made"), found.produced, words, now))
    facts.append(_age(words("Confirmed"), kept.confirmed, words, now))
    if until is not None:
        facts.append(Fact(words("Good until"), words.date(until)))
    if found.issuers:
        facts.append(_issuers(found.issuers, words))
    if found.certificates:
        counted = audit(found, at=now).whole
        told = words(
            "{usable} of {count} can be used now, {expired} have expired",
            usable=counted.usable,
            count=counted.signers,
            expired=counted.signers_expired,
        )
        facts.append(Fact(words("Signers of paper"), told))
    return Entry(kept.name, tuple(facts), until is not None and now > until, kept.is_test)


def _withdrawn(kept: KeptRevocations, words: Words, now: datetime) -> Entry:
    count = sum(len(hashes) for hashes in kept.revocations.by_kid.values())
    return Entry(
        words.count("{count} file", "{count} files", kept.files),
        (
            Fact(words("Entries"), str(count)),
            _age(words("Oldest file"), kept.since, words, now),
            _limit(0 if kept.max_age is None else int(kept.max_age.total_seconds()), words),
        ),
        kept.is_old(now),
    )


def _issuers(issuers: Iterable[TrustedIssuer], words: Words) -> Fact:
    named = [
        words("{name} (since {date})", name=issuer.name, date=words.date(issuer.valid_from))
        if issuer.valid_from is not None
        else issuer.name
        for issuer in issuers
    ]
    return Fact(words("Issuers of credentials"), _listed(named, words))


def _listed(names: Sequence[str], words: Words) -> str:
    more = len(names) - _NAMED
    others = [words.count("and {count} other", "and {count} others", more)] if more > 0 else []
    return ", ".join([*names[:_NAMED], *others])


def _age(label: str, moment: datetime, words: Words, now: datetime) -> Fact:
    told = words("{date} ({age} old)", date=words.date(moment), age=age_words(now - moment, words))
    return Fact(label, told)


def _limit(seconds: int, words: Words) -> Fact:
    limit = age_words(timedelta(seconds=seconds), words) if seconds else words("any age")
    return Fact(words("May be used up to"), limit)
