"""Generates cells with and without personal data, knowing nothing of the finder.

Check digits are worked out here a second time, from the text of the standards.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

COUNTIES = [
    "110101", "110105", "120104", "130102", "140105", "210102", "220104", "310101", "310115",
    "320102", "320505", "330102", "330106", "330110", "330203", "330382", "340104", "350203",
    "360102", "370102", "370211", "410105", "420106", "430102", "440106", "440305", "450103",
    "460105", "500103", "510104", "510107", "520102", "530102", "610113", "620102", "650102",
]  # fmt: skip
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
MOBILES = [
    "130", "131", "132", "133", "135", "136", "137", "138", "139", "145", "147", "149", "150",
    "151", "152", "153", "155", "156", "157", "158", "159", "165", "166", "170", "171", "173",
    "175", "176", "177", "178", "180", "181", "182", "183", "185", "186", "187", "188", "189",
    "190", "191", "193", "195", "196", "198", "199",
]  # fmt: skip
AREAS = ["010", "020", "021", "022", "023", "025", "027", "028", "029"]
AREAS += ["0571", "0574", "0512", "0531", "0755", "0591", "0898", "0991", "0451", "0371"]
BINS = ["622202", "622848", "621700", "622588", "621661", "625912", "436742", "524094"]
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾萧田董潘袁蔡蒋余"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰志国建文斌宇浩凯晨曦雨欣怡梓涵子轩"
CITIES = [
    "浙江省杭州市",
    "杭州市",
    "浙江省宁波市",
    "江苏省苏州市",
    "上海市",
    "北京市",
    "湖北省武汉市",
    "",
]
DISTRICTS = [
    "上城区",
    "滨江区",
    "西湖区",
    "余杭区",
    "海曙区",
    "姑苏区",
    "浦东新区",
    "朝阳区",
    "萧山区",
]
TOWNS = ["长河街道", "清波街道", "良渚街道", "闲林镇", "五常街道", "河上镇", ""]
ROADS = ["解放路", "江南大道", "文二西路", "凤起路", "中山北路", "湖墅南路", "和平路", "学院街"]
ROADS += ["吴山后街", "望江门直街", "人民大街", "闻涛路", "火炬大道"]
ESTATES = ["翠苑小区", "滨江花园", "绿城桂花园", "江南家园", "钱江新村", "金色公寓", "东方嘉苑"]
VILLAGES = ["枫石村", "东山村", "联胜社区", "大桥村"]

WORDS = [
    "今日巡查发现基坑边坡有裂缝，已要求整改", "塔吊 3 号机组限位正常",
    "本月用电 12,345.6 千瓦时", "三标段混凝土强度 C35，坍落度 180mm", "气温 23.5℃，相对湿度 61%",
    "PM2.5 浓度 35 微克每立方米", "杭建质〔2026〕12号文件已转发", "地铁 1 号线沿解放路施工",
    "会议定于 2026-05-06 09:30 召开", "沿江路正在维修，请绕行", "全区共 12 个街道 138 个社区",
    "项目总投资 13800 万元", "办件量同比上升 3.2%", "经复核，数据无误", "空", "无", "-", "N/A",
    "待补充", "浙ICP备12345678号", "浙B2-20080224", "第 15 批次共 1024 条", "服务热线 12345",
    "请拨 110 或 119", "IP 192.168.10.25 端口 8080", "版本 3.11.2",
    "经度 120.153576 纬度 30.287459", "3号楼电梯检修", "2号门禁故障", "道路3号桥限重 20 吨",
    "材料 Q235B 钢板", "规格 200×300×12", "GB/T 2260-2007", "公司章程已备案", "五号线一期",
    "安全", "高度", "黄色预警", "方向正北", "张贴公告", "白色", "温度", "时间", "江水位上涨",
]  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """A cell and the kinds of data that it really holds."""

    text: str
    kinds: frozenset[str]


def digits(rng: random.Random, count: int) -> str:
    """Some digits."""
    return "".join(rng.choice("0123456789") for _ in range(count))


def id_check(seventeen: str) -> str:
    """The check character of GB 11643: ISO 7064 MOD 11-2."""
    weights = [pow(2, 17 - at, 11) for at in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(seventeen, weights, strict=True))
    return "10X98765432"[total % 11]


def credit_check(seventeen: str) -> str:
    """The check character of GB 32100: weights 3^n mod 31."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(signs.index(sign) * pow(3, at, 31) for at, sign in enumerate(seventeen))
    return signs[-total % 31]


def luhn_check(body: str) -> str:
    """The check digit of ISO/IEC 7812."""
    total = 0
    for at, sign in enumerate(reversed(body)):
        value = int(sign) * (2 if at % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def resident(rng: random.Random) -> str:
    """A resident identity number of today's form."""
    day = f"{rng.randint(1935, 2024)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    body = rng.choice(COUNTIES) + day + digits(rng, 3)
    return body + id_check(body)


def old_resident(rng: random.Random) -> str:
    """A resident identity number of the form before 1999."""
    day = f"{rng.randint(30, 85)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    return rng.choice(COUNTIES) + day + f"{rng.randint(1, 899):03}"


def credit(rng: random.Random) -> str:
    """A unified social credit code."""
    signs = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    kind = rng.choice(["91", "91", "91", "92", "93", "11", "12", "51", "52"])
    body = kind + rng.choice(COUNTIES) + "MA" + "".join(rng.choice(signs) for _ in range(7))
    return body + credit_check(body)


def card(rng: random.Random) -> str:
    """A bank card number."""
    prefix = rng.choice(BINS)
    size = 16 if prefix[0] in "45" else rng.choice([16, 19, 19])
    body = prefix + digits(rng, size - 7)
    return body + luhn_check(body)


def plate(rng: random.Random) -> str:
    """A plate, ordinary, new energy or of some body."""
    head = rng.choice(PROVINCES) + rng.choice(LETTERS)
    shape = rng.randrange(6)
    if shape == 0:
        return head + rng.choice("DF") + digits(rng, 5)
    if shape == 1:
        return head + digits(rng, 5) + rng.choice("DF")
    if shape == 2:
        return head + digits(rng, 4) + rng.choice("挂学警")
    if shape == 3:
        return "粤Z" + digits(rng, 4) + rng.choice("港澳")
    tail = list(digits(rng, 5))
    for at in rng.sample(range(5), rng.randint(0, 2)):
        tail[at] = rng.choice(LETTERS)
    return head + "".join(tail)


def address(rng: random.Random) -> str:
    """A postal address."""
    gap = rng.choice(["", "", "", " "])
    head = rng.choice(CITIES) + gap + rng.choice([*DISTRICTS, ""]) + gap + rng.choice(TOWNS)
    inner = rng.choice(
        ["", f"{rng.randint(1, 30)}幢{rng.randint(1, 4)}单元{rng.randint(1, 33)}02室"]
    )
    shape = rng.randrange(5)
    if shape == 0:
        return head + rng.choice(VILLAGES) + f"{rng.randint(1, 20)}组{rng.randint(1, 200)}号"
    if shape == 1:
        return (
            head
            + rng.choice(ESTATES)
            + f"{rng.randint(1, 60)}幢{rng.randint(1, 4)}单元{rng.randint(1, 25)}01室"
        )
    if shape == 2:
        return head + rng.choice(ROADS) + f"{gap}{rng.randint(1, 1999)}{gap}号{inner}"
    if shape == 3:
        return (
            head
            + rng.choice(ROADS)
            + f"{rng.randint(1, 400)}弄{rng.randint(1, 90)}号{rng.randint(1, 20)}01"
        )
    return (
        head
        + rng.choice(ROADS)
        + f"{rng.randint(1, 999)}号"
        + rng.choice(ESTATES)
        + f"{rng.randint(1, 30)}-{rng.randint(1, 3)}-{rng.randint(1, 30)}02"
    )


def name(rng: random.Random) -> str:
    """A personal name."""
    return rng.choice(SURNAMES) + "".join(rng.choices(GIVEN, k=rng.randint(1, 2)))


def wide(text: str) -> str:
    """The full-width form, as input methods write it."""
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def cut(text: str, sizes: tuple[int, ...], joint: str) -> str:
    """Cut ``text`` into groups."""
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return joint.join([*parts, text[at:]] if at < len(text) else parts)


def messy_resident(rng: random.Random) -> str:
    """A resident identity number as people type it."""
    if rng.random() < 0.15:
        return old_resident(rng)
    number = resident(rng)
    return rng.choice([
        number, number, number.lower(), cut(number, (6, 8), " "), cut(number, (6, 8), "-"),
        cut(number, (6, 4, 4), " "),
    ])  # fmt: skip


def messy_credit(rng: random.Random) -> str:
    """A credit code as people type it."""
    number = credit(rng)
    forms = [
        number,
        number,
        number.lower(),
        cut(number, (2, 6, 9), "-"),
        cut(number, (4,) * 4, " "),
    ]
    return rng.choice(forms)


def messy_phone(rng: random.Random) -> str:
    """A phone number as people type it."""
    if rng.random() < 0.25:
        area = rng.choice(AREAS)
        size = 8 if len(area) == 3 else rng.choice([7, 8])
        number = rng.choice("2345678") + digits(rng, size - 1)
        forms = [f"{area}-{number}", f"({area}){number}", f"{area} {number}", area + number]
        return rng.choice(
            [*forms, f"{area}-{number}-{digits(rng, 3)}", f"{area}-{number}转{digits(rng, 3)}"]
        )
    number = rng.choice(MOBILES) + digits(rng, 8)
    forms = [number, number, cut(number, (3, 4), " "), cut(number, (3, 4), "-"), "+86" + number]
    return rng.choice(
        [
            *forms,
            "+86 " + number,
            "86-" + number,
            "(+86)" + cut(number, (3, 4), " "),
            "0086" + number,
        ]
    )


def messy_plate(rng: random.Random) -> str:
    """A plate as people type it."""
    number = plate(rng)
    joint = rng.choice(["", "", "·", " ", "-", "•"])
    return rng.choice([str.upper, str.lower, str.upper])(number[:2] + joint + number[2:])


def messy_card(rng: random.Random) -> str:
    """A bank card number as people type it."""
    number = card(rng)
    return rng.choice([number, number, cut(number, (4,) * 4, " "), cut(number, (4,) * 4, "-")])


def labelled_name(rng: random.Random) -> str:
    """A name behind its label; a bare one is for its column to tell."""
    label = rng.choice(["姓名", "联系人", "负责人", "户主", "法定代表人"])
    return f"{label}{rng.choice([':', '：', ': '])}{name(rng)}"


LABELS = {
    "resident_id": ("身份证", "身份证号", "公民身份号码", "证件号码", "ID"),
    "uscc": ("统一社会信用代码", "信用代码", "USCC"),
    "phone": ("电话", "手机", "联系方式", "Tel", "手机号码"),
    "plate": ("车牌", "车牌号", "号牌号码"),
    "bank_card": ("银行卡", "卡号", "收款账号"),
    "address": ("地址", "住址", "现住", "联系地址"),
}
WRITERS: dict[str, Callable[[random.Random], str]] = {
    "resident_id": messy_resident,
    "uscc": messy_credit,
    "phone": messy_phone,
    "plate": messy_plate,
    "bank_card": messy_card,
    "address": address,
}


def positive(rng: random.Random) -> Cell:
    """A cell that holds one or two personal data."""
    if rng.random() < 0.05:
        return Cell(labelled_name(rng), frozenset({"name"}))
    kind = rng.choice(list(WRITERS))
    told = _dressed(rng, kind)
    kinds = {kind}
    if rng.random() < 0.1:
        other = rng.choice([each for each in WRITERS if each != kind])
        told += rng.choice(["，", "；", ", ", "\n"]) + _dressed(rng, other)
        kinds.add(other)
    return Cell(told, frozenset(kinds))


def _dressed(rng: random.Random, kind: str) -> str:
    text = WRITERS[kind](rng)
    if rng.random() < 0.12:
        text = wide(text)
    shape = rng.randrange(8)
    if shape == 0:
        return f" {text}  "
    if shape == 1:
        return f"{rng.choice(LABELS[kind])}:{text}"
    if shape == 2:
        return f"{rng.choice(LABELS[kind])}：{text}"
    if shape == 3:
        return f"经核对，{rng.choice(LABELS[kind])}{text}，已登记。"
    if shape == 4:
        return f"{name(rng)} {text}"
    return text


def _wrong(sign: str, rng: random.Random, signs: str = "0123456789") -> str:
    return rng.choice([each for each in signs if each != sign])


def near_miss(rng: random.Random) -> str:
    """A cell that resembles personal data and holds none."""
    stamp = (
        f"20{rng.randint(15, 29)}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
        f"{rng.randint(0, 23):02}{rng.randint(0, 59):02}{rng.randint(0, 59):02}"
    )
    mobile = rng.choice(MOBILES) + digits(rng, 8)
    makers: list[Callable[[], str]] = [
        lambda: (number := resident(rng))[:17] + _wrong(number[17], rng, "0123456789X"),
        lambda: (number := credit(rng))[:17] + _wrong(number[17], rng),
        lambda: (number := card(rng))[:-1] + _wrong(number[-1], rng),
        lambda: stamp + digits(rng, rng.choice([2, 4, 6])),
        lambda: stamp,
        lambda: f"DD{stamp}{digits(rng, 4)}",
        lambda: f"订单号：{mobile}",
        lambda: f"流水号 {stamp[:8]}{digits(rng, 9)}",
        lambda: f"{rng.randint(1_300_000, 1_999_999) * 1_000_000}",
        lambda: f"{mobile}.{digits(rng, 2)}",
        lambda: f"¥{mobile}",
        lambda: f"{mobile}元",
        lambda: f"{int(mobile):,}",
        lambda: f"0.{mobile}",
        lambda: f"1{rng.choice('012')}{digits(rng, 9)}",
        lambda: mobile[:10],
        lambda: mobile + digits(rng, 2),
        lambda: f"{rng.randint(1_500_000_000, 1_800_000_000)}",
        lambda: f"{rng.uniform(118, 122):.8f},{rng.uniform(28, 31):.8f}",
        lambda: f"{rng.getrandbits(128):032x}",
        lambda: "-".join(f"{rng.getrandbits(4 * n):0{n}x}" for n in (8, 4, 4, 4, 12)),
        lambda: f"{rng.choice(PROVINCES)}{rng.choice(LETTERS)}{digits(rng, 3)}",
        lambda: f"{rng.choice(PROVINCES)}{rng.choice(LETTERS)}{digits(rng, 9)}",
        lambda: f"浙建〔20{rng.randint(10, 26)}〕{rng.randint(1, 300)}号",
        lambda: f"{rng.choice(ROADS)}{rng.randint(1, 9)}号线",
        lambda: f"{rng.choice(ROADS)}改造工程{rng.randint(1, 9)}标段",
        lambda: rng.choice([each for each in CITIES if each]) + rng.choice(DISTRICTS),
        lambda: f"{rng.randint(1, 30)}号楼{rng.randint(1, 4)}单元电梯困人",
        lambda: f"400-{digits(rng, 3)}-{digits(rng, 4)}",
        lambda: " ".join(str(rng.randint(1, 999)) for _ in range(6)),
        lambda: f"{rng.uniform(0, 99999):.3f}",
        lambda: (
            f"{rng.choice(LETTERS)}{rng.choice(LETTERS)}-{rng.randint(2000, 2026)}-{digits(rng, 5)}"
        ),
    ]
    return rng.choice(makers)()


def negative(rng: random.Random) -> Cell:
    """A cell without personal data."""
    text = near_miss(rng) if rng.random() < 0.6 else rng.choice(WORDS)
    return Cell(wide(text) if rng.random() < 0.05 else text, frozenset())


def cells(seed: int, count: int) -> list[Cell]:
    """As many cells, half of them with personal data."""
    rng = random.Random(seed)
    return [positive(rng) if rng.random() < 0.5 else negative(rng) for _ in range(count)]
