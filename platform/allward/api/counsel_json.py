"""Advice, questions and guidelines in use, as the wire has them."""

from typing import Any
from uuid import UUID

from allward.counsel.advising import Advised, advising_apps, guidelines_of, in_use_of
from allward.results.states import ReviewState
from allward_runner.abilities import Advice, Advising, Question, Tabled
from allward_runner.guideline_tables import GuidelineTable, TableRule
from allward_sdk.parts import Localised


def advised_json(advised: Advised) -> dict[str, Any]:
    """Return what is advised on a result; what is not counted is named."""
    counsel, answers = advised.by_record, advised.answers
    others = [each for each in advised.records if each.review_state != ReviewState.ACCEPTED]
    return {
        "result_id": str(advised.result.pk),
        "advises": advised.advises,
        "version": 0 if answers is None else answers.version,
        "answered_by": None if answers is None else answers.author_name,
        "answered_at": None if answers is None else answers.at.isoformat(),
        "counted": [str(each.pk) for each in advised.counted],
        "not_counted": [
            {"finding_id": str(each.pk), "title": each.finding["title"], "state": each.review_state}
            for each in others
        ],
        "preliminary": any(each.review_state == ReviewState.UNREVIEWED for each in others),
        "guidelines": [_named(name, title) for name, title in advised.guidelines.items()],
        "advice": [_advice(each) for each in counsel.advice],
        "questions": [_question(each) for each in counsel.questions],
    }


def guidelines_json(tenant_id: UUID) -> dict[str, Any]:
    """Return which guidelines a hospital uses with each app that advises."""
    listed = []
    for name, app in advising_apps().items():
        assert isinstance(app, Advising)
        use = guidelines_of(tenant_id, name)
        listed.append(
            {
                "app": name,
                "title": app.title.model_dump(),
                "version": 0 if use is None else use.version,
                "changed_by": None if use is None else use.changed_by,
                "changed_at": None if use is None else use.changed_at.isoformat(),
                "in_use": list(in_use_of(app, use)),
                "available": [_named(each, title) for each, title in app.guidelines.items()],
            }
        )
    return {"apps": listed}


def tables_json() -> dict[str, Any]:
    """Return the tables that the guidelines of each app stand in, rule by rule."""
    apps = {name: app for name, app in advising_apps().items() if isinstance(app, Tabled)}
    return {
        "apps": [
            {
                "app": name,
                "title": app.title.model_dump(),
                "tables": [_table(each) for each in app.guideline_tables],
            }
            for name, app in apps.items()
        ]
    }


def _table(table: GuidelineTable) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title.model_dump(),
        "version": table.version,
        "edition": table.edition,
        "source": table.source,
        "notes": [each.model_dump() for each in table.notes],
        "excludes": [_rule(each) for each in table.excludes],
        "lists": [
            {"title": title.model_dump(), "rules": [_rule(each) for each in rules]}
            for title, rules in table.rules
        ],
        "recommended": [
            {"category": category, "text": text.model_dump()} for category, text in table.recommended.items()
        ],
    }


def _rule(rule: TableRule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "when": [
            {"question": question.model_dump(), "answers": answers.model_dump()}
            for question, answers in rule.when
        ],
        "said": rule.said.model_dump(),
        "category": rule.category,
        "source": rule.source,
    }


def _advice(advice: Advice) -> dict[str, Any]:
    recommended = advice.recommended
    return {
        "source": advice.source.model_dump(),
        "said": advice.said.model_dump(),
        "recommended": None if recommended is None else recommended.model_dump(),
        "rule_id": advice.rule_id or None,
        "category": advice.category,
        "probability": advice.probability,
        "finding_id": advice.finding_id,
        "looked_at": [each.model_dump() for each in advice.looked_at],
        "notes": [each.model_dump() for each in advice.notes],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "finding_id": question.finding_id,
        "title": question.title.model_dump(),
        "kind": question.kind,
        "options": [_named(name, title) for name, title in question.options.items()],
        "unit": question.unit,
        "least": question.least,
        "most": question.most,
        "why": question.why.model_dump(),
        "known": question.known,
        "answer": question.answer,
        "needed": question.needed,
    }


def _named(name: str, title: Localised) -> dict[str, Any]:
    return {"name": name, "title": title.model_dump()}
