/*
title: {zh: 在用电梯检验到期, en: Lift in use due for inspection}
kind: state
basis:
  - {text: {zh: 《特种设备安全法》第四十条：未经定期检验或者检验不合格的特种设备，不得继续使用, en: "Law on the safety of special equipment, art. 40: what was not inspected in time may not be used"}, source: 一般了解，未见原文, mark: M}
subject: [equipment_no]
every: 1d
reopen_within: 30d
name: company_name
show: [next_check_on, days_left, maintainer, street]
playbook: late_inspection
*/
select
  equipment_no,
  company_name,
  street,
  maintainer,
  next_check_on,
  date_diff('day', $today, next_check_on) as days_left,
  date_diff('day', $today, next_check_on) as value,
  case when date_diff('day', $today, next_check_on) < 0 then 0 else $apply_days end as threshold,
  case
    when not in_use then 'none'
    when next_check_on is null then 'unknown'
    when date_diff('day', $today, next_check_on) < -$grave_days then 'red'
    when date_diff('day', $today, next_check_on) < 0 then 'orange'
    when date_diff('day', $today, next_check_on) <= $apply_days then 'yellow'
    when date_diff('day', $today, next_check_on) <= $notice_days then 'blue'
    else 'none'
  end as level
from special_equipment
where kind = 'lift'
