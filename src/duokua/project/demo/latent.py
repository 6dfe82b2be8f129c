"""The latent district (潜在状态): people, companies and communities as they are, none of it published.

Datasets show parts of it, each department its own, so that the same person, company or place meets
in several. What is planted for later findings (``hardship``, ``frailty``, ``distress``, ``neglect``:
0 to 1, mostly low) is drawn here, before any dataset and any rule, and shapes what datasets show.

Nobody real is in it: identity numbers carry the regions 990102 and 990103 and company codes 990108,
which no register uses; phones begin with 100, which no operator has.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from duokua.project.demo import district
from duokua.project.demo.district import SEED, Row, resident_id

TODAY = date(2026, 11, 22)
_PEOPLE, _CHILDREN, _COMPANIES, _COMMUNITIES = 24_000, 30_000, 3_000, 61
_PUPILS = 0.22  # of the people
_FROM_SITES = 2_000  # people who also work on the sites
_BODY = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100
_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_INDUSTRIES = (
    ("software", 0.19), ("manufacture", 0.17), ("retail", 0.16), ("catering", 0.14),
    ("service", 0.09), ("lodging", 0.07), ("trade", 0.07), ("transport", 0.05),
    ("chemical", 0.04), ("construction", 0.02),
)  # fmt: skip
_TRADE_ZH = {
    "software": "软件", "manufacture": "制造", "retail": "商贸", "catering": "餐饮",
    "service": "服务", "lodging": "酒店", "trade": "进出口", "transport": "运输",
    "chemical": "化工", "construction": "建设",
}  # fmt: skip
_HEADS = "云江星启恒瑞安泰凌远晨辰博宏盛嘉诺禾新锐"
_PARTS = ("东", "西", "南", "北", "春", "江", "滨", "湖", "新", "和", "永", "安", "康", "星")
_ROADS = ("演示路", "样例街", "试验巷", "模拟大道")


@dataclass(frozen=True)
class Latent:
    """The pools of one seed; each is drawn when it is first asked for, by itself."""

    seed: int = SEED
    sites: int = district.SITES

    def pool(self, name: str) -> list[Row]:
        """Return a pool: ``person``, ``child``, ``company``, ``community`` or ``site``."""
        found: list[Row] = getattr(self, name)
        return found

    @cached_property
    def community(self) -> list[Row]:
        """The communities, each in a street."""
        draw = self._draw("communities")
        names = [a + b for a in _PARTS for b in _PARTS if a != b]
        draw.shuffle(names)
        return [self._place(draw, f"SQ{n + 1:02}", names[n]) for n in range(_COMMUNITIES)]

    @staticmethod
    def _place(draw: random.Random, code: str, name: str) -> Row:
        street = draw.choice(list(district.STREETS))
        east, north = district.STREETS[street]
        return {
            "community": code,
            "community_zh": name,
            "community_name": f"{name}社区",
            "street": street,
            "longitude": round(east + draw.gauss(0, 0.012), 6),
            "latitude": round(north + draw.gauss(0, 0.009), 6),
        }

    @cached_property
    def person(self) -> list[Row]:
        """The grown-up and school-age people, some of them workers of the sites."""
        draw = self._draw("people")
        found = [self._resident(draw, worker) for worker in self._workers()]
        serials: dict[date, int] = {}
        while len(found) < _PEOPLE:
            age = draw.uniform(7, 18) if draw.random() < _PUPILS else draw.triangular(7, 96, 40)
            born = TODAY - timedelta(days=int(age * 365.25))
            serials[born] = serials.get(born, 0) + 1
            id_ = resident_id(born, serials[born] % 1000, "990102")
            found.append(self._person(draw, id_, born, district.name(draw)))
        return found

    def _workers(self) -> Iterator[Row]:
        every = district.workers(district.WORKERS, self.sites, self.seed)
        return (next(every) for _ in range(_FROM_SITES))

    def _resident(self, draw: random.Random, worker: Row) -> Row:
        person = self._person(draw, worker["resident_id"], worker["birth_date"], worker["name"])
        return {**person, "phone": worker["phone"]}

    def _person(self, draw: random.Random, id_: str, born: date, name: str) -> Row:
        place = draw.choice(self.community)
        household = draw.randint(1, 14_000)
        return {
            "resident_id": id_,
            "name": name,
            "sex": "M" if int(id_[16]) % 2 else "F",
            "birth_date": born,
            "phone": f"100{draw.randint(0, 99_999_999):08}",
            "address": f"浙江省杭州市滨岸区{draw.choice(_ROADS)}{household % 997 + 1}号",
            "household": household,
            "street": place["street"],
            "community": place["community"],
            "_age": (TODAY - born).days // 365,
            "_hardship": draw.betavariate(1.2, 6),
            "_frailty": draw.betavariate(1.2, 6),
        }

    @cached_property
    def child(self) -> list[Row]:
        """The children up to six."""
        draw = self._draw("children")
        serials: dict[date, int] = {}
        found = []
        for _ in range(_CHILDREN):
            born = TODAY - timedelta(days=draw.randint(5, 7 * 365))
            serials[born] = serials.get(born, 0) + 1
            id_ = resident_id(born, serials[born], "990103")
            found.append(self._person(draw, id_, born, district.name(draw)))
        return found

    @cached_property
    def company(self) -> list[Row]:
        """The companies."""
        draw = self._draw("companies")
        kinds, weights = zip(*_INDUSTRIES, strict=True)
        return [
            self._company(draw, n, draw.choices(kinds, weights)[0])
            for n in range(1, _COMPANIES + 1)
        ]

    def _company(self, draw: random.Random, number: int, industry: str) -> Row:
        head = draw.choice(_HEADS) + draw.choice(_HEADS)
        place = draw.choice(self.community)
        return {
            "credit_code": credit_code(number),
            "company_name": f"演示{head}{_TRADE_ZH[industry]}{number}有限公司",
            "industry": industry,
            "street": place["street"],
            "community": place["community"],
            "community_zh": place["community_zh"],
            "founded_on": TODAY - timedelta(days=draw.randint(40, 9000)),
            "employees": int(draw.lognormvariate(2.8, 1.1)) + 1,
            "_distress": draw.betavariate(1.2, 6),
        }

    @cached_property
    def site(self) -> list[Row]:
        """The sites that :mod:`.district` publishes, with how neglected each is."""
        draw = self._draw("neglect")
        rows = district.sites(self.sites, self.seed)
        return [{**row, "_neglect": draw.betavariate(1.2, 5)} for row in rows]

    def _draw(self, what: str) -> random.Random:
        return random.Random(f"{self.seed}/latent/{what}")  # noqa: S311 - demonstration data


def credit_code(number: int) -> str:
    """Return an invented company code with a right check character (GB 32100-2015)."""
    body = f"91990108MA{number:07}"
    total = sum(_BODY.index(each) * weight for each, weight in zip(body, _WEIGHTS, strict=True))
    return body + _BODY[(31 - total % 31) % 31]
