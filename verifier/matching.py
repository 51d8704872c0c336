"""The guest and the certificate: what was checked, beside a line of a passport.

Takes name and date of birth as they were disclosed and says of each credential whether they fit. What is
compared is the holder's own and is kept nowhere. Not here: how names are compared (`health.matching`), and
whether the certificate is to be accepted (`verifier.service`): both answers count.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from health import PassportHolder, PersonMatch, match_person, parse_passport
from vclib.errors import MalformedValueError
from vclib.strict_json import JSONObject, JSONValue

if TYPE_CHECKING:
    from verifier.service import CheckedCredential, CheckResult

_NAME, _BIRTH_DATE = "/credentialSubject/name", "/credentialSubject/birthDate"


def match_result(result: CheckResult, passport_line: str) -> tuple[PersonMatch, ...]:
    """Return, for each credential of a result in their order, whether it names the passport's holder.

    `passport_line` is typed text or a machine readable zone; MalformedValueError if it is neither.
    """
    passport = parse_passport(passport_line)
    return tuple(match_person(*_named(checked), passport) for checked in result.credentials)


def match_written_result(result: JSONObject, passport: PassportHolder) -> tuple[PersonMatch, ...]:
    """Return the same for a result as `ddcc verifier check --json` writes it.

    Raises MalformedValueError for JSON of another kind, and for a result without credentials.
    """
    credentials = result.get("credentials")
    if not isinstance(credentials, list) or not credentials:
        raise MalformedValueError(
            "expected what `ddcc verifier check --json` writes, with a credential in it"
        )
    return tuple(match_person(*_written_name(each), passport) for each in credentials)


def _named(checked: CheckedCredential) -> tuple[str | None, str | None]:
    if checked.certificate is not None:
        subject = checked.certificate.subject
        return subject.name, subject.birth_date
    claims = {claim.pointer: claim.display for claim in checked.claims}
    return claims.get(_NAME), claims.get(_BIRTH_DATE)


def _written_name(credential: JSONValue) -> tuple[str | None, str | None]:
    members = credential if isinstance(credential, dict) else {}
    claims = members.get("claims")
    listed: Sequence[JSONValue] = claims if isinstance(claims, list) else ()
    shown = {each.get("pointer"): each.get("display") for each in listed if isinstance(each, dict)}
    # Of paper the name stands beside the claims, whose pointers are those of its own format.
    name, birth_date = shown.get(_NAME, members.get("name")), shown.get(_BIRTH_DATE, members.get("birthDate"))
    return (name if isinstance(name, str) else None), (birth_date if isinstance(birth_date, str) else None)
