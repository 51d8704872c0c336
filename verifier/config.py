"""A verifier's settings: one frozen object, read from `verifier.toml` in its home folder and the environment.

The home folder is optional: `ddcc verifier check` works on files alone. With one, `trust.json` in it is the
trust file unless another is named, and `verifier.sqlite` remembers challenges, so that an answer is taken
once. A service needs `verifier.toml`, which `ddcc verifier init` writes. Each setting can be given as
DDCC_VERIFIER_<SETTING> instead, which counts more than the file. A setting is a field of `VerifierConfig` and
a line in `SETTINGS`. Not here: whom to trust (that is the trust file's content), and secrets.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from vclib.errors import ConfigurationError
from verifier.settings import SETTINGS, read_settings_file, text_setting

HOME_VARIABLE = "DDCC_VERIFIER_HOME"
# The older name of DDCC_VERIFIER_DATABASE_URL, still read.
DATABASE_VARIABLE = "DDCC_VERIFIER_DATABASE"
FILE_NAME = "verifier.toml"

_PREFIX = "DDCC_VERIFIER_"
_LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1"})
_MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True)
class VerifierConfig:
    """What a verifier decided once; `database_url` is None for the file in its home, `database_path`.

    `url` is where others reach it: https, or http on loopback, without a trailing slash. `domain` is whom
    presentations are made for, by default the origin of `url`. Which requests need a token: `tokens_for`
    is "everything", "exchanges" (those that start something or read its outcome) or "nothing".

    `client_id` is whom wallets see asking, with its prefix; without one, requests are not signed.
    `certificate_file` is its chain in PEM for an x509 prefix; `hsm_...` is the token of keys that are in one.
    `requests_per_second` is what one address may ask of one worker, 0 for no limit.

    `rules` is the rule set that is asked of everything that is checked, as it stands for who arrives in
    `rules_country` (and `rules_region`); after `rules_max_age` nothing is accepted by it (0: no such limit).

    The page at `/` asks for `page_situation` unless somebody chooses another, and forgets an answer after
    `page_clear_seconds` in which nobody touched it (WCAG 2.2.1 asks for 20 at least). With `page_kiosk` it
    begins anew by itself. A paper code is amber where nobody can know whether it was withdrawn, unless
    `page_accept_without_status`. A device stays signed in for `page_session_hours`.

    All ages are seconds. A status list is fetched again after its own `ttl`, at most after `status_refresh`,
    and used up to `status_max_age` while its host is down; DID documents likewise. What was judged by such a
    copy is a note where `accept_old_copies`, else it stays undecided. A trust list that is older than
    `trust_max_age` (0 for no limit) leaves what it vouches for undecided; lists of test systems are refused
    unless `accept_test_lists`, which marks every result. `signers` is a certificate of a signer of paper
    codes or a folder of them, by default the folder `signers` in the home: each is believed as it stands.
    `revoked` is the file or folder of the EU revocation lists of paper codes, by default the folder `revoked`
    in the home. A list is as old as its file; past `revoked_max_age` (0 for no limit) paper is undecided.

    `sources` says where each setting is from: "default", "file" or the name of a variable.
    """

    home: Path
    database_url: str | None = None
    name: str = ""
    purpose: str = ""
    url: str | None = None
    domain_setting: str | None = None
    trust_file: Path | None = None
    signers: Path | None = None
    revoked: Path | None = None
    client_id: str | None = None
    certificate_file: Path | None = None
    hsm_module: str | None = None
    hsm_token: str | None = None
    hsm_pin_file: Path | None = None
    require_holder: bool = False
    require_status: bool = False
    tokens_for: str = "exchanges"
    accept_old_copies: bool = False
    rules: str | None = None
    rules_country: str | None = None
    rules_region: str | None = None
    rules_max_age: int = 0
    status_refresh: int = 300
    status_max_age: int = 24 * 3600
    did_refresh: int = 3600
    did_max_age: int = 24 * 3600
    trust_max_age: int = 30 * 24 * 3600
    accept_test_lists: bool = False
    revoked_max_age: int = 2 * 24 * 3600
    challenge_seconds: int = 600
    max_open_challenges: int = 10_000
    exchange_seconds: int = 900
    max_open_exchanges: int = 1000
    requests_per_second: int = 20
    page_situation: str = "venue"
    page_clear_seconds: int = 20
    page_kiosk: bool = False
    page_accept_without_status: bool = False
    page_session_hours: int = 168
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def __post_init__(self) -> None:
        if self.url is not None:
            _check_url(self.url)
        for setting, text in (("name", self.name), ("purpose", self.purpose)):
            if len(text) > _MAX_NAME_CHARACTERS or not text.isprintable():
                raise ConfigurationError(
                    f"{setting}: expected at most {_MAX_NAME_CHARACTERS} printable characters"
                )
        if (self.rules is None) != (self.rules_country is None):
            raise ConfigurationError("rules and rules_country belong together: give both of them, or neither")
        if self.status_max_age < self.status_refresh or self.did_max_age < self.did_refresh:
            raise ConfigurationError("a copy's max_age is at least as long as the time until its refresh")

    @property
    def file(self) -> Path:
        """The settings file."""
        return self.home / FILE_NAME

    @property
    def database_path(self) -> Path:
        """The database that is used when no other is named."""
        return self.home / "verifier.sqlite"

    @property
    def keys_path(self) -> Path:
        """The sealed keys that requests are signed with."""
        return self.home / "keys.sealed"

    @property
    def document_path(self) -> Path:
        """The DID document of a verifier with a did:web."""
        return self.home / "did.json"

    @property
    def certificate_path(self) -> Path:
        """The certificate chain that is used when no other is named."""
        return self.certificate_file or self.home / "certificate.pem"

    @property
    def trust_path(self) -> Path:
        """The trust file that is used when no other is named on the command line."""
        return self.trust_file or self.home / "trust.json"

    @property
    def signers_path(self) -> Path:
        """The file or folder of signers' certificates; the folder in the home need not exist."""
        return self.signers or self.home / "signers"

    @property
    def revoked_path(self) -> Path:
        """The file or folder of revocation lists of paper codes; the folder in the home need not exist."""
        return self.revoked or self.home / "revoked"

    @property
    def rules_path(self) -> Path:
        """The folder of the rule sets."""
        return self.home / "rules"

    @property
    def trust_folder(self) -> Path:
        """The folder of the trust lists that were taken in."""
        return self.home / "trust"

    @property
    def domain(self) -> str | None:
        """Whom a presentation must be made for: exactly this text; None without a `url`."""
        if self.domain_setting is not None or self.url is None:
            return self.domain_setting
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


def age_limit(seconds: int) -> timedelta | None:
    """Return how old something may be by a setting in seconds, of which 0 is no limit: None."""
    return timedelta(seconds=seconds) if seconds else None


def load_config(option: Path | None, environment: Mapping[str, str] = os.environ) -> VerifierConfig | None:
    """Return the settings of the folder named by the option or DDCC_VERIFIER_HOME, None without either.

    Raises ConfigurationError, naming the setting that is unknown or wrong and where it is from.
    """
    home = option or (Path(environment[HOME_VARIABLE]) if environment.get(HOME_VARIABLE) else None)
    if home is None:
        return None
    members: dict[str, object] = {}
    sources: dict[str, str] = {}
    for setting, value in read_settings_file(home / FILE_NAME).items():
        members[setting], sources[setting] = value, "file"
    for setting, reader in SETTINGS.items():
        variable = _variable(setting, environment)
        if environment.get(variable):
            members[setting], sources[setting] = (
                reader(variable, text_setting(environment[variable])),
                variable,
            )
    if "domain" in members:
        members["domain_setting"] = members.pop("domain")
    return VerifierConfig(home=home, sources=MappingProxyType(sources), **members)  # type: ignore[arg-type]  # readers give the fields' types


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process, for what else takes it as an argument."""
    return os.environ


def service_config(option: Path | None, environment: Mapping[str, str] = os.environ) -> VerifierConfig:
    """Return the settings of a verifier that serves; ConfigurationError if it was not set up for that."""
    config = load_config(option, environment)
    if config is None:
        raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
    if not config.name or config.url is None:
        raise ConfigurationError(
            f"{config.file}: a service needs name and url: `ddcc verifier init --name NAME --url URL`"
        )
    return config


def variable_of(setting: str) -> str:
    """Return the name of the environment variable that counts more than the file."""
    return _PREFIX + setting.upper()


def _variable(setting: str, environment: Mapping[str, str]) -> str:
    variable = variable_of(setting)
    if setting == "database_url" and not environment.get(variable):
        return DATABASE_VARIABLE
    return variable


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as err:
        raise ConfigurationError(f"url: {url[:80]!r} is not a URL") from err
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK_HOSTS)
    plain = url.isascii() and url.isprintable() and " " not in url and url == url.rstrip("/")
    if not (secure and host and plain) or "@" in parts.netloc or "?" in url or "#" in url:
        raise ConfigurationError(
            f"url: expected https (http only on this machine), no query, no final slash, found {url[:80]!r}"
        )
