"""The table of rules: what each is about, its name and how a fault is mended, in both languages."""

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from allward_sdk import graph_limits, graph_numbers, graphs
from allward_sdk.check import rules
from allward_sdk.parts import Localised

Level: TypeAlias = Literal["runs", "speaks DICOM", "clinical"]
"""What a rule is about: that the plug-in runs, that a PACS understands it, that people may rely on it."""

LEVELS: tuple[Level, ...] = get_args(Level)
"""Each one rests on those before it."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule."""

    level: Level
    name: Localised
    """What holds where the rule is kept."""
    mend: Localised
    """What to do where it is not."""
    find: rules.Find
    """Returns the faults."""


WHOLE_FOLDER = Localised(en="plugin.toml keeps the schema", zh="plugin.toml 符合规范")
WHOLE_PACKAGE = Localised(en="the package is whole", zh="插件包完整")
"""The two rules without which no other can be looked at."""
MEND_FOLDER = Localised(
    en="Correct these keys; `allward plugin schema --format markdown` lists every key.",
    zh="请更正这些键；所有键见 `allward plugin schema --format markdown`。",
)
MEND_PACKAGE = Localised(
    en="Pack the folder again: allward plugin pack FOLDER.",
    zh="请重新打包：allward plugin pack FOLDER。",
)

_Said: TypeAlias = tuple[str, str]
"""A text in English and Chinese."""

_CLINICAL: tuple[tuple[rules.Find, _Said, _Said], ...] = (
    (
        rules.faults_of_files,
        ("licence, model card and bill of materials are there", "许可证、模型卡和物料清单齐全"),
        (
            "Put these files into the folder; `allward plugin new` shows what they look like.",
            "请把这些文件放入插件文件夹；`allward plugin new` 会生成样例。",
        ),
    ),
    (
        rules.faults_of_bill,
        ("the bill of materials names this version and these models", "物料清单与版本和模型一致"),
        (
            "Write the version and the sha256 of plugin.toml into sbom.json, as `allward plugin new` does.",
            "请把 plugin.toml 中的版本和 sha256 写入 sbom.json，格式同 `allward plugin new` 所生成。",
        ),
    ),
    (
        rules.faults_of_questions,
        ("what only a person knows is said", "只有人才知道的内容已填写"),
        (
            "Answer each question in its place: replace the text, or take the line away.",
            "请在原处回答每个问题：替换该文字，或删去提问的那一行。",
        ),
    ),
    (
        rules.faults_of_licences,
        ("licences are SPDX expressions", "许可证为 SPDX 表达式"),
        (
            "Write the SPDX identifier, for example Apache-2.0, or LicenseRef-Name for one of your own.",
            "请用 SPDX 标识写明许可证，例如 Apache-2.0；自有许可证写 LicenseRef-名称。",
        ),
    ),
    (
        rules.faults_of_texts,
        ("texts are in Chinese and English", "文字有中英文两种"),
        ("Write the Chinese text at this key.", "请在该键写入中文。"),
    ),
    (
        rules.faults_of_cases,
        ("acceptance cases can be read", "验收用例可读"),
        (
            "Correct case.toml; `allward plugin schema --case` says what may stand in it.",
            "请更正 case.toml；可写的内容见 `allward plugin schema --case`。",
        ),
    ),
)

_DICOM: tuple[tuple[rules.Find, _Said, _Said], ...] = (
    (
        rules.faults_of_missing_codes,
        ("everything found has a code", "所有结果都有编码"),
        (
            "Find it with `allward plugin codes WORD` or in SNOMED CT, and write its value and meaning.",
            "请用 `allward plugin codes 英文词` 或在 SNOMED CT 中查找，填写 value 和 meaning。",
        ),
    ),
    (
        rules.faults_of_check_digits,
        ("SNOMED CT codes have the right check digit", "SNOMED CT 编码校验位正确"),
        (
            "Copy the concept id again; a digit is wrong, or it is the id of a description.",
            "请重新复制概念标识；有数字错误，或复制的是描述的标识。",
        ),
    ),
    (
        rules.faults_of_meanings,
        ("codes mean what their text says", "编码与其含义一致"),
        (
            "Take the code of what is meant, or the meaning that belongs to the code.",
            "请改用所指概念的编码，或写上该编码本来的含义。",
        ),
    ),
    (
        rules.faults_of_units,
        ("measurements are in the unit of their method", "测量值单位与方法相符"),
        (
            "Volumes are in mL and diameters in mm: write this unit.",
            "体积用 mL，直径用 mm：请改用该单位。",
        ),
    ),
    (
        rules.faults_of_places,
        ("results become DICOM objects", "结果可转为 DICOM 对象"),
        (
            "Let a stage of another operation tell the result, or leave it out.",
            "请改由其他操作的阶段给出该结果，或删去该阶段。",
        ),
    ),
)

_RUNS: tuple[tuple[rules.Find, _Said, _Said], ...] = (
    (
        rules.faults_of_spacings,
        ("spacings are those of images", "重采样间距合理"),
        (
            "Write the spacing of training in mm, in the order of `orientation`.",
            "请按 `orientation` 的轴序，以毫米写明训练时的间距。",
        ),
    ),
    (
        rules.faults_of_digests,
        ("every model is there with its digest", "每个模型都在，且摘要一致"),
        (
            "Copy the ONNX file to this path and write its sha256 into [models.<name>] of plugin.toml.",
            "请把 ONNX 文件放到该路径，并把其 sha256 写入 plugin.toml 的 [models.<名称>]。",
        ),
    ),
    (
        rules.faults_of_loading,
        ("models are ONNX files", "模型为 ONNX 文件"),
        ("Export the model to ONNX again.", "请重新导出为 ONNX。"),
    ),
    (
        rules.in_every_graph(graphs.faults_of_external_data),
        ("weights are inside the models", "权重在模型文件内"),
        (
            "Save the model as one file: onnx.save(model, path, save_as_external_data=False).",
            "请存为单个文件：onnx.save(model, path, save_as_external_data=False)。",
        ),
    ),
    (
        rules.in_every_graph(graph_numbers.faults_of_numbers),
        ("weights are numbers", "权重均为有效数值"),
        (
            "Take an earlier checkpoint, or export in float32: this one computes nothing that can be used.",
            "请改用更早的检查点，或以 float32 重新导出：该模型算不出可用的结果。",
        ),
    ),
    (
        rules.in_every_graph(graphs.faults_of_operators),
        ("models use standard operators only", "模型只用标准算子"),
        (
            "Export without operators of a vendor or a runtime; the platform runs none but those of ONNX.",
            "导出时不要使用厂商或运行库的私有算子；平台只运行 ONNX 标准算子。",
        ),
    ),
    (
        rules.in_every_graph(graphs.faults_of_opset),
        ("models use an allowed opset", "模型的 opset 在允许范围内"),
        (
            f"Export with opset_version between {graphs.FIRST_OPSET} and {graphs.LAST_OPSET}.",
            f"导出时请将 opset_version 设在 {graphs.FIRST_OPSET} 到 {graphs.LAST_OPSET} 之间。",
        ),
    ),
    (
        rules.in_every_graph(graph_limits.faults_of_demands),
        ("models ask for no more than a machine has", "模型的需求不超过机器所能"),
        (
            "Make sizes and numbers of turns constant in the graph, and smaller.",
            "请在图中把尺寸和循环次数改为常量，并减小。",
        ),
    ),
    (
        rules.faults_of_validity,
        ("models are valid", "模型有效"),
        (
            "Run onnx.checker.check_model(path, full_check=True) on the file and export it again.",
            "请用 onnx.checker.check_model(path, full_check=True) 检查并重新导出。",
        ),
    ),
    (
        rules.faults_of_tensors,
        ("models take and give what the stages say", "模型的输入输出与各阶段一致"),
        (
            "Write names and shapes of the graph's tensors into the stage, as `plugin new --from` does.",
            "请把图中张量的名称和形状写入该阶段；`plugin new --from` 可自动读取。",
        ),
    ),
)

_ROWS: tuple[tuple[Level, tuple[tuple[rules.Find, _Said, _Said], ...]], ...] = (
    ("clinical", _CLINICAL),
    ("speaks DICOM", _DICOM),
    ("runs", _RUNS),
)

RULES: tuple[Rule, ...] = tuple(
    Rule(level, Localised(en=name[0], zh=name[1]), Localised(en=mend[0], zh=mend[1]), find)
    for level, rows in _ROWS
    for find, name, mend in rows
)
"""In the order in which they are told."""
