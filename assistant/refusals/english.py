"""How refusals are worded in English. Knows nothing of whole texts."""

import re

from assistant.refusals.grammar import Grammar, pattern

_PARTS = {
    "WH": r"(ASKED|whom|if|that)\b",
    "ASKED": r"(who|whose|which|what|when|where|why|how|whether)\b",
    "FINITE": r"\b(is|are|was|were|am|may|might|must|can|could|shall|should|will|would|has|have|had|do|does"
    r"|did|needs?|costs?|pays?|counts?|opens?|closes?)\b",
    "HAPPENS": r"(FINITE|\w+ed|starts?|begins?|ends?|leaves?|departs?|arrives?|takes? place)",
    "FIGURE": r"(?<!\d)\d{1,3}(?!\d)",
    # What the speaker was given to read. Documents and materials are also things of the world, prose is not.
    "SOURCE": r"\b((any|all|both|either|most|one|none) of )?((the|this|these|those|my|your|any|all|both) )?"
    r"(GIVEN )*(PROSE|THING)\b(?! (of|between) (?!ASKED))(BYWHOM)*",
    "GIVEN": r"provided|given|supplied|available|retrieved|above|attached|present|relevant|reference|source"
    r"|following|uploaded|other|training|search|two|three|few|short|whole|entire|existing|limited",
    "PROSE": r"passages?|contexts?|texts?|excerpts?|extracts?|snippets?|paragraphs?",
    "THING": r"documents?|handbook|brochure|leaflet|guidebook|faq|pages?|report|section|materials?|sources?"
    r"|information|content|articles?|corpus|knowledge base|results|documentation|data",
    "BYWHOM": r" (provided|given|supplied|above|available|at hand|here|in question|in front of me|to me"
    r"|alone)| ((that|which) )?(i|you|we)( was| were| have| had| am)?( been)? (given?|gave|provided|shared"
    r"|have|sent|supplied)( me| us| with)*",
    "READ": r"(PROSE|documents?|handbook|brochure|leaflet|guidebook|faq|report|materials|sources|articles?)\b"
    r"(?! (of|between) (?!ASKED))|(GIVEN )+(THING)\b|(in|from) (the|these|this|your) (material|pages?)\b"
    r"|(THING) (provided|given|supplied|above|available)",
    # Who fails to say: the source, or nobody in particular. "The officer did not name the report" answers.
    "SUBJECT": r"(?=(DUMMY|((none|one|any|most|some|each|neither|parts?) of |nothing in |no(t one"
    r"| single)? )?SOURCE|(it|they|you|one)\b.* (in|from|within) SOURCE)\b)",
    "DUMMY": r"that|this|there|nothing|nobody|no one|none|not|neither|nowhere|no \w+|only|ASKED",
    "IN": r" (in|by|from|within|with|on|among|throughout|using|based on|on the basis of) SOURCE( .*)?$",
    # Failing.
    "NOT": r"(do|does|did|can|could) not|(fail|stop)(s|ed)?( short of)?( to)?|never|neither",
    "NO": r"no|not|none|nobody|no one|nothing|nowhere|neither|never|without|hardly|little|fails?|failed"
    r"|short|insufficient|impossible|hard|difficult|unable|too|lacks?",
    "LAW": r"contract|lease|will|agreement|treaty|statute|act|law|regulations?|directive|code|convention"
    r"|policy|terms|deed|constitution|charter|ticket|rules|section \d+|article \d+",
    "SCARCE": r"no|not any|not enough|not sufficient|insufficient|too little",
    "ABSENT": r"missing|absent|lacking|unavailable|omitted|left out|nowhere",
    "UN": r"un(known|clear|certain|stated|specified|mentioned|disclosed|answered|answerable|determined)",
    "OBLIGED": r"\b(need|needs|must|may|shall|should|have to|has to|had to|required)\b",
    # Answering: what a source does, what a speaker does, what is done with an answer, and the answer.
    "SAY": r"((VERB|(specif|clarif|identif|quantif|impl)(y|ie))(s|es|ing)?|PHRASAL|(SHOW)(s|es)? WH)\b",
    "VERB": r"mention|say|state|stating|indicate|tell|answer|address|discuss|explain|reveal|describe"
    r"|disclose|name|naming|list|cover|define|detail|report|quote|settle|elaborate|help|note|hint|outline"
    r"|comment|allude|enumerate|resolve|(shed|throw) (any|much) light",
    "PHRASAL": r"(let|allow|enable|permit)s? (me|us|one|(any |an? )?(conclusion|inference|answer))|(refer"
    r"|deal|touch|speak|talk|set|spell|go)(s|es)? (to|with|on|upon|of|about|out|into)|makes? ((this|that|it"
    r"|any) )?(clear|mention)",
    "SHOW": r"show|confirm|establish|suggest|record",
    "HOLD": r"(contain|include|provide|give|offer|has|have(?! to)|hold|supply|present|make|lack|omit)s?",
    "KNOW": r"(know|answer|say|tell|determine|find|found|locate|identify|verify|work out|figure out|see"
    r"|seen|deduce|infer|ascertain|respond|comment|recall|derive|conclude|judge|sure|certain|help|assist"
    r"|confirm|decide|choose|calculate|compute|estimate|been told|familiar)\b",
    "TELL": r"(know|say|tell|answer|determine|infer|deduce|conclude|judge)\b",
    "UNABLE": r"(can|could) not|((am|are|was|were|have been) )?(un|not )able to|(hard|difficult) to|(im"
    r"|not )possible to|no way (of|to)",
    "ISNOT": r"(is|are|was|were|has|have) (not|never|nowhere)( been)?",
    "TOLD": r"mentioned|specified|stated|indicated|discussed|known",
    "MISSED": r"TOLD|provided|given|available|found|clear|answerable|disclosed",
    "SHOWN": r"MISSED|included|listed|contained|covered|addressed|answered|explained|named|identified"
    r"|described|recorded|shown|quoted|set out|detailed|dealt with|to be found",
    "INFERRED": r"determined|answered|inferred|deduced|ascertained|known|established|derived",
    "ANSWER": r"(the |that |this |such |an? |any |enough |further |more |\w+ ){0,4}(INFORMATION)",
    "INFORMATION": r"(information|info|details?|answers?|mention|data|references?|indications?|statements?"
    r"|explanations?|specifics|clues?|hints?|descriptions?|discussion|guidance|figures?|context|anything"
    r"|knowledge|trace|evidence)\b",
    "ATTRIBUTE": r"(names?|numbers?|dates?|days?|years?|times?|hours?|timetables?|schedules?|prices?|fees?"
    r"|costs?|fares?|rates?|amounts?|totals?|address(es)?|reasons?|lengths?|durations?|sizes?|heights?"
    r"|weights?|ages?|limits?|deadlines?|locations?|definitions?|rules?)\b",
    "ON": r"(about|on|regarding|concerning|as to|WH)",
    # "A person who is not named": no refusal, but whom an answer is about.
    "PERSON": r"(?=(if|unless|once|anyone|those)\b|.*\b(whose|who (is|are|was|were|can))\b)",
}
_REFUSAL = (
    # The passages do not mention pets. Nothing in the text deals with that. I see no answer in the documents.
    r"SUBJECT(?=.*\b(READ))(?!((?!SAY|KNOW).)*(OBLIGED|\b(if|unless)\b)).*\b(NO)\b.*(?<!the )\b(SAY)",
    r"SUBJECT(?=.*\b(READ))(?!.*(OBLIGED|\b(count|serve|qualify|constitute|act)\b)).*\b(NO) ANSWER",
    r"SOURCE neither \w+ nor \w+\b|(there is )?nothing (in|within) SOURCE (ON|on|that|to)\b",
    "nowhere in SOURCE (is|are|was|were|do|does|did) |(the )?(GIVEN )*(PROSE|THING) (is|are) (ABSENT)IN$",
    "(neither( of)?|no|none of|nothing in) SOURCE HOLD .*(ATTRIBUTE)|SOURCE (shed|throw)s? (no|little) light",
    "(INFORMATION|.* (INFORMATION|ATTRIBUTE)).* (is|are|was|were) (ABSENT)($|IN)",
    # The text gives no fee, leaves it open, is silent on it. The fee is not in the text.
    "SOURCE (leaves? out|omits?|skips?|lacks?|miss(es)?)\\b",
    "SOURCE NOT (SAY)|SOURCE NOT HOLD (ANSWER|(the|an?|any|its|their) .*ATTRIBUTE|it$|that$|this$|WH)",
    "((the|this|these|your) )?(GIVEN )*PROSE(BYWHOM)* NOT HOLD (?!.*(right|guarantee))",
    "SOURCE (SAY|HOLD) ((me|us) )?(nothing|no (.* )?ATTRIBUTE)",
    "SOURCE (is|are|remains?|falls?|stays?) (silent|vague|UN|not (clear|specific|relevant|about)|unrelated"
    "|irrelevant"
    "|no help)",
    "SOURCE (is|are) (not (sufficient|enough)|insufficient|too \\w+)( to KNOW|$)",
    "SOURCE leaves? ((.* )?(open|out|UN)$|open WH)",
    "(?!PERSON)(.+ )?((ISNOT|can not be) (\\w+ed|SHOWN)IN|(ISNOT|not) (in|part of|among|within) SOURCE)",
    "(?!PERSON)(.+ )?ISNOT (part of|among) .*IN",
    r".+ (do|does|did) not (appear|occur|feature|come up|show up)IN",
    ".* (is|are|lies|falls|goes) (beyond|outside)( of)? .*(SOURCE|knowledge|scope)",
    r".*\b(NO) .*(answer|address|help|involve|concern|cover|relevant to|related? to) "
    "(the|this|that|your) question",
    "(?!.*OBLIGED)(nobody|no one|no \\w+) .*(SHOWN)( .*)?IN",
    # I do not know. I have no information. We cannot tell. Not sure.
    r"(?!(if|unless)\b)(?!((?!KNOW).)*OBLIGED)(.* )?i\b.*\b(NO) (.* )?(KNOW|SAY|idea|clue|way|access)",
    r"(.*\b)?not .*\bi (can|could) KNOW|.*\bnot .*\bi have ANSWER",
    r"(?!.*OBLIGED)i .*\b(NO) ANSWER|i (have )?((can|could) )?KNOW (no|nothing)",
    r"i (am|feel) un(sure|certain|familiar)|i (would|can|could|am) (only |merely |have to |be )*guess(ing)?$",
    "(i|we) ((lack|(would )?need (more|further)) ANSWER|would need (.*)?to KNOW)|i .*leave .*(open|UN)$",
    "(we|one) ((do|did) not (know|recall|have (any|that|this|enough|the) INFORMATION)|have no|(UNABLE) TELL)",
    "we (are|were) not (told|informed)|we have not been (told|informed)",
    "(do not know|dunno|idk)\\b|(no idea|no clue|not (sure|certain)|unsure)($| ON| of)",
    "((it|there) is )?(UNABLE) (TELL|find)\\b|there is no (telling|knowing|saying)\\b",
    # The fee is not stated. It is not clear whether it is paid. That cannot be inferred.
    "((?!uncertain)UN|missing|no comment|n/a|n\\.a|((is|are) )?not (MISSED))($|IN)",
    "(?!PERSON)(?!(when|where) )(.+ )?(ISNOT (TOLD)|(is|are|was|were|remains?|goes) UN)$",
    "(when|where) .*HAPPENS .*(ISNOT (TOLD)|(is|remains) UN)$",
    "(it|this|that) ((is|was) not (TOLD|clear|certain)|(is|remains) (UN|left open))($|IN)",
    "it ((is|was) not (TOLD|clear|certain)|(is|remains) (UN|left open)) (?!until|before)WH",
    "(?!when|where)ASKED .* ((is|are|was) (not (SHOWN)|left open)|UN)$",
    "ASKED .*(i|we|SOURCE) (NOT) (KNOW|SAY)$",
    "(the )?question (is|was) (missing|lacking) ANSWER|INFORMATION (ABSENT)$",
    "(ANSWER)( ON.*| to .*)? (ISNOT|(can|could) not be|not) (SHOWN)($|IN)",
    "(the|its|their|his|her|any|that|this|an?)( \\w+){0,3} ATTRIBUTE( of .*)? ISNOT (TOLD|given|provided)$",
    "(?!PERSON)(.* )?can not be INFERRED($| WH)",
    # There is no information. No details are given. Not enough context.
    r"(?!.*\b(in|by|under|of) (the|this|that|an?|our|your) (\w+ )?(LAW)\b)"
    "there (is|are|was|were) ((NO) )+ANSWER($| (of|for|available|provided|given|ON)\\b"
    "| to (KNOW|the|this|that|an?|support|suggest|confirm))",
    "(there is )?nothing( here)? (about|regarding|concerning|said|TOLD|found|relevant)\\b",
    "nothing .*is (said|TOLD)|(SCARCE) ANSWER .*to (KNOW|support)",
    "(SCARCE) ANSWER( (of|to|for|ON)\\b((?! (FINITE|makes?|means?|voids?|extends?|entitles?|leads?)).)*)?"
    "( ((is|are|was|were|can be|could be|has been|have been) )?(SHOWN)( ON.*)?)?(IN)?$",
    "no (mention|reference) is made|no (conclusion|inference|answer|statement)s? (can|could) be \\w+",
    "no ((relevant|matching|such) )+(documents?|passages?|results|entries)( (were |was )?(SHOWN))?$",
    "(more|further|additional) INFORMATION (is|are|would be) (needed|required|necessary)",
    "((it|they|this|that) )?(do|does|did) not (say|mention|state|specify)( it| so)?($| WH)",
)
_ADVERBS = (
    r"\b(actual|real|honest|simp|explicit|specifical|direct|clear|exact|precise|current|reliab|definite"
    r"|certain|ful|entire|complete|tru|genuine|unfortunate|regrettab|sad|accurate|confident|mere|on)ly\b"
    r"|\b(also|just|even|still|yet|quite|alas|itself|themselves|at all|in fact|anywhere|so far"
    r"|(for|with) (sure|certain(ty)?|confidence)|at (present|the moment)|(seem|appear)s? to)\b"
)
_IT = "((it|they|this|that|which|these) )?"
ENGLISH = Grammar(
    spelling=tuple(
        (re.compile(written), spelt)
        for written, spelt in (
            (r"\bcan'?t\b|\bcannot\b", "can not"),
            (r"\bwon't\b", "will not"),
            (r"n't\b|(?<=\bdo)nt\b", " not"),
            (r"'m\b", " am"),
            (r"'ve\b", " have"),
            (r"'d\b", " would"),
            (r"(?<=\bit|at|is|re)'s\b", " is"),
            (_ADVERBS, ""),
        )
    ),
    lead=pattern(
        _PARTS,
        r"((and|but|so|or|as(?! far)|since|because|although|though|while|however|therefore|thus|hence|sorry"
        r"|hmm|well|oh|i am (so |very )?(afraid|sorry)( to say)?|i regret( to say)?|my apologies"
        r"|i apologi[sz]e|it seems|i (must|have to) (say|admit)|i think|i believe)( that)?( |$))*"
        r"((without|with|from|given|on|in|as to|as for|about|regarding|concerning|based on|according to) "
        r".{1,80}? (?=(i|we|one|there|it|(the|these|this|my) (GIVEN )*(PROSE|THING)) .*\b(NO)\b))?",
    ),
    contrast=re.compile(r"(but|however|although|though|whereas|so|therefore|thus|hence)\b"),
    refusal=pattern(_PARTS, *_REFUSAL),
    elided=pattern(
        _PARTS,
        f"{_IT}((NOT) (SAY|HOLD)|(SAY|HOLD|found|find) nothing|(HOLD|found|find) no|no|nor) ?",
        r"not (?!.*(FIGURE|FINITE))",
        "(its|their|the|that|those) .*(is|are|do|does) not( (there|here|in (it|them)|among them|SHOWN))?$",
    ),
    bare=pattern(_PARTS, "(KNOW|TOLD|UN|sure|certain|idea|clue|say|this|that|it|question|SOURCE)$"),
    unfinished=pattern(_PARTS, r"\b(whether|if|which conditions)((?! FINITE) \w+){0,4}$|ASKED$"),
    source=pattern(
        _PARTS,
        "SOURCE$",
        r"(SOURCE|they|these|it only) (SAY|HOLD|(are|is) about|concern|(relate|pertain)s? to|focus(es)? on)"
        r"(?!.*(FIGURE|FINITE))",
        r"((the|this|these) )?(GIVEN )*PROSE(BYWHOM)* (?!.*(FIGURE|FINITE.*FINITE| that | may | must ))",
        r"(i|we) (have )?(looked|searched|read|checked|gone|went|reviewed|examined)\b(?!.*(FIGURE|FINITE))",
        r".+ (is|are) (mentioned|discussed|described|covered)($|IN)",
    ),
    filler=pattern(
        _PARTS,
        r"(final )?answer$|(that is )?an? (good|great|interesting) question$",
        r"(that|it|anything .*|any answer .*) would be (a guess|guesswork|guessing|(mere |pure )?speculat)",
        r"(no offen[cs]e|apologies|pardon|ok(ay)?|thank(s| you)|for the inconvenience|about that)\b",
        r"(?!.*(FIGURE|\b(pay|free)\b))((please|kindly|you (may|might|should|could|can|will|would)( (want"
        r"|wish|need|have) to)?|it (is|would be) best to|try to|i (would )?(suggest|recommend|advise)( that)?"
        r"( you)?( to)?|perhaps) )*(contact|consult|ask|check|call|refer|see|visit|look|speak|turn|try"
        r"|provide|share|upload|rephrase|clarify|verify|get in touch|write)(ing)?\b",
        r"(for (more|further|current|exact|up-to-date)|if you|let me know|feel free|i (hope|can help|am happy"
        r"|would be happy|would rather not))\b",
    ),
    topic=pattern(
        _PARTS,
        r"(ASKED|if|(as )?far as|as|because|based|according|going|judging)\b",
        r"(?!.*FINITE)(in|on|at|for|from|with|after|having|to|under|within|regarding|concerning|about|given"
        r"|among|throughout|by|despite|beyond|apart|without)\b",
        "from (what|all)|in (what|all)|with (what|the)",
    ),
    asked=pattern(_PARTS, r"((nor|or|and) )?([a-z]+ )?(WH|nor\b)", "(FINITE) "),
    noun=pattern(_PARTS, "(?!.*(FINITE|FIGURE|perhaps|maybe|probably|possibly|about))"),
)
