"""Which documents fit into a budget, and where the last one is cut."""

import pytest

from assistant.packing import Candidate, pack
from ingest.types import Document

HOTEL = Document("hotel", "Hotel", "The deposit is refunded in seven days.\n\nDogs pay 15 euros.", "en")
SPA = Document("spa", "Spa", "The spa opens at nine. It has a pool, three saunas and a garden.", "en")
RULES = Document(
    "rules", "Rules", "# Pool\n\nOpen at nine.\n\n# Dogs\n\nThey pay ten.\n\n# Bar\n\nNone.", "en"
)
LAW = Document("law", "法", "第一条　押金应当退还。\n第二条　七日内退还。\n第三条　不得拖延。", "zh")


def words(text: str) -> int:
    """Tokens of English; a Chinese character is one."""
    return sum(len(word) if word > "一" else 1 for word in text.split())


def texts(*documents: Document, budget: int, at: str = "") -> list[str]:
    """The texts that are packed; the passage for which the first was chosen begins with `at`."""
    candidates = [Candidate(one, place) for place, one in enumerate(documents)]
    if at:
        candidates[0] = candidates[0]._replace(at=documents[0].text.index(at))
    packed = pack(candidates, budget, words)
    assert sum(words(f"[{one.chunk.title}]\n{one.chunk.text}") for one in packed) <= budget
    for one in packed:
        assert documents[one.place].text[one.chunk.start : one.chunk.end] == one.chunk.text
    return [one.chunk.text.strip() for one in packed]


def test_all_that_fit() -> None:
    assert texts(HOTEL, SPA, budget=50) == [HOTEL.text, SPA.text]


def test_nothing_to_pack() -> None:
    assert texts(budget=50) == []


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        pytest.param(12 + 6, "# Pool\n\nOpen at nine.", id="the last is cut at a section"),
        pytest.param(
            12 + 11, "# Pool\n\nOpen at nine.\n\n# Dogs\n\nThey pay ten.", id="at as late a one as fits"
        ),
    ],
)
def test_the_last_is_cut_where_a_section_ends(budget: int, expected: str) -> None:
    assert texts(HOTEL, RULES, budget=budget) == [HOTEL.text, expected]


def test_of_a_law_whole_articles_are_kept() -> None:
    assert texts(LAW, budget=26) == ["第一条　押金应当退还。\n第二条　七日内退还。"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param("Open", "# Pool\n\nOpen at nine.", id="in the first: from the beginning"),
        pytest.param("They", "# Dogs\n\nThey pay ten.", id="in a later one: from there on"),
    ],
)
def test_a_part_holds_the_passage_for_which_it_was_chosen(at: str, expected: str) -> None:
    assert texts(RULES, budget=7, at=at) == [expected]


def test_one_of_which_no_section_fits_is_passed_over() -> None:
    assert texts(HOTEL, RULES, SPA, budget=12 + 4) == [HOTEL.text]
    assert texts(RULES, SPA, HOTEL, budget=14 + 12) == [RULES.text, HOTEL.text]


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        pytest.param(9, "The deposit is refunded in seven days.", id="at a paragraph"),
        pytest.param(4, "The deposit is", id="anywhere if a paragraph is too long"),
    ],
)
def test_of_the_first_something_is_always_taken(budget: int, expected: str) -> None:
    assert texts(HOTEL, budget=budget) == [expected]
