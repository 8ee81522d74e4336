"""python-socketio, loaded without what only its clients need.

Where `requests` is installed for something else, the library would load it for a client that no hub has: a tenth of the
start. It is written to do without.
"""

from __future__ import annotations

import sys

_CLIENTS_ONLY = ("requests", "websocket")

_absent = [name for name in _CLIENTS_ONLY if name not in sys.modules]
for _name in _absent:
    sys.modules[_name] = None  # type: ignore[assignment]  # "there is none", as `import` understands it
try:
    import socketio  # noqa: F401
finally:
    for _name in _absent:
        del sys.modules[_name]
