-- promised longer than legal
select matter_id, name, promised_days as value, legal_days as threshold, 'red' as level from matter where promised_days > legal_days
;
-- visits
select matter_id, case when online_level = 4 and visits > 0 then 'red' when visits is null then 'red' else 'none' end as level from matter
;
-- phones
select matter_id, 'red' as level from matter where phone = complaint_phone or coalesce(phone, '') = '' or not starts_with(phone, '0571')
;
-- fee
select matter_id, 'red' as level from matter where fee and (fee_basis is null or fee_basis = '')
;
-- a paper the government holds
select matter_id, source, 'red' as level from matter where source in ('government', 'certificate') or contains(lower(source), 'gov')
;
-- a case by its share of time
select case_no, filed_at, 100.0 * epoch($until - accepted_at) / nullif(epoch(promised_at - accepted_at), 0) as value,
       case when closed_at is not null then 'none' when $until > promised_at then 'red'
            when epoch($until - accepted_at) > 0.8 * epoch(promised_at - accepted_at) then 'yellow' else 'none' end as level
from service_case where accepted_at is not null
;
-- closed without a result
select case_no, closed_at as at, 'orange' as level from service_case where closed_at >= $since and closed_at < $until and (result is null or result = '')
;
-- correction asked twice
select case_no, corrections as value, 'red' as level from service_case where corrections >= 2
;
-- low stars not answered
select r.case_no, c.window_no, r.rated_at as at, 'yellow' as level
from rating r join service_case c using (case_no)
where r.stars <= 2 and r.answered_at is null and r.rated_at < $until - interval 1 day
;
-- all five stars in a day
select c.window_no, r.rated_at::date as day, count(*) as n, 'blue' as level
from rating r join service_case c on c.case_no = r.case_no
group by 1, 2 having min(r.stars) = 5 and count(*) >= 20
;
-- waiting
select hall, avg(date_diff('second', taken_at, coalesce(called_at, $until))) / 60 as value, 20 as threshold,
       case when avg(date_diff('second', taken_at, coalesce(called_at, $until))) / 60 > 20 or count(*) filter (called_at is null) > 6 * count(distinct window_no) then 'yellow' else 'none' end as level
from queue_ticket where taken_at >= $since group by hall
;
-- bookings that overlap
select a.booking_id, b.booking_id as other, a.facility_id, 'red' as level
from booking a join booking b on a.facility_id = b.facility_id and a.booking_id < b.booking_id and a.starts_at < b.ends_at and b.starts_at < a.ends_at
where a.state = 'booked' and b.state = 'booked'
;
-- three no-shows in ninety days
select person, count(*) as value, 'blue' as level from booking where state = 'no_show' and starts_at >= $until - interval 90 day group by person having count(*) >= 3
;
-- staff for children
select class_id, site_id, staff as value, ceil(children / case kind when 'baby' then 3.0 when 'toddler' then 5.0 else 7.0 end) as threshold,
       case when staff < ceil(children / case kind when 'baby' then 3.0 when 'toddler' then 5.0 else 7.0 end) then 'red' else 'none' end as level from childcare
;
-- too many in a class
select class_id, children as value, case kind when 'baby' then 10 when 'toddler' then 15 when 'mixed' then 18 else 20 end as threshold,
       case when children > case kind when 'baby' then 10 when 'toddler' then 15 when 'mixed' then 18 else 20 end then 'red' else 'none' end as level from childcare
;
-- certificates of staff, the latest of each kind
select person, site_id, kind, max(ends_on) as ends_on, case when max(ends_on) < $today then 'red' when max(ends_on) <= $today + 7 then 'red' when max(ends_on) <= $today + 30 then 'yellow' else 'none' end as level
from staff_certificate group by person, site_id, kind
;
-- use of a facility
select f.facility_id, f.kind, sum(epoch(b.ends_at - b.starts_at)) / 3600.0 / (28 * 12) * 100 as value,
       case when sum(epoch(b.ends_at - b.starts_at)) is null then 'unknown' when sum(epoch(b.ends_at - b.starts_at)) / 3600.0 / (28 * 12) < 0.2 then 'blue' else 'none' end as level
from facility f left join booking b on b.facility_id = f.facility_id and b.starts_at >= $until - interval 28 day and b.state <> 'cancelled'
group by f.facility_id, f.kind
;
-- homes without a canteen near
select h.home_id, h.street, min(111.2 * sqrt(pow(h.lat - f.lat, 2) + pow((h.lon - f.lon) * cos(radians(h.lat)), 2))) as km, 'blue' as level
from home h cross join facility f where f.kind = 'canteen'
group by h.home_id, h.street
having min(111.2 * sqrt(pow(h.lat - f.lat, 2) + pow((h.lon - f.lon) * cos(radians(h.lat)), 2))) > 0.5
;
-- an indicator that is old or falls twice
with s as (
    select indicator, period, value, target, lag(value) over w as one, lag(value, 2) over w as two,
           row_number() over (partition by indicator order by period desc) as newest
    from indicator_value window w as (partition by indicator order by period)
)
select indicator, period, value, target,
       case when value is null or period < $today - 120 then 'unknown' when value < one and one < two then 'yellow' when value < 0.9 * target then 'yellow' else 'none' end as level
from s where newest = 1
;
-- law and practice far apart
select v.indicator, v.period, ntile(5) over (order by v.value) - ntile(5) over (order by q.score) as apart, 'none' as level
from indicator_value v join (select indicator, period, avg(score) as score, count(*) as n from firm_survey group by indicator, period having count(*) >= 30) q
  on q.indicator = v.indicator and q.period = v.period
;
-- no rank below thirty
select indicator, case when n < 30 then null else place end as place, n
from (select indicator, count(*) as n, dense_rank() over (order by avg(score) desc) as place from firm_survey group by indicator) as x
;
-- percentiles and z
select indicator, period, value, (value - avg(value) over ()) / nullif(stddev_pop(value) over (), 0) as z, percent_rank() over (order by value) as p, cume_dist() over (order by value) as c from indicator_value
;
-- numerator of an indicator
select count(*) as value from service_case where closed_at <= promised_at and closed_at >= $since
;
-- denominator of an indicator
select count(*) as value from service_case where closed_at >= $since
;
-- rows behind it
select case_no, matter_id, closed_at from service_case where closed_at > promised_at order by closed_at desc limit 500 offset 0
;
-- a value against all the others, with any and all
select matter_id, promised_days from matter where promised_days >= all (select promised_days from matter where promised_days is not null) or matter_id = any (select matter_id from service_case)
;
-- week and weekday
select strftime(filed_at, '%G-W%V') as week, isodow(filed_at) as weekday, dayname(filed_at) as word, monthname(filed_at) as m, count(*) as n from service_case group by all order by 1
;
-- a comment at the end of every line -- also with words in Chinese
select case_no /* 事件号 */, -- 编号
       filed_at -- 时间
from service_case
;
-- cases, whose name is a word of SQL
select count(*) filter (where closed_at is not null) as value from "case" where opened_at >= $since
;
-- names in other letters
select W.Worker_ID as ID, w."NAME" as "Shown" from Worker as w
;
-- deep but plain
select coalesce(nullif(trim(upper(replace(substr(name, 1, 20), ' ', ''))), ''), 'none') as n, round(abs(greatest(least(training_h, 100), 0)), 1) as h from worker
