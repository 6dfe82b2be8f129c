-- money behind schedule, in points
with total as (
    select project_id, sum(planned) as planned, sum(invested) as invested from month_report group by project_id
)
select p.project_id, p.name, round(100 * (t.invested - t.planned) / nullif(p.plan_year, 0), 1) as value,
       case when t.project_id is null then 'unknown'
            when 100 * (t.invested - t.planned) / nullif(p.plan_year, 0) < -30 then 'red'
            when 100 * (t.invested - t.planned) / nullif(p.plan_year, 0) < -10 then 'yellow' else 'none' end as level
from project p left join total t using (project_id)
;
-- relative, this month
select project_id, month, invested / nullif(planned, 0) as value,
       case when invested < 0.6 * planned then 'red' when invested < 0.8 * planned then 'yellow' else 'none' end as level
from month_report where month = strftime($today, '%Y-%m')
;
-- milestones late; a forecast counts half
select project_id, step, department, planned,
       case when actual is not null then 0
            when planned < $today then $today - planned
            when forecast > planned then (forecast - planned) // 2 else 0 end as value,
       case when actual is null and $today - planned > 90 then 'red'
            when actual is null and $today - planned > 30 then 'red'
            when actual is null and $today - planned > 0 then 'yellow' else 'none' end as level
from milestone
;
-- two months below
select project_id, month, 'yellow' as level
from month_report
qualify invested / nullif(planned, 0) < 0.95
  and lag(invested / nullif(planned, 0)) over (partition by project_id order by month) < 0.95
;
-- changes without approval
select c.project_id, sum(c.amount) filter (where not c.approved) / any_value(p.plan_total) * 100 as value, 'red' as level
from change_order c join project p on p.project_id = c.project_id
group by c.project_id
having sum(c.amount) filter (where not c.approved) > 0.05 * any_value(p.plan_total)
;
-- invested, but nobody there
select p.project_id, p.name, m.invested as value, 'orange' as level
from project p
join month_report m on m.project_id = p.project_id and m.month = strftime($today, '%Y-%m')
where m.physical_pct > 20
  and not exists (select 1 from pass g where g.site_id = p.site_id and g.passed_at >= $until - interval 14 day)
;
-- issues past their day
select i.issue_id, i.project_id, $today - i.promised as days, case when $today - i.promised > 7 then 'orange' else 'yellow' end as level
from issue i where i.done_on is null and i.promised < $today
;
-- report missing
select p.project_id, p.name, 'yellow' as level
from project p
left join month_report m on m.project_id = p.project_id and m.month = strftime(date_trunc('month', $today) - interval 1 day, '%Y-%m')
where m.project_id is null and day($today) > 5
;
-- a figure that falls
select project_id, month, invested, prior, 'yellow' as level
from (select project_id, month, invested, lag(invested) over (partition by project_id order by month) as prior from month_report) as s
where invested < prior
;
-- lamp from the worst of several rules
with lamps as (
    select project_id, case when sum(invested) < 0.8 * sum(planned) then 2 else 0 end as lamp from month_report group by project_id
    union all
    select project_id, max(case when actual is null and planned < $today then 1 else 0 end) from milestone group by project_id
)
select project_id, max(lamp) as worst, case max(lamp) when 2 then 'red' when 1 then 'yellow' else 'none' end as level
from lamps group by project_id
;
-- by sector, with a total
select coalesce(sector, 'all') as sector, count(*) as projects, sum(plan_total) as money
from project group by rollup (sector)
;
-- a rank of departments
select department, count(*) as late, rank() over (order by count(*) desc) as place
from milestone where actual is null and planned < $today group by department
;
-- share of the year that is over
select project_id, (dayofyear($today) - 1) / 365.0 as share, last_day($today) as month_end, make_date(year($today)::int, 12, 31) as year_end, quarter($today) as q
from project
;
-- the running total
select project_id, month, sum(invested) over (partition by project_id order by month) as so_far,
       sum(invested) over (partition by project_id) as total, ntile(4) over (order by invested) as quarter_of
from month_report
