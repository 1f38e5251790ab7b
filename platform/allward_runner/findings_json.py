"""`findings.json`: a result in the flat form that scripts outside rely on. Its keys never drift."""

from typing import Any

from allward_sdk.results import CaseResult, Finding, MeasuredValue, Property

AT_LEAST = "at least: cut off by the scan"
"""Added to the method of a number that is a lower bound."""


def findings_json(result: CaseResult) -> dict[str, Any]:
    """Return a result as the JSON that `allward app run` and `allward results --json` give out."""
    return {
        "study_instance_uid": result.study_instance_uid,
        "series_instance_uid": result.series_instance_uid,
        "app": result.app,
        "version": result.version,
        "plugins": [plugin.model_dump(mode="json") for plugin in result.plugins],
        "evaluable": result.evaluable,
        "reasons": list(result.reasons),
        "findings": [_finding(finding) for finding in result.findings],
        "summary": {name: value.model_dump(mode="json") for name, value in result.summary.items()},
        "timings_s": dict(result.timings_s),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "kind": finding.kind,
        "label": finding.label.model_dump(mode="json"),
        "centre_lps_mm": None if finding.centre_lps_mm is None else list(finding.centre_lps_mm),
        "slide_mm": None,
        "score": finding.score,
        "category": finding.category,
        "measurements": [_measurement(measured) for measured in finding.measurements],
        "properties": [_property(each) for each in finding.properties],
    }


def _property(found: Property) -> dict[str, Any]:
    """Return what a finding is like: its code, null where there is none, and how a physician reads it."""
    return {
        "name": found.name,
        "value": None if found.value is None else found.value.model_dump(mode="json"),
        "said": found.said.model_dump(mode="json"),
    }


def _measurement(measured: MeasuredValue) -> dict[str, Any]:
    method = measured.method if measured.bound == "exact" else f"{measured.method}; {AT_LEAST}"
    return {
        "name": measured.name,
        "value": measured.value,
        "unit": measured.unit.value,
        "method": method,
    }
