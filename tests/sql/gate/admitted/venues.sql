-- density by steps
select c.zone_id, z.venue_id, c.at, c.people / nullif(z.area, 0) as value,
       case when c.people / nullif(z.area, 0) >= 5 then 'red' when c.people / nullif(z.area, 0) >= 4 then 'orange'
            when c.people / nullif(z.area, 0) >= 3 then 'yellow' when c.people / nullif(z.area, 0) >= 2 then 'blue'
            else 'none' end as level
from crowd c join zone z on z.zone_id = c.zone_id and z.area >= 20
where c.at >= $since
;
-- steps from a reference table
with steps(least_density, level, severity) as (values (2.0, 'blue', 1), (3.0, 'yellow', 2), (4.0, 'orange', 3), (5.0, 'red', 4))
select c.zone_id, c.at, c.density as value, coalesce(arg_max(s.level, s.severity), 'none') as level
from crowd c left join steps s on c.density >= s.least_density
group by c.zone_id, c.at, c.density
;
-- occupancy of a venue
select v.venue_id, v.name, v.lon, v.lat, sum(c.people) as value, v.capacity as threshold,
       case when sum(c.people) >= v.capacity then 'red' when sum(c.people) >= 0.9 * v.capacity then 'orange'
            when sum(c.people) >= 0.8 * v.capacity then 'yellow' else 'none' end as level
from venue v join zone z using (venue_id) join crowd c using (zone_id)
where c.at = (select max(at) from crowd)
group by v.venue_id, v.name, v.lon, v.lat, v.capacity
;
-- inflow against the usual of its slot, two slots running
with judged as (
    select m.station, m.slot_start, m.inflow, b.median, b.mad,
           m.inflow > b.median + $times_mad * b.mad as high
    from metro m
    join baseline_metro b on b.station = m.station
      and b.day_kind = case when exists (select 1 from holiday h where h.day = cast(m.slot_start as date)) then 'restday' else 'workday' end
      and b.slot = (hour(m.slot_start) * 60 + minute(m.slot_start)) // 15
    where m.slot_start >= $since - interval 30 minute
)
select station, slot_start as at, inflow as value, median + $times_mad * mad as threshold, 'yellow' as level
from judged
qualify high and lag(high) over (partition by station order by slot_start)
;
-- a baseline by hand
select station, median(inflow) as med, mad(inflow) as spread, quantile_cont(inflow, 0.95) as p95, stddev_samp(inflow) as sd,
       'none' as level
from metro where slot_start >= $since - interval 28 day group by station
;
-- alarm of two detectors
select venue_id, min(at) as at, count(distinct device) as value,
       case when bool_or(kind in ('manual', 'pump')) or count(distinct device) >= 2 then 'red' else 'yellow' end as level
from fire_event where at >= $since and at < $until group by venue_id
;
-- patrol gap
select venue_id, at, at - lag(at) over w as gap, 'yellow' as level
from patrol
window w as (partition by venue_id order by at)
qualify at - lag(at) over w > interval '2 hours'
;
-- the control room
select venue_id, arg_max(staff, at) as value, 2 as threshold,
       case when arg_max(staff, at) < 2 then 'orange' else 'none' end as level
from patrol group by venue_id
;
-- water
select point, venue_id, max(depth_cm) as value,
       case when max(depth_cm) >= 40 then 'red' when max(depth_cm) >= 25 then 'orange'
            when max(depth_cm) >= 15 then 'yellow' when max(depth_cm) >= 5 then 'blue' else 'none' end as level
from water_level where at >= $since group by point, venue_id
;
-- gases, each with limits of its own
select point, gas, at, value,
       case when gas = 'o2' and (value < 19.5 or value > 23.5) then 'red'
            when gas = 'co' and value >= 160 then 'red' when gas = 'co' and value >= 24 then 'orange'
            when gas = 'h2s' and value >= 20 then 'red' when gas = 'h2s' and value >= 6 then 'orange'
            when gas = 'ch4' then case when value >= 50 then 'red' when value >= 25 then 'orange' when value >= 10 then 'yellow' else 'none' end
            else 'none' end as level
from gas_reading where at >= $since
;
-- an accident by flow: occupancy up, speed down, normal below
with now_slot as (select detector, avg(speed) as speed, avg(occupancy) as occupancy from road where at >= $until - interval 5 minute group by detector),
usual as (select detector, median(speed) as speed, median(occupancy) as occupancy from road where at < $until - interval 1 day group by detector)
select r.detector, n.speed as value, u.speed * 0.5 as threshold, 'yellow' as level
from (select distinct detector, upstream, downstream from road) r
join now_slot n on n.detector = r.upstream
join usual u on u.detector = r.upstream
join now_slot d on d.detector = r.downstream
join usual du on du.detector = r.downstream
where n.speed < 0.5 * u.speed and n.occupancy > 1.5 * u.occupancy and d.speed >= 0.8 * du.speed
;
-- a weather warning as it came
select warning_id, kind, issued_at as at, lower(trim(grade)) as grade,
       case lower(trim(grade)) when 'red' then 'red' when 'orange' then 'orange' when 'yellow' then 'yellow' when 'blue' then 'blue' else 'unknown' end as level
from warning where issued_at < $until and coalesce(ends_at, $until) >= $until
;
-- crowd grows
select zone_id, at, people - lag(people, 5) over (partition by zone_id order by at) as grown, 'none' as level
from crowd
;
-- five-minute forecast by the trend
select zone_id, regr_slope(people, epoch(at)) * 300 + arg_max(people, at) as forecast, corr(people, inflow) as r, 'none' as level
from crowd where at >= $until - interval 20 minute group by zone_id
;
-- heat map for a view
select z.venue_id, time_bucket(interval 1 hour, c.at) as hour_start, max(c.density) as density
from crowd c join zone z using (zone_id)
group by 1, 2 order by 1, 2
;
-- teams within three kilometres
select v.venue_id, o.venue_id as other, 6371 * acos(least(1, cos(radians(v.lat)) * cos(radians(o.lat)) * cos(radians(o.lon) - radians(v.lon)) + sin(radians(v.lat)) * sin(radians(o.lat)))) as km
from venue v cross join venue o
where v.venue_id <> o.venue_id
;
-- every slot of a day, also those without data
select v.venue_id, $today + h.i * interval 1 hour as slot_start, count(c.at) as n
from venue v cross join range(0, 24) as h(i)
left join zone z on z.venue_id = v.venue_id
left join crowd c on c.zone_id = z.zone_id and date_trunc('hour', c.at) = $today + h.i * interval 1 hour
group by v.venue_id, h.i
;
-- days without a patrol
select v.venue_id, $today - d.n::int as day, 'yellow' as level
from venue v, generate_series(1, 7) as d(n)
where not exists (select * from patrol p where p.venue_id = v.venue_id and cast(p.at as date) = $today - d.n::int)
