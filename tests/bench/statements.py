"""How many statements a message takes: PostgreSQL itself counts them, so that nothing in the hub can forget one."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.postgres import PostgresServer, execute

STATEMENT = re.compile(r" LOG:  (?:execute [^:]*|statement): (.*)")


class Count:
    """Statements since the counting began, by the first line of their text."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._from = log.stat().st_size

    @property
    def so_far(self) -> Counter[str]:
        with self._log.open("rb") as log:
            log.seek(self._from)
            return Counter(STATEMENT.findall(log.read().decode(errors="replace")))


@contextmanager
def counted(server: PostgresServer) -> Iterator[Count]:
    log = server.folder / "log"
    execute(server.url, ["ALTER SYSTEM SET log_statement = 'all'", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.5)"])
    yield Count(log)
    execute(server.url, ["ALTER SYSTEM RESET log_statement", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.5)"])
