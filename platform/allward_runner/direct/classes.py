"""What a plug-in says of the images as a whole, as findings: each label with its probability."""

from allward_runner.direct.probabilities import probability
from allward_runner.direct.subject import Subject
from allward_sdk.found import Classified
from allward_sdk.manifest import Label
from allward_sdk.results import Finding

CHOSEN, NOT_CHOSEN = "chosen", "not chosen"
"""Category of a class that the plug-in decides for, and of one that it does not."""


def class_findings(subject: Subject, label: Label) -> list[Finding]:
    """Return a finding for each stage that judges the images by a label, chosen or not."""
    return [
        Finding(
            id=f"{label.name}-{found.stage}",
            kind="class",
            label=label.type,
            title=label.title,
            tracking_uid=subject.tracking_uid(f"{label.name}-{found.stage}"),
            centre_lps_mm=found.centre_lps_mm,
            score=round(found.probabilities[label.name], 6),
            chosen=label.name in found.chosen,
            category=CHOSEN if label.name in found.chosen else NOT_CHOSEN,
            measurements=(probability(found.stage, label, found.probabilities[label.name]),),
        )
        for found in subject.output.found
        if isinstance(found, Classified) and label.name in found.probabilities
    ]
