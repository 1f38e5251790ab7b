"""What only a person can answer, marked in the files of a new plug-in until somebody has answered it.

A question is a text of the manifest, a line of the model card or the licence, or a comment of `plugin.toml`
that begins with a question mark. Whoever answers it replaces the text or takes the line away. Folders that
were imported before this was so say "not-stated" instead.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import BaseModel

from allward_sdk.parts import Code, Localised

TITLE = Localised(en="? Name on the screen", zh="？ 界面上的名称")
STATEMENT = Localised(en="? What does it do, on which images, for whom", zh="？ 在何种图像上、为谁、做什么")
VENDOR = "? Who answers for it"
WEIGHTS = "? SPDX identifier of the licence of the weights"
CONCEPT = "? Which concept is it"
LICENCE = "? Put the text of the licence of the weights here\n? 请在此放入权重许可证全文\n"
"""What `plugin new` and the importers ask in the same words; `LICENCE` is a whole file."""

_QUESTION = re.compile(r"\s*(?:[?？]|not[- ]stated\s*$)")
_LINE = {
    "plugin.toml": re.compile(r"\s*#\s*[?？]\s*(.+)"),
    "MODEL_CARD.md": re.compile(r"\s*[?？]\s*(.+)"),
    "LICENSE": re.compile(r"\s*[?？]\s*(.+)"),
}
"""File -> what a line that asks looks like."""


def is_question(text: str) -> bool:
    """Tell whether a text is a question that nobody has answered yet."""
    return _QUESTION.match(text) is not None


def questions_in_files(files: Mapping[str, str]) -> Iterator[str]:
    """Yield every question of the text files with its file and line."""
    for name, line_asks in _LINE.items():
        for number, line in enumerate(files.get(name, "").splitlines(), 1):
            if found := line_asks.match(line):
                yield f"{name}:{number}: {found[1]}"


def questions_in_texts(record: BaseModel) -> Iterator[str]:
    """Yield every question in the texts of a manifest with its place; codes are left out."""
    for place, text in _texts(record, ""):
        if is_question(text):
            yield f"{place}: {text.lstrip(' ?？')}"


def _texts(value: object, place: str) -> Iterator[tuple[str, str]]:
    """Yield every text of a record with its place; members of a list are called by their names."""
    if isinstance(value, str):
        yield place, value
        return
    members: Iterable[tuple[object, object]] = ()
    if isinstance(value, Mapping):
        members = value.items()
    elif isinstance(value, tuple):
        members = ((getattr(each, "name", number), each) for number, each in enumerate(value))
    elif isinstance(value, BaseModel) and not isinstance(value, Code):
        members = ((key, getattr(value, key)) for key in type(value).model_fields)
    for key, each in members:
        yield from _texts(each, f"{place}.{key}" if place else str(key))
