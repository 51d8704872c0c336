"""`ddcc wallet remind`, for cron."""

from __future__ import annotations

import json
from pathlib import Path

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
