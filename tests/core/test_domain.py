"""Finding a domain and reading its questions."""

import json
from pathlib import Path

import pytest

from core.domain import Domain, find_domain
from core.errors import DomainError
from core.language import detect_question
from ingest.files.walking import walk

QUESTION = {"id": "q1", "question": "退货期限是几天？", "answers": ["7天"], "split": "test"}


def folder_with(path: Path, *lines: str, config: str = "") -> Domain:
    (path / "questions.jsonl").write_text("\n".join(lines), encoding="utf-8")
    if config:
        (path / "domain.toml").write_text(config, encoding="utf-8")
    return find_domain(str(path))


def test_an_unknown_domain_lists_the_known() -> None:
    with pytest.raises(DomainError, match=r"no domain 'trvel': known are legal, travel"):
        find_domain("trvel")


def test_a_folder_anywhere_is_a_domain_without_any_configuration(tmp_path: Path) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION))
    assert domain.name == tmp_path.name
    assert domain.key != find_domain("travel").key
    assert domain.questions()[0].lang == "zh"


def test_a_bare_folder_of_files_is_a_domain_whose_own_files_are_no_documents(tmp_path: Path) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), config='title = "Shop"')
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "questions.jsonl").write_text('{"text": "a document"}')
    (tmp_path / "hours.md").write_text("Open from nine.")
    found = walk(domain.documents, domain.own_files)
    assert [path.relative_to(tmp_path).as_posix() for path in found if isinstance(path, Path)] == [
        "hours.md",
        "notes/questions.jsonl",
    ]
    (tmp_path / "documents").mkdir()
    assert domain.documents == tmp_path / "documents"


def test_two_folders_of_one_name_keep_their_state_apart(tmp_path: Path) -> None:
    (tmp_path / "a" / "shop").mkdir(parents=True)
    (tmp_path / "b" / "shop").mkdir(parents=True)
    keys = {find_domain(str(tmp_path / parent / "shop")).key for parent in "ab"}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"id": "q2"', r"line 2: .*delimiter", id="broken JSON"),
        pytest.param("[" * 100_000, r"line 2: .*recursion", id="deeper than a parser goes"),
        pytest.param('{"id": "q2", "answers": []}', r"line 2: key 'question' is missing", id="no question"),
        pytest.param('{"id": "q2", "question": " "}', r"line 2: the question is empty", id="empty question"),
        pytest.param(
            '{"id": "q2", "question": "?", "answers": "7"}', r"line 2: answers must be a list", id="text"
        ),
        pytest.param('["q2"]', r"line 2: not a JSON object", id="not an object"),
        pytest.param(json.dumps(QUESTION), r"line 2: id 'q1' is there twice", id="an id twice"),
    ],
)
def test_a_broken_line_is_named_by_its_number(tmp_path: Path, line: str, message: str) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), line)
    with pytest.raises(DomainError, match=message):
        domain.questions()


def test_questions_are_chosen_by_split_and_language(tmp_path: Path) -> None:
    english = {**QUESTION, "id": "q2", "question": "How long may I return it?", "split": "train"}
    domain = folder_with(tmp_path, json.dumps(QUESTION), "", json.dumps(english))
    assert [record.id for record in domain.questions(split="train")] == ["q2"]
    assert [record.id for record in domain.questions(lang="zh")] == ["q1"]
    with pytest.raises(DomainError, match="no question with split=dev"):
        domain.questions(split="dev")


TURNS = [{"role": "user", "content": "运费多少？"}, {"role": "assistant", "content": "10元。"}]
FOLLOW_UP = {
    **QUESTION,
    "id": "q3",
    "question": "那退货呢？",
    "turns": TURNS,
    "standalone": "退货的运费多少？",
}


def test_follow_ups_are_read_but_kept_apart_from_questions_that_stand_alone(tmp_path: Path) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), json.dumps(FOLLOW_UP))
    chosen = {kind: [one.id for one in domain.questions(follow_ups=kind)] for kind in (False, True, None)}
    assert chosen == {False: ["q1"], True: ["q3"], None: ["q1", "q3"]}
    (record,) = domain.questions(follow_ups=True)
    assert record.turns == (("user", "运费多少？"), ("assistant", "10元。"))
    assert (record.in_full, domain.questions()[0].in_full) == ("退货的运费多少？", "退货期限是几天？")


@pytest.mark.parametrize("key", [True, False, "退货的运费多少？"])
def test_without_turns_a_key_of_that_name_is_somebody_elses(tmp_path: Path, key: object) -> None:
    (record,) = folder_with(tmp_path, json.dumps({**QUESTION, "standalone": key})).questions()
    assert record.in_full == QUESTION["question"]


@pytest.mark.parametrize(
    "turns", ["How?", [["user", "How?"]], [{"role": "system", "content": "?"}], [{"role": "user"}]]
)
def test_broken_turns_are_named_by_their_line(tmp_path: Path, turns: object) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), json.dumps({**FOLLOW_UP, "turns": turns}))
    with pytest.raises(DomainError, match="line 2: "):
        domain.questions()


def test_a_wrong_setting_in_domain_toml_names_the_file(tmp_path: Path) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), config="[retrieval]\ntopk = 3\n")
    with pytest.raises(DomainError, match=r"domain\.toml: setting retrieval\.topk"):
        domain.settings()


def test_a_domain_brings_its_own_settings(tmp_path: Path) -> None:
    domain = folder_with(tmp_path, json.dumps(QUESTION), config='name = "shop"\n[retrieval]\ntop_k = 3\n')
    assert (domain.name, domain.settings().retrieval.top_k) == ("shop", 3)


@pytest.mark.parametrize("name", ["travel", "legal"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_shipped_domain_has_questions_for_every_use(name: str, lang: str) -> None:
    domain = find_domain(name)
    counts = {split: len(domain.questions(split, lang)) for split in ("train", "dev", "test")}
    assert counts["train"] >= 40
    assert counts["test"] >= 20
    assert counts["dev"] >= 8


@pytest.mark.parametrize("name", ["travel", "legal"])
def test_every_quote_stands_in_its_document(name: str) -> None:
    from ingest.files.reading import read_documents

    domain = find_domain(name)
    texts = {item.id: item.text for item in read_documents(domain.documents)}  # type: ignore[union-attr]
    for record in domain.questions():
        assert set(record.evidence_doc_ids) <= set(texts), record.id
        for quote in record.evidence_text:
            assert any(quote in texts[doc] for doc in record.evidence_doc_ids), record.id
        assert bool(record.answers) == (record.answer_type != "unanswerable"), record.id
        assert detect_question(record.question) == record.lang, record.id


NAMED = 'name = "inn"\n\n[retrieval]  # how\ntop_k = 6\n\n[long_context]\nmax_tokens = 4096  # all\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "[retrieval]\nW\n", id="an empty file"),
        pytest.param('name = "inn"', 'name = "inn"\n\n[retrieval]\nW\n', id="no section, no last line end"),
        pytest.param(NAMED, NAMED.replace("# how\n", "# how\nW\n"), id="a section without the key"),
        pytest.param(
            NAMED.replace("top_k", "dense_weight = 0.7 # old\ntop_k"),
            NAMED.replace("top_k", "W\ntop_k"),
            id="a section with the key",
        ),
        pytest.param("[retrieval]", "[retrieval]\nW\n", id="a section that ends the file"),
        pytest.param("[retrieval]\r\ntop_k = 6\r\n", "[retrieval]\r\nW\r\ntop_k = 6\r\n", id="CRLF"),
        pytest.param(
            "[other]\ndense_weight = 1\n", "[other]\ndense_weight = 1\n\n[retrieval]\nW\n", id="another's key"
        ),
    ],
)
def test_a_setting_is_written_and_every_other_line_stays(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "domain.toml"
    path.write_bytes(before.encode())
    Domain("inn", tmp_path).set("retrieval", "dense_weight", 0.3, "最好 0.3")
    assert path.read_bytes().decode() == after.replace("W", "dense_weight = 0.3  # 最好 0.3")


def test_a_domain_without_a_file_gets_one(tmp_path: Path) -> None:
    Domain("inn", tmp_path).set("retrieval", "dense_weight", 1.0, "why")
    assert find_domain(str(tmp_path)).settings().retrieval.dense_weight == 1.0


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("retrieval = { top_k = 6 }\n", id="an inline table"),
        pytest.param("retrieval.top_k = 6\n", id="dotted keys"),
        pytest.param('[retrieval]\n"dense_weight" = 0.7\n', id="a quoted key"),
        pytest.param('description = """\n[retrieval]\n"""\n', id="a header within a text"),
    ],
)
def test_what_one_line_cannot_change_is_left_to_the_user(tmp_path: Path, text: str) -> None:
    path = tmp_path / "domain.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DomainError, match=r"write under \[retrieval\]: dense_weight = 0\.3"):
        Domain("inn", tmp_path).set("retrieval", "dense_weight", 0.3, "why")
    assert path.read_text(encoding="utf-8") == text


def test_a_folder_that_only_holds_domains_is_none(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "domain.toml").write_text('title = "Shop"', encoding="utf-8")
    with pytest.raises(DomainError, match=r"holds domains and is none: give one of \S+/a, \S+/b"):
        find_domain(str(tmp_path))
    assert find_domain(str(tmp_path / "a")).title == "Shop"
    (tmp_path / "hours.md").write_text("Open from nine.", encoding="utf-8")
    assert find_domain(str(tmp_path)).folder == tmp_path
