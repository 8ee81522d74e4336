"""Which fixtures every test can ask for; each lives in the module of `tests/support` that is named after it."""

pytest_plugins = [
    "tests.support.folders",  # before the others, which import it
    "tests.support.browser",
    "tests.support.databases",
    "tests.support.hub",
    "tests.support.chatting",  # after the hub, which it imports: a plugin must be registered before that
    "tests.support.live",
    "tests.support.pager",
    "tests.support.redis",
    "tests.support.workers",
    "tests.support.workshop",
]
