/*
title: {zh: 塔吊风速超限, en: Wind at a tower crane over the limit}
kind: state
basis:
  - {text: {zh: 《建筑施工起重吊装工程安全技术规范》JGJ 276-2012 第3.0.12条：风力六级及以上停止露天吊装, en: "JGJ 276-2012, 3.0.12: no lifting outdoors at Beaufort 6 and above"}, source: 转述，未核对原文, mark: S}
  - {text: {zh: 《建筑机械使用安全技术规程》JGJ 33-2012：风速 12.0 米/秒及以上停止室外吊装, en: "JGJ 33-2012: no lifting outdoors at 12.0 m/s and above"}, source: 一般了解，未见原文, mark: M}
subject: [device_id]
every: 1m
clear_hold: 5m
reopen_within: 2h
show: [wind_speed, lifting, measured_at]
playbook: stop_lifting
*/
select
  device_id,
  max(measured_at) as measured_at,
  arg_max(wind_speed, measured_at) as wind_speed,
  arg_max(lifting, measured_at) as lifting,
  arg_max(wind_speed, measured_at) as value,
  $beaufort_six as threshold,
  case
    when date_diff('second', max(measured_at), $until) > $silent then 'unknown'
    when arg_max(wind_speed, measured_at) is null then 'unknown'
    when arg_max(wind_speed, measured_at) >= $design_wind then 'red'
    when arg_max(wind_speed, measured_at) >= $stop_wind then 'orange'
    when arg_max(wind_speed, measured_at) >= $beaufort_six and arg_max(lifting, measured_at) then 'yellow'
    else 'none'
  end as level,
  case
    when arg_max(wind_speed, measured_at) >= $calm_wind then 'yellow'
    else 'none'
  end as keep_level
from crane_live
group by device_id
