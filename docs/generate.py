"""Writes the files that come from the code, or with `--check` says which of them are out of date."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from docs.capabilities import capability_table
from docs.layers import ROOT, layer_picture

WEB_BUILD = ROOT / "web" / "build_web.py"


def api_types() -> str:
    """The console's TypeScript types of the API, from the hub's own OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        document, types = Path(folder) / "openapi.json", Path(folder) / "schema.d.ts"
        with document.open("wb") as out:
            subprocess.run([sys.executable, "-m", "hub", "openapi"], cwd=ROOT, stdout=out, check=True)
        command = [sys.executable, str(WEB_BUILD), "exec", "--", "openapi-typescript", str(document)]
        subprocess.run(
            [*command, "--default-non-nullable=false", "-o", str(types)], stdout=subprocess.DEVNULL, check=True
        )
        return types.read_text()


FILES: dict[str, Callable[[], str]] = {
    "docs/layers.svg": layer_picture,
    "docs/connectors/capabilities.md": capability_table,
    "web/console/src/api/schema.d.ts": api_types,
}


def main(check: bool) -> int:
    stale = []
    for name, write in FILES.items():
        path, wanted = ROOT / name, write()
        if path.is_file() and path.read_text() == wanted:
            continue
        stale.append(name)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted)
    for name in stale:
        print(f"{name} is out of date: run `make generated` and commit it" if check else f"{name} written")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main(check=sys.argv[1:] == ["--check"]))
