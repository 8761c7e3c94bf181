"""One process of several on one store; `bench.decision` starts it, tells it when to go, and reads its answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from bench.decision import serve

if __name__ == "__main__":
    folder, store, threads, seconds, core = sys.argv[1:]
    print(json.dumps(serve(Path(folder), store, int(threads), float(seconds), int(core))), flush=True)
