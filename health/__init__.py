"""The domain: what a health certificate says, and what each situation needs of it."""

from health.claims import Claim, claims_from_credential, claims_of_kind, label, translated
from health.codes import LANGUAGES, Language, MappedCode, Outcome, display, map_code, outcome, value_set
from health.coding import Code, Identifier, code_from_iri, iri_from_code
from health.country_rules import CERTIFICATE_TYPES, Rule, RuleType, is_country
from health.credentials import (
    CONTEXT_SEQUENCES,
    DDCC_CONTEXT,
    VC_CONTEXT,
    credential_from_record,
    element_pointer,
    find_kind,
    kind_of,
    record_from_credential,
)
from health.csv_records import CSVLayout, csv_layout, csv_template, read_csv
from health.dcc_payload import dcc_payload, dcc_payload_of_credential, elements_for_field, kind_of_field
from health.disclosure import (
    CLINIC,
    DISCLOSURE_SETS,
    SITUATIONS,
    check_mandatory_pointers,
    mandatory_pointers,
    pointers_for,
)
from health.elements import CERTIFICATE, KINDS, PERSON, Kind
from health.fhir import records_from_bundle
from health.inputs import read_json_row, read_records
from health.linkability import LinkableValue, is_shared_time, linkable_values
from health.matching import MatchOutcome, PassportHolder, PersonMatch, match_person, parse_passport
from health.record_json import record_to_json
from health.records import (
    Certificate,
    Person,
    Record,
    RecoveryRecord,
    TestRecord,
    VaccinationRecord,
    check_record,
    parse_record,
    read_record,
    warnings,
)
from health.rows import RecordRow, RowError
from health.rule_sets import (
    RuleOutcome,
    RuleResult,
    RuleSet,
    RuleSubject,
    read_rule_documents,
    run_rule_tests,
)

__all__ = [
    "CERTIFICATE",
    "CERTIFICATE_TYPES",
    "CLINIC",
    "CONTEXT_SEQUENCES",
    "DDCC_CONTEXT",
    "DISCLOSURE_SETS",
    "KINDS",
    "LANGUAGES",
    "PERSON",
    "SITUATIONS",
    "VC_CONTEXT",
    "CSVLayout",
    "Certificate",
    "Claim",
    "Code",
    "Identifier",
    "Kind",
    "Language",
    "LinkableValue",
    "MappedCode",
    "MatchOutcome",
    "Outcome",
    "PassportHolder",
    "Person",
    "PersonMatch",
    "Record",
    "RecordRow",
    "RecoveryRecord",
    "RowError",
    "Rule",
    "RuleOutcome",
    "RuleResult",
    "RuleSet",
    "RuleSubject",
    "RuleType",
    "TestRecord",
    "VaccinationRecord",
    "check_mandatory_pointers",
    "check_record",
    "claims_from_credential",
    "claims_of_kind",
    "code_from_iri",
    "credential_from_record",
    "csv_layout",
    "csv_template",
    "dcc_payload",
    "dcc_payload_of_credential",
    "display",
    "element_pointer",
    "elements_for_field",
    "find_kind",
    "iri_from_code",
    "is_country",
    "is_shared_time",
    "kind_of",
    "kind_of_field",
    "label",
    "linkable_values",
    "mandatory_pointers",
    "map_code",
    "match_person",
    "outcome",
    "parse_passport",
    "parse_record",
    "pointers_for",
    "read_csv",
    "read_json_row",
    "read_record",
    "read_records",
    "read_rule_documents",
    "record_from_credential",
    "record_to_json",
    "records_from_bundle",
    "run_rule_tests",
    "translated",
    "value_set",
    "warnings",
]
