"""The endpoint generator, against `transformers serve` on loopback with the tiny model."""

import math
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from langchain_core.language_models import FakeListChatModel

from assistant.generation.endpoint import EndpointGenerator, Place, open_endpoint
from assistant.generation.local import LocalGenerator
from assistant.generation.types import Weights
from assistant.types import Message, Prompt
from core.errors import GenerationError
from settings import Generator, Settings

PROMPTS = [Prompt((Message("user", text),)) for text in ("When is the deposit refunded?", "押金多久退还？")]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def endpoint(url: str, model: Path, timeout: float = 60) -> EndpointGenerator:
    wanted = Generator(model=str(model), endpoint=url, endpoint_timeout=timeout, max_new_tokens=12)
    return open_endpoint(Settings(generator=wanted))


@pytest.fixture(scope="module")
def server(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a running server."""
    port = free_port()
    command = [str(Path(sys.executable).parent / "transformers"), "serve", str(tiny_model)]
    command += ["--device", "cpu", "--host", "127.0.0.1", "--port", str(port)]
    log = tmp_path_factory.mktemp("serve") / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    try:
        for _ in range(240):
            with suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1).close()
                break
            assert process.poll() is None, log.read_text()
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def test_a_real_server_says_what_the_local_model_says(
    server: str, tiny_model: Path, generator: LocalGenerator
) -> None:
    heard: dict[int, str] = {}
    remote = endpoint(server, tiny_model)
    replies = remote.generate(
        PROMPTS, on_done=lambda index, generation: heard.update({index: generation.text})
    )
    local = generator.generate(PROMPTS)
    assert [reply.text.strip() for reply in replies] == [reply.text.strip() for reply in local]
    assert [heard[0], heard[1]] == [reply.text for reply in replies]
    assert [reply.usage.prompt_tokens for reply in replies] == [reply.usage.prompt_tokens for reply in local]


def test_a_stream_ends_with_what_generate_says(server: str, tiny_model: Path) -> None:
    remote = endpoint(server, tiny_model)
    seen = list(remote.stream(PROMPTS[1]))
    assert seen[-1].text.strip() == remote.generate(PROMPTS[1:])[0].text.strip()
    assert len(seen) > 2
    assert 0 < seen[-1].first_token <= seen[-1].total


def test_a_longer_limit_may_be_asked_for(server: str, tiny_model: Path) -> None:
    (short,) = endpoint(server, tiny_model).generate(PROMPTS[:1], max_new_tokens=3)
    assert short.usage.completion_tokens <= 3


def test_a_server_that_is_not_there_is_named_with_the_remedy(tiny_model: Path) -> None:
    nobody = endpoint(f"http://127.0.0.1:{free_port()}/v1", tiny_model)
    with pytest.raises(GenerationError, match="check that the server runs"):
        nobody.generate(PROMPTS[:1])
    with pytest.raises(GenerationError, match="check that the server runs"):
        next(nobody.stream(PROMPTS[0]))


def test_a_silent_server_is_given_up(tiny_model: Path) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        with pytest.raises(GenerationError, match="check that the server runs"):
            endpoint(url, tiny_model, timeout=0.2).generate(PROMPTS[:1])


def test_a_fingerprint_is_the_place_and_the_model(tiny_model: Path) -> None:
    here, there = endpoint("http://a/v1", tiny_model), endpoint("http://b/v1", tiny_model)
    assert here.fingerprint == endpoint("http://a/v1", tiny_model).fingerprint != there.fingerprint


def test_without_a_tokenizer_tokens_are_estimated(tiny_model: Path) -> None:
    guessing = endpoint("http://a/v1", tiny_model)
    assert guessing.count_tokens("Deposit 押金, refunded") == 5, "two characters and two words of 1.35"
    assert guessing.estimates_tokens


def test_with_its_tokenizer_tokens_are_counted(tiny_model: Path, generator: LocalGenerator) -> None:
    wanted = Generator(model="m", endpoint="http://a/v1", tokenizer=str(tiny_model))
    knowing = open_endpoint(Settings(generator=wanted))
    assert knowing.count_tokens("Deposit 押金") == generator.count_tokens("Deposit 押金")
    assert not knowing.estimates_tokens


class TestChoose:
    def asked_of(self, *replies: str) -> EndpointGenerator:
        chat = FakeListChatModel(responses=list(replies))
        return EndpointGenerator(chat, Place("http://nowhere/v1", "fake"), 12)

    def test_a_server_chooses_for_sure(self) -> None:
        heard: dict[int, Weights] = {}
        remote = self.asked_of('{"choice": "否"}')
        weighed = remote.choose(PROMPTS, ("是", "否"), on_done=lambda index, one: heard.update({index: one}))
        assert weighed == [(-math.inf, 0.0)] * 2 == [heard[0], heard[1]]

    @pytest.mark.parametrize(
        "reply", ["Well, yes", "[" * 100_000, '{"choice": "maybe"}', '{"choice": ["yes"]}', "[]", ""]
    )
    def test_what_is_no_choice_is_an_error(self, reply: str) -> None:
        with pytest.raises(GenerationError, match="gave no answer"):
            self.asked_of(reply).choose(PROMPTS[:1], ("yes", "no"))
