"""Whether a place asks for acceptance before a version is enabled there. Pure (ADR 0021)."""

from collections.abc import Sequence
from dataclasses import dataclass

from allward.kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Place:
    """A department, as far as acceptance is concerned."""

    code: str
    name: Text
    clinical: bool
    word: bool | None = None
    """What the hospital said for it; None: nothing."""


def applies(place: Place, of_hospital: bool | None) -> bool:
    """Tell whether a place asks for acceptance: by its word, the hospital's, or because it is clinical."""
    if place.word is not None:
        return place.word
    return place.clinical if of_hospital is None else of_hospital


def who_asks(places: Sequence[Place], of_hospital: bool | None, *, research: bool) -> Place | None:
    """Return the first of the places where a version would run and has to be accepted first, or None.

    A version marked research runs in no clinical department, so such a department is not asked.
    """
    reached = [place for place in places if not (research and place.clinical)]
    return next((place for place in reached if applies(place, of_hospital)), None)


def refusal_of_values(place: Place) -> Text:
    """Say that other values were not accepted with a version that is or was enabled, and what to do."""
    return Text(
        f"The department {place.name.en} enables a version only with the values that were accepted on the"
        " hospital's own cases. Uninstall this version, install it again with the new values, and accept it"
        " on the report of a new set of past cases; or let the department do without it in the settings"
        " there.",
        f"{place.name.zh}仅启用经本院既往病例验收的参数值。请卸载该版本，以新的参数值重新安装，"
        "再依据新病例集的报告验收；或在其设置中取消该科室的要求。",
    )


def refusal_of_rule(place: Place, rule: str) -> Text:
    """Say that the values which a rule sets were not accepted, and what to do."""
    return Text(
        f"The rule {rule} sets values that were not accepted on the hospital's own cases, as the department"
        f" {place.name.en} asks. Make a set of past cases with these values under Acceptance, run it, and"
        " accept the version with them on its report; or take the values out of the rule; or let the"
        " department do without it in the settings there.",
        f"规则“{rule}”设置的参数值未经本院既往病例验收，而{place.name.zh}要求验收。"
        "请在“验收”中以这些参数值新建病例集并运行，再依据其报告验收；或从规则中删除这些参数值；"
        "或在其设置中取消该科室的要求。",
    )


def refusal(place: Place) -> Text:
    """Say that a version is not accepted, and what to do."""
    return Text(
        f"The department {place.name.en} enables only what was accepted on the hospital's own cases. Make a"
        " set of past cases under Acceptance, run it, and accept the version on its report; or let the"
        " department do without it in the settings there.",
        f"{place.name.zh}仅启用经本院既往病例验收的版本。请在“验收”中建立病例集并运行，"
        "再依据报告验收该版本；或在其设置中取消该科室的要求。",
    )
