import pytest

from core.errors import DocumentError
from ingest.files.cleaning import clean
from ingest.files.loaders import LOADERS, RawDocument


def _load(content: str | bytes) -> list[RawDocument]:
    data = content.encode() if isinstance(content, str) else content
    return [item for item in LOADERS[".xml"](data, "file.xml") if isinstance(item, RawDocument)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            '<fares><fare id="1"><to>Brim</to><price unit="EUR">5</price></fare>'
            '<fare id="2"><to>Elster</to></fare></fares>',
            "id: 1; to: Brim; price: 5, unit EUR.\nid: 2; to: Elster.",
            id="repeated elements are records, attributes count",
        ),
        pytest.param(
            '<?xml version="1.0" encoding="GB2312"?><表><行><名>甲</名></行><行><名>乙</名></行></表>'.encode(
                "gb18030"
            ),
            "名：甲。\n名：乙。",
            id="Chinese, in the encoding it declares",
        ),
        pytest.param(
            '<hotel name="Sea"><room beds="1"><price>5</price></room><room beds="2"/></hotel>',
            "name: Sea.\nname: Sea; room beds: 1; price: 5.\nname: Sea; room beds: 2.",
            id="a record names what it belongs to",
        ),
        pytest.param(
            '<article xmlns="http://docbook.org/ns/docbook"><title>Guide</title><section><title>Bags</title>'
            "<para>Bags are\n <emphasis>free</emphasis>.</para><itemizedlist><listitem>"
            "<para>one</para></listitem>"
            "</itemizedlist></section></article>",
            "# Guide\n\n## Bags\n\nBags are free.\n\n- one",
            id="DocBook",
        ),
        pytest.param(
            "<topic id='t'><title>退款</title><body><p>退款十四天到账。</p><p>请问柜台。</p></body></topic>",
            "# 退款\n\n退款十四天到账。\n请问柜台。",
            id="DITA",
        ),
        pytest.param(
            "<a>caf&eacute; &amp; H<sub>2</sub>O</a>", "café & H2O", id="names of characters, words"
        ),
        pytest.param(
            '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a><b>1</b></a>', "b: 1.", id="no network"
        ),
        pytest.param(
            '<r><s name="fee">Fee: 12</s><s name="hours">9:00</s></r>',
            "Fee: 12; name: fee.\n9:00; name: hours.",
            id="a text beside attributes",
        ),
        pytest.param(
            '<menu><dish price="12">鱼<note>鲜</note></dish><dish price="9">Soup</dish></menu>',
            "鱼; price: 12; note: 鲜.\nSoup; price: 9.",
            id="a text beside attributes and parts, record after record",
        ),
        pytest.param("<html><body><h1>Bags</h1><p>Free.</p></body></html>", "# Bags\n\nFree.", id="a page"),
    ],
)
def test_xml_is_rows_or_prose(content: str | bytes, expected: str) -> None:
    (document,) = _load(content)
    assert clean(document.text) == expected


def test_articles_of_a_feed_are_documents() -> None:
    item = (
        "<item><title>Pier</title><link>http://a/1</link><guid>1</guid>"
        "<pubDate>Mon, 02 Mar 2026 10:00:00 GMT</pubDate>"
        "<description>&lt;p&gt;The pier is &lt;b&gt;closed&lt;/b&gt;.&lt;/p&gt;</description></item>"
    )
    entry = (
        '<entry><id>2</id><title>码头</title><link href="http://a/2"/><updated>2026-03-02T00:00:00Z</updated>'
        "<summary>码头关闭。</summary></entry>"
    )
    assert _load(f"<rss><channel><title>News</title>{item}</channel></rss>") == [
        RawDocument("# Pier\n\nThe pier is closed.", "1", "Pier", "", "http://a/1", "2026-03-02")
    ]
    assert _load(f'<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{entry}</feed>') == [
        RawDocument("# 码头\n\n码头关闭。", "2", "码头", "", "http://a/2", "2026-03-02")
    ]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(
            '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "declares entities of its own", id="entities"
        ),
        pytest.param(
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "declares entities",
            id="a file",
        ),
        pytest.param("<a>\n<b></a>", "file.xml, line 2 is not XML", id="broken"),
        pytest.param("<a>" * 3000, "is not XML: Excessive depth", id="deep"),
        pytest.param("x", "line 1 is not XML", id="no XML"),
    ],
)
def test_what_is_no_xml_is_refused(content: str, line: str) -> None:
    with pytest.raises(DocumentError, match=line):
        _load(content)
