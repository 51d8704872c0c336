"""The demonstration: three people, three credentials, two doors, and nine presentations that are refused.

A ministry mints a vaccination, a test and a recovery record; a wallet each takes them in; a venue and a
border ask for what they need; somebody changes, copies, steals, waits too long. All with the commands that
anybody can type, on files that stay, so that a person can go on where the story ends. What no command does
is done in `ddcc.demo_forgeries`, and said.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from ddcc.demo_forgeries import (
    claims_in_common,
    handles_in_common,
    issuer_of,
    presented_by_thief,
    with_another_dose,
)
from ddcc.demo_stage import Expected, Stage
from runtime.atomic import write_file
from vclib.datetimes import format_datetime
from vclib.strict_json import JSONObject, dump_json, parse_json_object

PASSPHRASE = "demo-demo"  # noqa: S105  it is told to everybody
VENUE = "https://venue.example"
CLUB = "https://club.example"
BORDER = "https://border.example"

VACCINATION, TEST, RECOVERY = "vaccination-covid-19", "test-pcr-negative", "recovery-covid-19"

_FOLDERS = ("records", "wallets", "credentials", "presented", "venue", "border")
_ACCEPTED = Expected(0, ("ACCEPTED",))


@dataclass(frozen=True)
class Person:
    """Somebody with a wallet file and the DID of its key."""

    name: str
    wallet: Path
    did: str


@dataclass(frozen=True)
class Answer:
    """A presentation in a file, and the challenge it answers."""

    path: Path
    challenge: str


class Demo:
    """The story, on the files of one folder."""

    def __init__(self, folder: Path, stage: Stage, *, now: datetime) -> None:
        self._folder = folder
        self._stage = stage
        self._now = now
        self._passphrase = ("--passphrase-file", folder / "passphrase")
        self._issuer = ("--home", folder / "issuer", *self._passphrase)
        self._lists = ("--status", folder / "issuer" / "status", "--offline")
        self._trusting = ("--trust", folder / "venue" / "trust.json", *self._lists)

    def play(self) -> None:
        """Play all of it; the stage knows whether everything came out as told."""
        self._prepare()
        self._found_ministry()
        self._stage.title("Three people make a wallet each")
        mira, anran, lucia = (self._make_wallet(name) for name in ("mira", "anran", "lucia"))
        self._stage.title("Health records become credentials")
        record_id = self._mint(VACCINATION, "A vaccination, bound to Mira's key.", "--holder", mira.did)
        self._mint(
            TEST, "A test result for Anran, valid for three days.", "--holder", anran.did, "--valid-days", 3
        )
        self._mint(
            RECOVERY, "A recovery for Lucia; with bbs-2023 nothing links its uses.", "--suite", "bbs-2023"
        )
        self._stage.title("The wallets check what they are given, and keep it")
        held = self._add(mira, self._folder / "credentials" / f"{VACCINATION}.vc.json")
        self._add(anran, self._folder / "credentials" / f"{TEST}.vc.json")
        self._add(lucia, self._folder / "credentials" / f"{RECOVERY}.vc.json")
        at_venue = self._visit_venue(mira)
        self._cross_border(mira)
        tested = self._show_test(anran)
        self._stay_unknown(lucia)
        self._cheat(mira, held, at_venue)
        self._meet_impostor(mira)
        self._wait_too_long(tested)
        self._revoke(mira, held, record_id)

    def _prepare(self) -> None:
        for name in _FOLDERS:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        write_file(self._folder / "passphrase", f"{PASSPHRASE}\n".encode())
        for name in (VACCINATION, TEST, RECOVERY):
            record = files("ddcc").joinpath("demo_records", f"{name}.json").read_bytes()
            write_file(self._folder / "records" / f"{name}.json", record)

    def _found_ministry(self) -> None:
        self._stage.title("A ministry of health becomes an issuer")
        self._stage.run(
            "It makes its keys, sealed under a passphrase.",
            *("issuer", "init", "--name", "Ministry of Health"),
            *("--status-url", "https://health.example/status", *self._issuer),
            shows=_first(4),
        )
        entry = self._stage.run(
            "It says who it is; each verifier decides for itself whom to trust.",
            *("issuer", "trust-entry", "--home", self._folder / "issuer"),
            suffix=f" > {self._folder / 'venue' / 'trust.json'}",
        )
        for place in ("venue", "border"):
            write_file(self._folder / place / "trust.json", entry.output.encode())

    def _make_wallet(self, name: str) -> Person:
        wallet = self._folder / "wallets" / f"{name}.ddcc"
        step = self._stage.run(
            f"{name.capitalize()}'s wallet has a key; its DID is for the issuer.",
            *("wallet", "init", "--name", name, "--wallet", wallet, *self._passphrase, "--json"),
            shows=_member_of("key", "did"),
        )
        return Person(name, wallet, _member_of("key", "did")(step.output)[0])

    def _mint(self, name: str, told: str, *options: object) -> str:
        record, out = self._folder / "records" / f"{name}.json", self._folder / "credentials"
        step = self._stage.run(
            told, "issuer", "mint", record, *options, "--out", out, *self._issuer, shows=_first(4)
        )
        # minted  RECORD-ID  kind ...
        return step.output.split()[1]

    def _add(self, person: Person, credential: Path) -> str:
        step = self._stage.run(
            f"{person.name.capitalize()} adds it.",
            *("wallet", "add", credential, *self._wallet(person)),
            shows=_first(1),
        )
        # added  CREDENTIAL-ID  title ...
        return step.output.split()[1]

    def _visit_venue(self, mira: Person) -> Answer:
        self._stage.title("A venue asks, and sees what a venue needs")
        challenge = self._saved_challenge("venue", VENUE)
        picture = self._folder / "presented" / "mira-venue.png"
        self._stage.run(
            "Mira sees what would leave, and presents it to this venue as a QR code.",
            *("wallet", "present", "--for", "venue", "--challenge", challenge, "--domain", VENUE),
            *("--qr", picture, "--yes", *self._wallet(mira)),
            expect=Expected(0, ("stays in the wallet", "Lot number")),
            shows_messages=_everything,
        )
        self._stage.run(
            "The venue scans it.",
            *("verifier", "check", picture, "--challenge", challenge, *self._door("venue")),
            expect=_ACCEPTED,
            shows=_everything,
        )
        return Answer(picture, challenge)

    def _cross_border(self, mira: Person) -> None:
        self._stage.title("A border asks, and sees more of the same credential")
        challenge = self._saved_challenge("border", BORDER)
        answer = self._present(
            mira, "mira-border.json", "--for", "border", challenge=challenge, domain=BORDER
        )
        self._stage.run(
            "Vaccine, brand, holder and country are there as well.",
            *("verifier", "check", answer.path, "--challenge", challenge, *self._door("border")),
            expect=Expected(0, ("ACCEPTED", "Comirnaty", "Switzerland")),
            shows=_everything,
        )

    def _show_test(self, anran: Person) -> Answer:
        self._stage.title("A test result at the venue")
        challenge = self._saved_challenge("venue", VENUE)
        answer = self._present(anran, "anran-venue.json", "--for", "test", challenge=challenge, domain=VENUE)
        self._stage.run(
            "The result, the kind of test, and when the sample was taken.",
            *("verifier", "check", answer.path, "--challenge", challenge, *self._door("venue")),
            expect=Expected(0, ("ACCEPTED", "Not detected")),
            shows=_everything,
        )
        return answer

    def _stay_unknown(self, lucia: Person) -> None:
        self._stage.title("Two presentations that nobody can link")
        seen = []
        for domain in (VENUE, CLUB):
            choice = ("--disclose", "/credentialSubject/recovery/disease", "--unlinkable")
            name = f"lucia-{domain.removeprefix('https://')}.json"
            answer = self._present(lucia, name, *choice, challenge=self._challenge(), domain=domain)
            expected = Expected(0, ("ACCEPTED", "not-bound", "COVID-19"))
            self._check(f"{domain} learns that she had it, not who she is.", answer, domain, expected)
            seen.append(parse_json_object(answer.path.read_bytes()))
        first, second = seen
        self._stage.say("\nIf both compare their files, this is all they have in common:")
        for claim in claims_in_common(first, second):
            self._stage.say(f"    {claim.label}: {claim.display}")
        handles = handles_in_common(first, second, known=issuer_of(first))
        self._stage.expect("no signature, key or id is in both", holds=not handles)

    def _cheat(self, mira: Person, held: str, at_venue: Answer) -> None:
        self._stage.title("What is refused, and why")
        challenge = self._challenge()
        answer = self._present(mira, "mira.json", held, "--for", "venue", challenge=challenge, domain=VENUE)
        self._check("So far it is genuine.", answer, VENUE, _ACCEPTED)
        genuine = parse_json_object(answer.path.read_bytes())
        changed = self._write("mira-changed.json", with_another_dose(genuine), challenge)
        self._check("Somebody writes another dose number into the file.", changed, VENUE, _refused("forged"))
        other = Answer(answer.path, self._challenge())
        self._check("It is used for another challenge.", other, VENUE, _refused("wrong-challenge"))
        self._check("It is replayed at another place.", answer, CLUB, _refused("wrong-domain"))
        self._stage.run(
            "The QR code of before is shown to the venue a second time.",
            *("verifier", "check", at_venue.path, "--challenge", at_venue.challenge, *self._door("venue")),
            expect=_refused("wrong-challenge"),
            shows=_reasons,
        )
        stolen = presented_by_thief(genuine, challenge=challenge, domain=VENUE, now=self._now)
        thief = self._write("stolen.json", stolen, challenge)
        self._check(
            "A thief signs a presentation of Mira's credential.", thief, VENUE, _refused("wrong-holder")
        )
        self._stage.run(
            "Mira's own copy is handed over, from which everything could be disclosed.",
            *("verifier", "check", self._folder / "credentials" / f"{VACCINATION}.vc.json", *self._trusting),
            expect=_refused("base-proof"),
            shows=_reasons,
        )

    def _meet_impostor(self, mira: Person) -> None:
        home = self._folder / "impostor"
        own = ("--home", home, *self._passphrase)
        self._stage.run(
            "Somebody else makes an issuer of the same name,",
            *("issuer", "init", "--name", "Ministry of Health", *own),
        )
        record = self._folder / "records" / f"{VACCINATION}.json"
        self._stage.run(
            "and mints what nobody vaccinated.",
            "issuer",
            "mint",
            record,
            "--holder",
            mira.did,
            "--out",
            home,
            *own,
        )
        held = self._add(mira, home / f"{VACCINATION}.vc.json")
        choice = (held, "--for", "venue")
        answer = self._present(mira, "impostor.json", *choice, challenge=self._challenge(), domain=VENUE)
        self._check("The verifier goes by keys, not by names.", answer, VENUE, _refused("issuer-unknown"))

    def _wait_too_long(self, tested: Answer) -> None:
        later = format_datetime(self._now + timedelta(days=4))
        told = "Anran's test result, four days later."
        self._check(told, tested, VENUE, _refused("expired"), "--at", later)

    def _revoke(self, mira: Person, held: str, record_id: str) -> None:
        self._stage.run(
            "The ministry revokes Mira's vaccination: the batch was spoilt.",
            *("issuer", "revoke", record_id, "--reason", "spoilt batch", *self._issuer),
            shows=_first(2),
        )
        choice = (held, "--for", "venue")
        answer = self._present(mira, "mira-late.json", *choice, challenge=self._challenge(), domain=VENUE)
        self._check("She presents it once more.", answer, VENUE, _refused("revoked"))

    def _saved_challenge(self, place: str, domain: str) -> str:
        return self._stage.run(
            "A fresh challenge, remembered so that it is answered once.",
            *("verifier", "challenge", "--save", "--domain", domain, "--home", self._folder / place),
            shows=_everything,
        ).output.strip()

    def _challenge(self) -> str:
        return self._stage.run("A fresh challenge.", "verifier", "challenge", shown=False).output.strip()

    def _present(self, person: Person, name: str, *choice: object, challenge: str, domain: str) -> Answer:
        path = self._folder / "presented" / name
        self._stage.run(
            f"{person.name.capitalize()} presents.",
            *("wallet", "present", *choice, "--challenge", challenge, "--domain", domain),
            *("--out", path, "--yes", *self._wallet(person)),
        )
        return Answer(path, challenge)

    def _check(self, told: str, answer: Answer, domain: str, expect: Expected, *options: object) -> None:
        self._stage.run(
            told,
            *("verifier", "check", answer.path, "--challenge", answer.challenge, "--domain", domain),
            *(*options, *self._trusting),
            expect=expect,
            shows=_reasons,
        )

    def _write(self, name: str, document: JSONObject, challenge: str) -> Answer:
        path = self._folder / "presented" / name
        write_file(path, dump_json(document, indent=2).encode())
        return Answer(path, challenge)

    def _wallet(self, person: Person) -> tuple[object, ...]:
        return ("--wallet", person.wallet, *self._passphrase)

    def _door(self, place: str) -> tuple[object, ...]:
        return ("--home", self._folder / place, *self._lists)


def _refused(code: str) -> Expected:
    return Expected(1, ("REFUSED", f"[{code}]"))


def _everything(output: str) -> Sequence[str]:
    return output.splitlines()


def _first(count: int) -> Callable[[str], Sequence[str]]:
    return lambda output: output.splitlines()[:count]


def _reasons(output: str) -> Sequence[str]:
    """Return the verdict and its reasons, without the claims that follow after an empty line."""
    return output.split("\n\n", maxsplit=1)[0].splitlines()


def _member_of(*path: str) -> Callable[[str], Sequence[str]]:
    def pick(output: str) -> Sequence[str]:
        value: object = parse_json_object(output)
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return (str(value),)

    return pick
