"""Mixed SQL of each dialect, the same at each run: what agents write by day, and some of what they should not."""

from __future__ import annotations

from itertools import cycle

#: `{n}` is another number each time, `{t}` another table. Most read, many change little, some are grave or unreadable.
SHARED = (
    "SELECT id, total FROM {t} WHERE id = {n}",
    "SELECT count(*) FROM {t}",
    "SELECT o.id, c.email FROM {t} o JOIN customers c ON c.id = o.customer_id WHERE o.total > {n} ORDER BY 1 LIMIT 20",
    "SELECT status, sum(total) FROM {t} WHERE placed_on >= '2026-01-01' GROUP BY status HAVING count(*) > 3",
    "SELECT * FROM {t} WHERE customer_id IN (SELECT id FROM customers WHERE country = 'DE' AND id < {n})",
    "WITH late AS (SELECT id FROM {t} WHERE status = 'late') SELECT * FROM late JOIN payments p ON p.order_id = 1",
    "INSERT INTO {t} (id, status, total) VALUES ({n}, 'new', 12)",
    "INSERT INTO {t} SELECT * FROM staging_{t} WHERE batch = {n}",
    "UPDATE {t} SET status = 'paid' WHERE id = {n}",
    "UPDATE {t} SET status = 'paid', total = total * 2 WHERE status = 'pending' AND placed_on < '2026-01-01'",
    "UPDATE {t} SET total = 0",
    "UPDATE {t} SET total = 1 WHERE 1 = 1 OR id = {n}",
    "DELETE FROM {t} WHERE id = {n}",
    "DELETE FROM {t}",
    "CREATE TABLE {t}_{n} (id INTEGER PRIMARY KEY, name VARCHAR(80) NOT NULL, created_at TIMESTAMP)",
    "CREATE INDEX {t}_by_{n} ON {t} (status, placed_on)",
    "ALTER TABLE {t} ADD COLUMN note_{n} TEXT",
    "DROP TABLE IF EXISTS {t}_{n}",
    "DROP VIEW revenue_{n}",
    "BEGIN; UPDATE {t} SET status = 'x' WHERE id = {n}; DELETE FROM payments WHERE order_id = {n}; COMMIT",
)
OWN = {
    "postgres": (
        "DELETE FROM {t} USING payments p WHERE p.order_id = {t}.id AND p.id = {n}",
        "WITH gone AS (DELETE FROM {t} WHERE id < {n} RETURNING *) INSERT INTO archive SELECT * FROM gone",
        "ALTER TABLE {t} DROP COLUMN note_{n} CASCADE",
        "GRANT SELECT ON {t} TO reporting",
        "TRUNCATE {t} RESTART IDENTITY CASCADE",
        "DO $$ BEGIN EXECUTE 'DROP TABLE t' || {n}; END $$",
    ),
    "mysql": (
        "DELETE o, p FROM {t} o JOIN payments p ON p.order_id = o.id WHERE o.id = {n}",
        "REPLACE INTO {t} (id, total) VALUES ({n}, 3)",
        "ALTER TABLE {t} DROP COLUMN note_{n}",
        "GRANT SELECT ON shop.{t} TO 'reporting'@'%'",
        "TRUNCATE TABLE {t}",
        "SELECT 1 /*!50000 + {n} */ FROM {t}",
    ),
    "sqlite": (
        "INSERT OR REPLACE INTO {t} (id, total) VALUES ({n}, 3)",
        "UPDATE OR IGNORE {t} SET status = 'paid' WHERE id = {n}",
        "ALTER TABLE {t} RENAME TO {t}_{n}",
        "PRAGMA foreign_keys = OFF",
        "VACUUM",
        "ATTACH DATABASE 'other{n}.db' AS other",
    ),
}
TABLES = ("orders", "payments", "order_lines", "customers", "shipments", "invoices", "returns")


def mixed(dialect: str, count: int) -> list[str]:
    """So many statements of this dialect, no two alike."""
    shapes = zip(range(count), cycle((*SHARED, *OWN[dialect])), cycle(TABLES), strict=False)
    return [shape.format(n=number, t=table) + f" -- {number}" for number, shape, table in shapes]
