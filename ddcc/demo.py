"""The demonstration: a ministry and two verifiers that serve, three people with wallets, and much refused.

The ministry offers credentials, the wallets fetch them; a venue and a border ask for what they need, the
wallets answer; somebody guesses, photographs, repeats, changes, copies, steals, waits too long. All with the
commands that anybody can type, between real processes and on files that stay, so that a person can go on
where the story ends. What no command does is done in `ddcc.demo_forgeries`, and said.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ddcc.demo_files import ByFile
from ddcc.demo_paper import OnPaper
from ddcc.demo_scenery import (
    BOOSTER,
    PASSPHRASE,
    RECOVERY,
    TEST,
    VACCINATION,
    Person,
    Place,
    Scenery,
    everything,
    first,
    member_of,
)
from ddcc.demo_servers import Server, Servers
from ddcc.demo_stage import Expected, Step
from ddcc.demo_wire import ByWire
from runtime.atomic import write_file

_FOLDERS = ("records", "wallets", "offers", "letters", "asked", "credentials", "presented", "logs")
# A day, so that a person can come back to it.
_NEXT_OFFER_MINUTES = 24 * 60


class Demo:
    """The story, on the files of one folder."""

    def __init__(self, scenery: Scenery, servers: Servers) -> None:
        self._scenery = scenery
        self._stage = scenery.stage
        self._folder = scenery.folder
        self._servers = servers

    def play(self) -> None:
        """Play all of it; the stage knows whether everything came out as told. StoreError without servers."""
        self._prepare()
        started = [self._found_ministry(), *self._open_doors()]
        self._stage.title("Three people make a wallet each, while the servers start")
        mira, anran, lucia = (self._make_wallet(name) for name in ("mira", "anran", "lucia"))
        self._await(started)
        wire = ByWire(self._scenery)
        wire.receive_credentials(mira, anran, lucia)
        wire.answer_verifiers(mira, anran)
        wire.be_refused(mira, anran)
        ByFile(self._scenery).play(mira, anran, lucia)
        OnPaper(self._scenery).play()
        self._leave_an_offer()

    def _prepare(self) -> None:
        for name in _FOLDERS:
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        write_file(self._folder / "passphrase", f"{PASSPHRASE}\n".encode())
        for name in (VACCINATION, BOOSTER, TEST, RECOVERY):
            record = files("ddcc").joinpath("demo_records", f"{name}.json").read_bytes()
            write_file(self._scenery.record(name), record)

    def _found_ministry(self) -> Server:
        self._stage.title("A ministry of health becomes an issuer, and serves")
        self._stage.run(
            "It makes its keys, sealed under a passphrase, and takes the DID of its address.",
            *("issuer", "init", "--name", "Ministry of Health", "--url", self._scenery.issuer_url),
            *("--did-web", *self._scenery.issuer_home, *self._scenery.passphrase),
            shows=first(2),
        )
        return self._serve(
            "It serves offers, credentials, status lists and its DID document.",
            *("issuer", "serve", *self._scenery.issuer_home, "--port", self._scenery.ports[0]),
            log="issuer",
        )

    def _open_doors(self) -> list[Server]:
        self._stage.title("A venue and a border become verifiers")
        return [
            self._open_door(self._scenery.venue, "The Venue", "Entry to the concert", shown=True),
            self._open_door(self._scenery.border, "Border Control", "Entry to the country", shown=False),
        ]

    def _open_door(self, place: Place, name: str, purpose: str, *, shown: bool) -> Server:
        self._stage.run(
            f"The {place.name} says who it is, and what it asks for.",
            *("verifier", "init", "--name", name, "--url", place.url, "--purpose", purpose),
            *("--home", place.home),
            shown=shown,
        )
        self._stage.run(
            "It makes a key that signs its requests, so that wallets can tell who asks.",
            *("verifier", "key", "set", "--home", place.home, *self._scenery.passphrase),
            shows=everything,
            shown=shown,
        )
        self._write_output(
            "It decides for itself whom it trusts: the ministry.",
            *("issuer", "trust-entry", *self._scenery.issuer_home),
            file=place.home / "trust.json",
            shown=shown,
        )
        self._write_output(
            "Who stands at the door gets a token, to ask with.",
            *("verifier", "token", "create", "door", "--home", place.home),
            file=place.home / "token",
            shown=shown,
        )
        self._look_each_time(place, shown=shown)
        return self._serve(
            f"The {place.name} serves." if shown else "The border does the same.",
            *("verifier", "serve", "--home", place.home, "--port", place.port, "--allow-loopback"),
            log=place.name,
        )

    def _look_each_time(self, place: Place, *, shown: bool) -> None:
        settings = place.home / "verifier.toml"
        line = "status_refresh = 0"
        write_file(settings, settings.read_bytes() + f"{line}\n".encode())
        told = "It looks at the issuer's status lists each time; a copy may otherwise be five minutes old."
        self._stage.note(Step(told, f"echo '{line}' >> {settings}", 0, ""), shown=shown)

    def _write_output(self, told: str, *arguments: object, file: Path, shown: bool) -> None:
        step = self._stage.run(told, *arguments, suffix=f" > {file}", shown=shown)
        write_file(file, step.output.encode())

    def _serve(self, told: str, *arguments: object, log: str) -> Server:
        server = self._servers.start(
            *arguments, *self._scenery.passphrase, log=self._folder / "logs" / f"{log}.log"
        )
        self._stage.note(Step(told, server.command, 0, ""))
        return server

    def _make_wallet(self, name: str) -> Person:
        wallet = self._folder / "wallets" / f"{name}.ddcc"
        step = self._stage.run(
            f"{name.capitalize()}'s wallet has a key.",
            *("wallet", "init", "--name", name, "--wallet", wallet, *self._scenery.passphrase, "--json"),
            shows=member_of("key", "did"),
        )
        return Person(name, wallet, member_of("key", "did")(step.output)[0])

    def _await(self, servers: list[Server]) -> None:
        self._stage.say("\nThe servers say that they are ready:")
        for server in servers:
            with self._stage.waiting("they are starting"):
                line = server.wait_until_ready()
            self._stage.say(f"  {line}")

    def _leave_an_offer(self) -> None:
        self._stage.run(
            "An offer to go on with: the same recovery, bound to Lucia's key.",
            *("issuer", "offer", self._scenery.record(RECOVERY), "--again"),
            *("--minutes", _NEXT_OFFER_MINUTES, "--qr", self._folder / "offers" / "next.png"),
            *("--tx-code-file", self._folder / "letters" / "next", *self._scenery.issuer_home),
            expect=Expected(0, ("offer ",)),
            shown=False,
        )
