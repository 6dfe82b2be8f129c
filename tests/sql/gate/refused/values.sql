-- the clock
--! 1 is not allowed: CURRENT_DATE
select current_date as d
;
-- the clock by another name
--! 1 the function now is not listed
select now() as n
;
-- today
--! 1 is not allowed: CURRENT_DATE
select today() as d
;
-- chance
--! 1 is not allowed: RANDOM()
select random() as r
;
-- an error with a value in it
--! 1 the function error is not listed
select error(name) as e from worker
;
-- long texts
--! 1 is not allowed: REPEAT
select repeat('a', 4000000000) as x
;
-- wide texts
--! 1 is not allowed: LPAD
select lpad(name, 100000, 'x') as x from worker
;
-- wide by a column
--! 1 is not allowed: RPAD
select rpad(name, length(name) * 1000000, 'x') as x from worker
;
-- formats
--! 1 is not allowed: FORMAT
select format('{:>2000000000}', name) as x from worker
;
-- distance of texts
--! 1 is not allowed: LEVENSHTEIN
select levenshtein(name, trade) as d from worker
;
-- a long series
--! 1 is not allowed: RANGE
select r.i from range(0, 100000000) as r(i)
;
-- a series by a column
--! 1 is not allowed
select r.i from range(0, $grace_days) as r(i)
;
-- a series among values
--! 1 is not allowed: UNNEST
select unnest(range(0, 3)) as i
;
-- a list that is a table
--! 1 stands in FROM only
select range(0, 3) as l
;
-- a parameter that is not declared
--! 2 $secret_days is no known parameter
select name from worker
where birth < $today - $secret_days
;
-- a parameter by its place
--! 1 is no known parameter
select name from worker where birth < $1
;
-- a question mark
--! 1 ? is no known parameter
select name from worker where birth < ?
;
-- a column by its place
--! 1 is not allowed: #1
select #1 from worker
;
-- a column that is not there
--! 2 there is no column nmae
select worker_id
     , nmae from worker
;
-- a column of another table
--! 1 there is no column w.lon
select w.lon from worker w join site s on s.site_id = w.site_id
;
-- a table that is not there
--! 1 there is no table x here
select x.name from worker
;
-- a column in two tables
--! 1 the column name is in several tables
select name from worker w join site s on s.site_id = w.site_id
;
-- columns twice
--! 1 the output column name is there twice
select w.name, s.name from worker w join site s on s.site_id = w.site_id
;
-- columns twice by a star
--! 1 the output column site_id is there twice
select * from worker w join site s on s.site_id = w.site_id
;
-- a column without a name
--! 1 output column 2 has no name
select name, 1 + 1 from worker
;
-- sides of different width
--! 1 its sides have 2 and 1 columns
select name, trade from worker union all select name from site
;
-- union by name
--! 1 is not allowed
select name from worker union all by name select name from site
;
-- using a column of one side
--! 1 USING trade: both sides need it
select worker.name from worker join site using (trade)
;
-- the same name twice
--! 1 the name a is used twice
select a.site_id from worker a join site a on true
;
-- names that are too few
--! 1 there are 1 names for 2 columns
with a(x) as (select name, trade from worker) select x from a
;
-- rows of different length
--! 1 rows of VALUES differ in length
select v.a from (values (1, 2), (3)) as v(a, b)
;
-- a limit that is no number
--! 1 is not allowed
select name from worker limit (select 5)
;
-- order by everything
--! 1 is not allowed: ALL
select name from worker order by all
;
-- a window that cannot be
--! 1 is not allowed
select name, count(*) filter (where trade = 'a') over (rows between unbounded preceding and current row exclude ties) as n from worker
;
-- several things at once
--! 1 is not allowed: REPEAT
--! 2 $what is no known parameter
--! 3 the function getenv is not listed
select repeat('a', 9) as a
     , $what as b
     , getenv('PATH') as c
from worker
;
-- nothing
--! 1 selects nothing
select
;
-- nothing of a table
--! 1 selects nothing
select from worker
;
-- a cast has no name of its own
--! 1 output column 1 has no name
select birth::timestamp from worker
;
-- nor has a text
--! 2 output column 2 has no name
select birth,
  'red' from worker
;
-- nor has a value of a sub-select
--! 1 there is no column birth
select birth from (select birth::timestamp from worker) as w
