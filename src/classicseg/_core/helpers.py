"""How kernels that are called by other kernels are compiled: once, as a part of their callers.

numba makes of each function, and again of each one that calls it, optimized machine code with two wrappers, for
Python and for C. A kernel that is called by others needs none of that: its intermediate code is linked into its
callers, and is optimized there with what it is called with. That takes a third off the time of a first call.
"""

from __future__ import annotations

import functools
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_lock = threading.Lock()
_n_compiling = 0
_collects = False


@functools.cache
def helper_compiler() -> type:
    """numba's compiler, for kernels that no Python calls (its interface: `numba.core.compiler.CompilerBase`)."""
    from numba.core.codegen import JITCodeLibrary
    from numba.core.compiler import Compiler

    class Library(JITCodeLibrary):  # type: ignore[misc]
        """Code that is linked into that of others, and is neither optimized before nor loaded."""

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._finalized = True

    class HelperCompiler(Compiler):  # type: ignore[misc]
        def __init__(
            self, typing: Any, target: Any, library: None, args: Any, returned: Any, flags: Any, names: Any
        ) -> None:
            flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
            super().__init__(typing, target, Library(target.codegen(), "helper"), args, returned, flags, names)

        def compile_extra(self, function: Any) -> Any:
            # numba knows the function by what Python would call: any function of C, one for each.
            result = super().compile_extra(function)._replace(entry_point=[].append)
            self.state.targetctx.insert_user_function(result.entry_point, result.fndesc, [result.library])
            return result

    return HelperCompiler


@contextmanager
def without_collection() -> Iterator[None]:
    """No garbage is looked for in the ``with`` block: numba makes many objects that stay, and looking through them
    again and again takes a seventh of the time."""
    global _n_compiling, _collects
    with _lock:
        if _n_compiling == 0:
            _collects = gc.isenabled()
            gc.disable()
        _n_compiling += 1
    try:
        yield
    finally:
        with _lock:
            _n_compiling -= 1
            if _n_compiling == 0 and _collects:
                gc.enable()
