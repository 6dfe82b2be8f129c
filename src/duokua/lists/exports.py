"""Lists as CSV files (导出)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from django.http import HttpResponse, JsonResponse

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


def list_answer(
    kind: str, name: str, head: Sequence[str], rows: Sequence[Mapping[str, object]]
) -> HttpResponse:
    """Answer with a list as a file: ``csv`` with the columns ``head``, else JSON under its name."""
    if kind == "csv":
        return csv_answer(name, head, [[row[column] for column in head] for row in rows])
    answer = JsonResponse({name: list(rows)}, json_dumps_params={"ensure_ascii": False})
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


def _safe(cell: object) -> object:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
