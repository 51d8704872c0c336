"""The rule sets of a verifier: one file each in its home folder, replaced whole.

Workers of a service read them while `ddcc verifier rules import` writes: a file is there whole or not at all,
and what a worker has read it keeps until the file is another one. With a set goes where it is from, when it
was taken over and its digest, by which two venues can compare what they ask. Not here: which rules a check
asks (`verifier.rules`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from health import RuleSet, is_country
from runtime.atomic import read_file, reason, write_file
from runtime.folders import make_folder
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ComplexityError, ConfigurationError, MalformedError, StoreError
from vclib.jcs import canonicalize
from vclib.strict_json import JSONObject, dump_json, parse_json_object
from verifier.config import VerifierConfig, age_limit
from verifier.file_states import file_state
from verifier.in_force import InForce
from verifier.rules import ChosenRules

# All rules and value sets of 25 countries are some 2 MB.
MAX_FILE = 16 * 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_SUFFIX = ".json"


@dataclass(frozen=True)
class StoredRules:
    """A rule set as it is kept: `source` is what it was imported from, `digest` the SHA-256 of its JSON."""

    name: str
    rule_set: RuleSet
    source: str
    imported: datetime
    digest: str

    def chosen(
        self,
        country: str,
        *,
        region: str | None = None,
        language: str = "en",
        max_age: timedelta | None = None,
    ) -> ChosenRules:
        """Return the set as it is asked for a country; ConfigurationError for what is no country code."""
        if not is_country(country):
            raise ConfigurationError(
                f"expected a country as two capital letters such as DE, found {country[:20]!r}"
            )
        return ChosenRules(self.name, self.rule_set, country, region, language, self.imported, max_age)


@dataclass
class RuleStore:
    """The rule sets in a folder, which need not exist before the first is imported."""

    folder: Path
    _in_force: dict[str, InForce[StoredRules | None]] = field(default_factory=dict, repr=False)

    def save(self, name: str, rule_set: RuleSet, *, source: str, now: datetime) -> StoredRules:
        """Keep a set under a name, in place of an older one; ConfigurationError for another form of name."""
        path = self.path(name)
        content = rule_set.to_json()
        stored = StoredRules(name, rule_set, source, now, _digest(content))
        written: JSONObject = {
            "source": source,
            "imported": format_datetime(now),
            "digest": stored.digest,
            "set": content,
        }
        make_folder(self.folder)
        write_file(path, dump_json(written).encode())
        return stored

    def find(self, name: str) -> StoredRules:
        """Return a set; ConfigurationError if there is none of that name, or its file was changed by hand.

        Where a set was read before, one that cannot be read in its place leaves it in force (see `problem`).
        """
        path = self.path(name)
        try:
            # A new file has another number even where two are written within one tick of the clock.
            state = file_state([path])
        except FileNotFoundError as err:
            known = ", ".join(self.names()) or "none"
            raise ConfigurationError(
                f"there is no rule set {name!r} in {self.folder}; there are: {known}"
            ) from err
        except OSError as err:
            raise StoreError(f"cannot read {path}: {reason(err)}") from err
        kept = self._in_force.setdefault(name, InForce(f"the rules {name}", None, None))
        stored = kept.update(state, lambda: _read(name, path))
        if stored is None:
            raise ConfigurationError(str(kept.problem))
        return stored

    def problem(self, name: str) -> str | None:
        """Return why the newest file of a set cannot be read, None where it was."""
        kept = self._in_force.get(name)
        return None if kept is None else kept.problem

    def names(self) -> tuple[str, ...]:
        """Return the names of the sets that are there."""
        if not self.folder.is_dir():
            return ()
        stems = (path.stem for path in self.folder.glob(f"*{_SUFFIX}"))
        return tuple(sorted(stem for stem in stems if _NAME.fullmatch(stem)))

    def remove(self, name: str) -> None:
        """Take a set out; ConfigurationError if there is none of that name, StoreError."""
        path = self.path(name)
        try:
            path.unlink()
        except FileNotFoundError as err:
            raise ConfigurationError(f"there is no rule set {name!r} in {self.folder}") from err
        except OSError as err:
            raise StoreError(f"cannot remove {path}: {reason(err)}") from err

    def path(self, name: str) -> Path:
        """Return the file of a set; ConfigurationError for what cannot be the name of one."""
        if not _NAME.fullmatch(name):
            raise ConfigurationError(
                f"expected the name of a rule set: small letters, digits and hyphens, found {name[:40]!r}"
            )
        return self.folder / f"{name}{_SUFFIX}"


def rule_store(config: VerifierConfig) -> RuleStore:
    """Return the rule sets of a verifier."""
    return RuleStore(config.rules_path)


def default_rules(config: VerifierConfig, store: RuleStore) -> Callable[[], ChosenRules | None] | None:
    """Return what gives the rules that the settings name, as they are when called; None without."""
    name, country = config.rules, config.rules_country
    if name is None or country is None:
        return None
    return lambda: choose_rules(config, store, name, country, config.rules_region)


def choose_rules(
    config: VerifierConfig, store: RuleStore, name: str, country: str, region: str | None = None
) -> ChosenRules:
    """Return a set as the settings ask for it; ConfigurationError, StoreError."""
    max_age = age_limit(config.rules_max_age)
    return store.find(name).chosen(country, region=region, max_age=max_age)


def _read(name: str, path: Path) -> StoredRules:
    try:
        members = parse_json_object(read_file(path, max_bytes=MAX_FILE), max_bytes=MAX_FILE)
        return _stored(name, members)
    except (MalformedError, ComplexityError, ConfigurationError) as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def _stored(name: str, members: JSONObject) -> StoredRules:
    content, source, digest = members.get("set"), members.get("source"), members.get("digest")
    if not isinstance(content, dict) or not isinstance(source, str) or digest != _digest(content):
        raise ConfigurationError("it is not as it was written; import the set again")
    imported = parse_datetime(members.get("imported"))
    return StoredRules(name, RuleSet.from_json(content), source, imported, str(digest))


def _digest(content: JSONObject) -> str:
    return sha256(canonicalize(content)).hexdigest()
