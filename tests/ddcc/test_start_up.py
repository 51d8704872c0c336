"""ddcc: a command loads what it needs; a web framework and a server are for `serve` alone."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import version

import pytest
import typer

import ddcc

SERVER = {"fastapi", "starlette", "uvicorn", "structlog", "prometheus_client", "alembic", "pkcs11"}

# Each takes a tenth of a second or more to import.
HEAVY = {"httpx", "jsonschema", "joserfc", "pyld", "pydid", "textual", "reportlab", "zxingcpp"}


def loaded_by(*modules: str) -> set[str]:
    """Return the packages that a new process has loaded once it has these modules."""
    script = f"import sys, {', '.join(modules)}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("program", ["issuer.cli", "verifier.cli", "wallet.cli"])
def test_the_commands_of_a_program_load_no_server(program: str) -> None:
    assert loaded_by(program) & SERVER == set()


def test_the_command_itself_loads_no_program() -> None:
    assert loaded_by("ddcc.cli", "ddcc.commands") & {*HEAVY, "sqlalchemy", "cryptography", *SERVER} == set()


@pytest.mark.parametrize("program", ["verifier.cli", "wallet.cli"])
def test_the_commands_of_a_program_load_what_is_heavy_when_they_need_it(program: str) -> None:
    assert loaded_by(program) & HEAVY == set()


def loaded_for(*arguments: str) -> set[str]:
    """Return the packages that a process has loaded once it has run a command."""
    script = (
        "import sys, ddcc.cli\n"
        f"ddcc.cli.run({[*arguments]!r})\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


def test_help_loads_no_program() -> None:
    assert loaded_for("--help") & {*HEAVY, "sqlalchemy", "cryptography", *SERVER} == set()


def test_the_version_is_printed_without_a_parser() -> None:
    assert loaded_for("--version") & {*HEAVY, "typer", "rich", "sqlalchemy", *SERVER} == set()


def test_the_version_is_that_of_what_is_installed() -> None:
    assert ddcc.__version__ == version("ddcc-wallet")


@pytest.mark.parametrize("program", ["issuer.cli", "verifier.cli", "wallet.cli"])
def test_a_program_names_the_commands_of_its_modules(program: str) -> None:
    for late in importlib.import_module(program).app.info.cls.late:
        group = typer.main.get_group(importlib.import_module(late.module).app)
        assert late.name is not None or sorted(late.commands) == sorted(group.commands)
