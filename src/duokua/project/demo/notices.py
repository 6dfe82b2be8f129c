"""Public notices of the demonstration (演示公告)."""

from __future__ import annotations

from datetime import datetime, timedelta

from duokua.identity.facade import Role
from duokua.kernel.text import Text
from duokua.notify import facade as notify
from duokua.project.demo.listings import Posts

# days ago, days it is shown, title, text
NOTICES = (
    (
        40, None,
        Text("资源商店开通：跨部门数据一处查找、一处申请",
             "The resource store is open: find and ask for data of all departments in one place"),
        Text("各部门可在资源商店查找、申请和使用其他部门的数据。申请须写明用途与依据；每次调用都有凭证，可以核验。",
             "Every department can find, ask for and use data of the others. A request states its purpose "
             "and legal basis; every call leaves a receipt that can be verified."),
    ),
    (
        18, None,
        Text("能核验不取数：请优先申请核验与统计接口",
             "Verify rather than take: ask for verification and statistics first"),
        Text("申请页会按“核验、统计、少列、脱敏、原值”的次序给出最少够用的方案，并显示审批人将看到的内容。",
             "The request form proposes the least that suffices: verification, statistics, fewer columns, "
             "masked, plain. It shows what an approver will see."),
    ),
    (
        6, 60,
        Text("请各部门在月底前核对数据目录与更新周期",
             "Departments: check your catalogue and refresh promises by the end of the month"),
        Text("打开“我的上架”，先处理质量分最低的数据集；每个数据集都列出改进效果最大的一项。",
             "Open “Our listings” and begin with the lowest quality score; each dataset names the one mend "
             "that helps most."),
    ),
    (
        1, 30,
        Text("演示说明：本区数据均为虚构", "About this demonstration: all data are made up"),
        Text("本平台当前装载演示数据，人员、企业、地点均由程序按固定随机种子生成，与真实对象无关。",
             "This platform holds demonstration data. People, companies and places are drawn by a program "
             "from one random seed and concern nobody real."),
    ),
)  # fmt: skip


def put_up(now: datetime) -> None:
    """Write the notices; once."""
    bureau = Posts(now).of(Role.BUREAU, "data_bureau")
    for ago, shown, title, text in NOTICES:
        begun = now - timedelta(days=ago)
        until = begun + timedelta(days=shown) if shown else None
        told = notify.BulletinText(title, text, begun, until)
        notify.write_bulletin(told, by=bureau, now=begun)
