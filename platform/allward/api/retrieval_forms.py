"""The wire forms of source archives and retrievals."""

from typing import Any

from rest_framework import serializers

from allward.api.plugin_forms import Form
from allward.retrieval.actions import ArchiveSettings, Wanted
from allward.retrieval.actions.archives import LEAST_BITS_PER_S, MOST_ASSOCIATIONS
from allward.retrieval.lists import MOST_LINES, read_list
from allward.retrieval.rows import StudyQuery
from allward.retrieval.states import Method, Purpose, RetrievalState
from allward.retrieval.window import Window


class WindowForm(Form):
    """When studies may be fetched."""

    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7), help_text="on which it opens, 1 is Monday"
    )
    opens = serializers.CharField(max_length=5, help_text="HH:MM")
    closes = serializers.CharField(max_length=5, help_text="HH:MM, excluded; before `opens`: over midnight")
    time_zone = serializers.CharField(max_length=64, help_text="such as Asia/Shanghai")


class ArchiveOrderForm(Form):
    """An archive as it is to be."""

    name = serializers.CharField(max_length=100)
    method = serializers.ChoiceField(choices=[each.value for each in Method])
    host = serializers.CharField(max_length=255, required=False, allow_blank=True, default="")
    port = serializers.IntegerField(min_value=1, max_value=65535, required=False, default=104)
    called_ae_title = serializers.CharField(max_length=16, required=False, allow_blank=True, default="")
    calling_ae_title = serializers.CharField(
        max_length=16, required=False, allow_blank=True, default="",
        help_text="one of the hospital's own; empty: the first of them",
    )  # fmt: skip
    move_destination = serializers.CharField(
        max_length=16, required=False, allow_blank=True, default="",
        help_text="our AE title, as the archive knows it: one of the hospital's own; empty: the platform's",
    )  # fmt: skip
    base_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="of its DICOMweb"
    )
    username = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    secret = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, allow_null=True, default=None, write_only=True,
        help_text="password, or bearer token where there is no user name; null: the one that is kept stays, "
        "unless the address or the user name changes",
    )  # fmt: skip
    fallback_charset = serializers.CharField(max_length=30, required=False, default="GB18030")
    issuer_of_patient_id = serializers.CharField(
        max_length=64, required=False, allow_blank=True, default="", help_text="of answers that state none"
    )
    window = WindowForm(required=False, allow_null=True, default=None)
    bits_per_s = serializers.IntegerField(
        min_value=LEAST_BITS_PER_S, required=False, allow_null=True, default=None, help_text="null: no cap"
    )
    max_associations = serializers.IntegerField(
        min_value=1, max_value=MOST_ASSOCIATIONS, required=False, default=1
    )
    enabled = serializers.BooleanField(required=False, default=True)

    def settings(self) -> ArchiveSettings:
        """Return what the actions take; raises `BadInputError` for a window that is none."""
        said = dict(self.validated_data)
        window = Window.from_json(said.pop("window")) if said["window"] else None
        said.pop("window", None)
        return ArchiveSettings(**said, window=window)


class LastTestForm(Form):
    """How an archive answered when a person had it asked."""

    at = serializers.DateTimeField()
    answers = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class ArchiveForm(ArchiveOrderForm):
    """An archive of the hospital; its secret is never told."""

    id = serializers.UUIDField()
    has_secret = serializers.BooleanField()
    last_test = LastTestForm(allow_null=True, help_text="null: never, as it is entered now")


class OwnTitleForm(Form):
    """An AE title that is this hospital's alone."""

    id = serializers.UUIDField()
    ae_title = serializers.CharField()
    archives = serializers.ListField(
        child=serializers.CharField(),
        help_text="names of the archives that are called under it or send to it",
    )


class OwnTitlesForm(Form):
    """The hospital's own AE titles."""

    titles = OwnTitleForm(many=True)


class ArchivesForm(Form):
    """The hospital's archives by name."""

    archives = ArchiveForm(many=True)


class ArchiveAnswerForm(Form):
    """Whether an archive answers."""

    answers = serializers.BooleanField()
    error = serializers.CharField(allow_null=True)


class ArchiveQueryForm(Form):
    """Which studies are looked for; what is left out or null is not asked."""

    study_instance_uid = serializers.CharField(max_length=64, required=False, default="")
    accession_number = serializers.CharField(max_length=64, required=False, default="")
    patient_id = serializers.CharField(max_length=64, required=False, default="")
    issuer_of_patient_id = serializers.CharField(max_length=64, required=False, default="")
    modality = serializers.CharField(max_length=16, required=False, default="")
    from_date = serializers.DateField(required=False, allow_null=True, default=None)
    until_date = serializers.DateField(required=False, allow_null=True, default=None, help_text="included")

    def query(self) -> StudyQuery:
        """Return what archives are asked; raises `BadInputError` for a question without a bound."""
        return StudyQuery(**self.validated_data)


class StudyRowForm(Form):
    """A study that an archive holds."""

    study_instance_uid = serializers.CharField()
    patient_id = serializers.CharField(allow_null=True)
    issuer_of_patient_id = serializers.CharField(allow_null=True)
    accession_number = serializers.CharField(allow_null=True)
    study_date = serializers.DateField(allow_null=True)
    description = serializers.CharField(allow_null=True)
    modalities = serializers.ListField(child=serializers.CharField())
    series_count = serializers.IntegerField(allow_null=True)
    instance_count = serializers.IntegerField(allow_null=True)
    instances_here = serializers.IntegerField(help_text="that the hospital's index has of it")


class StudyRowsForm(Form):
    """What an archive answered."""

    studies = StudyRowForm(many=True)


class RetrievalOrderForm(Form):
    """Studies that are to be fetched, named in one way: UIDs, accession numbers, `csv` or `query`."""

    archive_id = serializers.UUIDField()
    study_instance_uids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MOST_LINES
    )
    series_instance_uids = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=1000,
        help_text="of the one study that is named; left out: all of them",
    )  # fmt: skip
    accession_numbers = serializers.ListField(
        child=serializers.CharField(max_length=64), required=False, max_length=MOST_LINES
    )
    csv = serializers.CharField(
        required=False, max_length=2_000_000, trim_whitespace=False,
        help_text="a column accession_number or study_instance_uid, or accession numbers alone",
    )  # fmt: skip
    query = ArchiveQueryForm(required=False)
    outside_window = serializers.BooleanField(required=False, default=False, help_text="fetch them at once")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse none or several ways to name studies."""
        ways = {"study_instance_uids", "accession_numbers", "csv", "query"} & set(attrs)
        if len(ways) != 1:
            raise serializers.ValidationError(
                {"archive_id": "name studies in one way: their UIDs, accession numbers, csv or query"}
            )
        if attrs.get("series_instance_uids") and len(attrs.get("study_instance_uids", ())) != 1:
            raise serializers.ValidationError({"series_instance_uids": "name the one study that they are of"})
        return attrs

    def wanted(self) -> list[Wanted]:
        """Return what is named one by one; raises `BadInputError` for what is no name."""
        said = self.validated_data
        if "csv" in said:
            return read_list(said["csv"])
        series = tuple(said.get("series_instance_uids", ()))
        by_uid = [Wanted(study_instance_uid=uid, series_instance_uids=series) for uid in said.get(
            "study_instance_uids", ()
        )]  # fmt: skip
        return by_uid + [Wanted(accession_number=number) for number in said.get("accession_numbers", ())]


class RetrievalForm(Form):
    """A study on its way."""

    id = serializers.UUIDField()
    archive = serializers.CharField()
    study_instance_uid = serializers.CharField(allow_null=True)
    accession_number = serializers.CharField(allow_null=True)
    series_instance_uids = serializers.ListField(child=serializers.CharField())
    purpose = serializers.ChoiceField(choices=[each.value for each in Purpose])
    outside_window = serializers.BooleanField()
    state = serializers.CharField(
        help_text="waiting, retrieving, complete, incomplete, failed or canceled; the last four are ends"
    )
    attempts = serializers.IntegerField()
    not_before = serializers.DateTimeField()
    instances_expected = serializers.IntegerField(allow_null=True)
    instances_here = serializers.IntegerField()
    suboperations_failed = serializers.IntegerField()
    last_error = serializers.CharField(allow_null=True)
    asked_by = serializers.CharField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class RetrievalsForm(Form):
    """Retrievals of the hospital, the newest first."""

    retrievals = RetrievalForm(many=True)


class RetrievalsQueryForm(Form):
    """Which retrievals are listed."""

    state = serializers.ChoiceField(
        choices=["", *(each.value for each in RetrievalState)], required=False, default=""
    )
    limit = serializers.IntegerField(min_value=1, max_value=2000, required=False, default=500)


class AskedArchiveForm(Form):
    """An archive that was asked for priors."""

    name = serializers.CharField()
    found = serializers.IntegerField()
    error = serializers.CharField(allow_null=True)


class PriorsForm(Form):
    """What archives hold of a study's patient, and what is on its way now."""

    archives = AskedArchiveForm(many=True)
    studies = StudyRowForm(many=True)
    retrievals = RetrievalForm(many=True)
