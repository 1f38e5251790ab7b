"""The fixed words of a report as it is printed and sent, in both languages."""

from allward.kernel.texts import Text
from allward.reporting.content import Language

WORDS: dict[str, Text] = {
    "ai_assisted": Text(
        "Drafted with the help of software (AI); findings and text were reviewed by the physicians who sign.",
        "本报告由人工智能软件辅助起草，所见与文字均经签名医师审阅。",
    ),
    "unsigned": Text("DRAFT, NOT SIGNED", "草稿 未签名"),
    "preliminary": Text("Preliminary report, not yet verified", "初步报告，尚未审核"),
    "final": Text("Final report", "正式报告"),
    "amended": Text("Amended report", "修订报告"),
    "entered_in_error": Text("WITHDRAWN: entered in error", "已撤销：误报"),
    "research": Text(
        "For research only: the software is not cleared as a medical device.",
        "仅供科研使用：该软件未取得医疗器械注册。",
    ),
    "not_evaluable": Text("The software could not evaluate the examination.", "软件无法对该检查作出评估。"),
    "amended_because": Text("Amended because: {}", "修订原因：{}"),
    "withdrawn_because": Text("Withdrawn because: {}", "撤销原因：{}"),
    "name": Text("Name", "姓名"),
    "sex": Text("Sex", "性别"),
    "M": Text("male", "男"),
    "F": Text("female", "女"),
    "O": Text("other", "其他"),
    "born": Text("Date of birth", "出生日期"),
    "patient_id": Text("Patient ID", "患者编号"),
    "accession_number": Text("Accession number", "检查号"),
    "study_date": Text("Examined on", "检查日期"),
    "examination": Text("Examination", "检查项目"),
    "reporting": Text("Reporting physician", "报告医师"),
    "verifying": Text("Verifying physician", "审核医师"),
    "signed_at": Text("signed {} UTC, {}, key {}", "签名时间 {} UTC，{}，密钥 {}"),
    "nobody": Text("not signed", "未签名"),
    "software": Text("Software", "软件"),
    "version": Text("Version {}, SHA-256 {}", "版本 {}，SHA-256 {}"),
    "advice": Text("Guidelines and models", "指南与模型"),
    "page": Text("Page {}", "第 {} 页"),
}


def word(name: str, language: Language) -> str:
    """Return a fixed word."""
    text = WORDS[name]
    return text.zh if language == "zh" else text.en
