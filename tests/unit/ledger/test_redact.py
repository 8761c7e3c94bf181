"""Secrets are taken out; plain SQL, UUIDs and digests are left alone; ten megabytes of anything take seconds."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from interlock.ledger.redact import redact

# What is written, what must be gone, and the kind it is called.
SECRETS = [
    ("id AKIAIOSFODNN7EXAMPLE;", "AKIAIOSFODNN7EXAMPLE", "cloud-key"),
    ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI", "secret"),
    ("use ghp_" + "a1B2" * 9 + " now", "a1B2a1B2", "cloud-key"),
    ("AIza" + "Sy9" * 11 + "ab", "Sy9Sy9", "cloud-key"),
    ("xoxb-1234567890-abcdef", "1234567890-abcdef", "cloud-key"),
    ("sk_live_" + "4eC39HqLyjWDarjt", "4eC39HqLyjWDarjt", "cloud-key"),
    ("sk-proj-" + "4eC39HqLyjWDarjt1234", "4eC39HqLyjWDarjt", "cloud-key"),
    ("AGE-SECRET-KEY-1" + "QX" * 29, "QXQX", "cloud-key"),
    ("Authorization: Bearer abc.def.ghi123", "abc.def", "header"),
    ('{"Authorization": "Basic dXNlcjpwYXNz"}', "dXNlcjpwYXNz", "header"),
    ("curl -H 'X-Api-Key: 83hf8h3f' https://x", "83hf8h3f", "header"),
    ("Cookie: session=abcdef", "abcdef", "header"),
    ("postgres://bob:hunter2@db/x", "hunter2", "url-password"),
    ("redis://:hunter2@cache:6379", "hunter2", "url-password"),
    ("ALTER USER bob PASSWORD 'x'", "'x'", "sql-password"),
    ("alter role bob with encrypted password 'it''s me'", "s me", "sql-password"),
    ("ALTER USER bob PASSWORD 'never closed", "never", "sql-password"),
    ("ALTER USER bob WITH PASSWORD = 'Pa$$'", "Pa$$", "sql-password"),
    ("ALTER USER bob PASSWORD $$dollars$$", "dollars", "sql-password"),
    ("CREATE USER a IDENTIFIED BY 'p''q'", "p''q", "sql-password"),
    ('CREATE USER a IDENTIFIED WITH mysql_native_password BY "pp"', "pp", "sql-password"),
    ("CREATE USER a IDENTIFIED BY PASSWORD '*94BDCEBE19083CE2A1F959FD02F964C7AF4CFC29'", "94BDCE", "sql-password"),
    ("SET PASSWORD FOR 'a'@'h' = 'new-one'", "new-one", "sql-password"),
    ("UPDATE users SET password = 'hunter2' WHERE id = 1", "hunter2", "sql-password"),
    ("host=x password=hunter dbname=y", "hunter", "secret"),
    ("mysql --password hunter2 shop", "hunter2", "secret"),
    ("PGPASSWORD=abc psql", "abc", "secret"),
    ('{"password": "abc def"}', "abc def", "secret"),
    ('{"api_key": "a8f7a9f8a7f"}', "a8f7a9f8a7f", "secret"),
    ("PASSWORD 'password'", "'password'", "sql-password"),
    ("password = '$ecret'", "$ecret", "sql-password"),
    ("password=*hunter*2", "hunter", "secret"),
    ("client_secret: 'sdf'", "sdf", "secret"),
    ("DB_PASSWORD: s3cr3tpass", "s3cr3tpass", "secret"),
    ("AccountKey=Zm9vYmFyMTIzNDU2Nzg5MA==;Endpoint=x", "Zm9vYmFy", "secret"),
    ("the token is Zx8fQ2mN7pL0vR4tY6uW1k", "Zx8fQ2mN7p", "secret"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF123_-", "eyJzdWIi", "jwt"),
    ("a -----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- z", "MIIE", "private-key"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r", "b3Blb", "private-key"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----", "lQOY", "private-key"),
]

PLAIN = [
    "SELECT password FROM users WHERE id = 3",
    "SELECT token, secret FROM t WHERE api_key IS NOT NULL",
    "UPDATE users SET password = password_hash WHERE token = other",
    "UPDATE users SET password = crypt(x, gen_salt('bf')) WHERE id = 1",
    "CREATE TABLE t (password text NOT NULL, api_key varchar(20), PRIMARY KEY (id))",
    "ALTER TABLE orders ADD CONSTRAINT orders_customer_id_foreign_key_2024_reference FOREIGN KEY (x) REFERENCES y",
    "DELETE FROM tokens WHERE expires < now()",
    "SELECT key, value FROM settings WHERE key = 'order_12345_abc'",
    "WHERE note = 'password' AND name = 'x'",
    "password = $1",
    "password = ?",
    "password = :password",
    "PASSWORD '[redacted:sql-password]'",
    "PASSWORD ''",
    "password = %(password)s",
    "password=${DB_PASSWORD}",
    "password: {{ vault_password }}",
    "password: string",
    "max_tokens: 4096",
    "550e8400-e29b-41d4-a716-446655440000",
    "key 550e8400-e29b-41d4-a716-446655440000",
    "idempotency key 0123456789abcdef0123456789abcdef",
    "sha256:" + "ab" * 32,
    "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
    "https://example.com/a:b@c",
    "basic authentication is off",
    "bearer of bad news",
    "",
]

HOSTILE = [
    "password ", "password='", "password ''", "password" + " " * 50, "password A1b2C3d4", "identified by password ",
    "a", "eyJ", "eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "a://", "a://b:", "authorization: ",
    "key_", "secret.", "sk-aA1", "bearer ", "token is for the ", "\\'", "password=\"\\",
]  # fmt: skip


@pytest.mark.parametrize(("text", "gone", "kind"), SECRETS)
def test_a_secret_is_taken_out_and_its_kind_named(text, gone, kind):
    found, kinds = redact(text)

    assert gone not in found
    assert kinds == (kind,)
    assert f"[redacted:{kind}]" in found


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_no_secret_is_left_alone(text):
    assert redact(text) == (text, ())


@pytest.mark.parametrize(("text", "gone", "kind"), SECRETS)
def test_bytes_are_treated_as_text_is_and_come_back_as_bytes(text, gone, kind):
    found, kinds = redact(b"\xff\xfe " + text.encode() + b" \x80")

    assert gone.encode() not in found
    assert kinds == (kind,)
    assert found.startswith(b"\xff\xfe ")


def test_what_stands_around_a_secret_stays():
    text = "CREATE USER bob IDENTIFIED BY 'secret1' REQUIRE SSL; SELECT 1"

    assert redact(text)[0] == "CREATE USER bob IDENTIFIED BY [redacted:sql-password] REQUIRE SSL; SELECT 1"


def test_several_secrets_are_all_taken_out():
    found, kinds = redact("AKIAIOSFODNN7EXAMPLE postgres://u:pw1@h password=x PASSWORD 'y' password=z")

    assert kinds == ("cloud-key", "url-password", "sql-password", "secret")
    assert found.count("[redacted:") == 5


@settings(max_examples=100, deadline=None)
@example(["bearer ", "PGPASSWORD=abc psql"])
@given(st.lists(st.one_of(st.sampled_from([case[0] for case in SECRETS] + PLAIN + HOSTILE), st.text(max_size=20))))
def test_redacting_twice_changes_nothing_more(parts):
    once, _ = redact(" ".join(parts))

    assert redact(once)[0] == once


@pytest.mark.parametrize("unit", HOSTILE)
def test_time_grows_with_length_and_not_faster(unit):
    """A quadratic rule would take four times as long for twice the text; the bound leaves room for a busy machine."""
    size = 1_000_000
    started = time.perf_counter()
    redact(unit * (size // len(unit)))
    assert time.perf_counter() - started < 5


def test_ten_megabytes_of_sql_take_seconds():
    text = "INSERT INTO t (key, token, password) VALUES (1, 'abc', 'def');\n" * 160_000
    started = time.perf_counter()
    redact(text)
    assert time.perf_counter() - started < 20
