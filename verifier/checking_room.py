"""What a verifier is to know before it checks, described so that other processes can know the same.

The commands `check` and `check-batch` take the same options: whom to trust, lists of withdrawals, rules. They
are kept here as paths and names, without any secret, and opened by each process that checks. What the files
hold is named by digests, so a process that finds other files than its parent did refuses: all of a folder or
a batch is judged by one state of trust, lists and rules. Not here: the verdicts (`verifier.service`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from health.trust import Signers, Suspensions, TrustStore
from runtime.atomic import read_file
from vclib.did import Fetch
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject, JSONValue
from verifier.config import VerifierConfig, load_config
from verifier.environment import Sources
from verifier.inputs import read_status_files, read_trust_file, status_files
from verifier.kept_lists import KeptLists
from verifier.read_once import FetchedOnce, ListsReadOnce
from verifier.revocation_lists import open_revocations
from verifier.rule_store import choose_rules, rule_store
from verifier.rules import ChosenRules
from verifier.service import Question, Verifier
from verifier.signer_files import read_revocations, read_signers, revocation_files, signer_files
from verifier.trust_lists import TrustFiles, load_trust, marks_of
from verifier.trust_suspensions import read_suspended, suspended_path

# As long as a service keeps a verified list.
_LIST_LIFETIME = timedelta(minutes=5)
_MAX_FILE_BYTES = 1024 * 1024 * 1024
# The settings that a verdict on a file depends on; all others are of a service that asks for answers.
_DECIDING = (
    "trust_file",
    "signers",
    "revoked",
    "require_holder",
    "require_status",
    "rules",
    "rules_country",
    "rules_region",
    "rules_max_age",
    "trust_max_age",
    "accept_test_lists",
    "revoked_max_age",
)


@dataclass(frozen=True)
class CheckingRoom:
    """The options of a check; paths are absolute.

    `home` is the verifier's folder, which has the trust lists, the rule sets and the settings; `trust` is a
    trust file in place of its lists. `rules` and `country` replace those of the settings.
    """

    home: Path | None = None
    trust: Path | None = None
    status: tuple[Path, ...] = ()
    signers: tuple[Path, ...] = ()
    revoked: tuple[Path, ...] = ()
    rules: str | None = None
    country: str | None = None
    require_holder: bool = False
    require_status: bool = False
    offline: bool = False
    allow_loopback: bool = False

    def config(self) -> VerifierConfig | None:
        """Return the settings of the home, None without one; ConfigurationError."""
        return load_config(self.home)

    def question(self, *, challenge: str | None = None, domain: str | None = None) -> Question:
        """Return what is asked of everything; ConfigurationError for rules that there are not."""
        config = self.config()
        return Question(
            challenge,
            domain,
            self.require_holder or (config is not None and config.require_holder),
            self.require_status or (config is not None and config.require_status),
            self._rules(config),
        )

    def verifier(self, *, of_many: bool = False) -> Verifier:
        """Return who checks, as the files are now; `of_many` reads each document and list once.

        Raises ConfigurationError, StoreError, MalformedError, TestListError.
        """
        config = self.config()
        # Of lists as they are now: a check, also of a whole folder, is of one moment.
        found = self._trusted(config)
        status_lists = read_status_files(self.status)
        fetcher = None if self.offline else _fetcher(allow_loopback=self.allow_loopback)
        fetch = FetchedOnce(fetcher) if of_many and fetcher is not None else fetcher
        memory = KeptLists(_LIST_LIFETIME) if of_many else None
        lists = ListsReadOnce(status_lists, fetch) if of_many else status_lists
        trusted = None if found is None else found.issuers
        marks = () if found is None else marks_of(found.store)
        return Verifier(
            trusted,
            status_lists,
            fetch,
            sources=Sources(trusted, lists, fetch, list_memory=memory) if of_many else None,
            marks=lambda: marks,
            signers=self._signers(found, config),
            revocations=read_revocations(self.revoked),
            withdrawn=None if self.revoked else open_revocations(config),
        )

    def _trusted(self, config: VerifierConfig | None) -> TrustFiles | None:
        """Return whom to believe, None without any file that says so."""
        if self.trust is not None:
            # Whom the verifier suspended stays so under another trust file.
            return TrustFiles(TrustStore(own=read_trust_file(self.trust), suspended=_suspended(config)))
        return None if config is None else load_trust(config)

    def _signers(self, found: TrustFiles | None, config: VerifierConfig | None) -> Signers | None:
        named = read_signers(self.signers)
        if named is not None:
            return _suspended(config).of_signers(named)
        # A trust file names no signers of paper codes, and takes the place of the lists that do.
        return None if found is None or self.trust is not None else found.signers

    def settings(self) -> JSONObject:
        """Return the settings that a verdict depends on, as they are in effect; ConfigurationError.

        They are of the home's file or of the environment, which no digest of a file tells. Without a home
        there are none.
        """
        config = self.config()
        if config is None:
            return {}
        return {name: _as_json(getattr(config, name)) for name in _DECIDING}

    def digests(self) -> dict[str, str]:
        """Return the SHA-256 of every file that a verdict depends on, by its path; StoreError.

        Without the home's settings, of which `settings` tells those that decide.
        """
        return {str(path): _digest(path) for path in dict.fromkeys(self._files())}

    def state(self) -> str:
        """Return one digest of all of these files and of the home's settings; StoreError."""
        digests = self.digests()
        config = self.config()
        if config is not None and config.file.exists():
            digests[str(config.file)] = _digest(config.file)
        lines = "".join(f"{path}\n{digest}\n" for path, digest in sorted(digests.items()))
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def check_unchanged(self, state: str) -> None:
        """Return if the files are those of a `state`; else ConfigurationError."""
        if self.state() != state:
            raise ConfigurationError("trust, lists or rules were changed while this ran; run it again")

    def _files(self) -> Iterable[Path]:
        yield from status_files(self.status)
        yield from signer_files(self.signers)
        yield from revocation_files(self.revoked)
        if self.trust is not None:
            yield self.trust
        config = self.config()
        if config is None:
            return
        candidates = [suspended_path(config)]
        if self.trust is None:
            candidates += [config.trust_path, *sorted(config.trust_folder.glob("*.json"))]
            candidates += signer_files([config.signers_path])
        if not self.revoked:
            candidates += revocation_files([config.revoked_path])
        chosen = self._rules(config)
        if chosen is not None:
            candidates.append(rule_store(config).path(chosen.name))
        yield from (path for path in candidates if path.exists())

    def _rules(self, config: VerifierConfig | None) -> ChosenRules | None:
        """Return the rules named by the options, else by the settings."""
        if config is None:
            if self.rules is not None or self.country is not None:
                raise ConfigurationError(
                    "--rules needs the folder that has the rule sets: --home or DDCC_VERIFIER_HOME"
                )
            return None
        name, country = self.rules or config.rules, self.country or config.rules_country
        if name is None and country is None:
            return None
        if name is None or country is None:
            raise ConfigurationError("--rules and --country belong together")
        return choose_rules(config, rule_store(config), name, country, config.rules_region)


def _suspended(config: VerifierConfig | None) -> Suspensions:
    return Suspensions() if config is None else read_suspended(config)


def _as_json(value: Path | str | bool | int | None) -> JSONValue:
    return str(value) if isinstance(value, Path) else value


def _fetcher(*, allow_loopback: bool) -> Fetch:
    # The HTTP client takes longer to import than all the rest.
    from runtime.fetch import Fetcher

    return Fetcher(allow_loopback=allow_loopback)


def _digest(path: Path) -> str:
    return hashlib.sha256(read_file(path, max_bytes=_MAX_FILE_BYTES)).hexdigest()
