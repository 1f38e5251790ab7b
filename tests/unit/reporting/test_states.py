"""The tables of states, walked in every order; sentences against their ground."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from allward.reporting.content import Words
from allward.reporting.states import (
    AMENDMENT_MAY_BECOME,
    FHIR_STATUS,
    HL7_STATUS,
    MESSAGE_MAY_BECOME,
    NOTICE_MAY_BECOME,
    REPORT_MAY_BECOME,
    VERIFIED,
    AmendmentState,
    MessageState,
    NoticeState,
    ReportState,
)
from allward.reporting.working import (
    Ground,
    Line,
    LineChange,
    changed,
    drafted_anew,
    lines_of,
    read_working,
    to_json,
)

SECTIONS = ("technique", "findings", "impression")


def test_every_state_is_in_its_table_and_has_one_word_outside():
    for table, states in (
        (REPORT_MAY_BECOME, ReportState), (AMENDMENT_MAY_BECOME, AmendmentState),
        (NOTICE_MAY_BECOME, NoticeState), (MESSAGE_MAY_BECOME, MessageState),
    ):  # fmt: skip
        assert set(table) == set(states)
        assert set().union(*table.values()) <= set(states)
    assert set(FHIR_STATUS) == set(ReportState)
    assert len(set(FHIR_STATUS.values())) == len(ReportState), "one to one"
    assert set(HL7_STATUS) == set(ReportState) - {ReportState.DRAFT}
    assert len(set(HL7_STATUS.values())) == len(HL7_STATUS)


class Life(RuleBasedStateMachine):
    """Whatever the table allows, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.state = ReportState.DRAFT
        self.past = [ReportState.DRAFT]

    @rule(data=st.data())
    @precondition(lambda self: bool(REPORT_MAY_BECOME[self.state]))
    def move(self, data) -> None:
        self.state = data.draw(st.sampled_from(sorted(REPORT_MAY_BECOME[self.state])))
        self.past.append(self.state)

    @rule()
    @precondition(lambda self: not REPORT_MAY_BECOME[self.state])
    def rest(self) -> None:
        assert self.state is ReportState.ENTERED_IN_ERROR

    @invariant()
    def nothing_is_verified_that_was_not_signed(self) -> None:
        if ReportState.FINAL in self.past:
            assert self.past[self.past.index(ReportState.FINAL) - 1] == ReportState.PRELIMINARY

    @invariant()
    def what_was_verified_is_never_a_draft_again(self) -> None:
        first = next((n for n, each in enumerate(self.past) if each in VERIFIED), None)
        if first is not None:
            assert set(self.past[first:]) <= VERIFIED | {ReportState.ENTERED_IN_ERROR}

    @invariant()
    def only_a_final_report_is_amended(self) -> None:
        if ReportState.AMENDED in self.past:
            assert self.past[self.past.index(ReportState.AMENDED) - 1] == ReportState.FINAL

    @invariant()
    def an_error_is_the_end(self) -> None:
        assert ReportState.ENTERED_IN_ERROR not in self.past[:-1]


TestLife = Life.TestCase

FINDINGS = ("a", "b", "c")
texts = st.text(alphabet="xyz ", max_size=4)
lines = st.builds(
    Line,
    id=st.uuids().map(lambda each: each.hex),
    text=st.builds(Words, en=texts, zh=texts),
    finding_id=st.none() | st.sampled_from(FINDINGS),
    origin=st.sampled_from(["app", "reader"]),
    edited=st.booleans(),
)
workings = st.fixed_dictionaries({name: st.lists(lines, max_size=4).map(tuple) for name in SECTIONS})
grounds = st.builds(Ground, accepted=st.dictionaries(st.sampled_from(FINDINGS), st.integers(0, 3)))


def as_sent(working, *, confirmed: bool = False):
    return {
        name: [LineChange(line.id, line.text, line.finding_id, confirmed) for line in working[name]]
        for name in SECTIONS
    }


@given(workings)
def test_what_is_worked_on_is_kept_as_it_is(working):
    assert read_working(to_json(working)) == working


@given(workings, grounds)
def test_saving_what_is_there_changes_nothing(working, ground):
    assert changed(working, as_sent(working), ground) == working


@given(workings, grounds)
def test_what_was_confirmed_is_outdated_only_if_its_finding_is_gone(working, ground):
    after = changed(working, as_sent(working, confirmed=True), ground)
    outdated = {line.finding_id for line in lines_of(after) if ground.outdates(line)}
    assert outdated <= set(FINDINGS) - set(ground.accepted)


@given(workings, grounds, st.sampled_from(FINDINGS))
def test_a_finding_that_changes_outdates_its_sentences_and_no_other_finding(working, ground, finding):
    held = changed(working, as_sent(working, confirmed=True), ground)
    other = Ground(accepted={**ground.accepted, finding: "another value"})
    for line in lines_of(held):
        if line.finding_id == finding:
            assert other.outdates(line)
        elif line.finding_id is not None:
            assert other.outdates(line) == ground.outdates(line)


@given(workings, workings)
def test_a_new_draft_loses_no_sentence_that_a_person_wrote(old, new):
    after = drafted_anew(old, new)
    for name in SECTIONS:
        kept = {line.id for line in old[name] if line.edited or line.origin == "reader"}
        assert kept <= {line.id for line in after[name]}
        assert len({line.id for line in after[name]}) == len(after[name])
