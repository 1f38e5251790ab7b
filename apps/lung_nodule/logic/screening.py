"""Whether an order is one for lung cancer screening; whatever else may be meant leaves that to the reader.

A screening table is laxer than one for nodules that are found by chance, and is not made for patients with a
cancer: "screening for metastases" has to lead to a question, never to Lung-RADS.
"""

import re
from collections.abc import Mapping

_ORDER = (
    "RequestedProcedureDescription",
    "ReasonForStudy",
    "ReasonForTheRequestedProcedure",
    "StudyDescription",
)
_LUNG = r"(lungs?|ldct|low[- ]dose)"
_SCREENING = re.compile(
    rf"\b{_LUNG}\b.{{0,40}}\bscreening\b|\bscreening\b.{{0,40}}\b{_LUNG}\b"
    r"|(肺癌|肺部|肺|低剂量).{0,10}筛查",
    re.IGNORECASE,
)
_DOUBTFUL = re.compile(
    r"\b(not?|non|without|instead of|rather than|after|post|since|declined|positive|abnormal|follow)\b"
    r".{0,30}\bscreening\b|\bscreening\b.{0,30}\b(not|declined|positive|abnormal|found|detected|follow)"
    r"|(非|不是|并非|无).{0,6}筛查|筛查.{0,6}(后|发现|异常|阳性|随访|复查)|\?|？",
    re.IGNORECASE,
)
_OTHER_AIM = re.compile(
    r"\bmets?\b|metasta|secondar(y|ies)|staging|recurren|surveillance|chemo|radiother|transplant"
    r"|breast|mammo|colon|colorect|rectal|prostat|melanom|sarcom|lymphom|leuk|myelom|renal|kidney|\bliver"
    r"|hepat|thyroid|\bcervi|\bovar|\buter|testic|germ cell|bladder|pancrea|gastric|stomach|o?esophag"
    r"|laryn|pharyn|head and neck|tubercul|\btb\b|covid|infect|pneumoni|pneumoco|silico"
    r"|coronary|calcium|cardiac|\baort|embol|pre-?op|employ|\bvisa"
    r"|\b(known|history of|h/o|s/p|treated|previous|prior)\b.{0,20}\b(cancer|carcinoma|tumou?r|malign)"
    r"|转移|分期|复发|术前|术后|化疗|放疗|移植|乳腺|乳癌|胃|肠|肝|肾|前列腺|甲状腺|宫颈|卵巢|子宫|食管|食道|鼻咽|喉"
    r"|膀胱|胰|淋巴瘤|白血病|骨髓瘤|黑色素|肉瘤|结核|感染|肺炎|新冠|尘肺|矽肺|冠脉|冠状|钙化|心脏|主动脉|栓塞"
    r"|入职|入院|签证|既往.{0,8}(癌|瘤)",
    re.IGNORECASE,
)
"""Cancers of other organs, their spread, infection, the heart: what a chest CT may be a screening for too."""


def is_screening(context: Mapping[str, str]) -> bool:
    """Tell whether the order plainly says screening for lung cancer; any doubt leaves it to the reader.

    Parameters
    ----------
    context
        By DICOM keyword. A doubt in one text of the order holds for all.
    """
    texts = [context[name] for name in _ORDER if context.get(name)]
    doubtful = any(pattern.search(text) for text in texts for pattern in (_DOUBTFUL, _OTHER_AIM))
    return not doubtful and any(_SCREENING.search(text) for text in texts)
