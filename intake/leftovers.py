"""What requests leave where no allocator overwrites it: in circles of objects, and on stacks.

An exception, its traceback and the frames in it hold each other, and what was typed with them,
until Python looks for such circles: on a server that nobody visits, never. And what a call had on
its thread's stack lies there until another call needs the place.
"""

import ctypes
import gc
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import gevent
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

#: Seconds for which a circle lasts at most, and the main thread's stack.
_SWEEP = 1
#: Bytes of a stack that are overwritten; several times what the deepest call here was seen to use.
_STACK = 128 * 1024

_sodium_stackzero = ctypes.PyDLL(import_module("nacl._sodium").__file__).sodium_stackzero
_sodium_stackzero.argtypes = (ctypes.c_size_t,)
_sodium_stackzero.restype = None


def sweep() -> NoReturn:
    """Every second, let go of the circles and overwrite the stack, for as long as it is let."""
    gc.collect()
    # What is here now stays, and is not to be looked through each time.
    gc.freeze()
    while True:
        gevent.sleep(_SWEEP)
        gc.collect()
        wash_stack()


def wash_stack() -> None:
    """Overwrite what earlier calls left on this thread's stack."""
    _sodium_stackzero(_STACK)


class Threads(ThreadPool):
    """A pool of threads whose jobs leave nothing on their stacks."""

    def spawn(  # type: ignore[override]  # gevent's own differs from its base as well
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> "AsyncResult[Any]":
        return super().spawn(_washing, func, args, kwargs)


def _washing(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return func(*args, **kwargs)
    finally:
        wash_stack()
