"""Sub-commands of `allward` that need the platform; `pyproject.toml` names them as entry points."""
