"""Whether a plug-in wants a series. Pure: facts in, the clause that decided out."""

from collections.abc import Callable

from allward.kernel.texts import Text
from allward.routing.conditions import Conditions, unmet
from allward.routing.facts import Decision, SeriesFacts
from allward_sdk.manifest import Wants

NO_CONDITIONS = Conditions()


def decide(wants: Wants, facts: SeriesFacts, conditions: Conditions = NO_CONDITIONS) -> Decision:
    """Go through the clauses in order; the first that fails decides.

    What kind of series it is comes first, by the plug-in's word and the hospital's; only then is said of a
    series that it cannot be evaluated.
    """
    failed = _first(_OF_KIND, wants, facts) or unmet(conditions, facts) or _first(_OF_QUALITY, wants, facts)
    return failed or Decision(True, "matched", Text("Every clause is met.", "所有条件均满足。"))


def _first(clauses: "tuple[_Clause, ...]", wants: Wants, facts: SeriesFacts) -> Decision | None:
    return next((said for clause in clauses if (said := clause(wants, facts)) is not None), None)


def _modality(wants: Wants, facts: SeriesFacts) -> Decision | None:
    if facts.modality in wants.modality:
        return None
    asked = ", ".join(wants.modality)
    got = facts.modality or "?"
    return Decision(
        False, "modality", Text(f"Modality is {got}, wanted is {asked}.", f"成像方式为 {got}，需要 {asked}。")
    )


def _image_type(wants: Wants, facts: SeriesFacts) -> Decision | None:
    found = sorted(set(wants.exclude_image_type) & set(facts.image_type))
    if not found:
        return None
    names = ", ".join(found)
    return Decision(False, "image_type", Text(f"Image Type says {names}.", f"图像类型为 {names}，不做分析。"))


def _body_part(wants: Wants, facts: SeriesFacts) -> Decision | None:
    body_part = facts.body_part_examined.upper()
    if not wants.body_part_examined or not body_part or body_part in wants.body_part_examined:
        return None
    asked = ", ".join(wants.body_part_examined)
    return Decision(
        False,
        "body_part_examined",
        Text(f"Body part is {body_part}, wanted is {asked}.", f"检查部位为 {body_part}，需要 {asked}。"),
    )


def _min_slices(wants: Wants, facts: SeriesFacts) -> Decision | None:
    if facts.slice_count >= wants.min_slices:
        return None
    return Decision(
        False,
        "min_slices",
        Text(
            f"Not evaluable: {facts.slice_count} slices, at least {wants.min_slices} are needed.",
            f"无法评估：仅 {facts.slice_count} 层，至少需要 {wants.min_slices} 层。",
        ),
        not_evaluable=True,
    )


def _geometry(wants: Wants, facts: SeriesFacts) -> Decision | None:
    if facts.evaluable:
        return None
    return Decision(
        False,
        "geometry",
        Text(
            "Not evaluable: " + " ".join(reason.en for reason in facts.reasons),
            "无法评估：" + "".join(reason.zh for reason in facts.reasons),
        ),
        not_evaluable=True,
    )


def _slice_spacing(wants: Wants, facts: SeriesFacts) -> Decision | None:
    most, got = wants.max_slice_spacing_mm, facts.slice_spacing_mm
    if most is None or (got is not None and got <= most):
        return None
    said = "unknown" if got is None else f"{got:g} mm"
    said_zh = "未知" if got is None else f"{got:g} mm"
    return Decision(
        False,
        "max_slice_spacing_mm",
        Text(
            f"Not evaluable: slice spacing is {said}, at most {most:g} mm is allowed.",
            f"无法评估：层间距为 {said_zh}，最大允许 {most:g} mm。",
        ),
        not_evaluable=True,
    )


_Clause = Callable[[Wants, SeriesFacts], Decision | None]
_OF_KIND: tuple[_Clause, ...] = (_modality, _image_type, _body_part)
_OF_QUALITY: tuple[_Clause, ...] = (_min_slices, _geometry, _slice_spacing)
