"""What a person is told when a job fails; whose fault it is decides the words."""

from allward.kernel.texts import Text
from allward.runs.states import Fault

_WORDS: dict[Fault, Text] = {
    Fault.INPUT: Text("Not evaluable, because of the images: {}", "无法评估，图像原因：{}"),
    Fault.PLUGIN: Text(
        "The plug-in failed; its vendor and your administrator are told: {}",
        "插件运行出错，已通知厂商和管理员：{}",
    ),
    Fault.PLATFORM: Text("The platform failed: {}", "平台故障：{}"),
}


def fault_words(fault: Fault, message: str) -> dict[str, str]:
    """Return the sentence in both languages; the message itself stays as the raiser wrote it."""
    text = _WORDS[fault]
    return {"en": text.en.format(message), "zh": text.zh.format(message)}
