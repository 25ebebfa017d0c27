"""Installing, again, upgrading, going back; and what ``check`` says without a running system."""

import re
from pathlib import Path

import pytest

from intake.script import EXPECTED
from tests.deploy.conftest import install
from tests.deploy.machine import SOURCE, Root

CHECK = "/opt/intake/current/deploy/check"


def runs(root: Root) -> str:
    """Return which version runs."""
    return root.run("readlink", "/opt/intake/current").strip()


def upgrade(root: Root) -> None:
    """Install a tree that says something else."""
    for changed in ("intake/__init__.py", "deploy/systemd/intake.service"):
        with root.at(f"{SOURCE}/{changed}").open("a") as file:
            file.write("\n# Newer.\n")
    install(root)


def everything(root: Root) -> list[str]:
    """Return every file that an installation makes, with its owner, size and time."""
    places = ("/etc", "/opt/intake", "/var/lib/intake", "/usr/local/sbin")
    shown = "%p %m %U %G %s %T@ %l\n"
    return root.run("find", *places, "!", "-type", "d", "-printf", shown).splitlines()


def test_it_makes_the_user_the_home_and_the_program(root):
    assert root.run("id", "-Gn", "intake").split() == ["intake"]
    modes = root.run("stat", "-c", "%a %U %G", "/var/lib/intake", "/var/lib/intake/onion")
    assert modes.splitlines() == ["2710 intake debian-tor", "700 debian-tor debian-tor"]
    assert "The Gazette" in root.run("/usr/local/sbin/intake", "status", "/var/lib/intake")


def test_the_offline_side_is_not_installed(root):
    program = root.at(runs(root))
    assert not (program / "bin" / "keys").exists()
    assert not list(program.glob("lib/python3*/site-packages/keys"))


def test_the_translations_are_compiled(root):
    assert list(root.at(runs(root)).glob("lib/*/site-packages/intake/translations/ar/*/*.mo"))


def test_the_script_is_installed_and_is_this_versions(root):
    said = root.run("/usr/local/sbin/intake", "status", "/var/lib/intake")
    (integrity,) = re.findall(r"^script +(\S+)$", said, re.MULTILINE)
    assert integrity == EXPECTED.read_text().strip()
    program = root.at(runs(root))
    assert list(program.glob("lib/*/site-packages/intake/static/script.js"))
    assert not list(program.glob("lib/*/site-packages/intake/browser"))


@pytest.mark.slow
def test_another_versions_script_is_not_installed(root):
    program = root.at(runs(root))
    (program / ".whole").unlink()
    with root.at("/srv/wheels/script.js").open("a") as file:
        file.write("// Newer.\n")
    done = root.begin(f"{SOURCE}/deploy/install", "--wheels", "/srv/wheels")
    assert done.returncode == 1
    assert "is another version's" in done.stderr
    assert not (program / ".whole").exists()


def test_its_units_start_with_the_machine(root):
    for unit in ("intake.service", "intake-onion.service", "var-lib-tor.mount", "nftables.service"):
        assert root.run("systemctl", "is-enabled", unit) == "enabled\n"
    assert root.begin("systemctl", "is-enabled", "hibernate.target").stdout == "masked\n"


def test_installing_again_changes_nothing(root):
    before = everything(root)
    install(root)
    assert set(everything(root)) ^ set(before) == set()


def test_a_newsroom_that_is_there_stays(root):
    before = root.at("/var/lib/intake/keyring").read_bytes()
    said = install(root, "--keyring", "/root/keyring", "--name", "Another")
    assert "there already" in said
    assert root.at("/var/lib/intake/keyring").read_bytes() == before


@pytest.mark.slow
def test_an_upgrade_keeps_the_version_before_and_goes_back_to_it(root):
    first = runs(root)
    unit = root.at("/etc/systemd/system/intake.service")
    upgrade(root)
    second = runs(root)
    assert second != first
    assert "# Newer." in unit.read_text()
    (package,) = root.at(second).glob("lib/python3*/site-packages/intake/__init__.py")
    assert "# Newer." in package.read_text()

    root.run(f"{SOURCE}/deploy/rollback")
    assert runs(root) == first
    assert "# Newer." not in unit.read_text()
    root.run("/opt/intake/current/deploy/rollback")
    assert runs(root) == second
    assert "# Newer." in unit.read_text()

    upgrade(root)
    kept = {path.name for path in root.at("/opt/intake").iterdir() if not path.is_symlink()}
    assert kept == {Path(runs(root)).name, Path(second).name}


def test_with_nothing_to_go_back_to_rollback_says_so(root):
    done = root.begin(f"{SOURCE}/deploy/rollback")
    assert done.returncode == 1
    assert "no version to go back to" in done.stderr


@pytest.mark.slow
def test_an_installation_that_was_cut_short_is_made_anew(root):
    program = root.at(runs(root))
    (program / ".whole").unlink()
    (program / "bin" / "intake").unlink()
    install(root)
    assert (program / "bin" / "intake").exists()


def test_over_ssh_it_does_not_lock_anybody_out(root):
    done = root.begin(f"{SOURCE}/deploy/install", SSH_CONNECTION="1.2.3.4 5 6.7.8.9 22")
    assert done.returncode == 1
    assert "lock yourself out" in done.stderr


def test_another_system_is_refused(root):
    root.at("/etc/os-release").unlink()
    root.at("/etc/os-release").write_text("ID=other\nPRETTY_NAME='Other 1'\n")
    done = root.begin(f"{SOURCE}/deploy/install")
    assert done.returncode == 1
    assert "This is Other 1" in done.stderr


@pytest.mark.parametrize(
    "options", [["--keyring", "/root/keyring"], ["--name", "A"], ["--unknown"]], ids=str
)
def test_wrong_usage_is_exit_code_2(root, options):
    assert root.begin(f"{SOURCE}/deploy/install", *options).returncode == 2


def test_the_firewall_can_be_left_alone(root):
    theirs = "# Mine.\n"
    root.at("/etc/nftables.conf").write_text(theirs)
    install(root, "--no-firewall")
    assert root.at("/etc/nftables.conf").read_text() == theirs


def test_check_says_of_each_thing_whether_it_is_well_and_what_to_do(root):
    done = root.begin(CHECK)
    assert done.returncode == 1
    *lines, empty, summary = done.stdout.splitlines()
    assert empty == ""
    assert summary.endswith("to think about.")
    assert {line.split()[0] for line in lines} == {"ok", "WARN", "FAIL"}
    for line in lines:
        assert line.startswith("ok ") or " -> " in line
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("chmod 755 /var/lib/intake", "FAIL home /var/lib/intake is 2755 intake debian-tor"),
        ("touch /var/lib/intake/x", "FAIL home /var/lib/intake/x is not the web process's"),
        ("chmod 644 /var/lib/intake/keyring", "FAIL home /var/lib/intake/keyring can be"),
        ("usermod -aG debian-tor intake", "FAIL users the web process is also in: debian-tor"),
        ("rm /opt/intake/current/.whole", "FAIL program"),
        ("echo >>/etc/systemd/system/intake.service", "FAIL services intake.service is not this"),
        (
            "rm /etc/systemd/system/tor@default.service.d/intake.conf",
            "FAIL services tor@default.service.d/intake.conf is not this",
        ),
        ("systemctl disable -q intake", "FAIL services intake.service does not start with"),
        ("rm /var/lib/intake/config.toml", "FAIL home there is no newsroom yet"),
        ("install -D /dev/null /var/log/journal/1/x", "FAIL logs the journal is kept on the disk"),
        ("rm /etc/apt/apt.conf.d/60intake /etc/apt/apt.conf.d/20auto*", "WARN updates"),
        ("echo garbage >/var/lib/intake/keyring", "FAIL keyring intake status:"),
        ("echo 'a /dev/b /etc/key luks' >>/etc/crypttab", "FAIL unlock"),
    ],
)
def test_check_finds(root, damage, complaint):
    root.run("sh", "-c", damage)
    lines = [" ".join(line.split()) for line in root.begin(CHECK).stdout.splitlines()]
    assert len([line for line in lines if line.startswith(complaint)]) == 1
