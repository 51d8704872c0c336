"""Everything about one credential, to read: what it says, why its badge is what it is, where it was shown.

Codes and the JSON itself are there on demand. All text is printed as it is, never as markup.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.containers import VerticalScroll
from textual.widgets import Static

from wallet.desk import Card, ClaimLine, Detail, Words
from wallet.widgets.themes import SIGNS, Palette

_MAX_SHOWN_BEFORE = 20


class DetailView(VerticalScroll):
    """Shows a `Detail`; `codes` and `raw` are turned by the screen around it."""

    def __init__(self, words: Words, *, name: str) -> None:
        super().__init__(id=name)
        self._words = words
        self._detail: Detail | None = None
        self.codes = False
        self.raw = False

    @property
    def detail(self) -> Detail | None:
        """What is shown."""
        return self._detail

    def compose(self) -> Iterator[Static]:
        """Make the one text."""
        yield Static("", id="detail-text", markup=False)

    def show(self, detail: Detail | None, words: Words) -> None:
        """Show another credential, or none."""
        self._words = words
        if detail is None or self._detail is None or detail.card.id != self._detail.card.id:
            self.scroll_home(animate=False)
        self._detail = detail
        self.redraw()

    def announce(self, card: Card, words: Words) -> None:
        """Show what is known already, while the rest is being read."""
        self._words = words
        self.query_one("#detail-text", Static).update(Group(*self._top(card)))

    def turn(self, *, codes: bool = False, raw: bool = False) -> None:
        """Show or hide the codes, or the JSON."""
        self.codes ^= codes
        self.raw ^= raw
        self.redraw()

    def redraw(self) -> None:
        """Draw it again, in the theme that is set now."""
        shown: RenderableType = "" if self._detail is None else self._render_detail(self._detail)
        self.query_one("#detail-text", Static).update(shown)

    def _render_detail(self, detail: Detail) -> RenderableType:
        palette, words = Palette(self.app), self._words
        if self.raw:
            return Text(detail.raw, palette.text)
        parts = self._top(detail.card)
        for heading, claims in _groups(detail.claims, words):
            parts += [self._heading(heading), self._claims(claims)]
        parts += [self._heading(words("Proofs")), *(Text(proof, palette.text) for proof in detail.proofs)]
        parts.append(Text(self._binding(detail), palette.muted))
        parts.append(self._heading(words("Where it was shown")))
        parts += self._shown_before(detail)
        return Group(*parts)

    def _top(self, card: Card) -> list[RenderableType]:
        palette = Palette(self.app)
        badge = f"{SIGNS[card.badge.tone]} {self._words(card.badge)}"
        return [
            Text(card.title, palette.strong),
            Text(card.person, palette.text),
            Text(),
            Text(badge, palette.tone(card.badge.tone)),
            *(Text(reason, palette.muted) for reason in card.reasons),
        ]

    def _heading(self, text: str) -> RenderableType:
        return Padding(Text(text, Palette(self.app).heading), (1, 0, 0, 0))

    def _claims(self, claims: list[ClaimLine]) -> Table:
        palette = Palette(self.app)
        table = Table.grid(padding=(0, 2, 0, 0), expand=True)
        table.add_column(ratio=2, overflow="fold")
        table.add_column(ratio=3, overflow="fold")
        for claim in claims:
            value = Text.assemble((claim.value, palette.text))
            if self.codes:
                value.append(f"\n{claim.code or claim.pointer}", palette.muted)
            table.add_row(Text(claim.label, palette.muted), value)
        return table

    def _binding(self, detail: Detail) -> str:
        card, words = detail.card, self._words
        if card.key is None:
            said = words("Bound to no key of this wallet.")
        else:
            said = words("Bound to the key of {name}: only this wallet can present it.", name=card.key)
        if card.single_use:
            said += " " + words("It is for one use.")
        if card.copied:
            said += " " + words("It came out of a backup, so another wallet may hold it too.")
        return said

    def _shown_before(self, detail: Detail) -> list[RenderableType]:
        palette, words = Palette(self.app), self._words
        if not detail.shown_before:
            return [Text(words("Nowhere yet."), palette.muted)]
        lines: list[RenderableType] = []
        for entry in detail.shown_before[:_MAX_SHOWN_BEFORE]:
            who = entry.who or words("nobody in particular")
            line = Text.assemble(
                (f"{words.moment(entry.at)}  ", palette.muted), (who, palette.text), no_wrap=False
            )
            line.append(f"  {SIGNS[entry.tone]} {entry.outcome}", palette.tone(entry.tone))
            lines.append(line)
        return lines


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
