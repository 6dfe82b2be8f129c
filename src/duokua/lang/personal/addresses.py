"""Finds Chinese addresses (地址): a street with a number, an estate or village with a house.

The search begins at what is rare, a house number, and looks left for the street or estate that it
belongs to and right for what lies within the house; so long prose costs one pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from duokua.lang.personal.hits import Finding, Hit

_HAN = r"[\u4e00-\u9fa5]"
_NUMBER = r"(?:[0-9]{1,5}(?:-[0-9]{1,4})?|[一二三四五六七八九十百零]{1,6}|[甲乙丙丁])"
_GAP = r"[ ,、]{0,2}"
_HOUSE = re.compile(
    rf"(?P<unit>(?P<number>{_NUMBER}) ?(?P<word>号楼?|弄|幢|栋|座|组|社|队|单元|室)"
    r"|(?P<tower>[A-Za-z]) ?[座幢栋]|(?P<chain>[0-9]{1,3}-[0-9]{1,3}-[0-9]{2,4})(?![0-9-]))"
)
_INNER = (
    rf"(?:{_GAP}(?:{_NUMBER}|[A-Za-z][0-9]?) ?(?:号楼|号|弄|幢|栋|座|单元|楼|层|室|户|组|院|区)"
    rf"|{_GAP}{_HAN}{{2,6}}(?:大厦|小区|花园|公寓|中心|广场|苑|园)(?={_GAP}[0-9A-Za-z]))"
)
_REST = re.compile(
    rf"{_INNER}{{0,5}}(?:{_GAP}[0-9A-Za-z]{{1,5}}(?:-[0-9A-Za-z]{{1,5}}){{0,3}}室?(?![0-9A-Za-z号.]))?"
)
_NOT_A_HOUSE = re.compile(
    r" ?(?:线|令|文|公告|通知|台风|机|闸|出口|入口|口|标|车|仓|桩|井|泵|探头|摄|塔|吊|基坑|坑|桥|站|屏|库"
    r"|地块|锅炉|设备|测点|监测|点位|门(?![面诊卫市])|[0-9]*#)"
)
_ROAD = r"(?:大道|大街|路|街|巷|弄|胡同|道|里|线)(?:[东南西北中][段路街]?|[一二三四五]段)?"
_ESTATE = (
    r"(?:村|社区|小区|花园|花苑|家园|公寓|新村|新城|大厦|广场|家苑|"
    r"嘉苑|公馆|别墅|名邸|苑|园|府|湾|庭|郡|城|里|坊|阁|轩|邸)"
)
_LEFT = re.compile(
    rf"(?:{_HAN}|[0-9A-Za-z]){{0,12}}?(?P<name>{_HAN}{{1,2}})"
    rf"(?:(?P<road>{_ROAD})|(?P<estate>{_ESTATE}[东南西北]?区?))"
    rf"(?:[东南西北一二三四五][区期苑]|[0-9一二三四五]{{1,2}}[期区])?{_GAP}$"
)
_GENERIC = re.compile(
    r"(?:道路|公路|线路|铁路|马路|电路|管路|回路|该路|本路|此路|思路|一路上|公里|这里|那里|哪里|频道|管道|隧道|通道|车道"
    r"|轨道|匝道|国道|省道|渠道|航道|跑道|河道|政府|法庭|公园|校园|校区|园区|工业园|产业园|(?:本|该|各|个|某|在|全|旧)(?:小区|社区|村|园|城)|产线|生产线"
    r"|地铁线|专线|热线|在线|路线|曲线)[东南西北]?区?$"
)
_STRETCH = re.compile(r"(?:[\u4e00-\u9fa50-9A-Za-z]|[ ,、()](?=[\u4e00-\u9fa5]))*[ ,、]{0,2}$")
_LABEL = re.compile(
    r".*(?:地址|住址|住所|所在地|位于|家住|现住|居住|送至|送到|住在|寄往|来自|地点|户籍|住|在|到|往|从|由|请|的|至|与|及)"
)
_REGION_CHAIN = re.compile(
    rf"(?:{_HAN}{{2,7}}?(?:省|自治区){_GAP})?(?:{_HAN}{{2,6}}?(?:市|自治州|地区|盟){_GAP})?"
    rf"{_HAN}{{1,6}}?(?:区|县|市|旗){_GAP}{_HAN}{{1,6}}?(?:街道|镇|乡){_GAP}"
    rf"{_HAN}{{1,8}}?(?:村|社区|小区|路|街|巷|大道|苑|新村)(?:{_GAP}{_NUMBER})?"
)
_LOOK_LEFT = 48
_CHAIN_MOST = 40
_STRONG = ("幢", "栋", "座", "室", "单元", "号楼", "组", "社", "队")


def find_addresses(text: str) -> Iterator[Hit]:
    """Yield the addresses of ``text`` (made plain)."""
    done, found = 0, False
    for house in _HOUSE.finditer(text):
        if house.start() < done:
            continue
        start = _begin(text, house, done)
        if start is None:
            continue
        rest = _REST.match(text, house.end())
        end = rest.end() if rest else house.end()
        if _NOT_A_HOUSE.match(text, end) and end == house.end():
            continue
        done, found = end, True
        yield _hit(text, start, end)
    if not found and len(text) <= _CHAIN_MOST:
        yield from _chain(text)


def _begin(text: str, house: re.Match[str], done: int) -> int | None:
    """Return where the address of this house begins, ``None`` if no street or estate leads to it."""
    floor = max(done, house.start() - _LOOK_LEFT)
    before = text[floor : house.start()]
    stretch = _STRETCH.search(before)
    begin = stretch.start() if stretch else len(before)
    label = _LABEL.match(before, begin)
    if label and _LEFT.search(before[label.end() :]):
        begin = label.end()
    piece = before[begin:]
    left = _LEFT.search(piece)
    if left is None or _GENERIC.search(piece.rstrip(" ,、")):
        return None
    if left["estate"] and not _fits_estate(left["estate"], house):
        return None
    if left["road"] and not _fits_road(left["road"], house):
        return None
    return floor + begin + len(piece) - len(piece.lstrip(" ,、()"))


def _fits_estate(estate: str, house: re.Match[str]) -> bool:
    if house["tower"] or house["chain"] or house["word"] in _STRONG:
        return True
    return len(estate) > 1 or estate == "村"


def _fits_road(road: str, house: re.Match[str]) -> bool:
    if road.startswith("线") or house["word"] in ("组", "社", "队", "室", "单元"):
        return False
    return not house["chain"]


def _chain(text: str) -> Iterator[Hit]:
    match = _REGION_CHAIN.search(text)
    if match and match.end() == len(text.rstrip()):
        yield _hit(text, match.start(), match.end())


def _hit(text: str, start: int, end: int) -> Hit:
    found = text[start:end].rstrip(" ,、")
    return Hit(Finding.ADDRESS, start, start + len(found), re.sub(r"[ ,、]", "", found))
