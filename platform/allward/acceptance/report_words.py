"""The words of the printed report, in both languages."""

from collections.abc import Mapping

from allward.kernel.texts import Text

WORDS: dict[str, Text] = {
    "title": Text("Acceptance report", "验收报告"),
    "what": Text("What was tried", "验收对象"),
    "hospital": Text("Hospital", "医院"),
    "set": Text("Set of cases", "病例集"),
    "plugin": Text("Plug-in", "插件"),
    "vendor": Text("Made by", "厂商"),
    "status": Text("Status", "状态"),
    "research": Text("research use only", "仅供科研使用"),
    "cleared": Text("cleared as a medical device", "已获医疗器械注册"),
    "package": Text("Package (SHA-256)", "插件包（SHA-256）"),
    "parameters": Text("Parameters", "参数"),
    "label": Text("Condition or structure", "病变或结构"),
    "made_by": Text("Set made by", "病例集建立者"),
    "made_at": Text("Computed at (UTC)", "计算时间（UTC）"),
    "results": Text("Results", "结果"),
    "all": Text("All cases", "全部病例"),
    "figure": Text("Figure", "指标"),
    "value": Text("Value", "数值"),
    "interval": Text("95 % interval", "95% 置信区间"),
    "cases": Text("Cases", "病例数"),
    "failed": Text("of these failed", "其中失败"),
    "patients": Text("Patients", "患者数"),
    "cases_patients": Text("Cases / patients", "病例 / 患者"),
    "n": Text("n = {cases}", "n = {cases} 例"),
    "n_patients": Text("n = {cases}, {patients} patients", "n = {cases} 例，{patients} 名患者"),
    "sensitivity": Text("Sensitivity, by case", "灵敏度（按病例）"),
    "specificity": Text("Specificity, by case", "特异度（按病例）"),
    "mean_dice": Text("Mean Dice", "平均 Dice 系数"),
    "volume_bias": Text("Volume bias", "体积偏差"),
    "absolute_volume_error": Text("Absolute volume error", "体积绝对误差"),
    "competition_performance_metric": Text("Mean sensitivity of marks (LUNA16)", "标记平均灵敏度（LUNA16）"),
    "sensitivity_at": Text(
        "Sensitivity of marks at {} false positives a scan", "每例 {} 个假阳性时的标记灵敏度"
    ),
    "mark_sensitivity": Text("Sensitivity of all marks", "全部标记的灵敏度"),
    "false_positives_per_scan": Text("False positives a scan, of all marks", "全部标记的每例假阳性数"),
    "median_s": Text("Median run time", "运行时间中位数"),
    "subgroups": Text("Subgroups", "亚组"),
    "group": Text("Group", "组别"),
    "too_few": Text(
        "Groups of fewer than {} cases that ran have counts and no figures: they would say nothing.",
        "运行成功少于 {} 例的组仅给出例数，不给出指标，因其无统计意义。",
    ),
    "froc": Text("Marks: sensitivity against false positives", "标记：灵敏度与假阳性（FROC 曲线）"),
    "false_positives": Text("false positives a scan", "每例假阳性数"),
    "sensitivity_short": Text("sensitivity", "灵敏度"),
    "froc_counts": Text(
        "{scans} scans, {targets} findings of readers, {found} of them found; {false_positives} false"
        " positives in all.",
        "共 {scans} 例，阅片者标记 {targets} 处，检出 {found} 处；假阳性共 {false_positives} 处。",
    ),
    "each": Text("Each case", "逐例结果"),
    "case": Text("Case", "病例"),
    "condition": Text("There / reported", "参考 / 报告"),
    "outlines": Text("Dice", "Dice 系数"),
    "marks": Text("Marks found / missed / wrong", "检出 / 漏检 / 误检"),
    "time": Text("Time", "用时"),
    "yes": Text("yes", "有"),
    "no": Text("no", "无"),
    "unknown": Text("not said", "未给出"),
    "method": Text("How it was computed", "计算方法"),
    "method_text": Text(
        "{software}; intervals hold 95 %: Wilson's for shares of cases, percentiles of {repeats} bootstrap"
        " draws of patients (seed {seed}) for all else. Where a patient has several cases, Wilson's count"
        " as many independent ones as tell as much (Rao and Scott 1992). Figures of outlines and marks need"
        " {fewest_cases} cases that have them, and have no interval below {fewest_patients} patients; where"
        " all draws are equal, marks have Wilson's over the readers' marks, one case of each patient, and"
        " outlines none. n: cases that a figure comes from. Where all marks score the same there is one"
        " point and no curve. A mark hits if it lies nearer to the reader's than the radius, 5 mm where no"
        " diameter is known. Volumes are compared as shares of the reference; empty references are left"
        " out. Cases that failed count as failed and in no other figure.",
        "{software}；区间均为 95%：病例比例采用 Wilson 区间，其余采用按患者重抽样 {repeats} 次的百分位自助法"
        "（种子 {seed}）。同一患者有多个病例时，Wilson 区间按有效样本量计算（Rao 与 Scott，1992）。"
        "勾画与标记类指标至少需要 {fewest_cases} 个含有该项的病例；"
        "少于 {fewest_patients} 名患者时不给出区间；"
        "各次抽样结果全部相同时，标记类采用按阅片者标记（每名患者计一例）计算的 Wilson 区间，"
        "勾画类不给出区间。"
        "n 为该指标所依据的病例数。所有标记分值相同时仅有一个工作点，不绘制曲线。"
        "标记与阅片者标记的距离小于其半径即为命中，直径未知时半径取 5 mm。"
        "体积误差以参考体积为基准，参考为空者不计入。失败病例仅计入失败数，不计入其他指标。",
    ),
    "signature": Text("Signature", "签名"),
    "signature_text": Text(
        "This file is signed with the hospital's key {keyid}. It shows what report.json says, which the same"
        " key signed and from which the figures can be computed again; its SHA-256 is {digest}. The"
        " certificate is the hospital's own, so PDF readers do not know it: allward acceptance verify checks"
        " both files. Cases bear pseudonyms, which only the hospital can resolve.",
        "本文件由本院密钥 {keyid} 签名，内容与同一密钥签名的 report.json 一致，指标可据该文件重新计算，"
        "其 SHA-256 为 {digest}。证书由本院自签，PDF 阅读器无法识别；"
        "请用 allward acceptance verify 校验两个文件。病例均使用假名，仅本院可还原。",
    ),
    "sex": Text("Sex", "性别"),
    "age": Text("Age in years", "年龄（岁）"),
    "slice thickness": Text("Slice thickness", "层厚"),
    "manufacturer": Text("Manufacturer", "设备厂商"),
    "kernel": Text("Kernel", "重建核"),
}


def word(name: str, language: str) -> str:
    """Return a word of the report."""
    return of(WORDS[name].to_json(), language)


def of(text: Mapping[str, str], language: str) -> str:
    """Return a text in a language."""
    return text["zh" if language == "zh" else "en"]
