"""`ddcc verifier rules`: take over rule sets, show them, and take them out.

Only translates between the command line, files and `verifier.rule_store`. A set is imported from a file or a
folder of files as countries publish them; it is read whole, or refused with the file, the rule and the
member. Exit codes as in `runtime.console`; `check` ends with 1 where a rule fails its own tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from health import Rule, RuleSet, read_rule_documents, run_rule_tests
from runtime.commands import AsJSON, epilog, utc_now
from runtime.console import ExitCode, print_json, print_line, read_input, reporting_errors
from vclib.datetimes import format_datetime
from vclib.errors import ComplexityError, ConfigurationError, MalformedError, StoreError
from vclib.strict_json import JSONObject, JSONValue, parse_json
from verifier.config import load_config
from verifier.rule_store import MAX_FILE, RuleStore, StoredRules, rule_store

app = typer.Typer(help="Rule sets: what countries ask of certificates.", no_args_is_help=True)

_MAX_FILES = 1000

Home: TypeAlias = Annotated[
    Path | None, typer.Option("--home", help="Folder of the verifier. DDCC_VERIFIER_HOME.")
]
Name: TypeAlias = Annotated[str, typer.Argument(metavar="SET", help="The set's name here.")]
Files: TypeAlias = Annotated[
    list[Path], typer.Argument(metavar="PATH...", help="Files of rules and value sets, or folders of them.")
]


@app.callback()
def main() -> None:
    """Rule sets: what countries ask of certificates."""


@app.command("import", epilog=epilog("ddcc verifier rules import eu rules/ valuesets/ --home verifier"))
def import_command(
    name: Name,
    paths: Files,
    force: Annotated[bool, typer.Option("--force", help="In place of an older set of that name.")] = False,
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Take over rules and the value sets that they read, as one set."""
    with reporting_errors(as_json=as_json):
        store = _store(home)
        if name in store.names() and not force:
            raise StoreError(f"there is a rule set {name!r} already; use --force to replace it")
        rule_set = read_rule_documents(_documents(paths))
        source = ", ".join(path.name or str(path) for path in paths)
        stored = store.save(name, rule_set, source=source, now=utc_now())
        if as_json:
            print_json(_summary(stored, utc_now()))
        else:
            print_line(
                f"{name}: {len(rule_set.rules)} rules of {', '.join(rule_set.countries)}, "
                f"{len(rule_set.value_sets)} value sets"
            )
            for missing in _missing_value_sets(rule_set):
                print_line(f"the value set {missing} is not among them: rules that read it stay open")


@app.command("list", epilog=epilog("ddcc verifier rules list --home verifier"))
def list_command(home: Home = None, as_json: AsJSON = False) -> None:
    """List the rule sets with their age."""
    with reporting_errors(as_json=as_json):
        store, now = _store(home), utc_now()
        found = [_summary(store.find(name), now) for name in store.names()]
        if as_json:
            listed: list[JSONValue] = [*found]
            print_json({"sets": listed})
        for each in found if not as_json else ():
            countries = each["countries"]
            print_line(
                f"{each['name']!s:<20}{each['rules']!s:>5} rules  {each['ageDays']!s:>4} days old  "
                f"{' '.join(map(str, countries)) if isinstance(countries, list) else ''}"
            )


@app.command("show", epilog=epilog("ddcc verifier rules show eu --country DE --lang de --home verifier"))
def show_command(
    name: Name,
    country: Annotated[
        str | None, typer.Option("--country", help="Only the rules of this country, e.g. DE.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", help="The language of the sentences.")] = "en",
    home: Home = None,
    as_json: AsJSON = False,
) -> None:
    """Show a set: where it is from, its digest, and each rule with its sentence."""
    with reporting_errors(as_json=as_json):
        stored, now = _store(home).find(name), utc_now()
        rules = [rule for rule in stored.rule_set.rules if country in (None, rule.country)]
        if as_json:
            print_json(
                {**_summary(stored, now), "listed": [_rule_json(rule, language, now) for rule in rules]}
            )
            return
        print_line(f"{name}, from {stored.source}, imported {format_datetime(stored.imported)}")
        print_line(f"sha256 {stored.digest}")
        for rule in rules:
            state = (
                ""
                if rule.covers(now)
                else f"  (in force {rule.valid_from:%Y-%m-%d} to {rule.valid_to:%Y-%m-%d})"
            )
            print_line(
                f"{rule.country}  {rule.name:<18}{rule.certificate_type:<12}{rule.sentence(language)}{state}"
            )


@app.command("check", epilog=epilog("ddcc verifier rules check rules/DE.json"))
def check_command(paths: Files, as_json: AsJSON = False) -> None:
    """Check files of rules without taking them over, and run the tests that came with them."""
    with reporting_errors(as_json=as_json):
        documents = _documents(paths)
        rule_set = read_rule_documents(documents)
        failures, count = run_rule_tests(documents.values())
        if as_json:
            print_json({"rules": len(rule_set.rules), "tests": count, "failed": list(failures)})
        else:
            print_line(f"{len(rule_set.rules)} rules of {', '.join(rule_set.countries)} can be evaluated")
            print_line(f"{count - len(failures)} of {count} tests that came with them give what they say")
            for failure in failures:
                print_line(f"  x {failure}")
    raise typer.Exit(ExitCode.REFUSED if failures else ExitCode.OK)


@app.command("remove", epilog=epilog("ddcc verifier rules remove eu --home verifier"))
def remove_command(name: Name, home: Home = None, as_json: AsJSON = False) -> None:
    """Take a rule set out."""
    with reporting_errors(as_json=as_json):
        config = load_config(home)
        if config is not None and config.rules == name:
            raise ConfigurationError(f"{config.file} names {name!r} as its rules; change that first")
        _store(home).remove(name)
        if as_json:
            print_json({"name": name, "removed": True})
        else:
            print_line(f"removed {name}")


def _store(home: Path | None) -> RuleStore:
    config = load_config(home)
    if config is None:
        raise ConfigurationError("name the verifier's folder: --home or DDCC_VERIFIER_HOME")
    return rule_store(config)


def _documents(paths: Sequence[Path]) -> Mapping[str, JSONValue]:
    files: list[Path] = []
    for path in paths:
        files += sorted(path.rglob("*.json")) if path.is_dir() else [path]
    if not files:
        raise ConfigurationError("there is no .json file in what was named")
    if len(files) > _MAX_FILES:
        raise ConfigurationError(f"expected at most {_MAX_FILES} files, found {len(files)}")
    documents: dict[str, JSONValue] = {}
    for file in files:
        try:
            documents[str(file)] = parse_json(read_input(file, max_bytes=MAX_FILE), max_bytes=MAX_FILE)
        except (MalformedError, ComplexityError) as err:
            raise ConfigurationError(f"{file}: {err.message}") from err
    return documents


def _missing_value_sets(rule_set: RuleSet) -> list[str]:
    prefix = "external.valueSets."
    read = {path for rule in rule_set.rules for path in rule.logic.paths if path.startswith(prefix)}
    return sorted({path.split(".")[2] for path in read} - set(rule_set.value_sets))


def _summary(stored: StoredRules, now: datetime) -> JSONObject:
    return {
        "name": stored.name,
        "rules": len(stored.rule_set.rules),
        "countries": list(stored.rule_set.countries),
        "valueSets": [*sorted(stored.rule_set.value_sets)],
        "source": stored.source,
        "imported": format_datetime(stored.imported),
        "ageDays": (now - stored.imported).days,
        "digest": stored.digest,
    }


def _rule_json(rule: Rule, language: str, now: datetime) -> JSONObject:
    return {
        "identifier": rule.identifier,
        "version": ".".join(map(str, rule.version)),
        "type": str(rule.type),
        "country": rule.country,
        "certificateType": rule.certificate_type,
        "sentence": rule.sentence(language),
        "inForce": rule.covers(now),
        "reads": [*sorted(rule.fields())],
    }
