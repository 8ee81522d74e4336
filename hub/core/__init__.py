"""The verbs. Plain functions over a connection; they know no HTTP, no socket, no Redis and no connector."""
