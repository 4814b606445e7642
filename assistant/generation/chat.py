"""Where messages become text or tokens, and a completion becomes an answer. Knows nothing of weights.

Prompts, training texts and requests to an endpoint all come through here: no document and no question can
end its turn or open another, whatever model reads it, and no answer shows what a model only thought.
"""

import re
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from assistant.types import Message
from core.errors import GenerationError

CONTROL = re.compile(
    r"<[|｜][^<>\n]{1,64}>|<[^<>\n|｜]{1,64}[|｜]>"  # ChatML, Llama 3, Phi, DeepSeek, GLM, Gemma 4
    r"|</?s>|<(?:bos|eos|pad|unk|mask|sop|eop|(?:start|end)_of_turn)>"  # Llama 2, Gemma, ChatGLM
    r"|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|THINK)\]|<</?SYS>>"  # Mistral
    r"|\[(?:gMASK|BOS|EOS)\]"
    r"|</?(?:think|thinking|thought|tool_call|tool_response)>"
    r"|\[\|[^\[\]\n|]{1,64}\|\]|\]~!?b\[?|\[e~\["  # EXAONE, MiniMax
    r"|<(?:extra_id_|unused|reserved_(?:token_)?|SPECIAL_)\d{1,6}>"  # Nemotron, Gemma, Baichuan
    r"|<seed:[a-z_]{1,32}>|<end_of_utterance>|<(?:start|end)_of_image>|<_(?:user|bot|system|end|start)>"
)
"""What models of the common families take for a change of turns, where their tokenizer is not known."""
_THOUGHTS = re.compile(
    r"<(/?)(?:think|thinking|thoughts?|reasoning|seed:think) ?>|\[(/?)THINK\]|◁(/?)think▷"
    r"|<\|(?:begin|(end))_of_thought\|>|<\|(?:START|(END))_THINKING\|>|<unused(?:94|(95))>"  # Sky, Command
    r"|<\|channel\|>(?:analysis|commentary|(final))[^<]{0,64}<\|message\|>",  # gpt-oss
    re.IGNORECASE,
)
_FRAMES = ("<|channel|>", "<|message|>")  # gpt-oss says between them whether it thinks
_LEFT_OVER = re.compile(
    r"\A(?:<\|(?:begin_of_solution|START_RESPONSE)\|>\s*)+"
    r"|(?:(?:<[|｜](?:im_end|end|eot_id|eom_id|endoftext|end_of_text|end_of_turn|end_of_solution|END_RESPONSE|return"
    r"|end▁of▁sentence)[|｜]>|</s>|<end_of_turn>|<eos>)\s*)+\Z"
)
"""What a server leaves of the marks around an answer that it should have taken away."""
_ANSWER = re.compile(r"<answer>(.*?)(?:</answer>)?", re.DOTALL | re.IGNORECASE)
_MARKS = (
    *("<think>", "<thinking>", "[THINK]", "◁think▷", "<answer>", "<|begin_of_thought|>"),
    *("<|START_THINKING|>", "<|channel|>analysis<|message|>"),
)
_LIST = re.compile(
    r"\s*(?:[-*•·]\s|\(?\d{1,2}[.)、）:](?!\d)|\(?[a-zA-Z][.)]\s|\(?[一二三四五六七八九十]{1,3}[、)）])"
)
_PROBE = "Xq7Zk"  # a text that no template writes


class Chat:
    """A tokenizer with its chat template; `thinking` lets a model think before it answers."""

    def __init__(self, tokenizer: Any, thinking: bool = False) -> None:
        """Take the tokenizer of a model.

        Raises:
            GenerationError: it has no chat template.
        """
        if not tokenizer.chat_template:
            raise GenerationError(
                f"{tokenizer.name_or_path} has no chat template; set generator.model to an instruct model"
            )
        self._tokenizer, self._thinking = tokenizer, thinking

    def encode(self, messages: Sequence[Message], reply: bool) -> list[int]:
        """Return the token ids of a chat; `reply` opens the assistant's turn.

        A control token such as `<|im_end|>` inside a message is broken up by a space.
        """
        text = self._render(self._turns(messages), reply)
        if reply and not self._thinking and (mark := _opened_thought(text)):
            text = f"{text.rstrip()}\n\n{_closing(mark)}\n\n"  # some templates have no switch for it
        return self._ids(text)

    def encode_reply(self, text: str) -> list[int]:
        """Return the token ids of what an assistant should learn to say, the end of its turn included."""
        return [*self._ids(self.harmless(text)), self._turn_end]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of `ids`, without control tokens and without an unfinished last character.

        Where the template itself opened the model's thoughts, they begin with their mark here as well.
        """
        hides = not any(map(_is_of_thoughts, self._tokenizer.all_special_tokens))
        text = str(self._tokenizer.decode(ids, skip_special_tokens=hides))
        if not hides:
            text = self._special.sub("", text)
        return self._opening + text.rstrip("\ufffd")

    def harmless(self, text: str) -> str:
        """Return `text` with its control tokens broken up."""
        return self._control.sub(_broken, text)

    @cached_property
    def stops(self) -> frozenset[int]:
        """Ids of the tokens that end an answer, as far as tokenizer and template know them."""
        return frozenset({self._turn_end, self._tokenizer.eos_token_id} - {None})

    @cached_property
    def _turn_end(self) -> int:
        """Id of the token that the template writes after an assistant's words."""
        turns = [{"role": "user", "content": _PROBE}, {"role": "assistant", "content": _PROBE}]
        after = self._render(turns, reply=False).rpartition(_PROBE)[2]
        named = self._control.search(after)
        found = self._tokenizer.get_vocab().get(named[0]) if named else None
        return int(self._tokenizer.eos_token_id if found is None else found)

    @cached_property
    def _control(self) -> re.Pattern[str]:
        own = {*self._tokenizer.get_added_vocab(), *self._tokenizer.all_special_tokens} - {""}
        longest_first = sorted(own, key=lambda token: (-len(token), token))
        return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    @cached_property
    def _special(self) -> re.Pattern[str]:
        hidden = [token for token in self._tokenizer.all_special_tokens if not _is_of_thoughts(token)]
        return re.compile("|".join(map(re.escape, sorted(hidden, key=len, reverse=True))) or r"(?!)")

    @cached_property
    def _opening(self) -> str:
        """The mark of thoughts that a template writes before the model's first word."""
        if not self._thinking:
            return ""
        return _opened_thought(self._render([{"role": "user", "content": _PROBE}], reply=True))

    @cached_property
    def _has_system_role(self) -> bool:
        turns = [{"role": "system", "content": _PROBE}, {"role": "user", "content": "?"}]
        try:
            return _PROBE in self._render(turns, reply=True)
        except Exception:  # a template may raise whatever it likes
            return False

    def _turns(self, messages: Sequence[Message]) -> list[dict[str, str]]:
        """Return the messages as a template takes them; where it knows no system, the user says its words."""
        turns = [{"role": one.role, "content": self.harmless(one.content)} for one in messages]
        if self._has_system_role or turns[0]["role"] != "system":
            return turns
        rules, *rest = turns
        if not rest:
            return [{"role": "user", "content": rules["content"]}]
        first = {"role": "user", "content": f"{rules['content']}\n\n{rest[0]['content']}"}
        return [first, *rest[1:]]

    def _render(self, turns: Sequence[dict[str, str]], reply: bool) -> str:
        return str(
            self._tokenizer.apply_chat_template(
                turns,
                tokenize=False,
                add_generation_prompt=reply,
                enable_thinking=self._thinking,
                thinking=self._thinking,
            )
        )

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def open_chat(folder: Path, thinking: bool = False) -> Chat:
    """Return the chat of the model in `folder`.

    Raises:
        GenerationError: it has no chat template.
    """
    from transformers import AutoTokenizer

    return Chat(AutoTokenizer.from_pretrained(folder), thinking)


def for_endpoint(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return messages as an OpenAI-compatible server takes them, what could be a control token broken up."""
    return [{"role": one.role, "content": CONTROL.sub(_broken, one.content)} for one in messages]


def spoken(text: str) -> str:
    """Return what a model said without what it thought; nothing while it is still thinking.

    >>> spoken("<think>Days?</think> 7 days"), spoken("Days?</think>7 days"), spoken("<think>Days")
    ('7 days', '7 days', '')
    """
    said: list[str] = []
    start, is_thinking = 0, False
    for mark in _THOUGHTS.finditer(text):
        closes = any(mark.groups())
        if not is_thinking:  # a mark that closes what was never opened: the template had opened it
            said = [] if closes else [*said, text[start : mark.start()]]
        start, is_thinking = mark.end(), not closes
    whole = ("".join(said) if is_thinking else "".join([*said, text[start:]])).strip()
    whole = _LEFT_OVER.sub("", whole).strip()
    if answer := _ANSWER.fullmatch(whole):
        whole = answer[1].strip()
    return "" if any(mark.startswith(whole) for mark in _MARKS) else whole


def first_line(text: str) -> str:
    r"""Return the first line of an answer; one that begins a list is an answer with all that follows.

    >>> first_line("7 days\nThe contract says so."), first_line("1. passport\n2. visa")
    ('7 days', '1. passport\n2. visa')
    """
    line, _, rest = text.partition("\n")
    begins_list = line.rstrip().endswith((":", "：")) or bool(_LIST.match(line))
    return text if rest and begins_list else line.rstrip()


def is_line_over(text: str) -> bool:
    r"""Say whether an answer of one line is complete: its line has ended, and it begins no list.

    >>> is_line_over("7 days\n"), is_line_over("7 days"), is_line_over("These:\n")
    (True, False, False)
    """
    said = spoken(text)
    return bool(said) and text.rstrip(" \t").endswith("\n") and first_line(f"{said}\n.") == said


def _opened_thought(text: str) -> str:
    """Return the mark that opens thoughts at the end of a prompt, if it ends so."""
    marks = list(_THOUGHTS.finditer(text))
    if marks and not any(marks[-1].groups()) and not text[marks[-1].end() :].strip():
        return marks[-1][0]
    return ""


def _closing(mark: str) -> str:
    """Return the mark that closes the thoughts which `mark` opens."""
    return mark.replace("START", "END").replace("begin", "end") if "|" in mark else f"{mark[0]}/{mark[1:]}"


def _is_of_thoughts(token: str) -> bool:
    return token in _FRAMES or _THOUGHTS.fullmatch(token) is not None


def _broken(control: re.Match[str]) -> str:
    return f"{control[0][0]} {control[0][1:]}"
