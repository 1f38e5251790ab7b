"""Which guideline applies: said by the order and the patient's history, or asked for. There is no default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lung_nodule.logic.asked import Asked
from lung_nodule.logic.guidelines.decide import Facts, Fired, first_that_holds
from lung_nodule.logic.guidelines.table import Guideline, load

TABLES = ("lung_rads_2022", "c_lung_rads_2024", "fleischner_2017", "bts_2015", "chinese_consensus_2018")
"""Every guideline that the app brings."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which guideline applies.

    Attributes
    ----------
    guideline
        None if none of those in use applies.
    refused
        Those in use that were looked at before and do not apply, each with the rule that says so.
    """

    guideline: Guideline | None
    refused: Mapping[str, Fired]


def choose_guideline(facts: Facts, in_use: Sequence[str]) -> Choice | Asked:
    """Return the first guideline in use that applies, or what has to be asked to know.

    Parameters
    ----------
    facts
        Of the order and the patient, by the names of the tables' inputs: `screening`, `age_years`,
        `known_cancer`, `known_lung_cancer`, `immunosuppressed`.
    in_use
        Guidelines of the hospital, in its order of preference. It has to say which.
    """
    refused: dict[str, Fired] = {}
    for name in in_use:
        guideline = load(name)
        answers = [first_that_holds(guideline, [rule], facts) for rule in guideline.excludes]
        against = next((answer for answer in answers if isinstance(answer, Fired)), None)
        if against is not None:
            refused[name] = against
            continue
        asked = [name for answer in answers if isinstance(answer, Asked) for name in answer.inputs]
        return Asked(tuple(dict.fromkeys(asked))) if asked else Choice(guideline, refused)
    return Choice(None, refused)
