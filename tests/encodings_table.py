"""How often a few bytes are read in another encoding than they were written in.

    python -m tests.encodings_table

Pieces of the shipped documents and of the sentences below are cut to so many bytes, at whole characters.
"""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.domain import DATA
from core.errors import DocumentError
from ingest.files.loaders.decoding import decode

LENGTHS = (8, 20, 50, 100, 200)
PIECES = 200
PLACES = (
    "漯河 濮阳 亳州 婺源 歙县 黟县 旌德 衢州 泸州 鄱阳 邛崃 阆中 盱眙 郯城 莒县 兖州 淄博 滕州 嵊州 瓯"
    "海 暨阳 涪陵 綦江 忻州 朔州 隰县 宕昌 岷县 洮河 瞻对 噶尔 磴口 巴彦淖尔 珲春 桦甸 讷河 嫩江 绥芬河"
    " 鑫淼宾馆 璟苑民宿 昇龙酒店 喆啡旅店 堃记饭庄"
)
TRADITIONAL = (
    "旅客可以在開車前退票，費用為票價的百分之五。行李每件限重二十公斤，超過部分另外收費。碼頭旁邊的餐廳"
    "從早上七點開到晚上十點。博物館星期一休息，學生憑證件免費參觀。訂房請先付訂金，入住前三天可以取消並"
    "且全額退還。颱風警報發布後渡輪停航，請留意碼頭的廣播。遺失物品請向服務臺登記。夜市裡賣的蚵仔煎和滷"
    "肉飯很有名。請勿攜帶寵物進入展覽室。"
)
JAPANESE = (
    "切符は出発の前日まで払い戻しできます。荷物は一人二つまで無料です。レストランは朝七時から夜十時まで"
    "営業しています。博物館は月曜日が休みで、学生は無料で見学できます。台風の時はフェリーが欠航すること"
    "があります。ホテルのチェックインは午後三時からです。忘れ物はサービスカウンターへお越しください。"
)
WESTERN = (
    "Le café de l'hôtel est ouvert à partir de sept heures ; le déjeuner coûte 12 €. Für Gäste über 60 "
    "ist die Führung kostenlos, Größe und Gewicht müssen geprüft werden. El niño paga la mitad, la excu"
    "rsión empieza mañana a las nueve. O preço não inclui as refeições. Smørrebrød på havnen. The naïve"
    " visitor’s ticket costs £30 – “free” for résumé holders… Château d’Été, crème brûlée, garçon, faça"
    "de, à la carte, où êtes-vous allés ? Privilège, collège, été."
)


def shipped(lang: str) -> str:
    """Return the Markdown documents of a language as one text."""
    paths = sorted(path for path in Path(DATA).glob(f"*/documents/{lang}/*.md"))
    return "\n".join(path.read_text(encoding="utf-8").split("---\n", 2)[2] for path in paths)


def sources() -> Iterator[tuple[str, str, str]]:
    """Yield what is written, in which encoding, and the text that pieces are cut from."""
    chinese, english = shipped("zh"), shipped("en")
    rng = random.Random(5)
    names = "\n".join(f"{name},{rng.randrange(30, 900)}" for name in PLACES.split() * 9)
    for encoding in ("gb18030", "utf-16-le", "utf-16-be"):
        yield "Chinese, shipped", encoding, chinese
        yield "Chinese, a table of rare names", encoding, names
    yield "traditional", "big5", TRADITIONAL * 3
    yield "traditional", "gb18030", TRADITIONAL * 3
    yield "Japanese", "shift-jis", JAPANESE * 3
    yield "Western", "cp1252", WESTERN * 3
    yield "English, shipped", "cp1252", english.encode("cp1252", "ignore").decode("cp1252")
    yield "English, shipped", "utf-16-le", english
    yield "Chinese, shipped", "utf-8", chinese


def pieces(text: str, encoding: str, length: int) -> Iterator[tuple[bytes, str]]:
    """Yield pieces of up to `length` bytes that are not ASCII alone, as bytes and as text."""
    rng = random.Random(length)
    tried = found = 0
    while found < PIECES and tried < 50 * PIECES:
        tried += 1
        start = rng.randrange(len(text))
        piece = text[start : start + length]
        while len(piece.encode(encoding)) > length:
            piece = piece[:-1]
        if piece.strip() and (not piece.isascii() or encoding.startswith("utf-16")):
            found += 1
            yield piece.encode(encoding), piece


def wrong(text: str, encoding: str, length: int) -> float:
    """Return the share of the pieces that are not read as they were written."""
    results = [not _is_read(data, piece) for data, piece in pieces(text, encoding, length)]
    return sum(results) / len(results)


def _is_read(data: bytes, piece: str) -> bool:
    try:
        return decode(data, "piece") == piece
    except DocumentError:
        return False


def main(lengths: Sequence[int] = LENGTHS) -> None:
    """Print the table."""
    print(f"{'written':32}{'encoding':12}" + "".join(f"{length:>7}" for length in lengths) + "  bytes")
    for what, encoding, text in sources():
        shares = "".join(f"{100 * wrong(text, encoding, length):6.1f}%" for length in lengths)
        print(f"{what:32}{encoding:12}{shares}")


if __name__ == "__main__":
    main()
