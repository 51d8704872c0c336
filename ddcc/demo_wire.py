"""The part of the demonstration between real servers: offers are fetched, requests are answered, or refused.

Not here: starting the servers (`ddcc.demo`), and what goes from hand to hand (`ddcc.demo_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ddcc.demo_forgeries import answer_twice, poster_of_nobody
from ddcc.demo_scenery import (
    PASSPHRASE,
    RECOVERY,
    TEST,
    VACCINATION,
    Person,
    Place,
    Scenery,
    everything,
    first,
    messages,
    refused,
)
from ddcc.demo_stage import Expected, Pick
from runtime.atomic import write_file

_LOOPBACK = "--allow-loopback"
_DONE = Expected()


class ByWire:
    """What happens over the network."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery
        self._stage = scenery.stage
        self._folder = scenery.folder

    def receive_credentials(self, mira: Person, anran: Person, lucia: Person) -> None:
        """Offer three records, and let the wallets fetch them."""
        self._stage.title("The ministry offers, the wallets fetch")
        self._offer(mira, VACCINATION, "A vaccination for Mira: a link as QR code, and a code by letter.")
        self._offer(anran, TEST, "A test result for Anran, valid for three days.", "--valid-days", 3)
        self._offer(
            lucia,
            RECOVERY,
            "A recovery for Lucia; nothing links its uses.",
            "--suite",
            "bbs-2023",
        )
        self._receive(
            "Somebody who photographed Mira's code guesses: the code in Anran's letter, perhaps?",
            anran,
            self._offer_of(mira),
            letter=anran,
            expect=Expected(1, ("[invalid_grant]",)),
            shows_messages=_errors,
        )
        for person in (mira, anran, lucia):
            self._receive(
                f"{person.called} scans, and types the code; the wallet checks what comes, and keeps it.",
                person,
                self._offer_of(person),
                letter=person,
                expect=Expected(0, ("received  ",)),
                shows_messages=_without_warnings if person is mira else lambda _messages: (),
            )
        self._receive(
            "The photograph, a second time, now with the right code.",
            anran,
            self._offer_of(mira),
            letter=mira,
            expect=Expected(3, ("redeemed before",)),
            shows_messages=_errors,
        )
        self._stage.run(
            "The ministry sees what became of its offers, without any name.",
            *("issuer", "offers", *self._scenery.issuer_home),
            expect=Expected(0, ("credential_accepted",)),
            shows=everything,
        )

    def answer_verifiers(self, mira: Person, anran: Person) -> None:
        """Let the venue and the border ask, and the wallets answer."""
        venue, border = self._scenery.venue, self._scenery.border
        self._stage.title("A venue asks, and sees what a venue needs")
        asked = self._ask(venue, "venue", "mira")
        self._answer(
            "Mira sees who asks, and what would leave; what else is in the credential stays.",
            mira,
            asked,
            expect=Expected(0, ("proven by its signature", "stays in the wallet", "Lot number")),
            shows_messages=messages,
            shows=everything,
        )
        self._result("The venue is told.", asked, Expected(0, ("ACCEPTED", "COVID-19")))
        self._stage.title("A border asks, and sees more of the same credential")
        asked = self._ask(border, "border", "mira")
        self._answer("Mira answers.", mira, asked)
        expected = Expected(0, ("ACCEPTED", "Comirnaty", "Switzerland"))
        self._result("Vaccine, brand, holder and country are there as well.", asked, expected)
        self._stage.title("A test result at the venue")
        asked = self._ask(venue, "test", "anran")
        self._answer("Anran answers.", anran, asked)
        told = "The result, the kind of test, and when the sample was taken."
        self._result(told, asked, Expected(0, ("ACCEPTED", "Not detected")))

    def be_refused(self, mira: Person, anran: Person) -> None:
        """Ask and answer as it should not be done; at the end the ministry revokes Mira's vaccination."""
        venue = self._scenery.venue
        self._stage.title("What is refused on the wire, and why")
        poster = self._folder / "asked" / "poster.png"
        write_file(poster, poster_of_nobody(f"{venue.url}/responses/of-nobody"))
        self._stage.run(
            "A poster says that it is the venue; its request has no signature, and the wallet stops.",
            *("wallet", "present", poster, _LOOPBACK, "--yes", *self._scenery.wallet(mira)),
            expect=Expected(2, ("NOT PROVEN", "--unverified")),
            refuses=True,
            shows_messages=_who_and_errors,
        )
        asked = self._ask(venue, "test", "anran-twice", shown=False)
        self._stage.act(
            "Somebody who can read everything between Anran and the venue sends his answer once more.",
            f"the same bytes, posted twice to {venue.url}/responses/...",
            lambda: answer_twice(asked.with_suffix(".png"), anran.wallet, PASSPHRASE),
            expect=Expected(0, ("200", "404", "answered before")),
            refuses=True,
        )
        self._result("The first one counted.", asked, Expected(0, ("ACCEPTED",)))
        listed = self._stage.run(
            "The ministry looks for Mira's vaccination,",
            *("issuer", "list", *self._scenery.issuer_home),
            shows=_vaccinations,
        )
        record_id = _vaccinations(listed.output)[0].split()[0]
        self._stage.run(
            "and revokes it: the batch was spoilt.",
            *("issuer", "revoke", record_id, "--reason", "spoilt batch"),
            *(*self._scenery.issuer_home, *self._scenery.passphrase),
            shows=first(2),
        )
        asked = self._ask(venue, "venue", "mira-late")
        self._answer("Mira answers the venue once more.", mira, asked)
        self._result("The venue has looked at the ministry's list.", asked, refused("revoked"), refuses=True)

    def _offer(self, person: Person, record: str, told: str, *options: object) -> None:
        self._stage.run(
            told,
            *("issuer", "offer", self._scenery.record(record), *options, "--qr", self._offer_of(person)),
            *("--tx-code-file", self._folder / "letters" / person.name, *self._scenery.issuer_home),
            shows=everything,
        )

    def _offer_of(self, person: Person) -> Path:
        return self._folder / "offers" / f"{person.name}.png"

    def _receive(
        self,
        told: str,
        person: Person,
        offer: Path,
        *,
        letter: Person,
        expect: Expected,
        shows_messages: Pick,
    ) -> None:
        self._stage.run(
            told,
            *("wallet", "receive", offer, "--tx-code-file", self._folder / "letters" / letter.name),
            *(_LOOPBACK, "--yes", *self._scenery.wallet(person)),
            expect=expect,
            refuses=expect.code != 0,
            shows=everything,
            shows_messages=shows_messages,
        )

    def _ask(self, place: Place, situation: str, name: str, *, shown: bool = True) -> Path:
        """Let a verifier ask; return the file that opens the result. The picture is beside it."""
        kept = self._folder / "asked" / f"{name}-{place.name}.json"
        self._stage.run(
            f"The {place.name} asks, with a QR code.",
            *("verifier", "request", "--for", situation, "--url", place.url, _LOOPBACK),
            *("--token-file", place.home / "token", "--qr", kept.with_suffix(".png"), "--keep", kept),
            shows=first(1),
            shown=shown,
        )
        return kept

    def _answer(
        self,
        told: str,
        person: Person,
        asked: Path,
        *,
        expect: Expected = _DONE,
        shows: Pick = everything,
        shows_messages: Pick = lambda _messages: (),
    ) -> None:
        picture = asked.with_suffix(".png")
        self._stage.run(
            told,
            *("wallet", "present", picture, _LOOPBACK, "--yes", *self._scenery.wallet(person)),
            expect=expect,
            shows=shows,
            shows_messages=shows_messages,
        )

    def _result(self, told: str, asked: Path, expect: Expected, *, refuses: bool = False) -> None:
        self._stage.run(
            told,
            *("verifier", "result", asked, _LOOPBACK),
            expect=expect,
            refuses=refuses,
            shows=everything,
        )


def _errors(text: str) -> Sequence[str]:
    return [line for line in messages(text) if line.startswith("error: ")]


def _without_warnings(text: str) -> Sequence[str]:
    return [line for line in messages(text) if not line.startswith("warning: ")]


def _who_and_errors(text: str) -> Sequence[str]:
    lines = messages(text)
    return [line for line in lines if line.startswith(("Asked by", "it calls itself", "WARNING", "error: "))]


def _vaccinations(listed: str) -> Sequence[str]:
    # What was minted within one second has no order that could be relied on.
    return [line for line in listed.splitlines() if " vaccination " in line]
