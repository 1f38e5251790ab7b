"""A report as PDF, for people and files: the same figures as the signed JSON, in one of two languages.

Chinese stands in the CID font STSong-Light, which PDF readers bring along; nothing is embedded. The same
report gives the same bytes.
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.doctemplate import LayoutError

from allward.acceptance.pdf_plot import froc_drawing
from allward.acceptance.report_words import WORDS, of, word
from allward_sdk.errors import AllwardError

LANGUAGES = ("en", "zh")

CHINESE = "STSong-Light"
_LATIN = "Helvetica"
_WIDTH = A4[0] - 36 * mm
_INK, _QUIET, _LINE = HexColor("#1A1A1A"), HexColor("#666666"), HexColor("#C8C8C8")
_HAN = re.compile("[^\u0000-\u00ff\u2013\u2014\u2018-\u201d\u2026]+")
"""What the Latin font has no glyphs for."""

_BY_CASE = ("sensitivity", "specificity")
_BY_LABEL = ("mean_dice", "volume_bias", "absolute_volume_error")
_BY_MARK = ("competition_performance_metric", "mark_sensitivity", "false_positives_per_scan")
_SIGNED = frozenset({"volume_bias"})

_LABELS_IN_A_ROW = 10
"""Of a case: more of them go on in rows below."""


class UnprintableError(AllwardError):
    """A report cannot be laid out on pages. Told to the administrator."""


Json = dict[str, Any]
Cell = Sequence[str]


@dataclass(frozen=True, slots=True)
class Stamp:
    """By what the signed file is known."""

    digest: str
    """sha256 of `report.json`."""
    keyid: str


def pdf_of(report: Json, stamp: Stamp, language: str) -> bytes:
    """Return a report as PDF.

    Raises
    ------
    UnprintableError
        If something in it fits on no page.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    page = _Page(language)
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=16 * mm,
        bottomMargin=18 * mm,
        title=f"{word('title', language)}: {report['plugin']['id']} {report['plugin']['version']}",
        author=of({"en": report["hospital"]["name_en"], "zh": report["hospital"]["name_zh"]}, language),
        invariant=1,
    )

    def footer(canvas: Canvas, _: SimpleDocTemplate) -> None:
        canvas.setFont(_LATIN, 7.5)
        canvas.setFillColor(_QUIET)
        canvas.drawString(18 * mm, 10 * mm, f"report.json SHA-256 {stamp.digest}")
        canvas.drawRightString(A4[0] - 18 * mm, 10 * mm, str(canvas.getPageNumber()))

    try:
        document.build(_story(page, report, stamp), onFirstPage=footer, onLaterPages=footer)
    except LayoutError as error:
        raise UnprintableError(f"Something in the report fits on no page: {error}") from error
    return buffer.getvalue()


class _Page:
    """Paragraphs and tables in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.font = CHINESE if language == "zh" else _LATIN
        """Of words that stand alone; in paragraphs each character has the font that has it."""
        self._body = ParagraphStyle("body", fontName=_LATIN, fontSize=9, leading=12.5, textColor=_INK)
        self._styles = {
            "body": self._body,
            "title": ParagraphStyle("title", self._body, fontSize=19, leading=25, spaceAfter=6),
            "head": ParagraphStyle(
                "head", self._body, fontSize=12.5, leading=17, spaceBefore=12, spaceAfter=4
            ),
            "cell": ParagraphStyle("cell", self._body, fontSize=8.5, leading=11),
            "quiet": ParagraphStyle("quiet", self._body, fontSize=8, leading=11, textColor=_QUIET),
        }
        self._chinese = {
            name: ParagraphStyle(f"{name} zh", style, wordWrap="CJK") for name, style in self._styles.items()
        }

    def say(self, text: str, style: str = "body") -> Paragraph:
        """Return a paragraph; characters that the Latin font lacks stand in the Chinese one."""
        marked, parts = _HAN.subn(lambda found: f'<font name="{CHINESE}">{found[0]}</font>', escape(text))
        # to break lines between any two characters is slow, and right for Chinese alone
        styles = self._chinese if parts and self.language == "zh" else self._styles
        return Paragraph(marked, styles[style])

    def word(self, name: str, **values: Any) -> str:
        """Return a word, filled in."""
        return word(name, self.language).format(**values)

    def table(self, rows: Iterable[Cell], widths: Sequence[float], *, head: bool = True) -> Table:
        """Return a table; `widths` are shares of the page."""
        cells = [
            [self.say(cell, "quiet" if head and not number else "cell") if cell else "" for cell in row]
            for number, row in enumerate(rows)
        ]
        shares = [_WIDTH * share for share in widths]
        # a row that is higher than a page goes on on the next one
        table = Table(cells, shares, repeatRows=1 if head else 0, splitInRow=1)
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE),
                    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
                    ("LEFTPADDING", (0, 0), (-1, -1), 3),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 3),
                ]
            )
        )
        return table


def _story(page: _Page, report: Json, stamp: Stamp) -> list[Flowable]:
    figures = report["figures"]
    story: list[Flowable] = [page.say(page.word("title"), "title")]
    story += [page.say(page.word("what"), "head"), page.table(_facts(page, report), (0.26, 0.74), head=False)]
    story += [page.say(page.word("results"), "head"), _results(page, figures["overall"])]
    if figures["froc"] is not None:
        counts = {name: figures["froc"][name] for name in ("scans", "targets", "found", "false_positives")}
        said: list[Flowable] = [page.say(page.word("froc_counts", **counts), "quiet")]
        if figures["overall"]["sensitivity_at"]:
            said.insert(0, froc_drawing(figures["froc"], page.language, page.font))
        story.append(KeepTogether([page.say(page.word("froc"), "head"), *said]))
    story += _subgroups(page, report)
    story += [page.say(page.word("each"), "head"), _cases(page, report["cases"])]
    story += [page.say(page.word("method"), "head"), page.say(page.word("method_text", **report["method"]))]
    signed = page.word("signature_text", digest=stamp.digest, keyid=stamp.keyid)
    story += [page.say(page.word("signature"), "head"), page.say(signed), Spacer(1, 4)]
    return story


def _facts(page: _Page, report: Json) -> list[Cell]:
    plugin, hospital = report["plugin"], report["hospital"]
    title = of(plugin["title"], page.language)
    named = of({"en": hospital["name_en"], "zh": hospital["name_zh"]}, page.language)
    return [
        (page.word("hospital"), f"{named} ({hospital['code']})"),
        (page.word("set"), report["set"]["name"]),
        (page.word("plugin"), f"{title}, {plugin['id']} {plugin['version']}, {report['slot']}"),
        (page.word("vendor"), plugin["vendor"]),
        (page.word("status"), page.word(plugin["status"])),
        (page.word("package"), plugin["digest"]),
        *[
            (page.word("parameters"), f"{of(one['title'], page.language)}: {of(one['said'], page.language)}")
            for one in plugin["parameters"]
        ],
        (page.word("label"), report["label"] or "–"),
        (page.word("made_by"), report["set"]["created_by"]),
        (page.word("made_at"), report["made_at"].partition(".")[0].replace("T", " ")),
    ]


def _results(page: _Page, group: Json) -> Table:
    rows: list[Cell] = [(page.word("figure"), page.word("value"), page.word("interval"))]
    rows += [(page.word(name), str(group[name]), "") for name in ("cases", "failed", "patients")]
    rows += _figure_rows(page, group)
    return page.table(rows, (0.56, 0.18, 0.26))


def _figure_rows(page: _Page, group: Json, *, rates: bool = True) -> list[Cell]:
    told: list[tuple[str, Json | None, bool]] = [(page.word(name), group[name], False) for name in _BY_CASE]
    for name in _BY_LABEL:
        told += [
            (f"{page.word(name)}, {one['label']}", one["interval"], name in _SIGNED) for one in group[name]
        ]
    told += [(page.word(name), group[name], False) for name in _BY_MARK]
    for one in group["sensitivity_at"] if rates else ():
        told.append(
            (word("sensitivity_at", page.language).format(f"{one['rate']:g}"), one["interval"], False)
        )
    rows: list[Cell] = [
        (
            f"{title} ({_told_by(page, value)})",
            _share(value["value"], signed=signed),
            _between(value, signed=signed),
        )
        for title, value, signed in told
        if value is not None
    ]
    if group["median_s"] is not None:
        rows.append((page.word("median_s"), f"{group['median_s']:.1f} s", ""))
    return rows


def _told_by(page: _Page, value: Json) -> str:
    """Say of how many cases a figure is, and of how many patients where those are fewer."""
    counts = {"cases": value["cases"], "patients": value["patients"]}
    return page.word("n" if value["cases"] == value["patients"] else "n_patients", **counts)


def _share(value: float, *, signed: bool = False) -> str:
    return f"{value:+.3f}" if signed else f"{value:.3f}"


def _between(value: Json, *, signed: bool = False) -> str:
    if value["low"] is None:
        return ""
    return f"{_share(value['low'], signed=signed)} – {_share(value['high'], signed=signed)}"


def _subgroups(page: _Page, report: Json) -> list[Flowable]:
    groups = report["figures"]["subgroups"]
    if not groups:
        return []
    note = word("too_few", page.language).format(report["method"]["fewest_cases"])
    story: list[Flowable] = [page.say(page.word("subgroups"), "head"), page.say(note, "quiet")]
    for group in groups:
        name = group["question"]
        title = page.word(name) if name in WORDS else name
        rows: list[Cell] = [
            (title, page.word("cases_patients"), page.word("failed"), page.word("figure"), page.word("value"))
        ]
        for answer in group["answers"]:
            figures = answer["figures"]
            counts = f"{figures['cases']} / {figures['patients']}"
            first = (of(answer["title"], page.language), counts, str(figures["failed"]))
            lines = _figure_rows(page, figures, rates=False) or [("–", "–", "")]
            for number, (figure, value, between) in enumerate(lines):
                said = f"{value} ({between})" if between else value
                rows.append((*(first if not number else ("", "", "")), figure, said))
        story += [Spacer(1, 5), page.table(rows, (0.2, 0.09, 0.11, 0.34, 0.26))]
    return story


def _cases(page: _Page, cases: Sequence[Json]) -> Table:
    head = ("case", "condition", "outlines", "marks", "time")
    rows: list[Cell] = [tuple(page.word(name) for name in head)]
    for case in cases:
        outcome = case["outcome"]
        if outcome is None:
            rows.append((case["case"], of(case["fault"], page.language), "", "", ""))
            continue
        rows += _case_rows(page, case["case"], outcome)
    return page.table(rows, (0.2, 0.24, 0.26, 0.2, 0.1))


def _case_rows(page: _Page, name: str, outcome: Json) -> list[Cell]:
    """Return the row of a case that ran, and those in which its further labels stand."""
    known = {True: page.word("yes"), False: page.word("no"), None: page.word("unknown")}
    marks = outcome["marks"]
    outlines = [
        f"{label} {'–' if one['dice'] is None else format(one['dice'], '.3f')}"
        for label, one in sorted(outcome["outlines"].items())
    ]
    starts = range(0, len(outlines), _LABELS_IN_A_ROW)
    parts = ["; ".join(outlines[start : start + _LABELS_IN_A_ROW]) for start in starts]
    first = (
        name,
        f"{known[outcome['present']]} / {known[outcome['reported']]}",
        parts[0] if parts else "",
        f"{len(marks['hits'])} / {marks['missed']} / {len(marks['wrong'])}" if marks else "",
        "" if outcome["took_s"] is None else f"{outcome['took_s']:.1f} s",
    )
    return [first, *(("", "", part, "", "") for part in parts[1:])]
