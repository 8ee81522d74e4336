"""Who is looking at a thread: agents with it open, and its customer with a chat open, over all processes."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from hub.core.read.agents import initials

STALE_S = 60
"""A process that says nothing for so long is gone, and so is everybody it told of."""

Agent = tuple[str, str]
"""Id and name."""
Here = tuple[int, list[Agent]]
"""How many sockets of the customer, which agents."""


class Presence:
    def __init__(self) -> None:
        self._changed: Callable[[UUID], None] = lambda _: None
        self._staff_changed: Callable[[], None] = lambda: None
        self._visitors: dict[UUID, set[str]] = defaultdict(set)
        self._agents: dict[UUID, dict[str, Agent]] = defaultdict(dict)
        self._elsewhere: dict[str, tuple[float, dict[UUID, Here]]] = {}
        self._staff_elsewhere: dict[str, int] = {}
        self.staff = 0
        """Agents' sockets in this process."""
        self.here: set[UUID] = set()
        """Whose they are."""
        self._online_elsewhere: dict[str, set[UUID]] = {}

    def tell(self, changed: Callable[[UUID], None]) -> None:
        """`changed` is told of each thread where somebody came or went in this process."""
        self._changed = changed

    def tell_staff(self, changed: Callable[[], None]) -> None:
        """`changed` is called when an agent came into this process or left it."""
        self._staff_changed = changed

    def staffed_by(self, agents: set[UUID], sockets: int) -> None:
        """Who has a console open in this process, on how many sockets."""
        self.staff = sockets
        if agents != self.here:
            self.here = agents
            self._staff_changed()

    def visitor_came(self, thread_id: UUID, sid: str) -> None:
        self._visitors[thread_id].add(sid)
        self._changed(thread_id)

    def agent_came(self, thread_id: UUID, sid: str, agent: Agent) -> None:
        self._agents[thread_id][sid] = agent
        self._changed(thread_id)

    def left(self, thread_id: UUID, sid: str) -> None:
        self._visitors[thread_id].discard(sid)
        self._agents[thread_id].pop(sid, None)
        for kind in (self._visitors, self._agents):
            if not kind[thread_id]:
                del kind[thread_id]
        self._changed(thread_id)

    def visitor_online(self, thread_id: UUID) -> bool:
        return bool(self._visitors.get(thread_id)) or any(n for n, _ in self._others(thread_id))

    def agents(self, thread_id: UUID) -> list[Agent]:
        """Each agent once, by name."""
        seen = set(self._agents.get(thread_id, {}).values())
        for _, agents in self._others(thread_id):
            seen.update(agents)
        return sorted(seen, key=lambda agent: (agent[1], agent[0]))

    def shape(self, thread_id: UUID) -> dict[str, Any]:
        """As the agents' screens get it."""
        agents = [{"id": id_, "name": name, "initials": initials(name)} for id_, name in self.agents(thread_id)]
        return {"thread": thread_id, "visitor_online": self.visitor_online(thread_id), "agents": agents}

    # --- between processes ---

    def report(self, threads: Iterable[UUID] | None = None) -> dict[str, Any]:
        """What this process tells the others: of some threads, or of all and that there are no more."""
        chosen = list(threads) if threads is not None else [*{*self._visitors, *self._agents}]
        rows = [[t.hex, len(self._visitors.get(t, ())), sorted(set(self._agents.get(t, {}).values()))] for t in chosen]
        return {"here": rows, "all": threads is None, "staff": self.staff, "who": [id_.hex for id_ in self.here]}

    @property
    def staffed(self) -> bool:
        """Is any agent signed in with a console open?"""
        return self.staff > 0 or any(self._staff_elsewhere.values())

    def online(self) -> set[UUID]:
        """Agents with a console open, in any process."""
        return self.here.union(*self._online_elsewhere.values())

    def hear(self, process: str, report: dict[str, Any]) -> list[UUID]:
        """Take in another process's report; returns the threads it is about."""
        told: dict[UUID, Here] = {
            UUID(thread): (visitors, [(id_, name) for id_, name in agents])
            for thread, visitors, agents in report["here"]
        }
        _, known = self._elsewhere.get(process, (0.0, {}))
        touched = set(told) | (set(known) if report["all"] else set())
        merged = told if report["all"] else known | told
        alive = {thread: here for thread, here in merged.items() if here[0] or here[1]}
        self._elsewhere[process] = (time.monotonic() + STALE_S, alive)
        self._staff_elsewhere[process] = report["staff"]
        self._online_elsewhere[process] = {UUID(id_) for id_ in report.get("who", ())}
        return [thread for thread in touched if known.get(thread) != alive.get(thread)]

    def expire(self) -> list[UUID]:
        """Forget processes that fell silent; returns the threads where somebody was."""
        gone = [process for process, (until, _) in self._elsewhere.items() if until < time.monotonic()]
        for process in gone:
            self._staff_elsewhere.pop(process, None)
            self._online_elsewhere.pop(process, None)
        return [thread for process in gone for thread in self._elsewhere.pop(process)[1]]

    def _others(self, thread_id: UUID) -> Iterable[Here]:
        return (here[thread_id] for _, here in self._elsewhere.values() if thread_id in here)
