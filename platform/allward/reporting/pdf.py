"""A report on paper, in one of two languages.

Chinese stands in the CID font STSong-Light, which PDF readers bring along; nothing is embedded. The same
version with the same signatures gives the same bytes.
"""

import io
import re
from collections.abc import Iterator
from datetime import UTC
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from reportlab.platypus.doctemplate import LayoutError

from allward.reporting.content import Language
from allward.reporting.queries import Released
from allward.reporting.report_words import WORDS, word
from allward.reporting.states import ReportState
from allward_sdk.errors import AllwardError

CHINESE = "STSong-Light"
_LATIN = "Helvetica"
_MARGIN = 20 * mm
_PADDING = 6
"""Of reportlab's frame, in points."""
_WIDTH = A4[0] - 2 * _MARGIN - 2 * _PADDING
_INK, _QUIET, _LINE, _LOUD = (
    HexColor("#1A1A1A"),
    HexColor("#5E5E5E"),
    HexColor("#9A9A9A"),
    HexColor("#B3261E"),
)
_HAN = re.compile("[^\u0000-\u00ff\u2013\u2014\u2018-\u201d\u2026]+")
"""What the Latin font has no glyphs for."""


class UnprintableError(AllwardError):
    """A report cannot be laid out on pages. Told to its author."""


def pdf_of(report: Released, language: Language) -> bytes:
    """Return a report as PDF; one without signatures says on each page that it is a draft.

    Raises
    ------
    UnprintableError
        If a sentence fits on no page.
    """
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    buffer = io.BytesIO()
    written = report.written
    document = SimpleDocTemplate(
        buffer,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=16 * mm,
        bottomMargin=24 * mm,
        title=f"{written.layout.title.of(language)} {written.study.accession_number}".strip(),
        author=written.hospital.name.of(language),
        subject=report.digest,
        lang="zh-CN" if language == "zh" else "en",
        invariant=1,
    )
    page = _Page(report, language)
    try:
        document.build(list(page.story()), onFirstPage=page.frame, onLaterPages=page.frame)
    except LayoutError as error:
        raise UnprintableError(f"Something in the report fits on no page: {error}") from error
    return buffer.getvalue()


class _Page:
    """The parts of one report in one language."""

    def __init__(self, report: Released, language: Language) -> None:
        self.report = report
        self.language = language
        body = ParagraphStyle(
            "body",
            fontName=_LATIN,
            fontSize=10.5,
            leading=16,
            textColor=_INK,
            wordWrap="CJK" if language == "zh" else None,
        )
        self._styles = {
            "body": body,
            "hospital": ParagraphStyle("hospital", body, fontSize=16, leading=22, alignment=TA_CENTER),
            "title": ParagraphStyle("title", body, fontSize=13, leading=19, alignment=TA_CENTER),
            "head": ParagraphStyle("head", body, fontSize=11.5, leading=17, spaceBefore=9, spaceAfter=2),
            "cell": ParagraphStyle("cell", body, fontSize=9.5, leading=13),
            "quiet": ParagraphStyle("quiet", body, fontSize=8, leading=11, textColor=_QUIET),
            "state": ParagraphStyle(
                "state", body, fontSize=9, leading=13, textColor=_QUIET, alignment=TA_CENTER
            ),
            "right": ParagraphStyle(
                "right", body, fontSize=8, leading=11, textColor=_QUIET, alignment=TA_RIGHT
            ),
            "loud": ParagraphStyle(
                "loud", body, fontSize=10, leading=14, textColor=_LOUD, alignment=TA_CENTER
            ),
        }

    def say(self, text: str, style: str = "body") -> Paragraph:
        """Return a paragraph; characters that the Latin font lacks stand in the Chinese one."""
        marked = _HAN.sub(lambda found: f'<font name="{CHINESE}">{found[0]}</font>', escape(text))
        return Paragraph(marked.replace("\n", "<br/>"), self._styles[style])

    def word(self, name: str) -> str:
        """Return a fixed word."""
        return word(name, self.language)

    def story(self) -> Iterator[Flowable]:
        """Yield the report from top to bottom."""
        yield from self._head()
        yield self._patient()
        for section in self.report.written.sections:
            lines = self.report.written.text_of(section.name, self.language)
            head = self.say(section.title.of(self.language), "head")
            said: list[Flowable] = [self.say(line) for line in lines] or [self.say("–")]
            yield KeepTogether([head, said[0]])
            yield from said[1:]
        if not self.report.written.evaluable:
            yield self.say(self.word("not_evaluable"), "loud")
        yield from self._advice()
        yield Spacer(1, 8)
        yield KeepTogether([self._signatures(), *self._small_print()])

    def _head(self) -> Iterator[Flowable]:
        written = self.report.written
        header = written.layout.header if not written.layout.header.is_empty else written.hospital.name
        yield self.say(header.of(self.language), "hospital")
        department = written.layout.department.of(self.language)
        title = written.layout.title.of(self.language)
        yield self.say(f"{department}  {title}".strip(), "title")
        yield self.say(self._state(), "state" if self._is_sound() else "loud")
        if written.research_only:
            yield self.say(self.word("research"), "loud")
        for name, because in (
            ("amended_because", written.reason),
            ("withdrawn_because", self.report.withdrawn_because),
        ):
            if because:
                yield self.say(self.word(name).format(because), "cell")
        yield Spacer(1, 4)

    def _state(self) -> str:
        return self.word("unsigned" if self.report.is_unsigned else self.report.state.value)

    def _is_sound(self) -> bool:
        good = (ReportState.FINAL, ReportState.AMENDED)
        return not self.report.is_unsigned and self.report.state in good

    def _patient(self) -> Table:
        written = self.report.written
        patient, study = written.patient, written.study
        number = f"{patient.patient_id} ({patient.issuer})" if patient.issuer else patient.patient_id
        named = " ".join(part for part in patient.name_alphabetic.split("^") if part)
        pairs = [
            ("name", " ".join(each for each in (patient.name_ideographic.replace("^", ""), named) if each)),
            ("patient_id", number),
            ("sex", self.word(patient.sex) if patient.sex in WORDS else patient.sex),
            ("born", patient.birth_date or ""),
            ("accession_number", study.accession_number),
            ("study_date", study.study_date or ""),
            (
                "examination",
                " ".join(each for each in ("/".join(study.modalities), study.description) if each),
            ),
        ]
        cells = [(self.say(self.word(name), "quiet"), self.say(text or "–", "cell")) for name, text in pairs]
        if len(cells) % 2:
            cells.append((self.say("", "quiet"), self.say("", "cell")))
        rows = [[*cells[at], *cells[at + 1]] for at in range(0, len(cells), 2)]
        table = Table(rows, [_WIDTH * share for share in (0.14, 0.36, 0.14, 0.36)])
        lines = [("LINEABOVE", (0, 0), (-1, 0), 0.8, _INK), ("LINEBELOW", (0, -1), (-1, -1), 0.8, _INK)]
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), *lines, *_TIGHT]))
        return table

    def _advice(self) -> Iterator[Flowable]:
        advice = self.report.written.advice
        if not advice:
            return
        yield self.say(self.word("advice"), "head")
        for each in advice:
            rule = f" [{each.rule_id}]" if each.rule_id else ""
            yield self.say(f"{each.source.of(self.language)}{rule}: {each.said.of(self.language)}", "cell")

    def _signatures(self) -> Table:
        signed = {each.kind: each for each in self.report.signatures}
        rows = []
        for kind in ("reporting", "verifying"):
            one = signed.get(kind)
            name = self.say(one.name if one else self.word("nobody"))
            told = ""
            if one is not None:
                at = one.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
                told = self.word("signed_at").format(at, one.algorithm, one.key_id[:16])
            rows.append([self.say(self.word(kind), "quiet"), name, self.say(told, "quiet")])
        table = Table(rows, [_WIDTH * share for share in (0.2, 0.25, 0.55)])
        above = ("LINEABOVE", (0, 0), (-1, 0), 0.5, _LINE)
        table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "MIDDLE"), above, *_TIGHT]))
        return table

    def _small_print(self) -> Iterator[Flowable]:
        written = self.report.written
        yield Spacer(1, 4)
        yield self.say(self.word("ai_assisted"), "quiet")
        if written.plugins:
            used = "; ".join(
                f"{each.title.of(self.language) or each.id} ({each.id} {each.version})"
                for each in written.plugins
            )
            yield self.say(f"{self.word('software')}: {used}", "quiet")
        yield self.say(self.word("version").format(written.version, self.report.digest), "quiet")
        if not written.layout.footer.is_empty:
            yield self.say(written.layout.footer.of(self.language), "quiet")

    def frame(self, canvas: Canvas, _: SimpleDocTemplate) -> None:
        """Draw what stands on each page: whose report it is, the page, and that a draft is one."""
        patient = self.report.written.patient
        named = patient.name_ideographic.replace("^", "") or patient.name_alphabetic.replace("^", " ")
        foot = self.say(f"{named}  {patient.patient_id}  {self._state()}", "quiet")
        number = self.say(self.word("page").format(canvas.getPageNumber()), "right")
        for each in (foot, number):
            each.wrapOn(canvas, _WIDTH, 20 * mm)
            each.drawOn(canvas, _MARGIN + _PADDING, 11 * mm)
        if self._is_sound() or self.report.state is ReportState.PRELIMINARY and not self.report.is_unsigned:
            return
        canvas.saveState()
        canvas.setFillColor(_LOUD, alpha=0.12)
        canvas.setFont(CHINESE if self.language == "zh" else _LATIN, 44)
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(38)
        canvas.drawCentredString(0, 0, self._state())
        canvas.restoreState()


_TIGHT = [
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
]
