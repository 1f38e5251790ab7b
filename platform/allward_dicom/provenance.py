"""Who made a result object, into which series it goes, and under which UIDs its parts are followed."""

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from highdicom import AlgorithmIdentificationSequence
    from pydicom.dataset import Dataset

Language = Literal["en", "zh"]

UTF_8 = "ISO_IR 192"
"""Specific Character Set of every object that we write. Source: PS3.3 C.12.1.1.2."""
_LONG_STRING = 64
"""Characters that LO holds. Source: PS3.5 Table 6.2-1."""
_SHORT_STRING = 16
"""Characters that SH holds. Source: PS3.5 Table 6.2-1."""


@dataclass(frozen=True, slots=True)
class AlgorithmIdentity:
    """Which version of which plug-in computed a result.

    Attributes
    ----------
    name
        Reverse-DNS id of the plug-in.
    version
        Semantic version.
    digest
        sha256 of the package, hexadecimal: names weights and preparation exactly.
    vendor
        Who answers for it.
    parameters
        Value of each parameter that a user may set, by its name.
    """

    name: str
    version: str
    digest: str
    vendor: str
    parameters: Mapping[str, float | str | bool] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """What names this computation exactly: the digest, and each parameter as it was set."""
        said = {name: _in_words(value) for name, value in sorted(self.parameters.items())}
        return {"sha256": self.digest, **said}

    @property
    def device_uid(self) -> str:
        """UID of this exact build as an observing device; a retrained model is another device."""
        return derived_uid("device", self.digest)

    @property
    def equipment(self) -> dict[str, Any]:
        """Arguments of highdicom for the Enhanced General Equipment module (PS3.3 C.7.5.2)."""
        return {
            "manufacturer": short(self.vendor),
            "manufacturer_model_name": short(self.name),
            "software_versions": short(self.version),
            "device_serial_number": short(self.digest),
        }

    @property
    def sequence(self) -> "AlgorithmIdentificationSequence":
        """Algorithm Identification Sequence for a SEG (PS3.3 Table 10-19).

        highdicom takes a second to load; processes that only name a version need not wait for it.
        """
        from highdicom import AlgorithmIdentificationSequence
        from pydicom.sr.codedict import codes

        return AlgorithmIdentificationSequence(
            name=short(self.name),
            family=codes.cid7162.ArtificialIntelligence,
            version=short(self.version),
            source=short(self.vendor),
            parameters=self.settings,
        )


def _in_words(value: float | str | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:g}"


SegmentAlgorithm = Literal["AUTOMATIC", "SEMIAUTOMATIC", "MANUAL"]
"""Segment Algorithm Type (0062,0008). Source: PS3.3 C.8.20.4."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """Of which finding a segment is the outline, and who drew it.

    Attributes
    ----------
    identifier, uid
        Tracking ID (0062,0020) and Tracking UID (0062,0021): the same as in the report.
    """

    identifier: str
    uid: str
    drawn: SegmentAlgorithm = "AUTOMATIC"


@dataclass(frozen=True, slots=True)
class NewSeries:
    """The new series that one result object goes into.

    Attributes
    ----------
    series_instance_uid, sop_instance_uid
        Chosen by the caller, so that writing the same result again gives the same object.
    series_number
        Any number that the study does not use.
    description
        What a worklist shows, 64 characters at most.
    """

    series_instance_uid: str
    sop_instance_uid: str
    series_number: int
    description: str

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of highdicom for the series and the instance."""
        return {
            "series_instance_uid": self.series_instance_uid,
            "sop_instance_uid": self.sop_instance_uid,
            "series_number": self.series_number,
            "instance_number": 1,
            "series_description": short(self.description),
        }


def derived_uid(*parts: str) -> str:
    """Return a UID that is the same for the same parts.

    Source
    ------
    PS3.5 B.2 (UUID-derived UID, root 2.25); RFC 9562 5.8 (version 8, from SHA-256).
    """
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"2.25.{uuid.UUID(bytes=digest[:16], version=5).int}"


def short(text: str) -> str:
    """Cut a text to what LO holds; a backslash would split it."""
    return text.replace("\\", "/")[:_LONG_STRING]


def short_string(text: str) -> str:
    """Cut a text to what SH holds."""
    return text.replace("\\", "/")[:_SHORT_STRING]


def in_utf8(written: "Dataset") -> "Dataset":
    """Declare UTF-8, in which pydicom then encodes every text of the object, copied ones too."""
    written.SpecificCharacterSet = UTF_8
    return written


def evidence(sources: "Sequence[Dataset]") -> "list[Dataset]":
    """Return the source images as references that highdicom takes: one study, in the order given."""
    studies = {str(source.StudyInstanceUID) for source in sources}
    if len(studies) != 1:
        raise ValueError(f"a result belongs to exactly one study, not to {len(studies)}")
    return list(sources)
