"""Words replaced by a masked model: which may be, by what, and that none is without a model."""

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.types import Prompt
from core.errors import WeightsError
from core.questions import QuestionRecord
from core.terms import Entry, Terms
from finetune.factory.admission import OTHERWISE
from finetune.factory.mask_replace import NOTHING_ELSE, free_words, mask_replace
from finetune.factory.masked import MaskedModel, open_masked
from settings import load_settings
from tests.factory import EN, ZH, FakeTools, examples, material, reasons, writes
from tests.fakes import ScriptedGenerator

EN_FREE = replace(EN, question="How quickly must a tired visitor cancel a booking with Lindenquay?")
ZH_FREE = replace(ZH, question="疲惫的住客在云栖渡几天内可以取消订单？")


class Says:
    """Says the same for every word, or nothing."""

    name = "tiny"

    def __init__(self, *words: str) -> None:
        self._words = words
        self.asked: list[str] = []

    def fill(self, text: str, start: int, end: int) -> str:
        self.asked.append(text[start:end])
        return self._words[(len(self.asked) - 1) % len(self._words)]


def tools(filler: Says, reads: str = "14 days") -> FakeTools:
    return FakeTools(ScriptedGenerator(writes({}, reads)), filler=filler)


@pytest.mark.parametrize(
    ("record", "terms", "free"),
    [
        pytest.param(
            EN_FREE,
            Terms(),
            ["quickly", "tired", "visitor"],
            id="neither names, nor words of the evidence, nor those that ask or bound",
        ),
        pytest.param(
            EN_FREE,
            Terms([Entry("visitor", ("traveller",))]),
            ["quickly", "tired"],
            id="no term of the dictionary",
        ),
        pytest.param(
            replace(EN_FREE, question="May I stay 3 days after 12:30?"),
            Terms(),
            ["stay"],
            id="no amount: days is a word of the evidence",
        ),
        pytest.param(ZH_FREE, Terms(), ["疲惫", "云栖渡"], id="Chinese: not 住客, 取消, 订单, 几天, 可以"),
        pytest.param(ZH_FREE, Terms([Entry("云栖", ())]), ["疲惫"], id="Chinese: no term of the dictionary"),
    ],
)
def test_words_on_which_something_hangs_are_not_free(
    record: QuestionRecord, terms: Terms, free: list[str]
) -> None:
    assert [record.question[start:end] for start, end in free_words(record, terms)] == free


@pytest.mark.parametrize(
    ("record", "word"),
    [
        pytest.param(EN_FREE, "soon", id="English"),
        pytest.param(ZH_FREE, "劳累", id="Chinese"),
    ],
)
def test_a_free_word_is_replaced_and_the_rest_stands(record: QuestionRecord, word: str) -> None:
    filler = Says(word)
    made_of = material(tools=tools(filler, record.answers[0]), masked_model="tiny")
    new = mask_replace(examples(record), made_of)[1]
    (gone,) = filler.asked
    assert (new.question, new.reply) == (record.question.replace(gone, word), record.answers[0])
    assert (new.provenance.model, new.provenance.made_by) == ("tiny", "mask_replace")


@pytest.mark.parametrize(
    ("words", "replaced"),
    [
        pytest.param(1, 1, id="of 1 the one"),
        pytest.param(3, 1, id="of 3 one"),
        pytest.param(5, 2, id="of 5 two"),
        pytest.param(10, 3, id="of 10 three"),
    ],
)
def test_three_in_ten_free_words_are_replaced_and_at_least_one(words: int, replaced: int) -> None:
    record = replace(EN, question=f"How do {'brave ' * words} go?")
    filler = Says("soon")
    mask_replace(examples(record), material(tools=tools(filler), masked_model="tiny"))
    assert len(filler.asked) == replaced


def test_a_word_that_turns_the_answer_is_found_by_the_reader() -> None:
    """Rules do not know that departure is not arrival."""

    def reads(prompt: Prompt) -> str:
        return "12 noon" if "arrival" in prompt.messages[-1].content else "10 a.m."

    record = replace(
        EN_FREE, question="Until when before departure?", evidence_text=("By 10 a.m.; by noon.",)
    )
    made_of = material(tools=FakeTools(ScriptedGenerator(reads), filler=Says("arrival")), masked_model="tiny")
    assert len(mask_replace(examples(record), made_of)) == 1
    assert reasons(made_of) == [OTHERWISE]


def test_where_no_word_fits_none_is_replaced() -> None:
    made_of = material(tools=tools(Says("")), masked_model="tiny")
    assert len(mask_replace(examples(EN_FREE), made_of)) == 1
    assert reasons(made_of) == [NOTHING_ELSE]


def test_without_a_model_it_is_off_and_says_so() -> None:
    made_of = material()
    assert mask_replace(examples(EN, ZH), made_of) == examples(EN, ZH)
    assert made_of.notes == ["mask_replace is off: name a masked language model in finetune.masked_model"]


@pytest.fixture(scope="session")
def masked_bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BERT of one layer that knows a few words and characters; its bias says which it expects."""
    import torch
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
    from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

    special = ["[PAD]", "[UNK]", "[MASK]", "[CLS]", "[SEP]"]
    expected = ["##ing", "3", "visitors", "visitor", "guest", "旅", "##客", "人"]
    vocabulary = {word: place for place, word in enumerate([*special, *expected, "a", "tired", "住", "客"])}
    wordpiece = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    wordpiece.normalizer = normalizers.BertNormalizer()
    wordpiece.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=wordpiece, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]"
    )
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=32,
    )
    model = BertForMaskedLM(config)
    with torch.no_grad():
        model.cls.predictions.decoder.weight.zero_()
        bias = [0.0] * len(special) + [20.0 - place for place in range(len(expected))] + [0.0] * 4
        model.cls.predictions.decoder.bias.copy_(torch.tensor(bias))
    folder = tmp_path_factory.mktemp("masked") / "tiny-bert"
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("text", "word", "other"),
    [
        pytest.param(
            "a tired visitor", "visitor", "guest", id="the best whole word of another stem: not visitors"
        ),
        pytest.param("a tired guest", "tired", "visitors", id="no ending, no figure"),
        pytest.param("住客", "住客", "旅旅", id="Chinese: a character for each, no Latin word"),
        pytest.param("旅", "旅", "人", id="Chinese: not the same again"),
    ],
)
def test_a_masked_model_says_what_it_expects_instead(
    masked_bert: Path, text: str, word: str, other: str
) -> None:
    start = text.index(word)
    assert MaskedModel(masked_bert, 1).fill(text, start, start + len(word)) == other


def test_a_model_without_a_mask_is_refused_in_one_line(tiny_model: Path) -> None:
    model = open_masked(str(tiny_model), load_settings({"threads": 1}))
    with pytest.raises(WeightsError, match=r"its tokenizer has no mask; name one in finetune\.masked_model"):
        model.fill("a tired visitor", 2, 7)
