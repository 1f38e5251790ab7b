"""How a result stands to corrections, as the pages know it."""

from typing import Any
from uuid import UUID

from allward.results.edit_refusals import why_not
from allward.results.edit_states import EditState, numbers_in_force
from allward.results.models import FindingEdit, FindingRecord, Result
from allward.results.sights import seen_by


def corrections_json(result: Result, *, viewer_id: UUID) -> dict[str, Any]:
    """Return what can be corrected, what was, and what this person has seen of it.

    Parameters
    ----------
    result
        As it is in the database now.
    """
    refused = why_not(result)
    records = list(FindingRecord.objects.filter(result=result).order_by("ordinal"))
    seen = seen_by(viewer_id, records)
    edits = list(FindingEdit.objects.filter(result=result).order_by("number"))
    standing = numbers_in_force(edits)
    return {
        "result_id": str(result.pk),
        "version": result.version,
        "refused": None if refused is None else refused.to_json(),
        "undo": standing[-1] if standing else None,
        "findings": [
            {
                "finding_id": str(each.pk),
                "edits": each.edits,
                "seen": each.pk in seen,
                "outline": each.outline,
            }
            for each in records
        ],
        "edits": [
            {
                "number": each.number,
                "kind": each.kind,
                "by": each.author_name,
                "at": each.at.isoformat(),
                "finding_ids": [str(pk) for pk in EditState.model_validate(each.after).findings],
                "undoes": each.undoes,
                "undone": each.undoes is None and each.number not in standing,
                "calipers": each.calipers,
            }
            for each in edits
        ],
    }
