"""When a completion goes round in circles, and when it does not."""

import pytest

from assistant.generation.endings import looping

SENTENCE = list(range(20, 34))


@pytest.mark.parametrize(
    ("tokens", "again"),
    [
        pytest.param([], 0, id="nothing"),
        pytest.param([1, 2, 3], 0, id="short"),
        pytest.param([9, *SENTENCE, *SENTENCE], 14, id="a sentence twice"),
        pytest.param([9, *SENTENCE, 8, *SENTENCE], 0, id="a sentence again, but not in a row"),
        pytest.param([1, 2, 3, 4] * 2, 0, id="two equal entries of a list"),
        pytest.param([9, *[1, 2, 3, 4] * 3], 8, id="a block three times"),
        pytest.param([9, *[1, 2, 3] * 4], 0, id="blocks of three are short"),
        pytest.param([9, *[1, 2, 3] * 8], 12, id="until they are long"),
        pytest.param([1, *[0] * 12], 0, id="a sum with twelve zeros"),
        pytest.param([7] * 48, 24, id="one token without end"),
        pytest.param([1, 2, 3, 4, 5, 1, 2, 3, 4, 6, 1, 2, 3, 4, 7, 1, 2, 3, 4], 4, id="a 4-gram four times"),
        pytest.param([1, 2, 3, 4, 5, 1, 2, 3, 4, 6, 1, 2, 3, 4], 0, id="a 4-gram three times"),
    ],
)
def test_looping(tokens: list[int], again: int) -> None:
    assert looping(tokens) == again
