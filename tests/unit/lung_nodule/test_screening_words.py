"""Only a plain order to look for lung cancer in a healthy person is screening; all else is asked."""

import pytest
from tests.unit.lung_nodule.asking import NOW, ask, question


def known(**texts):
    found = ask([], context={**NOW, **texts})
    return question(found, "screening").known


@pytest.mark.parametrize(
    "text",
    [
        "CT Chest Low Dose Lung Cancer Screening", "Lung cancer screening", "LDCT screening",
        "Screening for lung cancer, low-dose CT", "LUNG SCREENING", "Annual low dose CT screening, smoker",
        "Lung screening (computer tomography)",
        "低剂量肺癌筛查", "胸部低剂量CT筛查", "肺癌筛查", "肺部筛查",
    ],
)  # fmt: skip
def test_an_order_to_look_for_lung_cancer_is_screening(text):
    assert known(RequestedProcedureDescription=text) is True


@pytest.mark.parametrize(
    "text",
    [
        "CT chest screening for metastases", "CT chest, screening for lung metastases", "Lung mets screening",
        "Breast cancer screening, CT chest", "Screening chest CT, melanoma", "CT chest, TB screening",
        "Chest screening before employment", "Lung screening for infection before transplant",
        "Low dose CT, coronary calcium screening", "Lung screening, known colon cancer",
        "Lung cancer screening, history of breast cancer", "CT chest staging, lung screening",
        "乳腺癌筛查 胸部CT", "胸部CT筛查 乳腺癌术后", "胸部筛查转移", "肺部转移瘤筛查", "肺结核筛查 低剂量CT",
        "肺部感染筛查", "低剂量CT 冠脉钙化筛查", "胸部CT，胃癌筛查", "胸部入职筛查", "肺癌术后筛查",
    ],
)  # fmt: skip
def test_a_search_for_something_else_is_no_lung_cancer_screening(text):
    assert known(RequestedProcedureDescription=text) is None


def test_a_doubt_in_one_text_of_an_order_holds_for_all_of_them():
    assert known(StudyDescription="LDCT lung screening", ReasonForStudy="Metastases of a sarcoma?") is None
    assert known(StudyDescription="肺癌筛查", ReasonForStudy="乳腺癌化疗后") is None
