-- crane moment in three steps, held for seconds by the platform
select r.machine_id, m.site_id, r.at, r.moment_pct as value, 90 as threshold,
       case when r.moment_pct >= 110 or not r.limiter_ok then 'red'
            when r.moment_pct >= 100 then 'yellow'
            when r.moment_pct >= 90 then 'blue'
            else 'none' end as level
from crane_reading as r
join machine as m on m.machine_id = r.machine_id
where r.at >= $since and r.at < $until
;
-- the newest reading of each crane, judged as a state
select machine_id, at, moment_pct as value,
       case when at < $until - interval 3 minute then 'unknown'
            when moment_pct >= $moment_red then 'red'
            when moment_pct >= $moment_yellow then 'yellow'
            else 'none' end as level,
       case when moment_pct >= $moment_yellow * 0.95 then 'yellow' else 'none' end as keep_level
from crane_reading
qualify row_number() over (partition by machine_id order by at desc) = 1
;
-- the same crane three times in a shift
select machine_id, count(*) as times, min(at) as first_at, max(at) as at, 'orange' as level
from crane_reading
where at >= $since and at < $until and moment_pct >= 100
group by machine_id, time_bucket(interval 8 hour, at)
having count(*) >= 3
;
-- ten-second mean of the wind while lifting
with mean_wind as (
    select machine_id, at, avg(wind) over (partition by machine_id order by at
           range between interval 10 second preceding and current row) as wind
    from crane_reading
    where running and at >= $since
)
select machine_id, max(at) as at, max(wind) as value,
       case when max(wind) >= 20 then 'red' when max(wind) >= 12 then 'orange'
            when max(wind) >= 10.8 then 'yellow' else 'none' end as level
from mean_wind group by machine_id
;
-- jibs that come near each other
select a.machine_id, b.machine_id as other_id,
       sqrt(power(a.x - b.x, 2) + pow(a.y - b.y, 2)) - a.jib - b.jib as gap,
       if(sqrt(power(a.x - b.x, 2) + pow(a.y - b.y, 2)) - a.jib - b.jib < 2, 'red', 'yellow') as level
from machine a join machine b on a.site_id = b.site_id and a.machine_id < b.machine_id
where sqrt((a.x - b.x) ** 2 + (a.y - b.y) ** 2) < a.jib + b.jib + 5
;
-- where the hook is
select r.machine_id, m.x + r.radius * cos(radians(r.slew)) as hook_x,
       m.y + r.radius * sin(radians(r.slew)) as hook_y, 'none' as level
from crane_reading r join machine m using (machine_id)
;
-- papers of machines
select machine_id, site_id,
       least(inspected_on + 365, anti_fall_until) as due,
       case when accepted_on is null then 'red'
            when registered_on is null and accepted_on + 30 < $today then 'red'
            when anti_fall_until < $today then 'red'
            when anti_fall_until < $today + 30 then 'yellow'
            else 'none' end as level
from machine
where kind in ('crane', 'hoist')
;
-- driver without a valid certificate
select distinct r.machine_id, r.driver_id, 'red' as level
from crane_reading r
where r.running and r.at >= $since
  and not exists (select 1 from certificate c where c.worker_id = r.driver_id
                  and c.trade = 'crane_driver' and c.expires_on >= $today)
;
-- no driver known at all
select r.machine_id, max(r.at) as at, 'red' as level
from crane_reading r
anti join worker w on w.worker_id = r.driver_id
where r.running group by r.machine_id
;
-- hoist
select machine_id, at, greatest(load_pct, people * 5.0) as value,
       case when door_open and moving then 'red' when load_pct >= 100 then 'orange' else 'none' end as level
from hoist_reading where at between $since and $until
;
-- pit: share of the limit
select point, site_id, max(total_mm / nullif(limit_mm, 0)) * 100 as value,
       case when max(total_mm / nullif(limit_mm, 0)) >= 1 then 'red'
            when max(total_mm / nullif(limit_mm, 0)) >= 0.7 then 'yellow' else 'none' end as level
from pit_reading where at >= $since group by point, site_id
;
-- pit: the rate three times running
with marked as (
    select point, site_id, at, rate_mm >= 0.7 * rate_limit as high,
           row_number() over (partition by point order by at)
         - row_number() over (partition by point, rate_mm >= 0.7 * rate_limit order by at) as run
    from pit_reading where at >= $since
)
select point, site_id, max(at) as at, count(*) as value, 'orange' as level
from marked where high group by point, site_id, run having count(*) >= 3
;
-- dust above the local limit a second time this day
select site_id, cast(at as date) as day, count(*) as value,
       case count(*) when 1 then 'blue' else 'yellow' end as level
from (select site_id, time_bucket(interval '15 minutes', at) as at, avg(pm10) as pm10
      from air_reading group by all) as quarter
where pm10 > $pm10_limit
group by site_id, cast(at as date)
;
-- night noise
select site_id, at, noise as value, 'orange' as level
from air_reading a
where noise > 55 and (extract(hour from at) >= 22 or extract(hour from at) < 6)
  and not exists (from permit p select p.permit_id where p.site_id = a.site_id and p.kind = 'night'
                  and a.at between p.valid_from and p.valid_until)
;
-- local time of the district
select site_id, at at time zone 'Asia/Shanghai' as local_at, hour(at at time zone 'Asia/Shanghai') as h,
       'none' as level from air_reading
;
-- heat with people on the site
with inside as (
    select site_id, worker_id, arg_max(direction, passed_at) as direction
    from pass where passed_at >= $until - interval 1 day
    group by site_id, worker_id
), people as (
    select site_id, count(*) filter (where direction = 'in') as people from inside group by site_id
)
select s.site_id, s.name, max(a.temperature) as value, coalesce(max(p.people), 0) as people,
       case when max(a.temperature) >= 40 then 'red' when max(a.temperature) >= 37 then 'orange'
            when max(a.temperature) >= 35 then 'yellow' else 'none' end as level
from site s
left join people p using (site_id)
left join air_reading a on a.site_id = s.site_id and a.at >= $since
group by s.site_id, s.name
;
-- too old, too young
select worker_id, site_id, date_diff('year', birth, $today) as age,
       case when date_diff('year', birth, $today) > 60 then 'yellow'
            when birth > $today - interval 18 year then 'red' else 'none' end as level
from worker
;
-- training
select worker_id, training_h as value, $training_hours as threshold,
       case when training_h is null then 'unknown' when training_h < $training_hours then 'orange'
            else 'none' end as level
from worker where status = 'active'
;
-- certificates that end
select w.worker_id, w.site_id, w.trade, max(c.expires_on) as expires_on,
       max(c.expires_on) - $today as days_left,
       case when max(c.expires_on) is null or max(c.expires_on) < $today then 'red'
            when max(c.expires_on) - $today <= 60 then 'blue' else 'none' end as level
from worker w left join certificate c on c.worker_id = w.worker_id and c.trade = w.trade
group by w.worker_id, w.site_id, w.trade
;
-- longer than twelve hours
select worker_id, site_id, min(passed_at) as in_at, max(passed_at) as at,
       epoch(max(passed_at) - min(passed_at)) / 3600 as hours, 'yellow' as level
from pass
where passed_at >= $since
group by worker_id, site_id, passed_at::date
having max(passed_at) - min(passed_at) > interval 12 hour
;
-- more than six days running
with days as (select distinct worker_id, cast(passed_at as date) as day from pass),
runs as (select worker_id, day, day - cast(row_number() over (partition by worker_id order by day) as integer) as run from days)
select worker_id, max(day) as day, count(*) as value, 'yellow' as level
from runs group by worker_id, run having count(*) > 6
;
-- gate people less exits
select site_id, sum(case direction when 'in' then 1 when 'out' then -1 else 0 end) as inside, 'none' as level
from pass where passed_at >= $today::timestamp group by site_id
;
-- lost cameras
select cam_id, site_id, last_frame, date_diff('minute', last_frame, $until) as value,
       case when covered or last_frame < $until - interval 24 hour then 'orange'
            when last_frame < $until - interval 2 hour then 'yellow'
            when last_frame < $until - interval 5 minute then 'blue' else 'none' end as level
from camera
;
-- a picture that does not change
select cam_id, 'yellow' as level from camera where coalesce(fps, 0) < 1 or fps is null
;
-- wages
select p.site_id, p.month, p.due_on, 'orange' as level
from pay p where p.paid_on is null and p.due_on < $today
;
-- hazards, a level more when overdue
select h.hazard_id, h.site_id, h.due_on,
       case when h.closed_on is not null then 'none'
            when h.due_on < $today and h.grade = 'major' then 'red'
            when h.due_on < $today then 'orange'
            else 'blue' end as level
from hazard as h
;
-- score of the safety list
select site_id, score as value, 70 as threshold, iff.level
from site join (values ('low', 'red'), ('ok', 'none')) as iff(word, level)
  on iff.word = case when score < 70 then 'low' else 'ok' end
;
-- sites by their worst
select s.site_id, s.name, s.lon, s.lat, min(case when h.grade = 'major' then 1 else 2 end) as worst,
       string_agg(h.hazard_id, ', ' order by h.due_on) as hazards, 'none' as level
from site s left outer join hazard h on h.site_id = s.site_id and h.closed_on is null
group by s.site_id, s.name, s.lon, s.lat
order by worst nulls last, s.name limit 20
;
-- the team with most certificates missing
select w.contractor, count(distinct w.worker_id) as workers,
       count(distinct w.worker_id) filter (where c.worker_id is null) as without,
       round(100.0 * count(distinct w.worker_id) filter (where c.worker_id is null)
             / nullif(count(distinct w.worker_id), 0), 1) as share, 'none' as level
from worker w left join certificate c using (worker_id)
group by w.contractor
having count(distinct w.worker_id) >= 3
;
-- passes written down by hand
select p.*, 'blue' as level from pass p where p.by_hand and p.passed_at >= $since
;
-- all of a table but a column
select * exclude (name), 'none' as level from worker
;
-- reading as of the last driver pass
select r.machine_id, r.at, p.worker_id, p.direction, 'none' as level
from crane_reading r asof join pass p on r.driver_id = p.worker_id and r.at >= p.passed_at
