"""verifier.rule_store: sets are there whole or not, seen by running workers, and not changed by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.verifier.rule_samples import BOOSTED, DOSES, NAMES, rule_set
from vclib.errors import ConfigurationError, StoreError
from verifier.config import VerifierConfig, load_config
from verifier.rule_store import RuleStore, default_rules, rule_store

NOW = datetime(2026, 7, 1, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> RuleStore:
    return RuleStore(tmp_path / "rules")


def test_a_set_is_kept_with_where_it_is_from_its_date_and_its_digest(store: RuleStore) -> None:
    saved = store.save("eu", rule_set(DOSES, value_sets=NAMES), source="rules", now=NOW)

    found = RuleStore(store.folder).find("eu")

    assert found == saved
    assert (found.source, found.imported) == ("rules", NOW)
    assert len(found.digest) == 64


def test_two_venues_with_the_same_rules_have_the_same_digest(store: RuleStore, tmp_path: Path) -> None:
    one = store.save("eu", rule_set(DOSES), source="a", now=NOW)
    other = RuleStore(tmp_path / "other").save("b", rule_set(DOSES), source="b", now=NOW + timedelta(1))
    third = RuleStore(tmp_path / "other").save("c", rule_set(BOOSTED), source="b", now=NOW)

    assert one.digest == other.digest != third.digest


def test_a_running_worker_sees_a_new_import(store: RuleStore) -> None:
    worker = RuleStore(store.folder)
    store.save("eu", rule_set(DOSES), source="a", now=NOW)
    before = worker.find("eu")
    store.save("eu", rule_set(BOOSTED), source="a", now=NOW)

    assert worker.find("eu").rule_set != before.rule_set
    assert worker.find("eu") is worker.find("eu")


def test_a_running_worker_keeps_the_rules_in_force_where_new_ones_cannot_be_read(
    store: RuleStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.save("eu", rule_set(DOSES), source="a", now=NOW)
    worker = RuleStore(store.folder)
    before = worker.find("eu")
    (store.folder / "eu.json").write_text("{")

    assert worker.find("eu") is worker.find("eu") is before
    assert "eu.json" in (worker.problem("eu") or "")
    assert caplog.text.count("those in force stay") == 1
    with pytest.raises(ConfigurationError, match=r"eu\.json"):
        RuleStore(store.folder).find("eu")

    store.save("eu", rule_set(BOOSTED), source="a", now=NOW)
    assert worker.find("eu").rule_set == rule_set(BOOSTED)
    assert worker.problem("eu") is None


def test_a_set_that_was_never_read_is_not_tried_again_before_it_is_another_file(
    store: RuleStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.save("eu", rule_set(DOSES), source="a", now=NOW)
    path, worker = store.folder / "eu.json", RuleStore(store.folder)
    good = path.read_text()
    path.write_text("{" + good[1:-1])
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"eu\.json"):
            worker.find("eu")
    assert caplog.text.count("the rules eu cannot be read: ") == 1
    path.write_text(good)
    assert worker.find("eu").rule_set == rule_set(DOSES)


def test_the_names_of_sets_are_listed(store: RuleStore) -> None:
    assert store.names() == ()
    for name in ("eu", "de-2026"):
        store.save(name, rule_set(DOSES), source="a", now=NOW)
    (store.folder / "Notes.json").write_text("{}")

    assert store.names() == ("de-2026", "eu")


@pytest.mark.parametrize("name", ["", "../eu", "EU", "a/b", "a" * 41, "-a", "a.json"])
def test_a_name_that_is_no_name_is_refused(store: RuleStore, name: str) -> None:
    with pytest.raises(ConfigurationError, match="expected the name of a rule set"):
        store.save(name, rule_set(DOSES), source="a", now=NOW)
    with pytest.raises(ConfigurationError, match="expected the name of a rule set"):
        store.find(name)


def test_a_set_that_is_not_there_is_refused_with_those_that_are(store: RuleStore) -> None:
    store.save("eu", rule_set(DOSES), source="a", now=NOW)

    with pytest.raises(ConfigurationError, match="there are: eu"):
        store.find("us")
    with pytest.raises(ConfigurationError, match="no rule set 'us'"):
        store.remove("us")


def test_a_set_that_was_removed_is_gone_for_running_workers(store: RuleStore) -> None:
    worker = RuleStore(store.folder)
    store.save("eu", rule_set(DOSES), source="a", now=NOW)
    worker.find("eu")
    store.remove("eu")

    with pytest.raises(ConfigurationError):
        worker.find("eu")


@pytest.mark.parametrize(
    ("old", "new"), [('"At least one dose."', '"No dose."'), ('"digest"', '"digests"'), ("{", "[")]
)
def test_a_file_that_was_changed_by_hand_is_refused(store: RuleStore, old: str, new: str) -> None:
    store.save("eu", rule_set(DOSES), source="a", now=NOW)
    path = store.folder / "eu.json"
    path.write_text(path.read_text().replace(old, new))

    with pytest.raises(ConfigurationError, match=r"eu\.json"):
        store.find("eu")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "rules").write_text("a file")

    with pytest.raises(StoreError):
        RuleStore(tmp_path / "rules").save("eu", rule_set(DOSES), source="a", now=NOW)


@pytest.mark.parametrize("country", ["", "de", "DEU", "D1"])
def test_a_country_that_is_none_is_refused(store: RuleStore, country: str) -> None:
    saved = store.save("eu", rule_set(DOSES), source="a", now=NOW)

    with pytest.raises(ConfigurationError, match="two capital letters"):
        saved.chosen(country)


def test_the_settings_name_the_rules_that_are_always_asked(tmp_path: Path) -> None:
    config = VerifierConfig(tmp_path, rules="eu", rules_country="XX", rules_max_age=60)
    store = rule_store(config)
    store.save("eu", rule_set(DOSES), source="a", now=NOW)

    rules = default_rules(config, store)
    found = rules() if rules else None

    assert found is not None
    assert (found.name, found.country, found.imported, found.max_age) == (
        "eu",
        "XX",
        NOW,
        timedelta(seconds=60),
    )
    assert default_rules(VerifierConfig(tmp_path), store) is None


@pytest.mark.parametrize("name", ["RULES", "RULES_COUNTRY"])
def test_rules_without_a_country_and_a_country_without_rules_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigurationError, match="rules and rules_country belong together"):
        load_config(tmp_path, {f"DDCC_VERIFIER_{name}": "XX"})
