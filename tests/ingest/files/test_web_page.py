"""What is kept of a web page, and what it says of itself."""

import time
from pathlib import Path

import pytest

from core.errors import DocumentError
from ingest.files.child import Sandbox
from ingest.files.loaders.web_page import SUFFIX, About, load_web_page, read_about
from settings import Parsing
from tests.ingest.files.hostile import hostile_pages

URL = "http://a.org/b/c"
SHORT = "The desk is open from nine to five."
KURZ = "窗口九点开门，五点关门。"
MENU = "".join(f'<li><a href="/{name}">{name} and more about it</a>' for name in "abcdefghij")
LINKED = '<script type="application/ld+json">'
COOKIES = "We and our 214 partners use cookies to improve your experience. <button>Accept all</button>"


def read(html: str) -> tuple[str, About]:
    page, about = load_web_page(html.encode(), URL)
    return " ".join(page.text.split()), read_about(about.text)


@pytest.mark.parametrize(
    "chrome",
    [
        pytest.param(f"<nav>{MENU}</nav>", id="nav"),
        pytest.param(f"<footer>{MENU}</footer>", id="footer"),
        pytest.param(f"<div role=navigation>{MENU}</div>", id="a role"),
        pytest.param(f'<ul class="main-menu">{MENU}</ul>', id="a class of a list of links"),
        pytest.param(f'<div id="leftSidebar"><ul>{MENU}</ul></div>', id="an id"),
        pytest.param(f'<div class="cookie-banner">{COOKIES}</div>', id="cookies"),
        pytest.param(f'<div role="dialog" aria-label="Consent"><p>{COOKIES}</div>', id="a dialog"),
        pytest.param(
            '<div class="page-footer">版权所有 京ICP备00000000号 地址：虚构路一号</div>', id="Chinese footer"
        ),
        pytest.param(
            '<div class=breadcrumb><a href="/">首页</a> &gt; <a href="/x">办事指南</a></div>', id="breadcrumb"
        ),
    ],
)
@pytest.mark.parametrize("text", [SHORT, KURZ])
def test_menus_banners_and_footers_go_and_short_texts_stay(chrome: str, text: str) -> None:
    assert read(f"<body>{chrome}<p>{text}</p></body>")[0] == text
    assert read(f"<body><div class=wrapper><p>{text}</p>{chrome}</div></body>")[0] == text


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        pytest.param(
            f"<div class=menu><p>Dumplings, 12 yuan<p>Noodles, 15 yuan</div><p>{SHORT}",
            "15 yuan",
            id="a menu",
        ),
        pytest.param(f"<div id=cookies><h1>Cookies</h1>{COOKIES}</div>", "214", id="a page about cookies"),
        pytest.param(
            f"<h1>Privacy</h1><section id=cookies><h2>Cookies</h2>{KURZ}</section>",
            KURZ,
            id="a section on cookies",
        ),
        pytest.param(
            f"<main><h1>Fares</h1><div class=card-footer>{SHORT}</div></main>", SHORT, id="a card's foot"
        ),
        pytest.param(
            f"<h1>Law</h1><section id=copyright>{KURZ}</section>", KURZ, id="a section on copyright"
        ),
        pytest.param(f"<div class=consent-form>{KURZ}</div>", KURZ, id="nothing else"),
        pytest.param(
            f"<div class='page has-sidebar'><h1>Rules</h1><ul>{MENU}</ul></div>",
            "more about it",
            id="an index",
        ),
        pytest.param(f"<div class=wrapper><ul>{MENU}</ul></div>", "more about it", id="links without a name"),
        pytest.param(f"<main></main><div><p>{SHORT}</div>", SHORT, id="an empty main"),
        pytest.param(f"<header><h1>Opening</h1></header><p>{SHORT}", "Opening", id="a header"),
        pytest.param(f"<article class=skip-nav><h2>A</h2>{KURZ}</article>", KURZ, id="an article"),
    ],
)
def test_what_only_seems_to_be_a_menu_stays(html: str, kept: str) -> None:
    assert kept in read(f"<body>{html}</body>")[0]


def test_a_page_with_a_main_part_is_that_part() -> None:
    html = f"<div>Today: sunny, 21 degrees</div><main>{SHORT}<p>{KURZ}</main><div>Last news</div>"
    assert read(f"<body class=no-nav>{html}")[0] == f"{SHORT} {KURZ}"


def test_links_are_absolute_and_there_once() -> None:
    html = """<head><base href="/x/"></head><a href="d">1</a><nav><a href=" d ">2</a></nav><area href="?q=1">
        <a href="http://b.org/">3</a><a rel="nofollow ugc" href="/login">4</a><a name=top>5</a>
        <a href="[">6</a><a href="http://[">7</a><meta http-equiv=Refresh content="5; URL='/new'">"""
    assert read(html)[1].links[:4] == [
        "http://a.org/x/d",
        "http://a.org/x/?q=1",
        "http://b.org/",
        "http://a.org/x/",
    ]
    assert "http://a.org/new" in read(html)[1].links
    assert "http://a.org/login" not in read(html)[1].links


@pytest.mark.parametrize(
    ("head", "as_of"),
    [
        ('<meta property="article:modified_time" content="2024-05-01T08:00:00Z">', "2024-05-01"),
        ('<meta name="PubDate" content="2024年5月1日 08:00">', "2024-05-01"),
        ('<meta name="date" content="2023-01-01"><meta name="revised" content="2024/5/1">', "2024-05-01"),
        (f'{LINKED}{{"datePublished": "2023-01-01", "dateModified": "2024-05-01"}}</script>', "2024-05-01"),
        ('<time itemprop="dateModified" datetime="2024-05-01">1 May</time>', "2024-05-01"),
        ("<time datetime='2024-05-01'>a concert</time>", ""),
        ('<meta name="date" content="2024-13-45">', ""),
        ('<meta name="date" content="soon"><meta name="date" content="2024-05-01">', ""),
        ("", ""),
    ],
)  # fmt: skip
def test_the_day_that_a_page_states(head: str, as_of: str) -> None:
    assert read(f"<html><head>{head}</head><body>{SHORT}")[1].as_of == as_of


def test_a_page_says_its_address_and_what_robots_may_do() -> None:
    about = read('<link rel=canonical href="/c"><meta name=ROBOTS content="NoIndex, follow"><p>x')[1]
    assert (about.canonical, about.robots) == ("http://a.org/c", "noindex, follow")


@pytest.mark.parametrize("text", ["", "7", "[]", "{}", '{"links": 7}', '{"links": null}', "[" * 100_000])
def test_what_is_no_such_statement_says_nothing(text: str) -> None:
    assert read_about(text) == About([])


@pytest.mark.parametrize("name", hostile_pages())
def test_a_hostile_page_ends_in_time(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"page{SUFFIX}"
    path.write_bytes(hostile_pages()[name])
    start = time.monotonic()
    with Sandbox(Parsing(cpu_seconds=1)) as sandbox:
        items = list(sandbox.documents(path, URL))
    assert items
    assert all(str(item).isprintable() for item in items if isinstance(item, DocumentError))
    assert time.monotonic() - start < 60
