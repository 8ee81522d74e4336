"""The first-party connectors; each sees only `hub.contract`, as a stranger's package would."""
