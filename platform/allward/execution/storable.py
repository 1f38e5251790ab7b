"""Whether the platform can keep what a plug-in finds; asked before anything is computed."""

from allward_sdk.errors import AllwardError
from allward_sdk.manifest import Manifest
from allward_sdk.stages import SegmentationStage


class UnstorableError(AllwardError):
    """The platform has no place for a kind of result. Never retried, and nobody else is to blame."""


def refuse_unstorable(manifest: Manifest) -> None:
    """Refuse a plug-in that finds more than outlines: what is not kept would be lost without a word.

    Raises
    ------
    UnstorableError
        With each stage whose results could not be kept.
    """
    stages = [stage for stage in manifest.stages if not isinstance(stage, SegmentationStage)]
    if stages:
        words = ", ".join(f"{stage.name} ({stage.operation})" for stage in stages)
        raise UnstorableError(
            f"it keeps outlines so far, and cannot keep what these stages of {manifest.plugin.id} find: "
            f"{words}. "
            "`allward plugin run` writes such results to files."
        )
