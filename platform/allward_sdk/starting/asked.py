"""What `plugin.toml` asks the maker of a new plug-in, as comments in both languages; one line each."""


def asked(en: str, zh: str) -> str:
    """Return a question as a line of TOML."""
    return f"# ? {en} / {zh}"


PLUGIN_ID = asked("Your own domain name turned round instead of org.example", "请改用贵方倒写的域名")
SLOTS = asked("Which slots of clinical apps does it fill", "填充哪些临床应用的插槽")
WANTS = asked(
    "Which images may it be given: modality, body part, fewest slices, widest slice spacing",
    "可接收哪些图像：模态、部位、最少层数、最大层距",
)
ORIENTATION = asked(
    "Which way does each axis of the model's array grow: R or L, A or P, S or I",
    "模型数组各轴朝哪个方向增大：R/L、A/P、S/I",
)
WINDOW = asked("The graph takes any size: which window was it trained with", "训练时的窗口多大")
PREPARE = asked(
    "How were images prepared in training; do the same here, for example",
    "训练时如何预处理，例如",
)
TILE = asked("The graph takes tiles of any size: with which was it trained", "训练时的图块多大")
MPP = asked("With how many micrometres of tissue per pixel was it trained", "训练时每像素对应多少微米组织")
COLOURS = asked(
    "Which mean and standard deviation of the colours were used in training", "训练时所用颜色的均值和标准差"
)
THRESHOLD = asked("Above which probability is a voxel part of its label", "概率高于多少时体素属于该标签")
CANDIDATE = asked("Above which score is there a candidate", "得分高于多少时为候选目标")
SAME = asked("When are two candidates the same thing", "两个候选何时算同一目标")
SIZE_UNIT = asked("In mm, voxels or their logarithm", "单位为毫米、体素还是其对数")
OFFSET_UNIT = asked("In mm or voxels", "单位为毫米还是体素")
PLACE = asked(
    "Where does the model look: in the middle, or at the best of all windows (best_window)",
    "模型看哪里：正中，还是得分最高的窗口（best_window）",
)
CHOOSE = asked("Above which probability is each class chosen", "概率高于多少时选中各类")
KIND = asked("An organ is one finding, of lesions each is one", "器官为一个发现，病灶逐个为一个发现")
RESOURCES = asked(
    "What does a run take at most; `allward plugin accept` prints what it measured",
    "一次运行最多占用多少；`allward plugin accept` 会打印实测值",
)


def activation(made_by: str) -> str:
    """Return the question what an output's numbers are, which comes from this operator if one is known."""
    which = f"The graph ends in {made_by}: are its numbers" if made_by else "Are its numbers"
    return asked(f"{which} scores, or probabilities (none)", "输出的数值是得分，还是概率（none）")
