"""Photos (照片): decoded and written anew without what came with them, their time and place read first.

What the camera tells is read, then gone: nothing of the file that was sent is kept but its pixels,
turned upright, no larger than needed, with case, giver and time written into them.
"""

from __future__ import annotations

import io
import math
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps, UnidentifiedImageError

from duokua.kernel import fonts
from duokua.kernel.clock import SHANGHAI

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA = "image/jpeg"
_MOST_PIXELS = 40_000_000
_LONGEST, _THUMB = 2560, 320  # pixels
_QUALITY = 85
_LEAST_LETTERS = 12  # pixels
_EXIF, _GPS = 0x8769, 0x8825
_TAKEN, _OFFSET = 36867, 36881
_BROKEN = (
    UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError, TypeError, IndexError,
    OverflowError, Image.DecompressionBombError, Image.DecompressionBombWarning,
)  # fmt: skip
_lock = threading.Lock()  # one large picture in the memory at a time


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo as it is kept, and what its camera told."""

    body: bytes
    thumbnail: bytes
    taken_at: datetime | None
    lon: float | None
    lat: float | None


def picture(sent: bytes, mark: str) -> Picture | None:
    """Return a photo with ``mark`` written into it; ``None``: it is no picture, or too large."""
    with _lock:
        try:
            with Image.open(io.BytesIO(sent), formats=FORMATS) as image:
                if image.width * image.height > _MOST_PIXELS:
                    return None
                told = _told(image)
                image.load()
                upright = ImageOps.exif_transpose(image)
                return _kept(upright, mark, told)
        except _BROKEN:
            return None


def _kept(
    image: Image.Image, mark: str, told: tuple[datetime | None, float | None, float | None]
) -> Picture:
    plain = _on_white(image)
    plain.thumbnail((_LONGEST, _LONGEST))
    _write(plain, mark)
    small = plain.copy()
    small.thumbnail((_THUMB, _THUMB))
    return Picture(_jpeg(plain), _jpeg(small), *told)


def _on_white(image: Image.Image) -> Image.Image:
    """Return the pixels alone: a new picture, without transparency, tables or anything beside."""
    rgba = image.convert("RGBA")
    plain = Image.new("RGB", rgba.size, "white")
    plain.paste(rgba, mask=rgba.getchannel("A"))
    return plain


def _write(image: Image.Image, mark: str) -> None:
    """Write the mark along the lower edge, light on dark so that it is read on any picture."""
    size = max(_LEAST_LETTERS, min(image.width, image.height) // 32)
    font = _font(size)
    draw = ImageDraw.Draw(image, "RGBA")
    high = size + size // 2
    draw.rectangle((0, image.height - high, image.width, image.height), fill=(0, 0, 0, 150))
    draw.text((size // 2, image.height - high + size // 5), mark, font=font, fill="white")


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.chinese()), size)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _told(image: Image.Image) -> tuple[datetime | None, float | None, float | None]:
    """Return when and where a photo was taken, as far as its camera tells."""
    try:
        exif = image.getexif()
        taken = _instant(exif.get_ifd(_EXIF))
        place = _place(exif.get_ifd(_GPS))
    except _BROKEN:
        return None, None, None
    return taken, *place


def _instant(told: dict[int, Any]) -> datetime | None:
    """Return the instant; a camera that tells no offset is in the district."""
    text, offset = str(told.get(_TAKEN, "")), str(told.get(_OFFSET, "")).strip("\0 ")
    try:
        at = datetime.strptime(text.strip("\0 "), "%Y:%m:%d %H:%M:%S").replace(tzinfo=SHANGHAI)
        if offset:
            at = datetime.fromisoformat(f"{at:%Y-%m-%dT%H:%M:%S}{offset}")
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _place(told: dict[int, Any]) -> tuple[float | None, float | None]:
    lat, lon = _degrees(told.get(2), told.get(1)), _degrees(told.get(4), told.get(3))
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return None, None
    return lon, lat


def _degrees(told: Any, side: Any) -> float | None:
    try:
        degrees, minutes, seconds = (float(each) for each in told)
        found = degrees + minutes / 60 + seconds / 3600
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    if not math.isfinite(found):
        return None
    return -found if str(side).strip("\0 ") in ("S", "W") else found
