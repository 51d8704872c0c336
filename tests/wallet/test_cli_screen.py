"""`ddcc wallet remind`, for cron; and which terminals get lines instead of screens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.wallet.conftest import Run
from tests.world import VACCINATION, Person, World


def test_cron_is_told_what_ends_and_nothing_else(run: Run, world: World, owner: Person) -> None:
    assert run("remind").output == ""
    Path("credential.json").write_text(json.dumps(world.mint(VACCINATION, owner, valid_days=3)))
    run("add", "credential.json")
    reminded = run("remind")
    assert (reminded.exit_code, reminded.stderr) == (0, "")
    assert reminded.stdout.startswith("Vaccination status, Aulus Agerius: ends ")
    assert len(json.loads(run("remind", "--json").stdout)["reminders"]) == 1


@pytest.mark.parametrize(("term", "asked"), [("dumb", "plain"), ("xterm-256color", "screen")])
def test_a_terminal_without_a_screen_gets_lines(
    run: Run, owner: Person, monkeypatch: pytest.MonkeyPatch, term: str, asked: str
) -> None:
    opened: list[str] = []
    monkeypatch.setenv("TERM", term)
    monkeypatch.setattr("wallet.cli_screen.has_terminal", lambda: True)
    monkeypatch.setattr("wallet.plain.PlainWallet.run", lambda wallet, link: opened.append("plain"))
    monkeypatch.setattr("wallet.app.WalletApp.run", lambda app: opened.append("screen"))
    assert run().exit_code == 0
    assert opened == [asked]
