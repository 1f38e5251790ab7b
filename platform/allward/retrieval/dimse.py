"""An archive that speaks DIMSE: C-ECHO, C-FIND of the study root, C-GET and C-MOVE.

Source
------
PS3.4 annex C (Query/Retrieve service class), PS3.7 9.1 and annex C (statuses).
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)
from pynetdicom import StoragePresentationContexts, _config, build_role, evt
from pynetdicom.presentation import build_context
from pynetdicom.sop_class import (  # type: ignore[attr-defined]  # made when the module is loaded
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from allward.kernel.bucket import TokenBucket
from allward.retrieval.archive import (
    ArchiveAwayError,
    ArchiveRefusedError,
    Fetched,
    Line,
    Reception,
)
from allward.retrieval.association import Node, associated, ended_after, line_of, watched
from allward.retrieval.rows import (
    MOST_ROWS,
    SERIES_KEYS,
    STUDY_KEYS,
    SeriesRow,
    StudyQuery,
    StudyRow,
    Texts,
    matching,
)
from allward_dicom.text import text_decoder

FIND = StudyRootQueryRetrieveInformationModelFind
GET = StudyRootQueryRetrieveInformationModelGet
MOVE = StudyRootQueryRetrieveInformationModelMove

SERIES_S = 3600.0
"""Limit for the answer to the order for a whole series, in seconds; silence ends it sooner with C-GET."""

FIND_S = 300.0
"""Limit for all answers to a search, in seconds: a person waits for it, and one archive answers for ever."""

MOVE_SILENCE_S = 900.0
"""Limit for silence at a C-MOVE, in seconds: some archives say nothing until all is sent."""

_PENDING = (0xFF00, 0xFF01)
_CANCELED = 0xFE00
_WITHOUT_ITS_IMAGES = 0xB000
"""Sub-operations complete, one or more failures. Source: PS3.4 Table C.4-2."""
_NO_RESOURCES = (0xA701, 0xA702)
_UNKNOWN_DESTINATION = 0xA801

_SYNTAXES = (
    ExplicitVRLittleEndian, JPEGLSLossless, JPEG2000Lossless, JPEGLosslessSV1, RLELossless, JPEGBaseline8Bit,
    JPEGExtended12Bit, JPEGLSNearLossless, JPEG2000, DeflatedExplicitVRLittleEndian, ImplicitVRLittleEndian,
)  # fmt: skip
_CLASSES = [str(context.abstract_syntax) for context in StoragePresentationContexts][:127]
"""As many as fit beside the C-GET itself: a context's id is odd and below 256 (PS3.8 9.3.2.2)."""

_config.STORE_RECV_CHUNKED_DATASET = True
"""pynetdicom: what C-GET brings goes to a file as it comes; a slide of gigabytes is never in memory."""

Expect = Callable[[str], int]
"""Notes that a study is about to be sent to us, and gives the Message ID to ask with."""


class DimseArchive:
    """Asks one archive over DIMSE; `fetch` is given by C-MOVE or C-GET."""

    def __init__(self, node: Node, *, fallback_charset: str) -> None:
        self._node = node
        self._charset = fallback_charset

    def test(self) -> None:
        """Ask with C-ECHO."""
        with associated(self._node, [build_context(Verification)]) as association:
            answer = association.send_c_echo()
        if answer.get("Status") != 0x0000:
            raise ArchiveAwayError(f"{self._node} does not answer C-ECHO with success")

    def find_studies(self, query: StudyQuery) -> list[StudyRow]:
        """Ask with C-FIND at the level of studies."""
        rows = (StudyRow.read(texts) for texts in self._find("STUDY", STUDY_KEYS, matching(query)))
        return [row for row in rows if row.study_instance_uid and row.fits(query)]

    def find_series(self, study_instance_uid: str) -> list[SeriesRow]:
        """Ask with C-FIND at the level of series; where counts are missing, count the images."""
        stated = {"StudyInstanceUID": study_instance_uid}
        rows = [SeriesRow.read(texts) for texts in self._find("SERIES", SERIES_KEYS, stated)]
        return [self._counted(stated, row) for row in rows if row.series_instance_uid]

    def _counted(self, stated: dict[str, str], row: SeriesRow) -> SeriesRow:
        if row.instance_count is not None:
            return row
        keys = {**stated, "SeriesInstanceUID": row.series_instance_uid}
        found = {
            uid for texts in self._find("IMAGE", ("SOPInstanceUID",), keys) for uid in texts("SOPInstanceUID")
        }
        return SeriesRow(
            row.series_instance_uid, row.modality, row.number, row.description, len(found) or None
        )

    def _find(self, level: str, keys: Sequence[str], stated: dict[str, str]) -> list[Texts]:
        identifier = _identifier(level, {**dict.fromkeys(keys, ""), **stated}, self._charset)
        most = MOST_ROWS if level == "STUDY" else 100 * MOST_ROWS
        found: list[Texts] = []
        with (
            associated(self._node, [build_context(FIND)]) as association,
            ended_after(line_of(association), FIND_S),
        ):
            for status, answer in association.send_c_find(identifier, FIND, msg_id=1):
                code = self._status_of(status)
                if code in _PENDING:
                    if answer is not None and len(found) < most:
                        found.append(_texts_of(answer, self._charset))
                    if len(found) == most and association.is_established:
                        association.send_c_cancel(1, query_model=FIND)
                elif code not in (0x0000, _CANCELED):
                    raise _refusal(self._node, "C-FIND", status)
        return found

    def _status_of(self, status: Dataset) -> int:
        code = status.get("Status")
        if code is None:
            raise ArchiveAwayError(f"{self._node} stopped answering")
        return int(code)

    def _carry_out(self, answers: Iterator[tuple[Dataset, Dataset | None]], what: str) -> Fetched:
        """Follow the answers of a C-GET or C-MOVE to the last one."""
        last = Dataset()
        for status, _ in answers:
            self._status_of(status)
            last = status
        code = int(last.get("Status", 0xC000))
        completed = _count(last, "Completed") + _count(last, "Warning")
        failed = _count(last, "Failed")
        if code == 0x0000 and not failed:
            return Fetched(completed, failed)
        if code in (0x0000, _WITHOUT_ITS_IMAGES):
            return Fetched(completed, failed, f"{self._node} could not send {failed} objects{_comment(last)}")
        raise _refusal(self._node, what, last)


class MoveArchive(DimseArchive):
    """Has an archive send to our AE title. What came is seen in the index, not here."""

    def __init__(self, node: Node, *, destination: str, expect: Expect, fallback_charset: str) -> None:
        super().__init__(node, fallback_charset=fallback_charset)
        self._destination = destination
        self._expect = expect

    def fetch(self, study_instance_uid: str, series: SeriesRow, line: Line) -> Fetched:
        """Order one series by C-MOVE; under a cap the next one waits for what this one brought."""
        message_id = self._expect(study_instance_uid)
        identifier = _series_identifier(study_instance_uid, series)
        uncapped = Line(TokenBucket(), line.stop)  # the images come on another association
        with (
            associated(self._node, [build_context(MOVE)], answer_s=SERIES_S) as association,
            watched(association, uncapped, silence_s=MOVE_SILENCE_S),
        ):
            answers = association.send_c_move(identifier, self._destination, MOVE, msg_id=message_id)
            return self._carry_out(answers, "C-MOVE")


class GetArchive(DimseArchive):
    """Takes objects on the association that asked for them, under the cap."""

    def __init__(self, node: Node, *, receive: Callable[[str], Reception], fallback_charset: str) -> None:
        super().__init__(node, fallback_charset=fallback_charset)
        self._receive = receive

    def fetch(self, study_instance_uid: str, series: SeriesRow, line: Line) -> Fetched:
        """Order one series by C-GET; each object is acknowledged once it is durable."""
        identifier = _series_identifier(study_instance_uid, series)
        contexts = [build_context(GET), *(build_context(each, list(_SYNTAXES)) for each in _CLASSES)]
        roles = [build_role(each, scp_role=True) for each in _CLASSES]
        with self._receive(study_instance_uid) as reception:
            handlers = [(evt.EVT_C_STORE, _store, [reception])]
            with (
                associated(
                    self._node, contexts, answer_s=SERIES_S, ext_neg=roles, handlers=handlers
                ) as association,
                watched(association, line),
            ):
                fetched = self._carry_out(association.send_c_get(identifier, GET), "C-GET")
            return fetched.with_refusals(reception.index())


def _store(event: Any, reception: Reception) -> int:
    """Take one object of a C-GET; its answer is success only when it is durable."""
    path = Path(event.dataset_path)
    reception.begin()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                reception.write(block)
    finally:
        path.unlink()
    return 0xC000 if reception.end() else 0x0000


def _identifier(level: str, values: dict[str, str], charset: str) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    for keyword, value in values.items():
        setattr(identifier, keyword, value)
    if not all(value.isascii() for value in values.values()):
        identifier.SpecificCharacterSet = charset
    return identifier


def _series_identifier(study_instance_uid: str, series: SeriesRow) -> Dataset:
    values = {"StudyInstanceUID": study_instance_uid, "SeriesInstanceUID": series.series_instance_uid}
    return _identifier("SERIES", values, "")


def _texts_of(answer: Dataset, fallback_charset: str) -> Texts:
    """Return how an answer's values are read: by its own character set, else by the archive's fallback."""
    terms = answer.get("SpecificCharacterSet") or ()
    stated = (terms,) if isinstance(terms, str) else tuple(terms)
    decode = text_decoder(stated, fallback_charset)

    def texts(keyword: str) -> list[str]:
        tag = Tag(keyword)
        if tag not in answer:
            return []
        element = answer.get_item(tag)
        raw = element.value if isinstance(element, RawDataElement) else None
        text = decode(raw) if isinstance(raw, bytes) else str(answer[tag].value or "")
        parts = text.split("\\") if keyword == "ModalitiesInStudy" else [text]
        return [part.strip(" \0") for part in parts if part.strip(" \0")]

    return texts


def _count(status: Dataset, kind: str) -> int:
    return int(status.get(f"NumberOf{kind}Suboperations") or 0)


def _comment(status: Dataset) -> str:
    comment = str(status.get("ErrorComment", "")).strip()
    return f" ({comment})" if comment else ""


def _refusal(node: Node, what: str, status: Dataset) -> ArchiveAwayError | ArchiveRefusedError:
    code = int(status.get("Status", 0xC000))
    said = f"0x{code:04X}{_comment(status)}"
    if code == _UNKNOWN_DESTINATION:
        return ArchiveRefusedError(
            f"{node} does not know our AE title as a destination ({said}): enter it there with our address"
        )
    if code in _NO_RESOURCES:
        return ArchiveAwayError(f"{node} has no room for {what} now ({said})")
    if code in (0x0122, 0x0124, 0xA900):
        return ArchiveRefusedError(f"{node} refuses {what} ({said})")
    return ArchiveAwayError(f"{node} did not carry out {what} ({said})")
