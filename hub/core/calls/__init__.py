"""Telephone calls: what happens to one under its thread's lock, and what each of its legs does next.

A call's rows change by jobs of the batch alone. What the provider is to be told goes out through `CallCommand`, the
outbox of calls; what it asks is answered from the rows as they are, so that a repeated question gets the same answer.
"""
