"""MySQL and SQLite: our own lexer says where things end, sqlglot reads queries and writes, words tell the rest."""
