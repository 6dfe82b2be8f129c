/*
title: {zh: 工地扬尘日均值超限, en: Dust of a site over the daily limit}
kind: event
basis:
  - {text: {zh: 《大气污染防治法》第六十九条：施工单位应当采取有效防尘降尘措施, en: "Law on the prevention of air pollution, art. 69: builders take effective measures against dust"}, source: 一般了解，未见原文, mark: M}
  - {text: {zh: 限值为演示参数, en: the limit is a figure of the demonstration}, source: duokua, mark: P}
subject: [site_id]
occurred_at: day
every: 1d
window: 3d
reopen_within: 7d
name: site_name
place: [longitude, latitude]
show: [day, tsp, pm10, spraying, builder]
playbook: joint_dust
*/
select
  d.site_id,
  d.day,
  d.tsp,
  d.pm10,
  d.spraying,
  s.name as site_name,
  s.builder,
  s.street,
  s.longitude,
  s.latitude,
  d.tsp as value,
  $tsp_limit as threshold,
  case
    when d.tsp > $tsp_grave and not d.spraying then 'red'
    when d.tsp > $tsp_grave or not d.spraying then 'orange'
    else 'yellow'
  end as level
from dust_reading as d
left join construction_site as s on s.site_id = d.site_id
where d.day >= cast($since as date) and d.day <= cast($until as date) and d.tsp > $tsp_limit
