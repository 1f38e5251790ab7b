"""The curve of marks as a drawing: sensitivity against false positives a scan, which run by powers of two."""

from math import log2
from typing import Any

from reportlab.graphics.shapes import Drawing, Line, PolyLine, String
from reportlab.lib.colors import HexColor

from allward.acceptance.report_words import word
from allward_measure.evaluation.froc import LUNA16_RATES

WIDTH_PT, HEIGHT_PT = 420.0, 210.0
_LEFT, _BELOW, _RIGHT, _ABOVE = 46.0, 36.0, 10.0, 8.0
_LATIN = "Helvetica"
_INK, _GRID, _CURVE = HexColor("#333333"), HexColor("#D8D8D8"), HexColor("#1F5FA8")


def froc_drawing(froc: dict[str, Any], language: str, font: str) -> Drawing:
    """Return the curve over the rates at which LUNA16 reads it."""
    drawing = Drawing(WIDTH_PT, HEIGHT_PT)
    for rate in LUNA16_RATES:
        x = _x(rate)
        drawing.add(Line(x, _y(0.0), x, _y(1.0), strokeColor=_GRID, strokeWidth=0.5))
        drawing.add(_text(x, _BELOW - 12, f"{rate:g}", _LATIN, "middle"))
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        drawing.add(Line(_x(LUNA16_RATES[0]), y, _x(LUNA16_RATES[-1]), y, strokeColor=_GRID, strokeWidth=0.5))
        drawing.add(_text(_LEFT - 6, y - 3, f"{tenth / 10:.1f}", _LATIN, "end"))
    drawing.add(_text(_x(1.0), 6, word("false_positives", language), font, "middle"))
    drawing.add(_text(2, HEIGHT_PT - _ABOVE - 2, word("sensitivity_short", language), font, "start"))
    points = [each for rate, value in _steps(froc) for each in (_x(rate), _y(value))]
    drawing.add(PolyLine(points, strokeColor=_CURVE, strokeWidth=1.6))
    return drawing


def _steps(froc: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the curve within the plotted rates, with its values at both ends (linear between points)."""
    known = [(point["false_positives_per_scan"], point["sensitivity"]) for point in froc["points"]]
    low, high = LUNA16_RATES[0], LUNA16_RATES[-1]
    inside = [point for point in known if low < point[0] < high]
    dense = [(rate, _at(known, rate)) for rate in _between(low, high)]
    return sorted({*inside, *dense})


def _between(low: float, high: float, parts: int = 48) -> list[float]:
    return [low * (high / low) ** (n / parts) for n in range(parts + 1)]


def _at(known: list[tuple[float, float]], rate: float) -> float:
    before = [point for point in known if point[0] <= rate]
    after = [point for point in known if point[0] > rate]
    if not after:
        return before[-1][1]
    (x0, y0), (x1, y1) = before[-1], after[0]
    return y0 + (y1 - y0) * (rate - x0) / (x1 - x0)


def _x(rate: float) -> float:
    low, high = log2(LUNA16_RATES[0]), log2(LUNA16_RATES[-1])
    return _LEFT + (WIDTH_PT - _LEFT - _RIGHT) * (log2(rate) - low) / (high - low)


def _y(sensitivity: float) -> float:
    return _BELOW + (HEIGHT_PT - _BELOW - _ABOVE - 10) * sensitivity


def _text(x: float, y: float, text: str, font: str, anchor: str) -> String:
    return String(x, y, text, fontName=font, fontSize=8, textAnchor=anchor, fillColor=_INK)
