"""What the models ask for, as it is put to a reader."""

from allward_sdk.parts import Localised

QUESTIONS = {
    "age_years": Localised(en="How old is the patient, in years?", zh="患者年龄（岁）？"),
    "female": Localised(en="Is the patient female?", zh="患者是否为女性？"),
    "family_history": Localised(en="Did a close relative have lung cancer?", zh="是否有肺癌家族史？"),
    "emphysema": Localised(en="Does the CT show emphysema?", zh="CT 是否显示肺气肿？"),
    "longest_axial_mm": Localised(
        en="What is the longest diameter in an axial slice, in mm?", zh="横断面最长径（mm）是多少？"
    ),
    "kind": Localised(
        en="Is the nodule solid, part-solid or ground-glass?", zh="结节为实性、部分实性还是磨玻璃？"
    ),
    "upper_lobe": Localised(en="Does the nodule lie in an upper lobe?", zh="结节是否位于上叶？"),
    "nodule_count": Localised(
        en="How many nodules does the CT show, without those that are clearly benign?",
        zh="CT 显示多少个结节（不计明确良性者）？",
    ),
    "spiculation": Localised(en="Is the nodule spiculated?", zh="结节是否有毛刺？"),
    "smoker": Localised(en="Does or did the patient smoke?", zh="患者现在或曾经吸烟吗？"),
    "cancer_before": Localised(
        en="Was a cancer outside the chest ever diagnosed, and when?",
        zh="是否诊断过胸外恶性肿瘤？何时？",
    ),
    "diameter_mm": Localised(en="What is the largest diameter, in mm?", zh="最大径（mm）是多少？"),
    "mayo_probability": Localised(
        en="What is the probability by the Mayo model?", zh="Mayo 模型的恶性概率是多少？"
    ),
    "uptake": Localised(
        en="How much FDG does the nodule take up: none, faint, moderate or intense?",
        zh="结节 FDG 摄取程度：无、轻度、中度还是重度？",
    ),
}
"""By the names in `BrockInputs`, `MayoInputs` and `herder`."""
