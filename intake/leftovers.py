"""What requests leave where no allocator overwrites it: in circles, on stacks, in registers.

An exception, its traceback and the frames in it hold each other, and what was typed with them,
until Python looks for such circles: on a server that nobody visits, never. And what a call had on
its thread's stack lies there until another call needs the place; so do the last bytes that were
copied, hashed or sealed in the vector registers, which are saved wherever a thread waits.
"""

import ctypes
import gc
from collections.abc import Callable
from hashlib import sha256
from importlib import import_module
from typing import Any, Final, NoReturn

import gevent
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from gevent.event import AsyncResult
from gevent.threadpool import ThreadPool

#: Seconds for which a circle lasts at most, and what the main thread leaves.
_SWEEP = 1
#: Bytes of a stack that are overwritten; several times what the deepest call here was seen to use.
_STACK = 128 * 1024

#: Nothing, and enough of it for the widest registers to be used, all of them.
_NOTHING: Final = bytes(1_536)
_cipher = ChaCha20Poly1305(bytes(32))

_sodium_stackzero = ctypes.PyDLL(import_module("nacl._sodium").__file__).sodium_stackzero
_sodium_stackzero.argtypes = (ctypes.c_size_t,)
_sodium_stackzero.restype = None


def sweep() -> NoReturn:
    """Every second, let go of the circles and wash, for as long as it is let."""
    gc.collect()
    # What is here now stays, and is not to be looked through each time.
    gc.freeze()
    while True:
        gevent.sleep(_SWEEP)
        gc.collect()
        wash()


def wash() -> None:
    """Overwrite what earlier calls left on this thread's stack, and in its vector registers."""
    bytes(bytearray(_NOTHING))
    sha256(_NOTHING).digest()
    _cipher.encrypt(bytes(12), _NOTHING, None)
    _sodium_stackzero(_STACK)


class Threads(ThreadPool):
    """A pool of threads whose jobs leave nothing behind."""

    def spawn(  # type: ignore[override]  # gevent's own differs from its base as well
        self, func: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> "AsyncResult[Any]":
        return super().spawn(_washing, func, args, kwargs)


def _washing(func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        return func(*args, **kwargs)
    finally:
        wash()
