-- full-width letters
--! 1 is not ASCII
select ｎame from worker
;
-- a Cyrillic letter
--! 1 is not ASCII
select nаme from worker
;
-- a name in Chinese
--! 1 is not ASCII
select name as 姓名 from worker
;
-- a name in Chinese in quotes
--! 1 is not ASCII
select name as "姓名" from worker
;
-- a full-width blank
--! 2 has a blank that is not ASCII
select name from worker
where　name = 'a'
;
-- a text with an escape
--! 1 has a text of another form
select e'\x41' as a
;
-- a text between dollars
--! 1 has a text of another form
select $$abc$$ as a
;
-- a text between dollars with a tag
--! 1 has a text of another form
select $t$abc$t$ as a
;
-- a text of bytes
--! 1 has a text of another form
select x'41' as a
;
-- a text of bits
--! 1 has a text of another form
select b'01' as a
;
-- a text by code points
--! 1 there is no column u
select u & '41' as a from worker
;
-- a name with a blank
--! 1 is no name
select name as "a b" from worker
;
-- a name with a quote
--! 1 is no name
select name as "a""b" from worker
