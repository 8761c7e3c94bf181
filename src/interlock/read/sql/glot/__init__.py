"""MySQL and SQLite: our own lexer decides where things end, sqlglot reads queries and writes, tables of words the rest."""
