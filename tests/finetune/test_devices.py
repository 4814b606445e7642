"""What a GPU's path can be checked for without one: where tensors go, and what a card is asked for."""

import pytest
import torch

from finetune.batches import collate, packed
from finetune.methods import METHODS
from finetune.objectives.pretraining import Packed, _packed_batch
from finetune.types import Encoded
from ingest.embedding import fast_dtype

ROWS = [Encoded((1, 2, 3, 4), 2), Encoded((5, 6), 1)]


def test_a_batch_goes_to_the_device_that_it_is_asked_for() -> None:
    like = torch.empty(0, device="meta", dtype=torch.bfloat16)
    row = Packed((1, 2, 3, 4, 5, 6), 1, tuple(ROWS))
    for batch in (collate(ROWS, "meta"), _packed_batch([row], like)):
        assert {one.device.type for one in (batch.ids, batch.mask, batch.labels)} == {"meta"}
    assert {one.device.type for one in packed(collate(ROWS, "cpu"))} == {"cpu"}


@pytest.mark.parametrize(
    ("device", "native", "expected"),
    [
        pytest.param("cuda", True, torch.bfloat16, id="a card of 2020 or later"),
        pytest.param("cuda:1", True, torch.bfloat16, id="the second card is a card, too"),
        pytest.param("cuda", False, torch.float32, id="what a card only emulates is slow"),
    ],
)
def test_the_dtype_is_what_the_card_multiplies_natively(
    device: str, native: bool, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torch says that a T4 supports bfloat16, unless it is asked to leave emulation out."""
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation=True: including_emulation or native
    )
    assert fast_dtype("auto", device) == expected
    assert fast_dtype("float32", device) == torch.float32


def test_methods_say_where_every_weight_learns() -> None:
    assert [name for name, method in METHODS.items() if method.everything] == ["gradual", "full"]
