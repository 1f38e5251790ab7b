"""The wire forms of shadows, their statistics, and the drift of an enabled version."""

import math
from typing import Any

from rest_framework import serializers

from allward.api.plugin_forms import Form, RemarkForm, TextForm
from allward.shadow.guard import Guard

_DEFAULT = Guard()


class FiniteField(serializers.FloatField):
    """A number that can be compared."""

    def to_internal_value(self, data: Any) -> float:
        """Read it; NaN lies within any limits and is refused."""
        value = float(super().to_internal_value(data))
        if not math.isfinite(value):
            self.fail("invalid")
        return value


class GuardForm(Form):
    """From when on, and by what, a shadow counts as worse."""

    least_cases = serializers.IntegerField(
        min_value=6, max_value=100_000, default=_DEFAULT.least_cases, help_text="before so many: nothing"
    )
    least_median_dice = FiniteField(
        min_value=0, max_value=1, allow_null=True, default=_DEFAULT.least_median_dice,
        help_text="of a label against the enabled version; null: not asked",
    )  # fmt: skip
    most_p = FiniteField(
        min_value=0, max_value=0.5, allow_null=True, default=_DEFAULT.most_p,
        help_text="of McNemar's exact test; null: not asked",
    )  # fmt: skip


class ShadowOrderForm(Form):
    """A version that is to run in shadow."""

    share_percent = FiniteField(min_value=0, max_value=100, help_text="of the studies")
    guard = GuardForm(default=dict)


class IntervalForm(Form):
    """A figure and where it lies with a probability of 95 %."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class TableForm(Form):
    """Cases by whether each of the two is so."""

    both = serializers.IntegerField()
    shadow_only = serializers.IntegerField()
    enabled_only = serializers.IntegerField()
    neither = serializers.IntegerField()
    kappa = serializers.FloatField(allow_null=True, help_text="Cohen's; null: not defined")
    p = serializers.FloatField(help_text="McNemar's exact test, two-sided")


class LabelAgreementForm(Form):
    """How much alike one label is drawn."""

    name = serializers.CharField()
    title = TextForm()
    cases = serializers.IntegerField()
    median_dice = IntervalForm(allow_null=True)
    volume_bias_ml = serializers.FloatField(allow_null=True, help_text="mean of shadow minus enabled")
    low_limit_ml = serializers.FloatField(allow_null=True, help_text="limits of agreement")
    high_limit_ml = serializers.FloatField(allow_null=True)


class AccuracyForm(Form):
    """One version against reviewers."""

    sensitivity = IntervalForm(allow_null=True)
    specificity = IntervalForm(allow_null=True)


class StatisticsForm(Form):
    """How a shadow and the enabled version agree."""

    cases = serializers.IntegerField()
    paired = serializers.IntegerField(help_text="read by both")
    alone = serializers.IntegerField(help_text="read while nothing was enabled")
    found = TableForm(help_text="something found")
    failed = TableForm(help_text="ended without output")
    right = TableForm(help_text="said the same as reviewers")
    labels = LabelAgreementForm(many=True)
    shadow = AccuracyForm()
    enabled = AccuracyForm()
    median_device_s = serializers.FloatField(allow_null=True)
    enabled_median_device_s = serializers.FloatField(allow_null=True)


class WorseForm(Form):
    """Since when the guard counts a shadow as worse, and by what."""

    at = serializers.DateTimeField()
    reasons = RemarkForm(many=True)


class ShadowForm(Form):
    """A version that runs, or ran, in shadow."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=["running", "stopped", "ended"])
    share_percent = serializers.FloatField()
    guard = GuardForm()
    begun_at = serializers.DateTimeField()
    begun_by = serializers.CharField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = serializers.CharField()
    worse = WorseForm(allow_null=True)
    kept_back = TextForm(allow_null=True, help_text="why the latest study was not given to it")


class ShadowDetailForm(ShadowForm):
    """A shadow with its statistics."""

    waiting = serializers.IntegerField(help_text="series that one of the two has not read yet")
    statistics = StatisticsForm()


class ShadowsForm(Form):
    """The latest shadow of an installation with its statistics, and those before it."""

    shadow = ShadowDetailForm(allow_null=True)
    earlier = ShadowForm(many=True)


class WeekForm(Form):
    """What was said in one week; shares without an answer are null."""

    begins = serializers.DateField(help_text="its Monday, in UTC")
    studies = serializers.IntegerField()
    failed_share = serializers.FloatField()
    found_share = serializers.FloatField(allow_null=True)
    accepted_share = serializers.FloatField(allow_null=True)
    rejected_share = serializers.FloatField(allow_null=True)
    median_volume_ml = serializers.DictField(child=serializers.FloatField(), help_text="by label")


class ChangeForm(Form):
    """A line of which a block of studies differs from the first ones."""

    line = serializers.ChoiceField(choices=["failed", "found", "rejected", "volume"])
    of = serializers.CharField(help_text="label of a volume; empty for all else")
    since = serializers.DateTimeField()
    before = serializers.FloatField()
    after = serializers.FloatField()
    p = serializers.FloatField()
    flagged = serializers.IntegerField(help_text="blocks that were flagged so far")
    blocks = serializers.IntegerField(help_text="blocks that were tested")
    goes_on = serializers.BooleanField(help_text="whether the latest block is flagged too")
    text = TextForm()


class DriftLabelForm(Form):
    """A label whose volume is told."""

    name = serializers.CharField()
    title = TextForm()


class DriftForm(Form):
    """What a version said in its place, week by week, and what changed."""

    studies = serializers.IntegerField()
    watched = serializers.BooleanField(help_text="whether there are enough for the first test")
    baseline = serializers.IntegerField(help_text="first studies that later ones are compared with")
    block = serializers.IntegerField(help_text="studies that are tested together")
    alpha = serializers.FloatField(help_text="probability of a false alarm for each block and line")
    labels = DriftLabelForm(many=True)
    weeks = WeekForm(many=True)
    changes = ChangeForm(many=True)
