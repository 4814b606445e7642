import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.language import words
from ingest.chunking import AreCut, split, split_to_fit
from ingest.types import Chunk, Document


def _document(text: str) -> Document:
    return Document(id="d", title="Fees", text=text, lang="en")


def _texts(text: str, size: int, overlap: int = 0) -> list[str]:
    return [chunk.text for chunk in split(_document(text), size, overlap)]


FRAGMENTS = st.sampled_from(
    [
        "# Fees\n",
        "第一条 ",
        "Article 5\n",
        "退票费为5%。",
        "A bag is 23.5 kg. ",
        "Mr. Li pays. ",
        "| a | b |\n",
        "x" * 300,
        "\n\n",
        "\n",
        "   ",
        "；",
        "...",
        "一" * 40,
        "word " * 30,
        "https://a.b/c?d=e ",
        "½",
        "“好！”",
    ]
)


@settings(max_examples=200, deadline=None)
@given(
    text=st.one_of(st.text(), st.lists(FRAGMENTS).map("".join)),
    size=st.integers(20, 60),
    overlap=st.integers(0, 70),
)
@example(text="a" * 5000, size=20, overlap=30)
@example(text="。\n。\n" * 50, size=20, overlap=30)
def test_chunks_hold_the_whole_document_in_order(text: str, size: int, overlap: int) -> None:
    chunks = split(_document(text), size, overlap)
    _assert_cover(text, chunks)


def _assert_cover(text: str, chunks: list[Chunk]) -> None:
    reached = 0
    for ordinal, chunk in enumerate(chunks):
        assert chunk.id == f"d#{ordinal}"
        assert chunk.text == text[chunk.start : chunk.end] == chunk.text.strip() != ""
        assert not text[reached : chunk.start].strip()
        assert chunk.end > reached
        reached = chunk.end
    assert not text[reached:].strip()


@settings(max_examples=200, deadline=None)
@given(
    st.lists(FRAGMENTS.filter(lambda text: text != "½")).map("".join), st.integers(20, 60), st.integers(0, 70)
)
def test_no_chunk_is_larger_than_size(text: str, size: int, overlap: int) -> None:
    assert all(len(words(chunk)) <= size for chunk in _texts(text, size, overlap))


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        pytest.param(
            "退票费为票价的5%。改签不收费！",
            10,
            ["退票费为票价的5%。", "改签不收费！"],
            id="。 ends a sentence",
        ),
        pytest.param(
            "他说：“可以。”然后走了。",
            7,
            ["他说：“可以。”", "然后走了。"],
            id="a closing quote stays with its 。",
        ),
        pytest.param("能退吗?不能退。", 4, ["能退吗?", "不能退。"], id="an ASCII ? ends a Chinese sentence"),
        pytest.param(
            "It is free. Pay later.", 3, ["It is free.", "Pay later."], id="a full stop ends a sentence"
        ),
        pytest.param("It is 23.5 kg. Pay.", 5, ["It is 23.5 kg.", "Pay."], id="a decimal point does not"),
        pytest.param("Ask Mr. Li. Pay.", 3, ["Ask Mr. Li.", "Pay."], id="an abbreviation does not"),
        pytest.param("The U.S. Code rules. Pay.", 5, ["The U.S. Code rules.", "Pay."], id="initials do not"),
        pytest.param(
            "1. Pay now.\n2. Go on.", 3, ["1. Pay now.", "2. Go on."], id="a list number stays with its item"
        ),
        pytest.param(
            "a fee\nof five\nNow pay.", 4, ["a fee\nof five", "Now pay."], id="a wrapped line goes on"
        ),
        pytest.param(
            "一二三，四五六，七八九",
            6,
            ["一二三，四五六，", "七八九"],
            id="a long sentence is cut at clauses",
        ),
        pytest.param(
            "一二三四五六七", 3, ["一二三", "四五六", "七"], id="a long clause is cut between words"
        ),
        pytest.param("# Why? Fees\nnow pay", 3, ["# Why? Fees", "now pay"], id="a heading is one line"),
        pytest.param(" \n ", 5, [], id="no text, no chunk"),
    ],
)
def test_where_sentences_end(text: str, size: int, expected: list[str]) -> None:
    assert _texts(text, size) == expected


@pytest.mark.parametrize(
    ("text", "size", "expected"),
    [
        pytest.param(
            "# A\nOne two three.\n# B\nFour five.",
            6,
            ["# A\nOne two three.", "# B\nFour five."],
            id="a heading opens a chunk",
        ),
        pytest.param(
            "# A\nOne.\n# B\nTwo.", 20, ["# A\nOne.\n# B\nTwo."], id="unless the one before is tiny"
        ),
        pytest.param(
            "# Fees\n\n## Bags\nOne two. Three four.",
            5,
            ["# Fees\n\n## Bags\nOne two.", "Three four."],
            id="never alone",
        ),
        pytest.param(
            "第一条 甲乙丙丁。\n第二条 戊己。庚辛。",
            10,
            ["第一条 甲乙丙丁。", "第二条 戊己。庚辛。"],
            id="a law article is kept whole",
        ),
        pytest.param(
            "Article 1\nPay. Go on.\nArticle 2\nWait. Come back.",
            7,
            ["Article 1\nPay. Go on.", "Article 2\nWait. Come back."],
            id="so is an Article",
        ),
        pytest.param(
            "| a b | c |\n| d e | f |", 4, ["| a b | c |", "| d e | f |"], id="a table row is kept whole"
        ),
        pytest.param("A b. C d.\nE f. G h.", 6, ["A b. C d.", "E f. G h."], id="a line is kept whole"),
        pytest.param(
            "Are dogs allowed?\nYes. On a lead.\nAnd cats?\nNo. Never at all.",
            8,
            ["Are dogs allowed?\nYes. On a lead.", "And cats?\nNo. Never at all."],
            id="a question stays with its answer",
        ),
        pytest.param(
            "问：能带狗吗？答：可以。须牵绳。\n问：能带猫吗？答：不行。",
            16,
            ["问：能带狗吗？答：可以。须牵绳。", "问：能带猫吗？答：不行。"],
            id="so does one on the same line",
        ),
        pytest.param(
            "Question: dogs; Answer: yes. On a lead.\nQuestion: cats; Answer: no. Never.",
            8,
            ["Question: dogs; Answer: yes. On a lead.", "Question: cats; Answer: no. Never."],
            id="so does a row of a table of questions",
        ),
        pytest.param(
            "Now stop it.\n```sh\n# one; two\nstop it\n\n# three\n```\nThen go. On.",
            8,
            ["Now stop it.", "```sh\n# one; two\nstop it\n\n# three\n```", "Then go. On."],
            id="a block of code is one piece",
        ),
        pytest.param(
            "~~~\none; two\nthree four",
            3,
            ["~~~\none; two", "three four"],
            id="unless it is larger than a chunk, then its lines are kept",
        ),
        pytest.param(
            "九点开门，\n五点关门。\n免费。", 8, ["九点开门，\n五点关门。", "免费。"], id="a clause goes on"
        ),
        pytest.param(
            "It rains. Why? Nobody knows.", 4, ["It rains. Why?", "Nobody knows."], id="not one in prose"
        ),
    ],
)
def test_what_is_kept_together(text: str, size: int, expected: list[str]) -> None:
    assert _texts(text, size) == expected


def test_whole_sentences_of_the_chunk_before_are_repeated() -> None:
    text = "甲乙丙丁。戊己庚。辛壬癸。子丑寅卯。"
    assert _texts(text, size=10, overlap=4) == ["甲乙丙丁。戊己庚。辛壬癸。", "辛壬癸。子丑寅卯。"]


def test_nothing_is_repeated_across_a_heading() -> None:
    assert _texts("One two. Three.\n# B\nFour five.", size=5, overlap=3) == [
        "One two. Three.",
        "# B\nFour five.",
    ]


def test_a_chunk_carries_its_document() -> None:
    (chunk,) = split(_document("Free."), 20, 0)
    assert (chunk.id, chunk.document_id, chunk.title) == ("d#0", "d", "Fees")


MARKDOWN = (
    "# Fees\n\n## Bags\n\n" + "A bag costs money. " * 12 + "\n\n## Pets\n\n" + "Pets are always free. " * 12
)
STATUTE = (
    "第一编 总则\n第一章 自然人\n第一条 "
    + "自然人有权利。" * 8
    + "\n第二章 法人\n第二条 "
    + "法人有章程。" * 12
)
PART_ONE = "Fees › 第一编 总则"
FAQ = "## 宠物\n\n**能带狗吗？**\n\n" + "可以带狗。" * 10 + "\n\n**能带猫吗？**\n\n" + "不能带猫。" * 10


@pytest.mark.parametrize(
    ("text", "size", "titles"),
    [
        pytest.param(
            "# A\n\n```\n# no\n```\n\n" + "One two. " * 20,
            20,
            ["Fees"] + ["Fees › A"] * 2,
            id="code has no headings",
        ),
        pytest.param(MARKDOWN, 40, ["Fees", "Fees › Bags", "Fees", "Fees › Pets"], id="English, Markdown"),
        pytest.param(
            STATUTE,
            50,
            ["Fees", f"{PART_ONE} › 第一章 自然人", f"{PART_ONE} › 第二章 法人"],
            id="Chinese, statute",
        ),
        pytest.param(
            FAQ,
            40,
            ["Fees", "Fees › 宠物 › 能带狗吗？", "Fees › 宠物", "Fees › 宠物 › 能带猫吗？"],
            id="Chinese, questions and answers",
        ),
    ],
)
def test_a_chunk_says_under_which_headings_it_stands(text: str, size: int, titles: list[str]) -> None:
    assert [chunk.title for chunk in split(_document(text), size, 0)] == titles


def _over(window: int) -> AreCut:
    """Return an embedder's answer where a token is four characters."""
    return lambda passages: [len(passage) > 4 * window for passage in passages]


DENSE = {
    "figures": "577503170447195329 449823474816207200.\n" * 40,
    "ids": "Locker 1: 4dad2986ce8349606a06e9ab85a0bcc1.\n" * 40,
    "addresses": "https://tickets.example/ce834966a06e9ab85a0bcc1/5d99801f5e2fc574dad2986\n" * 40,
    "kana": "ひらがなカタカナ" * 400,
    "one word": "x" * 9000,
    "Chinese": "退票费为票价的百分之五。" * 200,
    "a table": "| a | b |\n" * 300,
    "code": "```\nstop 4dad2986ce8349606a06e9ab85a0bcc1\n" * 60,
}


@pytest.mark.parametrize("text", DENSE.values(), ids=DENSE.keys())
def test_no_passage_is_longer_than_the_embedder_reads(text: str) -> None:
    chunks, cut = split_to_fit(_document(text), 220, 30, _over(120))
    _assert_cover(text, chunks)
    assert cut == 0
    assert max(len(chunk.passage) for chunk in chunks) <= 480


def test_passages_that_fit_are_those_of_always() -> None:
    document = _document(MARKDOWN + "\n\n" + DENSE["ids"] + "\n\n# More\n\n" + "It is free. " * 60)
    before = split(document, 100, 30)
    after, _ = split_to_fit(document, 100, 30, _over(250))
    assert len(after) > len(before)
    fit = {chunk.passage for chunk in before if len(chunk.passage) <= 1000}
    assert fit <= {chunk.passage for chunk in after}
    assert len(fit) > 3


def test_passages_that_no_cut_makes_shorter_are_counted() -> None:
    document = Document(id="d", title="t" * 900, text="It is free. " * 60, lang="en")
    chunks, cut = split_to_fit(document, 100, 30, _over(120))
    assert cut == len(chunks) > 0
