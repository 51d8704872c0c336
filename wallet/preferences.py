"""What the holder set for the wallet, and what was found when status was asked for: kept in the wallet file.

Both stand in the one row of settings, so that a restart and another machine find them. A setting that is not
known any more, or a value of another time, is passed over. Not here: what a setting does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from health import SITUATIONS
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import MalformedError, MalformedValueError
from vclib.strict_json import JSONObject, JSONValue
from wallet.words import LANGUAGES

THEMES = ("dark", "light")
IDLE_MINUTES = (1, 2, 5, 10, 30)


@dataclass(frozen=True)
class Preferences:
    """`language` None is the terminal's; `idle_minutes` until it locks; `situation` is shown by default."""

    theme: str = "dark"
    language: str | None = None
    idle_minutes: int = 5
    situation: str = "venue"

    @classmethod
    def from_json(cls, members: JSONValue) -> Preferences:
        """Return the preferences, the usual ones for whatever is missing or unknown."""
        preferences = cls()
        for name, value in members.items() if isinstance(members, dict) else ():
            try:
                preferences = preferences.with_value(name, value)
            except MalformedValueError:
                continue
        return preferences

    def with_value(self, name: str, value: Any) -> Preferences:  # Any: whatever stood in the file
        """Return the preferences with one changed; MalformedValueError for a value that is none."""
        choices: Mapping[str, tuple[object, ...]] = {
            "theme": THEMES,
            "language": (None, *LANGUAGES),
            "idle_minutes": IDLE_MINUTES,
            "situation": SITUATIONS,
        }
        if value not in choices.get(name, ()):
            raise MalformedValueError(f"{value!r} is no value for the setting {name[:40]!r}")
        return replace(self, **{name: value})

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {
            "theme": self.theme,
            "language": self.language,
            "idle_minutes": self.idle_minutes,
            "situation": self.situation,
        }


@dataclass(frozen=True)
class StatusNote:
    """What the status lists said at a moment: "clear", "revoked", "suspended", or "unknown" and why."""

    state: str
    at: datetime
    reason: str = ""

    @classmethod
    def from_json(cls, members: JSONValue) -> StatusNote | None:
        """Return the note, None for what is none."""
        if not isinstance(members, dict):
            return None
        try:
            at = parse_datetime(members.get("at"))
        except MalformedError:
            return None
        return cls(str(members.get("state")), at, str(members.get("reason", "")))

    def to_json(self) -> JSONObject:
        """Return the JSON form."""
        return {"state": self.state, "at": format_datetime(self.at), "reason": self.reason}
