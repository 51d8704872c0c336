"""What the parts of the demonstration share: its folder, its people and places, and the options that recur.

Not here: the story (`ddcc.demo`) and its parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ddcc.demo_stage import Expected, Pick, Stage
from vclib.strict_json import parse_json_object

PASSPHRASE = "demo-demo"  # noqa: S105  it is told to everybody

VACCINATION, BOOSTER = "vaccination-covid-19", "vaccination-covid-19-booster"
TEST, RECOVERY = "test-pcr-negative", "recovery-covid-19"

ACCEPTED = Expected(0, ("ACCEPTED",))

# Every command says that it talks to this machine; the story says it once.
_LOOPBACK_WARNING = "LOOPBACK ADDRESSES ARE ALLOWED"


@dataclass(frozen=True)
class Person:
    """Somebody with a wallet file and the DID of its key."""

    name: str
    wallet: Path
    did: str

    @property
    def called(self) -> str:
        """The name as it is written."""
        return self.name.capitalize()


@dataclass(frozen=True)
class Place:
    """A verifier: its name in the story, its folder, and where it is served."""

    name: str
    home: Path
    port: int

    @property
    def url(self) -> str:
        """Where it is reached, and whom presentations for it are made for."""
        return f"http://localhost:{self.port}"


@dataclass(frozen=True)
class Scenery:
    """The stage, the folder of all files, the ports of issuer, venue and border, and the time it begins."""

    stage: Stage
    folder: Path
    ports: tuple[int, int, int]
    now: datetime

    @property
    def passphrase(self) -> tuple[object, ...]:
        """The option that names the passphrase's file."""
        return ("--passphrase-file", self.folder / "passphrase")

    @property
    def issuer_home(self) -> tuple[object, ...]:
        """The option that names the ministry."""
        return ("--home", self.folder / "issuer")

    @property
    def issuer_url(self) -> str:
        """Where the ministry is reached."""
        return f"http://localhost:{self.ports[0]}"

    @property
    def venue(self) -> Place:
        """The venue."""
        return Place("venue", self.folder / "venue", self.ports[1])

    @property
    def border(self) -> Place:
        """The border."""
        return Place("border", self.folder / "border", self.ports[2])

    def record(self, name: str) -> Path:
        """The file of a health record."""
        return self.folder / "records" / f"{name}.json"

    def wallet(self, person: Person) -> tuple[object, ...]:
        """The options that name a wallet."""
        return ("--wallet", person.wallet, *self.passphrase)


def refused(code: str, *, exit_code: int = 1) -> Expected:
    """What comes out where a verifier refuses, with the code of its reason."""
    return Expected(exit_code, ("REFUSED", f"[{code}]"))


def everything(output: str) -> Sequence[str]:
    """Pick all lines."""
    return output.splitlines()


def messages(text: str) -> Sequence[str]:
    """Pick the messages of a command, but for the one that every command gives here."""
    return [line for line in text.strip().splitlines() if not line.startswith(_LOOPBACK_WARNING)]


def first(count: int) -> Pick:
    """Pick the first lines."""
    return lambda output: output.splitlines()[:count]


def reasons(output: str) -> Sequence[str]:
    """Pick the verdict and its reasons, without the claims that follow after an empty line."""
    return output.split("\n\n", maxsplit=1)[0].splitlines()


def member_of(*path: str) -> Pick:
    """Pick one member of what was printed as JSON."""

    def pick(output: str) -> Sequence[str]:
        value: object = parse_json_object(output)
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return (str(value),)

    return pick
