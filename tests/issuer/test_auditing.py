"""issuer.auditing: what was changed behind the program's back is found, whatever it was (M9)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from health import parse_record
from issuer.auditing import verify_audit
from issuer.options import MintOptions
from issuer.service import MintRequest
from tests.issuer.conftest import Service
from tests.world import START, TEST, VACCINATION
from vclib.errors import StoreError


@pytest.fixture
def kept(shared_service: Service) -> Service:
    """Two credentials, one of them revoked."""
    issuer = shared_service.issuer
    for number, record in enumerate((VACCINATION, TEST)):
        request = MintRequest("", parse_record(record, now=START), None, f"{number}.vc.json")
        issuer.mint([request], MintOptions(unbound=True), now=START)
    with shared_service.store.reading() as reading:
        first, _ = reading.records()
    issuer.revoke(first.record_id, reason=None, now=START)
    return shared_service


def test_what_fits_together_is_counted(kept: Service) -> None:
    report = verify_audit(kept.store)
    assert (report.entries, report.records, report.lists) == (3, 2, 2)
    assert verify_audit(kept.store, known_hash=report.newest_hash) == report


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (("UPDATE audit_entries SET details = '{}' WHERE sequence = 2",), "audit entry 2 .mint. was changed"),
        (("DELETE FROM audit_entries WHERE sequence = 2",), "audit entry 2 is missing"),
        (("DELETE FROM audit_entries WHERE sequence = 3",), "audit entries after 2 are missing"),
        (("UPDATE records SET credential_sha256 = 'x'",), "was changed: the audit log has another digest"),
        (
            (
                "DELETE FROM outbox",
                "DELETE FROM status_entries WHERE value = 0",
                "DELETE FROM records WHERE record_id NOT IN (SELECT record_id FROM status_entries)",
            ),
            "gone|counts",
        ),
        (
            (
                "INSERT INTO records SELECT 'abcd', NULL, kind, suite, issuer_id, holder, record, "
                "record_sha256, credential_sha256, valid_from, valid_until, minted, NULL, NULL "
                "FROM records LIMIT 1",
            ),
            "the record abcd has no entry in the audit log",
        ),
        (("UPDATE status_entries SET value = 0",), "the published status list revocation-1 is not what"),
        (("UPDATE status_lists SET used = 1",), "counts 1 positions and has others"),
        (
            (
                "UPDATE published_lists SET document = "
                "(SELECT document FROM published_lists WHERE list_id = 2) WHERE list_id = 1",
            ),
            "the published status list revocation-1 is not what",
        ),
    ],
)
def test_a_change_behind_the_programs_back_is_found(
    kept: Service, statements: tuple[str, ...], message: str
) -> None:
    """M9, and a published list put back to an older one (H7)."""
    with kept.store.writing() as work:
        for statement in statements:
            work.connection.execute(text(statement))
    with pytest.raises(StoreError, match=message):
        verify_audit(kept.store)


def test_a_log_that_was_rewritten_is_found_by_a_hash_noted_earlier(kept: Service) -> None:
    with pytest.raises(StoreError, match="no audit entry has the known hash"):
        verify_audit(kept.store, known_hash="0" * 63 + "1")
