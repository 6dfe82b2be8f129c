"""How quick and how right the store's search is: ``python -m bench.search [--listings N] [--json]``.

Listings are generated from one seed: a subject of a district's work, an act, a place, an owner,
columns, both languages. Each class of questions is asked ``--rounds`` times with different words by
somebody of one department, with the counts of all facets, as the results page asks; ``suggest``
asks as somebody types. Rightness is judged on questions whose answer the generator knows: what
bears that subject (and act) is relevant. The figures are kept in ``bench/results/search.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pypinyin import lazy_pinyin

from duokua.engine.finding import DEEPEST, Entry, find, put, rebuild
from duokua.engine.finding_query import Wanted
from duokua.lang.terms import asked
from duokua.store.values.finding import others

RESULTS = Path(__file__).parent / "results" / "search.json"
GOALS = {"p95_ms": 30.0, "suggest_p95_ms": 10.0}
SEED = 20261123
VIEWER = "dept_03"
SUBJECTS = dict(
    pair.split(":")
    for pair in """
建筑工地:construction site|务工人员:site worker|塔吊设备:tower crane|深基坑:excavation
扬尘监测:dust monitoring|工程项目:building project|施工许可:building permit|渣土运输:muck transport
预防接种:vaccination|儿童体检:child checkup|新生儿:newborn|孕产妇:maternity
传染病:infectious disease|慢性病:chronic disease|家庭医生:family doctor|医疗机构:medical institution
执业医师:physician|血液库存:blood stock|药店药房:pharmacy|医保参保:medical insurance
常住人口:resident population|流动人口:migrant population|老年人:elderly|残疾人:disabled person
低保家庭:low income family|婚姻登记:marriage|殡葬服务:funeral service|社区网格:community grid
物业小区:housing estate|志愿者:volunteer|市场主体:market entity|营业执照:business licence
食品经营:food trade|特种设备:special equipment|餐饮单位:restaurant|进出口货物:import export goods
跨境电商:cross border commerce|报关单证:customs paper
冷链仓储:cold chain storage|危险化学品:hazardous chemical
储罐液位:tank level|排污单位:polluter|空气质量:air quality|河道水质:river water quality
噪声监测:noise monitoring|生活垃圾:household waste|公园绿地:public park|古树名木:old tree
污水管网:sewer network|道路桥梁:road and bridge|公共停车:public parking|公交线路:bus line
地铁客流:metro passengers
电动自行车:electric bicycle|交通事故:traffic accident|信号灯:traffic light
体育场馆:sports venue|文化活动:cultural event|图书借阅:library loan|中小学校:school
学生学籍:pupil record|教师资格:teacher certificate|幼儿园:kindergarten|校车运行:school bus
不动产:real estate|房屋租赁:house rental|公租房:public rental housing|税务登记:tax registration
政府采购:procurement|行政处罚:administrative penalty|信访投诉:petition complaint|消防检查:fire inspection
应急物资:emergency supplies|防汛预警:flood warning|视频点位:camera position|人才引进:talent
科技企业:technology company|专利授权:patent
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
ACTS = {
    "登记": "registration", "检查": "inspection", "统计": "statistics", "许可": "permission",
    "预约": "appointment", "评价": "assessment", "巡查": "patrol", "备案": "filing",
    "公示": "publication", "补贴": "subsidy", "培训": "training", "预警": "alert",
}  # fmt: skip
PLACES = {
    "西兴": "Xixing", "长河": "Changhe", "浦沿": "Puyan", "奥体": "Aoti", "江畔": "Riverside",
    "全区": "district", "高新": "hi-tech", "沿江": "along the river",
}  # fmt: skip
FORMS = {"信息": "information", "记录": "record", "台账": "ledger", "汇总": "summary",
         "名录": "directory"}  # fmt: skip
COLUMNS = {
    "编号": "id", "名称": "name", "地址": "address", "街道": "street", "状态": "state",
    "日期": "date", "金额": "amount", "数量": "count", "负责部门": "department", "联系方式": "contact",
    "经度": "lon", "纬度": "lat", "等级": "grade", "类别": "category", "有效期": "valid_until",
    "审批结果": "result", "更新时间": "updated_at", "备注": "remark", "行业": "industry", "面积": "area",
}  # fmt: skip
BODIES = (
    "卫健", "住建", "生态", "教育", "民政", "公安", "交通", "城管", "市监",
    "税务", "人社", "文旅", "应急", "商务", "科技", "水利", "统计", "司法",
)  # fmt: skip
DOMAINS = ("safety", "health", "growth", "community", "trade")
CYCLES = ("real_time", "daily", "weekly", "monthly", "yearly")
SHARES = ("unconditional", "conditional", "refused")
LEVELS = ("L1", "L2", "L2", "L3", "L3", "L4")


@dataclass(frozen=True, slots=True)
class Judged:
    """A question and what its answer has to bear."""

    kind: str
    words: str
    subject: str
    act: str | None = None


def entries(count: int) -> Iterator[Entry]:
    """Yield the generated listings."""
    draw = random.Random(SEED)
    for number in range(count):
        yield _entry(draw, number)


def bearing(number: int) -> tuple[str, str]:
    """Return subject and act of a listing; each pair comes again after all the others."""
    names = list(SUBJECTS)
    return names[number % len(names)], list(ACTS)[number // len(names) % len(ACTS)]


def _entry(draw: random.Random, number: int) -> Entry:
    subject, act = bearing(number)
    place, form = draw.choice(list(PLACES)), draw.choice(list(FORMS))
    body = draw.randrange(len(BODIES))
    owner = f"dept_{body:02d}"
    level = draw.choice(LEVELS)
    zh = f"{place}{subject}{act}{form}"
    en = f"{SUBJECTS[subject]} {ACTS[act]} {FORMS[form]} {PLACES[place]}".capitalize()
    columns = draw.sample(list(COLUMNS), 10)
    return Entry(
        id=f"set_{number:06d}",
        titles=(zh, en),
        name=zh,
        words=(subject, act),
        owners=(f"{BODIES[body]}局", f"Bureau {body}"),
        columns=tuple(text for name in columns for text in (name, COLUMNS[name])),
        summary=(
            f"由{BODIES[body]}局汇聚的{place}{subject}{act}数据，含{columns[0]}、{columns[1]}等项",
            f"{SUBJECTS[subject]} data of bureau {body}, with {COLUMNS[columns[0]]}",
        ),
        facets={
            "kind": "data", "owner": owner, "share": draw.choice(SHARES), "level": level,
            "domain": draw.choice(DOMAINS), "cycle": draw.choice(CYCLES),
            "open": draw.choice(("open", "granted", "none")),
        },
        only=owner if level == "L4" else None,
        weight=4 * draw.random() + draw.random() * 5,
        published=1_700_000_000 + draw.randrange(60_000_000),
        heat=int(draw.paretovariate(0.7)),
        quality=draw.random(),
    )  # fmt: skip


def judged() -> list[Judged]:
    """Return the judged questions: each subject in each way of asking that it allows."""
    draw = random.Random(SEED + 1)
    told = []
    for subject, english in SUBJECTS.items():
        act = draw.choice(list(ACTS))
        said = lazy_pinyin(subject)
        told += [
            Judged("whole word", subject, subject),
            Judged("word and act", f"{subject} {act}", subject, act),
            Judged("run together", f"{subject}{act}", subject, act),
            Judged("pinyin", "".join(said), subject),
            Judged("initials", "".join(one[0] for one in said), subject),
            Judged("English", english, subject),
            Judged("English and Chinese", f"{ACTS[act]} {subject}", subject, act),
            Judged("English, one letter wrong", _misspelt(english, draw), subject),
            Judged("pinyin, one letter wrong", _misspelt("".join(said), draw), subject),
        ]
        if len(subject) >= 4:
            at = draw.randrange(len(subject))
            wrong = f"{subject[:at]}幂{subject[at + 1 :]}"
            told.append(Judged("one character wrong", wrong, subject))
    told += [Judged("other word", word, subject) for word, subject in _SAID.items()]
    return told


_SAID = {
    "工地": "建筑工地", "在建项目": "建筑工地", "疫苗": "预防接种", "免疫": "预防接种",
    "居民": "常住人口", "市民": "常住人口", "企业": "市场主体", "公司": "市场主体",
    "危化": "危险化学品", "大气": "空气质量", "老人": "老年人", "医院": "医疗机构",
    "停车场": "公共停车", "报关": "报关单证", "处罚": "行政处罚", "投诉": "信访投诉",
}  # fmt: skip


def _misspelt(text: str, draw: random.Random) -> str:
    """Change one letter of the longest word."""
    longest = max(text.split(), key=len)
    at = draw.randrange(1, len(longest))
    letter = draw.choice([one for one in "abcdefghijklmnopqrstuvwxyz" if one != longest[at]])
    return text.replace(longest, longest[:at] + letter + longest[at + 1 :], 1)


def question(words: str, **more: object) -> Wanted:
    """Return a question as the store asks it."""
    looked = asked(words)
    return Wanted(looked, others(looked), viewer=VIEWER, **more)  # type: ignore[arg-type]


def classes(draw: random.Random) -> dict[str, Callable[[], Wanted]]:
    """Return the classes of questions whose time is taken."""
    subjects, acts = list(SUBJECTS), list(ACTS)

    def pair() -> str:
        subject = draw.choice(subjects)
        at = draw.randrange(len(subject) - 1)
        return subject[at : at + 2]

    def spoken() -> list[str]:
        return lazy_pinyin(draw.choice(subjects))

    return {
        "two characters": lambda: question(pair()),
        "one character": lambda: question(draw.choice(draw.choice(subjects))),
        "frequent word": lambda: question(draw.choice(("登记", "信息", "数据", "街道"))),
        "subject and act": lambda: question(f"{draw.choice(subjects)} {draw.choice(acts)}"),
        "pinyin": lambda: question("".join(spoken())),
        "initials": lambda: question("".join(one[0] for one in spoken())[:3]),
        "English": lambda: question(draw.choice(list(SUBJECTS.values()))),
        "letter wrong": lambda: question(_misspelt(draw.choice(list(SUBJECTS.values())), draw)),
        "nothing fits": lambda: question("火箭燃料"),
        "facets only": lambda: question(
            "", filters={"level": ("L2",), "domain": (draw.choice(DOMAINS),)}
        ),
        "sorted by name": lambda: question(pair(), sort="name"),
        "deep page": lambda: question(draw.choice(acts), offset=DEEPEST - 20),
        "suggest": lambda: question(
            draw.choice(("".join(spoken())[: draw.randrange(1, 6)], pair()[0], pair())),
            limit=8, counts=False,
        ),
    }  # fmt: skip


def quickness(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    """Return the times of each class, in milliseconds."""
    told = {}
    for name, make in classes(random.Random(SEED + 2)).items():
        asked_for = [make() for _ in range(rounds)]
        find(folder, asked_for[0])
        taken = []
        for each in asked_for:
            start = time.perf_counter()
            find(folder, each)
            taken.append((time.perf_counter() - start) * 1000)
        cuts = statistics.quantiles(taken, n=100, method="inclusive")
        told[name] = {f"p{at}_ms": round(cuts[at - 1], 2) for at in (50, 95, 99)}
    return told


def rightness(folder: Path, count: int) -> dict[str, dict[str, float]]:
    """Return recall in the first ten and the mean reciprocal rank, by kind of question."""
    seen = [entry.only in (None, VIEWER) for entry in entries(count)]
    known: dict[tuple[str, str | None], int] = {}
    for number in (number for number in range(count) if seen[number]):
        subject, act = bearing(number)
        for key in ((subject, None), (subject, act)):
            known[key] = known.get(key, 0) + 1
    by_kind: dict[str, list[tuple[float, float]]] = {}
    for each in judged():
        ids = find(folder, question(each.words, limit=10, counts=False)).ids
        right = [_bears(name, each) for name in ids]
        most = min(10, known.get((each.subject, each.act), 0))
        if not most:
            continue
        rank = right.index(True) + 1 if True in right else 0
        by_kind.setdefault(each.kind, []).append((sum(right) / most, 1 / rank if rank else 0.0))
    every = [one for told in by_kind.values() for one in told]
    return {kind: _means(told) for kind, told in {**by_kind, "all": every}.items()}


def _bears(name: str, each: Judged) -> bool:
    subject, act = bearing(int(name.removeprefix("set_")))
    return subject == each.subject and each.act in (None, act)


def _means(told: list[tuple[float, float]]) -> dict[str, float]:
    return {
        "questions": len(told),
        "recall_at_10": round(statistics.fmean(one[0] for one in told), 3),
        "mrr": round(statistics.fmean(one[1] for one in told), 3),
    }


def measure(count: int, rounds: int) -> dict[str, object]:
    """Make the index, ask, change one listing; return the figures."""
    with tempfile.TemporaryDirectory(prefix="duokua-search-") as name:
        folder = Path(name)
        start = time.perf_counter()
        rebuild(folder, entries(count))
        built = time.perf_counter() - start
        size = sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
        quick = quickness(folder, rounds)
        right = rightness(folder, count)
        one = next(entries(1))
        changed = []
        for _ in range(10):
            start = time.perf_counter()
            put(folder, [one])
            changed.append((time.perf_counter() - start) * 1000)
        found = {name: times for name, times in quick.items() if name != "suggest"}
        worst = max(found, key=lambda each: found[each]["p95_ms"])
        return {
            "name": "search",
            "python": platform.python_version(),
            "processors": os.cpu_count(),
            "load": round(os.getloadavg()[0], 1),
            "listings": count,
            "rounds": rounds,
            "goals": GOALS,
            "p95_ms": found[worst]["p95_ms"],
            "worst_class": worst,
            "suggest_p95_ms": quick["suggest"]["p95_ms"],
            "build_s": round(built, 1),
            "change_one_ms": round(statistics.median(changed), 1),
            "size_mb": round(size / 2**20, 1),
            "classes": quick,
            "rightness": right,
        }


def table(told: dict[str, object]) -> str:
    """Return the figures as lines."""
    classes_, right = told["classes"], told["rightness"]
    assert isinstance(classes_, dict) and isinstance(right, dict)
    lines = [f"{told['listings']:,} listings, built in {told['build_s']} s, {told['size_mb']} MB, "
             f"one changed in {told['change_one_ms']} ms, load {told['load']}"]  # fmt: skip
    lines += [f"{'':26}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
    lines += [f"{n:26}" + "".join(f"{v:>9.2f}" for v in c.values()) for n, c in classes_.items()]
    lines += [f"{'':26}{'asked':>9}{'rec@10':>9}{'MRR':>9}"]
    lines += [
        f"{n:26}{r['questions']:>9}{r['recall_at_10']:>9.3f}{r['mrr']:>9.3f}"
        for n, r in right.items()
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, keep; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--listings", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=200, help="questions of each class")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    told = measure(options.listings, options.rounds)
    missed = [name for name, goal in GOALS.items() if float(str(told[name])) > goal]
    told["missed"] = missed
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    print(json.dumps(told, ensure_ascii=False) if options.json else table(told))
    for name in missed:
        print(f"missed: {name} is {told[name]}, at most {GOALS[name]:g}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
