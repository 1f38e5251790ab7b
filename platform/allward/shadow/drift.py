"""Whether what an enabled version says changes over time: shares and volumes by week, and a test. Pure.

Method. The first `BASELINE` values of a line (failures, findings, rejections, the volume of a label) are
what it is compared with. Each later block of `BLOCK` values that follow one another, none of which is in
another block, is tested against them once: shares by Fisher's exact test, volumes by Mann and Whitney's. A
block whose two-sided p is below `ALPHA` is flagged.

False alarms. Where nothing changes, a block is flagged with a probability of at most `ALPHA`: at most one in
1000 blocks of 25, so one in 25 000 studies for each line, in the mean over baselines. A hospital with 30
studies a day and five lines waits for the first about five and a half months. A simulation in the tests shows
it. Blocks share their baseline, so false alarms come in clusters: one odd baseline flags many blocks.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import floor, log10
from statistics import median

from scipy import stats

from allward.kernel.texts import Text

BASELINE = 100
BLOCK = 25
ALPHA = 0.001


@dataclass(frozen=True, slots=True)
class Observation:
    """What an enabled version said of one series.

    Attributes
    ----------
    failed
        It ended without output because of the images, the plug-in or the platform.
    found
        Whether something was found; None where it failed.
    rejected
        Whether reviewers rejected any of it; None: they have not said anything, or not about all of it.
    volumes_ml
        Measured volume by label; a label that was not measured is missing.
    """

    at: datetime
    failed: bool = False
    found: bool | None = None
    rejected: bool | None = None
    volumes_ml: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Week:
    """What was said in one week; shares are of the studies that have an answer, None without one.

    Attributes
    ----------
    begins
        Its Monday, in UTC.
    accepted_share, rejected_share
        Of the studies that were not failures: reviewed and none rejected; reviewed and something rejected.
    """

    begins: date
    studies: int
    failed_share: float
    found_share: float | None
    accepted_share: float | None
    rejected_share: float | None
    median_volume_ml: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Change:
    """A line of which a block was flagged.

    Attributes
    ----------
    line
        `failed`, `found`, `rejected`, or `volume` together with `label`.
    since
        The first study of the first flagged block.
    before, after
        Share or median in the baseline and in that block.
    flagged, blocks
        How many blocks were flagged so far, and how many were tested.
    goes_on
        Whether the latest block is flagged too.
    """

    line: str
    label: str
    since: datetime
    before: float
    after: float
    p: float
    flagged: int
    blocks: int
    goes_on: bool
    name: Text

    @property
    def text(self) -> Text:
        """All of it in a sentence."""
        volume, since = self.line == "volume", f"{self.since:%Y-%m-%d}"
        old, new = (f"{_written(each)} mL" if volume else f"{each:.0%}" for each in (self.before, self.after))
        en, zh = ("median volume ", "体积中位数") if volume else ("", "占比")
        return Text(
            f"{self.name.en}: {en}{old} in the first {BASELINE} studies, {new} in the {BLOCK} from"
            f" {since} on (p < {ALPHA:g}).",
            f"{self.name.zh}：前 {BASELINE} 例{zh}为 {old}，自 {since} 起的 {BLOCK} 例为 {new}"
            f"（p < {ALPHA:g}）。",
        )


@dataclass(frozen=True, slots=True)
class Drift:
    """The weeks of an enabled version, and what changed."""

    studies: int
    weeks: tuple[Week, ...]
    changes: tuple[Change, ...]

    @property
    def watched(self) -> bool:
        """Whether there are enough studies for the first test."""
        return self.studies >= BASELINE + BLOCK


_Value = tuple[datetime, float]
_Test = Callable[[Sequence[float], Sequence[float]], float]
_NAMES = {
    "failed": Text("Studies without an answer", "无输出的检查"),
    "found": Text("Studies with findings", "有发现的检查"),
    "rejected": Text("Reviewed studies with a rejection", "已审核检查中有拒绝的"),
}


def drift_of(observations: Sequence[Observation], titles: Mapping[str, Text]) -> Drift:
    """Return weeks and changes of what a version said.

    Parameters
    ----------
    observations : in order of time
    titles
        By name, of the labels whose volumes are told.
    """
    lines: list[tuple[str, str, list[_Value], _Test]] = [
        ("failed", "", [(one.at, float(one.failed)) for one in observations], differing_shares),
        ("found", "", _known(observations, lambda one: one.found), differing_shares),
        ("rejected", "", _known(observations, lambda one: one.rejected), differing_shares),
    ]
    for name in titles:
        values = [(one.at, one.volumes_ml[name]) for one in observations if name in one.volumes_ml]
        lines.append(("volume", name, values, differing_volumes))
    changes = [_change(line, label, values, test, titles) for line, label, values, test in lines]
    return Drift(
        studies=len(observations),
        weeks=tuple(_weeks(observations)),
        changes=tuple(change for change in changes if change is not None),
    )


def differing_shares(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the two-sided p of Fisher's exact test of two shares of ones."""
    table = [[sum(values), len(values) - sum(values)] for values in (before, after)]
    return float(stats.fisher_exact(table).pvalue)


def differing_volumes(before: Sequence[float], after: Sequence[float]) -> float:
    """Return the two-sided p of Mann and Whitney's test, doi:10.1214/aoms/1177730491."""
    if min(*before, *after) == max(*before, *after):
        return 1.0
    return float(stats.mannwhitneyu(before, after, method="asymptotic").pvalue)


def flagged_blocks(values: Sequence[float], test: _Test) -> list[tuple[int, float]]:
    """Return number (from 0) and p of each flagged block; see the top of this file."""
    baseline, later = values[:BASELINE], values[BASELINE:]
    found = []
    for number in range(len(later) // BLOCK):
        p = test(baseline, later[number * BLOCK : (number + 1) * BLOCK])
        if p < ALPHA:
            found.append((number, p))
    return found


def _known(observations: Sequence[Observation], read: Callable[[Observation], bool | None]) -> list[_Value]:
    told = [(one.at, read(one)) for one in observations]
    return [(at, float(value)) for at, value in told if value is not None]


def _change(
    line: str, label: str, values: Sequence[_Value], test: _Test, titles: Mapping[str, Text]
) -> Change | None:
    numbers = [value for _, value in values]
    flagged = flagged_blocks(numbers, test)
    if not flagged:
        return None
    first, p = flagged[0]
    blocks = (len(numbers) - BASELINE) // BLOCK
    start = BASELINE + first * BLOCK
    middle = median if line == "volume" else _mean
    return Change(
        line=line,
        label=label,
        since=values[start][0],
        before=middle(numbers[:BASELINE]),
        after=middle(numbers[start : start + BLOCK]),
        p=p,
        flagged=len(flagged),
        blocks=blocks,
        goes_on=flagged[-1][0] == blocks - 1,
        name=_NAMES.get(line) or titles[label],
    )


def _written(volume_ml: float) -> str:
    """Return a volume in three significant digits, without an exponent: a nodule is not 0 mL."""
    if volume_ml <= 0:
        return "0"
    return f"{volume_ml:.{max(0, 2 - floor(log10(volume_ml)))}f}"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _weeks(observations: Sequence[Observation]) -> list[Week]:
    by_week: dict[date, list[Observation]] = {}
    for one in observations:
        day = one.at.date()
        by_week.setdefault(day - timedelta(days=day.weekday()), []).append(one)
    return [_week(begins, told) for begins, told in sorted(by_week.items())]


def _week(begins: date, told: Sequence[Observation]) -> Week:
    answered = [one for one in told if not one.failed]
    names = sorted({name for one in told for name in one.volumes_ml})
    return Week(
        begins=begins,
        studies=len(told),
        failed_share=_mean([float(one.failed) for one in told]),
        found_share=_share([one.found is True for one in answered]),
        accepted_share=_share([one.rejected is False for one in answered]),
        rejected_share=_share([one.rejected is True for one in answered]),
        median_volume_ml={
            name: median(one.volumes_ml[name] for one in told if name in one.volumes_ml) for name in names
        },
    )


def _share(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None
