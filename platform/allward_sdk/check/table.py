"""The table of rules: what each is about, its name and how a fault is mended, in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from allward_sdk import graph_limits, graphs
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


def _rows() -> Iterator[Rule]:
    yield from _clinical()
    yield from _dicom()
    yield from _runs()


def _clinical() -> Iterator[Rule]:
    yield Rule(
        "clinical",
        Localised(
            en="licence, model card and bill of materials are there", zh="许可证、模型卡和物料清单齐全"
        ),
        Localised(
            en="Put these files into the folder; `allward plugin new` shows what they look like.",
            zh="请把这些文件放入插件文件夹；`allward plugin new` 会生成样例。",
        ),
        rules.faults_of_files,
    )
    yield Rule(
        "clinical",
        Localised(en="what only a person knows is said", zh="只有人才知道的内容已填写"),
        Localised(
            en="Answer each question in its place: replace the text, or take the line away.",
            zh="请在原处回答每个问题：替换该文字，或删去提问的那一行。",
        ),
        rules.faults_of_questions,
    )
    yield Rule(
        "clinical",
        Localised(en="licences are SPDX expressions", zh="许可证为 SPDX 表达式"),
        Localised(
            en="Write the SPDX identifier, for example Apache-2.0, or LicenseRef-Name for one of your own.",
            zh="请用 SPDX 标识写明许可证，例如 Apache-2.0；自有许可证写 LicenseRef-名称。",
        ),
        rules.faults_of_licences,
    )
    yield Rule(
        "clinical",
        Localised(en="texts are in Chinese and English", zh="文字有中英文两种"),
        Localised(en="Write the Chinese text at this key.", zh="请在该键写入中文。"),
        rules.faults_of_texts,
    )
    yield Rule(
        "clinical",
        Localised(en="acceptance cases can be read", zh="验收用例可读"),
        Localised(
            en="Correct case.toml; `allward plugin schema --case` says what may stand in it.",
            zh="请更正 case.toml；可写的内容见 `allward plugin schema --case`。",
        ),
        rules.faults_of_cases,
    )


def _dicom() -> Iterator[Rule]:
    yield Rule(
        "speaks DICOM",
        Localised(en="everything found has a code", zh="所有结果都有编码"),
        Localised(
            en="Look the concept up in PS3.16 or SNOMED CT and write its value and meaning.",
            zh="请在 PS3.16 或 SNOMED CT 中查找该概念，填写 value 和 meaning。",
        ),
        rules.faults_of_missing_codes,
    )
    yield Rule(
        "speaks DICOM",
        Localised(en="SNOMED CT codes have the right check digit", zh="SNOMED CT 编码校验位正确"),
        Localised(
            en="Copy the concept id again; a digit is wrong, or it is the id of a description.",
            zh="请重新复制概念标识；有数字错误，或复制的是描述的标识。",
        ),
        rules.faults_of_check_digits,
    )
    yield Rule(
        "speaks DICOM",
        Localised(en="codes mean what their text says", zh="编码与其含义一致"),
        Localised(
            en="Take the code of what is meant, or the meaning that belongs to the code.",
            zh="请改用所指概念的编码，或写上该编码本来的含义。",
        ),
        rules.faults_of_meanings,
    )
    yield Rule(
        "speaks DICOM",
        Localised(en="measurements are in the unit of their method", zh="测量值单位与方法相符"),
        Localised(
            en="Volumes are in mL and diameters in mm: write this unit.",
            zh="体积用 mL，直径用 mm：请改用该单位。",
        ),
        rules.faults_of_units,
    )
    yield Rule(
        "speaks DICOM",
        Localised(en="results become DICOM objects", zh="结果可转为 DICOM 对象"),
        Localised(
            en="Let a stage of another operation tell the result, or leave it out.",
            zh="请改由其他操作的阶段给出该结果，或删去该阶段。",
        ),
        rules.faults_of_places,
    )


def _runs() -> Iterator[Rule]:
    yield Rule(
        "runs",
        Localised(en="every model is there with its digest", zh="每个模型都在，且摘要一致"),
        Localised(
            en="Copy the ONNX file to this path and write its sha256 into [models.<name>] of plugin.toml.",
            zh="请把 ONNX 文件放到该路径，并把其 sha256 写入 plugin.toml 的 [models.<名称>]。",
        ),
        rules.faults_of_digests,
    )
    yield Rule(
        "runs",
        Localised(en="models are ONNX files", zh="模型为 ONNX 文件"),
        Localised(en="Export the model to ONNX again.", zh="请重新导出为 ONNX。"),
        rules.faults_of_loading,
    )
    yield Rule(
        "runs",
        Localised(en="weights are inside the models", zh="权重在模型文件内"),
        Localised(
            en="Save the model as one file: onnx.save(model, path, save_as_external_data=False).",
            zh="请存为单个文件：onnx.save(model, path, save_as_external_data=False)。",
        ),
        rules.in_every_graph(graphs.faults_of_external_data),
    )
    yield Rule(
        "runs",
        Localised(en="models use standard operators only", zh="模型只用标准算子"),
        Localised(
            en="Export without operators of a vendor or a runtime; the platform runs none but those of ONNX.",
            zh="导出时不要使用厂商或运行库的私有算子；平台只运行 ONNX 标准算子。",
        ),
        rules.in_every_graph(graphs.faults_of_operators),
    )
    yield Rule(
        "runs",
        Localised(en="models use an allowed opset", zh="模型的 opset 在允许范围内"),
        Localised(
            en=f"Export with opset_version between {graphs.FIRST_OPSET} and {graphs.LAST_OPSET}.",
            zh=f"导出时请将 opset_version 设在 {graphs.FIRST_OPSET} 到 {graphs.LAST_OPSET} 之间。",
        ),
        rules.in_every_graph(graphs.faults_of_opset),
    )
    yield Rule(
        "runs",
        Localised(en="models ask for no more than a machine has", zh="模型的需求不超过机器所能"),
        Localised(
            en="Make sizes and numbers of turns constant in the graph, and smaller.",
            zh="请在图中把尺寸和循环次数改为常量，并减小。",
        ),
        rules.in_every_graph(graph_limits.faults_of_demands),
    )
    yield Rule(
        "runs",
        Localised(en="models are valid", zh="模型有效"),
        Localised(
            en="Run onnx.checker.check_model(path, full_check=True) on the file and export it again.",
            zh="请用 onnx.checker.check_model(path, full_check=True) 检查并重新导出。",
        ),
        rules.faults_of_validity,
    )
    yield Rule(
        "runs",
        Localised(en="models take and give what the stages say", zh="模型的输入输出与各阶段一致"),
        Localised(
            en="Write names and shapes of the graph's tensors into the stage, as `plugin new --from` does.",
            zh="请把图中张量的名称和形状写入该阶段；`plugin new --from` 可自动读取。",
        ),
        rules.faults_of_tensors,
    )


RULES: tuple[Rule, ...] = tuple(_rows())
"""In the order in which they are told."""
