"""Kills the hub in the middle of things and compares what it then holds with what its senders know it accepted."""
