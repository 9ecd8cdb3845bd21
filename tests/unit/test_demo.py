"""The demo's content: the package is sound, and the play does what the plan's story says, on real clones."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit import config
from cockpit.demo.conversation import Conversation, Said
from cockpit.demo.director import Director
from cockpit.demo.playfile import load
from cockpit.demo.scene import PLAY, lay_out
from cockpit.demo.script import Call, Scene, Turn
from cockpit.sources.plan import parse
from cockpit.state import MergePolicy, TaskDraft
from tests.repos import git

PLAYED = load(PLAY)
SCENES = {scene.name: scene for scene in PLAYED.scenes}
TASKS = ("range", "deviation", "quotes", "median", "alignment", "quartiles", "json")


class Clone:
    """An agent's worktree, and the hands that carry out its script."""

    def __init__(self, repository: Path, name: str) -> None:
        self.root = repository.parent / "worktrees" / name
        self.name = name
        git(repository, "worktree", "add", "-q", "-b", f"agent-1/{name}", str(self.root), "main")

    def play(self, turn: Turn) -> list[str]:
        """Carry out a turn; gives what the calls printed. An edit or a read that does not fit fails the test."""
        return [self._do(call) for step in turn.steps for call in step.calls]

    def plays(self, on: str = "") -> list[str]:
        """Carry out the turn of this clone's own scene."""
        return self.play(turn_of(SCENES[self.name], on))

    def _do(self, call: Call) -> str:
        match call.tool, dict(call.inputs):
            case "bash", {"command": command}:
                done = subprocess.run(
                    ["bash", "-c", command], cwd=self.root, capture_output=True, text=True, check=False
                )
                return done.stdout + done.stderr
            case "read", {"path": path}:
                return (self.root / str(path)).read_text()
            case "write", {"path": path, "text": text}:
                (self.root / path).write_text(text)
            case "edit", {"path": path, "old": old, "new": new}:
                before = (self.root / path).read_text()
                assert before.count(old) == 1, f"{path} holds {old!r} {before.count(old)} times"
                (self.root / path).write_text(before.replace(old, new))
            case other:
                raise AssertionError(f"the play uses {other}")
        return ""

    @property
    def is_green(self) -> bool:
        return run_suite(self.root) == 0

    @property
    def is_clean(self) -> bool:
        return git(self.root, "status", "--porcelain") == ""

    @property
    def commits(self) -> int:
        return int(git(self.root, "rev-list", "--count", "main..HEAD"))

    def is_done(self) -> bool:
        """Everything is committed, and there is something."""
        return self.is_clean and self.commits > 0

    def lands(self, repository: Path) -> None:
        """Merge into main as the cockpit would, and hold main to be green."""
        git(repository, "merge", "-q", "--no-ff", "-m", f"Merge {self.name}", f"agent-1/{self.name}")
        assert run_suite(repository) == 0, f"{self.name} broke main"


def run_suite(folder: Path) -> int:
    argv = [sys.executable, "-B", "-m", "unittest", "-q"]
    return subprocess.run(argv, cwd=folder, capture_output=True, check=False).returncode


def turn_of(scene: Scene, on: str = "") -> Turn:
    return next(turn for turn in scene.turns if turn.on == on)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "demo")


@pytest.fixture
def drafts(repository: Path) -> dict[str, TaskDraft]:
    """The plan's tasks, by the name of their scene."""
    plan = parse((repository / "PLAN.md").read_text(), "PLAN.md")
    assert plan.warnings == ()
    return {scene_of(draft.title).name: draft for draft in plan.drafts}


def scene_of(title: str) -> Scene:
    first = f"Task T1: {title}\n\nWhat to do:\n"
    return next(scene for scene in PLAYED.scenes if all(text in first for text in scene.when))


def test_the_repository_is_sound(repository: Path, tmp_path: Path) -> None:
    assert run_suite(repository) == 0
    subprocess.run([sys.executable, "-m", "compileall", "-q", "."], cwd=repository, check=True)
    assert git(repository, "status", "--porcelain") == "", "what Python leaves behind is ignored"
    assert git(repository, "symbolic-ref", "--short", "HEAD") == "main"
    again = lay_out(tmp_path / "again")
    assert git(again, "rev-parse", "HEAD") == git(repository, "rev-parse", "HEAD")
    assert not list(again.rglob("__pycache__"))


def test_its_configuration_is_that_of_a_night(repository: Path) -> None:
    settings = config.load(repository, {"HOME": str(repository)})
    assert (settings.agents.kind, settings.agents.count) == ("api", 3)
    assert (settings.merge.policy, settings.repository.target) == ("auto", "main")
    assert settings.budget.night_usd == 5.0
    for gate in settings.gates:
        assert (
            subprocess.run(["bash", "-c", gate.command], cwd=repository, capture_output=True, check=False).returncode
            == 0
        )


def test_the_plan_tells_the_story_that_the_play_knows(drafts: dict[str, TaskDraft]) -> None:
    assert tuple(drafts) == TASKS
    assert drafts["quartiles"].depends_on == (drafts["median"].key,)
    assert [name for name, draft in drafts.items() if draft.depends_on] == ["quartiles"]
    assert [name for name, draft in drafts.items() if draft.merge is MergePolicy.ASK] == ["json"]
    assert scene_of("Whatever a user adds").name == "anything else"


def test_the_reviewer_answers_each_criterion_in_its_words(drafts: dict[str, TaskDraft]) -> None:
    for name, draft in drafts.items():
        for one in SCENES[name].answers:
            assert one.value is not None
            assert set(one.value) == {"approve", "summary", "criteria", "findings"}
            assert tuple(checked["criterion"] for checked in one.value["criteria"]) == draft.criteria
            blocking = [f for f in one.value["findings"] if f["severity"] == "blocking"]
            unmet = [c for c in one.value["criteria"] if not c["met"]]
            assert bool(blocking) == bool(unmet) == (not one.value["approve"])


@pytest.mark.parametrize("name", [name for name in TASKS if name not in ("quotes", "quartiles")])
def test_the_work_of_a_scene_is_committed_and_green(repository: Path, name: str) -> None:
    clone = Clone(repository, name)
    clone.plays()
    assert clone.is_done()
    assert clone.is_green


@pytest.mark.parametrize("name", [name for name in TASKS if name != "quartiles"])
def test_the_new_tests_fail_without_the_work(repository: Path, name: str) -> None:
    clone = Clone(repository, name)
    clone.plays()
    for path in git(clone.root, "diff", "--name-only", "main").splitlines():
        if "/tests/" not in path:
            git(clone.root, "checkout", "-q", "main", "--", path)
    assert not clone.is_green


def test_a_gate_sends_the_quotes_back(repository: Path) -> None:
    clone = Clone(repository, "quotes")
    printed = clone.plays()
    assert "OK" in printed[-2], "the agent's own test passes"
    assert clone.is_done()
    assert not clone.is_green, "the gate, which runs every test, fails"
    seen = clone.plays("A gate failed")
    assert "don't" in seen[0]
    assert clone.is_done()
    assert clone.is_green


def test_the_reviewer_sends_the_alignment_back_once(repository: Path) -> None:
    director = Director(PLAYED)
    clone = Clone(repository, "alignment")
    clone.plays()
    first = review(director, clone)
    assert '"approve": false' in first
    clone.plays("The reviewer asks for changes")
    assert clone.is_done()
    assert clone.is_green
    assert '"approve": true' in review(director, clone)
    assert '"approve": true' in review(director, clone), "also when it is asked again"


def review(director: Director, clone: Clone) -> str:
    diff = git(clone.root, "diff", "main")
    request = f"Task T5: Right-align numbers in tables\nReview cycle 1\n\nThe diff:\n{diff}"
    asked = Conversation((Said(request),), "You are the reviewer of one task", {}, {"type": "object"}, "")
    line = director.line(asked)
    assert line.scene == "alignment"
    return line.say


@pytest.mark.parametrize(("first", "second"), [("range", "deviation"), ("deviation", "range")])
def test_two_tasks_meet_and_the_second_resolves_it(repository: Path, first: str, second: str) -> None:
    clones = {name: Clone(repository, name) for name in (first, second)}
    for clone in clones.values():
        clone.plays()
    clones[first].lands(repository)
    printed = clones[second].plays("Your branch no longer merges")
    assert "CONFLICT" in printed[0]
    assert "<<<<<<<" in printed[1], "the agent saw both sides"
    assert clones[second].is_done()
    assert git(clones[second].root, "branch", "--show-current") == f"agent-1/{second}"
    assert clones[second].is_green
    clones[second].lands(repository)
    resolved = (repository / "tally" / "report.py").read_text()
    for measure in ("mean", "deviation", "smallest", "largest"):
        assert f'    "{measure}": ' in resolved
    conflict_turns = [turn_of(SCENES[name], "Your branch no longer merges") for name in (first, second)]
    written = [
        call.inputs["text"] for turn in conflict_turns for s in turn.steps for call in s.calls if "text" in call.inputs
    ]
    assert written == [resolved, resolved], "the result is the same whichever lands second"


@pytest.mark.parametrize(("first", "second"), [("range", "deviation"), ("deviation", "range")])
def test_the_two_also_fit_one_after_the_other(repository: Path, first: str, second: str) -> None:
    for name in (first, second):
        clone = Clone(repository, name)
        clone.plays()
        clone.lands(repository)


def test_the_whole_night_leaves_main_green(repository: Path) -> None:
    clones = {name: Clone(repository, name) for name in TASKS if name != "quartiles"}
    for clone in clones.values():
        clone.plays()
    clones["quotes"].plays("A gate failed")
    clones["alignment"].plays("The reviewer asks for changes")
    for name in ("median", "json", "range", "alignment", "quotes"):
        clones[name].lands(repository)
    clones["deviation"].plays("Your branch no longer merges")
    clones["deviation"].lands(repository)
    last = Clone(repository, "quartiles")
    last.plays()
    assert last.is_done()
    last.lands(repository)
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize("name", TASKS)
def test_findings_point_at_a_line_that_is_there(repository: Path, name: str) -> None:
    clone = Clone(repository, "median")
    clone.plays()
    if name != "median":
        clone.play(turn_of(SCENES[name]))
    for one in SCENES[name].answers:
        assert one.value is not None
        for finding in one.value["findings"]:
            line = (clone.root / finding["file"]).read_text().splitlines()[finding["line"] - 1]
            assert any(word in line for word in ("isdigit", "_WORD", "json.dumps")), line


def others() -> Iterator[Turn]:
    yield turn_of(SCENES["anything else"])
    yield from (turn for turn in PLAYED.shared if turn.on == "A person asks for changes")


@pytest.mark.parametrize("turn", list(others()))
def test_what_the_script_does_not_know_is_noted(repository: Path, turn: Turn) -> None:
    clone = Clone(repository, "range")
    clone.play(turn)
    assert clone.is_done()
    assert clone.is_green
    assert "real model" in (clone.root / "notes" / "agent-1-range.md").read_text()


@pytest.mark.parametrize("on", ["Your branch no longer merges", "A gate failed"])
def test_what_the_script_can_not_mend_is_left_whole(repository: Path, on: str) -> None:
    clones = [Clone(repository, name) for name in ("range", "deviation")]
    for clone in clones:
        clone.plays()
    clones[0].lands(repository)
    head = git(clones[1].root, "rev-parse", "HEAD")
    clones[1].play(next(turn for turn in PLAYED.shared if turn.on == on))
    assert clones[1].is_done()
    assert git(clones[1].root, "rev-parse", "agent-1/deviation") == head
