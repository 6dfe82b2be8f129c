"""Write the table of holidays of the law pack from the package ``chinesecalendar`` (development only).

Example: python scripts/holidays_table.py 2024 2026 > packs/data_sharing_law/tables/holidays.csv

Override it by ``tables/holidays_override.csv`` of the same head, for a year that the package lacks.
"""

from __future__ import annotations

import csv
import sys
from importlib.metadata import version
from typing import TextIO

from chinese_calendar import constants

ZH = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}


def write(first: int, last: int, out: TextIO) -> None:
    """Write days off and weekends worked instead from ``first`` to ``last``, in order."""
    source = f"国务院办公厅节假日安排 (chinesecalendar {version('chinesecalendar')})"
    days = {day: ("holiday", name) for day, name in constants.holidays.items()}
    days |= {day: ("workday", name) for day, name in constants.workdays.items()}
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(["day", "kind", "name", "source"])
    for day, (kind, name) in sorted(days.items()):
        if first <= day.year <= last:
            rows.writerow([day.isoformat(), kind, ZH.get(name, name), source])


if __name__ == "__main__":
    write(int(sys.argv[1]), int(sys.argv[2]), sys.stdout)
