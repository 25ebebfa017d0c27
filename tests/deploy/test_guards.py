"""Which guards tor chose outlives the machine's memory; how many circuits it built does not."""

import time

GUARDS = "/opt/intake/current/deploy/guards"
KEPT = "/var/lib/intake-guards/guards"
STATE = """\
# Tor state file last generated on 2026-11-21 19:18:46 local time
CircuitBuildTimeBin 15 27
Guard in=default rsa_id=177EC64A2F1C76507D980C30783A3866591E295E nickname=one \
sampled_on=2026-11-15T20:16:36 sampled_idx=0 sampled_by=0.4.9.11 listed=1 \
confirmed_on=2026-11-15T02:18:29 confirmed_idx=0 pb_use_attempts=91.000000 \
pb_circ_attempts=114.000000 pb_successful_circuits_closed=108.000000
Guard in=default rsa_id=527E289E1E24282CA3841B47BDB9F8CE58587555 nickname=two \
sampled_on=2026-11-15T02:45:33 sampled_idx=1 sampled_by=0.4.9.11 listed=1
LastWritten 2026-11-21 19:18:46
TotalBuildTimes 110
"""


def saved(root) -> str:
    root.at("/var/lib/tor").mkdir(exist_ok=True)
    root.at("/var/lib/tor/state").write_text(STATE)
    root.run(GUARDS, "save")
    return root.at(KEPT).read_text()


def test_the_guards_are_kept_without_a_count(root):
    lines = saved(root).splitlines()
    assert [line.split()[3] for line in lines] == ["nickname=one", "nickname=two"]
    assert "confirmed_idx=0" in lines[0]
    assert not any("pb_" in line for line in lines)
    assert root.run("stat", "-c", "%U %a", KEPT) == "debian-tor 600\n"


def test_what_has_not_changed_is_not_written_again(root):
    saved(root)
    before = root.run("stat", "-c", "%Y %Z %i", KEPT)
    root.run(GUARDS, "save")
    assert root.run("stat", "-c", "%Y %Z %i", KEPT) == before


def test_tor_goes_on_with_the_guards_that_were_kept(root):
    saved(root)
    root.at("/var/lib/tor/state").unlink()
    root.run(GUARDS, "restore")
    root.run(
        "timeout", "--preserve-status", "--signal=INT", "5",
        *("tor", "--defaults-torrc", "/usr/share/tor/tor-service-defaults-torrc"),
        *("-f", "/etc/tor/torrc", "--RunAsDaemon", "0", "--DisableNetwork", "1"),
        *("--ControlSocket", "0", "--CookieAuthentication", "0", "--PidFile", "/tmp/tor.pid"),
    )  # fmt: skip
    state = root.at("/var/lib/tor/state").read_text()
    assert "TorVersion" in state
    for name in ("nickname=one", "nickname=two"):
        assert name in state


def test_a_state_that_is_there_is_left_alone(root):
    saved(root)
    root.at("/var/lib/tor/state").write_text("LastWritten 2026-11-21 19:18:46\n")
    root.run(GUARDS, "restore")
    assert "Guard" not in root.at("/var/lib/tor/state").read_text()


def test_without_guards_there_is_nothing_to_keep(root):
    root.at("/var/lib/tor").mkdir(exist_ok=True)
    root.at("/var/lib/tor/state").write_text(f"LastWritten {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
    root.run(GUARDS, "save")
    assert not root.at(KEPT).exists()
