"""A PostgreSQL server from the system's package, on a socket of its own, thrown away afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, text

OWNER = "postgres"  # the server refuses to run as root; Debian's package makes this user for it


def binaries() -> Path:
    """The folder of the newest installed server.

    Raises:
        AssertionError: there is none; what needs it fails.
    """
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = str(debian[-1]) if debian else shutil.which("initdb")
    assert found, "no PostgreSQL server here: apt-get install -y postgresql"
    return Path(found).resolve().parent


@contextmanager
def running(*, durable: bool) -> Iterator[Callable[[], str]]:
    """Start a server; each call of what is yielded gives the URL of a fresh database.

    Args:
        durable: sync to disk on commit, as a real server does; tests that cut no power need not.
    """
    user = OWNER if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="pg-") as home:
        if user:
            shutil.chown(home, user)
        data, tools = Path(home) / "data", binaries()

        def run(tool: str, *arguments: str | Path) -> None:
            # no pipe: the server would keep it open
            command = [tools / tool, "-D", data, *arguments]
            subprocess.run(command, user=user, cwd=home, check=True, stdout=subprocess.DEVNULL)

        run("initdb", "-U", OWNER, "-A", "trust", "-N")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync={'on' if durable else 'off'}"
        run("pg_ctl", "-o", options, "-l", Path(home) / "log", "-w", "-t", "60", "start")
        base, number = f"postgresql+psycopg://{OWNER}@/{{}}?host={home}", count()
        maintenance = create_engine(base.format("postgres"), isolation_level="AUTOCOMMIT")

        def fresh() -> str:
            name = f"votes{next(number)}"
            with maintenance.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            return base.format(name)

        try:
            yield fresh
        finally:
            maintenance.dispose()
            run("pg_ctl", "-m", "immediate", "-w", "stop")
