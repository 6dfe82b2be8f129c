"""Synthetic sites, workers and air of the demonstration district, drawn from one seed.

Nobody real is in it: identity numbers carry the region 990108, which no register uses, and phones
begin with 100, which no operator has.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

SEED = 20261122
SITES = 183
WORKERS = 26_000
HOURS = 365 * 24
STREETS = {"xixing": (120.214, 30.199), "changhe": (120.203, 30.168), "puyan": (120.152, 30.168)}
_STREET_ZH = {"xixing": "西兴", "changhe": "长河", "puyan": "浦沿"}
_PHASES = ("foundation", "structure", "structure", "fitting", "acceptance")
_USES = (
    "商品住宅",
    "安置房",
    "产业园",
    "人才公寓",
    "社区服务中心",
    "学校",
    "道路综合整治",
    "河道整治",
)
_BUILDERS = ("演示建工", "演示城建", "演示交工", "演示安装", "演示市政", "演示路桥")
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国志红文斌春梅"
_TRADES = (
    ("general", 0.28),
    ("rebar", 0.16),
    ("carpenter", 0.16),
    ("concrete", 0.12),
    ("plasterer", 0.10),
    ("scaffolder", 0.06),
    ("electrician", 0.05),
    ("welder", 0.03),
    ("crane_driver", 0.02),
    ("signaller", 0.02),
)
_SPECIAL = frozenset(("scaffolder", "electrician", "welder", "crane_driver", "signaller"))
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECKS = "10X98765432"
_TODAY = date(2026, 11, 22)

Row = dict[str, Any]


def sites(count: int, seed: int = SEED) -> Iterator[Row]:
    """Yield construction sites."""
    draw = random.Random(f"{seed}/sites")  # noqa: S311 - demonstration data
    for number in range(1, count + 1):
        street = draw.choice(list(STREETS))
        east, north = STREETS[street]
        started = _TODAY - timedelta(days=draw.randint(20, 900))
        plot = f"{draw.choice('ABCR')}{draw.randint(1, 48)}-{draw.randint(1, 20):02}"
        yield {
            "site_id": f"BJ-{number:03}",
            "name": f"{_STREET_ZH[street]}{plot}地块{draw.choice(_USES)}",
            "street": street,
            "builder": draw.choice(_BUILDERS),
            "phase": draw.choice(_PHASES),
            "floor_area": round(draw.lognormvariate(10.6, 0.7), 1),
            "cranes": draw.choice((0, 1, 1, 2, 2, 3, 4)),
            "started_on": started,
            "planned_end_on": started + timedelta(days=draw.randint(300, 1200)),
            "longitude": round(east + draw.gauss(0, 0.012), 6),
            "latitude": round(north + draw.gauss(0, 0.009), 6),
        }


def workers(count: int, site_count: int, seed: int = SEED) -> Iterator[Row]:
    """Yield site workers; about one certificate in thirty has run out."""
    draw = random.Random(f"{seed}/workers")  # noqa: S311 - demonstration data
    names, weights = zip(*_TRADES, strict=True)
    for number in range(1, count + 1):
        born = _TODAY - timedelta(days=draw.randint(18 * 366, 60 * 365))
        trade = draw.choices(names, weights)[0]
        until = None
        if trade in _SPECIAL:
            until = _TODAY + timedelta(days=draw.randint(-40, 1200))
        registered = datetime(2026, 11, 22, tzinfo=UTC) - timedelta(
            seconds=draw.randint(0, 400 * 86_400)
        )
        yield {
            "worker_id": 100_000 + number,
            "name": name(draw),
            "resident_id": resident_id(born, number % 1000),
            "phone": f"100{draw.randint(0, 99_999_999):08}",
            "birth_date": born,
            "site_id": f"BJ-{draw.randint(1, site_count):03}",
            "trade": trade,
            "certificate_until": until,
            "daily_wage": float(draw.randint(22, 52) * 10),
            "on_site": draw.random() < 0.7,
            "registered_at": registered,
        }


def name(draw: random.Random) -> str:
    given = "".join(draw.choice(_GIVEN) for _ in range(draw.choice((1, 2, 2))))
    return draw.choice(_SURNAMES) + given


def resident_id(born: date, serial: int, region: str = "990108") -> str:
    """Return an invented identity number with a right check digit (GB 11643-1999)."""
    body = f"{region}{born:%Y%m%d}{serial:03}"
    total = sum(int(digit) * weight for digit, weight in zip(body, _WEIGHTS, strict=True))
    return body + _CHECKS[total % 11]


def air(hours: int, seed: int = SEED) -> Iterator[Row]:
    """Yield hourly air quality of three stations: a season, a day and noise around them."""
    draw = random.Random(f"{seed}/air")  # noqa: S311 - demonstration data
    begin = datetime(2025, 11, 22, tzinfo=UTC)
    for station in STREETS:
        level = draw.uniform(0.9, 1.1)
        for hour in range(hours):
            at = begin + timedelta(hours=hour)
            season = math.cos((at.timetuple().tm_yday - 15) / 365 * 2 * math.pi)
            clock = math.cos((at.hour + 8 - 14) / 24 * 2 * math.pi)
            pm25 = max(2.0, level * (38 + 22 * season - 6 * clock) + draw.gauss(0, 9))
            missing = draw.random() < 0.004
            yield {
                "station": station,
                "observed_at": at,
                "pm25": None if missing else round(pm25, 1),
                "pm10": None if missing else round(pm25 * draw.uniform(1.3, 1.8), 1),
                "o3": round(max(5.0, 80 - 40 * season + 35 * clock + draw.gauss(0, 12)), 1),
                "temperature": round(17 - 12 * season + 4 * clock + draw.gauss(0, 1.5), 1),
            }
