"""Executing SQL on a live SQLite database: rehearse, execute, undo, close, look. docs/executors/sql.md explains it.

The files, from the bottom: `place` opens the file and speaks of its errors; `fence` says what a statement may do;
`statements` takes a script apart; `schema` reads what stands there; `image` is what undo needs; `keep` makes structural
changes soft; `rows` measures row changes; `apply` does a script; `takeback` undoes it; `marker` is what we leave;
`contents` compares databases; `reading` reads; `rehearse` tries; `sqlite` is the executor.
"""
