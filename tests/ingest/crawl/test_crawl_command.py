"""`ingest crawl` of a site on loopback: what is kept, what is asked for, and what a second crawl does."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ingest.__main__ import main
from ingest.store.ledger import Ledger
from tests.ingest.crawl.web import HTML, Reply, Site, moved, page, served
from tests.ingest.files.hostile import good

Run = Callable[..., tuple[int, list[str], list[str]]]
TODAY = datetime.now(UTC).date().isoformat()


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as site:
        yield site


@pytest.fixture
def run(
    tmp_path: Path, tiny_embedder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ASSISTANT_EMBEDDER__MODEL", str(tiny_embedder))
    monkeypatch.setenv("ASSISTANT_CRAWLING__DELAY_SECONDS", "0")
    monkeypatch.setenv("ASSISTANT_CRAWLING__PAGE_SECONDS", "2")
    (tmp_path / "guide").mkdir()

    def run_(command: str, *arguments: str) -> tuple[int, list[str], list[str]]:
        code = main([command, *arguments, "--domain", str(tmp_path / "guide")])
        printed = capsys.readouterr()
        errors = [line for line in printed.err.splitlines() if line.startswith(("error", "interrupted"))]
        return code, printed.out.splitlines(), errors

    return run_


@pytest.fixture
def crawl(run: Run, site: Site) -> Run:
    return lambda path="/", *arguments: run("crawl", site.url + path, "--allow-private", *arguments)


@pytest.fixture
def listed(run: Run, site: Site) -> Callable[[], dict[str, Any]]:
    """The documents, by the paths of their addresses."""

    def listed_() -> dict[str, Any]:
        records = json.loads("\n".join(run("list", "--json")[1]))
        return {record["id"].removeprefix(site.url): record for record in records}

    return listed_


@pytest.fixture
def texts(tmp_path: Path, site: Site) -> Callable[[], dict[str, str]]:
    def texts_() -> dict[str, str]:
        (path,) = tmp_path.glob("home/domains/*/ledger.sqlite")
        ledger = Ledger(path)
        found = {document.id.removeprefix(site.url): document.text for document in ledger.documents()}
        ledger.close()
        return found

    return texts_


Listed = Callable[[], dict[str, Any]]
Texts = Callable[[], dict[str, str]]


def test_pages_in_both_languages_become_documents(
    crawl: Run, site: Site, listed: Listed, texts: Texts, run: Run
) -> None:
    chinese = (
        "<html><head><title>退票规定</title></head><body><p>旅客可以在开车前退票，费用为票价的百分之五。</p>"
    )
    site.replies = {
        "/": page("The desk opens at nine.", "/zh", "/named", "/rules.pdf", "/notes", title="Desk"),
        "/zh": Reply(chinese.encode("gbk"), "text/html; charset=gb2312"),
        "/named": Reply(b'<meta charset="gbk">' + chinese.replace("退票", "改签").encode("gbk"), "text/html"),
        "/rules.pdf": Reply(good()[".pdf"], "application/octet-stream"),
        "/notes": Reply("行李限重二十公斤。".encode("gb18030"), "text/plain; charset=GBK"),
    }
    code, out, errors = crawl()
    assert (code, errors) == (0, [])
    assert out[-1].startswith("guide: 5 added, 0 changed, 0 unchanged, 0 removed, 0 failed")
    records = listed()
    assert {path: (each["title"], each["lang"]) for path, each in records.items()} == {
        "/": ("Desk", "en"),
        "/zh": ("退票规定", "zh"),
        "/named": ("改签规定", "zh"),
        "/rules.pdf": ("Gates", "en"),
        "/notes": ("notes", "zh"),
    }
    assert {each["source"] for each in records.values()} == {site.url + path for path in records}
    assert "百分之五" in texts()["/zh"]
    assert texts()["/notes"] == "行李限重二十公斤。"
    assert site.agents.pop().startswith("domain-assistant ")
    assert "百分之五" in "\n".join(run("search", "退票费用是多少", "--mode", "bm25")[1])


@pytest.mark.parametrize(
    ("encoding", "type", "head"),
    [
        pytest.param("gbk", "TEXT/HTML; Charset=GBK", "", id="in capitals"),
        pytest.param("gb18030", 'text/html; charset="gb2312"', "", id="quoted, and with rarer characters"),
        pytest.param(
            "gbk", "text/html; charset=gbk", "<meta charset=utf-8>", id="the host wins over the page"
        ),
        pytest.param(
            "utf-8", "text/html; charset=gbk", "<meta charset=utf-8>", id="unless the bytes say otherwise"
        ),
        pytest.param("utf-8", "text/html; charset=iso-8859-1", "", id="a host that says Latin for all"),
        pytest.param(
            "gbk", "text/html", "<meta http-equiv=Content-Type content='text/html; charset=gb2312'>", id="old"
        ),
        pytest.param("gbk", "text/html; charset=punycode", "<meta charset=gbk>", id="a codec that is none"),
        pytest.param("gb18030", "application/xhtml+xml", "", id="nobody says"),
        pytest.param("utf-16", "text/html", "", id="two bytes, marked"),
        pytest.param("utf-16-le", "text/html; charset=utf-16le", "", id="two bytes, said"),
        pytest.param("utf-8-sig", "text/html; charset=gbk", "", id="a byte order mark"),
    ],
)
def test_a_page_in_any_encoding(
    crawl: Run, site: Site, texts: Texts, encoding: str, type: str, head: str
) -> None:
    text = "旅客可以在开车前退票，费用为票价的百分之五。" + "镕" * encoding.startswith("gb18030")
    html = (
        f"<html><head>{head}<title>退票</title></head><body><p>{text}</p><a href='/退票?问=1'>更多</a></body>"
    )
    site.replies["/"] = Reply(html.encode(encoding), type)
    site.replies["/%E9%80%80%E7%A5%A8?%E9%97%AE=1"] = page("开车后不能退票。")
    assert crawl()[0] == 0
    found = texts()
    assert found["/"].startswith(text)
    assert "开车后不能退票。" in found["/%E9%80%80%E7%A5%A8?%E9%97%AE=1"]


def test_a_file_that_its_host_does_not_know_goes_by_its_name(crawl: Run, site: Site, texts: Texts) -> None:
    stream = "application/octet-stream"
    site.replies = {
        "/": page("one", "/rules.docx?v=2", "/notes.MD", "/tool.bin"),
        "/rules.docx?v=2": Reply(good()[".docx"], stream),
        "/notes.MD": Reply("# 行李\n\n限重二十公斤。".encode(), ""),
    }
    assert crawl()[0] == 0
    assert "The north gate" in texts()["/rules.docx?v=2"]
    assert "限重二十公斤" in texts()["/notes.MD"]
    assert "/tool.bin" not in site.asked


def test_the_day_is_what_the_page_states_or_the_host_or_today(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {
        "/": page(
            "a", "/b", "/c", "/d", head='<meta property="article:modified_time" content="2024-05-01T08:00">'
        ),
        "/b": page("乙", head='<meta name="PubDate" content="2023年7月9日">'),
        "/c": replace(page("c c"), headers={"Last-Modified": "Sat, 03 Feb 2024 10:00:00 GMT"}),
        "/d": replace(page("d d"), headers={"Last-Modified": f"Sat, 03 Feb {'9' * 5000} 10:00:00 GMT"}),
    }
    code, out, _ = crawl()
    assert code == 0
    assert {path: each["as_of"] for path, each in listed().items()} == {
        "/": "2024-05-01", "/b": "2023-07-09", "/c": "2024-02-03", "/d": TODAY
    }  # fmt: skip
    days = "2 stated by the page, 1 Last-Modified, 1 the day of access"
    assert f"the day of new and changed pages is: {days}" in out


def test_a_second_crawl_embeds_nothing_of_what_stayed(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {"/": page("one", "/b"), "/b": page("two")}
    crawl()
    before = listed()
    site.replies["/"] = replace(site.replies["/"], headers={"Last-Modified": "Sat, 03 Feb 2024 10:00:00 GMT"})
    _, out, _ = crawl()
    assert out[-1] == "guide: 0 added, 0 changed, 2 unchanged, 0 removed, 0 failed; 0 embedded"
    assert listed() == before, "the day is that of the text"
    site.replies["/b"] = page("three")
    assert crawl()[1][-1] == "guide: 0 added, 1 changed, 1 unchanged, 0 removed, 0 failed; 1 embedded"


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("is_linked", [True, False])
def test_a_page_that_is_gone_is_removed_and_said(
    crawl: Run, site: Site, listed: Listed, status: int, is_linked: bool
) -> None:
    site.replies = {"/": page("one", "/b", "/c"), "/b": page("two"), "/c": page("three")}
    crawl()
    site.replies["/"] = page("one", "/c", *["/b"] * is_linked)
    site.replies["/b"] = Reply(status=status)
    code, out, errors = crawl()
    assert (code, errors) == (0, [])
    assert f"removed: {site.url}/b answers {status}" in out
    assert "1 removed" in out[-1]
    assert set(listed()) == {"/", "/c"}


@pytest.mark.parametrize(
    ("reply", "line"),
    [
        pytest.param(Reply(status=500), "answers 500", id="an error of the host"),
        pytest.param(Reply(status=403), "answers 403", id="forbidden"),
        pytest.param(Reply(0.05), "no whole answer in 2 seconds", id="slow"),
        pytest.param(Reply(b"\x89PNG\r\n\x1a\n", "image/png"), "is 'image/png'", id="another type"),
        pytest.param(Reply(b"\x89PNG\r\n\x1a\n", HTML), "is a PNG image", id="another type than it says"),
        pytest.param(Reply(b"x", ""), "does not say what it is", id="no type"),
        pytest.param(Reply(b" \n"), "is empty", id="empty"),
        pytest.param(Reply(b"<script>render()</script>"), "holds no text", id="a program"),
        pytest.param(Reply(b"%PDF-1.7 nothing follows"), "", id="a broken PDF"),
        pytest.param(moved("/b", 302), "redirects in a circle", id="a circle"),
        pytest.param(moved("http://169.254.169.254/latest"), "redirects to another host", id="inside"),
        pytest.param(moved("http://localhost/"), "redirects to another host", id="another host"),
        pytest.param(moved("file:///etc/passwd"), "is no web address", id="a file"),
        pytest.param(moved("http://u:p@127.0.0.1/"), "is no web address", id="credentials"),
    ],
)
def test_a_page_that_fails_is_one_line_and_its_old_text_stays(
    crawl: Run, site: Site, listed: Listed, texts: Texts, reply: Reply, line: str
) -> None:
    site.replies = {"/": page("one", "/b", "/c"), "/b": page("两页"), "/c": page("three")}
    crawl()
    site.replies["/b"] = reply
    code, out, errors = crawl()
    assert code == 1
    assert len(errors) == 1, errors
    assert line in errors[0]
    assert "/b" in errors[0]
    assert out[-1].startswith("guide: 0 added, 0 changed, 2 unchanged, 0 removed, 1 failed")
    assert set(listed()) == {"/", "/b", "/c"}
    assert "两页" in texts()["/b"]


def test_one_page_is_visited_once_however_it_is_spelled(crawl: Run, site: Site, listed: Listed) -> None:
    spellings = ["/b", "/b/", "/b#x", "/b?utm_source=y", f"{site.url}/b?fbclid=1#z", "b"]
    site.replies = {"/": page("one", *spellings), "/b": page("two", "/", "/#top", "//127.0.0.1:1/x")}
    assert crawl()[0] == 0
    assert site.pages == ["/", "/b"]
    assert set(listed()) == {"/", "/b"}


def test_pages_that_are_the_same_are_kept_once(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {
        "/": page("one", "/a?s=1", "/a?s=2", "/old", "/copy", "/mistaken"),
        "/a?s=1": page("two s 1", head='<link rel="canonical" href="/a">'),
        "/a?s=2": page("two s 2", head='<link rel="canonical" href="/a">'),
        "/old": moved("/new"),
        "/new": page("new"),
        "/copy": page("new"),
        "/mistaken": page("not the front page", head=f'<link rel="canonical" href="{site.url}/">'),
    }
    assert crawl()[0] == 0
    assert set(listed()) == {"/", "/a", "/new", "/mistaken"}


def test_a_page_that_moved_for_good_replaces_the_old_one(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {"/": page("one", "/b", "/c"), "/b": page("two"), "/c": page("three")}
    crawl()
    site.replies |= {
        "/b": moved("/d"),
        "/d": page("two"),
        "/c": moved("/login", 302),
        "/login": page("Log in."),
    }
    code, out, _ = crawl()
    assert code == 0
    assert f"removed: {site.url}/b is now {site.url}/d" in out
    assert set(listed()) == {"/", "/d", "/c", "/login"}, "302 is not for good"


def test_a_page_that_was_deleted_comes_back_when_it_is_restored(
    run: Run, crawl: Run, site: Site, listed: Listed
) -> None:
    site.replies = {"/": page("one", "/b"), "/b": page("two")}
    crawl()
    assert run("delete", f"{site.url}/b")[0] == 0
    _, out, _ = crawl()
    assert set(listed()) == {"/"}
    assert "0 added" in out[-1]
    assert run("restore", f"{site.url}/b")[0] == 0
    crawl()
    assert set(listed()) == {"/", "/b"}


def test_a_page_that_was_gone_is_read_again_when_it_is_back(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {"/": page("one", "/b"), "/b": page("two")}
    crawl()
    del site.replies["/b"]
    crawl()
    assert set(listed()) == {"/"}
    site.replies["/b"] = page("two")
    crawl()
    assert set(listed()) == {"/", "/b"}


def test_a_page_that_asks_not_to_be_kept_is_not(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {
        "/": page("one", "/a", "/b", "/c", "/d"),
        "/d": page("seven", head='<meta name="robots" content="index,follow, max-image-preview:none">'),
        "/a": page("two", "/from-a", head='<meta name="robots" content="noindex">'),
        "/b": page("three", "/from-b", head='<meta name="robots" content="index, NOFOLLOW">'),
        "/c": replace(page("four"), headers={"X-Robots-Tag": "none"}),
        "/from-a": page("five"),
        "/from-b": page("six"),
    }
    assert crawl()[0] == 0
    assert set(listed()) == {"/", "/b", "/d", "/from-a"}
    assert "/from-b" not in site.asked


def test_depth_and_limit_bound_a_crawl(crawl: Run, site: Site, listed: Listed) -> None:
    for number in range(9):
        site.replies[f"/{number}"] = page(f"page {number}", f"/{number + 1}")
    crawl("/0")
    assert site.pages == ["/0", "/1", "/2"]
    crawl("/0", "--depth", "0")
    assert site.pages[3:] == ["/0", "/1", "/2"], "pages of the crawl before are looked at again"
    site.replies["/"] = page("front", *(f"/{number}" for number in range(9)))
    _, out, _ = crawl("/", "--limit", "4")
    assert site.pages[6:] == ["/", "/0", "/1", "/2"]
    assert "there is more than was visited; raise --limit for it" in out


def test_robots_txt_is_obeyed(crawl: Run, site: Site, listed: Listed) -> None:
    ours = "User-agent: domain-assistant\nDisallow: /inside/*.html$\nCrawl-delay: 0.3\n"
    robots = f"User-agent: *\nDisallow: /\n\n{ours}"
    site.replies = {
        "/robots.txt": Reply(robots.encode(), "text/plain"),
        "/": page("one", "/inside/a.html", "/inside/b", "/to-inside"),
        "/inside/a.html": page("two"),
        "/inside/b": page("three"),
        "/to-inside": moved("/inside/a.html"),
    }
    code, out, errors = crawl()
    assert code == 1
    assert ["closed by robots.txt" in line for line in errors] == [True]
    assert set(listed()) == {"/", "/inside/b"}
    assert "/inside/a.html" not in site.asked
    assert "pages that robots.txt closes: 1" in out
    assert min(b - a for a, b in zip(site.times, site.times[1:], strict=False)) >= 0.28


@pytest.mark.parametrize(
    ("robots", "line"),
    [
        pytest.param(Reply(b"User-agent: *\nDisallow: /", "text/plain"), "closed to crawlers", id="closed"),
        pytest.param(Reply(status=503), "who may visit is not known", id="not to be read now"),
        pytest.param(moved("http://169.254.169.254/"), "redirects to another host", id="elsewhere"),
        pytest.param(Reply(b"User-agent: *\nCrawl-delay: 3600", "text/plain"), "asks for 3600 s", id="slow"),
        pytest.param(
            Reply(f"User-agent: *\nRequest-rate: 1/{'9' * 4000}".encode()), "asks for", id="a long figure"
        ),
        pytest.param(Reply(0.05), "no whole answer", id="dripping"),
    ],
)
def test_a_host_that_may_not_be_visited_is_not(crawl: Run, site: Site, robots: Reply, line: str) -> None:
    site.replies = {"/robots.txt": robots, "/": page("one", "/b")}
    code, _, errors = crawl()
    assert code == 1
    assert len(errors) == 1, errors
    assert line in errors[0]
    assert site.pages == []


@pytest.mark.parametrize(
    "robots",
    [Reply(status=503), Reply(b"User-agent: *\nDisallow: /", "text/plain")],
    ids=["not read", "closed"],
)
def test_what_is_known_of_a_host_that_closes_stays(
    crawl: Run, site: Site, listed: Listed, robots: Reply
) -> None:
    site.replies = {"/": page("one", "/b", "/c"), "/b": page("two"), "/c": page("three")}
    crawl()
    site.replies["/robots.txt"] = robots
    site.asked.clear()
    code, _, errors = crawl()
    assert (code, len(errors)) == (1, 1)
    assert site.asked == ["/robots.txt"]
    assert set(listed()) == {"/", "/b", "/c"}


def test_without_a_robots_txt_all_may_be_visited(crawl: Run, site: Site) -> None:
    site.replies = {"/robots.txt": Reply(status=403), "/": page("one")}
    assert crawl()[0] == 0


def test_patterns_of_robots_txt_cost_no_time(crawl: Run, site: Site) -> None:
    rules = "User-agent: *\n" + f"Disallow: /{'*a' * 200}*b$\n" * 100
    site.replies = {
        "/robots.txt": Reply(rules.encode()),
        "/": page("one", "/" + "a" * 900),
        "/" + "a" * 900: page("b"),
    }
    assert crawl()[0] == 0


def test_a_busy_host_is_waited_for_once(crawl: Run, site: Site) -> None:
    site.replies = {"/": page("one", "/b"), "/b": Reply(status=429, headers={"Retry-After": "1"})}

    def relent(path: str) -> None:
        if site.pages.count("/b") == 2:
            site.replies["/b"] = page("two")

    site.on_ask = relent
    assert crawl()[0] == 0
    assert site.pages == ["/", "/b", "/b"]


def test_a_host_that_falls_silent_is_left_alone(crawl: Run, site: Site) -> None:
    site.replies = {"/": page("one", *(f"/{number}" for number in range(20)))}
    site.replies |= {f"/{number}": Reply(b"x", headers={"X": "y" * 200_000}) for number in range(20)}
    code, _, errors = crawl()
    assert code == 1
    assert len(site.pages) == 6
    assert "does not answer any more" in errors[-1]


def test_ctrl_c_keeps_what_was_read(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {"/": page("one", "/b", "/c"), "/b": page("two"), "/c": page("three")}
    site.on_ask = lambda path: os.kill(os.getpid(), signal.SIGINT) if path == "/c" else None
    code, _, errors = crawl()
    assert code == 130
    assert errors == ["interrupted: what is done is kept, the same command goes on from there"]
    assert {"/", "/b"} <= set(listed())


def test_a_page_does_not_replace_what_is_not_its_own(crawl: Run, site: Site, listed: Listed) -> None:
    stated = (
        b"---\nid: visa\nsource: elsewhere\ntitle: Visa\nas_of: 2024-01-02\n---\nThe desk opens at nine.\n"
    )
    site.replies = {"/": Reply(stated, "text/markdown")}
    crawl()
    assert listed()["/"] == {
        "id": f"{site.url}/", "title": "Visa", "lang": "en", "source": f"{site.url}/", "as_of": "2024-01-02",
        "chunks": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "url", ["ftp://a.org/", "a.org", "http://u:p@a.org/", "http://2130706433/", "file:///etc"]
)
def test_what_is_no_start_is_one_line(run: Run, url: str) -> None:
    code, out, errors = run("crawl", url)
    assert (code, out, len(errors)) == (1, [], 1)


def test_a_host_inside_needs_a_word(run: Run, site: Site) -> None:
    code, _, errors = run("crawl", site.url)
    assert code == 1
    assert "add --allow-private" in errors[0]
    assert site.asked == []


def test_two_starts_do_not_remove_each_others_pages(crawl: Run, site: Site, listed: Listed) -> None:
    site.replies = {"/a": page("one"), "/b": page("two")}
    crawl("/a")
    crawl("/b")
    del site.replies["/a"]
    assert "0 removed" in crawl("/b")[1][-1]
    assert set(listed()) == {"/a", "/b"}
