"""What can be done with a case: the verbs and what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from duokua.kernel.text import Text

TITLES: dict[str, Text] = {
    "file": Text("立案", "File"),
    "dispatch": Text("派遣", "Dispatch"),
    "claim": Text("领取", "Claim"),
    "accept": Text("受理", "Accept"),
    "control": Text("管控", "Under control"),
    "hand_over": Text("移交", "Hand over"),
    "accept_hand_over": Text("接收移交", "Take over"),
    "refuse_hand_over": Text("拒绝移交", "Refuse the hand-over"),
    "decide_hand_over": Text("裁定移交", "Decide the hand-over"),
    "dispose": Text("处置完成", "Disposed of"),
    "verify": Text("核查", "Verify"),
    "sign": Text("会签", "Sign"),
    "close": Text("结案", "Close"),
    "reopen": Text("重开", "Reopen"),
    "merge": Text("并案", "Merge"),
    "suspend": Text("挂起", "Suspend"),
    "resume": Text("恢复", "Resume"),
    "cannot_judge": Text("无法判断", "Cannot judge"),
    "false_alarm": Text("误报", "False alarm"),
    "extend": Text("延期", "Extend"),
    "comment": Text("备注", "Comment"),
    "add_task": Text("增派任务", "Add a task"),
    "drill": Text("演练", "Exercise"),
    "acknowledge": Text("督办回执", "Acknowledge"),
}
# Lines of the timeline that are nobody's verb.
EVENTS: dict[str, Text] = {
    "found": Text("发现", "Found"),
    "found_again": Text("再次发现", "Found again"),
    "raised": Text("预警升级", "Level raised"),
    "better": Text("指标好转", "Better"),
    "cleared": Text("预警消除", "No longer found"),
    "unknown": Text("暂时无法判断", "Cannot be judged for now"),
    "not_verified": Text("核查未通过", "Not verified"),
    "lowered": Text("核查降级", "Level lowered"),
    "evidence": Text("提交证据", "Evidence given"),
    "warned": Text("时限提醒", "Reminded of a limit"),
    "missed": Text("超时", "Overdue"),
    "escalated": Text("督办升级", "Escalated"),
    "task_began": Text("任务开始", "Task begun"),
    "merged_here": Text("并入", "Merged into this"),
}
SAME = {"transfer": "hand_over"}  # other words for a verb


def title_of(verb: str) -> Text:
    """Return what a verb, or a line of the timeline, is called."""
    return TITLES.get(verb) or EVENTS.get(verb) or Text(verb, verb)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that somebody sends."""

    name: str
    chunks: Iterable[bytes]
