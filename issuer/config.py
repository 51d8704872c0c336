"""An issuer's settings: one frozen object, read from `issuer.toml` in its home folder and the environment.

Every setting has an environment variable of its name, e.g. DDCC_ISSUER_VALID_DAYS, which goes before the
file; where a value came from is remembered for `ddcc issuer config`. The home folder holds everything of
one issuer: `issuer.toml` (these settings and the DIDs of the keys), `keys.sealed`, the database
`issuer.sqlite` unless another is named, and `status/`, the published status lists. A setting that would
leave a verifier without something it must see, or that names a suite that cannot do its part, is refused
when it is read. Not here: secrets; only DIDs, which are public.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from issuer.identity import (
    IDENTITY_TABLES,
    HSMSettings,
    check_identity,
    identity_lines,
    read_hsm,
    read_other_dids,
)
from runtime.atomic import read_file, write_file
from runtime.database import sqlite_url
from runtime.folders import user_data_folder
from vclib.errors import ConfigurationError, VCError
from vclib.strict_json import dump_json

HOME_VARIABLE = "DDCC_ISSUER_HOME"
DATABASE_VARIABLE = "DDCC_ISSUER_DATABASE"

BASE_SUITES = ("ecdsa-sd-2023", "bbs-2023")
PLAIN_SUITES = ("ecdsa-rdfc-2019", "eddsa-rdfc-2022")

# What a new status entry of the VC API can be for.
STATUS_PURPOSES = ("revocation", "suspension")

_PREFIX = "DDCC_ISSUER_"
_MAX_BYTES = 64 * 1024
_MAX_NAME_CHARACTERS = 200
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_LOOPBACK = r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(?:/[^\s?#]*)?"
_STATUS_URL = re.compile(rf"https://[^\s?#]+|{_LOOPBACK}|urn:uuid:[0-9a-f-]{{36}}")
_URL = re.compile(rf"https://[^\s?#/@]+(?:/[^\s?#]*)?|{_LOOPBACK}")


@dataclass(frozen=True)
class IssuerConfig:
    """What an issuer decided once. `dids` maps a key type ("P-256") to the DID of its key: its did:key, or
    `did`, the issuer's did:web, for all of them. `other_dids` do not sign now; `hsm` is for keys in a token.

    `url` is where the service is reached: https, or http on this machine itself. `status_url` is the folder
    that the status lists are served from, below `url` unless another is named, or a `urn:uuid:` where they
    are only handed on as files. `mandatory` are JSON pointers that every presentation shows in addition to
    those that it always has to. `status_ttl_minutes` is how long a list may be kept before it is fetched
    again, `copy_days` how long a credential handed over by HTTP can be fetched once more, `api_status` the
    purposes of the status entries that the VC API adds to a credential without any. An offer can be redeemed
    for `offer_minutes`; with `encryption_required` wallets have to encrypt requests and get encrypted
    credentials. `sources` says where each value came from.
    """

    home: Path
    name: str
    status_url: str = ""
    url: str | None = None
    suite: str = "ecdsa-sd-2023"
    plain: str = "ecdsa-rdfc-2019"
    valid_days: int = 365
    status_valid_days: int = 30
    status_ttl_minutes: int = 60
    copy_days: int = 7
    token_days: int = 90
    offer_minutes: int = 15
    encryption_required: bool = False
    api_status: tuple[str, ...] = STATUS_PURPOSES
    mandatory: tuple[str, ...] = ()
    database_url: str = ""
    dids: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    did: str | None = None
    other_dids: tuple[str, ...] = ()
    hsm: HSMSettings | None = None
    sources: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), compare=False)

    def __post_init__(self) -> None:
        check_identity(self.did, self.dids)
        _check_name(self.name)
        _check_choice("suite", self.suite, BASE_SUITES)
        _check_choice("plain", self.plain, PLAIN_SUITES)
        if self.url is not None:
            _check_url(self.url)
            if not self.status_url:
                object.__setattr__(self, "status_url", self.own_status_url)
        if not _STATUS_URL.fullmatch(self.status_url):
            raise ConfigurationError(
                f"status_url: expected an https URL without query or fragment, found {self.status_url[:80]!r}"
            )
        for setting, least, most in _RANGES:
            _check_range(setting, getattr(self, setting), least, most)
        for purpose in self.api_status:
            _check_choice("api_status", purpose, STATUS_PURPOSES)
        for pointer in self.mandatory:
            if not pointer.startswith("/"):
                raise ConfigurationError(
                    f"mandatory: expected JSON pointers such as /hcid, found {pointer!r}"
                )

    @property
    def own_status_url(self) -> str:
        """Where the service itself serves status lists."""
        return f"{self.url}/status-lists"

    @property
    def serves_lists(self) -> bool:
        """Whether the service itself serves the status lists, so that no files of them are needed."""
        return self.url is not None and self.status_url == self.own_status_url

    @property
    def keys_path(self) -> Path:
        """The sealed keys."""
        return self.home / "keys.sealed"

    @property
    def document_path(self) -> Path:
        """The DID document of an issuer with a did:web."""
        return self.home / "did.json"

    @property
    def status_folder(self) -> Path:
        """The published status lists."""
        return self.home / "status"


def home_folder(
    option: Path | None, environment: Mapping[str, str] = os.environ, *, platform: str = sys.platform
) -> Path:
    """Return the home folder: the option, DDCC_ISSUER_HOME, or `ddcc/issuer` among the user's data."""
    if option is not None:
        return option
    if environment.get(HOME_VARIABLE):
        return Path(environment[HOME_VARIABLE])
    return user_data_folder(environment, platform) / "ddcc" / "issuer"


def process_environment() -> Mapping[str, str]:
    """Return the environment of this process, for what else takes it as an argument."""
    return os.environ


def database_url(home: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the URL of a new issuer's database: DDCC_ISSUER_DATABASE, else a file in its home folder."""
    return environment.get(DATABASE_VARIABLE) or sqlite_url(home / "issuer.sqlite")


def load_config(home: Path, environment: Mapping[str, str] = os.environ) -> IssuerConfig:
    """Read `issuer.toml`. Raises ConfigurationError, naming the setting that is missing or wrong."""
    path = home / "issuer.toml"
    if not path.exists():
        raise ConfigurationError(f"no issuer in {home}: make one with `ddcc issuer init --name NAME`")
    settings = _read_toml(path)
    unknown = set(settings) - set(_READERS) - IDENTITY_TABLES
    if unknown:
        raise ConfigurationError(f"{path}: unknown setting {min(unknown)!r}")
    try:
        members: dict[str, object] = {
            name: _READERS[name](name, value)
            for name, value in settings.items()
            if name not in IDENTITY_TABLES
        }
        sources = dict.fromkeys(members, "file")
        for name, text in _from_environment(environment).items():
            members[name] = _READERS[name](name, _as_written(_READERS[name], text))
            sources[name] = "environment"
        _check_present(members, "name", "url" if "url" in members else "status_url")
        members["database_url"] = members.get("database_url") or database_url(home, {})
        members["dids"] = MappingProxyType(_strings("dids", settings.get("dids")))
        members["other_dids"] = read_other_dids(settings.get("other_dids"))
        members["hsm"] = read_hsm(settings.get("hsm"))
        return IssuerConfig(home=home, sources=MappingProxyType(sources), **members)  # type: ignore[arg-type]
    except ConfigurationError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def settings_of(config: IssuerConfig) -> dict[str, tuple[object, str]]:
    """Return each setting's value and where it came from: "file", "environment" or "default"."""
    return {name: (getattr(config, name), config.sources.get(name, "default")) for name in _READERS}


def save_config(config: IssuerConfig) -> None:
    """Write `issuer.toml`; never over an existing one. Raises StoreError."""
    # A JSON string without control characters is a TOML string too.
    lines = [
        "# Settings of one issuer. `ddcc issuer init --help` says what they mean.",
        f"name = {dump_json(config.name)}",
        *([] if config.url is None else [f"url = {dump_json(config.url)}"]),
        *([] if config.serves_lists else [f"status_url = {dump_json(config.status_url)}"]),
        f"suite = {dump_json(config.suite)}",
        f"plain = {dump_json(config.plain)}",
        f"valid_days = {config.valid_days}",
        f"status_valid_days = {config.status_valid_days}",
        f"mandatory = {dump_json(list(config.mandatory))}",
        '# database_url = "postgresql+psycopg://user@host/issuer"',
        *([] if config.did is None else [f"did = {dump_json(config.did)}"]),
        "",
        "# The DIDs of the keys in keys.sealed.",
        *identity_lines(config.dids, config.hsm),
    ]
    write_file(config.home / "issuer.toml", ("\n".join(lines) + "\n").encode(), overwrite=False)


def _read_toml(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(read_file(path, max_bytes=_MAX_BYTES).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise ConfigurationError(f"{path} is not TOML: {err}") from err
    except VCError as err:
        raise ConfigurationError(err.message) from err


def _check_present(members: Mapping[str, object], *required: str) -> None:
    for setting in required:
        if setting not in members:
            raise ConfigurationError(f"the setting {setting!r} is missing")


def _check_name(name: str) -> None:
    if not name.strip() or len(name) > _MAX_NAME_CHARACTERS or _CONTROL.search(name):
        raise ConfigurationError(
            f"name: expected 1 to {_MAX_NAME_CHARACTERS} characters without control characters"
        )


def _check_url(url: str) -> None:
    if not _URL.fullmatch(url) or url.endswith("/"):
        raise ConfigurationError(
            "url: expected an https URL without query, fragment or slash at its end (http only for this "
            f"machine itself, e.g. http://localhost:8441), found {url[:80]!r}"
        )


def _check_range(setting: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        unit = setting.rpartition("_")[2]
        raise ConfigurationError(f"{setting}: expected {least} to {most} {unit}, found {value}")


def _check_choice(setting: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigurationError(f"{setting}: expected {' or '.join(choices)}, found {value!r}")


def _string(setting: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{setting}: expected a string")
    return value


def _integer(setting: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ConfigurationError(f"{setting}: expected a whole number")
    return value


def _boolean(setting: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise ConfigurationError(f"{setting}: expected true or false")
    return value


def _string_list(setting: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{setting}: expected a list of strings")
    return tuple(_string(setting, item) for item in value)


def _strings(setting: str, value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(f"the table [{setting}] is missing")
    return {key: _string(f"{setting}.{key}", item) for key, item in value.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that the environment names; an empty variable counts as none."""
    found: dict[str, str] = {}
    for variable, text in sorted(environment.items()):
        if not variable.startswith(_PREFIX) or variable == HOME_VARIABLE or not text:
            continue
        name = "database_url" if variable == DATABASE_VARIABLE else variable.removeprefix(_PREFIX).lower()
        if name not in _READERS:
            raise ConfigurationError(f"the environment variable {variable} names no setting")
        if found.get(name, text) != text:
            raise ConfigurationError(f"{name}: two environment variables name it differently")
        found[name] = text
    return found


def _as_written(reader: Callable[[str, object], object], text: str) -> object:
    """Return the value that a setting's text stands for; the reader refuses what does not fit."""
    if reader is _integer and re.fullmatch("[0-9]{1,9}", text):
        return int(text)
    if reader is _boolean and text in ("true", "false"):
        return text == "true"
    if reader is _string_list:
        return [item.strip() for item in text.split(",") if item.strip()]
    return text


_READERS: Mapping[str, Callable[[str, object], object]] = MappingProxyType(
    {
        "name": _string,
        "url": _string,
        "status_url": _string,
        "suite": _string,
        "plain": _string,
        "valid_days": _integer,
        "status_valid_days": _integer,
        "status_ttl_minutes": _integer,
        "copy_days": _integer,
        "token_days": _integer,
        "offer_minutes": _integer,
        "encryption_required": _boolean,
        "api_status": _string_list,
        "mandatory": _string_list,
        "database_url": _string,
        "did": _string,
    }
)

_RANGES = (
    ("valid_days", 1, 36_500),
    ("status_valid_days", 1, 36_500),
    ("status_ttl_minutes", 1, 10_080),
    ("copy_days", 0, 36_500),
    ("token_days", 1, 3_650),
    ("offer_minutes", 1, 43_200),
)
