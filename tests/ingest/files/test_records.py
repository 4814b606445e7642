from typing import Any

import pytest

from core.errors import DocumentError
from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, RawDocument


def _load(suffix: str, content: str) -> tuple[list[RawDocument], list[str]]:
    items = list(LOADERS[suffix](content.encode(), f"file{suffix}"))
    documents = [item for item in items if isinstance(item, RawDocument)]
    return documents, [str(item) for item in items if isinstance(item, DocumentError)]


@pytest.mark.parametrize(
    ("suffix", "content", "expected"),
    [
        pytest.param(
            ".json",
            '[{"Fee": 5, "for": ["a", "b"]}, {"to": null, "Fee": 1.50}]',
            "Fee: 5; for: a, b.\nFee: 1.50.",
            id="an array of objects",
        ),
        pytest.param(
            ".json", '{"Fee": {"cabin": 0, "hold": true}}', "Fee: cabin 0, hold true.", id="one object"
        ),
        pytest.param(".jsonl", '{"Fee": 5}\n\n{"Fee": 6}\n', "Fee: 5.\nFee: 6.", id="JSON Lines"),
        pytest.param(".jsonl", '[{"Fee": 5}, {"Fee": 6}]', "Fee: 5.\nFee: 6.", id="an array on a line"),
        pytest.param(
            ".json", '{"Fee": 5}\n{"Fee": 6}', "Fee: 5.\nFee: 6.", id="objects that follow each other"
        ),
        pytest.param(
            ".json",
            '{"code": 0, "message": "ok", "data": [{"票价": "5元"}, {"票价": "6元"}], "total": 2}',
            "票价：5元。\n票价：6元。",
            id="a wrapper",
        ),
        pytest.param(
            ".json",
            '{"response": {"status": "ok", "data": {"items": [{"Fee": 5}], "page": 1}}}',
            "Fee: 5.",
            id="wrappers in wrappers",
        ),
        pytest.param(
            ".json",
            '{"aldport": {"open": "9:00"}, "brim": {"open": "10:00"}}',
            "aldport; open: 9:00.\nbrim; open: 10:00.",
            id="objects by name",
        ),
        pytest.param(
            ".json",
            '{"hotel": "Sea", "rooms": [{"beds": 1, "price": 50}, {"beds": 2, "extras": [{"x": "tv"}]}]}',
            "hotel: Sea.\nhotel: Sea; rooms beds: 1; price: 50.\nhotel: Sea; rooms beds: 2."
            "\nhotel: Sea; rooms beds: 2; extras x: tv.",
            id="a record inside a record names what it belongs to",
        ),
        pytest.param(
            ".json",
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Pier"},'
            ' "geometry": {"type": "Point", "coordinates": [1.50, 2]}}]}',
            "name: Pier; geometry: type Point, coordinates 1.50, 2.",
            id="GeoJSON",
        ),
        pytest.param(
            ".json",
            '{"menu": {"soup": {"price": 4}, "fish": {"price": 9}}}',
            "menu; soup; price: 4.\nmenu; fish; price: 9.",
            id="what names a group of records",
        ),
        pytest.param(
            ".json",
            '{"ferries": [{"to": "Brim"}], "harbours": [{"name": "Elster"}]}',
            "ferries to: Brim.\nharbours name: Elster.",
            id="two lists",
        ),
        pytest.param(
            ".json",
            '{"columns": ["线路", "票价"], "data": [["甲", 5], ["乙", 6]]}',
            "线路：甲；票价：5。\n线路：乙；票价：6。",
            id="rows with their columns beside them",
        ),
        pytest.param(
            ".json",
            '{"stops": [["Brim", "9:00"], ["Elster", "9:30"]]}',
            "Brim, 9:00.\nElster, 9:30.",
            id="rows",
        ),
        pytest.param(".json", '[["Fee", "for"], [5, "bags"]]', "Fee: 5; for: bags.", id="rows and a header"),
        pytest.param(".json", '["one\\ntwo", "three"]', "one\ntwo\nthree", id="an array of strings"),
        pytest.param(".json", '"免费。"', "免费。", id="a string"),
        pytest.param(
            ".json",
            '// fees\n{"Fee": 5, /* of */ "at": "http://a", "for": [1, 2,],}',
            "Fee: 5; at: http://a; for: 1, 2.",
            id="comments and a last comma",
        ),
        pytest.param(
            ".json",
            '{"a": NaN, "b": 1e999, "c": 12345678901234567890.10, "d": "x", "d": "y"}',
            "b: 1e999; c: 12345678901234567890.10; d: x, y.",
            id="figures as written, both values of a key",
        ),
        pytest.param(
            ".json",
            '[{"text": null, "q": "Dogs?", "a": "Yes."}, {"text": "", "q": "Wifi?", "a": "No."}]',
            "q: Dogs?; a: Yes.\nq: Wifi?; a: No.",
            id="texts that are empty",
        ),
    ],
)
def test_records_without_text_are_rows_of_one_document(suffix: str, content: str, expected: str) -> None:
    (document,), errors = _load(suffix, content)
    assert (clean(document.text), errors) == (expected, [])


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        pytest.param(
            ".json", '[{"id": 7, "text": "Free.", "lang": "en"}, {"id": "b", "text": "免费。"}]', id="JSON"
        ),
        pytest.param(
            ".json",
            '{"total": 2, "items": [{"id": 7, "body": "Free.", "lang": "en"},'
            ' {"id": "b", "content": "免费。"}]}',
            id="wrapped, in other fields",
        ),
        pytest.param(
            ".json", '{"7": {"text": "Free.", "lang": "en"}, "b": {"正文": "免费。"}}', id="by their ids"
        ),
        pytest.param(
            ".jsonl",
            '\ufeff{"id": 7, "text": "Free.", "lang": "en"}\n{"id": "b", "text": "免费。"}',
            id="JSON Lines",
        ),
    ],
)
def test_records_with_text_are_documents(suffix: str, content: str) -> None:
    expected = [RawDocument("Free.", id="7", lang="en"), RawDocument("免费。", id="b")]
    assert _load(suffix, content) == (expected, [])


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        pytest.param(
            '{"name": "Kayak", "price": "15 euros", "text": "Paddle."}',
            RawDocument("Paddle.\n\nname: Kayak; price: 15 euros.", title="Kayak"),
            id="below the text",
        ),
        pytest.param(
            '{"title": "划艇", "价格": "15元", "text": "自己划。"}',
            RawDocument("自己划。\n\n价格：15元。", title="划艇"),
            id="in Chinese",
        ),
        pytest.param(
            '{"text": "Paddle.", "tags": ["a", "b"], "metadata": {"page": 3}, "more": null}',
            RawDocument("Paddle.\n\ntags: a, b; metadata: page 3."),
            id="lists and objects",
        ),
        pytest.param(
            '{"title": "Kayak", "price": 15, "description": "Paddle."}',
            RawDocument("title: Kayak; price: 15; description: Paddle.", title="Kayak"),
            id="a description of a line is one of the fields",
        ),
    ],
)
def test_no_field_beside_a_text_is_lost(record: str, expected: RawDocument) -> None:
    assert _load(".json", record) == ([expected], [])


def test_records_of_several_kinds() -> None:
    content = '[{"text": "Free."}, {"fee": 5}, "A note.", {"content": "免费。"}, {"fee": 6}]'
    documents, errors = _load(".json", content)
    assert [document.text for document in documents] == ["Free.", "免费。", "fee: 5.\nA note.\nfee: 6."]
    assert errors == []


@pytest.mark.parametrize(
    ("suffix", "content", "lines"),
    [
        pytest.param(
            ".json",
            '[{"text": "Free."}, 1, {"text": " "}, null, {"text": "Free."}]',
            ["record 2 is no record", "record 3: 'text' is missing, empty", "record 4 is no record"],
            id="JSON",
        ),
        pytest.param(
            ".jsonl",
            '{"text": "Free."}\n{"text": \n{"text": "Free."}',
            ["line 2 is not JSON"],
            id="JSON Lines",
        ),
        pytest.param(
            ".json",
            '[{"text": "Free."}, {"a":' + '{"a":' * 250 + "1" + "}" * 250 + '}, {"text": "Free."}]',
            ["record 2 nests too deep"],
            id="deeper than calls",
        ),
    ],
)
def test_a_bad_record_is_told_and_the_rest_is_read(suffix: str, content: str, lines: list[str]) -> None:
    documents, errors = _load(suffix, content)
    assert [document.text for document in documents] == ["Free.", "Free."]
    assert all(line in error for line, error in zip(lines, errors, strict=True))


def test_of_many_bad_records_the_number_is_told() -> None:
    _, errors = _load(".json", "[" + "1, " * 99 + "{}]")
    assert (len(errors), errors[-1]) == (
        21,
        "file.json holds 80 more records that cannot be read; mend or remove them",
    )


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param("[1", "file.json is not JSON", id="broken"),
        pytest.param("[" * 100_000, "file.json is not JSON", id="without bottom"),
        pytest.param("[" * 500 + "]" * 500, "file.json nests too deep", id="lists deeper than calls"),
        pytest.param("[]", "holds no records", id="no records"),
        pytest.param("{}", "holds no records", id="an empty one"),
    ],
)
def test_what_holds_no_records_is_refused(content: str, line: str) -> None:
    with pytest.raises(DocumentError, match=line):
        _load(".json", content)


def test_lines_grow_with_the_records_not_with_their_product() -> None:
    inner: Any = "{" + f'"name": "{"n" * 100_000}", "rooms": [' + ",".join(['{"a": 1}'] * 2000) + "]}"
    (document,), _ = _load(".json", inner)
    assert len(document.text) < 10 * len(inner)
