"""What a finding is like, where it lies and with what it was compared, as a measurement group says it."""

import highdicom as hd

from allward_dicom.codes import PRESENT, SERIES_INSTANCE_UID, SITES_BY_NAME, STUDY_INSTANCE_UID, concept
from allward_dicom.provenance import Language
from allward_dicom.sr_text import sentence
from allward_sdk.results import Finding


def evaluations(finding: Finding) -> list[hd.sr.QualitativeEvaluation] | None:
    """Return what a finding is like, coded; of a class that it is present if the plug-in decides for it.

    A class that it does not decide for is not coded Absent: that nobody has said. Its probability and a
    comment say what was computed.
    """
    found = [
        hd.sr.QualitativeEvaluation(name=concept(each.concept), value=concept(each.value))
        for each in finding.properties
        if each.value is not None and each.name not in _SITE
    ]
    if finding.kind == "class" and finding.chosen:
        found.append(hd.sr.QualitativeEvaluation(name=concept(finding.label), value=PRESENT))
    return found or None


_SITE = ("lobe", "side")
"""Properties that say where a finding lies: they are its site and its laterality."""


def sites_of_finding(finding: Finding) -> list[hd.sr.FindingSite] | None:
    """Return where a finding says that it lies; None if it does not."""
    coded = {each.name: concept(each.value) for each in finding.properties if each.value is not None}
    organ = SITES_BY_NAME.get((finding.label.scheme, finding.label.value))
    site, side = coded.get("lobe", organ), coded.get("side")
    return None if site is None else [hd.sr.FindingSite(site, laterality=side)]


def remarks_on_likeness(finding: Finding, language: Language) -> list[str]:
    """Return what a finding is like where no code says it, and with what it was compared."""
    said = [
        sentence("said", language, getattr(each.title, language), getattr(each.said, language))
        for each in finding.properties
        if each.value is None
    ]
    if finding.prior is not None:
        said.append(sentence("prior", language, finding.prior.study_date or finding.prior.study_instance_uid))
    return said


def prior_uids(finding: Finding) -> list[hd.sr.UIDRefContentItem]:
    """Name the earlier series that a finding was compared with; TID 1411 and 1501 may be extended."""
    if finding.prior is None:
        return []
    uids = (
        (STUDY_INSTANCE_UID, finding.prior.study_instance_uid),
        (SERIES_INSTANCE_UID, finding.prior.series_instance_uid),
    )
    contains = hd.sr.RelationshipTypeValues.CONTAINS
    return [hd.sr.UIDRefContentItem(name=name, value=uid, relationship_type=contains) for name, uid in uids]
