"""Git as a simulated night needs it: commits whose content is a set of changes, merged three ways.

A change may be broken, may conflict textually with another, and may break the build only together with another;
so whether a commit is really green is known here, whatever the gates said. The target moves by compare-and-swap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.sim.dice import Dice

TARGET = "main"


@dataclass(frozen=True, slots=True)
class Commit:
    """What it holds, and what it descends from; both are sets of numbers, kept as bits."""

    changes: int
    ancestors: int


@dataclass
class Git:
    """One repository."""

    dice: Dice
    conflict: float
    """How often two changes conflict."""
    clash: float
    """How often two changes that merge well break the build together."""
    commits: list[Commit] = field(default_factory=lambda: [Commit(0, 1)])
    branches: dict[str, int] = field(default_factory=lambda: {TARGET: 0})
    owners: list[str] = field(default_factory=list)
    """Whose each change is: a task, or `user`."""
    broken: int = 0
    """The changes that break the build by themselves."""
    is_dirty: bool = False
    """The target is checked out and the user has unsaved changes there."""
    rewritten: bool = False
    """The user took commits off the target."""
    made: dict[tuple[int, int], int] = field(default_factory=dict)
    """Merge commits by their parents: the same two give the same one."""
    merged_for: dict[int, str] = field(default_factory=dict)
    """The task that a merge commit was made for."""
    _green: dict[int, bool] = field(default_factory=dict)

    # ── commits ──────────────────────────────────────────────────────────────────────────────────────

    def change(self, owner: str, *, is_broken: bool) -> int:
        """A new change, as a bit."""
        bit = 1 << len(self.owners)
        self.owners.append(owner)
        if is_broken:
            self.broken |= bit
        return bit

    def commit(self, changes: int, *parents: int) -> int:
        """A commit of all that, on these parents."""
        ancestors = 1 << len(self.commits)
        for parent in parents:
            ancestors |= self.commits[parent].ancestors
        self.commits.append(Commit(changes, ancestors))
        return len(self.commits) - 1

    def is_ancestor(self, old: int, new: int) -> bool:
        """Whether `new` descends from `old`, or is it."""
        return bool(self.commits[new].ancestors >> old & 1)

    def base(self, one: int, other: int) -> int:
        """The newest commit that both descend from."""
        return (self.commits[one].ancestors & self.commits[other].ancestors).bit_length() - 1

    def new_in(self, branch: int, target: int) -> int:
        """The changes that a branch would bring, or take away."""
        return self.commits[branch].changes ^ self.commits[self.base(branch, target)].changes

    # ── merging ──────────────────────────────────────────────────────────────────────────────────────

    def conflicts(self, ours: int, theirs: int) -> bool:
        """Whether the two can't be merged by git alone."""
        base = self.commits[self.base(ours, theirs)].changes
        mine, others = self.commits[ours].changes ^ base, self.commits[theirs].changes ^ base
        return any(
            self.dice.chance(self.conflict, "conflict", min(a, b), max(a, b))
            for a in bits(mine & ~others)
            for b in bits(others & ~mine)
        )

    def merge(self, ours: int, theirs: int) -> int:
        """The merge commit of two that don't conflict: of each change, what one side did since they parted."""
        if (ours, theirs) not in self.made:
            base = self.commits[self.base(ours, theirs)].changes
            one, other = self.commits[ours].changes, self.commits[theirs].changes
            merged = (one & other) | (~base & (one ^ other))
            self.made[ours, theirs] = self.commit(merged, ours, theirs)
        return self.made[ours, theirs]

    def replay(self, head: int, base: int, target: int) -> int:
        """A commit on the target with what a branch did since `base`."""
        before, mine = self.commits[base].changes, self.commits[head].changes
        now = self.commits[target].changes
        return self.commit((now | (mine & ~before)) & ~(before & ~mine), target)

    def work(self, branch: str, owner: str, change: int, *, with_target: bool) -> None:
        """Commit a change on a branch in place of what its owner did there before."""
        head, target = self.branches[branch], self.branches[TARGET]
        parents = [head]
        held = self.commits[head].changes
        if with_target and not self.is_ancestor(target, head):
            base = self.commits[self.base(head, target)].changes
            other = self.commits[target].changes
            held = (held & other) | (~base & (held ^ other))
            parents.append(target)
        landed = self.commits[self.base(head, target)].changes
        own = sum(1 << n for n in bits(held & ~landed) if self.owners[n] == owner)
        self.branches[branch] = self.commit((held & ~own) | change, *parents)

    def undo(self, merge: int, target: int) -> int:
        """A commit on the target without what a merge brought."""
        (ours,) = (one for (one, _), made in self.made.items() if made == merge)
        before, after = self.commits[ours].changes, self.commits[merge].changes
        now = self.commits[target].changes
        return self.commit((now & ~(after & ~before)) | (before & ~after), target)

    def is_green(self, commit: int) -> bool:
        """Whether the build of a commit really works."""
        changes = self.commits[commit].changes
        if changes not in self._green:
            there = list(bits(changes))
            pairs = ((a, b) for n, a in enumerate(there) for b in there[:n])
            clashes = any(self.dice.chance(self.clash, "clash", b, a) for a, b in pairs)
            self._green[changes] = not changes & self.broken and not clashes
        return self._green[changes]

    def land(self, expected: int, merged: int) -> str:
        """Move the target: `landed`, `moved` or `blocked`."""
        now = self.branches[TARGET]
        if self.is_ancestor(merged, now):
            return "landed"
        if now != expected:
            return "moved"
        if self.is_dirty:
            return "blocked"
        self.branches[TARGET] = merged
        return "landed"

    # ── the user's own hand ──────────────────────────────────────────────────────────────────────────

    def user_commits(self, *, is_broken: bool) -> None:
        """The user commits to the target."""
        now = self.branches[TARGET]
        changed = self.commits[now].changes | self.change("user", is_broken=is_broken)
        self.branches[TARGET] = self.commit(changed, now)

    def user_rewrites(self, back: int) -> None:
        """The user takes the newest commits off the target and goes on from an older one."""
        now = self.branches[TARGET]
        older = list(bits(self.commits[now].ancestors))
        self.branches[TARGET] = older[max(0, len(older) - 1 - back)]
        self.rewritten = True
        self.user_commits(is_broken=False)

    def landed(self) -> set[str]:
        """The tasks whose merge the target really carries."""
        ancestors = self.commits[self.branches[TARGET]].ancestors
        return {task for commit, task in self.merged_for.items() if ancestors >> commit & 1}


def bits(mask: int) -> Iterator[int]:
    """The numbers that a set of bits holds."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def name(commit: int) -> str:
    """A commit's name, as events carry it."""
    return f"c{commit}"


def number(name: str) -> int:
    """The commit of a name."""
    return int(name[1:])
