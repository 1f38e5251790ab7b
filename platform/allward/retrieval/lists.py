"""Lists of studies that a person brings: one to a line, or a table with a heading. Pure."""

import csv
import io

from allward.retrieval.actions.asking import Wanted
from allward_sdk.errors import BadInputError

MOST_LINES = 10_000
COLUMNS = ("accession_number", "study_instance_uid")
"""Known headings; other columns are passed over."""


def read_list(text: str) -> list[Wanted]:
    """Read a list of accession numbers, or a CSV table with one of `COLUMNS`; empty lines count for nothing.

    Raises
    ------
    BadInputError
        If a line names no study; the message says which line.
    """
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff")), delimiter=_delimiter(text)))
    if len(rows) > MOST_LINES:
        raise BadInputError(f"the list has more than {MOST_LINES} lines: bring it in parts")
    heading = [cell.strip().casefold().replace(" ", "_") for cell in rows[0]] if rows else []
    known = next((name for name in COLUMNS if name in heading), None)
    place = heading.index(known) if known else 0
    found = []
    for number, row in enumerate(rows, 1):
        if not any(cell.strip() for cell in row) or (known and number == 1):
            continue
        found.append(_wanted(row, place, known or COLUMNS[0], number))
    if not found:
        raise BadInputError("the list names no study")
    return found


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return next((each for each in (";", "\t") if each in first), ",")


def _wanted(row: list[str], place: int, column: str, number: int) -> Wanted:
    value = row[place].strip() if place < len(row) else ""
    try:
        if column == "study_instance_uid":
            return Wanted(study_instance_uid=value)
        return Wanted(accession_number=value)
    except BadInputError as error:
        raise BadInputError(f"line {number}: {error}") from None
