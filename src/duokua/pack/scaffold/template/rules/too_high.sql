/*
title: {zh: 读数超限, en: Value above the limit}
kind: state
basis: [{text: {zh: 示例, en: Example}, source: 示例 example, mark: P}]
subject: [point_id]
name: point_id
every: 15m
playbook: inspect
*/
select point_id, arg_max(value, read_at) as value, $value_limit as threshold,
  case when arg_max(value, read_at) is null then 'unknown'
       when arg_max(value, read_at) > $red_limit then 'red'
       when arg_max(value, read_at) > $value_limit then 'yellow' else 'none' end as level
from NAME_reading group by point_id
