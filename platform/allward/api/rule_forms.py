"""The wire forms of routing rules and of their dry run."""

import re
from typing import Any

from rest_framework import serializers

from allward.api.plugin_forms import Form, TextForm
from allward.runs.states import Priority

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


def _words(**options: Any) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=100), max_length=100, required=False, **options
    )


def _number(**options: Any) -> serializers.FloatField:
    return serializers.FloatField(min_value=0, allow_null=True, required=False, **options)


class TimeField(serializers.RegexField):
    """A time of day as HH:MM."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_TIME, max_length=5, allow_null=True, required=False, **options)


class ConditionsForm(Form):
    """What a rule asks beyond what the plug-in wants; what is left out, empty or null is not asked."""

    calling_ae_titles = _words()
    departments = _words(help_text="codes")
    modalities = _words()
    body_parts = _words()
    description_contains = _words(help_text="one of these, in study, series or protocol")
    description_excludes = _words()
    min_age_years = _number()
    max_age_years = _number()
    min_slice_thickness_mm = _number()
    max_slice_thickness_mm = _number()
    min_slices = serializers.IntegerField(min_value=0, allow_null=True, required=False)
    max_slices = serializers.IntegerField(min_value=0, allow_null=True, required=False)
    from_time = TimeField(help_text="HH:MM by the clock of the modality")
    until_time = TimeField(help_text="HH:MM, excluded; earlier than from_time: over midnight")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a span that nothing lies in."""
        for name in ("age_years", "slice_thickness_mm", "slices"):
            least, most = attrs.get(f"min_{name}"), attrs.get(f"max_{name}")
            if least is not None and most is not None and least > most:
                raise serializers.ValidationError({f"min_{name}": f"is more than max_{name}"})
        return attrs


class RuleChangeForm(Form):
    """What may be changed of a rule."""

    name = serializers.CharField(max_length=200, required=False)
    enabled = serializers.BooleanField(required=False)
    priority = serializers.ChoiceField(choices=[each.name for each in Priority], required=False)
    due_within_s = serializers.IntegerField(min_value=1, max_value=864_000, allow_null=True, required=False)
    conditions = ConditionsForm(required=False)
    parameters = serializers.DictField(
        required=False, help_text="values of the plug-in's parameters; they go before the installation's"
    )


class RuleOrderForm(RuleChangeForm):
    """A rule that is to be."""

    name = serializers.CharField(max_length=200)
    installation_id = serializers.UUIDField()
    slot = serializers.CharField(max_length=100, help_text="one of those that the plug-in fills")


class RuleInstallationForm(Form):
    """What a rule points to."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    department = serializers.CharField(allow_null=True, help_text="code")
    version_id = serializers.UUIDField()
    plugin_id = serializers.CharField()
    version = serializers.CharField()
    title = TextForm()


class RuleForm(Form):
    """A rule of the hospital."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    app = serializers.CharField()
    slot = serializers.CharField()
    enabled = serializers.BooleanField()
    priority = serializers.ChoiceField(choices=[each.name for each in Priority])
    due_within_s = serializers.IntegerField(allow_null=True)
    installation = RuleInstallationForm()
    wants = serializers.DictField()
    conditions = ConditionsForm()
    parameters = serializers.DictField(help_text="values that the rule sets, by name")
    parameters_form = serializers.DictField(
        allow_null=True, help_text="JSON Schema of the values that may be set; null: there are none"
    )


class RulesForm(Form):
    """Every rule of the hospital, the most urgent first."""

    rules = RuleForm(many=True)


class DryRunOrderForm(Form):
    """Which plug-in's wishes and which conditions are tried, on how many of the latest series."""

    version_id = serializers.UUIDField()
    department = serializers.SlugField(
        allow_null=True, default=None, help_text="code: as if installed there; null: in the whole hospital"
    )
    conditions = ConditionsForm(required=False)
    most_series = serializers.IntegerField(min_value=1, max_value=100_000, default=10_000)


class ExampleForm(Form):
    """A series, without anything that tells the patient."""

    series_id = serializers.UUIDField()
    study_id = serializers.UUIDField()
    study_date = serializers.DateField(allow_null=True)
    modality = serializers.CharField()
    description = serializers.CharField()
    slices = serializers.IntegerField()
    detail = TextForm()


class ClauseForm(Form):
    """How many series a clause kept from running; each series is counted under the first that failed."""

    clause = serializers.CharField()
    not_evaluable = serializers.BooleanField()
    count = serializers.IntegerField()
    examples = ExampleForm(many=True)


class DryRunForm(Form):
    """What a rule would have done with what is stored."""

    considered = serializers.IntegerField()
    stored = serializers.IntegerField(help_text="series that the hospital has in all")
    would_run = serializers.IntegerField()
    running = ExampleForm(many=True)
    not_running = ClauseForm(many=True)
    took_s = serializers.FloatField()
