"""What happened, in words: an entry of the history for a person to read.

Every text of a stranger is inert (threat J6). Not here: what is remembered (`wallet.shelf`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from health import label
from runtime.inert import inert_json
from vclib.strict_json import JSONObject, JSONValue, dump_json
from wallet.cards import HistoryLine
from wallet.holdings import HistoryEntry
from wallet.reading import language_of, readable, shown
from wallet.words import Words

# What was done -> our word for it.
ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "present": "Presented",
        "send": "Sent",
        "receive": "Received",
        "add": "Added",
        "remove": "Deleted",
        "export": "Exported",
        "backup": "Backed up",
        "restore": "Restored",
        "new-key": "New key",
        "passphrase": "Changed the passphrase",
        "phrase": "Recovery phrase",
        "forget": "Deleted the history",
    }
)
# How it ended -> our word and how much it matters.
OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "done": ("done", "good"),
        "removed": ("taken away", "note"),
        "declined": ("you said no", "note"),
        "refused": ("refused", "warn"),
        "failed": ("failed", "bad"),
    }
)


def history_line(entry: HistoryEntry, words: Words, names: Mapping[str, str]) -> HistoryLine:
    """Return an entry in words; `names` are what issuers call themselves, by their ids."""
    members = entry.members
    outcome, tone = OUTCOMES.get(entry.outcome, (entry.outcome, "note"))
    who = next(
        (
            str(members[name])
            for name in ("verifier", "domain", "issuer_url", "issuer", "file")
            if members.get(name)
        ),
        "",
    )
    error = str(members.get("error", ""))
    return HistoryLine(
        at=entry.at,
        action=words(ACTIONS.get(entry.action, entry.action)),
        outcome=words(outcome),
        tone=tone,
        who=shown(names.get(who, who)),
        error=shown(error),
        values=tuple(_values(members, words)),
    )


def _values(members: JSONObject, words: Words) -> list[tuple[str, str]]:
    disclosed = members.get("disclosed")
    found = []
    for part in disclosed if isinstance(disclosed, list) else []:
        values = part.get("values") if isinstance(part, dict) else None
        for value in values if isinstance(values, list) else []:
            if isinstance(value, dict):
                name = label(str(value.get("pointer")), language_of(words))
                found.append((shown(name), readable(str(value.get("value")), words)))
    return found


def exported_history(entries: Sequence[HistoryEntry]) -> bytes:
    """Return entries as indented JSON (UTF-8), oldest first; no text in it controls a terminal."""
    listed: list[JSONValue] = [entry.to_json() for entry in entries]
    return (inert_json(dump_json({"history": listed}, indent=2)) + "\n").encode()
