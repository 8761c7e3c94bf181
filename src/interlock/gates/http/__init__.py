"""The HTTP gate: agents propose with a token, people look and vote with a session, a witness reads the checkpoints.

app.py       the edge of a request: host, origin, path, method, bounds, errors, headers
wire.py      reading strictly: one header of a name, plain paths, known query fields, JSON without doubled names
entry.py     who calls, from the Authorization header, and whether their kind may use the route's verb
table.py     the table of routes          route.py    what a route, a request and a reply are
cases.py, people.py, record.py, about.py  the handlers, a few lines each: they call the control and decide nothing
shapes.py, judgement.py  requests and replies as types; openapi.py writes the document from table and types
hooks.py, run_tasks/  runs of HCP Terraform: signed, then judged in the background
worker.py    closes undo windows, recovers, repeats the self-test     serve.py, protocol.py  uvicorn, with its bounds
journal.py   what is logged, as JSON lines without secrets
"""
