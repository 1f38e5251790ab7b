"""The wire forms of entitlements and of usage."""

from rest_framework import serializers

from allward.api.plugin_forms import Form, TextForm
from allward.entitlements.standing import State
from allward_sdk.entitlement import PAYLOAD_TYPE


class SignatureForm(Form):
    """Of the publisher."""

    keyid = serializers.CharField()
    sig = serializers.CharField(help_text="base64")


class TokenForm(Form):
    """A token as `allward entitlement issue` prints it: a DSSE envelope."""

    payload = serializers.CharField(help_text="base64 of what is signed")
    payloadType = serializers.ChoiceField(choices=[PAYLOAD_TYPE])  # noqa: N815  # DSSE's own name
    signatures = SignatureForm(many=True)


class HospitalForm(Form):
    """The hospital as a publisher needs to know it."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    tenant = serializers.CharField(help_text="what `allward entitlement issue --tenant` takes")


class ClockForm(Form):
    """The time that counts for entitlements."""

    at = serializers.DateTimeField()
    behind_s = serializers.IntegerField(
        allow_null=True, help_text="how far the server's clock is behind it; null: it goes right"
    )


class QuotaForm(Form):
    """How many studies may be analysed, and how many were."""

    studies = serializers.IntegerField()
    per = serializers.ChoiceField(choices=["month", "total"])
    used = serializers.IntegerField()


class EntitlementForm(Form):
    """A token that the hospital has."""

    id = serializers.UUIDField()
    serial = serializers.UUIDField(help_text="the token's own id")
    publisher = serializers.CharField(allow_null=True, help_text="null: its key is not trusted (any more)")
    keyid = serializers.CharField()
    plugin = serializers.CharField(help_text="id, or beginning of ids with a full stop at its end")
    kind = serializers.ChoiceField(choices=["trial", "licence"])
    features = serializers.ListField(child=serializers.CharField(), help_text="slots; empty: all")
    not_before = serializers.DateTimeField()
    expires = serializers.DateTimeField()
    grace_until = serializers.DateTimeField()
    quota = QuotaForm(allow_null=True)
    issued_at = serializers.DateTimeField()
    installed_at = serializers.DateTimeField()
    installed_by = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in State])
    runs = serializers.BooleanField(help_text="whether new runs begin under it")
    text = TextForm(help_text="how it stands, and what to do")


class EntitlementsForm(Form):
    """Every token that the hospital has, the one that is used first in front."""

    hospital = HospitalForm()
    clock = ClockForm()
    entitlements = EntitlementForm(many=True)


class UsageLineForm(Form):
    """How many studies an app analysed with a plug-in."""

    app = serializers.CharField()
    plugin_id = serializers.CharField()
    studies = serializers.IntegerField()
    versions = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="version to studies; a study that ran on two is counted under each",
    )


class UsageMonthForm(Form):
    """How many studies were analysed in a month by whatever app."""

    month = serializers.CharField(help_text="YYYY-MM, in UTC")
    studies = serializers.IntegerField()


class UsageForm(Form):
    """A month's usage; each study is counted once, however often it ran."""

    month = serializers.CharField(help_text="YYYY-MM, in UTC")
    studies = serializers.IntegerField(help_text="by whatever app")
    usage = UsageLineForm(many=True)
    months = UsageMonthForm(many=True, help_text="the last twelve, the present one at the end")
