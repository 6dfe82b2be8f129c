"""What a search shows (检索结果), and other words for the same thing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from duokua.engine.finding_query import FACETS, SORTS
from duokua.kernel.text import Text
from duokua.lang.terms import Asked, pairs, plain, stem, syllables
from duokua.store.values.listing import ListingInfo

# Words that a district's people use for the same; our proposal (P), extended as searches fail.
_SAME = (
    ("居民", "市民", "群众", "常住人口"),
    ("工地", "建筑工地", "在建项目"),
    ("工人", "务工人员", "劳务人员", "从业人员"),
    ("疫苗", "预防接种", "免疫"),
    ("企业", "公司", "市场主体", "经营主体"),
    ("孩子", "儿童", "婴幼儿"),
    ("老人", "老年人", "养老"),
    ("医院", "医疗机构"),
    ("学校", "教育机构"),
    ("社保", "社会保险"),
    ("执照", "营业执照", "登记"),
    ("房子", "房屋", "住房"),
    ("车位", "停车", "停车场"),
    ("空气", "大气", "空气质量"),
    ("河流", "河道", "水质"),
    ("危化", "危险化学品", "化工"),
    ("场馆", "体育馆", "场地"),
    ("报关", "通关", "进出口"),
    ("处罚", "行政处罚", "违法"),
    ("投诉", "举报", "信访"),
    ("户口", "户籍"),
    ("身份证", "身份号码"),
    ("电话", "手机号", "联系方式"),
    ("低保", "最低生活保障", "困难家庭", "低收入家庭"),
    ("房产", "不动产"),
    ("税收", "纳税", "税务"),
    ("电梯", "特种设备"),
    ("学位", "学籍", "招生"),
    ("医保", "医疗保险", "医疗保障"),
)
_MOST_OTHERS = 6
_LEAST_NEAR = 5  # letters
# English words, without endings, by the Chinese ones that listings are likely to be written with.
_ENGLISH = {
    word: [group]
    for words, group in (
        (("elderly", "elder", "old", "senior"), ("老年人", "养老")),
        (("kid", "infant", "child"), ("儿童", "婴幼儿")),
        (("company", "firm", "enterprise", "business"), ("企业", "市场主体")),
        (("lift", "elevator"), ("电梯", "特种设备")),
        (("house", "housing", "property"), ("房屋", "不动产", "住房")),
        (("household", "hukou"), ("户籍",)),
        (("tax", "taxpayer"), ("纳税", "税务")),
        (("hospital", "clinic"), ("医院", "医疗机构")),
        (("air", "dust"), ("空气", "扬尘")),
        (("river", "water"), ("河道", "水质")),
        (("chemical", "hazard"), ("危险化学品", "危化")),
        (("complaint", "petition"), ("投诉", "信访")),
        (("worker", "labour"), ("务工人员", "工人")),
        (("parking",), ("停车", "泊位")),
        (("vaccine", "vaccination"), ("疫苗", "预防接种")),
        (("school", "student"), ("学校", "学籍")),
    )
    for word in words
}


def others(asked: Asked) -> dict[str, tuple[str, ...]]:
    """Return other words for what was typed.

    For a Chinese run: the run with one word put in place of another. For a Latin word that sounds
    like a word of a group, or says it in English: the words of the group.
    """
    found = {}
    for run in asked.runs:
        told = (
            run.replace(word, other)
            for group in _SAME
            for word in group
            if word in run
            for other in group
            if other not in run
        )
        if instead := tuple(dict.fromkeys(told))[:_MOST_OTHERS]:
            found[run] = instead
    for word in asked.words:
        groups = [*_ENGLISH.get(stem(word), ()), *(_spelt().get(word, ()) if len(word) > 1 else ())]
        if instead := tuple(dict.fromkeys(each for group in groups for each in group)):
            found[word] = instead[:_MOST_OTHERS]
    return found


def near(asked: Asked) -> dict[str, tuple[str, ...]]:
    """Return words of groups that were meant, perhaps, where something is mistyped.

    A Chinese run that is in no group may sound as a word of one; a Latin word may sound so, were one
    letter of it another.
    """
    found = {}
    for run in asked.runs:
        groups = _spelt().get("".join(syllables(run)), [])
        if told := tuple(dict.fromkeys(each for group in groups for each in group if each != run)):
            found[run] = told[:_MOST_OTHERS]
    for word in asked.words:
        if len(word) < _LEAST_NEAR or word in _spelt():
            continue
        alike = [groups for said, groups in _spelt().items() if _one_apart(word, said)]
        if told := tuple(dict.fromkeys(each for groups in alike for g in groups for each in g)):
            found[word] = told[:_MOST_OTHERS]
    return found


def _one_apart(one: str, two: str) -> bool:
    """Tell whether one letter is wrong, missing or too many, or two neighbours are exchanged."""
    if len(two) < _LEAST_NEAR or abs(len(one) - len(two)) > 1:
        return False
    start = next((n for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), None)
    if start is None:
        return len(one) != len(two)
    rest, other = one[start:], two[start:]
    swapped = rest[:2] == other[:2][::-1] and rest[2:] == other[2:]
    return swapped or rest[1:] == other[1:] or rest[1:] == other or rest == other[1:]


@cache
def _spelt() -> dict[str, list[tuple[str, ...]]]:
    """Return the groups by the pinyin and initials of their words."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for group in _SAME:
        for word in group:
            said = syllables(word)
            for spelling in ("".join(said), "".join(each[0] for each in said)):
                found.setdefault(spelling, []).append(group)
    return found


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a text; ``hit`` where it is what was looked for."""

    text: str
    hit: bool


def pieces(text: str, asked: Asked) -> tuple[Piece, ...]:
    """Cut a text into what was looked for and the rest."""
    folded = plain(text)
    if len(folded) != len(text):  # signs that become several, as ㎡ does
        return (Piece(text, hit=False),)
    marked = [False] * len(text)
    looked = [pair for run in asked.runs for pair in ([run] if run in folded else pairs(run))]
    for term in (*looked, *asked.words, *map(stem, asked.words)):
        at = folded.find(term)
        while at >= 0:
            marked[at : at + len(term)] = [True] * len(term)
            at = folded.find(term, at + 1)
    found: list[Piece] = []
    begin = 0
    for at in range(1, len(text) + 1):
        if at == len(text) or marked[at] != marked[begin]:
            found.append(Piece(text[begin:at], marked[begin]))
            begin = at
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks of the search, as its address tells it."""

    words: str = ""
    filters: Mapping[str, tuple[str, ...]] | None = None
    sort: str = "relevance"
    page: int = 1

    def chosen(self, name: str) -> tuple[str, ...]:
        """Return what is chosen of a facet."""
        return (self.filters or {}).get(name, ())


@dataclass(frozen=True, slots=True)
class Card:
    """A hit with why it is one."""

    info: ListingInfo
    owner: Text
    title: Mapping[str, tuple[Piece, ...]]  # by language
    summary: Mapping[str, tuple[Piece, ...]]
    why: tuple[Text, ...]
    interfaces: int


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet and how many hits it has under the other facets."""

    value: str
    title: Text
    count: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet (分面) as the panel shows it."""

    name: str
    title: Text
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """A page of hits."""

    cards: tuple[Card, ...]
    total: int
    loose: bool
    facets: tuple[Facet, ...]
    page: int
    pages: int  # that can be reached


FACET_TITLES: dict[str, Text] = {
    "kind": Text("类别", "Kind"),
    "owner": Text("所属部门", "Department"),
    "share": Text("共享类型", "Share class"),
    "level": Text("数据级别", "Level"),
    "domain": Text("领域", "Domain"),
    "cycle": Text("更新周期", "Update cycle"),
    "open": Text("接口", "Interfaces"),
}
SORT_TITLES: dict[str, Text] = {
    "relevance": Text("综合", "Best match"),
    "newest": Text("最新上架", "Newest"),
    "used": Text("使用最多", "Most used"),
    "quality": Text("质量最高", "Best quality"),
    "name": Text("名称", "Name"),
}
OPEN_TITLES: dict[str, Text] = {
    "open": Text("有公开接口", "One open to all"),
    "granted": Text("经授权调用", "By grant"),
    "none": Text("暂无接口", "None yet"),
}
if set(FACET_TITLES) != set(FACETS) or tuple(SORT_TITLES) != SORTS:
    raise AssertionError("each facet and order has a title")
