"""Every command and option of the command line."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias


def parser() -> argparse.ArgumentParser:
    """Every command and option."""
    top = argparse.ArgumentParser(
        prog="cockpit", description="Run a small fleet of coding agents on one git repository, overnight."
    )
    top.add_argument("-C", dest="root", metavar="DIR", type=Path, default=None, help="the repository")
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and leave")
    top.add_argument("--plain", action="store_true", help="no screen: say what happens line by line, take commands")
    top.set_defaults(run="attaching.attach")
    subs = top.add_subparsers(metavar="COMMAND")
    _starting(subs)
    _looking(subs)
    _asking(subs)
    return top


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from cockpit import __version__

        print(f"cockpit {__version__}")
        parser.exit()


KINDS = ["explore", "build", "review", "ideate", "plan"]

Subs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _command(subs: Subs, name: str, run: str, text: str) -> argparse.ArgumentParser:
    sub = subs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    sub.set_defaults(run=run)
    return sub


def _starting(subs: Subs) -> None:
    init = _command(subs, "init", "starting.init", "write a cockpit.toml with the commands found here")
    init.add_argument("--print", action="store_true", help="print it instead")
    _command(subs, "doctor", "starting.doctor", "check git, agent, key, terminal and disk, with the fix for each")
    demo = _command(subs, "demo", "starting.demo", "a night on a throwaway repository with a scripted model")
    demo.add_argument("--headless", action="store_true", help="no screen: run it and print the report")
    demo.add_argument("--keep", metavar="DIR", type=Path, help="lay it out in DIR and keep it")
    plan = _command(subs, "plan", "starting.plan", "read tasks from Markdown plans; no model needed, but for --ai")
    plan.add_argument("files", nargs="*", type=Path, metavar="FILE")
    plan.add_argument("--section", help="only the part under this heading")
    plan.add_argument("--dry-run", action="store_true", help="print the tasks and where they lead; add nothing")
    plan.add_argument("--ai", action="store_true", help="have the planner make tasks of prose; they wait for you")
    plan.add_argument("--tasks", metavar="12-16", help="with --ai: how many tasks to ask for")
    plan.add_argument("--yes", action="store_true", help="with --ai: agree to what it proposes, and add it")
    what = plan.add_mutually_exclusive_group()
    what.add_argument("--show", action="store_true", help="what the planner proposes")
    what.add_argument("--edit", action="store_true", help="change it, in $EDITOR")
    what.add_argument("--accept", action="store_true", help="agree: put it into the queue")
    what.add_argument("--discard", action="store_true", help="drop it, or have the planner leave off")
    run = _command(subs, "run", "starting.run", "let agents work through the queue")
    run.add_argument("plans", nargs="*", type=Path, metavar="PLAN", help="plans to add first")
    run.add_argument("--section", help="only the part of the plans under this heading")
    words = "this model for every task of this run's plans, or with no plan for the whole queue"
    run.add_argument("--model", default="", help=words)
    run.add_argument("--role", default="", metavar="R", help="the same with a role")
    run.add_argument("--agents", type=int, metavar="N", help="how many agents, 1 to 10")
    run.add_argument("--budget", type=float, metavar="USD", help="the night's cap")
    run.add_argument("--until", metavar="HH:MM", help="nothing new starts after this time")
    run.add_argument("--auto-merge", action="store_true", help="merge what is green and approved by review")
    run.add_argument("--no-network", action="store_true", help="agents reach their model and nothing else")
    run.add_argument("--detach", action="store_true", help="start it and return at once")
    mcp = _command(subs, "mcp", "mcp.mcp", "the MCP server: tools for other programs' models, over stdio")
    mcp.add_argument("--http", action="store_true", help="on a port of this machine instead, for those with a token")
    mcp.add_argument("--port", type=int, metavar="N", help="with --http: this port; else any that is free")
    integrate = _command(subs, "integrate", "integrating.claude", "slash commands and tools for your own Claude Code")
    integrate.add_argument("what", choices=["claude"])
    where = integrate.add_mutually_exclusive_group()
    where.add_argument("--project", action="store_true", help="for this repository: .claude/ and .mcp.json (default)")
    where.add_argument("--user", action="store_true", help="for you, in every project: ~/.claude/")
    integrate.add_argument("--remove", action="store_true", help="take away what it wrote, and nothing else")
    integrate.add_argument("--dry-run", action="store_true", help="only say what would be written or removed")
    _github(subs)
    config = _command(subs, "config", "starting.config_command", "check or show the configuration")
    config.add_argument("what", choices=["check", "show"])
    notify = _command(subs, "notify", "notifying.notify", "how notifications go; `notify test` sends one everywhere")
    notify.add_argument("what", nargs="?", choices=["test"])


def _github(subs: Subs) -> None:
    github = _command(subs, "github", "github.sync", "make GitHub ready, or take over its issues now")
    inner = github.add_subparsers(metavar="WHAT", required=True)
    setup = _command(inner, "setup", "github.setup", "check the token, say what it needs, make missing labels")
    setup.add_argument("--dry-run", action="store_true", help="only look: nothing is written on GitHub")
    sync = _command(inner, "sync", "github.sync", "take over new, edited and closed issues now")
    sync.add_argument("--dry-run", action="store_true", help="only say what would come of it")
    sync.add_argument("--json", action="store_true", help="as JSON, schema 1")


def _looking(subs: Subs) -> None:
    status = _command(subs, "status", "status.status", "what is going on, in plain text")
    how = status.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="as JSON, schema 1")
    how.add_argument("--watch", action="store_true", help="again whenever something changes, until ctrl+c")
    how.add_argument("--oneline", action="store_true", help="one line, for a prompt or a status bar")
    report = _command(subs, "report", "reporting.report", "what landed, what waits, what failed, and the money")
    report.add_argument("--json", action="store_true", help="as JSON, schema 1")
    report.add_argument("--mail", action="store_true", help="send it to the mail addresses of [notify] urls")
    report.add_argument("--since", metavar="WHEN", help="only what came since: last (you were away), HH:MM, or a date")
    metrics = _command(subs, "metrics", "money.metrics", "money, lead times, and the last 30 days in numbers")
    metrics.add_argument("--json", action="store_true", help="as JSON, schema 1")
    serve = _command(subs, "serve", "serving.serve", "the same numbers for Prometheus, until ctrl+c")
    serve.add_argument("--port", type=int, default=9464, help="the port on the loopback interface (default 9464)")
    logs = _command(subs, "logs", "looking.logs", "what an agent says and does")
    logs.add_argument("agent", type=agent_number, metavar="AGENT")
    logs.add_argument("-f", "--follow", action="store_true", help="go on as it happens")
    attach = _command(subs, "attach", "terminal.attach", "this terminal on a terminal agent's own; ctrl+b d detaches")
    attach.add_argument("agent", type=agent_number, metavar="AGENT")
    questions = _command(subs, "questions", "questions.questions", "what agents ask you, with the choices")
    questions.add_argument("--all", action="store_true", help="those that were answered too")
    questions.add_argument("--json", action="store_true", help="as JSON")
    repair = _command(subs, "repair", "repairing.repair", "find and put right what a crash left behind")
    repair.add_argument("--check", action="store_true", help="only say what is wrong; 1 where anything is")
    repair.add_argument("--json", action="store_true", help="as JSON, schema 1")
    _context(subs)
    audit = _command(subs, "audit", "audit.audit", "every decision: who, what, when and why")
    audit.add_argument("task", nargs="?", metavar="TASK")
    audit.add_argument("--json", action="store_true", help="one JSON object a line")
    events = _command(subs, "events", "looking.events", "everything that happened")
    events.add_argument("-f", "--follow", action="store_true", help="go on as it happens")
    events.add_argument("--json", action="store_true", help="one JSON object a line")


def _context(subs: Subs) -> None:
    top = _command(subs, "context", "sharing.listed", "findings and files that all agents may read")
    inner = top.add_subparsers(metavar="WHAT")
    listed = _command(inner, "list", "sharing.listed", "what is shared, a line each")
    listed.add_argument("--json", action="store_true", help="as JSON")
    show = _command(inner, "show", "sharing.show", "one shared file, whole")
    show.add_argument("name", metavar="NAME")
    add = _command(inner, "add", "sharing.add", "share a text file with all agents")
    add.add_argument("file", type=Path, metavar="FILE")
    add.add_argument("--name", default="", help="under another name than the file's")
    add.add_argument("--title", default="", help="what is in it, in a line")
    remove = _command(inner, "remove", "sharing.remove", "share a file no more")
    remove.add_argument("name", metavar="NAME")


def _asking(subs: Subs) -> None:
    _task(subs)
    _ideas(subs)
    for name, text in (("pause", "hold an agent, or a sort of work"), ("resume", "let it go on")):
        sub = _command(subs, name, f"asking.{name}", text)
        sub.add_argument("agent", type=agent_number, metavar="AGENT", nargs="?")
        sub.add_argument("--category", default="", metavar="C", help="all work of a category")
        sub.add_argument("--role", default="", metavar="R", help="all work of a role: builder, reviewer, …")
        sub.add_argument("--all", action="store_true", help="everything; resume: after `stop --now` too")
        if name == "resume":
            words = "what waits for a limit's end, or for agents that died at once, without waiting any longer"
            sub.add_argument("--now", action="store_true", help=words)
    kill = _command(subs, "kill", "asking.kill", "end an agent's run now; its work is kept")
    kill.add_argument("agent", type=agent_number, metavar="AGENT")
    _talking(subs)
    _merging(subs)
    _bounding(subs)


def _talking(subs: Subs) -> None:
    message = _command(subs, "message", "steering.message", "say something to an agent at work")
    message.add_argument("agent", type=agent_number, metavar="AGENT")
    message.add_argument("text", nargs="+", metavar="TEXT")
    message.add_argument(
        *("--wait", "-w"),
        nargs="?",
        type=float,
        const=120.0,
        metavar="SECONDS",
        help="until it is read, at most so long",
    )
    take = _command(subs, "takeover", "steering.takeover", "have an agent's conversation for yourself, here, by hand")
    take.add_argument("agent", type=agent_number, metavar="AGENT")
    take.add_argument("--hold", action="store_true", help="only end the agent's process; `handback` gives it back")
    back = _command(subs, "handback", "steering.handback", "give a conversation back to its agent")
    back.add_argument("agent", type=agent_number, metavar="AGENT")
    back.add_argument("-m", "--message", default="", metavar="NOTE", help="what the agent should know")
    answer = _command(subs, "answer", "asking.answer", "answer what an agent asks; `cockpit questions` lists it")
    answer.add_argument("question", metavar="QUESTION", help="its name, e.g. Q3")
    answer.add_argument("words", nargs="+", metavar="CHOICE", help="numbers or names of choices, or a text of yours")


def _merging(subs: Subs) -> None:
    approve = _command(subs, "approve", "desk.approve", "merge a task that waits for your yes")
    approve.add_argument("task", metavar="TASK", nargs="?")
    approve.add_argument("--anyway", action="store_true", help="also where its gate on secrets or on sizes is red")
    approve.add_argument("--all-green", action="store_true", help="every task that is ready and green")
    reject = _command(subs, "reject", "desk.reject", "send a task back to its agent with a note or comments")
    reject.add_argument("task", metavar="TASK")
    reject.add_argument("-m", "--message", default="", metavar="NOTE", help="what should change")
    words = "a comment on a line, or lines (12-20), of the change; may be repeated"
    reject.add_argument("--comment", action="append", default=[], metavar="FILE:LINE:TEXT", help=words)
    rollback = _command(subs, "rollback", "asking.rollback", "undo what a task landed, through the gates")
    rollback.add_argument("task", metavar="TASK")


def _bounding(subs: Subs) -> None:
    budget = _command(subs, "budget", "money.budget", "what is spent; or give the night another cap")
    budget.add_argument("--night", type=float, metavar="USD", help="the night's new cap")
    budget.add_argument("--day", type=float, metavar="USD", help="another cap for each day")
    budget.add_argument("--month", type=float, metavar="USD", help="another cap for each month")
    budget.add_argument("--role", metavar="NAME=USD", help="another cap for what a role spends in a night")
    budget.add_argument("--category", metavar="NAME=USD", help="another cap for a category of tasks in a night")
    budget.add_argument("--task", metavar="TASK[=USD]", help="more money for a task that used up its reserve")
    reassign = _command(
        subs, "reassign", "board.assign", "give a task to another agent, also in the middle of its work"
    )
    _to_agent(reassign)
    clean = _command(subs, "clean", "cleaning.clean", "remove finished worktrees and landed branches; list kept work")
    how = clean.add_mutually_exclusive_group()
    how.add_argument("--dry-run", action="store_true", help="only say what would go, and what stays and why")
    how.add_argument("--list", action="store_true", help="the work that is kept under rescue refs, and the way back")
    clean.add_argument("--older-than", default="24h", metavar="TIME", help="over since so long: 24h, 90m, 2d, 0")
    clean.add_argument("--json", action="store_true", help="as JSON, schema 1")
    stop = _command(subs, "stop", "asking.stop", "end the night; all work is kept")
    stop.add_argument(
        "--now", action="store_true", help="emergency: kill every agent and the engine at once; `resume --all` goes on"
    )


def _task(subs: Subs) -> None:
    task = _command(subs, "task", "looking.tasks", "list, show, add, edit, move, assign, promote, skip or retry tasks")
    inner = task.add_subparsers(metavar="WHAT")
    listed = _command(inner, "list", "looking.tasks", "every task, a line each")
    listed.add_argument("--filter", default="", metavar="WORDS", help="such as 'state:ready agent:2 parser'")
    show = _command(inner, "show", "looking.task", "one task, whole")
    show.add_argument("task", metavar="TASK")
    add = _command(inner, "add", "asking.add", "put a task into the queue")
    add.add_argument("title", nargs="+", metavar="[explore|build|review] TITLE")
    add.add_argument("--parallel", type=int, default=1, metavar="N", help="explore: so many look at once, one answer")
    add.add_argument("--of", default="", metavar="REF", help="review: the branch, commit or path to look at")
    add.add_argument("--role", default="", metavar="R", help="who works on it; the kind's own otherwise")
    add.add_argument("--model", default="", help="which model works on it; the routing's otherwise")
    add.add_argument("-d", "--description", default="")
    add.add_argument("-c", "--criterion", action="append", default=[], help="an acceptance criterion; may be repeated")
    add.add_argument("--after", action="append", default=[], metavar="TASK", help="only when this one has landed")
    add.add_argument("--priority", type=int, default=0, help="higher is sooner")
    add.add_argument("--merge", choices=["ask", "auto"], help="who says yes to its merge")
    add.add_argument("--kind", choices=KINDS, default="build")
    add.add_argument("--category", default="")
    add.add_argument("--file", action="append", default=[], help="a file it probably touches; may be repeated")
    add.add_argument("--suggest", action="store_true", help="only as an idea: it waits until it is promoted")
    _task_changes(inner)
    for name, text in (("skip", "take a task out of the night, or refuse a suggestion"), ("retry", "queue it again")):
        sub = _command(inner, name, f"asking.{name}", text)
        sub.add_argument("task", metavar="TASK")
        if name == "skip":
            sub.add_argument("-m", "--message", default="", metavar="REASON", help="why; later ideas are told")


def _ideas(subs: Subs) -> None:
    ideas = _command(subs, "ideas", "ideas.ideas", "what is proposed of which category; one on or off; an idea now")
    ideas.add_argument("--json", action="store_true", help="as JSON, schema 1")
    inner = ideas.add_subparsers(metavar="WHAT")
    listed = _command(inner, "list", "ideas.ideas", "every category, a line each")
    listed.add_argument("--json", action="store_true", help="as JSON, schema 1")
    for name, text in (("on", "propose ideas of a category again"), ("off", "propose none of a category by itself")):
        sub = _command(inner, name, f"ideas.switch_{name}", text)
        sub.add_argument("category", metavar="CATEGORY")
    now = _command(inner, "now", "ideas.now", "ask for an idea now, and say what became of it")
    now.add_argument("category", metavar="CATEGORY", nargs="?", help="else the one that had none for longest")
    now.add_argument("--detach", action="store_true", help="return at once")


def _task_changes(inner: Subs) -> None:
    edit = _command(inner, "edit", "board.edit", "change a task, in $EDITOR or by these options")
    edit.add_argument("task", metavar="TASK")
    edit.add_argument("--title")
    edit.add_argument("-d", "--description")
    edit.add_argument("-c", "--criterion", action="append", help="replaces all acceptance criteria; may be repeated")
    edit.add_argument("--kind", choices=KINDS)
    edit.add_argument("--category")
    edit.add_argument("--priority", type=int, help="higher is sooner")
    edit.add_argument("--after", action="append", metavar="TASK", help="replaces what it waits for; '' for nothing")
    edit.add_argument("--file", action="append", help="replaces its files; may be repeated; '' for none")
    edit.add_argument("--merge", choices=["ask", "auto", "night"], help="who says yes to its merge")
    edit.add_argument("--role", help="who works on it; '' for the kind's own")
    edit.add_argument("--model", help="which model works on it; '' for the routing's")
    assign = _command(inner, "assign", "board.assign", "give a task to one agent, or to any")
    _to_agent(assign)
    promote = _command(inner, "promote", "board.promote", "take a suggested task up into the queue")
    promote.add_argument("task", metavar="TASK")
    move = _command(inner, "move", "board.move", "give a queued task another place in the queue")
    move.add_argument("task", metavar="TASK")
    where = move.add_mutually_exclusive_group(required=True)
    where.add_argument("--before", metavar="TASK", help="the one that is to come right after it")
    where.add_argument("--first", action="store_true")
    where.add_argument("--last", action="store_true")
    where.add_argument("--by", type=int, metavar="STEPS", help="so many places later; sooner where negative")


def _to_agent(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("task", metavar="TASK")
    sub.add_argument("agent", type=agent_or_any, metavar="AGENT", help="its number, or `any`")


def agent_or_any(text: str) -> int | None:
    """The number of `3` or `agent-3`; None for `any`."""
    return None if text.lower() == "any" else agent_number(text)


def agent_number(text: str) -> int:
    """The number of `3` or `agent-3`."""
    digits = text.lower().removeprefix("agent-")
    if not digits.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is no agent; say 3 or agent-3")
    return int(digits)
