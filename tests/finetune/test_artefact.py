"""From a domain to an adapter that answers, whatever becomes of the process meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.generation.adapters import find_adapter
from assistant.registry import open_assistant
from core.domain import Domain
from core.errors import AssistantError
from core.weights.catalogue import fingerprint
from finetune import artefact
from finetune.__main__ import main
from finetune.artefact import train_adapter
from finetune.methods import METHODS
from settings import Settings, load_settings


@pytest.fixture
def domain(tmp_path: Path) -> Domain:
    folder = tmp_path / "inns"
    (folder / "documents").mkdir(parents=True)
    (folder / "documents" / "a.md").write_text("# Inn\n\nThe deposit is refunded in seven days.")
    rows = [
        {
            "id": f"{split}{n}",
            "question": f"{split} question {n}?",
            "answers": [f"{n} days"],
            "split": split,
            "evidence_doc_ids": [f"{split}.md"],
        }
        for split in ("train", "dev")
        for n in range(3)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return Domain(name="inns", folder=folder)


@pytest.fixture
def settings(tmp_path: Path, tiny_model: Path, tiny_embedder: Path) -> Callable[..., Settings]:
    def make(**finetune: object) -> Settings:
        return load_settings(
            {
                "home": tmp_path / "var",
                "threads": 1,
                "generator": {"model": str(tiny_model), "dtype": "float32", "max_new_tokens": 2},
                "embedder": {"model": str(tiny_embedder)},
                "finetune": {"epochs": 1, "rank": 2, **finetune},
            }
        )

    return make


def test_what_was_trained_is_found_by_its_name(
    domain: Domain, settings: Callable[..., Settings], tiny_model: Path
) -> None:
    first = train_adapter(domain, settings()).folder
    second = train_adapter(domain, settings(name="mine", rank=4)).folder
    base = fingerprint(tiny_model)
    assert [folder.name for folder in (first, second)] == ["lora", "mine"]
    assert find_adapter(domain, settings(), base).folder == first
    assert find_adapter(domain, settings(), base, "mine").folder == second


def test_what_has_learned_the_same_already_stays_as_it_is(
    domain: Domain, settings: Callable[..., Settings]
) -> None:
    first = train_adapter(domain, settings())
    made = (first.folder / "manifest.json").stat().st_mtime_ns
    path = domain.folder / "questions.jsonl"
    path.write_text("\n" + path.read_text().replace('"}', '", "reviewed": true}'))
    again = train_adapter(domain, settings())
    assert (again.again, first.again) == (True, False)
    assert (again.before, again.after) == (first.before, first.after)
    assert again.progress.curve == first.progress.curve
    assert (first.folder / "manifest.json").stat().st_mtime_ns == made


@pytest.mark.parametrize(
    ("change", "more"),
    [
        pytest.param(lambda path: None, {"rank": 4}, id="another setting"),
        pytest.param(
            lambda path: path.write_text(path.read_text().replace("2 days", "9 days")),
            {},
            id="another answer",
        ),
    ],
)
def test_what_would_learn_something_else_is_trained(
    domain: Domain,
    settings: Callable[..., Settings],
    change: Callable[[Path], object],
    more: dict[str, object],
) -> None:
    train_adapter(domain, settings())
    change(domain.folder / "questions.jsonl")
    assert not train_adapter(domain, settings(**more)).again


@pytest.mark.parametrize("method", ["prefix", "p_tuning", "bitfit", "adapter", "dora"])
def test_an_artefact_of_any_method_answers_by_its_name(
    domain: Domain, settings: Callable[..., Settings], method: str
) -> None:
    trained = train_adapter(domain, settings(method=method, virtual_tokens=4))
    assert trained.folder.name == method
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert manifest["settings"]["learning_rate"] == METHODS[method].rate
    assistant = open_assistant(domain, settings())
    question = assistant.question("When is the deposit refunded?")
    (answer,) = assistant.strategy(f"fine_tuned:{method}").answer_many([question])
    assert answer.adapter == method


def test_an_artefact_whose_weights_are_a_pickle_is_not_opened(
    domain: Domain, settings: Callable[..., Settings], tiny_model: Path
) -> None:
    folder = domain.folder / "adapters" / "found"
    folder.mkdir(parents=True)
    (folder / "adapter_model.bin").write_bytes(b"")
    with pytest.raises(AssistantError, match="is a pickle"):
        find_adapter(domain, settings(), fingerprint(tiny_model), "found")


def test_methods_are_listed_with_what_they_lack(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.methods.method.find_spec", lambda name: None)
    assert main(["methods"]) == 0
    lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert lines.keys() == METHODS.keys()
    assert lines["qlora"].endswith("LACKS bitsandbytes (pip install bitsandbytes)")
    assert all("arXiv:" in line for line in lines.values())


def test_a_method_that_lacks_something_is_refused(
    domain: Domain, settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("finetune.methods.method.find_spec", lambda name: None)
    with pytest.raises(AssistantError, match=r"finetune\.method qlora lacks bitsandbytes"):
        train_adapter(domain, settings(method="qlora"))


def test_the_manifest_says_what_made_it(domain: Domain, settings: Callable[..., Settings]) -> None:
    manifest = json.loads((train_adapter(domain, settings()).folder / "manifest.json").read_text())
    assert (manifest["name"], manifest["settings"]["objective"]) == ("lora", "sft")
    assert manifest["examples"] == {"train": 3, "dev": 3, "left_out": 0}
    assert manifest["dev"]["chose_the_epoch"] is True
    assert manifest["documents"] == ["train.md"]


def test_a_kill_at_any_moment_leaves_an_adapter_that_answers(
    domain: Domain,
    settings: Callable[..., Settings],
    tiny_model: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The process dies before, between and after the two renames that exchange old and new."""
    train_adapter(domain, settings())
    base = fingerprint(tiny_model)
    for survived in range(3):
        renames = 0

        def dying(source: Path, target: Path, rename=artefact.os.rename, survived: int = survived) -> None:  # type: ignore[no-untyped-def,attr-defined]
            nonlocal renames
            if renames == survived:
                raise KeyboardInterrupt
            renames += 1
            rename(source, target)

        monkeypatch.setattr("finetune.artefact.os.rename", dying)
        try:
            train_adapter(domain, settings(rank=2 + survived))
        except KeyboardInterrupt:
            assert survived < 2
        monkeypatch.undo()
        found = find_adapter(domain, settings(), base)
        assert (found.folder / "adapter_model.safetensors").is_file()
        assert find_adapter(domain, settings(), base).name == "lora"
    train_adapter(domain, settings(rank=7))
    home = find_adapter(domain, settings(), base).folder
    assert json.loads((home / "adapter_config.json").read_text())["r"] == 7
    assert [path.name for path in home.parent.iterdir()] == ["lora"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        pytest.param({"method": "lorra"}, r"method: there is no 'lorra'; known are lora", id="method"),
        pytest.param({"objective": "sfft"}, r"objective: there is no 'sfft'; known are sft", id="objective"),
    ],
)
def test_what_is_not_known_is_refused_with_the_known(
    domain: Domain, settings: Callable[..., Settings], wrong: dict[str, str], message: str
) -> None:
    with pytest.raises(AssistantError, match=message):
        train_adapter(domain, settings(**wrong))


def test_a_reader_is_trained_with_passages_and_answers_with_them(
    domain: Domain, settings: Callable[..., Settings]
) -> None:
    trained = train_adapter(domain, settings(objective="raft"))
    assert trained.folder.name == "raft"
    assistant = open_assistant(domain, settings())
    question = assistant.question("When is the deposit refunded?")
    (answer,) = assistant.strategy("fine_tuned_rag").answer_many([question])
    assert [hit.chunk.document_id for hit in answer.contexts] == ["a.md"]
    assert (answer.strategy, answer.adapter) == ("fine_tuned_rag", "raft")
    with pytest.raises(AssistantError, match="lora"):
        assistant.strategy("fine_tuned")
