"""Every way answers and guidelines in use are written; rows are added, never changed."""

from collections.abc import Sequence
from uuid import UUID

from django.db import IntegrityError, transaction

from allward.audit.actions import record
from allward.counsel.advising import advising_apps, counsel_on, guidelines_of, latest_answers
from allward.counsel.answering import Given, check, merged
from allward.counsel.models import GuidelineUse, ReaderAnswers
from allward.results.models import Result
from allward.results.states import IN_FORCE
from allward.tenancy.scope import required_scope
from allward_runner.abilities import Advising


class CounselConflictError(Exception):
    """Somebody else has answered, or ordered the guidelines, in the meantime."""


class AnswersNotInForceError(Exception):
    """The result is history, or only a person answers."""


class UnknownGuidelineError(Exception):
    """The app brings no such guideline, or names one twice."""


@transaction.atomic
def answer(*, result_id: UUID, given: Given, version: int, author_name: str) -> ReaderAnswers | None:
    """Keep what a reader answered, beside what was answered before; nothing to change writes nothing.

    Raises
    ------
    CounselConflictError
        If `version` is not that of the latest answers.
    AnswersNotInForceError
        If the result is superseded or withdrawn, or nobody in person answers.
    AnswerRefusedError
        If something is not asked, or the answer cannot be one.
    """
    scope = required_scope()
    result = Result.objects.select_for_update(of=("self",)).select_related("run").get(pk=result_id)
    before = latest_answers(result)
    if version != (0 if before is None else before.version):
        raise CounselConflictError
    if given.is_empty:
        return before
    if result.status not in IN_FORCE or scope.user_id is None:
        raise AnswersNotInForceError
    check(given, counsel_on(result).by_record.questions)
    row = ReaderAnswers.objects.create(
        result=result, study_id=result.study_id, app=result.run.app, version=version + 1,
        answers=merged({} if before is None else before.answers, given),
        author_id=scope.user_id, author_name=author_name, author_tenant_id=scope.home,
    )  # fmt: skip
    record(
        tenant_id=result.tenant_id, actor=scope.actor, action="answer", what="result",
        what_id=str(result.pk), user_id=scope.user_id, user_tenant_id=scope.home, version=row.version,
        of_patient=dict(given.of_patient), of_findings={k: dict(v) for k, v in given.of_findings.items()},
    )  # fmt: skip
    return row


@transaction.atomic
def use_guidelines(*, app: str, in_use: Sequence[str], version: int) -> GuidelineUse:
    """Say which guidelines the acting hospital uses with an app, in which order of preference.

    Raises
    ------
    UnknownGuidelineError
        If the app advises nothing, or brings no guideline of a name, or one is named twice.
    CounselConflictError
        If `version` is not the latest.
    """
    scope = required_scope()
    advising = advising_apps().get(app)
    if not isinstance(advising, Advising) or not set(in_use) <= advising.guidelines.keys():
        raise UnknownGuidelineError
    if len(set(in_use)) != len(in_use):
        raise UnknownGuidelineError
    before = guidelines_of(scope.acting, app)
    if version != (0 if before is None else before.version):
        raise CounselConflictError
    try:
        with transaction.atomic():
            row = GuidelineUse.objects.create(
                app=app, version=version + 1, in_use=list(in_use), changed_by=scope.actor
            )
    except IntegrityError as error:  # another one was faster
        raise CounselConflictError from error
    record(
        tenant_id=scope.acting, actor=scope.actor, action="change", what="guidelines", what_id=app,
        user_id=scope.user_id, user_tenant_id=scope.home,
        before=[] if before is None else before.in_use, after=list(in_use),
    )  # fmt: skip
    return row
