"""The real parts that tests stand on: PostgreSQL, SQLite, Redis, a browser, and the hub as a process."""
