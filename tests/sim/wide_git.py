"""Git for a night of very many tasks: the same questions as `git.Git`, each answered in the same short time.

A commit is a place on the target that it holds, and one change of its own; a change touches one file. Two changes
can get in each other's way only where they touch the same file and neither holds the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.sim.dice import Dice
from tests.sim.git import TARGET

FILES = 4_000


@dataclass(frozen=True, slots=True)
class Commit:
    """What it holds: the target as of a place there, and a change; 0 is none."""

    place: int
    change: int
    is_green: bool = True


@dataclass
class WideGit:
    """One repository, whose target only grows."""

    dice: Dice
    conflict: float
    """How often two changes of a file conflict."""
    clash: float
    """How often two changes of a file that merge well break the build together."""
    commits: list[Commit] = field(default_factory=lambda: [Commit(0, 0)])
    branches: dict[str, int] = field(default_factory=lambda: {TARGET: 0})
    places: dict[int, int] = field(default_factory=lambda: {0: 0})
    """The commits that the target carries, and where."""
    touched: dict[int, int] = field(default_factory=dict)
    """Where on the target each file was last changed."""
    made: dict[tuple[int, int], int] = field(default_factory=dict)
    merged_for: dict[int, str] = field(default_factory=dict)
    """The task that a merge commit was made for."""
    is_dirty: bool = False
    rewritten: bool = False
    _changes: int = 0

    def change(self, owner: str, *, is_broken: bool) -> int:
        """A new change: the file that it touches, and whether it breaks the build by itself."""
        self._changes += 1
        return (1 + self.dice.count(0, FILES - 1, "file", owner, self._changes)) << 1 | is_broken

    def _commit(self, place: int, change: int, *, is_green: bool = True) -> int:
        self.commits.append(Commit(place, change, is_green))
        return len(self.commits) - 1

    def is_ancestor(self, old: int, new: int) -> bool:
        """Whether `new` holds `old`, which was on the target."""
        return old == new or (old in self.places and self.places[old] <= self._place(new))

    def _place(self, commit: int) -> int:
        return self.places.get(commit, self.commits[commit].place)

    def new_in(self, branch: int, target: int) -> int:
        """What a branch would bring."""
        return 0 if branch in self.places else self.commits[branch].change

    def _meet(self, what: str, share: float, ours: int, theirs: int) -> bool:
        """Whether a branch gets in the way of what its file became, on the target or on another branch."""
        mine = self.commits[theirs].change >> 1
        if ours not in self.places:
            return mine == self.commits[ours].change >> 1 and self.dice.chance(share, what, ours, theirs)
        last = self.touched.get(mine, 0)
        return last > self._place(theirs) and self.dice.chance(share, what, mine, last, theirs)

    def conflicts(self, ours: int, theirs: int) -> bool:
        """Whether the two can't be merged by git alone."""
        return self._meet("conflict", self.conflict, ours, theirs)

    def merge(self, ours: int, theirs: int) -> int:
        """The merge commit of the target and a branch."""
        if (ours, theirs) not in self.made:
            change = self.commits[theirs].change
            is_green = not change & 1 and not self._meet("clash", self.clash, ours, theirs)
            self.made[ours, theirs] = self._commit(self._place(ours), change, is_green=is_green)
        return self.made[ours, theirs]

    def replay(self, head: int, base: int, target: int) -> int:
        """A commit on the target with what a branch did."""
        return self._commit(self._place(target), self.commits[head].change)

    def work(self, branch: str, owner: str, change: int, *, with_target: bool) -> None:
        """Commit a change on a branch in place of what its owner did there before."""
        holds = self.branches[TARGET if with_target else branch]
        self.branches[branch] = self._commit(self._place(holds), change)

    def is_green(self, commit: int) -> bool:
        """Whether the build of a commit really works."""
        return self.commits[commit].is_green

    def land(self, expected: int, merged: int) -> str:
        """Move the target: `landed`, `moved` or `blocked`."""
        if merged in self.places:
            return "landed"
        if self.branches[TARGET] != expected:
            return "moved"
        if self.is_dirty:
            return "blocked"
        self.branches[TARGET] = merged
        self.places[merged] = len(self.places)
        self.touched[self.commits[merged].change >> 1] = self.places[merged]
        return "landed"

    def landed(self) -> set[str]:
        """The tasks whose merge the target really carries."""
        return {task for commit, task in self.merged_for.items() if commit in self.places}
