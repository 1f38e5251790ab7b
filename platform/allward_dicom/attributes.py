"""Named, typed access to the attributes of a DICOM JSON header that the platform reads."""

from typing import Any, NamedTuple

from allward_dicom.values import JsonDataset


class PersonName(NamedTuple):
    """The groups of a person's name, each `family^given^…`; absent is None (PS3.5 6.2.1)."""

    alphabetic: str | None = None
    ideographic: str | None = None
    phonetic: str | None = None

    @property
    def display(self) -> str | None:
        """The name as a screen shows it: characters if there are any, without carets."""
        chosen = self.ideographic or self.alphabetic or self.phonetic
        return " ".join(part for part in chosen.split("^") if part) if chosen else None


class OtherPatientId(NamedTuple):
    """One further number of a patient: an out-patient, in-patient or check-up number (0010,1002)."""

    patient_id: str
    issuer: str | None
    type: str | None


class Attributes:
    """Attributes of a header; one that is absent, empty or of the wrong type is None."""

    __slots__ = ()

    json: JsonDataset

    def values(self, key: str) -> list[Any]:
        """Return all values of a tag such as `"00080008"`; empty if there are none."""
        element = self.json.get(key)
        value = element.get("Value", []) if isinstance(element, dict) else []
        return value if isinstance(value, list) else []

    def text(self, key: str) -> str | None:
        """Return the first value of a tag as text."""
        values = self.values(key)
        if not values or values[0] is None or isinstance(values[0], dict):
            return None
        return str(values[0])

    def number(self, key: str) -> float | None:
        """Return the first value of a tag as a number."""
        values = self.values(key)
        return float(values[0]) if values and isinstance(values[0], int | float) else None

    def count(self, key: str) -> int | None:
        """Return the first value of a tag as a whole number."""
        number = self.number(key)
        return int(number) if number is not None and number == int(number) else None

    def numbers(self, key: str, size: int) -> tuple[float, ...] | None:
        """Return the values of a tag if they are exactly `size` numbers."""
        values = self.values(key)
        if len(values) != size or not all(isinstance(v, int | float) for v in values):
            return None
        return tuple(float(v) for v in values)

    @property
    def sop_class_uid(self) -> str:
        """(0008,0016)."""
        return self.text("00080016") or ""

    @property
    def sop_instance_uid(self) -> str:
        """(0008,0018)."""
        return self.text("00080018") or ""

    @property
    def study_instance_uid(self) -> str:
        """(0020,000D)."""
        return self.text("0020000D") or ""

    @property
    def series_instance_uid(self) -> str:
        """(0020,000E)."""
        return self.text("0020000E") or ""

    @property
    def frame_of_reference_uid(self) -> str | None:
        """(0020,0052)."""
        return self.text("00200052")

    @property
    def patient_id(self) -> str | None:
        """(0010,0020)."""
        return self.text("00100020")

    @property
    def issuer_of_patient_id(self) -> str | None:
        """(0010,0021)."""
        return self.text("00100021")

    @property
    def patient_name(self) -> PersonName:
        """(0010,0010) in its three groups."""
        values = self.values("00100010")
        groups = values[0] if values and isinstance(values[0], dict) else {}
        return PersonName(groups.get("Alphabetic"), groups.get("Ideographic"), groups.get("Phonetic"))

    @property
    def patient_birth_date(self) -> str | None:
        """(0010,0030), YYYYMMDD."""
        return self.text("00100030")

    @property
    def patient_sex(self) -> str | None:
        """(0010,0040): M, F or O."""
        return self.text("00100040")

    @property
    def other_patient_ids(self) -> tuple[OtherPatientId, ...]:
        """Items of (0010,1002) that hold a number."""
        found = []
        for item in self.values("00101002"):
            inner = _Item(item if isinstance(item, dict) else {})
            if (number := inner.text("00100020")) is not None:
                found.append(OtherPatientId(number, inner.text("00100021"), inner.text("00100022")))
        return tuple(found)

    @property
    def study_date(self) -> str | None:
        """(0008,0020), YYYYMMDD."""
        return self.text("00080020")

    @property
    def study_time(self) -> str | None:
        """(0008,0030), HHMMSS.FFFFFF."""
        return self.text("00080030")

    @property
    def accession_number(self) -> str | None:
        """(0008,0050)."""
        return self.text("00080050")

    @property
    def issuer_of_accession_number(self) -> str | None:
        """(0008,0051): its local namespace, or else its universal id (PS3.3 Table 10-17)."""
        for item in self.values("00080051"):
            inner = _Item(item if isinstance(item, dict) else {})
            if (issuer := inner.text("00400031") or inner.text("00400032")) is not None:
                return issuer
        return None

    @property
    def placer_order_number(self) -> str | None:
        """(0040,2016), of the image or of the first request that names one (0040,0275)."""
        return self._of_request("00402016")

    @property
    def filler_order_number(self) -> str | None:
        """(0040,2017), of the image or of the first request that names one (0040,0275)."""
        return self._of_request("00402017")

    def _of_request(self, key: str) -> str | None:
        requests = (_Item(item if isinstance(item, dict) else {}) for item in self.values("00400275"))
        return next((found for each in (self, *requests) if (found := each.text(key)) is not None), None)

    @property
    def study_id(self) -> str | None:
        """(0020,0010)."""
        return self.text("00200010")

    @property
    def study_description(self) -> str | None:
        """(0008,1030)."""
        return self.text("00081030")

    @property
    def series_description(self) -> str | None:
        """(0008,103E)."""
        return self.text("0008103E")

    @property
    def modality(self) -> str | None:
        """(0008,0060)."""
        return self.text("00080060")

    @property
    def body_part_examined(self) -> str | None:
        """(0018,0015)."""
        return self.text("00180015")

    @property
    def series_number(self) -> int | None:
        """(0020,0011)."""
        return self.count("00200011")

    @property
    def instance_number(self) -> int | None:
        """(0020,0013)."""
        return self.count("00200013")

    @property
    def institution_name(self) -> str | None:
        """(0008,0080)."""
        return self.text("00080080")

    @property
    def image_type(self) -> tuple[str, ...]:
        """(0008,0008)."""
        return tuple(str(v) for v in self.values("00080008"))

    @property
    def rows(self) -> int | None:
        """(0028,0010)."""
        return self.count("00280010")

    @property
    def columns(self) -> int | None:
        """(0028,0011)."""
        return self.count("00280011")

    @property
    def number_of_frames(self) -> int:
        """(0028,0008); 1 where it is absent."""
        return max(1, self.count("00280008") or 1)

    @property
    def pixel_spacing_mm(self) -> tuple[float, float] | None:
        """(0028,0030): distance between rows, then between columns; None unless both are positive."""
        spacing = self.numbers("00280030", 2)
        return (spacing[0], spacing[1]) if spacing and min(spacing) > 0 else None

    @property
    def slice_thickness_mm(self) -> float | None:
        """(0018,0050)."""
        return self.number("00180050")

    @property
    def image_position_lps_mm(self) -> tuple[float, float, float] | None:
        """(0020,0032): centre of the first voxel."""
        position = self.numbers("00200032", 3)
        return (position[0], position[1], position[2]) if position else None

    @property
    def image_orientation(self) -> tuple[float, ...] | None:
        """(0020,0037): direction of a row, then of a column, in LPS."""
        return self.numbers("00200037", 6)

    @property
    def rescale_type(self) -> str | None:
        """(0028,1054)."""
        return self.text("00281054")

    @property
    def window(self) -> tuple[float, float] | None:
        """First centre and width of (0028,1050), (0028,1051)."""
        centre, width = self.number("00281050"), self.number("00281051")
        return (centre, width) if centre is not None and width is not None else None


class _Item(Attributes):
    """An item of a sequence, read with the same names."""

    __slots__ = ("json",)

    def __init__(self, json: JsonDataset) -> None:
        self.json = json
