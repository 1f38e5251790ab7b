"""The wire forms of vendors' keys and submissions, for the schema; a test holds the answers to them."""

from enum import StrEnum

from rest_framework import serializers

from allward.api.plugin_forms import Form, TextForm
from allward.publishing.states import KeyState, SubmissionState


def _one_of(states: type[StrEnum]) -> str:
    """Name the values of a field: several sets of choices under one name have no name in the schema."""
    return ", ".join(state.value for state in states)


class VendorKeyForm(Form):
    """A key with which a vendor signs; `may` names the states that it can be given."""

    id = serializers.UUIDField()
    keyid = serializers.CharField()
    prefixes = serializers.ListField(child=serializers.CharField())
    state = serializers.CharField(help_text=_one_of(KeyState))
    reason = serializers.CharField()
    added_at = serializers.DateTimeField()
    added_by = serializers.CharField()
    may = serializers.ListField(child=serializers.CharField())


class VendorKeysForm(Form):
    """Every key of the vendor, and the name under which the catalogue lists them."""

    publisher = serializers.CharField()
    keys = VendorKeyForm(many=True)


class KeyRegistrationForm(Form):
    """Keys as `allward plugin key show` prints one, or a list of such."""

    publishers = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=50)


class KeyChangeForm(Form):
    """What a key is to prove from now on, and why."""

    state = serializers.RegexField("^(rotated|revoked)$")
    reason = serializers.CharField(max_length=500)


class CheckLineForm(Form):
    """What one rule said."""

    number = serializers.IntegerField()
    level = serializers.CharField()
    rule = TextForm()
    verdict = serializers.CharField(help_text="done, failed, exempt")
    faults = serializers.ListField(child=serializers.CharField())
    reason = serializers.CharField()
    mend = TextForm(allow_null=True)


class CheckLogForm(Form):
    """The lines of the last check after those that the reader has; `rules`: how many there will be."""

    state = serializers.CharField(help_text=_one_of(SubmissionState))
    check = serializers.IntegerField(help_text="number of the last check; 0: none has begun")
    rules = serializers.IntegerField()
    lines = CheckLineForm(many=True)


class VersionWithdrawalForm(Form):
    """Since when, by whom and why; `in_catalogue`: since when hospitals can read it."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    reason = serializers.CharField()
    in_catalogue = serializers.DateTimeField(allow_null=True)


class PackageDecisionForm(Form):
    """The operator's word."""

    at = serializers.DateTimeField()
    by = serializers.CharField()
    words = serializers.CharField()


class SubmissionForm(Form):
    """A package on its way; `failed`: the rules that it breaks, `refusal`: why its check had no end."""

    id = serializers.UUIDField()
    plugin_id = serializers.CharField()
    version = serializers.CharField()
    title = TextForm()
    status = serializers.ChoiceField(choices=["research", "cleared"])
    digest = serializers.CharField()
    size_bytes = serializers.IntegerField()
    keyid = serializers.CharField()
    state = serializers.CharField(help_text=_one_of(SubmissionState))
    submitted_at = serializers.DateTimeField()
    submitted_by = serializers.CharField()
    failed = CheckLineForm(many=True)
    refusal = TextForm(allow_null=True)
    decision = PackageDecisionForm(allow_null=True)
    published_at = serializers.DateTimeField(allow_null=True)
    yanked = VersionWithdrawalForm(allow_null=True)
    may = serializers.ListField(child=serializers.CharField(), help_text="decide, yank")


class SubmissionsForm(Form):
    """Every submission of the vendor, the latest first."""

    submissions = SubmissionForm(many=True)


class ManifestChangeForm(Form):
    """One place where the manifest differs from the version before; null: not there."""

    part = serializers.CharField()
    path = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class ManifestDifferenceForm(Form):
    """What is different from the version before."""

    version = serializers.CharField()
    changes = ManifestChangeForm(many=True)


class PackageEntryForm(Form):
    """One file of the package."""

    name = serializers.CharField()
    size_bytes = serializers.IntegerField()


class PackageCaseForm(Form):
    """An acceptance case: its file and what stands in it."""

    name = serializers.CharField()
    text = serializers.CharField()


class SubmissionDetailForm(SubmissionForm):
    """A submission with what stands in its package; `difference` is null for the first version."""

    vendor = serializers.CharField()
    statement = TextForm()
    contraindications = TextForm(many=True)
    registrations = serializers.ListField(child=serializers.DictField())
    wants = serializers.DictField()
    fills = serializers.ListField(child=serializers.CharField())
    resources = serializers.DictField()
    licences = serializers.DictField()
    labels = serializers.ListField(child=serializers.DictField())
    models = serializers.DictField()
    model_card = serializers.CharField(allow_blank=True)
    licence_text = serializers.CharField(allow_blank=True)
    entries = PackageEntryForm(many=True)
    cases = PackageCaseForm(many=True)
    difference = ManifestDifferenceForm(allow_null=True)


class VersionWithdrawForm(Form):
    """Why a version is withdrawn; hospitals will read it."""

    reason = serializers.CharField(max_length=500)


class SubmitterForm(Form):
    """Who handed it in."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    name = TextForm()


class PackageReviewForm(SubmissionForm):
    """A submission in the operators' queue."""

    tenant = SubmitterForm()
    since = serializers.DateTimeField(help_text="since when it waits for an operator")
    fault = serializers.CharField(help_text="why the catalogue did not take it, or empty")


class ReviewQueueForm(Form):
    """What waits, the oldest first, and behind it what was decided lately."""

    cases = PackageReviewForm(many=True)


class ReviewDetailForm(SubmissionDetailForm):
    """A case with all that a decision needs; `obstacles`: why the catalogue would not take it now."""

    tenant = SubmitterForm()
    since = serializers.DateTimeField()
    fault = serializers.CharField()
    obstacles = TextForm(many=True)
    prefixes = serializers.ListField(child=serializers.CharField(), help_text="that the key may sign")


class DecisionOrderForm(Form):
    """Yes or no, with words that the vendor reads."""

    decision = serializers.RegexField("^(accept|decline)$")
    words = serializers.CharField(max_length=4000)
