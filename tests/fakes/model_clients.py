"""SDK clients of the scripted model server, closed when their test is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from anthropic import Anthropic

from cockpit.demo.model import ModelServer

MODEL = "claude-sonnet-5-5"

CLIENTS: list[Anthropic] = []


def client_of(server: ModelServer | str, retries: int = 0, key: str = "any") -> Anthropic:
    """A client, by default one that never tries again."""
    url = server if isinstance(server, str) else server.url
    CLIENTS.append(Anthropic(base_url=url, api_key=key, max_retries=retries))
    return CLIENTS[-1]


@pytest.fixture
def hang_up() -> Iterator[None]:
    """Close what the test opened."""
    yield
    while CLIENTS:
        CLIENTS.pop().close()


def say_go(client: Anthropic) -> str:
    """Say "Go"; gives the answer's text."""
    made = client.messages.create(model=MODEL, max_tokens=99, messages=[{"role": "user", "content": "Go"}])
    return str(made.content[0].model_dump()["text"])
