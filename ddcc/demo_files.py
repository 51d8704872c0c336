"""The part of the demonstration without a network: files and QR codes, and what is refused of them.

Here the verifier only looks up the issuer's DID and status lists. Not here: offers and requests that go over
the network (`ddcc.demo_wire`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from ddcc.demo_forgeries import (
    claims_in_common,
    handles_in_common,
    issuer_of,
    presented_by_thief,
    with_another_dose,
)
from ddcc.demo_scenery import (
    ACCEPTED,
    BOOSTER,
    Person,
    Place,
    Scenery,
    everything,
    first,
    reasons,
    refused,
)
from ddcc.demo_stage import Expected
from runtime.atomic import write_file
from vclib.datetimes import format_datetime
from vclib.strict_json import JSONObject, dump_json, parse_json_object

_CLUB = "https://club.example"


@dataclass(frozen=True)
class Answer:
    """A presentation in a file, and the challenge it answers."""

    path: Path
    challenge: str


class ByFile:
    """What goes from hand to hand."""

    def __init__(self, scenery: Scenery) -> None:
        self._scenery = scenery
        self._stage = scenery.stage
        self._folder = scenery.folder
        self._venue = scenery.venue.url
        self._trusting = ("--trust", scenery.venue.home / "trust.json", "--allow-loopback")

    def play(self, mira: Person, anran: Person, lucia: Person) -> None:
        """Play this part."""
        self._stage.title("From hand to hand: a file, and a QR code that holds all of it")
        held = self._fetch_booster(mira)
        at_border = self._scan_at_border(mira, held)
        self._stay_unknown(lucia)
        self._cheat(mira, held, at_border)
        self._meet_impostor(mira)
        self._wait_too_long(anran)

    def _fetch_booster(self, mira: Person) -> str:
        self._stage.run(
            "The clinic has no network: Mira's third dose becomes a file, bound to the DID of her key.",
            *("issuer", "mint", self._scenery.record(BOOSTER), "--holder", mira.did),
            *("--out", self._folder / "credentials", *self._scenery.issuer_home, *self._scenery.passphrase),
            shows=first(1),
        )
        return self._add(mira, self._folder / "credentials" / f"{BOOSTER}.vc.json")

    def _add(self, person: Person, credential: Path) -> str:
        step = self._stage.run(
            f"{person.called}'s wallet checks it, and keeps it.",
            *("wallet", "add", credential, "--allow-loopback", *self._scenery.wallet(person)),
            shows=first(1),
        )
        # added  CREDENTIAL-ID  title ...
        return step.output.split()[1]

    def _scan_at_border(self, mira: Person, held: str) -> Answer:
        border = self._scenery.border
        challenge = self._stage.run(
            "The border sends a fresh challenge, remembered so that it is answered once.",
            *("verifier", "challenge", "--save", "--domain", border.url, "--home", border.home),
            shows=everything,
        ).output.strip()
        picture = self._folder / "presented" / "mira-border.png"
        self._stage.run(
            "Mira's answer is a QR code that she shows.",
            *("wallet", "present", held, "--for", "border", "--challenge", challenge),
            *("--domain", border.url, "--qr", picture, "--yes", *self._scenery.wallet(mira)),
        )
        self._scan(
            "The border scans it.", Answer(picture, challenge), border, Expected(0, ("ACCEPTED", "Comirnaty"))
        )
        return Answer(picture, challenge)

    def _scan(self, told: str, answer: Answer, place: Place, expect: Expected) -> None:
        self._stage.run(
            told,
            *("verifier", "check", answer.path, "--challenge", answer.challenge),
            *("--home", place.home, "--allow-loopback"),
            expect=expect,
            refuses=expect.code != 0,
            shows=everything if expect.code == 0 else reasons,
        )

    def _stay_unknown(self, lucia: Person) -> None:
        self._stage.title("Two presentations that nobody can link")
        seen = []
        for domain, place in ((self._venue, "venue"), (_CLUB, "club")):
            choice = ("--disclose", "/credentialSubject/recovery/disease", "--unlinkable")
            answer = self._present(
                lucia, f"lucia-{place}.json", *choice, challenge=self._challenge(), domain=domain
            )
            expected = Expected(0, ("ACCEPTED", "not-bound", "COVID-19"))
            self._check(f"The {place} learns that she had it, not who she is.", answer, domain, expected)
            seen.append(parse_json_object(answer.path.read_bytes()))
        once, again = seen
        self._stage.say("\nIf both compare their files, this is all they have in common:")
        for claim in claims_in_common(once, again):
            self._stage.say(f"    {claim.label}: {claim.display}")
        handles = handles_in_common(once, again, known=issuer_of(once))
        self._stage.expect("no signature, key or id is in both", holds=not handles)

    def _cheat(self, mira: Person, held: str, at_border: Answer) -> None:
        venue = self._venue
        self._stage.title("What is refused of files, and why")
        challenge = self._challenge()
        answer = self._present(mira, "mira.json", held, "--for", "venue", challenge=challenge, domain=venue)
        self._check("So far it is genuine.", answer, venue, ACCEPTED)
        genuine = parse_json_object(answer.path.read_bytes())
        changed = self._write("mira-changed.json", with_another_dose(genuine), challenge)
        self._check("Somebody writes another dose number into the file.", changed, venue, refused("forged"))
        other = Answer(answer.path, self._challenge())
        self._check("It is used for another challenge.", other, venue, refused("wrong-challenge"))
        self._check("It is replayed at another place.", answer, _CLUB, refused("wrong-domain"))
        self._scan(
            "The QR code of before is shown to the border a second time.",
            at_border,
            self._scenery.border,
            refused("wrong-challenge"),
        )
        stolen = presented_by_thief(genuine, challenge=challenge, domain=venue, now=self._scenery.now)
        thief = self._write("stolen.json", stolen, challenge)
        self._check(
            "A thief signs a presentation of Mira's credential.", thief, venue, refused("wrong-holder")
        )
        self._stage.run(
            "Mira's own copy is handed over, from which everything could be disclosed.",
            *("verifier", "check", self._folder / "credentials" / f"{BOOSTER}.vc.json", *self._trusting),
            expect=refused("base-proof"),
            refuses=True,
            shows=reasons,
        )

    def _meet_impostor(self, mira: Person) -> None:
        home = self._folder / "impostor"
        own = ("--home", home, *self._scenery.passphrase)
        self._stage.run(
            "Somebody else makes an issuer of the same name,",
            *("issuer", "init", "--name", "Ministry of Health", *own),
        )
        self._stage.run(
            "and mints what nobody vaccinated.",
            *("issuer", "mint", self._scenery.record(BOOSTER), "--holder", mira.did, "--out", home, *own),
        )
        held = self._add(mira, home / f"{BOOSTER}.vc.json")
        choice = (held, "--for", "venue")
        answer = self._present(
            mira, "impostor.json", *choice, challenge=self._challenge(), domain=self._venue
        )
        told = "The verifier goes by DIDs and keys, not by names."
        self._check(told, answer, self._venue, refused("issuer-unknown"))
        self._stage.run(
            "Mira throws it away.", "wallet", "remove", held, "--yes", *self._scenery.wallet(mira)
        )

    def _wait_too_long(self, anran: Person) -> None:
        answer = self._present(
            anran, "anran-venue.json", "--for", "test", challenge=self._challenge(), domain=self._venue
        )
        later = format_datetime(self._scenery.now + timedelta(days=4))
        told = "Anran's test result, four days later."
        self._check(told, answer, self._venue, refused("expired"), "--at", later)

    def _challenge(self) -> str:
        return self._stage.run("A fresh challenge.", "verifier", "challenge", shown=False).output.strip()

    def _present(self, person: Person, name: str, *choice: object, challenge: str, domain: str) -> Answer:
        path = self._folder / "presented" / name
        self._stage.run(
            f"{person.called} presents.",
            *("wallet", "present", *choice, "--challenge", challenge, "--domain", domain),
            *("--out", path, "--yes", *self._scenery.wallet(person)),
        )
        return Answer(path, challenge)

    def _check(self, told: str, answer: Answer, domain: str, expect: Expected, *options: object) -> None:
        self._stage.run(
            told,
            *("verifier", "check", answer.path, "--challenge", answer.challenge, "--domain", domain),
            *(*options, *self._trusting),
            expect=expect,
            refuses=expect.code != 0,
            shows=reasons,
        )

    def _write(self, name: str, document: JSONObject, challenge: str) -> Answer:
        path = self._folder / "presented" / name
        write_file(path, dump_json(document, indent=2).encode())
        return Answer(path, challenge)
