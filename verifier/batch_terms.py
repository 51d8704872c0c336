"""What the verdicts of a check of files depend on, kept with them, so that nobody goes on with another check.

The terms name every file by its digest, every option, and the settings in effect, which may be of the
environment. Whoever comes back with other ones is told which they are. Not here: the check (`batch_check`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from runtime.atomic import read_file, write_file
from vclib.datetimes import format_datetime, parse_datetime
from vclib.errors import ConfigurationError
from vclib.strict_json import JSONObject, JSONValue, dump_json, parse_json_object
from verifier.checking_room import CheckingRoom
from verifier.config import variable_of

MANIFEST = "check.json"

_MAX_MANIFEST = 10_000_000
# How many changes a refusal names; with another home all files are others.
_NAMED = 5
# By which option a term is given.
_OPTIONS = MappingProxyType(
    {
        "at": "--at",
        "rules": "--rules",
        "country": "--country",
        "requireHolder": "--require-holder",
        "requireStatus": "--require-status",
        "withoutBaseProofs": "--without-base-proofs",
        "offline": "--offline",
        "allowLoopback": "--allow-loopback",
    }
)


def terms_of(
    room: CheckingRoom, inputs: Mapping[str, str], at: str | None, *, without_base_proofs: bool
) -> JSONObject:
    """Return all that the verdicts depend on; `inputs` are the digests of the files by their paths."""
    return {
        "files": {**inputs, **room.digests()},
        "settings": room.settings(),
        "at": at,
        "rules": room.rules,
        "country": room.country,
        "requireHolder": room.require_holder,
        "requireStatus": room.require_status,
        "withoutBaseProofs": without_base_proofs,
        "offline": room.offline,
        "allowLoopback": room.allow_loopback,
    }


def begin_or_go_on(folder: Path, terms: JSONObject, now: datetime) -> datetime:
    """Return the moment that a folder's verdicts are as of; ConfigurationError if it is of another check."""
    path = folder / MANIFEST
    if path.exists():
        members = parse_json_object(read_file(path, max_bytes=_MAX_MANIFEST), max_bytes=_MAX_MANIFEST)
        changed = [*_changed(members.get("terms"), terms)]
        if changed:
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            raise ConfigurationError(
                "the files, options or settings are not those this folder's check was begun with: "
                f"{', '.join(changed[:_NAMED])}{more}; choose another --out"
            )
        return parse_datetime(members.get("now"))
    members = {"now": format_datetime(now), "terms": terms}
    write_file(path, (dump_json(members, indent=2) + "\n").encode(), overwrite=False)
    return parse_datetime(members["now"])


def _changed(begun: JSONValue, terms: JSONObject) -> Iterator[str]:
    """Yield what is not as it was: paths of files, names of options and of settings' variables."""
    before = begun if isinstance(begun, dict) else {}
    for term in dict.fromkeys((*before, *terms)):
        was, now = before.get(term), terms.get(term)
        if was == now:
            continue
        if not isinstance(was, dict) or not isinstance(now, dict):
            yield _OPTIONS.get(term, term)
            continue
        names = (name for name in dict.fromkeys((*was, *now)) if was.get(name) != now.get(name))
        yield from map(variable_of, names) if term == "settings" else names
