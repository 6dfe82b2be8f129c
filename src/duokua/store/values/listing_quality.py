"""How good a listing is (资源质量分), 0…1, with its reasons and the one fix that helps most; pure.

Only what the producer controls counts: what the listing and the contract say, new data as promised,
quality rules kept, questions answered, interfaces described. What cannot be judged yet is left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duokua.kernel.text import Text
from duokua.lang.contract import Contract
from duokua.store.values.listing import ListingBody
from duokua.store.values.vocabulary import CYCLES

ENOUGH_WORDS = 3  # keywords
ENOUGH_SUMMARY = 12  # characters
WEIGHTS = {"words": 30, "fresh": 25, "rules": 25, "answers": 10, "manuals": 10}
TITLES = {
    "words": Text("说明完整", "Told in full"),
    "fresh": Text("按周期更新", "As fresh as promised"),
    "rules": Text("数据质量规则", "Quality rules kept"),
    "answers": Text("提问已答复", "Questions answered"),
    "manuals": Text("接口文档", "Interfaces described"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One reason: how far it is met (``None``: not judged), why, and what would mend it."""

    name: str
    share: float | None
    why: Text
    mend: Text

    @property
    def title(self) -> Text:
        """What it is about."""
        return TITLES[self.name]

    @property
    def percent(self) -> int | None:
        """Its share in percent."""
        return None if self.share is None else round(100 * self.share)


@dataclass(frozen=True, slots=True)
class Judged:
    """The score of a listing; ``best`` is the part whose mending gains ``gain`` most."""

    score: float | None
    parts: tuple[Part, ...]
    best: str | None
    gain: float

    @property
    def fix(self) -> Part | None:
        """The part whose mending helps most."""
        return next((part for part in self.parts if part.name == self.best), None)

    @property
    def percent(self) -> int | None:
        """The score in percent."""
        return None if self.score is None else round(100 * self.score)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a judgement rests on."""

    body: ListingBody
    contract: Contract
    age_h: float | None  # hours since new data came; None: there never were any
    rules: float | None  # 0–100, of the dataset's newest quality run
    answered: int
    asked: int
    described: int  # interfaces with a description in both languages
    interfaces: int


def judge(facts: Facts) -> Judged:
    """Return the score with its reasons."""
    parts = (_words(facts), _fresh(facts), _rules(facts), _answers(facts), _manuals(facts))
    weighed = [(part, WEIGHTS[part.name], part.share) for part in parts if part.share is not None]
    whole = sum(weight for _, weight, _ in weighed)
    if not whole:
        return Judged(None, parts, None, 0.0)
    score = sum(weight * share for _, weight, share in weighed) / whole
    gains = {part.name: weight * (1 - share) / whole for part, weight, share in weighed}
    best = max(gains, key=lambda name: gains[name])
    gain = round(gains[best], 4)
    return Judged(round(score, 4), parts, best if gain > 0 else None, gain)


def _words(facts: Facts) -> Part:
    lacking = [text for text, there in _told(facts.body, facts.contract) if not there]
    every = len(_told(facts.body, facts.contract))
    zh = "、".join(text.zh for text in lacking)
    en = ", ".join(text.en for text in lacking)
    return Part(
        "words",
        1 - len(lacking) / every,
        Text(f"{every - len(lacking)}/{every} 项已填写", f"{every - len(lacking)} of {every} told"),
        Text(f"请补充：{zh}", f"Add: {en}") if lacking else _NOTHING,
    )


_NOTHING = Text("", "")


def _told(body: ListingBody, contract: Contract) -> Sequence[tuple[Text, bool]]:
    texts = [body.title, body.summary, *(column.title for column in contract.columns)]
    numbers = [c for c in contract.columns if c.kind in ("integer", "number")]
    described = [c for c in contract.columns if c.description is not None or c.codes or c.unit]
    return (
        (Text("摘要", "a summary"), len(body.summary.zh) >= ENOUGH_SUMMARY),
        (Text("英文标题与列名", "English titles"), all(t.en.strip() for t in texts)),
        (Text("关键词（至少 3 个）", "three keywords"), len(body.keywords) >= ENOUGH_WORDS),
        (Text("领域", "the domain"), bool(body.domain)),
        (Text("联系处室", "the office to contact"), body.contact is not None),
        (Text("联系电话", "its phone"), bool(body.phone)),
        (Text("更新周期", "the update cycle"), body.cycle not in ("", "irregular")),
        (Text("数据项说明或单位", "descriptions or units of items"),
         len(described) * 2 >= len(numbers)),
    )  # fmt: skip


def _fresh(facts: Facts) -> Part:
    cycle = CYCLES.get(facts.body.cycle)
    if cycle is None or cycle.hours is None:
        return Part("fresh", None, Text("未承诺更新周期", "no cycle is promised"), _NOTHING)
    mend = Text("请按承诺汇聚新数据，或改写更新周期", "bring in new data, or promise another cycle")
    if facts.age_h is None:
        return Part("fresh", 0.0, Text("尚无数据", "there are no data yet"), mend)
    share = min(1.0, cycle.hours / max(facts.age_h, 0.001))
    if share == 1.0:
        return Part("fresh", 1.0, Text("在承诺周期内", "within the promised cycle"), _NOTHING)
    late = round(facts.age_h - cycle.hours)
    return Part("fresh", share, Text(f"已超期 {late} 小时", f"{late} hours late"), mend)


def _rules(facts: Facts) -> Part:
    if facts.rules is None:
        return Part("rules", None, Text("尚无规则被评估", "no rule has been judged"), _NOTHING)
    mend = _NOTHING
    if facts.rules < 100:
        mend = Text("请处理数据质量页上的问题", "mend what the dataset's quality page names")
    why = Text(f"数据质量 {facts.rules:.0f} 分", f"the data's quality is {facts.rules:.0f} of 100")
    return Part("rules", facts.rules / 100, why, mend)


def _answers(facts: Facts) -> Part:
    if not facts.asked:
        return Part("answers", None, Text("尚无提问", "nobody has asked yet"), _NOTHING)
    open_ = facts.asked - facts.answered
    why = Text(f"{facts.asked} 个提问，{open_} 个未答复", f"{facts.asked} asked, {open_} open")
    mend = Text("请答复提问", "answer the questions") if open_ else _NOTHING
    return Part("answers", facts.answered / facts.asked, why, mend)


def _manuals(facts: Facts) -> Part:
    if facts.body.share_class == "refused":
        return Part("manuals", None, Text("不予共享，无需接口", "not shared"), _NOTHING)
    if not facts.interfaces:
        mend = Text("请登记一个数据接口", "define a data interface")
        return Part("manuals", 0.0, Text("还没有接口", "there is no interface yet"), mend)
    lacking = facts.interfaces - facts.described
    why = Text(
        f"{facts.described}/{facts.interfaces} 个接口有中英文说明",
        f"{facts.described} of {facts.interfaces} interfaces are described in both languages",
    )
    mend = Text("请补充接口说明", "describe the others, too") if lacking else _NOTHING
    return Part("manuals", facts.described / facts.interfaces, why, mend)


def judged_to_json(judged: Judged) -> dict[str, Any]:
    """Return a judgement as plain values."""
    parts = [
        {
            "name": part.name,
            "share": part.share,
            "why": [part.why.zh, part.why.en],
            "mend": [part.mend.zh, part.mend.en],
        }
        for part in judged.parts
    ]
    return {"score": judged.score, "parts": parts, "best": judged.best, "gain": judged.gain}


def judged_from_json(told: Mapping[str, Any]) -> Judged:
    """Read a judgement."""
    parts = tuple(
        Part(part["name"], part["share"], Text(*part["why"]), Text(*part["mend"]))
        for part in told["parts"]
    )
    return Judged(told["score"], parts, told["best"], told["gain"])
