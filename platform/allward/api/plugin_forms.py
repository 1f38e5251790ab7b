"""The wire forms of plug-in versions and installations, for the schema; a test holds the answers to them."""

from typing import Any

from rest_framework import serializers

Form = serializers.Serializer[dict[str, Any]]


class TextForm(Form):
    """A sentence in both languages."""

    en = serializers.CharField()
    zh = serializers.CharField()


class RemarkForm(TextForm):
    """A sentence with the code of what it is about."""

    code = serializers.CharField()


class DepartmentForm(Form):
    """A department of the hospital."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = TextForm()
    use = serializers.ChoiceField(choices=["clinical", "research"])


class InstallationForm(Form):
    """A version in a department; `may` names the moves that its state allows."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    department = DepartmentForm(allow_null=True)
    parameters = serializers.DictField(help_text="values that are set here, by name; what is not is default")
    changed_at = serializers.DateTimeField()
    changed_by = serializers.CharField()
    may = serializers.ListField(
        child=serializers.ChoiceField(choices=["enable", "roll-back", "yank", "uninstall"])
    )


class PublisherForm(Form):
    """Whose signature the package bears, as this hospital knows the key."""

    keyid = serializers.CharField()
    name = serializers.CharField(allow_null=True)
    state = serializers.ChoiceField(choices=["active", "rotated", "revoked", "unknown"])
    own = serializers.BooleanField()


class RegistrationForm(Form):
    """One registration (注册证) of a cleared version."""

    authority = serializers.CharField()
    registrant = serializers.CharField()
    number = serializers.CharField()
    version = serializers.CharField()
    valid_until = serializers.DateField()
    days_left = serializers.IntegerField()
    holds = serializers.BooleanField()
    counts = serializers.BooleanField(help_text="whether this hospital goes by it")


class YankForm(Form):
    """Since when, by whom and why no new run begins."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()


class AppForm(Form):
    """An app whose slot the version fills, and what it claims for itself."""

    id = serializers.CharField()
    version = serializers.CharField()
    title = TextForm()
    status = serializers.ChoiceField(
        choices=["research", "cleared"], allow_null=True, help_text="null: it claims nothing of its own"
    )
    statement = TextForm(allow_null=True)
    registrations = RegistrationForm(many=True)
    blocked = RemarkForm(allow_null=True)
    warnings = RemarkForm(many=True)


class VersionForm(Form):
    """A plug-in version that the hospital knows."""

    id = serializers.UUIDField()
    plugin_id = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()
    vendor = serializers.CharField()
    title = TextForm()
    statement = TextForm()
    contraindications = TextForm(many=True)
    status = serializers.ChoiceField(choices=["research", "cleared"])
    udi = serializers.CharField(allow_null=True)
    registrations = RegistrationForm(many=True)
    authority = serializers.CharField(
        allow_null=True, help_text="whose registration counts here; null: every one has to hold"
    )
    publisher = PublisherForm(allow_null=True)
    blocked = RemarkForm(allow_null=True)
    warnings = RemarkForm(many=True)
    yanked = YankForm(allow_null=True)
    fills = serializers.ListField(child=serializers.CharField())
    wants = serializers.DictField()
    apps = AppForm(many=True)
    resources = serializers.DictField()
    parameters = serializers.DictField(
        allow_null=True, help_text="JSON Schema of the values that may be set; null: the version has none"
    )
    imported_at = serializers.DateTimeField()
    imported_by = serializers.CharField()
    installations = InstallationForm(many=True)


class VersionsForm(Form):
    """Every version that the hospital knows, and the departments where one may be installed."""

    plugins = VersionForm(many=True)
    departments = DepartmentForm(many=True)


class HistoryForm(Form):
    """One line of the audit trail."""

    at = serializers.DateTimeField()
    actor = serializers.CharField()
    what = serializers.CharField()
    detail = serializers.DictField()


class FitForm(Form):
    """Whether the engines have what one run declares."""

    refused = TextForm(allow_null=True, help_text="why it cannot be installed here; null: it can")
    warnings = TextForm(many=True)


class VersionDetailForm(VersionForm):
    """A version with all that its package says."""

    fit = FitForm(allow_null=True, help_text="for administrators; null for others")

    contract = serializers.IntegerField()
    labels = serializers.ListField(child=serializers.DictField())
    measurements = serializers.ListField(child=serializers.DictField())
    stages = serializers.ListField(child=serializers.DictField())
    licences = serializers.DictField()
    licence_text = serializers.CharField()
    model_card = serializers.CharField()
    sbom = serializers.JSONField()
    history = HistoryForm(many=True)


class InstallForm(Form):
    """Where a version is to be installed."""

    department = serializers.SlugField(
        allow_null=True, default=None, help_text="code of a department; null: the whole hospital"
    )
    parameters = serializers.DictField(required=False, help_text="values, as the version's schema says")


class ParametersForm(Form):
    """Values of a version's parameters in a place; what is left out is as the vendor tested it."""

    values = serializers.DictField()


class YankOrderForm(Form):
    """Why a version is withdrawn."""

    reason = serializers.CharField(max_length=500)
