"""What the tests of the screens play on: a wallet over a world, and eyes for what its screen shows."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from textual import events
from textual.app import App
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from health import mandatory_pointers
from runtime.exchange import Answer
from tests.wallet.conftest import CHEAP, PASSPHRASE
from tests.wallet.scripted_verifier import ScriptedVerifier
from tests.world import RECOVERY, TEST, VACCINATION, Person, World, changed
from vclib.did import did_key, did_key_method, resolver
from vclib.errors import FetchError
from vclib.keys import KeyType, PrivateKey
from vclib.proofs import add_proof, without_proofs
from vclib.strict_json import JSONObject, dump_json
from wallet.app import WalletApp
from wallet.desk import Desk
from wallet.network import Network

# Lines around dialogs and beside cards.
_FRAME = re.compile("[\u2500-\u257f\u258c]")
SIZES = ((80, 24), (120, 40))


class Stage:
    """A wallet in a world; `exchange` is the network, which is down until a test plays somebody on it."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.folder = folder
        self.exchange: Callable[..., Answer] = self._down
        self.resolve = resolver()
        self.before_work: Callable[[], None] = lambda: None
        self.path = folder / "wallet.ddcc"
        self.desk = self.make_desk()

    def make_desk(self, **options: object) -> Desk:
        """Return another look at the same wallet file."""
        return Desk(
            self.path,
            lambda: Network(self._exchange, self._fetch, self._resolve),
            clock=lambda: self.world.clock.now,
            parameters=CHEAP,
            **options,  # type: ignore[arg-type]  # options by name
        )

    def create(self, *people: str) -> Stage:
        """Make the wallet, with a key for each person."""
        first, *others = people or ("Anna",)
        self.desk.create(PASSPHRASE, first)
        for name in others:
            self.desk.add_person(name)
        return self

    def person(self, name: str) -> Person:
        """Return the person whom a key of the wallet belongs to, as somebody to mint for."""
        key = next(key for key in self.desk.holder.shelf.held_keys() if key.name == name)
        return Person(key, self.world.clock)

    def hold(self, record: JSONObject, name: str | None = "Anna", **options: object) -> str:
        """Mint a record for somebody and keep it; returns the id in the wallet."""
        holder = None if name is None else self.person(name)
        added = self.desk.holder.add_credential(self.world.mint(record, holder, **options))
        return added.view.id

    def hold_of_stranger(self, person_name: str, issuer_name: str) -> str:
        """Keep a credential whose issuer writes whatever it likes; returns the id in the wallet."""
        key = PrivateKey.from_secret_bytes(KeyType.P256, bytes([9]) * 32)
        minted = self.world.mint(VACCINATION, self.person("Anna"))
        document = {
            name: value for name, value in without_proofs(minted).items() if name != "credentialStatus"
        }
        subject = document["credentialSubject"]
        assert isinstance(subject, dict)
        document["credentialSubject"] = {**subject, "name": person_name}
        document["issuer"] = {"id": did_key(key.public_key), "name": issuer_name}
        signed = add_proof(
            document,
            cryptosuite="ecdsa-sd-2023",
            key=key,
            verification_method=did_key_method(key.public_key),
            created=self.world.clock.now,
            mandatory_pointers=mandatory_pointers(document),
        )
        return self.desk.holder.add_credential(signed).view.id

    def family(self) -> Stage:
        """Make a wallet of three people with five credentials, one of each look."""
        self.create("Aulus", "Chen", "Gabriele")
        self.hold(VACCINATION, "Aulus")
        self.check_all()
        self.hold(changed(VACCINATION, "vaccination", dose=2, date="2026-06-20"), "Aulus")
        self.hold(TEST, "Chen", valid_days=3)
        self.hold(RECOVERY, "Gabriele", valid_days=200)
        revoked = self.hold(changed(VACCINATION, name="Gabriele Musterfrau-Gößinger"), "Gabriele")
        self.world.issuer.revoke(self.world.last_record_id, reason="spoilt", now=self.world.clock.now)
        self.desk.check_status(revoked)
        return self

    def asked_by(self, verifier: ScriptedVerifier) -> ScriptedVerifier:
        """Let a verifier be on the network."""
        self.exchange, self.resolve = verifier, verifier.resolve
        return verifier

    def check_all(self) -> None:
        """Ask for the status of every credential."""
        for card in self.desk.cards():
            self.desk.check_status(card.id)

    def app(self, **options: object) -> WalletApp:
        """Return the application, without its short waits."""
        return WalletApp(self.desk, **{"pace": 0.001, **options})  # type: ignore[arg-type]  # options by name

    @contextlib.asynccontextmanager
    async def playing(self, size: tuple[int, int], **options: object) -> AsyncIterator[Pilot[None]]:
        """Run the application in a window and wait for its first screen.

        Notices are drawn, which the library leaves out of tests unless it is told otherwise.
        """
        async with self.app(**options).run_test(size=size, notifications=True) as pilot:
            await settle(pilot)
            yield pilot

    def _exchange(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        self.before_work()
        return self.exchange(method, url, headers=headers, body=body)

    def _fetch(self, url: str) -> bytes:
        lists = self.world.status_lists
        if url not in lists:
            raise FetchError("the host is down")
        return dump_json(lists[url]).encode()

    def _resolve(self, did: str) -> JSONObject:
        return self.resolve(did)

    @staticmethod
    def _down(*_: object, **__: object) -> Answer:
        raise FetchError("the host does not answer")


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is being worked on and everything is drawn."""
    for _ in range(200):
        await pilot.pause(0.005)
        if not list(pilot.app.workers):
            break
        with contextlib.suppress(WorkerCancelled):
            await pilot.app.workers.wait_for_complete()
    await pilot.pause()


async def until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    """Wait for a condition; it must come about in time."""
    for _ in range(600):
        if condition():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"it did not come about:\n{screen_text(pilot.app)}")  # type: ignore[arg-type]


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste as a terminal does."""
    pilot.app.post_message(events.Paste(text))
    await settle(pilot)


def says(app: WalletApp, text: str) -> bool:
    """Say whether a text stands on the screen, however it is broken into lines."""
    lines = _FRAME.sub(" ", screen_text(app))
    return " ".join(text.split()) in " ".join(lines.split())


def screen_text(app: App[None]) -> str:
    """Return what the eye sees, line by line."""
    strips = app.screen._compositor.render_strips()
    lines = ["".join(segment.text for segment in strip).rstrip() for strip in strips]
    return "\n".join(lines) + "\n"
