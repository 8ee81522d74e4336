"""What the senders know: every message, how often it was tried and whether it was accepted. The hub is judged by it."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PLAIN = ["order", "parcel", "invoice", "refund", "login", "late", "broken", "thanks", "please", "100%"]
AWKWARD = ["grüße", "日本", "עברית", "🙂", "a<b&c", '"quoted"', "it's", "\\n", "{}", "'';--"]


@dataclass
class Said:
    """One message of one sender. Its text begins with its token, which is in no other message."""

    token: str
    sender: str
    number: int
    text: str
    tries: int = 0
    accepted: bool = False


@dataclass(frozen=True)
class Found:
    """One message as the product's API shows it."""

    thread: str
    seq: int
    text: str

    @property
    def token(self) -> str:
        return self.text.partition(" ")[0]


@dataclass
class Verdict:
    """All but `gave_up` and `tries` must be 0; each keeps the tokens that broke it."""

    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)
    misthreaded: list[str] = field(default_factory=list)
    corrupted: list[str] = field(default_factory=list)
    phantom: list[str] = field(default_factory=list)
    gave_up: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(tokens) for name, tokens in vars(self).items()}

    @property
    def broken(self) -> dict[str, list[str]]:
        """What is wrong, with a few examples of each kind."""
        return {name: tokens[:5] for name, tokens in vars(self).items() if tokens}


class Ledger:
    def __init__(self, seed: int) -> None:
        self.run = f"{seed:x}"
        self._chance = random.Random(seed)
        self._said: dict[str, Said] = {}

    def __len__(self) -> int:
        return len(self._said)

    @property
    def tries(self) -> int:
        return sum(said.tries for said in self._said.values())

    def write(self, sender: str, number: int) -> Said:
        """A new message, to be sent until it is accepted."""
        token = f"tk{self.run}-{sender}-{number}"
        words = " ".join(self._chance.choices(PLAIN + AWKWARD, k=self._chance.randint(3, 40)))
        return self._said.setdefault(token, Said(token, sender, number, f"{token} {words}"))

    def judge(self, found: Iterable[Found]) -> Verdict:
        verdict = Verdict()
        by_token: Mapping[str, list[Found]] = defaultdict(list)
        for entry in found:
            said = self._said.get(entry.token)
            if said is None or not said.tries:
                verdict.phantom.append(entry.token)
            else:
                by_token[entry.token].append(entry)
                if entry.text != said.text:
                    verdict.corrupted.append(entry.token)
        for said in self._said.values():
            if not said.accepted:
                verdict.gave_up.append(said.token)
            elif said.token not in by_token:
                verdict.lost.append(said.token)
            if len(by_token[said.token]) > 1:
                verdict.duplicated.append(said.token)
        self._check_threads(by_token, verdict)
        self._check_order(by_token, verdict)
        return verdict

    def _check_threads(self, by_token: Mapping[str, list[Found]], verdict: Verdict) -> None:
        """Each sender has one thread and each thread one sender: whoever has most of the messages is right."""
        threads_of: dict[str, Counter[str]] = defaultdict(Counter)
        senders_in: dict[str, Counter[str]] = defaultdict(Counter)
        for token, entries in by_token.items():
            for entry in entries:
                threads_of[self._said[token].sender][entry.thread] += 1
                senders_in[entry.thread][self._said[token].sender] += 1
        home = {sender: threads.most_common(1)[0][0] for sender, threads in threads_of.items()}
        owner = {thread: senders.most_common(1)[0][0] for thread, senders in senders_in.items()}
        for token, entries in by_token.items():
            sender = self._said[token].sender
            if any(entry.thread != home[sender] or owner[entry.thread] != sender for entry in entries):
                verdict.misthreaded.append(token)

    def _check_order(self, by_token: Mapping[str, list[Found]], verdict: Verdict) -> None:
        """A sender writes its next message only after the last was accepted, so `seq` must rise with the number."""
        latest: dict[str, int] = {}
        for said in self._said.values():
            for entry in by_token[said.token][:1]:
                if entry.seq < latest.get(said.sender, 0):
                    verdict.out_of_order.append(said.token)
                latest[said.sender] = max(entry.seq, latest.get(said.sender, 0))
