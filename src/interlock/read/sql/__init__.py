"""Reading SQL: `reader.py` is the door, `postgres/` uses the server's own grammar, `glot/` reads MySQL and SQLite."""
