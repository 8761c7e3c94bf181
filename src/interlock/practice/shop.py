"""A shop's database with 120,000 orders, the same to the byte each time: the production of the demo and of tests."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

ORDERS: Final = 120_000
CUSTOMERS: Final = 9_000
STUCK: Final = 412  # orders that were paid, as all are, but whose status never moved: what the agent is asked to fix

SCHEMA: Final = """
CREATE TABLE customers (
  id INTEGER PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, country TEXT NOT NULL
);
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE RESTRICT,
  status TEXT NOT NULL CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'returned')),
  placed_on TEXT NOT NULL,
  total_cents INTEGER NOT NULL
);
CREATE TABLE order_lines (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line INTEGER NOT NULL, sku TEXT NOT NULL, quantity INTEGER NOT NULL, cents INTEGER NOT NULL,
  PRIMARY KEY (order_id, line)
);
CREATE TABLE payments (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  received_on TEXT NOT NULL, cents INTEGER NOT NULL
);
CREATE TABLE order_events (id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, at TEXT NOT NULL, what TEXT NOT NULL);
CREATE INDEX orders_by_customer ON orders(customer_id);
CREATE INDEX orders_by_status ON orders(status);
CREATE INDEX payments_by_order ON payments(order_id);
CREATE VIEW revenue_by_country AS
  SELECT c.country, sum(o.total_cents) AS cents
  FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.status <> 'returned' GROUP BY c.country;
CREATE TRIGGER order_status_changed AFTER UPDATE OF status ON orders WHEN old.status <> new.status
BEGIN
  INSERT INTO order_events(order_id, at, what) VALUES (new.id, new.placed_on, old.status || ' -> ' || new.status);
END;
"""


def build(path: Path, orders: int = ORDERS) -> None:
    """Write the shop to a new file. Raises FileExistsError: a demo never overwrites anything."""
    with path.open("x"):
        pass
    customers = min(CUSTOMERS, max(1, orders // 10))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(SCHEMA)
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?, ?)", map(_customer, range(1, customers + 1)))
        connection.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?)", (_order(number, customers) for number in range(1, orders + 1))
        )
        connection.executemany(
            "INSERT INTO order_lines VALUES (?, ?, ?, ?, ?)",
            (
                (number, line, f"SKU-{(number * 7 + line) % 997:03}", 1 + number % 3, _cents(number) // 2)
                for number in range(1, orders + 1)
                for line in (1, 2)
            ),
        )
        connection.executemany(
            "INSERT INTO payments VALUES (?, ?, ?, ?)",
            ((number, number, _day(number + 2), _cents(number)) for number in range(1, orders + 1)),
        )


def _customer(number: int) -> tuple[int, str, str, str]:
    country = ("DE", "FR", "NL", "SE", "ES", "IT")[number % 6]
    return number, f"customer{number}@shop.example", f"Customer {number}", country


def _order(number: int, customers: int) -> tuple[int, int, str, str, int]:
    return number, 1 + number * 31 % customers, _status(number), _day(number), _cents(number)


def _status(number: int) -> str:
    if number <= STUCK:
        return "pending"
    return ("paid", "shipped", "delivered", "delivered", "delivered", "returned", "delivered", "shipped")[number % 8]


def _day(number: int) -> str:
    return f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}"


def _cents(number: int) -> int:
    return 990 + number * 37 % 24_000
