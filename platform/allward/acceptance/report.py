"""What a set tells: the report as JSON that anybody can compute again, and its figures. Pure."""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any
from uuid import UUID

from allward.acceptance.comparing import judged_from_json
from allward.acceptance.groups import QUESTIONS, title_of_answer
from allward.kernel.texts import Text
from allward_measure.evaluation.acceptance import (
    FEWEST,
    FEWEST_DRAWN,
    Acceptance,
    Figure,
    Figures,
    acceptance,
)
from allward_measure.evaluation.froc import LUNA16_RATES, curve_of
from allward_measure.evaluation.intervals import REPEATS
from allward_measure.evaluation.judged import Judged
from allward_sdk.errors import AllwardError

PAYLOAD_TYPE = "application/vnd.allward.acceptance.v1+json"
"""Of the DSSE envelope of a report."""

FORMAT = 2
"""Of the figures: 1 took each case by itself in shares of cases, 2 takes patients."""

Json = dict[str, Any]

_INTERVALS = (
    "95 %: Wilson for shares of cases, with the effective sample size of Rao and Scott 1992 (degrees of"
    " freedom as Korn and Graubard 1998) where a patient has several; percentile bootstrap over patients for"
    " all else, none of fewer than fewest_patients; where all draws are equal, Wilson over readers' marks, of"
    " one case of each patient, and none for outlines"
)

_PSEUDONYM_CHARACTERS = 12
"""48 bits: among a thousand cases no two are likely to be the same."""


class OtherFormatError(AllwardError):
    """A report whose figures were made otherwise than this software makes them. Told to who checks it."""


@dataclass(frozen=True, slots=True)
class ReportedCase:
    """A case that is over, as the report has it; ids of the hospital are left out."""

    pseudonym: str
    groups: Mapping[str, str]
    reference: Sequence[str]
    """Which kinds there were: segmentation, marks, present."""
    outcome: Json | None
    fault: Text | None
    """Why it failed; None if it did not."""
    patient: str = ""
    """Pseudonym that cases of one patient share; empty: the case stands by itself."""

    def to_json(self) -> Json:
        """Return the case as the report has it."""
        return {
            "case": self.pseudonym,
            "patient": self.patient or None,
            "groups": dict(self.groups),
            "reference": list(self.reference),
            "outcome": self.outcome,
            "fault": None if self.fault is None else self.fault.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Subject:
    """What was tried, where and by whom."""

    hospital: Mapping[str, str]
    """code, name_en, name_zh."""
    plugin: Json
    """id, version, digest, title, vendor, status, models."""
    slot: str
    label: str
    least_score: float | None
    name: str
    """Of the set."""
    created_by: str
    ended_at: datetime
    seed: int


def pseudonym_of(secret: str, series_instance_uid: str) -> str:
    """Return the name under which a case leaves the hospital; who has the set's secret can tell it again.

    Source
    ------
    RFC 2104, HMAC with SHA-256.
    """
    return f"case-{_keyed(secret, series_instance_uid)}"


def pseudonym_of_patient(secret: str, patient_id: UUID) -> str:
    """Return the name that cases of one patient share where they leave the hospital, as `pseudonym_of`."""
    return f"patient-{_keyed(secret, f'patient {patient_id}')}"


def _keyed(secret: str, value: str) -> str:
    digest = hmac.new(bytes.fromhex(secret), value.encode(), sha256).hexdigest()
    return digest[:_PSEUDONYM_CHARACTERS]


def make_report(subject: Subject, cases: Sequence[ReportedCase]) -> Json:
    """Return the payload of a report: what was tried, how it is computed, each case, and the figures."""
    told = [case.to_json() for case in sorted(cases, key=lambda case: case.pseudonym)]
    return {
        "format": FORMAT,
        "hospital": dict(subject.hospital),
        "set": {"name": subject.name, "created_by": subject.created_by},
        "made_at": subject.ended_at.isoformat(),
        "plugin": subject.plugin,
        "slot": subject.slot,
        "label": subject.label or None,
        "least_score": subject.least_score,
        "method": {
            "software": f"allward {version('allward')}",
            "function": "allward_measure.evaluation.acceptance.acceptance",
            "repeats": REPEATS,
            "seed": subject.seed,
            "fewest_cases": FEWEST,
            "fewest_patients": FEWEST_DRAWN,
            "intervals": _INTERVALS,
            "marks": "as LUNA16: nearer than the radius; 10 mm where no diameter is known",
            "rates": list(LUNA16_RATES),
        },
        "cases": told,
        "figures": figures_of(told, seed=subject.seed, repeats=REPEATS),
    }


def recompute(report: Json) -> Json:
    """Return the figures of a report, computed again from the cases that it names.

    Raises
    ------
    OtherFormatError
        If they were made by another format than this one: they would differ though nobody altered them.
    """
    if report["format"] != FORMAT:
        raise OtherFormatError(
            f"its numbers were made by format {report['format']}, by {report['method']['software']};"
            f" computing them again needs that software, this one makes format {FORMAT}"
        )
    method = report["method"]
    return figures_of(report["cases"], seed=method["seed"], repeats=method["repeats"])


def figures_of(cases: Sequence[Json], *, seed: int, repeats: int) -> Json:
    """Return the figures over cases as the report has them."""
    judged = [
        replace(
            judged_from_json(case["case"], case["outcome"], groups=case["groups"], fault=case["fault"] or ""),
            patient=case.get("patient") or "",
        )
        for case in cases
    ]
    summed = acceptance(judged, repeats=repeats, seed=seed)
    return {
        "overall": _figures_json(summed.overall),
        "subgroups": _subgroups_json(summed),
        "froc": _froc_json(judged),
    }


def figures_told(report: Json) -> Json:
    """Return the figures of a report of any format; `patients` is None where it did not say how many."""
    figures: Json = _with_patients(report["figures"])
    return figures


def _with_patients(told: Any) -> Any:
    if isinstance(told, list):
        return [_with_patients(one) for one in told]
    if not isinstance(told, dict):
        return told
    known = {"patients": None} if "cases" in told else {}
    return known | {name: _with_patients(one) for name, one in told.items()}


def _subgroups_json(summed: Acceptance) -> list[Json]:
    return [
        {
            "question": question,
            "title": QUESTIONS.get(question, Text(question, question)).to_json(),
            "answers": [
                {
                    "answer": answer,
                    "title": title_of_answer(answer).to_json(),
                    "figures": _figures_json(figures),
                }
                for answer, figures in answers.items()
            ],
        }
        for question, answers in sorted(summed.subgroups.items(), key=lambda item: _place(item[0]))
    ]


def _place(question: str) -> int:
    known = list(QUESTIONS)
    return known.index(question) if question in known else len(known)


def _figures_json(figures: Figures) -> Json:
    return {
        "cases": figures.cases,
        "failed": figures.failed,
        "patients": figures.patients,
        "sensitivity": _interval_json(figures.sensitivity),
        "specificity": _interval_json(figures.specificity),
        "mean_dice": _by_label(figures.mean_dice),
        "volume_bias": _by_label(figures.volume_bias),
        "absolute_volume_error": _by_label(figures.absolute_volume_error),
        "competition_performance_metric": _interval_json(figures.competition_performance_metric),
        "sensitivity_at": [
            {"rate": rate, "interval": _interval_json(interval)}
            for rate, interval in figures.sensitivity_at.items()
        ],
        "mark_sensitivity": _interval_json(figures.mark_sensitivity),
        "false_positives_per_scan": _interval_json(figures.false_positives_per_scan),
        "median_s": figures.median_s,
    }


def _by_label(values: Mapping[str, Figure]) -> list[Json]:
    return [{"label": label, "interval": _interval_json(one)} for label, one in sorted(values.items())]


def _interval_json(figure: Figure | None) -> Json | None:
    if figure is None:
        return None
    return {
        "value": round(figure.value, 6),
        "low": None if figure.low is None else round(figure.low, 6),
        "high": None if figure.high is None else round(figure.high, 6),
        "cases": figure.cases,
        "patients": figure.patients,
    }


def _froc_json(judged: Sequence[Judged]) -> Json | None:
    curve = curve_of([case.marks for case in judged if case.marks is not None])
    if curve is None:
        return None
    return {
        "scans": curve.scans,
        "targets": curve.targets,
        "found": curve.found,
        "false_positives": curve.false_positives,
        "points": [
            {
                "false_positives_per_scan": round(float(rate), 6),
                "sensitivity": round(float(sensitivity), 6),
                "score": round(float(score), 6) if n else None,
            }
            for n, (rate, sensitivity, score) in enumerate(
                zip(curve.false_positives_per_scan, curve.sensitivity, curve.scores, strict=True)
            )
        ],
    }
