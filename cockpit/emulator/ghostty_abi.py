"""libghostty's functions, loaded quickly.

`import pyghostty` parses 80 KB of declarations, which takes longer than all else that a terminal pane needs. So
they are parsed once, and what cffi makes of them is kept in the cache folder of the person; the next start loads
that. Where nothing can be kept, they are parsed each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import io
import os
import tempfile
from functools import lru_cache
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from cockpit.emulator.base import NoEmulator
from cockpit.emulator.cache import folder

_TWINS = """
typedef struct { GhosttyTerminalScrollViewportTag tag; int64_t value[2]; } CockpitScrollViewport;
"""
"""A structure laid out as the library's, without the union that cffi can't pass by value."""


class Abi(NamedTuple):
    """cffi's two halves."""

    ffi: Any
    lib: Any


@lru_cache(maxsize=1)
def abi() -> Abi:
    """The library. Raises NoEmulator where it is not installed or can't be loaded."""
    try:
        package = _package()
        ffi = _declarations(package / "_cdef.py").ffi
        return Abi(ffi, ffi.dlopen(str(_library(package))))
    except (ImportError, OSError, AttributeError) as error:
        raise NoEmulator(f"libghostty can't be loaded: {error}") from error


def _package() -> Path:
    spec = importlib.util.find_spec("pyghostty")  # finds it without running it
    if spec is None or spec.origin is None:
        raise ImportError("the package pyghostty is not installed")
    return Path(spec.origin).parent


def _library(package: Path) -> Path:
    for path in sorted((package / "_lib").glob("libghostty-vt.*")):
        return path
    raise ImportError(f"{package} has no library for this platform")


def _declarations(source: Path) -> ModuleType:
    with contextlib.suppress(OSError, RuntimeError, ImportError, SyntaxError):
        path = folder() / f"{_name(source)}.py"
        if not path.exists():
            _keep(path, source)
        return _module(path)
    with tempfile.TemporaryDirectory(prefix="cockpit-") as elsewhere:
        path = Path(elsewhere) / f"{_name(source)}.py"
        _keep(path, source)
        return _module(path)


def _name(source: Path) -> str:
    """Another file, library or cffi has another name."""
    import _cffi_backend

    stat = source.stat()
    what = f"{source}:{stat.st_size}:{stat.st_mtime_ns}:{_cffi_backend.__version__}:{_TWINS}"
    return f"ghostty_{hashlib.sha256(what.encode()).hexdigest()[:16]}"


def _keep(path: Path, source: Path) -> None:
    from cffi import FFI

    ffi = FFI()
    ffi.set_source(path.stem, None)
    ffi.cdef(_module(source).CDEF + _TWINS)
    with tempfile.TemporaryDirectory(dir=path.parent) as aside:
        made = Path(aside) / path.name
        with contextlib.redirect_stdout(io.StringIO()):  # it says what it does
            ffi.emit_python_code(str(made))
        os.replace(made, path)


def _module(path: Path) -> ModuleType:
    loader = SourceFileLoader(path.stem, str(path))
    module = importlib.util.module_from_spec(ModuleSpec(path.stem, loader, origin=str(path)))
    loader.exec_module(module)
    return module
