"""What the scripted model server does wrong when it is told to."""

from __future__ import annotations

import json
import threading
from typing import Any

import anthropic
import pytest

from cockpit.demo.model import ModelServer
from cockpit.demo.script import Fault, Play, scene, step, turn
from tests.fakes.model_clients import MODEL, client_of, hang_up, say_go  # noqa: F401

pytestmark = pytest.mark.usefixtures("hang_up")


def faulty(fault: Fault) -> Play:
    return Play((scene("Go", turn(step("Here I am, and I have a lot to say about it.", fault=fault))),))


def test_an_error_strikes_as_often_as_it_says() -> None:
    with ModelServer(faulty(Fault(status=429, retry_after=0, message="slow down", times=2))) as server:
        with pytest.raises(anthropic.RateLimitError, match="slow down") as caught:
            say_go(client_of(server))
        assert caught.value.response.headers["retry-after"] == "0"
        assert say_go(client_of(server, retries=1)).startswith("Here I am")
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, anthropic.BadRequestError), (401, anthropic.AuthenticationError), (529, anthropic.InternalServerError)],
)
def test_every_error_has_its_kind(status: int, kind: type[Exception]) -> None:
    with ModelServer(faulty(Fault(status=status))) as server, pytest.raises(kind):
        say_go(client_of(server))


def test_a_cut_stream_ends_in_the_middle() -> None:
    with ModelServer(faulty(Fault(cut=True))) as server:
        client = client_of(server)
        with client.messages.stream(model=MODEL, max_tokens=9, messages=[{"role": "user", "content": "Go"}]) as stream:
            seen = [event.type for event in stream]
            assert stream.current_message_snapshot.stop_reason is None
        assert "message_stop" not in seen
        assert say_go(client).startswith("Here I am"), "the next try goes well"


def test_a_cut_answer_without_a_stream_is_a_lost_connection() -> None:
    with ModelServer(faulty(Fault(cut=True))) as server, pytest.raises(anthropic.APIConnectionError):
        say_go(client_of(server))


def test_garbage_is_no_message() -> None:
    with ModelServer(faulty(Fault(garbage=True))) as server:
        client = client_of(server)
        with pytest.raises(json.JSONDecodeError):
            say_go(client)
    with ModelServer(faulty(Fault(garbage=True))) as server:
        client = client_of(server)
        user: list[Any] = [{"role": "user", "content": "Go"}]
        with (
            pytest.raises(ValueError, match=r"Expecting property name"),
            client.messages.stream(model=MODEL, max_tokens=9, messages=user) as stream,
        ):
            stream.get_final_message()


def test_a_hanging_answer_ends_with_the_server() -> None:
    server = ModelServer(faulty(Fault(hang=600)))
    server.start()
    failures: list[Exception] = []

    def ask() -> None:
        try:
            say_go(client_of(server))
        except anthropic.APIConnectionError as error:
            failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    server.wait_for(lambda request: request.scene == "Go")
    server.stop()
    asking.join(10)
    assert len(failures) == 1
