"""The paper of a dossier: A4 with a head, numbered pages, headings, pairs, tables and pictures."""

from __future__ import annotations

import io
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from duokua.kernel.fonts import chinese

_FONT = "sans"
_INK, _SOFT, _LINE, _BRAND = (20, 33, 46), (90, 106, 122), (214, 222, 230), (11, 111, 120)
_MARGIN, _TEXT, _SMALL = 16.0, 10.0, 8.5  # mm, points, points
_NEW_LINE: dict[str, Any] = {"new_x": XPos.LMARGIN, "new_y": YPos.NEXT}
logging.getLogger("fontTools").setLevel(logging.ERROR)  # it tells of every table that it cuts


class Paper(FPDF):
    """Sheets of one document; every text is written in the font that the platform brings."""

    def __init__(self, head: str, foot: str, page: str, made_at: datetime) -> None:
        super().__init__(format="A4")
        self._head, self._foot, self._page_word = head, foot, page
        self.set_margins(_MARGIN, _MARGIN, _MARGIN)
        self.set_auto_page_break(True, margin=18)
        self.add_font(_FONT, "", chinese())
        self.set_creation_date(made_at)
        self.set_title(head)
        self.alias_nb_pages()
        self.add_page()

    def header(self) -> None:
        """Write what stands on every sheet."""
        self._pen(_SMALL, _SOFT)
        self.cell(0, 5, self._head, **_NEW_LINE)
        self.set_draw_color(*_LINE)
        self.line(_MARGIN, self.get_y() + 1, self.w - _MARGIN, self.get_y() + 1)
        self.ln(5)

    def footer(self) -> None:
        """Write who printed it and the number of the sheet."""
        self.set_y(-13)
        self._pen(_SMALL, _SOFT)
        self.cell(self.epw * 0.8, 5, self._foot)
        self.cell(0, 5, f"{self._page_word} {self.page_no()} / {{nb}}", align="R")

    def _pen(self, size: float, colour: tuple[int, int, int] = _INK) -> None:
        self.set_font(_FONT, size=size)
        self.set_text_color(*colour)

    def title_line(self, text: str, under: str) -> None:
        """Write the document's title and a line under it."""
        self._pen(17)
        self.multi_cell(0, 8.5, text, **_NEW_LINE)
        self._pen(_TEXT, _SOFT)
        self.multi_cell(0, 5.5, under, **_NEW_LINE)
        self.ln(2)

    def heading(self, text: str) -> None:
        """Begin a part; it does not stand alone at the end of a sheet."""
        if self.will_page_break(24):
            self.add_page()
        self.ln(3)
        self._pen(12.5, _BRAND)
        self.cell(0, 7, text, **_NEW_LINE)

    def text_block(self, text: str) -> None:
        """Write a paragraph."""
        self._pen(_TEXT)
        self.multi_cell(0, 5.4, text, **_NEW_LINE)

    def pairs(self, lines: Sequence[tuple[str, str]]) -> None:
        """Write names with their values."""
        self.grid((), lines, (30, 70))

    def grid(
        self, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]
    ) -> None:
        """Write a table; ``widths`` are shares. Heads are repeated on every sheet."""
        if not rows:
            return
        self._pen(_SMALL)
        self.set_draw_color(*_LINE)
        with self.table(
            col_widths=tuple(widths), line_height=5, first_row_as_headings=bool(heads),
            borders_layout="HORIZONTAL_LINES", text_align="LEFT", padding=1,
            headings_style=self._heads(),
        ) as table:  # fmt: skip
            for told in ([heads] if heads else []) + list(rows):
                row = table.row()
                for cell in told:
                    row.cell(cell or "—")
        self.ln(1)

    def _heads(self) -> Any:
        from fpdf.fonts import FontFace

        return FontFace(family=_FONT, emphasis="", color=_SOFT)

    def picture(self, body: bytes, caption: str) -> None:
        """Show a picture with a line under it."""
        if self.will_page_break(72):
            self.add_page()
        self.image(io.BytesIO(body), h=60, keep_aspect_ratio=True)
        self._pen(_SMALL, _SOFT)
        self.multi_cell(0, 5, caption, **_NEW_LINE)
        self.ln(2)

    def written(self) -> bytes:
        """Return the document."""
        return bytes(self.output())
