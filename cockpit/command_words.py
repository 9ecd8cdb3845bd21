"""A command as the status line says it while its answer is on the way."""

from __future__ import annotations

from typing import assert_never

from cockpit import commands
from cockpit.ideas import title
from cockpit.reserves import cap_title
from cockpit.views import money

OfATask = (
    commands.Approve
    | commands.EditTask
    | commands.GrantMoney
    | commands.MoveTask
    | commands.Prioritise
    | commands.PromoteTask
    | commands.ReassignTask
    | commands.Reject
    | commands.RetryTask
    | commands.RollBack
    | commands.SkipTask
)
OfAnAgent = commands.HandBack | commands.Kill | commands.Message | commands.Pause | commands.Resume | commands.TakeOver


def in_words(command: commands.Command) -> str:
    """What is asked for, as in `heard: …`."""
    match command:
        case commands.StartNight():
            return "start the night"
        case commands.StopNight():
            return "stop the night"
        case commands.EmergencyStop():
            return "stop everything at once"
        case commands.ChangeNight(cap_usd=usd):
            return f"set the night's cap to {money(usd)}"
        case commands.ChangeCap(cap=name, usd=usd):
            return f"set {cap_title(name)} to {money(usd)}"
        case commands.AddTasks(drafts=drafts):
            return f"add {len(drafts)} task{'s' if len(drafts) != 1 else ''}"
        case commands.AskPlan(files=files):
            return f"plan {', '.join(files)}"
        case commands.ChangePlan():
            return "change the plan"
        case commands.AgreePlan():
            return "agree to the plan"
        case commands.DiscardPlan():
            return "discard the plan"
        case commands.Clean():
            return "clean up"
        case commands.SyncGitHub():
            return "ask GitHub what is new"
        case commands.TryAgain():
            return "try again now"
        case commands.AnswerQuestion(question=question):
            return f"answer {question}"
        case commands.AskPerson() | commands.StopAsking() | commands.TellProgress():
            return "talk by a tool"
        case commands.ShareContext(name=name):
            return f"share {name}"
        case commands.RemoveContext(name=name):
            return f"share {name} no more"
        case commands.AskIdea(category=category):
            return f"ask for an idea{f' about {title(category)}' if category else ''}"
        case commands.SwitchCategory(category=category, on=on):
            return f"switch ideas of {title(category)} {'on' if on else 'off'}"
        case commands.HandBack() | commands.Kill() | commands.Message() | commands.TakeOver():
            return _of_an_agent(command)
        case commands.Pause() | commands.Resume():
            return _of_an_agent(command)
        case _:
            return _of_a_task(command)


def _of_an_agent(command: OfAnAgent) -> str:
    match command:
        case commands.Pause() if command.category or command.role:
            return f"hold {command.category or command.role}"
        case commands.Resume() if command.category or command.role:
            return f"let {command.category or command.role} go on"
        case commands.Pause(agent=agent):
            return f"pause {_whom(agent)}"
        case commands.Resume(agent=agent):
            return f"resume {_whom(agent)}"
        case commands.Kill(agent=agent):
            return f"kill {_whom(agent)}"
        case commands.Message(agent=agent):
            return f"tell {_whom(agent)}"
        case commands.TakeOver(agent=agent):
            return f"take {_whom(agent)} over"
        case commands.HandBack(agent=agent):
            return f"hand {_whom(agent)} back"
        case _:
            assert_never(command)


def _of_a_task(command: OfATask) -> str:
    match command:
        case commands.Approve(task=task):
            return f"approve {task}"
        case commands.EditTask(task=task):
            return f"edit {task}"
        case commands.GrantMoney(task=task):
            return f"give {task} more money"
        case commands.MoveTask(task=task):
            return f"move {task}"
        case commands.Prioritise(task=task, by=steps):
            return f"{'raise' if steps > 0 else 'lower'} {task}"
        case commands.PromoteTask(task=task):
            return f"promote {task}"
        case commands.ReassignTask(task=task, agent=None):
            return f"let any agent take {task}"
        case commands.ReassignTask(task=task, agent=agent):
            return f"give {task} to {_whom(agent)}"
        case commands.Reject(task=task):
            return f"send back {task}"
        case commands.RetryTask(task=task):
            return f"retry {task}"
        case commands.RollBack(task=task):
            return f"roll back {task}"
        case commands.SkipTask(task=task):
            return f"skip {task}"
        case _:
            assert_never(command)


def _whom(agent: int | None) -> str:
    return "all agents" if agent is None else f"agent-{agent}"
