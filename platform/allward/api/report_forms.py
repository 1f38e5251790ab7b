"""What is sent to write, sign and hand over reports."""

from typing import Any

from rest_framework import serializers

from allward.reporting.actions.connecting import KINDS
from allward.reporting.actions.notices import WAYS
from allward.reporting.content import Layout, SectionLayout, Words
from allward.reporting.working import LONGEST_SENTENCE, SECTIONS, Changes, LineChange

Data = dict[str, Any]


class WordsForm(serializers.Serializer[Data]):
    """A text in both languages; one of them may be empty."""

    en = serializers.CharField(allow_blank=True, max_length=LONGEST_SENTENCE, trim_whitespace=False)
    zh = serializers.CharField(allow_blank=True, max_length=LONGEST_SENTENCE, trim_whitespace=False)


class ReportOrderForm(serializers.Serializer[Data]):
    """Of which result a report is begun."""

    result_id = serializers.UUIDField()


class RevisionForm(serializers.Serializer[Data]):
    """The report as the person saw it."""

    revision = serializers.IntegerField(min_value=1)


class ReasonForm(RevisionForm):
    """Why a report is given back, amended or withdrawn."""

    reason = serializers.CharField(max_length=1000)


class RedraftForm(RevisionForm):
    """Of which result the new draft is."""

    result_id = serializers.UUIDField()


class SentenceForm(serializers.Serializer[Data]):
    """One sentence; without an id it is a new one."""

    sentence_id = serializers.CharField(max_length=64, allow_null=True)
    text = WordsForm()
    finding_id = serializers.UUIDField(allow_null=True)
    confirmed = serializers.BooleanField(required=False, default=False)


class SectionForm(serializers.Serializer[Data]):
    """The sentences of a section."""

    name = serializers.ChoiceField(choices=SECTIONS)
    sentences = SentenceForm(many=True)


class ReportChangeForm(RevisionForm):
    """Every sentence as it is to stand."""

    sections = SectionForm(many=True)

    def validate_sections(self, value: list[Data]) -> list[Data]:
        """Take each section once."""
        if sorted(each["name"] for each in value) != sorted(SECTIONS):
            raise serializers.ValidationError(f"name each section once: {', '.join(SECTIONS)}")
        return value

    @property
    def changes(self) -> Changes:
        """What is to change."""
        said = self.validated_data["sections"]
        return {each["name"]: [_change(line) for line in each["sentences"]] for each in said}


def _change(line: Data) -> LineChange:
    return LineChange(
        id=line["sentence_id"],
        text=Words(**line["text"]),
        finding_id=None if line["finding_id"] is None else str(line["finding_id"]),
        confirmed=line["confirmed"],
    )


class NoticeForm(serializers.Serializer[Data]):
    """Which finding is critical, and why."""

    report_id = serializers.UUIDField()
    finding_id = serializers.UUIDField(allow_null=True, required=False, default=None)
    reason = WordsForm()


class TellForm(serializers.Serializer[Data]):
    """Who was told, how and when."""

    recipient = serializers.CharField(max_length=200)
    way = serializers.ChoiceField(choices=WAYS)
    read_back = serializers.BooleanField()
    at = serializers.DateTimeField(allow_null=True, required=False, default=None)


class AcknowledgeForm(serializers.Serializer[Data]):
    """Who has taken it over, and when."""

    by = serializers.CharField(max_length=200)
    at = serializers.DateTimeField(allow_null=True, required=False, default=None)


class BecauseForm(serializers.Serializer[Data]):
    """Why a notice is withdrawn."""

    reason = serializers.CharField(max_length=1000)


class RisConnectionForm(serializers.Serializer[Data]):
    """A system that takes reports."""

    name = serializers.CharField(max_length=100)
    kind = serializers.ChoiceField(choices=KINDS)
    host = serializers.CharField(max_length=255, allow_blank=True, required=False, default="")
    port = serializers.IntegerField(min_value=0, max_value=65535, required=False, default=0)
    base_url = serializers.CharField(max_length=500, allow_blank=True, required=False, default="")
    token = serializers.CharField(
        max_length=4000, allow_blank=True, allow_null=True, required=False, default=None, write_only=True
    )
    sending_application = serializers.CharField(
        max_length=180, allow_blank=True, required=False, default="ALLWARD"
    )
    sending_facility = serializers.CharField(max_length=180, allow_blank=True, required=False, default="")
    receiving_application = serializers.CharField(
        max_length=180, allow_blank=True, required=False, default=""
    )
    receiving_facility = serializers.CharField(max_length=180, allow_blank=True, required=False, default="")
    language = serializers.ChoiceField(choices=("en", "zh"), required=False, default="zh")
    sends_preliminary = serializers.BooleanField(required=False, default=False)
    for_research = serializers.BooleanField(required=False, default=False)
    enabled = serializers.BooleanField(required=False, default=True)


class SectionTitleForm(serializers.Serializer[Data]):
    """How a section is called."""

    name = serializers.ChoiceField(choices=SECTIONS)
    title = WordsForm()


class TemplateForm(serializers.Serializer[Data]):
    """How reports look; `app` empty: those of all apps that have no template of their own."""

    app = serializers.CharField(max_length=64, allow_blank=True)
    header = WordsForm()
    department = WordsForm()
    title = WordsForm()
    footer = WordsForm()
    sections = SectionTitleForm(many=True)

    @property
    def layout(self) -> Layout:
        """The layout that is asked for."""
        said = self.validated_data
        return Layout(
            **{name: Words(**said[name]) for name in ("header", "department", "title", "footer")},
            sections=tuple(
                SectionLayout(name=each["name"], title=Words(**each["title"])) for each in said["sections"]
            ),
        )


class PolicyForm(serializers.Serializer[Data]):
    """Whether one person may both report and verify."""

    same_person_may_verify = serializers.BooleanField()
