"""PostgreSQL, read with the server's own grammar (libpg_query through postgast)."""
