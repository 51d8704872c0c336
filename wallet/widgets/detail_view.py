"""Everything about one credential, to read: what it says, why its badge is what it is, where it was shown.

Codes and the JSON itself are there on demand. All text is printed as it is, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from wallet.desk import Badge, Card, ClaimLine, Detail, HistoryLine, Words
from wallet.widgets.lines import LinesView, wrap, wrap_pair
from wallet.widgets.themes import SIGNS, Palette

_MAX_SHOWN_BEFORE = 20
# A value never stands so far from its name that the eye loses the line.
_LABEL_COLUMNS = 32


class DetailView(LinesView):
    """Shows a `Detail`; `codes` and `raw` are turned by the screen around it."""

    def __init__(self, words: Words, *, name: str, card: Card | None = None) -> None:
        super().__init__(name=name)
        self._words = words
        # What is known of the credential already, while the rest is being read.
        self._card = card
        self._detail: Detail | None = None
        self.codes = False
        self.raw = False

    @property
    def detail(self) -> Detail | None:
        """What is shown."""
        return self._detail

    def show(self, detail: Detail | None, words: Words) -> None:
        """Show another credential, or none."""
        before, self._card = self._card, None if detail is None else detail.card
        if before is None or self._card is None or self._card.id != before.id:
            self.scroll_home(animate=False)
        if (detail, words) == (self._detail, self._words):
            return
        self._words, self._detail = words, detail
        self.redraw()

    def turn(self, *, codes: bool = False, raw: bool = False) -> None:
        """Show or hide the codes, or the JSON."""
        self.codes ^= codes
        self.raw ^= raw
        self.redraw()

    def lay_out(self, width: int) -> Iterator[Text]:
        """Return what is known, line by line."""
        if self._card is None:
            return
        # Nothing touches the scroll bar.
        width -= 1
        for part in self._parts(self._card):
            if isinstance(part, Text):
                yield from wrap(self.app.console, part, width)
            else:
                left = max(1, min(_LABEL_COLUMNS, (width - 2) * 3 // 7))
                yield from wrap_pair(self.app.console, *part, (left, width - 2 - left))

    def _parts(self, card: Card) -> Iterator[Text | tuple[Text, Text]]:
        """Return paragraphs, and pairs of a name and a value."""
        palette, words, detail = Palette.of(self.app), self._words, self._detail
        if detail is not None and self.raw:
            yield Text(detail.raw, palette.text)
            return
        yield Text(card.title, palette.strong)
        yield Text(card.person, palette.text)
        yield Text()
        yield Text(f"{SIGNS[card.badge.tone]} {words(card.badge)}", palette.tone(card.badge.tone))
        status, *others = card.reasons
        if card.badge is Badge.NOT_CHECKED:
            status += " " + words("Press u to ask now.")
        yield from (Text(reason, palette.muted) for reason in (status, *others))
        if detail is None:
            return
        for heading, claims in _groups(detail.claims, words):
            yield from (Text(), Text(heading, palette.heading))
            yield from (self._claim(claim, palette) for claim in claims)
        yield from (Text(), Text(words("Proofs"), palette.heading))
        yield from (Text(proof, palette.text) for proof in detail.proofs)
        yield Text(self._binding(card), palette.muted)
        yield from (Text(), Text(words("Where it was shown"), palette.heading))
        if not detail.shown_before:
            yield Text(words("Nowhere yet."), palette.muted)
        yield from (self._shown(entry, palette) for entry in detail.shown_before[:_MAX_SHOWN_BEFORE])

    def _claim(self, claim: ClaimLine, palette: Palette) -> tuple[Text, Text]:
        value = Text.assemble((claim.value, palette.text))
        if self.codes:
            value.append(f"\n{claim.code or claim.pointer}", palette.muted)
        return Text(claim.label, palette.muted), value

    def _binding(self, card: Card) -> str:
        words = self._words
        if card.key is None:
            said = words("Bound to no key of this wallet.")
        else:
            said = words("Bound to the key of {name}: only this wallet can present it.", name=card.key)
        if card.single_use:
            said += " " + words("It is for one use.")
        if card.copied:
            said += " " + words("It came out of a backup, so another wallet may hold it too.")
        return said

    def _shown(self, entry: HistoryLine, palette: Palette) -> Text:
        return Text.assemble(
            (f"{self._words.moment(entry.at)}  ", palette.muted),
            (entry.who or self._words("nobody in particular"), palette.text),
            (f"  {SIGNS[entry.tone]} {entry.outcome}", palette.tone(entry.tone)),
        )


def _groups(claims: tuple[ClaimLine, ...], words: Words) -> list[tuple[str, list[ClaimLine]]]:
    """Return the claims by what they are about: the person, what was done, the credential itself."""
    groups: dict[str, list[ClaimLine]] = {words("Person"): [], words("Health"): [], words("Credential"): []}
    person, health, credential = groups.values()
    for claim in claims:
        if claim.pointer.startswith("/credentialSubject/"):
            nested = claim.pointer.count("/") > 2 and "personIdentifier" not in claim.pointer
            (health if nested else person).append(claim)
        else:
            credential.append(claim)
    return [(heading, found) for heading, found in groups.items() if found]
