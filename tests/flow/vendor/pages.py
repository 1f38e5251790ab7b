"""What a tutorial's page asks its reader to do: files to write, lines to change, commands to type."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\"| (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    file: str
    """File that it is written to, or whose lines it changes; empty if it has none."""
    who: str
    """Whose terminal it is typed into; empty if it is no block of commands."""
    text: str

    @property
    def is_executed(self) -> bool:
        return bool(self.file) or self.language == "console"


@dataclass
class Command:
    """A line that is typed, and lines that it has to print."""

    line: str
    printed: list[str] = field(default_factory=list)


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    found = _FENCE.findall(page.read_text(encoding="utf-8"))
    return [Block(language, file, who, text) for language, file, who, text in found]


def commands_of(block: Block) -> Iterator[Command]:
    """Yield the commands of a block; every line belongs to one."""
    command: Command | None = None
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command is not None:
                yield command
            command = Command(line[2:])
        else:
            assert command is not None, f"{line!r} stands before any command"
            command.printed.append(line)
    if command is not None:
        yield command


def write_block(block: Block, folder: Path) -> None:
    """Write a block into its file, or change the file's lines as the block says."""
    path = folder / block.file
    if block.language != "diff":
        path.write_text(block.text, encoding="utf-8")
        return
    patch = f"--- {block.file}\n+++ {block.file}\n{block.text}"
    done = subprocess.run(
        ["patch", "--fuzz=0", str(path)], input=patch, capture_output=True, text=True, cwd=folder
    )
    assert done.returncode == 0, done.stdout + done.stderr
