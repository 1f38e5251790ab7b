"""The reading room of nodules on the whole platform: from a chest CT that arrives to a verified report."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper
from playwright.sync_api import Browser, Locator, Page, Response, expect
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian
from tests.browser import serious, sign_in
from tests.phantoms.chest import ChestScan, Nodule, chest_scan
from tests.running_platform import Running, running_platform
from tests.small_package import SmallPlugin, write_manifest
from tests.unit.engine.graphs import write_graph

from allward_dicom.provenance import derived_uid
from allward_sdk.package import pack

pytestmark = pytest.mark.timeout(600)

READY_MS = 60_000
WINDOW = (64, 64, 32)
PATIENT = "PHANTOM-CHEST"
NODULES = (
    Nodule((-70.0, 10.0, 20.0), 12.0),
    Nodule((60.0, 20.0, 40.0), 9.0),
    Nodule((65.0, -20.0, -20.0), 14.0),
)


def write_detector(folder: Path) -> Path:
    """Write a package whose net marks what is bright in the dark: bright itself, its surroundings are not."""
    source = folder / "nodules-1.0.0"
    (source / "models").mkdir(parents=True)
    plugin = SmallPlugin(fills="lung_nodule.detector", plugin_id="org.test.nodules", min_slices=40)
    text = write_manifest(plugin, sha256=write_net(source / "models"))
    for old, new in {
        "Liver": "Nodule", "liver": "nodule", "肝脏": "结节", "10200004": "27925004",
        "[32, 32, 16]": str(list(WINDOW)), 'clean = [{ do = "largest_component" }]\n': "",
        'colour = "#D68E6C"': 'colour = "#FF5A78"\nkind = "lesion"',
    }.items():  # fmt: skip
        assert old in text
        text = text.replace(old, new)
    (source / "plugin.toml").write_text(text, encoding="utf-8")
    for name in ("MODEL_CARD.md", "LICENSE"):
        (source / name).write_text("For tests only.\n", encoding="utf-8")
    (source / "sbom.json").write_text("{}\n", encoding="utf-8")
    return pack(source, folder).path


def write_net(folder: Path) -> str:
    """Write sigmoid(min(x + 300, -700 - the mean around) / 20); return the digest of `bright.onnx`."""
    pools: list[onnx.NodeProto] = []
    for axis, length in enumerate((21, 21, 13)):
        kernel = [length if at == axis else 1 for at in range(3)]
        half = [side // 2 for side in kernel]
        ends = ("x" if axis == 0 else f"m{axis}", f"m{axis + 1}")
        pools.append(
            helper.make_node("AveragePool", [ends[0]], [ends[1]], kernel_shape=kernel, pads=[*half, *half])
        )
    nodes = [
        *pools,
        helper.make_node("Sub", ["x", "bright"], ["a"]),
        helper.make_node("Sub", ["dark", "m3"], ["b"]),
        helper.make_node("Min", ["a", "b"], ["c"]),
        helper.make_node("Mul", ["c", "steep"], ["d"]),
        helper.make_node("Sigmoid", ["d"], ["y"]),
    ]
    constants = {"bright": np.float32(-300), "dark": np.float32(-700), "steep": np.float32(0.05)}
    digest = write_graph(folder, nodes, constants, WINDOW, [1, 1, *WINDOW])
    (folder / f"{digest}.onnx").rename(folder / "bright.onnx")
    return digest


def write_chest(folder: Path, made: ChestScan) -> None:
    """Write a chest as one CT series, a file a slice."""
    folder.mkdir(parents=True)
    spacing = made.geometry.spacing_kji_mm
    for k, plane in enumerate(made.volume_hu):
        image = Dataset()
        image.file_meta = FileMetaDataset()
        image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image.SOPClassUID, image.SOPInstanceUID = CTImageStorage, derived_uid("chest", str(k))
        image.StudyInstanceUID, image.SeriesInstanceUID = (
            derived_uid("chest", "study"),
            derived_uid("chest", "ct"),
        )
        image.FrameOfReferenceUID = derived_uid("chest", "frame")
        image.ImageType = ["DERIVED", "PRIMARY", "AXIAL"]
        image.PatientName, image.PatientID = "Phantom^Chest", PATIENT
        image.PatientBirthDate, image.PatientSex, image.PatientPosition = "19620314", "F", "HFS"
        image.StudyDate = image.SeriesDate = image.AcquisitionDate = "20261120"
        image.StudyTime = image.SeriesTime = image.AcquisitionTime = "080000"
        image.AccessionNumber, image.StudyID, image.ReferringPhysicianName = "A1", "1", ""
        image.Modality, image.BodyPartExamined, image.Manufacturer = "CT", "CHEST", "Allward"
        image.StudyDescription = image.SeriesDescription = "SYNTHETIC PHANTOM chest"
        image.SeriesNumber, image.InstanceNumber, image.KVP, image.ConvolutionKernel = 1, k + 1, 120, "Br40d"
        position = made.geometry.to_lps_mm([[k, 0, 0]])[0]
        image.ImagePositionPatient = [round(float(mm), 4) for mm in position]
        image.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
        image.SliceThickness, image.PixelSpacing = spacing[0], [spacing[1], spacing[2]]
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.Rows, image.Columns = plane.shape
        image.BitsAllocated = image.BitsStored = 16
        image.HighBit, image.PixelRepresentation = 15, 1
        image.WindowCenter, image.WindowWidth = -600, 1500
        image.RescaleIntercept, image.RescaleSlope, image.RescaleType = 0, 1, "HU"
        image.PixelData = plane.astype("<i2").tobytes()
        image.save_as(folder / f"CT{k:04d}.dcm", enforce_file_format=True)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A hospital with a detector and a guideline, to which a chest CT comes."""
    with running_platform(tmp_path_factory.mktemp("home"), real_plugin=False) as running:
        folder = tmp_path_factory.mktemp("desk")
        key, publishers = folder / "key.pem", folder / "publishers.json"
        running.allward(
            "plugin", "key", "new", str(key), "--publisher", "Test Works", "--prefix", "org.test."
        )
        publishers.write_text(running.allward("plugin", "key", "show", str(key)).stdout, encoding="utf-8")
        package = str(write_detector(folder))
        running.allward("plugin", "sign", package, "--key", str(key))
        running.allward(
            "plugin", "install", package, "--department", "imaging-research", "--trust", str(publishers)
        )
        with running.client("administrator") as client:
            use = {"app": "lung_nodule", "version": 0, "in_use": ["c_lung_rads_2024"]}
            client.put("/api/v1/guidelines/", json=use).raise_for_status()
        write_chest(folder / "study", chest_scan(NODULES))
        running.allward("import", str(folder / "study"))
        yield running


@pytest.fixture(autouse=True)
def patience(page: Page) -> Iterator[None]:
    """Wait for facts as long as a busy machine needs."""
    page.set_default_timeout(READY_MS)
    expect.set_options(timeout=READY_MS)
    yield
    expect.set_options(timeout=5_000)


def open_study(page: Page, platform: Running, username: str) -> None:
    """Sign in and open the chest CT as soon as the app has read it."""
    sign_in(page, platform, username)
    row = page.get_by_test_id("worklist-row")
    expect(row).to_have_count(1)
    expect(row.get_by_test_id("ai-chip")).to_have_attribute("data-state", "completed")
    row.dblclick()
    page.wait_for_selector("[data-testid=viewer][data-viewer-ready=true][data-overlay-ready=true]")


def card(page: Page, at: int) -> Locator:
    """Return the card of the n-th finding, from 0."""
    return page.get_by_test_id("finding").nth(at)


def is_review(answer: Response) -> bool:
    """Tell whether this is the server's word on a judgement."""
    return answer.url.endswith("/review/")


def accept(page: Page, at: int) -> None:
    """Accept the chosen finding; one that was corrected just now is refused until it is on the screen."""
    status = 409
    while status == 409:
        expect(card(page, at)).to_have_attribute("data-review", "unreviewed")
        with page.expect_response(is_review) as judged:
            page.keyboard.press("KeyA")
        status = judged.value.status
    assert status == 200
    expect(card(page, at)).to_have_attribute("data-review", "accepted")


def test_a_chest_ct_is_read_reported_and_verified_by_two_people(page, platform, browser: Browser):
    open_study(page, platform, "radiologist")
    findings = page.get_by_test_id("finding")
    expect(findings).to_have_count(len(NODULES))
    assert serious(page) == []

    # The first is measured anew and accepted, the second accepted, the third is none.
    page.keyboard.press("KeyJ")
    expect(card(page, 0).get_by_test_id("nodule-state")).to_be_visible()
    page.keyboard.press("KeyE")
    expect(page.get_by_test_id("edit-bar")).to_have_attribute("data-kind", "calipers")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("edit-bar")).to_have_count(0)
    accept(page, 0)
    page.keyboard.press("KeyJ")
    accept(page, 1)
    page.keyboard.press("KeyJ")
    page.keyboard.press("KeyX")
    with page.expect_response(is_review) as judged:
        page.get_by_test_id("reject-reasons").get_by_role("menuitem").first.click()
    assert judged.value.ok
    expect(card(page, 2)).to_have_attribute("data-review", "rejected")
    with platform.client() as client:
        study_id = client.get("/api/v1/worklist/").json()["items"][0]["study_id"]
        (result,) = client.get(f"/api/v1/studies/{study_id}/results/").json()["results"]
        corrections = client.get(f"/api/v1/results/{result['result_id']}/corrections/").json()
    assert [edit["kind"] for edit in corrections["edits"]] == ["calipers"]

    # What guidelines need to know is asked, and then they say it with the rule's name.
    page.keyboard.press("KeyG")
    expect(page.get_by_test_id("advice")).to_be_visible()
    for name, word in (("screening", "是"), ("known_lung_cancer", "否")):
        asked = page.get_by_test_id(f"question-{name}")
        asked.get_by_text(word, exact=True).click()
        expect(
            page.locator(f"[data-testid=questions] >> [data-testid=question-{name}]:visible")
        ).to_have_count(0)
    expect(page.get_by_test_id("category").first).to_be_visible()
    rules = page.get_by_test_id("rule-id").all_inner_texts()
    assert rules
    assert all(rule.startswith("CLR24-") for rule in rules), rules
    assert serious(page) == []

    # The draft names both accepted nodules; the reporting physician signs, and may not verify it.
    page.keyboard.press("KeyG")
    page.get_by_test_id("report-begin").click()
    report = page.get_by_test_id("report")
    expect(report).to_have_attribute("data-state", "draft")
    assert serious(page) == []
    page.get_by_test_id("report-sign").click()
    expect(report).to_have_attribute("data-state", "preliminary")
    expect(page.get_by_test_id("report-verify")).to_have_count(0)

    # Somebody else does.
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    other = context.new_page()
    other.set_default_timeout(READY_MS)
    open_study(other, platform, "pathologist")
    other.get_by_test_id("tab-report").click()
    other.get_by_test_id("report-verify").click()
    expect(other.get_by_test_id("report")).to_have_attribute("data-state", "final")
    expect(other.get_by_test_id("signature-reporting")).to_contain_text("王医生")
    expect(other.get_by_test_id("signature-verifying")).to_contain_text("赵医生")
    assert serious(other) == []
    context.close()
