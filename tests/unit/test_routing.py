"""The router: who works on a task, with which model, why, and what a run of it may have set aside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.config import ConfigError, load
from cockpit.policy import estimates, routing
from cockpit.policy.routing import Routes, Worker, complexity, route
from cockpit.policy.rules import Rules
from cockpit.state import ROLE_OF, Kind, Night, State, Task
from cockpit.value import replace

ROUTES = Routes(
    {name: Worker(f"{name}-model", f"{name}-fallback") for name in ROLE_OF.values()}, simple="cheap", hard="strong"
)

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
TASKS = st.builds(
    Task,
    id=st.just("T1"),
    title=TEXTS,
    description=TEXTS,
    criteria=st.lists(TEXTS, max_size=8).map(tuple),
    files=st.lists(TEXTS, max_size=8).map(tuple),
    depends_on=st.lists(st.just("T2"), max_size=4).map(tuple),
    kind=st.sampled_from(Kind),
)


def test_a_short_build_goes_to_the_cheap_model_and_a_hard_one_to_the_strong_one() -> None:
    easy = route(Task("T1", "Fix a typo in the README"), ROUTES)
    assert (easy.role, easy.model, easy.fallback) == ("builder", "cheap", "builder-fallback")
    assert easy.why == "builder, for it is to build; it looks simple (0 points: typo -2, readme -1)"

    text = "Migrate sessions to the new schema without a race condition."
    hard = route(Task("T2", text, criteria=("a", "b", "c"), files=("a.py", "b.py", "c.py")), ROUTES)
    assert hard.model == "strong"
    assert "it looks hard (" in hard.why
    assert "3 criteria +2" in hard.why
    assert "many such words +6" in hard.why

    between = route(Task("T3", "Refactor the parser", criteria=("a", "b")), ROUTES)
    assert between.model == "builder-model"
    assert between.why.endswith("it looks neither simple nor hard (3 points: 2 criteria +1, refactor +2)")


def test_what_a_person_says_goes_before_everything() -> None:
    task = Task("T1", "Fix a typo", role="explorer", model="mine")

    found = route(task, ROUTES)

    assert (found.role, found.model, found.fallback) == ("explorer", "mine", "explorer-fallback")
    assert found.why == "explorer, as you said; mine, as you said"


@given(TASKS)
def test_only_builds_are_routed_by_how_hard_they_look(task: Task) -> None:
    found = route(task, ROUTES)
    assert found.role == ROLE_OF[task.kind]
    if task.kind is not Kind.BUILD:
        assert found.model == f"{found.role}-model"
    assert found == route(task, ROUTES)
    assert found.why
    assert "\n" not in found.why


@given(TASKS, st.sampled_from(["criteria", "files", "depends_on"]), st.integers(1, 9))
def test_more_to_do_never_looks_easier(task: Task, field: str, more: int) -> None:
    # names without a word that stands for something
    longer: dict[str, Any] = {field: (*getattr(task, field), *(f"~{n}" for n in range(more)))}
    grown = replace(task, **longer)

    assert complexity(grown).points >= complexity(task).points


def test_without_models_of_its_own_the_routing_says_nothing() -> None:
    found = route(Task("T1", "Migrate all"), Routes({"builder": Worker("m")}))

    assert (found.model, found.why) == ("m", "builder, for it is to build")


def test_a_fallback_that_is_the_model_itself_is_none() -> None:
    assert route(Task("T1", "x"), Routes({"builder": Worker("m", "m")})).models == ("m",)


# ── the configuration ────────────────────────────────────────────────────────────────────────────────


def configured(tmp_path: Path, text: str) -> Rules:
    (tmp_path / "cockpit.toml").write_text(text)
    return load(tmp_path, {}).rules()


def test_old_files_keep_their_models_and_a_roles_own_model_wins(tmp_path: Path) -> None:
    rules = configured(
        tmp_path,
        '[models]\nbuilder = "old-b"\nreviewer = "old-r"\n'
        '[roles.reviewer]\nmodel = "new-r"\nfallback_model = "other"\nbudget_usd = 0.5\n',
    )

    assert rules.models["builder"] == "old-b"
    assert rules.models["reviewer"] == "new-r"
    assert rules.models["explorer"] == "claude-haiku-5-5"
    assert rules.routes.worker("reviewer") == Worker("new-r", "other", 0.5)


def test_routing_that_is_off_counts_no_points(tmp_path: Path) -> None:
    rules = configured(tmp_path, '[routing]\nenabled = false\nsimple_model = "cheap"\n')

    assert rules.route(Task("T1", "typo")).model == "claude-sonnet-5-5"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[roles.buidler]\nmodel = "x"', "roles.buidler: unknown key; did you mean builder?"),
        ('[roles.builder]\nmodle = "x"', "roles.builder.modle: unknown key; did you mean model?"),
        ('[roles.builder]\npermission = "root"', "'all', 'edits', 'ask' or 'read'"),
        ('[roles.builder]\ntools = ["Bash(git *)"]', "should match pattern"),
        ('[roles.builder]\neffort = "huge"', "'low'"),
    ],
)
def test_a_mistake_in_a_role_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        configured(tmp_path, text)
    assert said in str(error.value)


# ── money ────────────────────────────────────────────────────────────────────────────────────────────


def night(cap: float | None = 50.0) -> State:
    return State(night=Night("n", 0.0, 1, "main", cap_usd=cap))


def test_no_run_has_more_set_aside_than_its_role_may_spend() -> None:
    rules = Rules(routes=Routes({"builder": Worker("m", budget_usd=0.75)}), hold_back={"m": 0.5})

    sized = estimates.estimate(night(), rules, Task("T1", "x"))

    assert sized.run == pytest.approx(0.75)
    assert not sized.refused
    assert estimates.by_role(rules, Task("T1", "x")).run == pytest.approx(0.75)


def test_a_role_that_could_not_pay_one_answer_does_not_start_and_says_so() -> None:
    rules = Rules(routes=Routes({"builder": Worker("m", budget_usd=0.4)}), hold_back={"m": 0.5})

    for sized in (estimates.estimate(night(), rules, Task("T1", "x")), estimates.by_role(rules, Task("T1", "x"))):
        assert "[roles.builder] budget_usd lets a run have $0.40" in sized.refused


def test_a_fallback_without_a_price_is_refused_under_a_cap_like_the_model_itself() -> None:
    rules = Rules(routes=Routes({"builder": Worker("m", "nobody-knows")}), hold_back={"m": 0.1, "nobody-knows": None})

    assert estimates.estimate(night(), rules, Task("T1", "x")).unpriced == "nobody-knows"


def test_the_dearer_of_model_and_fallback_is_held_back() -> None:
    rules = Rules(routes=Routes({"builder": Worker("m", "dear")}), hold_back={"m": 0.1, "dear": 0.9})

    assert estimates.estimate(night(), rules, Task("T1", "x")).held_back == 0.9


def test_every_role_has_a_letter_of_its_own() -> None:
    from cockpit.views import role_mark

    assert len({role_mark(role) for role in routing.ROLES}) == len(routing.ROLES)
