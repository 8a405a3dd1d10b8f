"""A text screen drawn as pixels, for VNC sessions and screenshots."""

import struct
import zlib
from collections.abc import Sequence

WIDTH, HEIGHT = 640, 400
_SCALE = 2
_LEFT, _TOP = 12, 16
_CELL_WIDTH, _CELL_HEIGHT = 6 * _SCALE, 8 * _SCALE
COLUMNS = (WIDTH - 2 * _LEFT) // _CELL_WIDTH
LINES = (HEIGHT - 2 * _TOP) // _CELL_HEIGHT
FOREGROUND = (230, 230, 230)

Color = tuple[int, int, int]

# From space to underscore, five columns of seven pixels each, the lowest bit on top. Letters are capitals.
_FIRST = 0x20
_FONT = bytes.fromhex(
    "0000000000 00005f0000 0007000700 147f147f14 242a7f2a12 2313086462 3649562050 0008070300"
    "001c224100 0041221c00 2a1c7f1c2a 08083e0808 0080703000 0808080808 0000606000 2010080402"
    "3e5149453e 00427f4000 7249494946 2141494d33 1814127f10 2745454539 3c4a494931 4121110907"
    "3649494936 464949291e 0000140000 0040340000 0008142241 1414141414 0041221408 0201590906"
    "3e415d594e 7c1211127c 7f49494936 3e41414122 7f4141413e 7f49494941 7f09090901 3e41415173"
    "7f0808087f 00417f4100 2040413f01 7f08142241 7f40404040 7f021c027f 7f0408107f 3e4141413e"
    "7f09090906 3e4151215e 7f09192946 2649494932 03017f0103 3f4040403f 1f2040201f 3f4038403f"
    "6314081463 0304780403 6159494d43 007f414141 0204081020 004141417f 0402010204 4040404040"
)


def _columns(character: str) -> bytes:
    code = ord(character.upper()) if len(character.upper()) == 1 else 0
    place = (code - _FIRST) * 5
    return _FONT[place : place + 5] if 0 <= place < len(_FONT) else _FONT[-5:]


def pixel_rows(lines: Sequence[str]) -> list[bytes]:
    """The screen's rows, a byte for each pixel: 1 where there is ink. What does not fit is cut off."""
    blank = bytes(WIDTH)
    rows = [blank] * HEIGHT
    for number, line in enumerate(lines[:LINES]):
        columns = b"".join(_columns(character) + b"\0" for character in line[:COLUMNS])
        for bit in range(8):
            ink = b"".join(bytes([column >> bit & 1]) * _SCALE for column in columns)
            row = (bytes(_LEFT) + ink).ljust(WIDTH, b"\0")
            top = _TOP + number * _CELL_HEIGHT + bit * _SCALE
            rows[top : top + _SCALE] = [row] * _SCALE
    return rows


def painted(row: bytes, ink: bytes, ground: bytes) -> bytes:
    """A row with each pixel's byte replaced by what a pixel is in the wanted format."""
    if not any(row):
        return ground * len(row)
    return b"".join(ink if pixel else ground for pixel in row)


def png(rows: Sequence[bytes], ground: Color) -> bytes:
    """The screen as a PNG file."""
    ink, paper = bytes(FOREGROUND), bytes(ground)
    pixels = b"".join(b"\0" + painted(row, ink, paper) for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(pixels, 6)), (b"IEND", b""))
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body
