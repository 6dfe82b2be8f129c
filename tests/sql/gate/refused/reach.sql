-- a table that was not granted
--! 2 secret_file may not be read
select name
from secret_file
;
-- a near miss is named
--! 1 wroker may not be read
select name from wroker
;
-- a schema
--! 1 is not allowed: memory.main.worker
select name from memory.main.worker
;
-- the engine's own tables
--! 1 is not allowed: information_schema
select table_name from information_schema.tables
;
-- a quoted name
--! 1 "worker" may not be read
select name from "worker"
;
-- a file as a table
--! 1 is no name
select name from 'people.csv'
;
-- a file in double quotes
--! 1 is no name
select name from "../people.csv"
;
-- reading files
--! 1 is not allowed: READ_CSV('x.csv')
select a from read_csv('x.csv')
;
-- reading files in other letters
--! 1 is not allowed: READ_PARQUET('x')
select a from ReAd_PaRqUeT('x')
;
-- a quoted function
--! 1 is not allowed: READ_CSV('x')
select a from "read_csv"('x')
;
-- reading text
--! 1 read_text
select content from read_text('/etc/hostname')
;
-- folders
--! 1 glob
select file from glob('*')
;
-- a query in a text
--! 1 query
select a from query('select name from secret_file')
;
-- a table in a text
--! 1 query_table
select a from query_table('secret_file')
;
-- the environment
--! 1 the function getenv is not listed
select getenv('HOME') as h
;
-- settings
--! 1 the function current_setting is not listed
select current_setting('threads') as t
;
-- what the engine knows of a column
--! 1 the function stats is not listed
select stats(name) as s from worker
;
-- the engine's catalogue
--! 1 duckdb_tables
select table_name from duckdb_tables()
;
-- pragma as a function
--! 1 pragma_storage_info
select a from pragma_storage_info('worker')
;
-- in a sub-select
--! 2 secret_file may not be read
select name from worker where worker_id in
  (select worker_id from secret_file)
;
-- in a value
--! 1 secret_file may not be read
select (select max(name) from secret_file) as m from worker
;
-- in a WITH
--! 1 secret_file may not be read
with w as (select name from secret_file) select name from w
;
-- in a join
--! 1 secret_file may not be read
select w.name from worker w join secret_file s on s.name = w.name
;
-- in the second half
--! 3 secret_file may not be read
select name from worker
union all
select name from secret_file
;
-- in an order
--! 1 secret_file may not be read
select name from worker order by (select max(name) from secret_file)
;
-- WITH that hides a table
--! 1 the WITH name worker is taken
with worker as (select site_id as name from site) select name from worker
;
-- WITH that hides a table in a sub-select
--! 1 the WITH name pass is taken
select name from (with pass as (select name from worker) select name from pass) as x
;
-- WITH twice
--! 1 the WITH name a is taken
with a as (select name from worker), a as (select name from site) select name from a
;
-- WITH used before it is there
--! 1 b may not be read
with a as (select name from b), b as (select name from worker) select name from a
;
-- WITH that reads itself
--! 1 is not allowed: WITH RECURSIVE
with recursive r as (select 1 as n union all select n + 1 from r) select n from r
;
-- another version
--! 1 is not allowed: worker AT
select name from worker at (version => 1)
;
-- a sample
--! 1 is not allowed
select name from worker tablesample 10%
;
-- the whole row
--! 1 the whole row worker is no value
select worker as w from worker
;
-- the whole row by its alias
--! 1 the whole row w is no value
select count(w) as n from worker as w
;
-- the number of the row
--! 1 there is no column rowid
select rowid as r from worker
;
-- columns by a pattern
--! 1 is not allowed
select columns('.*') from worker
;
-- columns that look like
--! 1 * may not stand here
select * like 'n%' from worker
;
-- columns replaced
--! 1 is not allowed
select * replace ('x' as name) from worker
;
-- pivot
--! 1 is not allowed
select site_id from (pivot worker on trade using count(*)) as p
;
-- turned around
--! 1 has to be one SELECT
pivot worker on trade using count(*)
;
-- lateral
--! 1 is not allowed
select w.name from worker w, lateral (select w.name as n) as l
;
-- natural join
--! 1 is not allowed
select a.name from worker a natural join site b
;
-- positional join
--! 1 is not allowed
select a.name from worker a positional join site b
;
-- a lock
--! 1 is not allowed
select name from worker for update
;
-- into
--! 1 is not allowed
select name into mine from worker
;
-- a field of a field
--! 1 is not allowed
select a.b.c.d from worker
;
-- a lambda
--! 1 is not allowed
select list_filter(array_agg(name), x -> x = 'a') as l from worker
;
-- a comprehension
--! 1 is not allowed
select [x for x in array_agg(name)] as l from worker
;
-- json
--! 1 is not allowed
select name ->> 'a' as j from worker
;
-- a struct
--! 1 is not allowed
select {'a': name} as s from worker
;
-- a type that is not listed
--! 1 is not allowed
select name::json as j from worker
;
-- a type of one's own
--! 1 is not allowed
select name::mine as j from worker
;
-- a list type
--! 1 is not allowed
select name::varchar[] as j from worker
;
-- a collation
--! 1 is not allowed
select name collate nocase as n from worker
