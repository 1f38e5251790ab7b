"""The sheet that is filled while advice is sought: what is known, what readers said, what has to be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from allward_runner.abilities import Answer, Answers, Question
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import MEASURED, Wanted
from lung_nodule.logic.advice_words import several

_Place = tuple[str | None, str]


@dataclass(slots=True)
class _Asked:
    wanted: Wanted
    why: list[Localised]


@dataclass(slots=True)
class Sheet:
    """What is known of the patient and of each nodule, and the questions that came up.

    Attributes
    ----------
    known
        What context and findings tell: by finding id, or None for the patient; then by name of question.
    """

    nodules: Sequence[Finding]
    known: Mapping[str | None, dict[str, Answer]]
    answers: Answers
    _asked: dict[_Place, _Asked] = field(default_factory=dict)

    def answer(self, wanted: Wanted, finding_id: str | None = None) -> Answer | None:
        """Return what a reader said, if it can be used."""
        said = self.answers.of_patient if wanted.of_patient else self._said_of(finding_id)
        given = said.get(wanted.name)
        return given if wanted.takes(given) else None

    def value(self, wanted: Wanted, finding_id: str | None = None) -> Answer | None:
        """Return what a reader said, or else what is known."""
        answer = self.answer(wanted, finding_id)
        return self._known(wanted, finding_id) if answer is None else answer

    def tell(self, finding_id: str, name: str, value: Answer) -> None:
        """Add what another model makes known of a nodule."""
        self.known[finding_id][name] = value

    def ask(self, wanted: Wanted, why: Localised, finding_id: str | None = None) -> None:
        """Note that something is asked, or was and can be corrected."""
        place = (None if wanted.of_patient else finding_id, wanted.name)
        asked = self._asked.setdefault(place, _Asked(wanted, []))
        if why not in asked.why:
            asked.why.append(why)

    def look(self, wanted: Wanted, why: Localised, finding_id: str | None = None) -> Answer | None:
        """Return a value; what is known or answered is shown, unless it was measured."""
        value = self.value(wanted, finding_id)
        if value is not None and (wanted.name not in MEASURED or self.answer(wanted, finding_id) is not None):
            self.ask(wanted, why, finding_id)
        return value

    def questions(self) -> tuple[Question, ...]:
        """Return every question that came up: those of the patient first."""
        rows = sorted(self._asked.items(), key=lambda row: row[0][0] is not None)
        return tuple(self._question(finding_id, asked) for (finding_id, _), asked in rows)

    def _question(self, finding_id: str | None, asked: _Asked) -> Question:
        wanted = asked.wanted
        known, answer = self._known(wanted, finding_id), self.answer(wanted, finding_id)
        least, most = wanted.limits
        return Question(
            name=wanted.name,
            title=wanted.title,
            kind=wanted.kind,
            why=several(asked.why),
            finding_id=finding_id,
            options=wanted.options,
            unit=wanted.unit,
            least=least,
            most=most,
            known=known,
            answer=answer,
            needed=known is None and answer is None,
        )

    def _known(self, wanted: Wanted, finding_id: str | None) -> Answer | None:
        known = self.known.get(None if wanted.of_patient else finding_id, {}).get(wanted.name)
        return known if wanted.takes(known) else None

    def _said_of(self, finding_id: str | None) -> Mapping[str, Answer]:
        return {} if finding_id is None else self.answers.of_findings.get(finding_id, {})
