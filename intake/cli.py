"""The ``intake`` command: where time, randomness, arguments and people come in.

Exit code 0 is done, 1 an expected failure with message and hint on stderr, 2 wrong usage.
"""

import argparse
import os
import random
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from intake import lasting, memory
from intake.chance import Chance
from intake.collecting import collect
from intake.courier import cli as courier
from intake.couriers import cli as couriers
from intake.days import SECONDS, date_of, day_of
from intake.delivery import deliver, read_dispatch
from intake.errors import CollectError, DiskFull, HomeError, IntakeError, KeyringError, reason
from intake.home import Config, Home
from intake.script import script
from intake.sender import cli as sender
from intake.store import DirectoryStore, Store
from intake.tor import cli as tor
from intake.wire.errors import Refused
from intake.wire.keyring import SuiteName
from intake.wire.signing import fingerprint

_CHANCE = Chance(os.urandom, secrets.randbelow, random.SystemRandom().shuffle)
#: Seconds between two looks of the server for what was deleted and has to be overwritten.
_ERASE = 5
_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        options.command(options)
    except IntakeError as error:
        print(f"intake: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"hint: {error.hint}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"intake: {error.filename or 'the system'}: {error.strerror}", file=sys.stderr)
        print("hint: Nothing is lost. Check that path, its owner and the disk.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        # At an ordinary end the interpreter could meet a worker that is just saying something.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="intake",
        description="An intake server that has nothing to tell whoever seizes it.",
        epilog="The offline side is the command: keys",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_init(commands)
    _add_serve(commands)
    _add_collect(commands)
    _add_deliver(commands)
    _add_status(commands)
    for part in (tor, couriers, courier, sender):
        part.add_commands(commands)
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], None],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    parser.add_argument("home", metavar="HOME", type=Path, help="the server's folder")
    parser.set_defaults(command=run)
    return parser


def _add_init(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "init", _init, "make a server's folder from a signed keyring")
    parser.add_argument("--keyring", type=Path, required=True, help="from: keys keyring")
    parser.add_argument("--name", required=True, help="the newsroom's name, shown to sources")
    parser.add_argument(
        "--tick",
        type=int,
        default=Config.tick,
        help="seconds to which times are coarsened (%(default)s)",
    )
    parser.add_argument(
        "--reserve", type=_size, default=Config.reserve, help="disk that only messages may use (1G)"
    )
    parser.add_argument(
        "--max-upload", type=_size, default=0, help="largest request, as 500M or 20G (what fits)"
    )
    parser.add_argument(
        "--decoys",
        type=int,
        default=Config.decoys,
        help="decoys in each tick at least, so that envelopes cannot be counted (%(default)s)",
    )


def _add_serve(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "serve", _serve, "serve the pages for sources, and the couriers")
    parser.add_argument(
        "--listen",
        metavar="ADDRESS",
        help="127.0.0.1:PORT or unix:PATH, and no Tor; without it on sockets under HOME/run, "
        "behind two onions",
    )
    parser.add_argument(
        "--listen-couriers", metavar="ADDRESS", help="with --listen: the couriers' service as well"
    )
    parser.add_argument(
        "--without-wiping",
        action="store_true",
        help="leave remnants of what was sent in memory: for systems that cannot overwrite them",
    )
    tor.add_tor_options(parser, ("system", "own", "none"))


def _add_collect(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "collect", _collect, "copy the envelopes out")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="for instance a USB stick")


def _add_deliver(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "deliver", _deliver, "deliver what the desk sends")
    parser.add_argument("dispatch", metavar="DISPATCH", type=Path, help="from: keys dispatch")


def _add_status(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _add(commands, "status", _status, "say what an operator may know")


def _init(options: argparse.Namespace) -> None:
    config = Config(options.name, options.tick, options.reserve, options.max_upload, options.decoys)
    try:
        signed = options.keyring.read_bytes()
    except OSError as error:
        raise KeyringError(f"{options.keyring} cannot be read: {error.strerror}.") from error
    home = Home.create(options.home, config, signed)
    _store(home)
    print(f"{options.home} is ready for {config.name}.")
    print(f"Root key: {fingerprint(home.keyring.root_key)}")
    print("Compare that with what was printed when the root key was made.")


def _serve(options: argparse.Namespace) -> None:
    home = Home(options.home)
    if options.listen_couriers and not options.listen:
        raise HomeError(
            "--listen-couriers goes with --listen.", "Give both, or neither and have both onions."
        )
    _forget(options)
    # The web half is loaded here alone: the other commands need none of it.
    from intake.app import create_app
    from intake.couriers.app import create_couriers_app
    from intake.decoys import Decoys
    from intake.newsroom import Newsroom
    from intake.server import listen, repeat, serve
    from intake.tor.beside import keeper_beside, served_beside, sockets

    with ExitStack() as beside:
        beside.enter_context(home.only_server())
        newsroom = Newsroom(home, _CHANCE, time.time)
        _recover(newsroom.store)
        newsroom.shelve()
        ours = (options.listen, options.listen_couriers)
        sources, couriers_at = ours if options.listen else sockets(options.home)
        listener = beside.enter_context(listen(sources))
        if couriers_at:
            application = create_couriers_app(newsroom)
            beside.enter_context(served_beside(listen(couriers_at), application))
        print(f"Serving {home.config.name} on {sources}", flush=True)
        _warn(home)
        if not options.listen and options.tor != "none":
            beside.enter_context(keeper_beside(options))
        serve(
            listener,
            create_app(newsroom),
            tick=newsroom.shelve,
            seconds_to_tick=newsroom.seconds_to_tick,
            beside=(
                Decoys(newsroom).run,
                partial(repeat, "Overwriting", newsroom.store.erase, lambda: _ERASE),
                partial(repeat, "A look at the keyring", partial(_warn, home), _to_midnight),
            ),
        )


def _recover(store: Store) -> None:
    """Recover. What cannot be read was never confirmed, and keeps nobody out."""
    try:
        store.recover()
    except OSError as error:
        print(f"intake: Not all that was arriving can be kept: {reason(error)}.", file=sys.stderr)
        print("hint: Nothing that was confirmed is lost. Check the disk.", file=sys.stderr)


def _warn(home: Home) -> None:
    """Tell the operator if the keyring has run out, or does so soon."""
    warning = lasting.warning(home.keyring, day_of(time.time()))
    if warning:
        print(f"intake: {warning}", file=sys.stderr, flush=True)


def _to_midnight() -> float:
    """Return the seconds to the first of the next day (UTC)."""
    return SECONDS - time.time() % SECONDS + 1


def _forget(options: argparse.Namespace) -> None:
    """Become a process that keeps nothing of what it frees, and that is never written down."""
    if not options.without_wiping:
        memory.start_anew()
    if not memory.keep_off_disks():
        print("intake: What is in memory may get into this machine's swap.", file=sys.stderr)
        print("hint: Switch swap off, or encrypt it: swapoff --all", file=sys.stderr)


def _collect(options: argparse.Namespace) -> None:
    home = Home(options.home)
    store = _store(home)
    failure = _failure_to_shelve(home, store)
    copied, kept = collect(store, options.folder, _progress)
    print(f"{_count(copied, 'envelope')} copied, {kept} there already.", flush=True)
    if failure:
        raise CollectError(
            f"What came since the last tick could not be put on the shelf: {failure}.",
            "What is on the shelf was copied. See to the server's disk; then collect again.",
        )


def _failure_to_shelve(home: Home, store: DirectoryStore) -> str:
    """Put on the shelf what can be; return why not all, if so: a disk that fails can be copied."""
    tick, failure = home.config.tick_at(time.time()), ""
    for act in (partial(_recover_alone, home, store), partial(store.shelve, tick, _CHANCE.shuffle)):
        try:
            act()
        except (OSError, DiskFull) as error:
            failure = reason(error).rstrip(".")
    return failure


def _recover_alone(home: Home, store: DirectoryStore) -> None:
    """Where no server runs, what a killed one left behind is to be had as well."""
    with suppress(HomeError), home.only_server():
        store.recover()


def _deliver(options: argparse.Namespace) -> None:
    home = Home(options.home)
    store = _store(home)
    tick = home.config.tick_at(time.time())
    store.shelve(tick, _CHANCE.shuffle)
    done = deliver(home, store, read_dispatch(options.dispatch), tick)
    print(*done.lines(), sep="\n", flush=True)
    # What was delivered has to be known by now: this may take long.
    store.erase()


def _status(options: argparse.Namespace) -> None:
    home = Home(options.home)
    store, keyring = _store(home), home.keyring
    today = day_of(time.time())
    try:
        keyring.check_day(today)
        state = "open"
    except Refused as error:
        state = f"closed: {error}"
    last, left = date_of(keyring.last_day), keyring.last_day - today
    room, reserve = store.room(for_message=False), store.room(for_message=True)
    print(f"newsroom    {home.config.name}")
    print(f"intake      {state}")
    print(f"server      {'running' if home.has_server() else 'not running'}")
    print(f"keyring     {keyring.sequence}, until {last} ({_count(left, 'day')})")
    if left < lasting.SOON:
        print(f"            {lasting.NEXT}")
    if keyring.suite is SuiteName.NACL:
        end = lasting.epoch_end(keyring, today)
        print(f"epoch       until {date_of(end)} ({_count(end - today, 'day')})")
    print(f"root key    {fingerprint(keyring.root_key)}")
    print(f"suite       {keyring.suite.name.lower()}")
    print(f"script      {_script_said()}")
    print(f"held        {_human(store.used())} of ciphertext")
    print(f"room        {_room(room)} for files, {_room(reserve)} for messages")
    if not room:
        print("            Collect the envelopes, and deliver the desk's receipts.")
    print(f"reserve     {_human(home.config.reserve)} set aside, that only messages may use")
    print(f"decoys      {_decoys_said(home.config.decoys, is_room=store.used() <= room)}")


def _room(size: int) -> str:
    return _human(size) if size else "none"


def _decoys_said(least: int, *, is_room: bool) -> str:
    if not least:
        return "none, so envelopes can be counted"
    return f"at least {least} in each tick" if is_room else "none: half of the room is taken"


def _script_said() -> str:
    ours = script()
    if ours.integrity is None:
        return "none, so browsers do not seal"
    return ours.integrity if ours.is_expected else f"not this version's: {ours.integrity}"


def _store(home: Home) -> DirectoryStore:
    return home.store(_CHANCE.token)


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{_human(done)} of {_human(total)}", end=end, file=sys.stderr, flush=True)


def _human(size: int) -> str:
    value, units = float(size), iter(("bytes", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while value >= 1_000 and unit != "TB":
        value, unit = value / 1_000, next(units)
    return f"{value:.0f} {unit}" if unit == "bytes" else f"{value:.1f} {unit}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _size(text: str) -> int:
    number, unit = text.rstrip("kMGT"), text[-1:] if text[-1:] in "kMGT" else ""
    if not number.isdigit():
        raise argparse.ArgumentTypeError(f"not a size: {text} (as 500M or 20G)")
    return int(number) * _UNITS[unit]
