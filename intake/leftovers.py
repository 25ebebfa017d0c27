"""What requests leave where no allocator overwrites it: in circles, on stacks, in registers.

An exception, its traceback and the frames in it hold each other, and what was typed with them,
until Python looks for such circles: on a server that nobody visits, never. What a call had on its
thread's stack lies there until another call needs the place. And a thread that waits still has in
its vector registers, some hundred bytes, what it copied, hashed or sealed last.
"""

import ctypes
import gc
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NoReturn

import gevent
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool
from nacl import _sodium

#: Seconds for which a circle lasts at most, and what the main thread has left.
_SWEEP = 1
#: Bytes of a stack that are overwritten: several times what the deepest call here was seen to use.
_STACK = 128 * 1024
#: So long that to copy, hash or seal it takes every register that is used for more. Longer, and
#: some processors copy it without any.
_NOTHING = bytes(1_536)

_overwrite_stack = ctypes.PyDLL(_sodium.__file__).sodium_stackzero
_overwrite_stack.argtypes = (ctypes.c_size_t,)
_overwrite_stack.restype = None


def sweep() -> NoReturn:
    """Every second, let go of the circles, and wash the main thread."""
    gc.collect()
    # What is here now stays, and is not to be looked through each time.
    gc.freeze()
    while True:
        gevent.sleep(_SWEEP)
        gc.collect()
        wash()


def wash() -> None:
    """Overwrite what earlier calls left on this thread's stack and in its registers."""
    bytearray(_NOTHING)
    sha256(_NOTHING).digest()
    ChaCha20Poly1305(_NOTHING[:32]).encrypt(_NOTHING[:12], _NOTHING, None)
    _overwrite_stack(_STACK)


class Threads(ThreadPool):
    """A pool of threads, each washed after each job."""

    def spawn(  # type: ignore[override]  # gevent's own differs from its base as well
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> "AsyncResult[Any]":
        return super().spawn(_washed, func, args, kwargs)


def _washed(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return func(*args, **kwargs)
    finally:
        wash()
