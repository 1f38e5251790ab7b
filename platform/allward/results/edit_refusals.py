"""Why a correction cannot be, in words for the reader."""

from allward.kernel.texts import Text
from allward.results.models import Result
from allward.results.states import IN_FORCE
from allward_runner.abilities import Correctable
from allward_runner.apps import load_app


class CorrectionRefusedError(Exception):
    """This correction cannot be; `text` says why, for the reader."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.en)
        self.text = text


OVER = Text("A newer result took the place of this one.", "该结果已被更新的结果取代。")
NOT_EVALUABLE = Text(
    "These images could not be evaluated; there is nothing to correct.", "图像无法评估，没有可修改的内容。"
)
NO_ABILITY = Text("This app draws no outlines that could be corrected.", "该应用不绘制可修改的轮廓。")
UNKNOWN = Text("This finding is not in the result any more.", "该发现已不在结果中。")
NO_LESION = Text("Only lesions can be corrected.", "只能修改病灶类发现。")
NO_OUTLINE = Text("It has no outline yet; draw one first.", "尚无轮廓，请先勾画。")
SHARED = Text("Its outline is not its own alone.", "其轮廓并非该发现独有。")
OUTSIDE = Text("That lies outside of the images.", "超出图像范围。")
EMPTY = Text("No voxel is left that belongs to no other finding.", "除其他发现外，没有剩余体素。")
TAKEN = Text("There is a finding already at this point.", "此处已有一个发现。")
NOTHING_THERE = Text(
    "Nothing at this point can be told from what is around it; draw it by hand.",
    "此处无法与周围组织区分，请手工勾画。",
)
TOO_MANY = Text("A result holds no more than 255 findings.", "一个结果最多包含255个发现。")
ONE_SIDE = Text("Nothing would be left on one side of the cut.", "切分后一侧没有体素。")
TWO = Text("Name two findings or more.", "请选择两个或更多发现。")


def why_not(result: Result) -> Text | None:
    """Say why nothing of a result can be corrected; None: it can."""
    if result.status not in IN_FORCE:
        return OVER
    if not result.evaluable:
        return NOT_EVALUABLE
    app = load_app(result.run.app)
    is_its_own = result.case_result["app"] == app.id  # and not what a plug-in says by itself
    return None if isinstance(app, Correctable) and is_its_own and result.labels is not None else NO_ABILITY
