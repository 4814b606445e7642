"""Which way a text answers a yes-or-no question, by what it asserts, Chinese and English.

First by its verdict (Yes, 不可以), else by the main clause: whether it negates, read against whether the
question does, so that "It is prohibited" is a yes to "Is it prohibited?". A sentence without negation is a
yes only where it restates the question. Knows nothing of references.
"""

import re
from collections.abc import Set
from functools import lru_cache
from typing import Literal

from assistant.agreement.clauses import Clause, clauses, negations
from assistant.agreement.tokens import folded
from assistant.agreement.words import content

Polarity = Literal[-1, 0, 1]
"""1 is yes, -1 is no, 0 is unknown: hedged, or beside the question."""

_RESTATED = 0.5
"""What share of the words of a clause, or of a question, both share where one restates the other."""
_TOUCHED = 0.25
"""The same where a word such as "may" or 应当 already says that the clause affirms."""
_LEAD = re.compile(
    r"^(?:[\W_]+|(?:final |short )?(?:answer|a|reply|答案?|回答|结论)(?: is|是|为)? ?:"
    r"|the (?:short )?answer(?: to [^,.]{0,80})? is"
    r"|(?:well|unfortunately|sorry|generally|typically|usually|normally|in short|in general|in principle"
    r"|actually|i'm afraid|i am afraid)(?=\W)"
    r"|(?:一般来说|一般情况下|通常|一般|原则上|很抱歉|抱歉|对不起|很遗憾|依法|法律上)(?=[,，]|不|可))+"
)
_UNSAID = re.compile(
    r"(?:it|that|this)(?: really)? depends|depend(?:s|ing)|maybe|perhaps|possibly|yes ?(?:and|or|/) ?no"
    r"|not (?:necessarily|sure|mentioned|specified|stated)"
    r"|i (?:(?:do not|don't)(?! think| believe)|cannot|can't|am not)"
    r"|(?:the )?(?:documents?|context|text|passages?) .{0,20}not"
    r"|不一定(?!要|需|得|非|必)|未必|不好说|视情况|看情况|视.{0,8}而定|取决于|要看|不确定|也许|或许|可能|是/否|不知道|不清楚"
    r"|我?(?:不知道|不清楚)|无法(?:确定|判断|回答|得知)|.{0,8}(?:没有|未)(?:提及|提到|说明|提供)"
)
_YES = re.compile(
    r"(?:yes|yeah|yep|yup|(?:of course|certainly|absolutely|definitely)(?! not)|no problem|no doubt)(?![a-z])"
    r"|(?:sure|correct|right|true|exactly|indeed|i (?:think|believe) so"
    r"|(?:that|this|it)(?: is| was|'s) (?:right|correct|true))$"
    r"|(?:是|对|没错|正确|当然|当然是|确实|确实如此|的确|的确如此|肯定|没问题|嗯|属实|正是)[啊呀吧的]?$"
)
_NO = re.compile(
    r"(?:no|nope|nah|never|(?:absolutely|certainly|definitely|of course) not|not(?: at all| really)?"
    r"|by no means)(?:$| (?=(?:it|they|he|she|we|you|i|this|that|there|your|the|because|since|but)(?![a-z])))"
    r"|(?:false|incorrect|wrong|negative)$"
    r"|(?:否|不是|不对|不|错|错误|不正确|并非|并非如此|不然|当然不是|不属实)[啊呀的]?$"
)
_TAG = re.compile(
    r"^(?:对|是|是不是|是这样|这样|行|行不行|可以|好|真的|是真的|没错|right|correct|true"
    r"|is (?:that|this|it) (?:so|right|true|correct)"
    r"|(?:is|are|was|were|do|does|did|can|ca|could|should|must|will|wo|has|have)(?:n't| not)? [a-z]{1,5}"
    r")?[吗吧么呢]?$"
)
_THEREFORE = re.compile(
    r"^(?:therefore|thus|hence|so|consequently|in conclusion|因此|所以|故|综上(?:所述)?|总之|可见)(?![a-z])"
)
_AFFIRMS = re.compile(
    r"(?<![a-z])(?:allowed|permitted|may|can|must|required?|requires|possible|entitled|obliged|has to|have to"
    r"|shall|should|appl(?:y|ies)|valid|necessary|available|eligible|covered|included|accepted|mandatory|compulsory|obligatory|legal|lawful|liable|refundable"
    r"|transferable|enforceable|binding|effective|welcome|open|responsible|taxable|operating|accessible)(?![a-z])"
    r"|不得不|不能不|可以|能够|能|应当|应该|必须|须|需要|需|有权|允许|准许|会|要|属于|适用|支持|有效|合法"
    r"|收费|付费|开放|开门|营业|运营|强制|同意"
    r"|^(?:行|得|有|算|成立|存在|包括|可|应|开|退|收|给|用|换|赔|管)(?:的|了)?$"
    r"|^only (?:with|if|after|when|upon) "
)
# A verdict in the verb of the question, "It isn't" or 不会, leaves its other words as they are.
_BARE = re.compile(
    r"(?:it|they|he|she|you|we|i|that|this|there) [a-z]{2,7}(?: ?not|n't)?$|(?:are|is|does|do|can) not$"
    r"|(?:当然|一般|也|都|仍|仍然|还|就)?(?:不再|不|没|未|无)?"
    r"(?:可以?|能够?|行|会|要|需要?|应当?|应该|必须|须|得|有|有权)[的了]?$"
    r"|无需|无须|不用|没"
)
_ASKS = re.compile(
    r"(?:is|are|was|were|am|do|does|did|can|could|may|must|should|shall|will|would|has|have)(?:n't)? "
)
# A model that repeats the question has not answered it.
_ECHO = re.compile(
    r"^(?:is|are|was|were|do|does|did|can|could|may|must|should|shall|will|would|has|have)"
    r" (?:it|the|an?|this|that|these|those|there|they|you|i|we|he|she|my|your|his|her|their|any|all) "
    r"|是否|能否|可否|是不是|[吗么]$|.{3}[不没]$|(?P<verb>[一-鿿])[不没](?P=verb)"
)
_MARK = re.compile(r"是否|能否|可否|应否|会否|(?!动不动|时不时)(?P<verb>[一-鿿]{1,2})[不没](?P=verb)")
"""Where a Chinese question begins to ask."""
_CAN = re.compile(
    r"[不没]?(?:可以|能(?![力源量])|(?<![社协大机学])会(?![员议计馆])|需要|应当|应该|必须|(?<![主重需])要(?![求素点件]))"
)
_VERB = re.compile(r"[不没]?(?:可以|能够?|会|需要|应当|应该|必须|有)")
_ASKS_HAN = re.compile(
    r"^(?!.*吗.*吗).*(?:吗$|是否|能否|可否|(?!动不动|时不时)(?P<verb>[一-鿿]{1,2})[不没](?P=verb))"
)
_ASKS_WHAT = re.compile(
    r"(?<![a-z])(?:which|what|who|whose|how|when|where)(?![a-z])|多少|几|什么|谁|哪|怎|何"
)
_CHOICE = re.compile(r"还是(?!要|得|会|应|必须|需|能|可以)|(?<![a-z])or(?![a-z])")
_RHETORICAL = re.compile(
    r"(?<![a-z])(?:is|are|was|were|do|does|did|can|could|should|must|has|have|wo|ca|would)n't(?![a-z])"
)
_SPARED = re.compile(
    r"(?P<before>smoke(?= free)|[a-z]+(?=-free))"
    r"|(?<![a-z-])(?:free (?:of|from)|without|independent of|except|other than)"
    r"(?: any| an?| additional| extra| further| paying)*"
    r"(?P<object>(?: [a-z]+){1,2})|(?<![a-z-])(?P<free>free)(?![a-z-])"
    r"|(?:免[除于予交付收去]?|除了?)(?P<what>[一-鿿]{1,4})"
)
_PAID = content("pay paid cost charge fee price money free 费钱付收免")


@lru_cache(maxsize=4096)
def polarity(text: str, question: str = "") -> Polarity:
    """Return whether `text` says yes (1), no (-1) or neither (0) to `question`, or by itself without one.

    >>> [polarity(text) for text in ("Yes, it is.", "Not allowed.", "不可以，须由成人陪同", "It depends.")]
    [1, -1, -1, 0]
    >>> polarity("The deposit is returned within 14 days", "Is the deposit returned?")
    1
    >>> polarity("不能", "不能退票吗？"), polarity("It is prohibited", "Is smoking prohibited?")
    (1, 1)
    """
    plain = _LEAD.sub("", folded(text))
    if not plain or _UNSAID.match(plain):
        return 0
    found = [one for one in clauses(plain) if not _ECHO.search(one.text)]
    opening = [one for one in found if one.sentence == found[0].sentence and not one.condition][:1]
    concluding = [one for place, one in enumerate(found) if place and _THEREFORE.match(one.text)]
    for one in opening:
        if verdict := _verdict(one.text):
            return verdict
    if concluding:
        place = found.index(concluding[-1])
        return polarity(_THEREFORE.sub("", ", ".join(one.text for one in found[place:])), question)
    return _asserted([one for one in found if not one.condition] or found, folded(question))


def verdict(text: str) -> Polarity:
    """Return the yes or no with which a text opens, 0 where it opens with something else.

    >>> verdict("Yes, it is"), verdict("不是，应当赔偿"), verdict("It is not allowed")
    (1, -1, 0)
    """
    plain = _LEAD.sub("", folded(text))
    opening = [one.text for one in clauses(plain) if not one.condition][:1]
    return _verdict(opening[0]) if opening and not _UNSAID.match(plain) else 0


def is_verdict(text: str) -> bool:
    """Whether a text is a yes or no and nothing else, such as "No." or 不可以.

    >>> is_verdict("No."), is_verdict("不可以"), is_verdict("No, dogs are not allowed"), is_verdict("不支持")
    (True, True, False, False)
    """
    found = clauses(_LEAD.sub("", folded(text)))
    return len(found) == 1 and any(pattern.fullmatch(found[0].text) for pattern in (_YES, _NO, _BARE))


def asks_yes_or_no(question: str) -> bool:
    """Whether a question wants one yes or no, and not a choice.

    >>> asked = ("Is it open?", "可以退吗？", "能不能退？", "Red or blue?", "多少钱？")
    >>> [asks_yes_or_no(text) for text in asked]
    [True, True, True, False, False]
    """
    plain = folded(question).rstrip("? ")
    asking = [one for one in clauses(plain) if _ASKS.match(one.text)]
    other = offers_choice(question) or _ASKS_WHAT.search(plain)
    return not other and (len(asking) == 1 or bool(_ASKS_HAN.search(plain)))


def offers_choice(question: str) -> bool:
    """Whether a question may be answered by one of several things that it names.

    >>> offers_choice("先付款还是后付款？"), offers_choice("Now or later?"), offers_choice("Is it open?")
    (True, True, False)
    """
    return bool(_CHOICE.search(folded(question)))


def _verdict(clause: str) -> Polarity:
    return 1 if _YES.match(clause) else -1 if _NO.match(clause) else 0


def _asserted(found: list[Clause], question: str) -> Polarity:
    """Return what the clause nearest to the question says to it; without a question, the first."""
    if not found:
        return 0
    asking = _asking(question)
    asked = content(asking) or content(question)
    if _BARE.fullmatch(found[0].text):
        verb = _VERB.search(_predicate(asking))
        return _as_polarity(found[0].sign * _sign(negations(verb[0], denials=False) if verb else 0))
    nearest = max(found, key=lambda one: _nearness(one.text, asked)) if asked else found[0]
    spared = _spared(nearest.text, asking, question)
    sign = nearest.sign * _sign(spared + negations(_predicate(asking)))
    paid = bool(content(nearest.text) & _PAID and content(question) & _PAID)
    overlap = max(_overlap(nearest.text, asked), _overlap(nearest.text, content(question)), paid)
    affirms = bool(_AFFIRMS.search(nearest.text)) and (
        not asked or overlap >= _TOUCHED or len(nearest.text) < 5
    )
    says = spared or negations(nearest.text) or affirms or overlap >= _RESTATED
    return _as_polarity(sign) if says else 0


def _sign(negated: int) -> int:
    return -1 if negated % 2 else 1


def _as_polarity(sign: int) -> Polarity:
    return -1 if sign < 0 else 1


def _nearness(clause: str, asked: Set[str]) -> tuple[int, float]:
    said = content(clause)
    return len(said & asked), len(said & asked) / max(1, len(said))


def _overlap(clause: str, asked: Set[str]) -> float:
    said = content(clause)
    return len(said & asked) / min(len(said), len(asked)) if said and asked else 0.0


def _spared(clause: str, asking: str, question: str) -> int:
    """Return how often only one of both spares one the same: free of charge, without a visa, 免责.

    "You may board without notice" spares nothing that "May I board?" asks for.
    """
    here, there, asked, said = _objects(clause), _objects(asking), content(question), content(clause)
    both = _united(_objects(question)) & _united(here)
    only_here = sum(1 for one in here if not one & both and (one & asked or not asked))
    return only_here + sum(1 for one in there if not one & both and one & said)


def _united(found: list[Set[str]]) -> Set[str]:
    return frozenset(word for one in found for word in one)


def _objects(clause: str) -> list[Set[str]]:
    """Return what a clause spares one, each as its words; whatever is paid is one."""
    found = (
        content(match["before"] or match["object"] or " ".join(match["what"] or "免"))
        for match in _SPARED.finditer(clause)
    )
    return [_PAID if words & _PAID else words for words in found]


def _asking(question: str) -> str:
    """Return the clause of a folded question that asks, without a rhetorical not."""
    body, mark, _ = question.rpartition("?")
    found = [one for one in clauses(body if mark else question) if not _TAG.match(one.text)]
    last = [one for one in found if one.sentence == found[-1].sentence]
    asking = [one for one in last if _ASKS.match(one.text)] or last[-1:]
    return _RHETORICAL.sub(" ", asking[0].text) if asking else ""


def _predicate(asking: str) -> str:
    """Return what a clause asks for, without the condition before it: 没有护照能不能登机 asks for 能登机.

    >>> _predicate("没有护照能不能登机"), _predicate("没有座位的话会拒绝登机吗"), _predicate("不能退吗")
    ('能登机', '会拒绝登机吗', '不能退吗')
    """
    mark = _MARK.search(asking) or (_CAN.search(asking) if asking.endswith("吗") else None)
    return _MARK.sub(lambda found: found["verb"] or "", asking[mark.start() :] if mark else asking)
