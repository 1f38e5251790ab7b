"""The wire forms of what acceptance answers; what it is asked stands in `acceptance_orders.py`."""

from rest_framework import serializers

from allward.acceptance.states import CaseState, SetState
from allward.api.acceptance_orders import ReaderMarkForm
from allward.api.plugin_forms import DepartmentForm, Form, TextForm


class TriedVersionForm(Form):
    """The version that is tried."""

    id = serializers.UUIDField()
    plugin_id = serializers.CharField()
    version = serializers.CharField()
    digest = serializers.CharField()
    title = TextForm()
    vendor = serializers.CharField()
    status = serializers.ChoiceField(choices=["research", "cleared"])


class TriedLabelForm(Form):
    """A label of the plug-in."""

    name = serializers.CharField()
    title = TextForm()
    kind = serializers.ChoiceField(choices=["organ", "lesion", "class"])


class CaseCountsForm(Form):
    """How many cases are in which state."""

    cases = serializers.IntegerField()
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    canceled = serializers.IntegerField()


class AcceptanceReportForm(Form):
    """The signed report."""

    digest = serializers.CharField(help_text="sha256 of report.json")
    keyid = serializers.CharField(help_text="of the hospital's key that signed it")
    pdf_keyid = serializers.CharField(
        allow_null=True, help_text="of the key that signed the PDFs; null: made before PDFs were signed"
    )
    made_at = serializers.DateTimeField()


class AcceptedForm(Form):
    """What was accepted on the ground of the report."""

    installation_id = serializers.UUIDField()
    department = DepartmentForm(allow_null=True)
    at = serializers.DateTimeField()
    by = serializers.CharField()
    remark = serializers.CharField()
    report_digest = serializers.CharField()


class AcceptanceSetForm(Form):
    """A set of past cases; `may` names what its state allows."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    state = serializers.ChoiceField(choices=[state.value for state in SetState])
    version = TriedVersionForm()
    slot = serializers.CharField()
    label = TriedLabelForm(  # type: ignore[assignment]  # hides an attribute that is not used
        allow_null=True
    )
    least_score = serializers.FloatField(allow_null=True)
    created_at = serializers.DateTimeField()
    created_by = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    reason = TextForm(allow_null=True, help_text="why its report could not be made")
    counts = CaseCountsForm()
    progress = serializers.FloatField()
    may = serializers.ListField(
        child=serializers.ChoiceField(choices=["add", "start", "cancel", "accept", "delete"])
    )
    report = AcceptanceReportForm(allow_null=True)
    accepted = AcceptedForm(many=True)


class TriedSeriesForm(Form):
    """A stored series, without its patient."""

    id = serializers.UUIDField()
    series_instance_uid = serializers.CharField()
    study_id = serializers.UUIDField()
    study_instance_uid = serializers.CharField()
    study_date = serializers.DateField(allow_null=True)
    modality = serializers.CharField()
    description = serializers.CharField()
    study_description = serializers.CharField()
    instances = serializers.IntegerField()


class ReferenceSegmentationForm(Form):
    """The Segmentation that says what is there."""

    series_instance_uid = serializers.CharField()
    sop_instance_uid = serializers.CharField()
    labels = serializers.DictField(child=serializers.CharField())


class CaseReferenceForm(Form):
    """What is known of a case; null: not given."""

    segmentation = ReferenceSegmentationForm(allow_null=True)
    marks = ReaderMarkForm(many=True, allow_null=True)
    present = serializers.BooleanField(allow_null=True)


class AcceptanceCaseForm(Form):
    """A case and what came of it."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    pseudonym = serializers.CharField(help_text="its name in the report")
    series = TriedSeriesForm()
    reference = CaseReferenceForm()
    state = serializers.ChoiceField(choices=[state.value for state in CaseState])
    reason = TextForm(allow_null=True)
    groups = serializers.DictField(child=serializers.CharField())
    outcome = serializers.DictField(
        allow_null=True, help_text="present, reported, outlines by label, marks, took_s"
    )


class TriedInstallationForm(Form):
    """Where the version is installed."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    department = DepartmentForm(allow_null=True)
    may_accept = serializers.BooleanField()


class FigureIntervalForm(Form):
    """A figure, where it lies with a probability of 95 % (null: too few cases to tell), and of how many."""

    value = serializers.FloatField()
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    cases = serializers.IntegerField(help_text="that have what the figure is about")
    patients = serializers.IntegerField(
        allow_null=True, help_text="of whom these cases are; null: the report did not say"
    )


class ByLabelForm(Form):
    """A figure of one label."""

    label = serializers.CharField()  # type: ignore[assignment]  # hides an attribute that is not used
    interval = FigureIntervalForm()


class ByRateForm(Form):
    """Sensitivity of marks at a number of false positives per scan."""

    rate = serializers.FloatField()
    interval = FigureIntervalForm()


class CaseGroupForm(Form):
    """What one group of cases tells; null or empty: nothing can be told."""

    cases = serializers.IntegerField()
    failed = serializers.IntegerField()
    patients = serializers.IntegerField(allow_null=True, help_text="null: the report did not say")
    sensitivity = FigureIntervalForm(allow_null=True)
    specificity = FigureIntervalForm(allow_null=True)
    mean_dice = ByLabelForm(many=True)
    volume_bias = ByLabelForm(many=True, help_text="share of the reference")
    absolute_volume_error = ByLabelForm(many=True, help_text="share of the reference")
    competition_performance_metric = FigureIntervalForm(allow_null=True)
    sensitivity_at = ByRateForm(many=True, help_text="empty where all marks score the same")
    mark_sensitivity = FigureIntervalForm(allow_null=True, help_text="of all marks")
    false_positives_per_scan = FigureIntervalForm(allow_null=True, help_text="of all marks")
    median_s = serializers.FloatField(allow_null=True)


class CaseAnswerForm(Form):
    """One subgroup."""

    answer = serializers.CharField()
    title = TextForm()
    figures = CaseGroupForm()


class SubgroupsForm(Form):
    """What cases are told apart by."""

    question = serializers.CharField()
    title = TextForm()
    answers = CaseAnswerForm(many=True)


class FrocPointForm(Form):
    """A point of the curve; the score from which marks count there."""

    false_positives_per_scan = serializers.FloatField()
    sensitivity = serializers.FloatField()
    score = serializers.FloatField(allow_null=True)


class FrocForm(Form):
    """The curve of marks."""

    scans = serializers.IntegerField()
    targets = serializers.IntegerField()
    found = serializers.IntegerField()
    false_positives = serializers.IntegerField()
    points = FrocPointForm(many=True)


class AcceptanceFiguresForm(Form):
    """All figures of the report."""

    overall = CaseGroupForm()
    subgroups = SubgroupsForm(many=True)
    froc = FrocForm(allow_null=True)


class AcceptanceSetDetailForm(AcceptanceSetForm):
    """A set with its cases and figures."""

    labels = TriedLabelForm(many=True)
    installations = TriedInstallationForm(many=True)
    cases = AcceptanceCaseForm(many=True)
    figures = AcceptanceFiguresForm(allow_null=True)


class CasesAddedForm(Form):
    """What became of a list of cases."""

    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    set = AcceptanceSetDetailForm()


class AcceptancePlaceForm(Form):
    """What a department said, and what holds."""

    department = DepartmentForm()
    required = serializers.BooleanField(  # type: ignore[assignment]  # hides an attribute that is not used
        allow_null=True
    )
    applies = serializers.BooleanField()


class AcceptanceSettingsForm(Form):
    """Where acceptance is asked for; null: by default."""

    hospital = serializers.BooleanField(allow_null=True)
    departments = AcceptancePlaceForm(many=True)


class AcceptanceSetsForm(Form):
    """Every set, the newest first, and where acceptance is asked for."""

    sets = AcceptanceSetForm(many=True)
    settings = AcceptanceSettingsForm()


class SegmentationChoiceForm(Form):
    """A series of Segmentations in the same study."""

    series_instance_uid = serializers.CharField()
    description = serializers.CharField()


class SeriesChoiceForm(Form):
    """A series that the plug-in may be tried on."""

    series = TriedSeriesForm()
    in_set = serializers.BooleanField()
    segmentations = SegmentationChoiceForm(many=True)


class SeriesChoicesForm(Form):
    """The first hundred."""

    series = SeriesChoiceForm(many=True)
    more = serializers.BooleanField()
