"""What counsel holds, as a report needs it: categories, recommendations, and what readers answered."""

from collections.abc import Sequence

from allward_runner.abilities import Advice, Answer, Counsel, Sentence
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice import GUIDELINES
from lung_nodule.logic.advice_words import say

_WHOLE_MM = GUIDELINES["fleischner_2017"]


class Page:
    """What counsel holds, as a report needs it."""

    def __init__(self, counsel: Counsel) -> None:
        self._counsel = counsel
        of_nodules = [one for one in counsel.advice if one.finding_id is not None]
        self.whole_mm = any(one.source == _WHOLE_MM for one in of_nodules)

    def value(self, name: str, finding_id: str | None = None) -> Answer | None:
        """Return what a reader answered, or else what is known."""
        for one in self._counsel.questions:
            if (one.name, one.finding_id) == (name, finding_id):
                return one.known if one.answer is None else one.answer
        return None

    def answered(self, name: str, finding_id: str | None = None) -> Answer | None:
        """Return what a reader answered."""
        asked = [one for one in self._counsel.questions if (one.name, one.finding_id) == (name, finding_id)]
        return asked[0].answer if asked else None

    def of_examination(self) -> list[Sentence]:
        """Return the categories of the examination, with what they ask for."""
        whole = [one for one in self._counsel.advice if one.finding_id is None and one.category is not None]
        return [Sentence(with_source(one)) for one in whole]

    def of_nodule(self, finding_id: str) -> list[Advice]:
        """Return what is advised on a nodule."""
        return [one for one in self._counsel.advice if one.finding_id == finding_id]

    def recommendations(self, nodules: Sequence[Finding]) -> list[Sentence]:
        """Return what guidelines without a category recommend: each once, with its nodule if it has one."""
        by_text: dict[str, tuple[Localised, list[str]]] = {}
        for nodule in nodules:
            for one in self.of_nodule(nodule.id):
                if one.category is None and one.probability is None and one.rule_id:
                    said = with_source(one)
                    by_text.setdefault(said.en, (said, []))[1].append(nodule.id)
        return [Sentence(said, ids[0] if len(ids) == 1 else None) for said, ids in by_text.values()]


def with_source(advice: Advice) -> Localised:
    """Return what is advised, and what follows, behind the name of its source."""
    more = advice.recommended
    en, zh = f"{advice.source.en}: {advice.said.en}", f"{advice.source.zh}：{advice.said.zh}"
    return say(en, zh) if more is None else say(f"{en} {more.en}", f"{zh}{more.zh}")
