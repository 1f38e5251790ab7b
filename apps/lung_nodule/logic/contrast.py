"""What a header says of contrast medium; many write that there was none where its name belongs."""

import re
from collections.abc import Mapping

_NONE = re.compile(
    r"^\W*(no|none?|without|nil|null|false|0+|n\W?a|un-?enhanced|plain)?\W*$"
    r"|\b(no|non|not|without|w/o)\b\W*(iv\b\W*)?(contrast|agent|medium|given|used|enhanced)|\bunenhanced\b"
    r"|^无|平扫|未(用|使用|注射|增强|行)|非增强|不增强",
    re.IGNORECASE,
)


def contrast_said(context: Mapping[str, str]) -> bool | None:
    """Tell whether contrast medium was given, by (0018,0010); None if it says nothing."""
    agent = context.get("ContrastBolusAgent", "").strip()
    return None if not agent else _NONE.search(agent) is None
