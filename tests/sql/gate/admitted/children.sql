-- growth, worst of three scores
select e.child_id, e.exam_date, least(e.waz, e.haz, e.whz) as value,
       case when e.waz is null and e.haz is null and e.whz is null then 'unknown'
            when least(e.waz, e.haz, e.whz) < -3 then 'red' when least(e.waz, e.haz, e.whz) < -2 then 'yellow'
            when e.whz >= 3 then 'red' when e.whz >= 2 then 'yellow' when e.whz >= 1 then 'blue' else 'none' end as level
from exam e
qualify row_number() over (partition by e.child_id order by e.exam_date desc, e.exam_id desc) = 1
;
-- three rechecks in a row
with marked as (select child_id, exam_date, waz < -2 as low, row_number() over (partition by child_id order by exam_date desc) as newest from exam)
select child_id, max(exam_date) as exam_date, 'red' as level
from marked where newest <= 3 group by child_id having count(*) = 3 and bool_and(low)
;
-- falling by one deviation, a month apart at least
select a.child_id, b.exam_date, a.waz - b.waz as value, 'yellow' as level
from exam a join exam b on a.child_id = b.child_id and b.exam_date >= a.exam_date + interval 1 month
where a.waz - b.waz >= 1
;
-- haemoglobin
select child_id, exam_date, hb as value, case when hb < 60 then 'red' when hb < 90 then 'red' when hb < 110 then 'yellow' else 'none' end as level
from exam where hb is not null
;
-- recheck that did not rise
select a.child_id, b.exam_date, b.hb - a.hb as value, 'red' as level
from exam a
join exam b on b.child_id = a.child_id and date_diff('day', a.exam_date, b.exam_date) between 25 and 60
where a.hb < 110 and b.hb - a.hb < 10
;
-- eyes by age
select e.child_id, least(e.va_l, e.va_r) as value, date_diff('month', c.dob, e.exam_date) as months,
       case when date_diff('month', c.dob, e.exam_date) < 60 and least(e.va_l, e.va_r) < 4.8 then 'yellow'
            when date_diff('month', c.dob, e.exam_date) >= 60 and least(e.va_l, e.va_r) < 4.9 then 'yellow'
            when abs(e.va_l - e.va_r) >= 0.2 then 'yellow' else 'none' end as level
from exam e join child c using (child_id)
;
-- teeth
select child_id, caries as value, case when caries >= 4 then 'yellow' when caries >= 1 then 'blue' else 'none' end as level from exam
;
-- doses overdue, by the schedule in force at birth
select c.child_id, n.vaccine, n.dose_no, c.dob + n.before_months * interval 1 month as due,
       case when $today > c.dob + (n.before_months + 1) * interval 1 month then 'yellow' else 'blue' end as level
from child c
join nip n on c.dob >= n.valid_from and (n.valid_until is null or c.dob <= n.valid_until)
left join vaccination v on v.child_id = c.child_id and v.vaccine = n.vaccine and v.dose_no = n.dose_no
where v.child_id is null and c.dob + n.before_months * interval 1 month < $today and c.status = '在管'
;
-- two doses behind
select c.child_id, count(*) as value, 'yellow' as level
from child c join nip n on n.min_age_months <= date_diff('month', c.dob, $today)
anti join vaccination v on v.child_id = c.child_id and v.vaccine = n.vaccine and v.dose_no = n.dose_no
group by c.child_id having count(*) >= 2
;
-- first hepatitis dose after a day
select c.child_id, v.given_on - c.dob as days, 'red' as level
from child c join vaccination v on v.child_id = c.child_id and v.vaccine = 'HepB' and v.dose_no = 1
where c.mother_hbsag = 1 and v.given_on - c.dob > 1
;
-- dose too early, too near
select v.child_id, v.vaccine, v.dose_no, v.given_on - p.given_on as gap, 'yellow' as level
from vaccination v join vaccination p on p.child_id = v.child_id and p.vaccine = v.vaccine and p.dose_no = v.dose_no - 1
where v.given_on - p.given_on < 28
;
-- clusters: cases of a class within the window of the disease
select r.class_id, r.inst_id, r.disease, max(r.onset) as onset, count(*) as value, any_value(t.min_cases) as threshold, 'red' as level
from case_report r join threshold t on t.disease = r.disease and t.scope = 'class'
where r.onset > $today - t.window_days::int and r.status <> '排除'
group by r.class_id, r.inst_id, r.disease, t.min_cases
having count(*) >= t.min_cases
;
-- a moving window of onsets
select class_id, disease, onset, count(*) over (partition by class_id, disease order by onset range between interval 7 days preceding and current row) as value, 'none' as level
from case_report
;
-- back too early
select r.child_id, r.return_date, r.onset + x.days::int as may_return, 'red' as level
from case_report r join exclusion x using (disease) where r.return_date < r.onset + x.days::int
;
-- absence: three in a day or five in three days
select class_id, inst_id, day, sick as today_sick, sum(sick) over w as three_days, 'red' as level
from absence
window w as (partition by class_id order by day range between interval 2 days preceding and current row)
qualify sick >= 3 or sum(sick) over w >= 5
;
-- overdue visits
select c.child_id, max(e.exam_date) as last_exam, $today - max(e.exam_date) as value,
       case when max(e.exam_date) is null then 'yellow' when $today - max(e.exam_date) > 180 then 'yellow' when $today - max(e.exam_date) > 120 then 'blue' else 'none' end as level
from child c left join exam e on e.child_id = c.child_id group by c.child_id
;
-- at birth
select child_id, case when gest_weeks < 32 or birth_weight < 1500 then 'red' when gest_weeks between 32 and 36 or birth_weight < 2500 then 'yellow' else 'none' end as level
from child where dob > $today - interval 12 month
;
-- two exams of a day that do not agree
select a.child_id, a.exam_date, abs(a.weight - b.weight) / greatest(a.weight, b.weight) as value, 'unknown' as level
from exam a join exam b on a.child_id = b.child_id and a.exam_date = b.exam_date and a.exam_id < b.exam_id
where abs(a.weight - b.weight) > 0.02 * greatest(a.weight, b.weight) or abs(a.height - b.height) > 1
;
-- share graded by itself
select count(*) filter (where waz is not null) as graded, count(*) as exams, 100.0 * count(*) filter (where waz is not null) / count(*) as rate from exam
;
-- by street, for a map
select c.street, count(distinct c.child_id) as children, count(distinct case when e.waz < -2 then c.child_id end) as thin,
       round(count(distinct case when e.waz < -2 then c.child_id end) * 100.0 / nullif(count(distinct c.child_id), 0), 1) as share
from child c left join exam e using (child_id) group by c.street order by share desc nulls last
;
-- names masked by the interface stay as they are
select child_id, left(child_id, 2) || '**' as shown, upper(status) as s, concat_ws('-', class_id, inst_id) as place, replace(street, '街道', '') as street, length(street) as n from child
