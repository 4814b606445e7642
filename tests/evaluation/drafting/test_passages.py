"""Which passages are asked about: by chance, in our languages, and what somebody says there."""

import gc
from collections.abc import Iterator

import pytest

from evaluation.drafting.foreign import is_foreign
from evaluation.drafting.passages import choose_passages
from ingest.types import Document
from tests.evaluation.drafting.clerk import NOTES
from tests.fakes import FakeEmbedder


def test_documents_in_other_languages_are_not_asked_about() -> None:
    german = Document("de", "Hafen", "Das Museum öffnet um zehn und schließt um fünf. " * 9, "en")
    corpus = choose_passages([german, *NOTES], FakeEmbedder(), 4, seed=1)
    assert corpus.foreign == ("de",)
    assert {passage.chunk.document_id for passage in corpus.passages} == {"hours", "fees", "馆藏"}


@pytest.mark.parametrize(
    ("text", "foreign"),
    [
        pytest.param("Le musée est fermé le mardi et le billet coûte douze euros. " * 4, True, id="French"),
        pytest.param("この博物館は火曜日に休館します。入場料は千円です。", True, id="Japanese"),
        pytest.param("Музей закрыт по вторникам, билет стоит десять евро. " * 4, True, id="Russian"),
        pytest.param(
            "Het museum is op maandag gesloten. Kinderen mogen gratis naar binnen in het gebouw, maar honden "
            "zijn niet toegestaan, behalve als het hulphonden zijn.",
            True,
            id="Dutch, which has is and in as well",
        ),
        pytest.param(
            "Il biglietto costa dodici euro e i bambini sotto i dodici anni entrano gratis. I cani non sono "
            "ammessi in nessuna sala, e in ogni caso si deve portare un documento.",
            True,
            id="Italian",
        ),
        pytest.param("Bảo tàng đóng cửa vào thứ Hai. Vé giá mười hai euro. " * 2, True, id="Vietnamese"),
        pytest.param(
            "The museum is closed on Tuesdays and the ticket costs 12 euros. " * 4, False, id="English"
        ),
        pytest.param(
            "Item: Adult ticket; Price: 12 euros; Days: Monday, Friday. Item: Annual pass; Price: 60. " * 3,
            False,
            id="an English price list",
        ),
        pytest.param(
            "Select Network. Click Advanced. Enter server name, port number, user name. Press Save. " * 3,
            False,
            id="English steps",
        ),
        pytest.param(
            "Flights: Los Angeles 12:00, Las Vegas 13:00, La Paz 14:00 (est. 2024), Musée d'Orsay 15:00. "
            * 3,
            False,
            id="English with foreign names",
        ),
        pytest.param("博物馆周二闭馆，门票十二元。Harbour Museum", False, id="Chinese"),
        pytest.param("Fares: A 12, B 13", False, id="too short to tell"),
    ],
)
def test_languages_that_are_not_ours(text: str, foreign: bool) -> None:
    assert is_foreign(text) == foreign


def test_of_many_documents_those_are_asked_about_that_chance_draws_not_the_first() -> None:
    many = [
        Document(
            f"{number:04}",
            f"Harbour {number}",
            f"The harbour {number} opens at {number} in the morning.",
            "en",
        )
        for number in range(2000)
    ]
    corpus = choose_passages(many, FakeEmbedder(), 12, seed=1)
    asked = sorted(int(passage.chunk.document_id) for passage in corpus.passages)
    assert len(asked) == 48
    assert asked[0] < 200
    assert asked[-1] > 1800


def test_of_a_document_in_two_languages_the_passages_in_ours_are_asked_about() -> None:
    english = "The harbour museum opens at ten in the morning and the ticket costs 12 euros. " * 12
    french = "Le musée du port ouvre à dix heures et le billet coûte douze euros pour les adultes. " * 12
    both = Document("both", "Harbour", f"# Hours\n\n{english}\n\n# Horaires\n\n{french}", "en")
    passages = choose_passages([both], FakeEmbedder(), 9, seed=1).passages
    assert passages
    assert all("musée" not in one.chunk.text for one in passages)


def test_no_more_documents_are_held_than_are_drawn() -> None:
    held = []

    def many() -> Iterator[Document]:
        for number in range(3000):
            text = f"The harbour {number} opens at {number} in the morning."
            yield Document(f"{number}", "Harbour", text, "en")
        held.append(sum(isinstance(one, Document) for one in gc.get_objects()))

    before = sum(isinstance(one, Document) for one in gc.get_objects())
    choose_passages(many(), FakeEmbedder(), 5, seed=1)
    assert held[0] - before <= 22


def test_code_proves_nothing() -> None:
    text = (
        "The fee of a ticket follows from the age of a visitor.\n\n```python\ndef fee(age):\n"
        "    if age < 18: return 5 # the fee of a pupil in euros\n```\n\nMembers show their card at the desk."
    )
    (passage,) = choose_passages([Document("fees", "Fees", text, "en")], FakeEmbedder(), 4, seed=1).passages
    assert passage.sentences == (
        "The fee of a ticket follows from the age of a visitor.",
        "Members show their card at the desk.",
    )
    assert all(one in text for one in passage.sentences)
