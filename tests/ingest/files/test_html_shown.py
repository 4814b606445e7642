"""A page is read as it is shown: without what is hidden or struck out, without marks of notes."""

import pytest

from ingest.files.cleaning import clean
from ingest.files.loaders.html import load_html


def _text(page: str) -> str:
    (document,) = load_html(page.encode(), "file.html")
    return clean(document.text)


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param("<p style='color: red; DISPLAY : none'>no</p>", id="not displayed"),
        pytest.param("<p style='visibility:hidden'>no</p>", id="invisible"),
        pytest.param("<p style='opacity:0'>no</p>", id="transparent"),
        pytest.param("<p style='font-size:0px'>no</p>", id="no size"),
        pytest.param("<p style='position:absolute; left:-9999px'>no</p>", id="off the page"),
        pytest.param(
            "<style>.sr {clip: rect(0, 0, 0, 0)}</style><p class=sr>no</p>", id="for screen readers alone"
        ),
        pytest.param("<style>.sr {clip-path: inset(50%)}</style><p class=sr>no</p>", id="also cut so"),
        pytest.param("<p style='transform: scale(0)'>no</p>", id="shrunk"),
        pytest.param("<p style='content-visibility: hidden'>no</p>", id="not laid out"),
        pytest.param("<p hidden>no</p><p hidden=until-found>no</p>", id="the attribute"),
        pytest.param(
            "<style>.off, #x > b {display:none}</style><p class='a off'>no</p><p id=x><b>no</b></p>",
            id="rules",
        ),
        pytest.param(
            "<style>@media screen {.off {visibility: hidden}}</style><p class=off>no</p>",
            id="a rule for screens",
        ),
        pytest.param(
            "<style>#x {display:none !important}</style><p id=x style='display:block'>no</p>", id="important"
        ),
        pytest.param("<template>no</template><noscript>no</noscript><dialog>no</dialog>", id="elements"),
        pytest.param("<nav>no</nav><div role=navigation>no</div><footer>no</footer>", id="navigation"),
        pytest.param("<del>no</del> <s>no</s> <strike>no</strike>", id="deleted"),
        pytest.param("<i style='text-decoration: line-through'>no</i>", id="struck out by a style"),
        pytest.param("<table hidden><tr><th>no<th>no<tr><td>no<td>no</table>", id="a table"),
    ],
)
def test_what_is_not_shown_is_not_read(hidden: str) -> None:
    assert _text(f"<p>yes</p>{hidden}") == "yes"


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param("<p aria-hidden=true>yes</p>", id="hidden from screen readers alone"),
        pytest.param("<details><summary>yes</summary></details>", id="a click away"),
        pytest.param("<dialog open>yes</dialog>", id="an open dialogue"),
        pytest.param("<ins>yes</ins>", id="inserted"),
        pytest.param(
            "<p style='opacity:0.5; font-size:0.9em; margin-left:-9999px'>yes</p>", id="nearly hidden"
        ),
        pytest.param(
            "<style>.t{display:none} .t.on{display:block}</style><p class='t on'>yes",
            id="a closer rule shows it",
        ),
        pytest.param(
            "<style>.t{display:none}</style><p class=t style='display:block'>yes", id="its own style shows it"
        ),
        pytest.param("<style>@media print{.t{display:none}}</style><p class=t>yes", id="hidden in print"),
        pytest.param("<style>.t:hover, .t::after{display:none}</style><p class=t>yes", id="hidden at times"),
        pytest.param("<style>.in{opacity:0}</style><p class=in>yes", id="faded in by a script"),
        pytest.param("<style>body{visibility:hidden}</style><body>yes", id="until a script has run"),
        pytest.param(f"<style>p{'{(' * 5000}display:none</style><p>yes", id="a sheet without bottom"),
    ],
)
def test_what_is_shown_is_read(shown: str) -> None:
    assert _text(shown) == "yes"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(
            "now <del>20</del><s>21</s> <ins>25</ins> euros", "now 25 euros", id="one blank is left"
        ),
        pytest.param("300元<sup>[1]</sup>起", "300元起", id="a mark in brackets"),
        pytest.param(
            "500<sup><a href='#n1'>1</a></sup> euros", "500 euros", id="a mark that leads to a note"
        ),
        pytest.param(
            "Free<a href='#n2'>[2]</a>.<p>Note <a href='#top'>↩</a>", "Free.\n\nNote", id="links to and fro"
        ),
        pytest.param("Article 6<a href='#p1'>(1)</a>", "Article 6(1)", id="a paragraph is no mark"),
        pytest.param("20 m<sup>2</sup>, 10<sup>-6</sup>", "20 m², 10⁻⁶", id="powers"),
        pytest.param("300元<sup>1</sup>", "300元¹", id="a bare mark does not join the number"),
        pytest.param("1<sup>st</sup>, H<sub>2</sub>O", "1st, H2O", id="words and indices"),
        pytest.param("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>", "漢字", id="readings"),
        pytest.param(
            "The <img alt='harbour map'><img alt=''><img alt=IMG_1.jpg> shows",
            "The harbour map shows",
            id="pictures",
        ),
        pytest.param(
            "<dl><dt>Opens<dd>9:00<dt>电话<dd><p>0800</p><dt>A:<dd>1<dd>2</dl>",
            "Opens: 9:00\n电话：0800\n\nA: 1\n2",
            id="terms and what they mean",
        ),
        pytest.param(
            "<ol start=3><li>c<li value=7><p>g</p><li>h</ol>"
            "<ol type=a><li>x</ol><ol reversed><li>y<li>z</ol>",
            "3. c\n7. g\n\n8. h\n\na. x\n\n2. y\n1. z",
            id="numbered lists",
        ),
        pytest.param(
            "<pre>a   b\n  c</pre><p>d   e", "a   b\n  c\n\nd e", id="preformatted text keeps its blanks"
        ),
        pytest.param(
            "<details><summary>A</summary>b<aside>c</aside></details>", "A\nb\nc", id="blocks part lines"
        ),
    ],
)
def test_marks_and_numbers_stay_what_they_are(page: str, expected: str) -> None:
    assert _text(page) == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("<div>Fee 60.</div><b>Dogs</b> free.", "Fee 60.\nDogs free."),
        ("<details>Fee 60.</details><p hidden>x</p><i>Dogs</i>", "Fee 60.\nDogs"),
        ("<div>票价60元</div><span>退票免费</span>", "票价60元\n退票免费"),
    ],
)
def test_words_that_follow_a_block_stand_on_a_line_of_their_own(page: str, expected: str) -> None:
    assert _text(page) == expected


def test_a_line_end_of_the_source_is_no_blank_in_chinese() -> None:
    page = "<p>开船前三十\n 分钟，凭\n票登船。 The\nferry 渡轮\nnow</p>"
    assert _text(page) == "开船前三十分钟，凭票登船。 The ferry 渡轮 now"


def test_what_follows_the_end_of_the_page_is_shown() -> None:
    assert _text("<body><p>One.</p></body></html>\n<p>Two.</p>").split() == ["One.", "Two."]
