"""The route (审批路线) of a request: which decisions it takes, by share class, level and product.

==============  ==================================================================================
class           stages; ``∥`` are decided side by side
==============  ==================================================================================
unconditional   sign-off in the own department → compliance review
conditional     sign-off → compliance review → provider ∥ countersigners
refused         cannot be asked for; but its owner's own programs may, as if it were conditional
==============  ==================================================================================

Countersigners: at L3 and above the security officer and the data bureau; the bureau also where data
come by themselves (a change feed) or a column is shown though its default is a mask. Of L4 only
verification and statistics can be asked for, on the conditional route, whatever its class.
"""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.errors import Invalid
from duokua.kernel.text import Text
from duokua.lang.interface import Shape
from duokua.store.states.listing import ShareClass
from duokua.store.states.request import StepKind

COUNTED = (Shape.VERIFY, Shape.AGGREGATE)  # what tells no row of anybody


@dataclass(frozen=True, slots=True)
class Weight:
    """What decides the route of a request."""

    share_class: ShareClass
    level: str
    shape: Shape
    plain: bool = False  # a column is asked for unmasked though its default is a mask
    own: bool = False  # the owner's own program asks


def route(weight: Weight) -> tuple[tuple[StepKind, ...], ...]:
    """Return the stages of a request, each with the decisions that it takes.

    :raises Invalid: this cannot be asked for.
    """
    if weight.share_class == ShareClass.REFUSED and not weight.own:
        raise Invalid(
            Text("不予共享，不能申请", "this is not shared and cannot be asked for"),
            Text("请查看其理由与依据", "its reason and law stand on its page"),
        )
    core = weight.level >= "L4"
    if core and weight.shape not in COUNTED:
        raise Invalid(
            Text("L4 数据只能申请核验或统计", "of L4 only verification and statistics are given"),
            Text("请改选核验或统计产品", "choose a verification or statistics"),
        )
    stages: tuple[tuple[StepKind, ...], ...] = ((StepKind.SIGNOFF,), (StepKind.COMPLIANCE,))
    if weight.share_class == ShareClass.UNCONDITIONAL and not core:
        return stages
    return (*stages, (StepKind.PROVIDER, *_countersigners(weight)))


def _countersigners(weight: Weight) -> tuple[StepKind, ...]:
    if weight.level >= "L3":
        return (StepKind.SECURITY, StepKind.BUREAU)
    special = weight.shape is Shape.CHANGES or weight.plain
    return (StepKind.BUREAU,) if special else ()
