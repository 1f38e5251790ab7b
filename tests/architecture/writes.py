"""Who writes which table: found in the syntax tree, so that a room's tables have one door.

A write is `Record.objects.create(…)` and its kind, `.update()` or `.delete()` at the end of a query,
`record.save()` or `record.delete()`, and SQL that inserts, changes, deletes or copies.
"""

import ast
import re

CREATING = frozenset(
    {
        "create",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
        "acreate",
        "aupdate",
        "adelete",
    }
)
QUERYING = frozenset(
    {"filter", "exclude", "all", "using", "select_for_update", "order_by", "distinct", "annotate"}
)

_SQL = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|COPY|TRUNCATE)\s+\"?(?P<room>[a-z]+)_[a-z]+", re.IGNORECASE
)

OTHER_DOORS: dict[str, str] = {
    "outbox/publish.py": "writes the event itself; the outbox has a door for each process that uses it",
    "outbox/deliver.py": "notes a step as done in the step's own transaction",
    "outbox/relay.py": "takes events and deliveries as the dispatcher",
    "delivery/planning.py": "carries a plan out in its caller's transaction: actions.py or steps.py",
    "ingest/quarantine.py": "keeps what belongs to no hospital yet, as the dispatcher",
    "retrieval/turns.py": "takes and renews archives' turns as the dispatcher, and forgets what is past",
    "results/objects.py": "notes each object in the transaction that stores it; actions.py is about reviews",
    "runs/claims.py": "takes, renews and gives back claims as the dispatcher; jobs move in actions.py",
}
"""Files below platform/allward that write their own room's tables besides its `actions`: path -> why."""


def room_of(path: str) -> str | None:
    """Return the room (or the app) that a file belongs to; None for what is no part of the product."""
    parts = path.split("/")
    if parts[:2] == ["platform", "allward"] and len(parts) > 3:
        return parts[2]
    if parts[0] == "apps" and len(parts) > 3:
        return parts[1]
    return None


def is_door(path: str) -> bool:
    """Tell whether a file may write its room's tables."""
    inner = path.removeprefix("platform/allward/")
    return (
        inner.split("/")[1] in {"actions.py", "actions"} or inner in OTHER_DOORS or "/server/actions" in inner
    )


def foreign_writes(path: str, text: str) -> list[str]:
    """Find writes outside of a door, and writes in a door to another room's tables."""
    room = room_of(path)
    if room is None or "/migrations/" in path:
        return []
    tree = ast.parse(text)
    names = _Names(tree)
    breaches = []
    for node in ast.walk(tree):
        for written in _written(node, names):
            home = written or room
            if home != room:
                breaches.append(
                    f"{path}: line {_line(node)} writes a table of {home}; call {home}/actions.py"
                )
            elif not is_door(path):
                breaches.append(f"{path}: line {_line(node)} writes; only {room}/actions.py does")
    return breaches


def _line(node: ast.AST) -> int:
    return getattr(node, "lineno", 0)


class _Names:
    """What the names of one file stand for: records with their rooms, and queries."""

    def __init__(self, tree: ast.Module) -> None:
        self.homes: dict[str, str] = {}
        self.queries: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                self._learn_records(node)
            elif isinstance(node, ast.Assign) and self.is_query(node.value):
                self.queries |= {target.id for target in node.targets if isinstance(target, ast.Name)}

    def _learn_records(self, node: ast.ImportFrom) -> None:
        if found := re.fullmatch(r"(?:allward\.)?(\w+)\.models", node.module or ""):
            self.homes.update({alias.asname or alias.name: found[1] for alias in node.names})

    def is_query(self, node: ast.expr) -> bool:
        """Tell whether this is `….objects`, or made from anything by `filter` and its kind."""
        if isinstance(node, ast.Attribute):
            return node.attr in {"objects", "_default_manager", "_base_manager"}
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in QUERYING
        if isinstance(node, ast.Name):
            return node.id in self.queries
        return isinstance(node, ast.Subscript) and self.is_query(node.value)


def _written(node: ast.AST, names: _Names) -> list[str | None]:
    """Return the rooms that this node writes; None in the list: a write whose table cannot be told."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [found["room"] for found in _SQL.finditer(node.value) if found["room"] in _ROOMS_WITH_TABLES]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return [names.homes.get(_root(node.func.value) or "")] if _is_write(node, node.func, names) else []
    return []


_ROOMS_WITH_TABLES = frozenset(
    {"outbox", "audit", "tenancy", "identity", "studies", "registry", "runs", "results"}
    | {"ingest", "routing", "delivery", "retrieval", "publishing"}
)


def _is_write(call: ast.Call, method: ast.Attribute, names: _Names) -> bool:
    receiver = method.value
    if method.attr in CREATING | {"update", "delete"} and names.is_query(receiver):
        return True
    if call.args or not isinstance(receiver, ast.Name | ast.Attribute | ast.Subscript):
        return False
    return method.attr == "save" or (method.attr == "delete" and not call.keywords)


def _root(node: ast.expr) -> str | None:
    """Return the name that a chain of attributes, calls and slices begins with."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute | ast.Subscript):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return None
    return node.id
