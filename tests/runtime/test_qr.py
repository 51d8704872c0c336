"""QR codes are read back from the pictures made of them; hostile pictures are refused before decoding."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image, ImageOps

from runtime.images import MAX_IMAGE_BYTES, is_image
from runtime.qr import make_qr, read_qr
from vclib.errors import ComplexityError, MalformedValueError, ParsingError, RangeError

# A literal that other programs write: the alphanumeric set with its special characters.
TEXT = "DDCC1:6BFOXN*TS0BI$ZD-PHQ7I9AD66V5B22CH9M9ESI9XBHXK-%69LQOGI.*V76GCV4*XUA2P-FHT-HNTI4L6N$Q%UG/YL WO"


def test_a_png_is_read_back() -> None:
    assert read_qr(make_qr(TEXT).png()) == TEXT


def test_a_jpeg_is_read_back() -> None:
    picture = Image.open(io.BytesIO(make_qr(TEXT).png())).convert("RGB")
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=70)
    assert read_qr(buffer.getvalue()) == TEXT


def test_a_transparent_png_is_read_on_white_paper() -> None:
    picture = Image.open(io.BytesIO(make_qr(TEXT).png())).convert("L")
    black_only = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    black_only.putalpha(ImageOps.invert(picture))
    buffer = io.BytesIO()
    black_only.save(buffer, "PNG")
    assert read_qr(buffer.getvalue()) == TEXT


def test_the_largest_code_is_read_back() -> None:
    text = "A1 $%*+-./:" * 390
    code = make_qr(text)
    assert code.version == 40
    assert read_qr(code.png(scale=4)) == text


def test_a_text_beyond_the_largest_code_is_refused_with_a_way_out() -> None:
    with pytest.raises(RangeError, match=r"4297 characters do not fit a QR code .* hand over a file"):
        make_qr("A" * 4297)


def test_alphanumeric_text_takes_the_smallest_version() -> None:
    """ISO/IEC 18004 table 7: version 10 at L holds 395 alphanumeric characters, version 11 holds 468."""
    assert make_qr("A" * 395).version == 10
    assert make_qr("A" * 396).version == 11
    assert make_qr("a" * 395).version > 11


def test_error_correction_is_raised_where_it_costs_no_size() -> None:
    assert make_qr("A" * 395).error_correction == "L"
    assert make_qr("A" * 5).error_correction == "H"


def test_the_png_has_a_white_quiet_zone_of_four_modules() -> None:
    picture = Image.open(io.BytesIO(make_qr("A").png(scale=2))).convert("L")
    assert picture.size == (58, 58)
    border = [picture.getpixel((x, y)) for x in range(58) for y in range(58) if x < 8 or y < 8]
    assert set(border) == {255}
    assert picture.getpixel((8, 8)) == 0


def test_the_svg_is_black_on_white() -> None:
    svg = make_qr(TEXT).svg().decode()
    assert svg.startswith("<svg ")
    assert 'fill="#fff"' in svg
    assert 'stroke="#000"' in svg


def test_the_terminal_code_is_read_back_as_the_eye_sees_it() -> None:
    code = make_qr(TEXT)
    lines = code.terminal().splitlines()
    rows: list[list[int]] = []
    for line in lines:
        assert line.startswith("\x1b[38;5;16;48;5;231m")
        assert line.endswith("\x1b[0m")
        blocks = line.removeprefix("\x1b[38;5;16;48;5;231m").removesuffix("\x1b[0m")
        assert len(blocks) == code.columns
        rows.append([0 if block in "▀█" else 255 for block in blocks])
        rows.append([0 if block in "▄█" else 255 for block in blocks])
    picture = Image.frombytes("L", (code.columns, len(rows)), bytes(v for row in rows for v in row))
    buffer = io.BytesIO()
    picture.resize((code.columns * 4, len(rows) * 4), Image.Resampling.NEAREST).save(buffer, "PNG")
    assert read_qr(buffer.getvalue()) == TEXT


# --- J3: hostile pictures -----------------------------------------------------------------------


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))


def test_a_picture_of_ten_thousand_million_pixels_is_refused_by_its_header() -> None:
    """J3."""
    bomb = _png_header(100_000, 100_000) + _chunk(b"IDAT", zlib.compress(bytes(1000))) + _chunk(b"IEND", b"")
    with pytest.raises(ComplexityError, match="100000 x 100000 pixels is larger than the limit"):
        read_qr(bomb)


def test_a_file_of_many_bytes_is_refused_unread() -> None:
    """J3."""
    with pytest.raises(ComplexityError, match="larger than the limit of 20971520"):
        read_qr(b"\x89PNG\r\n\x1a\n" + bytes(MAX_IMAGE_BYTES))


def test_an_animated_picture_is_refused() -> None:
    """J3."""
    frames = [Image.new("L", (40, 40), shade) for shade in (0, 255)]
    buffer = io.BytesIO()
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    with pytest.raises(ParsingError, match="found an animated one"):
        read_qr(buffer.getvalue())


def test_a_picture_cut_off_is_refused() -> None:
    """J3."""
    png = make_qr(TEXT).png()
    with pytest.raises(ParsingError, match="broken or cut off"):
        read_qr(png[: len(png) // 2])
    with pytest.raises(ParsingError, match="broken or cut off"):
        read_qr(png[:20])


@pytest.mark.parametrize(
    "data",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"/>',
        b'<?xml version="1.0"?><svg/>',
        b"GIF89a" + bytes(20),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
        b"BM" + bytes(60),
        b"%PDF-1.7",
        b"",
    ],
)
def test_other_types_than_png_and_jpeg_are_refused(data: bytes) -> None:
    """J3: an SVG is a program, and every other decoder is one more door."""
    assert not is_image(data)
    with pytest.raises(ParsingError, match="expected a PNG or JPEG image"):
        read_qr(data)


def test_a_jpeg_of_noise_is_refused() -> None:
    """J3."""
    with pytest.raises(ParsingError, match="broken or cut off"):
        read_qr(b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4)


def test_a_compressed_text_chunk_cannot_exhaust_memory() -> None:
    """J2, J3: a PNG may carry compressed comments, which inflate when it is opened."""
    bomb = zlib.compress(bytes(50_000_000), 9)
    comment = _chunk(b"zTXt", b"Comment\x00\x00" + bomb)
    png = _png_header(10, 10) + comment + _chunk(b"IDAT", zlib.compress(bytes(110))) + _chunk(b"IEND", b"")
    with pytest.raises((ParsingError, MalformedValueError)):
        read_qr(png)


def test_a_picture_without_a_code_says_so() -> None:
    buffer = io.BytesIO()
    Image.new("L", (100, 100), 255).save(buffer, "PNG")
    with pytest.raises(MalformedValueError, match="no QR code was found"):
        read_qr(buffer.getvalue())


def test_two_codes_in_one_picture_are_not_guessed_between() -> None:
    left, right = (Image.open(io.BytesIO(make_qr(text).png())).convert("L") for text in ("ONE", "TWO"))
    both = Image.new("L", (left.width + right.width, left.height), 255)
    both.paste(left, (0, 0))
    both.paste(right, (left.width, 0))
    buffer = io.BytesIO()
    both.save(buffer, "PNG")
    with pytest.raises(MalformedValueError, match="expected one QR code in the image, found 2"):
        read_qr(buffer.getvalue())


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA"])
def test_a_picture_of_many_megapixels_is_read(mode: str) -> None:
    """What is sharper than any code needs is halved first; transparent parts stay white."""
    code = Image.open(io.BytesIO(make_qr(TEXT).png(scale=8))).convert(mode)
    picture = Image.new(mode, (4100, 4000), {"L": 255, "RGBA": (0, 0, 0, 0), "LA": (0, 0)}[mode])
    picture.paste(code, (1700, 1500))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=1)

    assert read_qr(buffer.getvalue()) == TEXT
