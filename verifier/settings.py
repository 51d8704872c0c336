"""What the settings of a verifier are, how each is read, and the file they are in.

One table names every setting with its reader; the file, the environment and `ddcc verifier config` go
through it (`runtime.settings`). Not here: defaults and meanings (`verifier.config`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from health import SITUATIONS
from runtime.atomic import write_file
from runtime.settings import change_settings, read_settings, setting_line
from vclib.errors import ConfigurationError

TOKEN_RULES = ("everything", "exchanges", "nothing")

_MAX_TEXT = 2000
_MAX_NUMBER = 1_000_000_000


class _Text(str):
    """A value out of the environment, where everything is text."""

    __slots__ = ()


def text_setting(text: str) -> object:
    """Return the text of an environment variable for a reader, which may take it for a number or boolean."""
    return _Text(text)


def read_settings_file(path: Path) -> Mapping[str, object]:
    """Return the settings of a file, none if it does not exist; ConfigurationError names what is wrong."""
    if not path.exists():
        return {}
    settings = read_settings(path)
    unknown = sorted(set(settings) - set(SETTINGS))
    if unknown:
        raise ConfigurationError(f"{path}: unknown setting {unknown[0][:80]!r}")
    try:
        return {name: SETTINGS[name](name, value) for name, value in settings.items()}
    except ConfigurationError as err:
        raise ConfigurationError(f"{path}: {err.message}") from err


def change_settings_file(path: Path, settings: Mapping[str, str | None]) -> None:
    """Replace these settings in an existing file, or take them out (None); every other line stays as it is.

    Raises StoreError, and ConfigurationError for a file in which that cannot be done line by line.
    """

    def change(text: str) -> str:
        lines = [line for line in text.splitlines() if line.partition("=")[0].strip() not in settings]
        lines += [setting_line(name, value) for name, value in settings.items() if value is not None]
        return "\n".join(lines) + "\n"

    change_settings(
        path, change, replaced=settings, advice=f"write each of {', '.join(settings)} on a line of its own"
    )


def write_settings_file(path: Path, settings: Mapping[str, str]) -> None:
    """Write a new settings file; never over an existing one. Raises StoreError."""
    lines = [
        "# Settings of one verifier; `ddcc verifier config` shows all of them and what is in effect.",
        *(setting_line(name, value) for name, value in settings.items()),
        "",
    ]
    write_file(path, "\n".join(lines).encode(), overwrite=False)


def _string(setting: str, value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT:
        raise ConfigurationError(f"{setting}: expected a text of 1 to {_MAX_TEXT} characters")
    return str(value)


def _path(setting: str, value: object) -> Path:
    return Path(_string(setting, value))


def _boolean(setting: str, value: object) -> bool:
    if isinstance(value, _Text) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ConfigurationError(f"{setting}: expected true or false")
    return value


def _whole(setting: str, value: object) -> int:
    if isinstance(value, _Text) and value.isascii() and value.isdecimal() and len(value) < 11:
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MAX_NUMBER:
        raise ConfigurationError(f"{setting}: expected a whole number of 0 to {_MAX_NUMBER}")
    return value


def _positive(setting: str, value: object) -> int:
    number = _whole(setting, value)
    if number == 0:
        raise ConfigurationError(f"{setting}: expected a number above 0")
    return number


def _token_rule(setting: str, value: object) -> str:
    if value not in TOKEN_RULES:
        raise ConfigurationError(f"{setting}: expected one of {', '.join(TOKEN_RULES)}")
    return str(value)


def _situation(setting: str, value: object) -> str:
    if value not in SITUATIONS:
        raise ConfigurationError(f"{setting}: expected one of {', '.join(SITUATIONS)}")
    return str(value)


SETTINGS: Mapping[str, Callable[[str, object], object]] = MappingProxyType(
    {
        "name": _string,
        "purpose": _string,
        "url": _string,
        "domain": _string,
        "database_url": _string,
        "client_id": _string,
        "certificate_file": _path,
        "hsm_module": _string,
        "hsm_token": _string,
        "hsm_pin_file": _path,
        "trust_file": _path,
        "signers": _path,
        "revoked": _path,
        "require_holder": _boolean,
        "require_status": _boolean,
        "tokens_for": _token_rule,
        "accept_old_copies": _boolean,
        "rules": _string,
        "rules_country": _string,
        "rules_region": _string,
        "rules_max_age": _whole,
        "status_refresh": _whole,
        "status_max_age": _whole,
        "did_refresh": _whole,
        "did_max_age": _whole,
        "trust_max_age": _whole,
        "accept_test_lists": _boolean,
        "revoked_max_age": _whole,
        "challenge_seconds": _positive,
        "max_open_challenges": _positive,
        "exchange_seconds": _positive,
        "max_open_exchanges": _positive,
        "requests_per_second": _whole,
        "page_situation": _situation,
        "page_clear_seconds": _positive,
        "page_kiosk": _boolean,
        "page_accept_without_status": _boolean,
        "page_session_hours": _positive,
    }
)
