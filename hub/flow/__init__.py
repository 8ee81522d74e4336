"""The loops: what comes in, what goes out, what listens, and what sweeps up after a crash."""
