"""How a listing is asked for (申请路径): who decides, in which order, by when; as a request would go."""

from __future__ import annotations

from datetime import datetime

from duokua.kernel.errors import DuokuaError
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.lang.parameter import MARKS, Mark
from duokua.store.selectors import law
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import RequestState, StepKind
from duokua.store.values.listing import ListingInfo
from duokua.store.values.listing_page import RouteStep
from duokua.store.values.route import Weight, route
from duokua.store.values.words import both

_WHO = {
    StepKind.SIGNOFF: Text("本部门负责人", "the head of your department"),
    StepKind.COMPLIANCE: Text("数据局审核员", "a reviewer of the data bureau"),
    StepKind.PROVIDER: Text("提供部门的数据责任人", "the provider's data steward"),
    StepKind.SECURITY: Text("安全员", "the security officer"),
    StepKind.BUREAU: Text("数据局", "the data bureau"),
}
_LAST = Text("探针用您的凭据验证后即可使用", "once a probe with your program's credential passed")


def route_of(info: ListingInfo, shapes: tuple[str, ...], now: datetime) -> tuple[RouteStep, ...]:
    """Return the steps from a request for the plainest product to its use; none if not shared."""
    if info.body.share_class == ShareClass.REFUSED:
        return ()
    shape = Shape(shapes[0]) if shapes else Shape.LOOKUP
    try:
        stages = route(Weight(ShareClass(info.body.share_class), info.body.level, shape))
    except DuokuaError:  # this cannot be asked for
        return ()
    steps = [
        RouteStep(both(kind), _WHO[kind], _days(kind, now)) for stage in stages for kind in stage
    ]
    return (*steps, RouteStep(both(RequestState.IN_USE), _LAST))


def _days(kind: StepKind, now: datetime) -> Text | None:
    """Say within how many working days a step is decided, and whether that was verified."""
    try:
        _, figure = law.figure(kind.value, now)
    except DuokuaError:  # the pack states nothing: no promise then
        return None
    mark = MARKS[figure.mark][0] if figure.mark is Mark.UNVERIFIED else None
    zh, en = f"{figure.value} 个工作日内", f"within {figure.value} working days"
    return Text(f"{zh}（{mark.zh}）", f"{en} ({mark.en})") if mark else Text(zh, en)
