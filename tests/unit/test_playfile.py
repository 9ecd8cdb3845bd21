"""Plays in TOML, and the mistakes in them."""

from __future__ import annotations

import pytest

from cockpit.demo.playfile import parse
from cockpit.demo.script import BadPlay, Fault, Play, Scene, answer, bash, edit, read, scene, step, turn

FILE = """
[[scene]]
name = "median"
when = ["Add a median", "T1"]
system = "builder"
[[scene.turn]]
[[scene.turn.step]]
say = "Look."
read = "a.py"
bash = "ls"
fail = { status = 429, retry_after = 1, times = 2 }
[[scene.turn.step]]
edit = { path = "a.py", old = "x", new = "y" }
hang = 1
[[scene.turn.step]]
say = "Done."
[[scene.answer]]
on = "x"
value = { approve = true }
[[shared]]
on = "A person"
[[shared.step]]
say = "Noted."
"""


def test_a_play_can_be_read_from_toml() -> None:
    wanted = Scene(
        "median",
        ("Add a median", "T1"),
        "builder",
        (
            turn(
                step("Look.", read("a.py"), bash("ls"), fault=Fault(status=429, retry_after=1, times=2)),
                step("", edit("a.py", "x", "y"), fault=Fault(hang=1)),
                step("Done."),
            ),
        ),
        (answer({"approve": True}, on="x"),),
    )
    assert parse(FILE) == Play((wanted,), (turn(step("Noted."), on="A person"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[scene]", "the play: Expected"),
        ("[[scenes]]", "unknown key 'scenes'; known here: scene, shared"),
        ("[[scene]]\nname = 3", "scene 1: name = 3: expected str"),
        ("[[scene]]\nname = 'a'", "scene 'a' has neither turns nor answers"),
        ("[[scene]]\n[[scene.turn]]", "turn 1 has no steps"),
        ("[[scene]]\n[[scene.turn]]\non = 'x'\n[[scene.turn.step]]", "no turn without `on`"),
        ("[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\nwrite = 'x'", "expected a table of texts: path, text"),
        ("[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\nwrite = {path='x'}", "write takes path, text; got path"),
        ("[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\n[[scene.turn.step]]", "it must be the last"),
        ("[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\nfail = {sattus=4}", "unknown key 'sattus'"),
        ("[[scene]]\n[[scene.turn]]\n[[scene.turn.step]]\ntokens = true", "tokens = True: expected int"),
        ("[[scene]]\n[[scene.answer]]", "give either a value or a text"),
        ("[[shared]]\n[[shared.step]]", "a shared turn needs `on`"),
    ],
)
def test_a_play_that_makes_no_sense_says_where(text: str, message: str) -> None:
    with pytest.raises(BadPlay) as caught:
        parse(text)
    assert message in str(caught.value)


def test_two_scenes_can_not_share_a_name() -> None:
    one = scene("a", turn(step("x")), name="same")
    with pytest.raises(BadPlay, match="two scenes are called 'same'"):
        Play((one, one))
