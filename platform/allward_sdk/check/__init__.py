"""The rules that `allward plugin check` prints, each with its verdict: done, failed, or exempt and why."""

from allward_sdk.check.table import LEVELS, RULES, Level
from allward_sdk.check.verdicts import RuleResult, check, checking, open_questions, summary

__all__ = ["LEVELS", "RULES", "Level", "RuleResult", "check", "checking", "open_questions", "summary"]
