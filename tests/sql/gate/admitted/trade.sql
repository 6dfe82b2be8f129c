-- mandatory fields
select decl_no, 'red' as level, concat_ws(',', case when company is null then 'company' end, case when trade_mode is null then 'trade_mode' end, case when terms is null then 'terms' end) as missing
from decl_head where company is null or trade_mode is null or terms is null
;
-- code not valid on the day
select i.decl_no, i.item_no, i.hs_code, 'red' as level
from decl_item i join decl_head h using (decl_no)
left join hs_code c on c.hs_code = i.hs_code and cast(h.declared_at as date) between c.valid_from and coalesce(c.valid_to, date '9999-12-31')
where c.hs_code is null
;
-- weights
select h.decl_no, h.net_weight, sum(i.net_weight) as items, 'red' as level
from decl_head h join decl_item i on i.decl_no = h.decl_no
group by h.decl_no, h.net_weight, h.gross_weight
having abs(h.net_weight - sum(i.net_weight)) > 0.01 or h.net_weight > h.gross_weight
;
-- price times quantity
select decl_no, item_no, round(qty * price - total, 2) as value, 'red' as level from decl_item where abs(qty * price - total) > 0.01
;
-- invoice
select v.invoice_no, v.decl_no, v.total - t.total as value, 'red' as level
from invoice v join (select decl_no, sum(total) as total from decl_item group by decl_no) as t using (decl_no)
where abs(v.total - t.total) > 0.01
;
-- mixed currencies
select decl_no, count(distinct currency) as value, 'red' as level from invoice group by decl_no having count(distinct currency) > 1
;
-- units
select i.decl_no, i.item_no, i.unit, c.unit as legal, case when i.unit = '035' and i.qty is distinct from i.net_weight then 'red' when i.unit <> c.unit then 'red' else 'none' end as level
from decl_item i join hs_code c on c.hs_code = i.hs_code
;
-- terms of delivery
select decl_no, terms, case when upper(terms) = 'FOB' and (freight is null or insurance is null) then 'yellow' when upper(terms) in ('C&F', 'CFR') and insurance is null then 'yellow' else 'none' end as level from decl_head
;
-- licences used up
with used as (select licence_no, sum(qty) as qty from decl_item where licence_no is not null group by licence_no)
select l.licence_no, u.qty as value, l.balance as threshold,
       case when l.expires_on < $today then 'red' when u.qty > l.balance then 'red' else 'none' end as level
from licence l join used u using (licence_no)
;
-- control without licence
select i.decl_no, i.item_no, i.hs_code, 'red' as level
from decl_item i join hs_code c using (hs_code)
where c.controls like '%A%' and (i.licence_no is null or i.licence_no not in (select licence_no from licence where licence_no is not null))
;
-- vague names
select decl_no, item_no, name, 'red' as level from decl_item
where regexp_matches(name, '^(货物|商品|样品|其他).{0,2}$') or length(trim(name)) < 2 or regexp_full_match(name, '^[0-9]+$')
;
-- elements by their number
select decl_no, item_no, len(string_split(name, '|')) as parts, split_part(name, '|', 1) as first_part, 'none' as level from decl_item
;
-- a check digit by hand
select company, credit_code, case when length(credit_code) <> 18 or not regexp_full_match(credit_code, '[0-9A-HJ-NPQRTUWXY]{18}') then 'red' else 'none' end as level from company
;
-- unit prices far from the others
with stats as (
    select hs_code, origin, median(price) as med, mad(price) as spread, count(*) as n from decl_item group by hs_code, origin
)
select i.decl_no, i.item_no, i.price as value, 0.6745 * (i.price - s.med) / nullif(s.spread, 0) as z, 'blue' as level
from decl_item i join stats s on s.hs_code = i.hs_code and s.origin is not distinct from i.origin
where s.n >= 30 and abs(0.6745 * (i.price - s.med) / nullif(s.spread, 0)) > 3.5
;
-- the same goods under another code
select a.sku, a.hs_code, b.hs_code as other, 'yellow' as level
from decl_item a join decl_item b on a.sku = b.sku and a.hs_code < b.hs_code group by all
;
-- days since arrival
select decl_no, arrived_on, $today - arrived_on as value,
       case when declared_at is not null then 'none' when $today - arrived_on >= 14 then 'red' when $today - arrived_on >= 13 then 'orange' when $today - arrived_on >= 10 then 'yellow' else 'none' end as level
from decl_head
;
-- the fee from day 15 on
select decl_no, greatest(0, $today - arrived_on - 14) * total.v * 0.0005 as fee
from decl_head join (select decl_no as no, sum(total) as v from decl_item group by 1) total on total.no = decl_head.decl_no
;
-- three documents
select o.order_no, case when p.order_no is null then 'payment' when w.order_no is null then 'waybill' else 'amount' end as what, 'red' as level
from ceb_order o full join ceb_payment p on p.order_no = o.order_no left join waybill w on w.order_no = o.order_no
where p.order_no is null or w.order_no is null or abs(o.paid - p.amount) > 0.005
;
-- paid is goods and freight and tax less discount
select order_no, goods + freight + tax - discount - paid as value, 'red' as level from ceb_order where round(goods + freight + tax - discount, 2) <> round(paid, 2)
;
-- quota of a year
select buyer, sum(paid) as value, 26000 as threshold, case when sum(paid) > 26000 then 'red' when sum(paid) > 0.9 * 26000 then 'yellow' else 'none' end as level
from ceb_order where year(ordered_at) = year($today) group by buyer
;
-- clearance time by step
select h.trade_mode, quantile_cont(date_diff('second', h.declared_at, h.released_at) / 3600.0, 0.5) as median_h,
       quantile_cont(date_diff('second', h.declared_at, h.released_at) / 3600.0, 0.9) as p90_h, count(*) as n
from decl_head h where h.released_at is not null group by h.trade_mode
;
-- decimals
select decl_no, cast(total as decimal(18, 2)) as total, try_cast(unit as integer) as unit_no, total::bigint % 100 as cents, item_no // 10 as tens, -qty as minus, +qty as plus from decl_item
