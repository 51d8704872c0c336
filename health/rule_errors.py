"""What can be wrong with a rule, and with its evaluation.

A rule comes from a country's list, so from strangers: whatever it holds ends in one of these, never in an
error of the interpreter's own. None of them is an answer of the rule; `health.rule_sets` calls it open then.
"""

from __future__ import annotations

from vclib.errors import MalformedValueError, VCError


class InvalidExpressionError(MalformedValueError):
    """An expression is not written as CertLogic has to be, or is larger than is read here."""

    code = "invalid-expression"


class EvaluationError(VCError):
    """A valid expression has no value for this data: an operand is of the wrong type."""

    code = "not-evaluated"


class UndisclosedValueError(EvaluationError):
    """The rule reads something that was not disclosed, which is not the same as absent."""

    code = "not-disclosed"


class EvaluationLimitError(EvaluationError):
    """The evaluation takes more steps, or makes a larger number, than is allowed."""

    code = "too-many-steps"
