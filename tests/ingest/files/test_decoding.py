import pytest

from core.errors import DocumentError
from ingest.files.loaders.decoding import decode
from tests.encodings_table import sources, wrong


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("退票费".encode(), "退票费", id="UTF-8"),
        pytest.param("\ufeff退票费".encode(), "退票费", id="UTF-8 with a byte order mark"),
        pytest.param("退票费 5%".encode("utf-16"), "退票费 5%", id="UTF-16 with a byte order mark"),
        pytest.param("退票费为票价的5%。".encode("gb18030"), "退票费为票价的5%。", id="GB18030"),
        pytest.param("退票".encode("gb18030"), "退票", id="GB18030, two characters"),
        pytest.param("退票費用由旅客承擔。".encode("big5"), "退票費用由旅客承擔。", id="Big5"),
        pytest.param("漯河,120".encode("gb18030"), "漯河,120", id="GB18030, a rare name in a table"),
        pytest.param("婺源、歙县".encode("gb18030"), "婺源、歙县", id="GB18030, rare names"),
        pytest.param("臺灣的碼頭".encode("gb18030"), "臺灣的碼頭", id="GB18030, traditional"),
        pytest.param("退票 5%".encode("utf-16-le"), "退票 5%", id="UTF-16 without a mark"),
        pytest.param(
            "退票免费。".encode("utf-16-be"), "退票免费。", id="UTF-16 without a mark or zero bytes"
        ),
        pytest.param("Free.".encode("utf-16-le"), "Free.", id="UTF-16 without a mark, English"),
        pytest.param("切符は無料です。".encode("shift-jis"), "切符は無料です。", id="Shift-JIS"),
        pytest.param("Größe".encode("cp1252"), "Größe", id="Windows-1252, two accents in a row"),
        pytest.param("Führung".encode("cp1252"), "Führung", id="Windows-1252, valid GB18030"),
        pytest.param("Café: £30 – “free”".encode("cp1252"), "Café: £30 – “free”", id="Windows-1252"),
    ],
)
def test_encodings_are_told_apart(data: bytes, expected: str) -> None:
    assert decode(data, "file.txt") == expected


@pytest.mark.parametrize(
    ("data", "line"),
    [
        pytest.param(b"\x7fELF\x02\0\0", "file.txt holds binary data", id="a program"),
        pytest.param(
            b"PK\x05\x06" + bytes(range(256)) * 4, "file.txt holds binary data", id="bytes of all values"
        ),
        pytest.param(
            "费用 €5. ".encode() * 9 + b"\xe2\x82", "byte 117 is not UTF-8", id="UTF-8 cut in a character"
        ),
        pytest.param(b"\xff\xfe\x00", "byte 2 is not UTF-16", id="UTF-16 cut in a character"),
    ],
)
def test_what_no_encoding_fits_is_refused(data: bytes, line: str) -> None:
    with pytest.raises(DocumentError, match=line):
        decode(data, "file.txt")


@pytest.mark.parametrize("length", [20, 50])
def test_few_bytes_tell_an_encoding(length: int) -> None:
    shares = {(what, encoding): wrong(text, encoding, length) for what, encoding, text in sources()}
    assert {key: share for key, share in shares.items() if share > 0.01} == {}
