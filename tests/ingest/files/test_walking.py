"""Links: none leads out of the folder, and within it a file is read once."""

from pathlib import Path

import pytest

from ingest.files.reading import read_documents
from ingest.types import Document


def read(folder: Path) -> tuple[list[str], list[str]]:
    items = list(read_documents(folder))
    ids = [item.id for item in items if isinstance(item, Document)]
    return ids, [str(item) for item in items if not isinstance(item, Document)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("docs/fees.md", "docs/.data/7/rules.md", "docs/zh/费用.md", "elsewhere/secret.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"The text of {path.name}.")
    return tmp_path / "docs"


@pytest.mark.parametrize("target", ["../elsewhere/secret.md", "../elsewhere", "/etc/hostname", "../docs2"])
@pytest.mark.parametrize("name", ["notes.md", "zh/笔记.md", "notes"])
def test_a_link_that_leads_out_is_said_once_and_not_followed(folder: Path, name: str, target: str) -> None:
    link = folder / name
    link.symlink_to((folder / target).resolve())
    ids, errors = read(folder)
    assert ids == ["fees.md", "zh/费用.md"]
    assert errors == [
        f"{link} is a link that leads out of {folder}; put what it leads to in its place",
    ]


@pytest.mark.parametrize("target", ["fees.md", ".", "zh", "../docs/zh/费用.md"])
def test_a_link_to_what_is_read_anyway_is_passed_over(folder: Path, target: str) -> None:
    (folder / "again.md").symlink_to(target)
    assert read(folder) == (["fees.md", "zh/费用.md"], [])


def test_a_link_to_a_hidden_file_is_read_once(folder: Path) -> None:
    """So Kubernetes mounts files: `rules.md` leads to `..data/rules.md`."""
    (folder / "..data").symlink_to(".data/7")
    (folder / "rules.md").symlink_to("..data/rules.md")
    (folder / "same.md").symlink_to(".data/7/rules.md")
    assert read(folder) == (["fees.md", "rules.md", "zh/费用.md"], [])


def test_links_in_a_ring_are_a_line_each(folder: Path) -> None:
    (folder / "a.md").symlink_to("b.md")
    (folder / "b.md").symlink_to("a.md")
    ids, errors = read(folder)
    assert ids == ["fees.md", "zh/费用.md"]
    assert [error.split(" is a ")[1] for error in errors] == ["link that leads nowhere; remove it"] * 2


def test_a_folder_that_is_named_may_be_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    assert read(tmp_path / "link") == (["fees.md", "zh/费用.md"], [])


def test_a_description_beside_a_file_does_not_lead_out(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "about.yaml").write_text("title: The safe opens with 4471")
    (folder / "fees.md.yaml").symlink_to(tmp_path / "elsewhere" / "about.yaml")
    ids, errors = read(folder)
    assert ids == ["zh/费用.md"]
    assert "fees.md.yaml is a link that leads out" in errors[0]
