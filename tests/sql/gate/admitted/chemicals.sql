-- sum of shares of a major hazard
select u.unit_id, u.plant_id, sum(i.q_now / i.threshold) as value,
       case when sum(i.q_now / i.threshold) >= 1 and not bool_and(u.recorded) then 'orange' else 'none' end as level
from unit u join inventory i using (unit_id)
where i.threshold > 0
group by u.unit_id, u.plant_id
;
-- R and its grade, people around counted in
with r as (
    select u.unit_id, sum(i.beta * i.q_now / i.threshold)
           * case when u.residents >= 100 then 2.0 when u.residents >= 50 then 1.5 when u.residents >= 30 then 1.2 when u.residents >= 1 then 1.0 else 0.5 end as r
    from unit u join inventory i on i.unit_id = u.unit_id
    group by u.unit_id, u.residents
)
select unit_id, round(r, 2) as value,
       case when r >= 100 then 'red' when r >= 50 then 'orange' when r >= 10 then 'yellow' else 'blue' end as level
from r
;
-- more than designed
select unit_id, cas, q_now as value, q_design as threshold, 'red' as level
from inventory where q_now > q_design
;
-- gas alarms, two points second
select plant_id, min(at) as at, count(distinct point) filter (where value >= $second_alarm) as seconds,
       case when count(distinct point) filter (where value >= $second_alarm) >= 2 then 'red'
            when max(value) >= $second_alarm then 'orange' when max(value) >= $first_alarm then 'yellow' else 'none' end as level
from gas_reading where at >= $since group by plant_id
;
-- tanks
select distinct on (tank_id) tank_id, plant_id, at, level_pct as value, high as threshold,
       case when level_pct >= high_high then 'orange' when level_pct >= high then 'yellow'
            when pressure >= pressure_high then 'orange' else 'none' end as level
from tank order by tank_id, at desc
;
-- the level rises too fast
select tank_id, at, (level_pct - first_value(level_pct) over w) / nullif(date_diff('minute', first_value(at) over w, at), 0) as pct_per_minute, 'none' as level
from tank window w as (partition by tank_id order by at rows between 5 preceding and current row)
;
-- bypassed without paper
select tag, plant_id, bypass_from as at,
       case when approver is null then 'red' when coalesce(bypass_until, $until) - bypass_from > interval 24 hours then 'yellow' else 'none' end as level
from interlock where not in_service
;
-- detectors not calibrated
select point, plant_id, max(calibrated_until) as until_day, case when max(calibrated_until) < $today then 'yellow' else 'none' end as level
from gas_reading group by point, plant_id
;
-- hot work and its sample
select permit_id, place, sampled_at, date_diff('minute', sampled_at, valid_from) as value,
       case when sampled_at is null or valid_from - sampled_at > interval 30 minute then 'red'
            when oxygen not between 19.5 and 23.5 or flammable > 0.2 then 'red'
            when valid_until - valid_from > case grade when 'special' then interval 8 hour when 'first' then interval 8 hour else interval 72 hour end then 'orange'
            when watcher is null or trim(watcher) = '' then 'orange' else 'none' end as level
from permit where kind = 'hot_work'
;
-- a grade higher on holidays and at night
select p.permit_id, p.grade,
       case when p.grade = 'second' and (h.day is not null or hour(p.valid_from) not between 6 and 21) then 'orange' else 'none' end as level
from permit p left join holiday h on h.day = p.valid_from::date and h.kind = 'restday'
;
-- two works in one place at once
select a.permit_id, b.permit_id as with_permit, a.place, greatest(a.valid_from, b.valid_from) as at, 'red' as level
from permit a join permit b on a.place = b.place and a.permit_id < b.permit_id
 and a.valid_from < b.valid_until and b.valid_from < a.valid_until
where a.kind = 'hot_work' and b.kind = 'painting'
;
-- data gap
select point, plant_id, max(at) as at, 'orange' as level
from gas_reading group by point, plant_id
having max(at) < $until - interval 5 minute
;
-- a value that stands still
select point, count(distinct value) as values_seen, case when count(distinct value) = 1 and count(*) > 10 then 'orange' else 'none' end as level
from gas_reading where at >= $until - interval 30 minute group by point
;
-- a jump that cannot be
select point, at, value, lag(value) over (partition by point order by at) as before, 'orange' as level
from gas_reading
qualify abs(value - lag(value) over (partition by point order by at)) > 5 * (select stddev_pop(value) from gas_reading)
;
-- responsible persons
select t.plant_id, t.role, max(t.day) as last_day,
       case when max(t.day) < $today - 7 then 'yellow' else 'none' end as level
from duty_tick t group by t.plant_id, t.role
;
-- a vehicle that stands
select plate, min(at) as since_at, max(at) as at, max(at) - min(at) as stood, 'orange' as level
from vehicle where speed < 1 and at >= $since
group by plate, round(lon, 3), round(lat, 3)
having max(at) - min(at) > interval 2 hour
;
-- off its route
select plate, goods, max(at) as at, count_if(off_route) as points, 'yellow' as level
from vehicle where at >= $since group by plate, goods having count_if(off_route) > 3
;
-- all alarms of a park in one list
select 'gas' as source, point as id, at, value from gas_reading where value > 50
union all
select 'tank', tank_id, at, level_pct from tank where level_pct > high
union all
select 'permit', permit_id, valid_from, null from permit where watcher is null
order by at desc
limit 100
;
-- plants with stock but no tick
select plant_id from unit except select plant_id from duty_tick
;
-- both
select plant_id from unit intersect select plant_id from tank
