import pytest

from core.errors import DocumentError, DocumentWarning
from ingest.files.loaders import LOADERS, RawDocument


def _load(suffix: str, content: str) -> tuple[list[RawDocument], list[str]]:
    items = list(LOADERS[suffix](content.encode(), f"file{suffix}"))
    warnings = [str(item) for item in items if isinstance(item, DocumentWarning)]
    return [item for item in items if not isinstance(item, DocumentError)], warnings


def test_markdown_says_its_id_title_language_source_and_date() -> None:
    content = (
        "---\nid: fees\ntitle: 费用\nlang: zh\nsource: 民航局\nas_of: 2025-01-01\nmore: [1]\n---\n免费。"
    )
    expected = RawDocument("免费。", "fees", "费用", "zh", "民航局", "2025-01-01")
    assert _load(".md", content) == ([expected], [])


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("# Fees\n\n---\n\nFree.", id="a rule further down"),
        pytest.param("---\nJust a rule\n---\nFree.", id="words between rules"),
        pytest.param("---\n\nSee this: a rule.\n\n---\nFree.", id="a sentence with a colon between rules"),
        pytest.param("---\nNote: minutes\nPresent: desk, pier: both\n---\nFree.", id="minutes between rules"),
        pytest.param("---\nid: fees\nFree.", id="a rule that is never closed"),
        pytest.param('{"a": 1} is how it begins.', id="a brace"),
        pytest.param("+++ more", id="plus signs"),
    ],
)
def test_what_is_no_head_is_kept_whole(content: str) -> None:
    assert _load(".md", content) == ([RawDocument(content)], [])


@pytest.mark.parametrize(
    ("line", "title"),
    [
        pytest.param("title: 12:30", "12:30", id="a time is no number of minutes"),
        pytest.param("title: No", "No", id="a word is no truth value"),
        pytest.param("title: 007", "007", id="zeros stay"),
        pytest.param("title: 1_000", "1_000", id="so do underlines"),
        pytest.param("title: 2025-03-01", "2025-03-01", id="a day"),
        pytest.param("title: null", "null", id="null is a word"),
        pytest.param("title: '退款：多久'", "退款：多久", id="quoted"),
        pytest.param("title: [a, b]", "a, b", id="a list of texts"),
        pytest.param("Title: Fees", "Fees", id="a capital in the name of a field"),
        pytest.param("title: !!bool x", "x", id="tags mean nothing"),
    ],
)
def test_values_are_what_is_written(line: str, title: str) -> None:
    assert _load(".md", f"---\n{line}\n---\nFree.") == ([RawDocument("Free.", title=title)], [])


@pytest.mark.parametrize(
    ("head", "title"),
    [
        pytest.param("title: Refunds: how long", "Refunds: how long", id="a colon"),
        pytest.param("title: 退款: 多久", "退款: 多久", id="a colon, Chinese"),
        pytest.param('title: Kayaks\ndescription: "we said "ok""', "Kayaks", id="quotes in quotes"),
        pytest.param("title:\tFees", "Fees", id="a tab"),
        pytest.param("title: @home", "@home", id="an at sign"),
        pytest.param("title: %d", "%d", id="a percent sign"),
        pytest.param("title: *all*", "*all*", id="an asterisk"),
        pytest.param('title: "open', '"open', id="an open quote"),
        pytest.param("title: Fees\nnote: [1", "Fees", id="an open bracket"),
    ],
)
def test_what_yaml_cannot_read_is_read_by_lines_and_told(head: str, title: str) -> None:
    documents, warnings = _load(".md", f"---\n{head}\n---\nFree.")
    assert [(one.text, one.title) for one in documents] == [("Free.", title)]
    assert len(warnings) == 1
    assert "the front matter was read line by line" in warnings[0]
    assert warnings[0].startswith("file.md")


def test_a_field_that_is_no_text_is_left_out_and_told() -> None:
    documents, warnings = _load(".md", "---\nid: {a: b}\ntitle: Fees\n---\nFree.")
    assert documents == [RawDocument("Free.", title="Fees")]
    assert warnings == ["file.md: front matter 'id' must be plain text, not a dict"]


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param(".md", '+++\ntitle = "Fees"\n+++\nFree.', id="TOML"),
        pytest.param(".md", '{"title": "Fees", "n": 1}\n\nFree.', id="JSON"),
        pytest.param(
            ".md", "\n---\r\ntitle: Fees\r\n...\r\nFree.", id="a blank line before, dots at the end"
        ),
        pytest.param(".md", "---\ntitle:Fees\n---\nFree.", id="no blank behind the colon"),
        pytest.param(".txt", "---\ntitle: Fees\n---\nFree.", id="plain text"),
    ],
)
def test_other_heads(suffix: str, content: str) -> None:
    documents, warnings = _load(suffix, content)
    assert [(one.text.strip(), one.title) for one in documents] == [("Free.", "Fees")]
    assert warnings == []


def test_plain_text_keeps_what_states_no_field() -> None:
    assert _load(".txt", "---\nauthor: Li\n---\nFree.")[0] == [RawDocument("---\nauthor: Li\n---\nFree.")]
