"""Loose objects that somebody else wrote: read without being led astray, and believed only when they are what they say.

Whoever wrote them may still be at it, and may have put links, pipes or lies in their place. So every name is opened
beneath a folder that is held open, nothing is followed, and what is checked is the very bytes that are kept.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

_FAN = re.compile(r"[0-9a-f]{2}")
_REST = re.compile(r"[0-9a-f]{38}|[0-9a-f]{62}")
_HEAD = re.compile(rb"(?:blob|tree|commit|tag) (\d{1,12})\0")
_LONGEST_HEAD = 32

_PIECE = 1 << 16
MOST_BYTES = 1 << 32
"""Of one object, unpacked; a few bytes can say that they are more than a machine has."""

_NO_FILE = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO, errno.EACCES, errno.EPERM)
"""It is gone, a link, a pipe or a socket, or locked away by who wrote it."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def names(store: Path) -> list[str]:
    """The objects that lie in a store, by their file's name; a link in a folder's place is taken away.

    A store that goes meanwhile, or is gone, has none.
    """
    found: list[str] = []
    with suppress(FileNotFoundError), _opened(store) as top:
        for fan in sorted(name for name in os.listdir(top) if _FAN.fullmatch(name)):
            try:
                with _opened(fan, top) as folder:
                    found += [fan + rest for rest in os.listdir(folder) if _REST.fullmatch(rest)]
            except OSError:
                with suppress(OSError):
                    os.unlink(fan, dir_fd=top)
    return found


def changed(store: Path) -> float:
    """When a name came to a store or went from it last; what lies deeper is not looked at."""
    newest = 0.0
    with suppress(OSError), os.scandir(store) as entries:
        for entry in entries:
            with suppress(OSError):
                newest = max(newest, entry.stat(follow_symlinks=False).st_mtime)
    return newest


def copy(store: Path, name: str, target: Path) -> bool:
    """Copy an object into `target`, another store; False, with nothing there, where it is not what its name says.

    Raises OSError where that can't be found out, or there is no room.
    """
    try:
        with _opened(store) as top, _opened(name[:2], top) as folder:
            source = os.open(name[2:], _FILE, dir_fd=folder)
    except OSError as error:
        if error.errno in _NO_FILE:
            return False
        raise
    try:
        return stat.S_ISREG(os.fstat(source).st_mode) and _copied(source, name, target)
    finally:
        os.close(source)


def put(source: Path, names: Sequence[str], store: Path) -> None:
    """Put objects of our own copying into a store; what it has already stays. They are on the disk then."""
    for name in names:
        file, place = source / name[:2] / name[2:], store / name[:2] / name[2:]
        place.parent.mkdir(exist_ok=True)
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
        file.chmod(0o444)
        with suppress(FileExistsError):
            os.link(file, place)


def remove(store: Path, name: str) -> None:
    """Take an object out of a store."""
    with suppress(OSError), _opened(store) as top, _opened(name[:2], top) as folder:
        os.unlink(name[2:], dir_fd=folder)


@contextmanager
def _opened(path: Path | str, beneath: int | None = None) -> Iterator[int]:
    fd = os.open(path, _FOLDER, dir_fd=beneath)
    try:
        yield fd
    finally:
        os.close(fd)


def _copied(source: int, name: str, target: Path) -> bool:
    place = target / name[:2] / name[2:]
    place.parent.mkdir(exist_ok=True)
    with place.open("wb") as file:
        is_sound = _is(name, _pieces(source, file.write))
    if not is_sound:
        place.unlink()
    return is_sound


def _pieces(source: int, keep: Callable[[bytes], object]) -> Iterator[bytes]:
    """What a file of git's holds, unpacked, a piece at a time; each piece as it is on the disk goes to `keep`."""
    unpack = zlib.decompressobj()
    while packed := os.read(source, _PIECE):
        keep(packed)
        while packed and not unpack.eof:
            yield unpack.decompress(packed, _PIECE)
            packed = unpack.unconsumed_tail
        if unpack.unused_data or (packed and unpack.eof):
            raise zlib.error("something follows the object")
    if not unpack.eof:
        raise zlib.error("the object is cut off")


def _is(name: str, pieces: Iterator[bytes]) -> bool:
    """Whether what an object's file holds has this name, and the length that it says."""
    digest = hashlib.sha1(usedforsecurity=False) if len(name) == 40 else hashlib.sha256()
    begun, length, most = b"", 0, None
    try:
        for piece in pieces:
            digest.update(piece)
            length += len(piece)
            if most is None:
                begun += piece
                head = _HEAD.match(begun)
                most = head.end() + int(head[1]) if head else None
                if head is None and len(begun) > _LONGEST_HEAD:
                    return False
            if most is not None and (length > most or most > MOST_BYTES):
                return False
    except zlib.error:
        return False
    return length == most and digest.hexdigest() == name
