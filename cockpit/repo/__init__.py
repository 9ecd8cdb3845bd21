"""The repository: worktrees, rescue refs, merges and diffs, and the only user of GitPython.

Every function is synchronous, so the engine calls them in threads. Every failure is a `RepoError` whose text
says what is wrong, where, and what to do. Nothing here is forced: work is committed somewhere before
anything that holds it is removed, and the user's checkout is only ever fast-forwarded while it is clean.
"""

from cockpit.repo.diffs import changed_files, diff, diffstat, file_lines, files_of, generated, has_changes, log_oneline
from cockpit.repo.errors import (
    BareRepository,
    BranchTaken,
    ForeignWork,
    GitFailed,
    GitMissing,
    NestedRepository,
    NoCommits,
    NotARepository,
    PathTaken,
    RepoError,
    Unmerged,
    WrongBranch,
)
from cockpit.repo.explaining import both_sides, landed_in
from cockpit.repo.forecast import conflicts
from cockpit.repo.left import half_forwarded, make_branch, undo_half_forward
from cockpit.repo.lfs import without_pointer
from cockpit.repo.looking import copy_out, drop_copy
from cockpit.repo.losing import Dropped, commits_of, dropped
from cockpit.repo.merges import (
    Blocked,
    Landed,
    MergeConflict,
    MergeResult,
    Moved,
    land,
    merge_result,
)
from cockpit.repo.owning import check_own, fork_point, is_rewritten
from cockpit.repo.placing import copy_and_link
from cockpit.repo.pushing import Pushed, credentials, fetch, knows, lacks, push, same_files
from cockpit.repo.rebasing import Rebased, rebase
from cockpit.repo.remotes import remote_url
from cockpit.repo.repository import Repository
from cockpit.repo.rescue_refs import Rescue, all_rescues, newest_rescue, rescue, rescues, restore
from cockpit.repo.reverts import Reverted, revert
from cockpit.repo.room import drop_branch, holder, is_on, is_ours_alone, is_rescued, size_of
from cockpit.repo.since import changes_since, mark
from cockpit.repo.staging import commit_leftovers, uncommitted, unmerged
from cockpit.repo.stores import Mended, close_store, put_away, settle, store_of
from cockpit.repo.trees import WorkingTree, git_dir, unfinished, working_trees
from cockpit.repo.worktrees import (
    Worktree,
    drop_old_locks,
    gate_worktree,
    mend,
    prepare_worktree,
    release_worktree,
    remove_gate_worktree,
)

__all__ = [
    "BareRepository",
    "Blocked",
    "BranchTaken",
    "Dropped",
    "ForeignWork",
    "GitFailed",
    "GitMissing",
    "Landed",
    "Mended",
    "MergeConflict",
    "MergeResult",
    "Moved",
    "NestedRepository",
    "NoCommits",
    "NotARepository",
    "PathTaken",
    "Pushed",
    "Rebased",
    "RepoError",
    "Repository",
    "Rescue",
    "Reverted",
    "Unmerged",
    "WorkingTree",
    "Worktree",
    "WrongBranch",
    "all_rescues",
    "both_sides",
    "changed_files",
    "changes_since",
    "check_own",
    "close_store",
    "commit_leftovers",
    "commits_of",
    "conflicts",
    "copy_and_link",
    "copy_out",
    "credentials",
    "diff",
    "diffstat",
    "drop_branch",
    "drop_copy",
    "drop_old_locks",
    "dropped",
    "fetch",
    "file_lines",
    "files_of",
    "fork_point",
    "gate_worktree",
    "generated",
    "git_dir",
    "half_forwarded",
    "has_changes",
    "holder",
    "is_on",
    "is_ours_alone",
    "is_rescued",
    "is_rewritten",
    "knows",
    "lacks",
    "land",
    "landed_in",
    "log_oneline",
    "make_branch",
    "mark",
    "mend",
    "merge_result",
    "newest_rescue",
    "prepare_worktree",
    "push",
    "put_away",
    "rebase",
    "release_worktree",
    "remote_url",
    "remove_gate_worktree",
    "rescue",
    "rescues",
    "restore",
    "revert",
    "same_files",
    "settle",
    "size_of",
    "store_of",
    "uncommitted",
    "undo_half_forward",
    "unfinished",
    "unmerged",
    "without_pointer",
    "working_trees",
]
