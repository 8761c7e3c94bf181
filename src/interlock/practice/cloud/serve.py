"""The child process that is the cloud: it takes a free port, says which on its standard output, and serves.

`python -m interlock.practice.cloud.serve REGION PACE`. It ends when its standard input does, so that it never outlives
whoever started it.
"""

from __future__ import annotations

import os
import sys
import threading

from interlock.practice.cloud.front import Front


def main(region: str, pace: float) -> None:
    """Serve on 127.0.0.1."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    front = Front(DomainDispatcherApplication(create_backend_app), region=region, pace=pace)
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=MotoRequestHandler)
    front.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    sys.stdout.write(f"{front.endpoint}\n")
    sys.stdout.flush()
    server.serve_forever()


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]))
