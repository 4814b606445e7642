"""How likely a text is, by its characters: what tells encodings apart. Knows nothing of bytes.

A wrong encoding gives characters that nobody writes: rare ideographs, signs in the middle of a word. Each
class of characters has a share of what is written, and a character its part of that share.
"""

import re
from collections import Counter
from functools import cache
from math import log

_FREQUENT = (
    "的一是不了人在有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些"
    "与高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相"
    "次东政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市眼体别处总才场师书比住员九笑性通目华报立"
    "马命张活难神数件安表原车白应路期叫死常提感金何更反合放做系计或司利受光王果亲界及今京务制解各任至清物台象记边共"
    "风战干接它许八特觉望直服毛林题建南度统色字请交爱让认算论百吃义科怎元社术结六功指思非流每青管夫连远资队跟带花快"
    "条院变联言权往展该领传近留红治决周保达办运武半候七必城父强步完革深区即求品士转量空甚众技轻程告江语英基派满式李"
    "息写呢识极令黄德收脸钱党倒未持取设始版双历越史商千片容研像找友孩站广改议形委早房音火际则首单据导影失拿网香似斯"
    "专石若兵弟谁校读志飞观争究包组造落视济喜离虽坏兴价票费退客店旅规款责任证订购货损赔偿申请期限额协签注册登"
)
_TRADITIONAL = (
    "這來國個說們為時著過學對裡後麼沒於還發當無開見經頭動兩長樣現將與進實點種聲話兒問機給幾業間電門東氣關並內產萬體"
    "別處總場師書員報馬張難數車應計親務製記邊戰幹許覺題統請愛讓認論義術結連遠資隊帶條變聯權該領傳紅決達辦運強區轉眾"
    "輕語滿寫識極黃臉錢黨設雙歷廣議單據導網專誰讀飛觀爭組視濟離雖壞興價費規責證訂購貨損賠償請額協簽註冊顯應準"
)
_MARKS = "，。、；：？！“”‘’（）《》—…·「」『』【】　①②③④⑤⑥⑦⑧⑨⑩℃㎡×±°→★●■□◆○￥％～"
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fe]")
_LATIN = "éèêëàâäáãåçñíîïìóôöòõøúûùüßæœšžýÉÈÀÄÖÜÅØÇÑŠŽ"
_SIGNS = "£€°–—’‘“”…•©®§½«»·\xa0´²³™"
_SCRIPTS: dict[str, tuple[tuple[str, float], ...]] = {
    "zh": ((_FREQUENT, 0.60), (_TRADITIONAL, 0.10), (_MARKS, 0.10)),
    "ja": ((_FREQUENT, 0.10), (_MARKS, 0.10)),
    "latin": ((_LATIN, 0.06), (_SIGNS, 0.02)),
}
_ASCII, _FULL_WIDTH = 0.5 / 96, 1e-4  # the same in all scripts: a table may hold a single name
_COMMON, _RARE, _STRANGE = 3e-5, 2e-6, 3e-9
"""Shares of a character of GB 2312's first or Big5's first level, of the second, of none."""
_RUN = re.compile("[\x80-\u02ff\u0152-\u0178\u2013-\u2122]{3,}")
_LONG_RUN = log(0.02)  # for each character of three and more with accents
_BESIDE = re.compile("[A-Za-z](?=[\u3400-\u9fff])|[\u3400-\u9fff](?=[a-z])")
_SELDOM = log(0.01)  # for each side on which an ideograph touches a Latin word


def likelihood(text: str, script: str) -> float:
    """Return the logarithm of how likely `text` is in a script: zh (both forms), ja, or latin."""
    told = sum(times * _share(char, script) for char, times in Counter(text).items())
    runs = sum(len(run) - 2 for run in _RUN.findall(text)) if script == "latin" else 0
    return told + runs * _LONG_RUN + len(_BESIDE.findall(text)) * _SELDOM


@cache
def _shares(script: str) -> dict[str, float]:
    return {char: log(share / len(chars)) for chars, share in _SCRIPTS[script] for char in chars}


@cache
def _share(char: str, script: str) -> float:
    """Return the logarithm of how often a character is written."""
    if char < "\x80":
        is_written = char.isprintable() or char in "\t\r\n"
        return log(_ASCII if is_written else _STRANGE)
    if known := _shares(script).get(char):
        return known
    if script == "latin":
        return log(1e-5 if char < "\u0100" and char.isalpha() else 1e-7)
    if "\uff01" <= char <= "\uff5e":
        return log(_FULL_WIDTH)
    if _KANA.match(char):
        return log(0.5 / 90 if script == "ja" else 1e-6)
    return log(_ideograph(char))


def _ideograph(char: str) -> float:
    """Return the share of a character by the level of the old standards at which it stands."""
    simple = char.encode("gb2312", "ignore")
    if simple:
        return _COMMON if 0xB0 <= simple[0] <= 0xD7 else _RARE if simple[0] >= 0xD8 else _RARE / 4
    full = char.encode("big5", "ignore")
    if full:
        return _COMMON / 4 if 0xA4 <= full[0] <= 0xC6 else _RARE / 8
    return _STRANGE if not char.isalpha() else _STRANGE * 30
