"""One spelling for each page; what is no page of a web host is refused."""

import pytest

from core.errors import DocumentError
from ingest.crawl.urls import host_of, may_be_read, page_id, page_url


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("http://a.org/b#part", "http://a.org/b", id="a fragment"),
        pytest.param("http://a.org/b/", "http://a.org/b", id="a slash at the end"),
        pytest.param("http://a.org", "http://a.org/", id="the front page"),
        pytest.param("HTTP://A.org:80/b", "http://a.org/b", id="capitals and the usual port"),
        pytest.param("http://a.org./b", "http://a.org/b", id="a dot after the host"),
        pytest.param("http://a.org/b?utm_source=x&utm_anything=y", "http://a.org/b", id="tracking alone"),
        pytest.param("http://a.org/b?fbclid=1&id=2&spm=3", "http://a.org/b?id=2", id="tracking among others"),
        pytest.param("http://a.org/b?y=1&x=2", "http://a.org/b?x=2&y=1", id="the order of what is asked"),
        pytest.param("http://a.org/b;jsessionid=9F?x=1", "http://a.org/b?x=1", id="a session"),
        pytest.param("http://a.org/退票", "http://a.org/%e9%80%80%E7%A5%A8", id="Chinese, escaped or not"),
        pytest.param("http://a.org/x/../b", "http://a.org/b", id="dots"),
        pytest.param("http://例子.cn/b", "http://xn--fsqu00a.cn/b", id="a Chinese host"),
        pytest.param("http://a.org/b c", "http://a.org/b%20c", id="a blank"),
        pytest.param("http://[0:0::1]/b", "http://[::1]/b", id="an address of six"),
    ],
)
def test_spellings_of_one_page(one: str, other: str) -> None:
    assert page_id(page_url(one)) == page_id(page_url(other))
    assert page_url(one).isascii()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("http://a.org/b?x=1", "http://a.org/b?x=2", id="another query"),
        pytest.param("http://a.org/b", "http://a.org/B", id="another case of the path"),
        pytest.param("http://a.org/a%2Fb", "http://a.org/a/b", id="an escaped slash"),
        pytest.param("http://a.org:8080/b", "http://a.org/b", id="another port"),
    ],
)
def test_other_pages(one: str, other: str) -> None:
    assert page_id(page_url(one)) != page_id(page_url(other))


@pytest.mark.parametrize(
    "address",
    [
        "ftp://a.org/b", "file:///etc/passwd", "javascript:alert(1)", "mailto:a@b.org", "a.org/b", "", "http://",
        "http://user:secret@a.org/", "http://user@a.org/", "http://2130706433/", "http://0x7f.0.0.1/", "http://127.1/",
        "http://0177.0.0.1/", "http://１２７.１/", "http://a.org:99999/", "http://[::1/",
        "http://a.org/" + "x" * 3000, "http://\ud800.org/", "data:text/html,x",
    ],
)  # fmt: skip
def test_what_is_no_page_of_a_host_is_one_line(address: str) -> None:
    with pytest.raises(DocumentError) as error:
        page_url(address)
    assert str(error.value).isprintable()


def test_a_link_is_relative_to_its_page() -> None:
    assert page_url("../c?x", "http://a.org/a/b") == "http://a.org/c?x"
    assert host_of(page_url("//b.org/c", "http://a.org/")) == "b.org"
    assert host_of(page_url("https://a.org:443/")) == host_of(page_url("http://a.org:80/")) == "a.org"


@pytest.mark.parametrize("name", ["b", "b.php", "b.aspx", "b.html", "b.pdf", "b.md", "b.docx", "v1.2"])
def test_names_that_may_be_pages(name: str) -> None:
    assert may_be_read(f"http://a.org/{name}")


@pytest.mark.parametrize("name", ["b.jpg", "b.zip", "b.tar.gz", "b.mp4", "b.css", "b.js", "b.xml", "b.exe"])
def test_names_that_are_no_pages(name: str) -> None:
    assert not may_be_read(f"http://a.org/{name}")
