"""Text of strangers made harmless for a terminal, a log line or a list on a screen.

A credential's strings are written by its issuer (threat J6). An escape sequence could repaint the consent
question, a right-to-left override could turn "not" around, a zero-width character could make two names look
alike. So whatever has no glyph of its own is shown as its code point, `<U+202E>`, and nothing is dropped:
what was sent stays visible. Not here: markup of a web page or of a screen library, which are escaped where
they are produced.
"""

from __future__ import annotations

import re
import unicodedata

# Control, format (bidi, zero-width, tags), surrogate, private use, unassigned, line and paragraph separator.
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and symbols that are drawn as nothing: Hangul fillers, Khmer inherent vowels, the Braille blank.
_INVISIBLE = frozenset("\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")

# No script stacks more marks on one letter; more of them would paint over the lines above and below.
_MAX_MARKS = 4
_JSON_UNSAFE = re.compile("[^\x20-\x7e\\n]")


def inert_text(text: str, *, limit: int = 2000) -> str:
    """Return `text` on one line with every invisible or controlling character written as `<U+XXXX>`.

    Longer texts are cut at `limit` characters, and say so.
    """
    if text.isascii() and text.isprintable() and len(text) <= limit:
        # Nearly every text: letters, digits and signs that are all drawn.
        return text
    shown: list[str] = []
    marks = 0
    for character in text[:limit]:
        marks = marks + 1 if unicodedata.category(character) == "Mn" else 0
        shown.append(f"<U+{ord(character):04X}>" if _is_unsafe(character, marks) else character)
    if len(text) > limit:
        shown.append(f"... ({len(text) - limit} more characters)")
    return "".join(shown)


def inert_json(text: str) -> str:
    """Return a JSON text with the same value whose strings can control no terminal: `\\u202e` for U+202E."""
    return _JSON_UNSAFE.sub(_escape_in_json, text)


def _is_unsafe(character: str, marks: int) -> bool:
    return (
        unicodedata.category(character) in _UNSAFE_CATEGORIES
        or character in _INVISIBLE
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
        or marks > _MAX_MARKS
    )


def _escape_in_json(match: re.Match[str]) -> str:
    character = match.group()
    if not _is_unsafe(character, 0):
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
