"""Lists as CSV files (导出)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from django.http import HttpResponse

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def csv_answer(name: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> HttpResponse:
    """Answer with a CSV file in UTF-8 with its mark, so that spreadsheets read Chinese."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    answer = HttpResponse(
        "\ufeff" + text.getvalue(), content_type="text/csv; charset=utf-8", status=200
    )
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _safe(cell: object) -> object:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
