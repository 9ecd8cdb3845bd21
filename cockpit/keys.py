"""The one table of keys: what each does, where, and which command does the same without a screen.

The footer, the `?` help, the palette, the README's key table, the configuration's `[keys]` and the tests all
read it. An action is also the name of the method that carries it out (`action_pause_all` for `pause-all`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import combinations

BOARD, AGENTS, DESK, INBOX = VIEWS = ("board", "agents", "desk", "inbox")
"""The views by name; a key that belongs to some of them names them."""


AWAY = "away"
"""The view of what happened while nobody looked; a key of its own leads there."""

MONEY = "money"
"""The money card, which has a key of its own."""

IDEAS = "ideas"
"""The list of the categories of ideas, which has one too."""

PLAN = "plan"
"""The card of what a planner proposes, which has one as well."""


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the table."""

    action: str
    """The name in the configuration, and of the method; with a dot, of a pane's own binding."""
    default: str
    """As Textual spells it: `a`, `P`, `ctrl+p`, `question_mark`."""
    title: str
    """A word or two, for the footer."""
    help: str
    """One sentence, for the help screen, the palette and the README."""
    twin: str = ""
    """The command that does the same; empty where the key only moves about the screen."""
    views: tuple[str, ...] = ()
    """Where it is at home; empty means everywhere. Elsewhere it still does what can be meant, or says why not."""
    shown: bool = True
    """The footer has it; the views have a bar of their own."""

    def applies(self, view: str) -> bool:
        """Whether the key is at home in `view`."""
        return not self.views or view in self.views

    def meets(self, other: Key) -> bool:
        """Whether the two can be wanted in the same place: not where they are at home in different views, and one is a
        pane's own binding, which goes first where the pane has the keys."""
        apart = ("." in self.action or "." in other.action) and self.views and other.views
        return not apart or bool(set(self.views) & set(other.views))


_TASKS = (BOARD, DESK, INBOX, AWAY)


def _reading(action: str, key: str, title: str, what: str, twin: str = "", shown: bool = False) -> Key:
    """A key of the agents' transcripts."""
    return Key(f"transcript.{action}", key, title, f"In a transcript: {what}", twin, (AGENTS,), shown)


def _of_plan(action: str, key: str, title: str, what: str, twin: str) -> Key:
    """A key of the card of a proposed plan."""
    return Key(f"plan.{action}", key, title, f"On a proposed plan: {what}", twin, (PLAN,), shown=False)


TABLE: tuple[Key, ...] = (
    Key("approve", "a", "approve", "Merge the selected task that waits for your yes.", "cockpit approve TASK", _TASKS),
    Key(
        "reject",
        "x",
        "reject",
        "Send the selected task back to its agent with a note and your comments.",
        "cockpit reject TASK -m NOTE",
        _TASKS,
    ),
    Key(
        "desk.comment",
        "c",
        "comment",
        "In a diff: comment on the line, the hunk or the file.",
        "cockpit reject TASK --comment …",
        (DESK,),
    ),
    Key("diff.viewed", "space", "viewed", "In a diff: mark the file as viewed, and go to the next.", "", (DESK,)),
    Key("desk.tree", "f", "files", "Show the tree of the diff's files, or put it away.", "", (DESK,)),
    Key("pause", "p", "pause", "Pause the focused agent, or let it go on.", "cockpit pause|resume AGENT", (AGENTS,)),
    Key(
        "message",
        "m",
        "message",
        "Say something to the focused agent; its bar shows it until it is read.",
        "cockpit message AGENT TEXT",
        (AGENTS,),
    ),
    Key(
        "take-over",
        "t",
        "take over",
        "Take the focused agent over by hand; leaving hands it back.",
        "cockpit takeover|handback AGENT",
        (AGENTS,),
    ),
    Key(
        "kill",
        "k",
        "kill",
        "End the focused agent's run, after asking; its work is kept.",
        "cockpit kill AGENT",
        (AGENTS,),
    ),
    Key(
        "open",
        "enter",
        "open",
        "Open the selected task: the question, the agent, the diff or the card.",
        "cockpit task show TASK",
        (*_TASKS, AGENTS),
    ),
    Key("new-task", "n", "new", "Put a new task into the queue.", "cockpit task add TITLE"),
    Key(
        "retry",
        "R",
        "retry",
        "Queue the selected failed, skipped or escalated task again.",
        "cockpit task retry TASK",
        _TASKS,
        shown=False,
    ),
    Key(
        "skip",
        "s",
        "skip",
        "Take the selected task out, or refuse a suggestion; asks first.",
        "cockpit task skip TASK",
        _TASKS,
        shown=False,
    ),
    Key(
        "approve-all",
        "A",
        "approve all",
        "Merge every task that is ready and green, after asking.",
        "cockpit approve --all-green",
        _TASKS,
        shown=False,
    ),
    Key(
        "roll-back",
        "B",
        "roll back",
        "Undo what the selected task landed, after asking; through the gates.",
        "cockpit rollback TASK",
        (BOARD, DESK, AWAY),
        shown=False,
    ),
    Key(
        "reassign",
        "r",
        "reassign",
        "Give the selected task to another agent, also in the middle of its work.",
        "cockpit reassign TASK AGENT",
        (BOARD, AGENTS),
        shown=False,
    ),
    Key(
        "pause-all", "P", "pause all", "Pause all agents, or let all go on.", "cockpit pause|resume --all", shown=False
    ),
    Key(
        "hold",
        "h",
        "hold",
        "Hold all work of a category or of a role, or let it go on.",
        "cockpit pause|resume --category C",
        shown=False,
    ),
    Key(
        "try-again",
        "N",
        "now",
        "Go on without waiting for a limit's end, or after agents died at once.",
        "cockpit resume --now",
        shown=False,
    ),
    Key(
        "emergency",
        "exclamation_mark",
        "emergency",
        "Pressed twice: kill every agent and the engine at once; all work is kept.",
        "cockpit stop --now",
        shown=False,
    ),
    Key(
        "sync",
        "U",
        "sync",
        "Take over GitHub's new, edited and closed issues now.",
        "cockpit github sync",
        shown=False,
    ),
    Key("night", "S", "night", "Start a night, or stop the one that runs, after asking.", "cockpit run, cockpit stop"),
    Key(
        "away",
        "w",
        "while away",
        "Show what happened while you were away; again, of the whole night.",
        "cockpit report --since WHEN",
        shown=False,
    ),
    Key("away.leave", "escape", "back", "From what happened back to where you were.", "", (AWAY,)),
    Key("context", "F", "findings", "Read what agents found and share.", "cockpit context", shown=False),
    Key(
        "clean",
        "C",
        "clean up",
        "Remove finished worktrees and branches, after saying what goes.",
        "cockpit clean",
        shown=False,
    ),
    Key("money", "dollar_sign", "money", "Show where the money goes.", "cockpit metrics", shown=False),
    Key("numbers", "number_sign", "numbers", "Show the last 30 days in numbers.", "cockpit metrics", shown=False),
    Key(
        "money.cap",
        "c",
        "cap",
        "On the money card: give the night another cap.",
        "cockpit budget --night USD",
        (MONEY,),
        shown=False,
    ),
    Key("ideas", "i", "ideas", "Show the categories of ideas, and what came of each.", "cockpit ideas", shown=False),
    Key(
        "idea-now",
        "I",
        "idea now",
        "Ask for an idea now, of the category that had none for longest.",
        "cockpit ideas now",
        shown=False,
    ),
    Key(
        "ideas.switch",
        "space",
        "on or off",
        "In the list of ideas: switch this category on or off.",
        "cockpit ideas off CATEGORY",
        (IDEAS,),
        shown=False,
    ),
    Key(
        "ideas.now",
        "a",
        "ask now",
        "In the list of ideas: ask for one of this category now.",
        "cockpit ideas now CATEGORY",
        (IDEAS,),
        shown=False,
    ),
    Key(
        "plan",
        "L",
        "plan",
        "Show what the planner proposes, or have a plan made of notes.",
        "cockpit plan --ai FILE",
        shown=False,
    ),
    _of_plan("agree", "a", "agree", "put all of it into the queue.", "cockpit plan --accept"),
    _of_plan("drop", "x", "drop", "leave the selected task out.", "cockpit plan --edit"),
    _of_plan("edit", "e", "edit", "change the selected task in your $EDITOR.", "cockpit plan --edit"),
    _of_plan("edit-all", "E", "edit all", "change all of it in your $EDITOR, as a plan.", "cockpit plan --edit"),
    _of_plan("discard", "D", "discard", "drop it, or have the planner leave off.", "cockpit plan --discard"),
    Key("zoom", "z", "zoom", "Give the selected agent's pane all the room, or put the others back.", "", (AGENTS,)),
    Key("layout", "l", "layout", "Lay the agents' panes out differently: tiled, main and stack, one.", "", (AGENTS,)),
    Key("go-agent", "g", "go to", "Go to the agent whose digit comes next; 0 is agent-10.", "", (AGENTS,)),
    Key("grid.more", "plus", "more panes", "Show one more agent's pane.", "", (AGENTS,), shown=False),
    Key("grid.fewer", "minus", "fewer panes", "Show one pane fewer.", "", (AGENTS,), shown=False),
    Key(
        "terminal.prefix",
        "ctrl+b",
        "cockpit key",
        "In a terminal: the next key is the cockpit's; twice, it goes to the program.",
        "cockpit attach AGENT",
        (AGENTS,),
        shown=False,
    ),
    _reading(
        "search", "slash", "search", "search; enter ends typing, esc ends the search.", "cockpit logs AGENT", True
    ),
    _reading("next-match", "full_stop", "match", "go to the next match."),
    _reading("previous-match", "comma", "match before", "go to the match before."),
    _reading("next-error", "e", "error", "go to the next error."),
    _reading("previous-error", "E", "error before", "go to the error before."),
    _reading("next-block", "right_square_bracket", "block", "go to the next block (message or tool call)."),
    _reading("previous-block", "left_square_bracket", "block before", "go to the block before."),
    _reading("fold", "space", "fold", "unfold the block you are at, or fold it.", "", True),
    _reading("fold-all", "o", "fold all", "unfold all, fold all to lines, or as it was."),
    _reading("follow", "f", "follow", "stick to the end, or stay where you are.", "cockpit logs AGENT -f"),
    _reading("copy", "y", "copy", "copy the selected rows, else the block you are at."),
    _reading("select-up", "shift+up", "select", "select rows upwards."),
    _reading("select-down", "shift+down", "select", "select rows downwards."),
    _reading("leave", "escape", "leave", "end the search or the selection."),
    Key("board", "1", "board", "Go to the task board.", "cockpit task list", shown=False),
    Key("agents", "2", "agents", "Go to the agents.", "cockpit logs AGENT -f", shown=False),
    Key("desk", "3", "desk", "Go to the merge desk.", "cockpit task show TASK", shown=False),
    Key("inbox", "4", "inbox", "Go to what waits for you.", "cockpit status", shown=False),
    Key("next", "tab", "next", "Go to the next pane or agent.", shown=False),
    Key("previous", "shift+tab", "previous", "Go to the pane or agent before.", shown=False),
    Key("up", "up", "up", "Move up in a list, or scroll.", shown=False),
    Key("down", "down", "down", "Move down in a list, or scroll.", shown=False),
    Key(
        "board.edit",
        "e",
        "edit",
        "Change the selected task in your $EDITOR, as far as its state allows.",
        "cockpit task edit TASK",
        (BOARD,),
    ),
    Key("board.filter", "slash", "filter", "Show only tasks that fit.", "cockpit task list --filter WORDS", (BOARD,)),
    Key("board.turn", "b", "columns", "Columns instead of the list, or the list again.", "", (BOARD,)),
    Key(
        "board.needs",
        "d",
        "depends",
        "What the selected task waits for, and what waits for it.",
        "cockpit task show TASK",
        (BOARD,),
    ),
    Key(
        "board.promote",
        "u",
        "promote",
        "Take the selected suggested task up into the queue.",
        "cockpit task promote TASK",
        (BOARD,),
        shown=False,
    ),
    Key(
        "board.raise",
        "plus",
        "more urgent",
        "Raise the selected task's priority.",
        "cockpit task edit TASK",
        (BOARD,),
        shown=False,
    ),
    Key(
        "board.lower",
        "minus",
        "less urgent",
        "Lower the selected task's priority.",
        "cockpit task edit TASK",
        (BOARD,),
        shown=False,
    ),
    Key(
        "board.earlier",
        "shift+up",
        "earlier",
        "Move the selected queued task up in the queue.",
        "cockpit task move TASK --by -1",
        (BOARD,),
        shown=False,
    ),
    Key(
        "board.later",
        "shift+down",
        "later",
        "Move the selected queued task down in the queue.",
        "cockpit task move TASK --by 1",
        (BOARD,),
        shown=False,
    ),
    Key("board.all", "escape", "all", "Forget the filter: show all tasks again.", "", (BOARD,), shown=False),
    Key("board.left", "left", "left", "In columns: go to the column on the left.", "", (BOARD,), shown=False),
    Key("board.right", "right", "right", "In columns: go to the column on the right.", "", (BOARD,), shown=False),
    Key("diff.next-hunk", "right_square_bracket", "hunk", "In a diff: go to the next hunk.", "", (DESK,)),
    Key(
        "diff.previous-hunk",
        "left_square_bracket",
        "hunk before",
        "In a diff: go to the hunk before.",
        "",
        (DESK,),
        shown=False,
    ),
    Key("diff.next-file", "right_curly_bracket", "file", "In a diff: go to the next file.", "", (DESK,)),
    Key(
        "diff.previous-file",
        "left_curly_bracket",
        "file before",
        "In a diff: go to the file before.",
        "",
        (DESK,),
        shown=False,
    ),
    Key("diff.turn", "v", "side by side", "In a diff: old and new side by side, or one below the other.", "", (DESK,)),
    Key(
        "diff.generated",
        "g",
        "generated",
        "In a diff: show generated files, or fold them.",
        "",
        (DESK,),
        shown=False,
    ),
    Key("desk.edit", "e", "edit", "Open a copy of the diff's file in $EDITOR, to look at.", "", (DESK,), shown=False),
    Key(
        "copy-link",
        "y",
        "link",
        "Copy the address of the selected task's pull request or issue.",
        "cockpit task show TASK",
        _TASKS,
        shown=False,
    ),
    Key("desk.shell", "o", "shell", "Open a shell in the task's worktree, or in a copy.", "", (DESK,), shown=False),
    Key(
        "desk.list",
        "escape",
        "list",
        "From the files back to the diff, from a diff to the list.",
        "",
        (DESK,),
        shown=False,
    ),
    Key("theme", "T", "colours", "Choose the colours: dark, light, high contrast, none.", shown=False),
    Key("palette", "ctrl+p", "palette", "Find any of these by name.", "cockpit --help", shown=False),
    Key("help", "question_mark", "help", "Show all keys.", "cockpit --help"),
    Key("detach", "q", "detach", "Leave the screen; the night goes on.", ""),
)

BY_ACTION: Mapping[str, Key] = {key.action: key for key in TABLE}

_NAMES = {
    "escape": "esc",
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "shift+up": "shift+↑",
    "shift+down": "shift+↓",
    "plus": "+",
    "minus": "-",
    "slash": "/",
    "comma": ",",
}
_SHORT = {"solidus": "slash", "plus_sign": "plus", "hyphen_minus": "minus"}
"""Characters that Textual calls otherwise than Unicode does."""


class KeyConflict(ValueError):
    """The configured keys can't be used; the text names the actions and what to change."""


def bindings(overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The key of every action, with `overrides` (action to key) laid over the table's.

    Raises KeyConflict where an action does not exist or two would share a key.
    """
    chosen = {key.action: key.default for key in TABLE}
    for action, key in (overrides or {}).items():
        if action not in chosen:
            raise KeyConflict(f"there is no action {action!r}{_nearest(action, chosen)}")
        if not key.strip() or "," in key:
            raise KeyConflict(f"{action}: {key!r} is no key; give one, such as a, P, f5 or ctrl+a")
        chosen[action] = _long(key.strip())
    for first, second in combinations(TABLE, 2):
        if chosen[first.action] == chosen[second.action] and first.meets(second):
            on = f"{first.action} and {second.action} would both be on {pretty(chosen[first.action])}"
            raise KeyConflict(f"{on}; give one of them another key")
    return chosen


def pretty(key: str) -> str:
    """The key as a person calls it: `?` for `question_mark`."""
    try:
        return unicodedata.lookup(key.replace("_", " ")) if "_" in key else _NAMES.get(key, key)
    except KeyError:
        return key


def method(action: str) -> str:
    """The action's name as a Python name."""
    return action.replace("-", "_")


def markdown_table(overrides: Mapping[str, str] | None = None) -> str:
    """The table for the README, in parts by where a key is at home."""
    chosen = bindings(overrides)
    lines = ["| key | what it does | without the screen |", "|---|---|---|"]
    for where, rows in _parts():
        lines.append(f"| | **{where}** | |")
        lines += [f"| `{pretty(chosen[k.action])}` | {k.help} | {_cell(k.twin)} |" for k in rows]
    return "\n".join(lines)


def _parts() -> list[tuple[str, list[Key]]]:
    """The rows by where they are at home: everywhere, where a task is selected, and in one view."""
    found: dict[str, list[Key]] = {"Everywhere": [], "Where a task is selected": []}
    for key in TABLE:
        where = _AT_HOME.get(key.views[0], key.views[0]) if len(key.views) == 1 else "Where a task is selected"
        found.setdefault(where if key.views else "Everywhere", []).append(key)
    return list(found.items())


_AT_HOME = {
    BOARD: "On the board",
    AGENTS: "At the agents",
    DESK: "At the merge desk",
    AWAY: "While you were away",
    MONEY: "On the money card",
    IDEAS: "In the list of ideas",
    PLAN: "On a proposed plan",
}


def _cell(twin: str) -> str:
    """A command as a cell of a Markdown table."""
    return f"`{twin}`".replace("|", "\\|") if twin else ""


def _long(key: str) -> str:
    """`question_mark` for `?`, as Textual has it, so that one key has one name."""
    if len(key) == 1 and not key.isalnum():
        name = unicodedata.name(key, key).lower().replace("-", "_").replace(" ", "_")
        return _SHORT.get(name, name)
    return key


def _nearest(action: str, known: Iterable[str]) -> str:
    near = get_close_matches(action, list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(known)}"
