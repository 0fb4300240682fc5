"""The process that starts a PostgreSQL for `postgres.server()` and stops it again.

Run as a script, with the standard library alone. It stops the server at SIGTERM, and
when the process that it works for, the owner, is no longer its parent: whatever ended
the owner, even SIGKILL.

PostgreSQL refuses to run as root. Started by root, the server runs as the user
`nobody`; if that user cannot reach the binaries or the data directory, it gets a copy
of the former and a stand-in for the latter. No existing directory changes its mode.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

READY = "ready"
PORT = 5432  # no TCP port, only part of the socket's name
SOCKET = f".s.PGSQL.{PORT}"
SOCKETS = "socket"

_LOCK_SECONDS = 5.0  # the supervisor of an owner that was killed needs time to stop
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0

_INITDB = (
    "--username=postgres",
    "--auth-local=trust",
    "--auth-host=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
_SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "max_connections": 200,
    "shared_buffers": "32MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": 0,
}


class StartError(RuntimeError):
    """The server cannot be started; the owner is told why."""


class Account(NamedTuple):
    """The user that the server runs as: `nobody` for root, else the current user."""

    uid: int
    gid: int
    switch: dict[str, Any]  # arguments of Popen, empty for the current user

    @classmethod
    def current(cls) -> "Account":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), {})
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
        return cls(uid, gid, {"user": uid, "group": gid, "extra_groups": []})

    def may_enter(self, directory: Path) -> bool:
        """Whether the modes of a directory and its parents let the account in."""
        if not self.switch:
            return True
        resolved = directory.resolve()
        for status in (part.stat() for part in (resolved, *resolved.parents)):
            if status.st_uid == self.uid:
                needed = stat.S_IXUSR
            elif status.st_gid == self.gid:
                needed = stat.S_IXGRP
            else:
                needed = stat.S_IXOTH
            if not status.st_mode & needed:
                return False
        return True

    def admit_to(self, directory: Path) -> None:
        """Lets the account pass through a directory that was just made for it."""
        if self.switch:
            os.chown(directory, -1, self.gid)
            directory.chmod(0o710)

    def make_directory(self, directory: Path) -> None:
        """Makes a directory that only the account may enter."""
        directory.mkdir(mode=0o700)
        os.chown(directory, self.uid, self.gid)

    def start(self, *command: str | Path) -> "subprocess.Popen[bytes]":
        """Starts a command as the account; what it prints goes to the log."""
        return subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            cwd="/",
            env={"LC_ALL": "C"},  # PGPORT and the like would be obeyed
            **self.switch,
        )

    def run(self, *command: str | Path) -> bool:
        """Runs a command as the account and tells whether it succeeded."""
        with self.start(*command) as process:
            return process.wait() == 0


def _supervise(owner: int, program: Path, run: Path, data: Path | None) -> None:
    """Runs the server until its owner is gone; prints `ready` or why it cannot run."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    account = Account.current()
    log = None
    try:
        account.admit_to(run)
        if not account.may_enter(run):
            raise StartError(
                f"the user nobody cannot enter {run}; set TMPDIR to another directory"
            )
        home = run if data is None else _open_home(data, owner, account)
        log = home / "log"
        log.touch(mode=0o600)
        with log.open("wb") as stream:
            os.dup2(stream.fileno(), sys.stderr.fileno())
        program = _reachable_program(program, run, account)
        cluster = _reachable_home(home, account) / "cluster"
        if cluster.exists():
            _stop_stale(program, cluster, account)
        else:
            _initialise(program, cluster, account, sync=data is not None)
        account.make_directory(run / SOCKETS)
        with _postgres(
            program, cluster, run / SOCKETS, account, data is None
        ) as server:
            _await_ready(server, cluster)
            print(READY, flush=True)
            while server.poll() is None and os.getppid() == owner:
                time.sleep(0.2)
    except Exception as error:
        print(error if isinstance(error, StartError) else repr(error))
        if log is not None and log.exists():
            print(log.read_text(errors="replace")[-4000:])
    finally:
        shutil.rmtree(run, ignore_errors=True)


def _open_home(data: Path, owner: int, account: Account) -> Path:
    """Makes or opens the directory of a kept cluster and locks it for this process."""
    if not data.exists():
        data.mkdir(mode=0o700, parents=True)
        account.admit_to(data)
    _check_own(data)
    lock = os.open(data / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    deadline = time.monotonic() + _LOCK_SECONDS
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                holder = os.pread(lock, 20, 0).decode()
                raise StartError(f"{data} is in use by process {holder}") from None
            time.sleep(0.1)
        else:
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(owner).encode(), 0)
            return data  # the lock is held until this process ends


def _check_own(directory: Path) -> None:
    """Refuses a directory in which other users could have planted something."""
    status = directory.lstat()
    if (
        not stat.S_ISDIR(status.st_mode)
        or status.st_uid != os.geteuid()
        or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    ):
        raise StartError(
            f"{directory} must be a directory that you own and only you can write to"
        )


def _reachable_program(program: Path, run: Path, account: Account) -> Path:
    """The binaries, or a copy of them, where the account can execute them."""
    if account.may_enter(program):
        return program
    package = program.parents[1]
    libraries = package.with_name(f"{package.name}.libs")  # beside it, by the rpath
    copy = run / "program"
    for part in filter(Path.is_dir, (package, libraries)):
        shutil.copytree(
            part, copy / part.name, ignore=shutil.ignore_patterns("include", "*.py")
        )
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o755)
    return copy / program.relative_to(package.parent)


def _reachable_home(home: Path, account: Account) -> Path:
    """`home`, or the directory that stands in for it, for the account to use.

    The stand-in lies in the temporary directory and is remembered in `home`.
    """
    note = home / "elsewhere"
    if note.exists():
        elsewhere = Path(note.read_text())
        if elsewhere.exists():
            _check_own(elsewhere)
            return elsewhere
    elif account.may_enter(home):
        return home
    elsewhere = Path(tempfile.mkdtemp(prefix="postgres-data-"))
    account.admit_to(elsewhere)
    note.write_text(str(elsewhere))
    return elsewhere


def _stop_stale(program: Path, cluster: Path, account: Account) -> None:
    """Stops a server that outlived its supervisor; the lock rules out any other."""
    record = cluster / "postmaster.pid"
    if not record.exists():
        return
    _, _, _, _, sockets, *_ = record.read_text().splitlines()
    with socket.socket(socket.AF_UNIX) as probe:
        running = probe.connect_ex(f"{sockets}/{SOCKET}") == 0
    if running:
        # As the account: the account wrote the process id that gets the signal.
        pg_ctl = program / "pg_ctl"
        if not account.run(pg_ctl, "stop", "--mode=fast", "-D", cluster):
            raise StartError(f"the stale server in {cluster} cannot be stopped")
    # Left alone, PostgreSQL would not start if any process has that id by now. A
    # server that runs on without its socket is noticed by its shared memory.
    record.unlink(missing_ok=True)


def _initialise(program: Path, cluster: Path, account: Account, *, sync: bool) -> None:
    """Makes a new cluster; it gets its name only when it is complete."""
    fresh = cluster.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    account.make_directory(fresh)
    options = _INITDB if sync else (*_INITDB, "--no-sync")
    if not account.run(program / "initdb", "-D", fresh, *options):
        raise StartError("initdb failed")
    fresh.rename(cluster)


@contextmanager
def _postgres(
    program: Path, cluster: Path, sockets: Path, account: Account, throw_away: bool
) -> Iterator["subprocess.Popen[bytes]"]:
    """Runs the server itself."""
    settings = {**_SETTINGS, "unix_socket_directories": f'"{sockets}"'}
    if throw_away:
        settings |= _THROW_AWAY_SETTINGS
    options = [f"--{name}={value}" for name, value in settings.items()]
    process = account.start(program / "postgres", "-D", cluster, *options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGQUIT if throw_away else signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await_ready(process: "subprocess.Popen[bytes]", cluster: Path) -> None:
    """Waits until the server says in its lock file that it accepts connections."""
    record = cluster / "postmaster.pid"
    deadline = time.monotonic() + _START_SECONDS
    while not (record.exists() and record.read_text().rstrip().endswith("ready")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise StartError("PostgreSQL does not start")
        time.sleep(0.02)


if __name__ == "__main__":
    _owner, _program, _run, *_data = sys.argv[1:]
    _supervise(int(_owner), Path(_program), Path(_run), Path(*_data) if _data else None)
