"""Reads tables of cases: reader's marks, or whether the condition is there. Pure.

The first line names the columns, in any order; UTF-8, with commas or semicolons (RFC 4180).

- Marks: `series_instance_uid`, `x_mm`, `y_mm`, `z_mm` (LPS), and if wanted `diameter_mm`, `counts`,
  `study_instance_uid`. One line for each mark; a line without a point says that the reader found nothing.
- Condition: `series_instance_uid`, `present`, and if wanted `study_instance_uid`.
"""

import csv
import io
import math

from allward.acceptance.orders import BadCaseError, CaseOrder, ReaderMark
from allward.kernel.texts import Text

MOST_BYTES = 5 << 20
"""Of a table: a hundred thousand marks."""

_SERIES, _STUDY = "series_instance_uid", "study_instance_uid"
_POINT = ("x_mm", "y_mm", "z_mm")
_OF_MARKS = frozenset({_SERIES, _STUDY, *_POINT, "diameter_mm", "counts"})
_OF_CONDITION = frozenset({_SERIES, _STUDY, "present"})
_YES = frozenset({"yes", "true", "1", "present", "y", "有", "是"})
_NO = frozenset({"no", "false", "0", "absent", "n", "无", "否"})

_Line = tuple[int, dict[str, str]]
"""Number of the line, and its values by column."""


def read_table(content: bytes) -> list[CaseOrder]:
    """Return the cases of a table.

    Raises
    ------
    BadCaseError
        With the line that is at fault.
    """
    if len(content) > MOST_BYTES:
        raise _bad(1, f"the table is larger than {MOST_BYTES >> 20} MB", f"表格超过 {MOST_BYTES >> 20} MB")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise _bad(line, "not UTF-8; save the table as UTF-8", "不是 UTF-8 编码；请另存为 UTF-8") from error
    columns, lines = _columns_and_lines(text)
    if "present" in columns:
        return _conditions(lines)
    return _marked(lines)


def _columns_and_lines(text: str) -> tuple[list[str], list[_Line]]:
    head = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if ";" in head else ",", strict=True)
    columns: list[str] = []
    lines: list[_Line] = []
    try:
        for values in reader:
            if not any(value.strip() for value in values):
                continue
            if not columns:
                columns = _known(values)
            else:
                lines.append((reader.line_num, _by_column(columns, values, reader.line_num)))
    except csv.Error as error:
        raise _bad(reader.line_num, f"not a table: {error}", f"表格格式有误：{error}") from error
    if not lines:
        raise _bad(1, "the table has no lines below its columns", "表头之下没有数据行")
    return columns, lines


def _known(values: list[str]) -> list[str]:
    columns = [value.strip().lower() for value in values]
    allowed = _OF_CONDITION if "present" in columns else _OF_MARKS
    wanted = [_SERIES, "present"] if "present" in columns else [_SERIES, *_POINT]
    missing = [name for name in wanted if name not in columns]
    if missing:
        names = ", ".join(missing)
        raise _bad(1, f"the column {names} is missing", f"缺少列 {names}")
    unknown = sorted(set(columns) - allowed)
    if unknown:
        raise _bad(
            1,
            f"the column {unknown[0]!r} is not known; known are {', '.join(sorted(allowed))}",
            f"未知的列 {unknown[0]!r}；可用的列为 {', '.join(sorted(allowed))}",
        )
    if len(set(columns)) < len(columns):
        raise _bad(1, "a column stands there twice", "有重复的列")
    return columns


def _by_column(columns: list[str], values: list[str], line: int) -> dict[str, str]:
    if len(values) != len(columns):
        raise _bad(
            line,
            f"{len(values)} values for {len(columns)} columns",
            f"有 {len(values)} 个值，而表头有 {len(columns)} 列",
        )
    row = {column: value.strip() for column, value in zip(columns, values, strict=True)}
    if not row[_SERIES]:
        raise _bad(line, f"{_SERIES} is empty", f"{_SERIES} 为空")
    return row


def _conditions(lines: list[_Line]) -> list[CaseOrder]:
    seen: dict[tuple[str, str], int] = {}
    orders = []
    for line, row in lines:
        key = (row.get(_STUDY, ""), row[_SERIES])
        if key in seen:
            raise _bad(
                line, f"the series stood in line {seen[key]} already", f"该序列已出现在第 {seen[key]} 行"
            )
        seen[key] = line
        orders.append(CaseOrder(key[1], key[0], present=_yes_or_no(row, "present", line), place=_place(line)))
    return orders


def _marked(lines: list[_Line]) -> list[CaseOrder]:
    found: dict[tuple[str, str], list[ReaderMark]] = {}
    without: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], int] = {}
    for line, row in lines:
        key = (row.get(_STUDY, ""), row[_SERIES])
        first.setdefault(key, line)
        marks = found.setdefault(key, [])
        mark = _mark(row, line)
        if mark is None:
            without[key] = line
        else:
            marks.append(mark)
        if marks and key in without:
            raise _bad(
                line,
                f"line {without[key]} says that nothing was found in this series; others hold marks of it",
                f"第 {without[key]} 行表示该序列未发现病灶，但其他行含有其标记",
            )
    return [
        CaseOrder(series, study, marks=tuple(marks), place=_place(first[study, series]))
        for (study, series), marks in found.items()
    ]


def _mark(row: dict[str, str], line: int) -> ReaderMark | None:
    if not any(row[name] for name in _POINT):
        return None
    x, y, z = (_number(row, name, line) for name in _POINT)
    diameter = _number(row, "diameter_mm", line) if row.get("diameter_mm") else None
    if diameter is not None and diameter <= 0:
        raise _bad(line, "diameter_mm must be greater than 0", "diameter_mm 必须大于 0")
    counts = _yes_or_no(row, "counts", line) if row.get("counts") else True
    return ReaderMark(x, y, z, diameter, counts)


def _number(row: dict[str, str], name: str, line: int) -> float:
    try:
        value = float(row[name])
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _bad(line, f"{name} is {row[name]!r}, not a number", f"{name} 的值 {row[name]!r} 不是数字")
    return value


def _yes_or_no(row: dict[str, str], name: str, line: int) -> bool:
    value = row[name].lower()
    if value in _YES or value in _NO:
        return value in _YES
    raise _bad(
        line, f"{name} is {row[name]!r}; write yes or no", f"{name} 的值为 {row[name]!r}；请填写 yes 或 no"
    )


def _place(line: int) -> Text:
    return Text(f"Line {line}", f"第 {line} 行")


def _bad(line: int, en: str, zh: str) -> BadCaseError:
    return BadCaseError.of("bad_csv", en, zh).at(_place(line))
