"""Workers killed again and again, as an out-of-memory killer would: every job ends once, and rightly."""

from tests.flow.engine.killing import kill_workers


def test_whatever_is_killed_each_job_is_answered_once_and_rightly(tmp_path):
    outcome = kill_workers(tmp_path, kills=15, seed=20261122)
    assert outcome.kills >= 13
    assert outcome.lost == []
    assert outcome.wrong == 0
    assert outcome.right == outcome.asked
    answered = outcome.right + len(outcome.urgent_again_s) + 1
    assert outcome.counted["jobs_finished_total"] == answered
    assert outcome.counted["jobs_failed_total"] == outcome.quarantined
    assert 0 < outcome.counted["crashes_total"] <= outcome.kills  # some were dead already
