-- two statements
--! 1 exactly one statement
select 1 as a; select 2 as b
;
-- nothing
--! 1 exactly one statement
-- only a comment
;
-- drop
--! 1 one SELECT
drop table worker
;
-- insert
--! 1 one SELECT
insert into worker select * from worker
;
-- update
--! 1 one SELECT
update worker set name = 'x'
;
-- delete
--! 1 one SELECT
delete from worker
;
-- create
--! 1 one SELECT
create table mine as select 1 as a
;
-- macro
--! 1 SELECT
create macro f(a) as a + 1
;
-- attach
--! 1 SELECT
attach 'other.db' as other
;
-- copy
--! 1 SELECT
copy (select 1 as a) to 'out.csv'
;
-- export
--! 1 cannot be parsed
export database 'folder'
;
-- set
--! 1 SELECT
set threads = 100
;
-- pragma
--! 1 SELECT
pragma version
;
-- install
--! 1 SELECT
install httpfs
;
-- load
--! 1 SELECT
load httpfs
;
-- call
--! 1 SELECT
call duckdb_tables()
;
-- prepare
--! 1 SELECT
prepare p as select 1 as a
;
-- execute
--! 1 SELECT
execute p
;
-- explain
--! 1 SELECT
explain analyze select 1 as a
;
-- describe
--! 1 SELECT
describe worker
;
-- summarize
--! 1 SELECT
summarize worker
;
-- show
--! 1 SELECT
show tables
;
-- begin
--! 1 SELECT
begin transaction
;
-- values alone
--! 1 SELECT
values (1, 2)
;
-- in parentheses
--! 1 SELECT
(select name from worker)
;
-- a merge
--! 1 SELECT
merge into worker using site on true when matched then delete
;
-- a broken one
--! 3 cannot be parsed
select name
from worker
where name = = 'a'
;
-- a quote that does not end
--! 1 a quote or comment does not end
select 'abc from worker
;
-- a comment that does not end
--! 1 a quote or comment does not end
select name from worker /* abc
;
-- a broken one after parameters
--! 4 cannot be parsed
select name, $grace_days as g
from worker
where birth > $today
  and and true
;
-- not at its beginning
--! 3 exactly one statement


select 1 as a; select 2 as b
