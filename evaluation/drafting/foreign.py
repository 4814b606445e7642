"""Whether a text is neither English nor Chinese. Knows nothing of documents.

By its script, and in Latin script by what speaks for another language: its small words, and letters with
marks. That English words are few says nothing: price lists and tables have none.
"""

import re

from core.language import CJK

_READ = 2000
"""Characters by which a text is known."""
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]+")
_HAN = re.compile(f"[{CJK}]")
_OTHER_SCRIPT = re.compile("[\u0370-\u1dff\u3040-\u30ff\uac00-\ud7af]")
_MARKED = re.compile("[\u00c0-\u024f\u1e00-\u1eff]")
_ENGLISH = re.compile(
    r"\b(?:the|of|and|to|in|is|are|for|on|at|with|by|be|or|not|from|as|it|that|this|you|may|must|if)\b",
    re.IGNORECASE,
)
_OTHERS = re.compile(  # in small letters alone: Los Angeles, IL and an est. are no other language
    r"\b(?:der|das|und|ist|nicht|mit|für|dem|ein|eine|auf|werden|sind"  # German
    r"|het|een|niet|voor|zijn|aan|dat|deze"  # Dutch
    r"|og|det|ikke|til|af|och|är|på|att|som|med"  # Danish, Norwegian, Swedish
    r"|de|le|la|les|des|un|et|une|dans|pour|que|qui|pas|du|aux|où"  # French
    r"|el|los|las|y|por|para|del|una|es|con|hasta"  # Spanish
    r"|il|gli|che|di|della|dei|sono|nel|non|ogni|si|sul|alla|è"  # Italian
    r"|um|uma|não|às|ao|dos|das|são|em|nos|nas"  # Portuguese
    r"|jest|nie|się|oraz|lub|že|ve|bir|için|yang|untuk|dengan|és|hogy|nem|je|și|este|pentru)\b"
)
_LEAST_JUDGED = 12
"""Latin words by which a text is known to be English or not."""
_FEW = 0.08
"""Share of small words from which a text speaks for their language."""
_MARKED_LETTERS = 0.06


def is_foreign(text: str) -> bool:
    """Whether a text is neither English nor Chinese, by its beginning.

    >>> is_foreign("Das Museum ist montags geschlossen, der Eintritt kostet zehn Euro und " * 3)
    True
    >>> is_foreign("Item: adult ticket; price: 10 euros; days: Monday. " * 5), is_foreign("博物馆每周一闭馆")
    (False, False)
    """
    text = text[:_READ]
    found = _LATIN.findall(text)
    latin, han = len(found), len(_HAN.findall(text))
    if len(_OTHER_SCRIPT.findall(text)) > max(latin, han) / 4:
        return True
    if han > latin or latin < _LEAST_JUDGED:
        return False
    english, other = len(_ENGLISH.findall(text)), len(_OTHERS.findall(text))
    is_marked = len(_MARKED.findall(text)) >= _MARKED_LETTERS * sum(map(len, found))
    return other > max(english, _FEW * latin) or (is_marked and english < _FEW * latin)
