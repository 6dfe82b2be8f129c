"""How a listing is asked for (申请路径): who decides, in which order, by when."""

from __future__ import annotations

from duokua.kernel.text import Text
from duokua.lang.contract import Level
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import RequestState, StepKind
from duokua.store.values.listing import ListingInfo
from duokua.store.values.listing_page import RouteStep
from duokua.store.values.words import both

_WHO = {
    StepKind.SIGNOFF: Text("本部门负责人", "the head of your department"),
    StepKind.COMPLIANCE: Text("数据局", "the data bureau"),
    StepKind.PROVIDER: Text("提供部门的数据责任人", "the provider's data steward"),
    StepKind.SECURITY: Text("安全员", "the security officer"),
}


def route_of(info: ListingInfo) -> tuple[RouteStep, ...]:
    """Return the steps from a request to its use; none where nothing is shared."""
    share, level = info.body.share_class, info.body.level
    if share == ShareClass.REFUSED:
        return ()
    kinds = [StepKind.SIGNOFF, StepKind.COMPLIANCE]
    if share == ShareClass.CONDITIONAL:
        kinds.append(StepKind.PROVIDER)
    if level == Level.L3:
        kinds.append(StepKind.SECURITY)
    steps = [RouteStep(both(kind), _WHO[kind]) for kind in kinds]
    last = RouteStep(
        both(RequestState.IN_USE),
        Text("探针用您的凭据验证后即可使用", "after a probe with your program's own credential"),
    )
    return (*steps, last)
