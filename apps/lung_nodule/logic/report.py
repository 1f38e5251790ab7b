"""The report that a radiologist would write: technique, findings and impression, from accepted nodules alone.

Nothing found is not normal, and what could not be evaluated is said: both stand in the impression.
"""

import math
from collections.abc import Mapping, Sequence

from allward_measure.nodules.axes import SLICES_IN_A_DIAMETER
from allward_runner.abilities import Counsel, Draft, Sentence
from allward_sdk.parts import Localised
from allward_sdk.results import Finding
from lung_nodule.logic.advice_questions import words_of
from lung_nodule.logic.advice_words import percent, say
from lung_nodule.logic.answered import as_answered
from lung_nodule.logic.contrast import contrast_said
from lung_nodule.logic.finding_words import change_of, is_nodule, kind_of, why_of_change
from lung_nodule.logic.followup.words import BY_READER, UNCHANGED
from lung_nodule.logic.guidelines.table import load
from lung_nodule.logic.report_page import Page
from lung_nodule.logic.report_words import change_in_words, day, mean_of, more_of, name_of, size_of
from lung_nodule.logic.sentences import is_for_a_report, leaves_out_lung, thick_slices
from lung_nodule.logic.telling import told_at_once

_NOT_EVALUABLE = say(
    "The images could not be evaluated for lung nodules by the program; this is not a negative examination.",
    "该图像无法由程序评估肺结节；不能据此判定为阴性。",
)
_NONE_SHOWN = say(
    "No lung nodule was accepted; a program that marks nothing has not shown that there is none.",
    "无已确认的肺结节；程序未标记不等于无结节。",
)
_NOT_NEGATIVE = say(
    "No statement on lung nodules: this is not a negative examination.",
    "未对肺结节作出判断；不能据此判定为阴性。",
)
_NO_OTHERS_SAID = say(
    "The program could not evaluate the images: further nodules have not been ruled out.",
    "图像无法由程序评估：不能排除其他结节。",
)
_NONE_SEEN = say("No lung nodule is seen in either lung.", "双肺未见结节。")
_NO_NODULE = say("No lung nodule.", "未见肺结节。")
_NONE_IN_VIEW = say(
    "No lung nodule is seen in what the images show of the lungs.", "影像所示范围内的肺未见结节。"
)
_NO_NODULE_IN_VIEW = say(
    "No lung nodule in what the images show; the lungs are not shown or not evaluable in full: "
    "this is not a negative examination.",
    "影像所示范围内未见肺结节；肺未完整显示或无法完整评估，不能据此判定为阴性。",
)
_FURTHER: Mapping[str, Localised] = {
    "spiculation": say("Its margin is spiculated.", "边缘见毛刺。"),
    "lymphadenopathy": say("Lymph nodes are enlarged.", "伴淋巴结肿大。"),
    "metastasis": say("There are signs of metastasis.", "伴转移征象。"),
    "ground_glass_doubled": say("The ground glass doubled within a year.", "磨玻璃结节一年内倍增。"),
}
THIN_MM = 1.5
"""The thickest slices that are asked for. Source: MacMahon 2017, Radiology 284:228, CT technique."""

_CHANGED = {
    "new": say("new", "新发"),
    "growing": say("growing", "增大"),
    "stable": say("unchanged within measurement error", "大小变化在测量误差范围内"),
    "decreased": say("smaller", "缩小"),
    "not_comparable": say("not comparable with the prior CT", "与既往 CT 不可比较"),
    "contradictory": say("change to be checked", "变化待核对"),
}


def draft(
    context: Mapping[str, str],
    findings: Sequence[Finding],
    counsel: Counsel,
    *,
    evaluable: bool,
    reasons: Sequence[Localised] = (),
) -> Draft:
    """Write a report; see `Reporting.draft`."""
    statements = [_stated(one) for one in findings if one.kind == "statement" and not is_nodule(one)]
    page = Page(counsel)
    nodules = [as_answered(one, page) for one in findings if is_nodule(one)]
    there = [one for one in nodules if change_of(one) != "resolved"]
    seen = [sentence for one in nodules for sentence in _described(one, page)]
    whole = page.value("lungs_evaluable") is not False and not any(map(leaves_out_lung, reasons))
    confirmed = evaluable and not there and page.value("no_nodule_confirmed") is True
    said = [] if confirmed else statements
    known = {one.text.en for one in said}
    limits = [Sentence(why) for why in reasons if not evaluable or is_for_a_report(why)]
    return Draft(
        technique=_technique(context, nodules, page),
        findings=(
            *_opening(there, evaluable=evaluable, confirmed=confirmed, whole=whole),
            *seen,
            *said,
            *_further(page),
            *(_limits(context) if evaluable else []),
            *(one for one in limits if one.text.en not in known),
        ),
        impression=(
            *[Sentence(_impression(one, page), one.id) for one in there],
            *_of_the_rest(there, evaluable=evaluable, confirmed=confirmed, whole=whole),
            *page.of_examination(),
            *page.recommendations(there),
        ),
        critical=told_at_once(there, page),
    )


def _opening(there: Sequence[Finding], *, evaluable: bool, confirmed: bool, whole: bool) -> list[Sentence]:
    """Say first that nothing could be evaluated, or that nothing is there."""
    if not evaluable:
        return [Sentence(_NOT_EVALUABLE)]
    if there:
        return []
    if not confirmed:
        return [Sentence(_NONE_SHOWN)]
    return [Sentence(_NONE_SEEN if whole else _NONE_IN_VIEW)]


def _of_the_rest(
    there: Sequence[Finding], *, evaluable: bool, confirmed: bool, whole: bool
) -> list[Sentence]:
    """Say of the lungs beside the nodules that were accepted what is known, and no more."""
    if there:
        return [] if evaluable else [Sentence(_NO_OTHERS_SAID)]
    if not confirmed:
        return [Sentence(_NOT_NEGATIVE)]
    return [Sentence(_NO_NODULE if whole else _NO_NODULE_IN_VIEW)]


def _technique(context: Mapping[str, str], nodules: Sequence[Finding], page: Page) -> tuple[Sentence, ...]:
    """Return how the images were made, and with which they were compared; what is not named is left out."""
    screening = page.value("screening") is True
    said = [
        say("CT of the chest for lung cancer screening.", "胸部 CT（肺癌筛查）。")
        if screening
        else say("CT of the chest.", "胸部 CT。")
    ]
    thickness, kernel = _thickness_mm(context), context.get("ConvolutionKernel")
    agent, given = context.get("ContrastBolusAgent"), contrast_said(context)
    if thickness is not None:
        mm = f"{thickness:g}"
        said.append(say(f"Slices of {mm} mm.", f"层厚 {mm} mm。"))
    else:
        said.append(say("The slice thickness is not named in the images.", "图像未注明层厚。"))
    if kernel:
        said.append(say(f"Reconstruction kernel {kernel}.", f"重建卷积核 {kernel}。"))
    if given:
        said.append(say(f"Contrast agent: {agent}.", f"对比剂：{agent}。"))
    elif given is False:
        said.append(say("Without contrast medium.", "平扫。"))
    days = sorted({one.prior.study_date for one in nodules if one.prior and one.prior.study_date})
    for on in map(day, days):
        said.append(say(f"Compared with the CT of {on.en}.", f"与{on.zh} CT 对比。"))
    return tuple(Sentence(text) for text in said)


def _thickness_mm(context: Mapping[str, str]) -> float | None:
    """Return the slice thickness; None if the header has no number there."""
    try:
        thickness = float(context.get("SliceThickness", ""))
    except ValueError:
        return None
    return thickness if math.isfinite(thickness) and thickness > 0 else None


def _kind(finding: Finding, page: Page) -> str | None:
    answered = page.answered("kind", finding.id)
    return answered if isinstance(answered, str) else kind_of(finding)


def _described(finding: Finding, page: Page) -> list[Sentence]:
    """Return what is seen of a nodule: size, place, further features, and what became of it."""
    change = change_in_words(finding, whole_mm=page.whole_mm)
    name = name_of(finding, _kind(finding, page))
    if change_of(finding) == "resolved":
        assert change is not None
        return [
            Sentence(
                say(f"{name.en}: {change.en[0].lower()}{change.en[1:]}", f"{name.zh}：{change.zh}"),
                finding.id,
            )
        ]
    told = [size_of(finding.measurements, whole_mm=page.whole_mm), *more_of(finding, whole_mm=page.whole_mm)]
    en, zh = ", ".join(one.en for one in told), "，".join(one.zh for one in told)
    said = [say(f"{name.en}, {en}.", f"{name.zh}，{zh}。"), *_features(finding, page)]
    if change is not None:
        said.append(change)
    return [Sentence(text, finding.id) for text in said]


def _stated(statement: Finding) -> Sentence:
    title = statement.title
    return Sentence(say(f"{title.en.rstrip('.')}.", f"{title.zh.rstrip('。')}。"), statement.id)


def _features(finding: Finding, page: Page) -> list[Localised]:
    """Return what the reader saw beside the size."""
    answered = page.answered("suspicious_features", finding.id)
    names = set(words_of(answered)) if isinstance(answered, str) else set()
    if page.answered("spiculation", finding.id) is True:
        names.add("spiculation")
    pattern = page.answered("benign_pattern", finding.id)
    said = [text for name, text in _FURTHER.items() if name in names]
    words = load("lung_rads_2022").inputs["benign_pattern"].words
    if isinstance(pattern, str) and pattern != "none" and pattern in words:
        said.append(say(f"It is benign: {words[pattern].en}.", f"良性征象：{words[pattern].zh}。"))
    return said


def _limits(context: Mapping[str, str]) -> list[Sentence]:
    """Return what slices of the examination's thickness do not show."""
    mm = _thickness_mm(context)
    if mm is None or mm <= THIN_MM:
        return []
    return [Sentence(thick_slices(mm, mm, SLICES_IN_A_DIAMETER * mm))]


def _further(page: Page) -> list[Sentence]:
    if page.answered("emphysema") is True:
        return [Sentence(say("There is emphysema.", "可见肺气肿。"))]
    return []


def _impression(finding: Finding, page: Page) -> Localised:
    """Return a nodule in one sentence, with its category and how likely it is malignant."""
    name = name_of(finding, _kind(finding, page))
    size = mean_of(finding.measurements, whole_mm=page.whole_mm)
    change = _CHANGED.get(change_of(finding) or "")
    if change_of(finding) == "stable" and why_of_change(finding) == BY_READER:
        change = UNCHANGED
    parts = [part for part in (size, change) if part is not None]
    en = ", ".join([name.en, *(part.en for part in parts)])
    zh = "，".join([name.zh, *(part.zh for part in parts)])
    judged = [*_categories(finding, page), *_probabilities(finding, page)]
    if not judged:
        return say(f"{en}.", f"{zh}。")
    return say(
        f"{en}: {'; '.join(one.en for one in judged)}.", f"{zh}：{'；'.join(one.zh for one in judged)}。"
    )


def _categories(finding: Finding, page: Page) -> list[Localised]:
    return [
        say(f"{one.source.en} category {one.category}", f"{one.source.zh} {one.category} 类")
        for one in page.of_nodule(finding.id)
        if one.category is not None
    ]


def _probabilities(finding: Finding, page: Page) -> list[Localised]:
    """Return probabilities by model; Brock with spiculation stands for the one without."""
    found = [one for one in page.of_nodule(finding.id) if one.probability is not None]
    if any("2b" in one.source.en for one in found):
        found = [one for one in found if "2a" not in one.source.en]
    return [
        say(
            f"probability of malignancy {percent(one.probability)} by {one.source.en}",
            f"{one.source.zh}恶性概率 {percent(one.probability).replace(' ', '')}",
        )
        for one in found
        if one.probability is not None
    ]
