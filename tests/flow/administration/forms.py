"""Whether an answer has the form that the schema states: every key, no other."""

from typing import Any

from rest_framework import serializers


def faults_of(form: serializers.BaseSerializer[Any], answer: Any, place: str = "answer") -> list[str]:
    """Return where an answer differs from its form."""
    if answer is None:
        return []
    if isinstance(form, serializers.ListSerializer):
        return [
            fault
            for number, one in enumerate(answer)
            for fault in faults_of(form.child, one, f"{place}.{number}")
        ]
    if not isinstance(form, serializers.Serializer):
        return []
    if set(form.fields) != set(answer):
        return [f"{place}: {sorted(set(form.fields) ^ set(answer))}"]
    return [
        fault
        for name, field in form.fields.items()
        for fault in faults_of(field, answer[name], f"{place}.{name}")
    ]
