"""Clauses of a text and whether they negate, Chinese and English. Knows nothing of questions.

Takes text as `tokens.folded` leaves it.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence; a `condition` says when or why, not what."""

    text: str
    sentence: int
    condition: bool

    @property
    def sign(self) -> int:
        """-1 where it negates an odd number of times, else 1."""
        return -1 if negations(self.text) % 2 else 1


_IN_CASE = re.compile(r"[在当][^,。]{1,15}?(?:情况下|情形下|的时候)(?=[^,])")
_ASIDE = re.compile(r"\([^()]{0,300}\)|\[[^\[\]]{0,300}\]")
_END = re.compile(r"[。！!?;\n]|\.(?=\s|$)(?!(?<=no\.)\s?\d)")
_COMMA = re.compile(
    r"[,，:](?!\d)|—| - | but | and (?=(?:must|shall|may|should|can|will|is|are|has|have|does|do) )"
    r"|(?<![合一])并且?(?![处列购网不非未没])"
)
_CUT = re.compile(
    r" (?:if|unless|when|because|although|though|provided|as long as|even if|even though|who|which|where"
    r"|until|despite|regardless)(?![a-z])"
)
_CONDITION = re.compile(
    r"(?:even |only )?(?:if|when|whenever|where|although|though|while|whereas|unless|except|because|provided"
    r"|once)(?![a-z])|如果|如|若|倘若|假如|当(?!然)|除|虽然|尽管|因为|由于|为了|只要|一旦|即使|即便"
)
# Although ..., ..., but: all before the turn is conceded.
_ALTHOUGH = re.compile(r"(?:although|though|while|even though)(?![a-z])|虽然|尽管|虽")
_BUT = re.compile(r"(?:yet|still|however|nevertheless)(?![a-z])|但|然而|却")
# What opens a sentence is one too, unless it is all of the sentence: "in this case it is allowed".
_OPENING = re.compile(
    r"(?:accord(?:ing|ance)|based|pursuant|since|given|without|with|under|for|in|on|at|after|before|from|by|per"
    r"|until|despite|as)(?![a-z])|根据|按照|依据|依照|按|依|因(?!此)|对于|关于|在"
)
_CONDITION_END = re.compile(r"(?:(?<![是对好])的|时|后|前|下|情形|期间|之日起)$")
# 没有证件可以登机吗: what stands before the modal verb is a condition, and so is its negation.
_MODAL = re.compile(
    r"(?<!并非)(?<!不是)(?:不|没|无)?(?:可以|能够|应当|应该|必须|需要)|不得|不能|不会|不必|无需|无须|不应|不准|不许|不予|禁止"
)

# What looks like a negation and is none: bounds, insistence by two negations, concessions, fixed words.
_NO_NEGATION = re.compile(
    r"(?:not|no) (?:more|less|fewer|later|longer|earlier|older|younger|shorter|greater|higher|lower|sooner)"
    r" than"
    r"|not (?:only|just|merely|simply|to mention|exceed(?:ing)?|below|above|over|under|until)|cannot but"
    r"|(?<![a-z])no\.? ?\d|no (?:doubt|matter|problem|wonder)|(?:whether )?or not|if not"
    r"|不得不|不能不|不可不|不会不|无不|莫不|不仅|不但|不只|不单|不光|不论|不管|无论|不过(?!期)|不久|不同(?!意)|不动产|不可抗力"
    r"|不当得利|不足(?=\d)|不满(?=[\d一二三四五六七八九十])"
    r"|不(?:得|能|应)?(?:超过|少于|低于|高于|大于|小于|多于|早于|晚于|迟于|短于|超出)"
    r"|不特定|不断|不幸|不慎|不良|不利(?!用)|不便(?!宜)|不明(?!确|白|示)|不定期|不记名|不妨|不禁|不由(?:得|自主)|不免(?!除)|差不多|对不起|来不及|不可或缺"
    r"|无(?:理由|民事|偿|限|条件|形|人|线|因|故|过错|障碍|行为能力|论|数|锡|烟|害|糖|菌|名|端|意|比|声|轨|痛|独有偶)|未(?:成年|来|婚|满|经|按|能|及时|超过)"
    r"|(?<=..)[不没]$|以[^,，。]{1,20}为由"
    r"|(?<![是并])(?:不(?![能得可会应必需须许准允要予])|[没未无])[^,，。的是]{1,8}的(?=[^\s,，。吗?])"
    r"|没有(?:正当|合理|特别|其他|另外|约定|规定|明确)|非(?:常|全日制|居民|营利|机动|承运人|自愿|因|法人)|除非|非得"
    r"|是否|能否|可否|应否|有无|会否"
    r"|(?P<verb>[一-鿿])[不没](?P=verb)"
)
_NEGATION = re.compile(
    r"(?<![a-z])(?:not|never|neither|nor|none|nobody|nothing|nowhere|no|cannot|[a-z]{2,7}n't"
    r"|(?:do|does|did|is|are|was|were|ca|wo|must|need|should|would|could|have|has)nt)(?![a-z])"
    r"|不|没|未|无(?=[需须权法罪责关可从义必资效]|$|[,，。]|[一-鿿]{2})|并非|非(?=强制|必[须需要])|勿|毋|甭"
)
_DENIAL = re.compile(
    r"(?<![a-z])(?:forbid(?:s|den)?|prohibit(?:s|ed)?|banned|barred|illegal|unlawful|invalid|void|impossible|unable"
    r"|exempt(?:ed)?|excluded?|ineligible|refused?|rejected?|denied|disallowed|unnecessary"
    r"|(?:is|are) optional|inadmissible|repealed|abolished|replaced|superseded|expired|discontinued|revoked"
    r"|closed|unavailable|inapplicable|unenforceable|ineffective|unacceptable|inaccessible|uninsured|unsafe"
    r"|non-?[a-z]{3,}able|non-?binding|(?:is|are|was|were|been|gets?) (?:suspended|cancell?ed|forfeited"
    r"|withdrawn|halted|waived|stopped|voluntary))(?![a-z])|^(?:optional|voluntary)$"
    r"|闭馆|闭园|关门|关闭|停业|歇业|停运|停航|停开|停售|停止|暂停|自愿(?=的?$)"
    r"|禁止|严禁|拒绝|排除|丧失|取消|废止|取代|失效|作废|违法|违反|非法|除外"
)


def clauses(text: str) -> list[Clause]:
    """Return the clauses of a folded text in their order.

    >>> [(one.text, one.condition) for one in clauses("if late, you may not board unless ill. 没票的,不得上")]
    [('if late', True), ('you may not board', False), ('没票的', True), ('不得上', False)]
    """
    found: list[Clause] = []
    for number, sentence in enumerate(_END.split(_IN_CASE.sub(r"\g<0>,", _ASIDE.sub(" ", text)))):
        parts = [part.strip(" \t\"'“”*#>") for part in _COMMA.split(sentence)]
        parts = [part for part in parts if part]
        turn = next((place for place, part in enumerate(parts) if _BUT.match(part)), 0)
        turn = turn if any(_ALTHOUGH.match(part) for part in parts[:turn]) else 0
        for place, part in enumerate(parts):
            last = place == len(parts) - 1
            opening = not last and (_OPENING.match(part) or _CONDITION_END.search(part))
            condition = place < turn or opening or _CONDITION.match(part)
            cut = _CUT.search(part, 1)
            found.append(Clause(part[: cut.start()] if cut else part, number, bool(condition)))
    return found


def negations(clause: str, denials: bool = True) -> int:
    """Return how often a folded clause negates; without `denials` such as "forbidden" only by grammar.

    >>> [negations(text) for text in ("not allowed", "no later than 5 days", "不得不付", "不得拒绝")]
    [1, 0, 0, 2]
    """
    text = _NO_NEGATION.sub(lambda found: found["verb"] or " ", clause)  # 违不违反 asks about 违反
    modal = _MODAL.search(text)
    text = text[modal.start() :] if modal else text
    return len(_NEGATION.findall(text)) + (len(_DENIAL.findall(text)) if denials else 0)
