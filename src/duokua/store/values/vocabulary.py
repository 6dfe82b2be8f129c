"""The words that a listing may use: update cycles, ways of sharing, domains."""

from __future__ import annotations

from dataclasses import dataclass

from duokua.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Cycle:
    """An update cycle (更新周期); ``hours`` after which data are stale, ``None``: never."""

    title: Text
    hours: int | None


CYCLES: dict[str, Cycle] = {
    "real_time": Cycle(Text("实时", "As it happens"), 1),
    "hourly": Cycle(Text("每小时", "Hourly"), 2),
    "daily": Cycle(Text("每日", "Daily"), 24),
    "weekly": Cycle(Text("每周", "Weekly"), 7 * 24),
    "monthly": Cycle(Text("每月", "Monthly"), 31 * 24),
    "quarterly": Cycle(Text("每季度", "Quarterly"), 92 * 24),
    "half_yearly": Cycle(Text("每半年", "Half-yearly"), 184 * 24),
    "yearly": Cycle(Text("每年", "Yearly"), 366 * 24),
    "irregular": Cycle(Text("不定期", "Irregularly"), None),
    "static": Cycle(Text("不更新", "Never again"), None),
}
WAYS: dict[str, Text] = {  # 共享方式
    "system": Text("系统对接", "From system to system"),
    "query": Text("联机查询", "Queried online"),
    "browse": Text("在线浏览", "Looked at online"),
    "service": Text("调用在线服务", "As an online service"),
    "download": Text("下载", "Downloaded"),
    "copy": Text("拷贝", "Copied"),
    "other": Text("其他", "Otherwise"),
}
DOMAINS: dict[str, Text] = {  # 五大领域
    "governing": Text("党政机关整体智治", "Whole-of-government"),
    "government": Text("数字政府", "Digital government"),
    "economy": Text("数字经济", "Digital economy"),
    "society": Text("数字社会", "Digital society"),
    "law": Text("数字法治", "Rule of law"),
}
# Only where the four ways before them cannot serve.
LAST_WAYS = ("download", "copy", "other")


def cycle_of(refresh_h: int | None) -> str:
    """Return the update cycle that the hours of a contract's promise come to."""
    if refresh_h is None:
        return "irregular"
    fits = (
        name
        for name, cycle in CYCLES.items()
        if cycle.hours is not None and cycle.hours >= refresh_h
    )
    return next(fits, "irregular")
