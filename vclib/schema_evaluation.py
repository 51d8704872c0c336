"""JSON Schema at work: the one place that calls the validator, for `vclib.schemas`."""

from __future__ import annotations

import jsonschema
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.exceptions import Unresolvable

from vclib.errors import CredentialSchemaError
from vclib.strict_json import JSONObject


def broken_rule(document: JSONObject, schema: JSONObject) -> str | None:
    """Return the place in the document and the rule that it does not fit, None if it fits them all.

    Raises CredentialSchemaError where that cannot be told: a schema that is none, a reference out of it.
    """
    try:
        # Before the validator is made, which reads `$id` as it comes.
        Draft202012Validator.check_schema(schema)
        # The registry given is empty and retrieves nothing, so no reference can lead to the network.
        validator = Draft202012Validator(
            schema, registry=Registry(), format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        failure = next(validator.iter_errors(document), None)
    except jsonschema.SchemaError as err:
        raise CredentialSchemaError("the schema is not a valid JSON Schema") from err
    except Unresolvable as err:
        raise CredentialSchemaError("the schema refers to another schema, which is not fetched") from err
    except OverflowError as err:
        raise CredentialSchemaError("a number of the document is too large for the schema's rule") from err
    except RecursionError as err:
        raise CredentialSchemaError("the schema refers to itself without end") from err
    return None if failure is None else f"{failure.json_path} does not fit the rule {failure.validator}"
