-- Which values of a few fields are in events that somebody may see: what the collections of EPCIS list, without reading events.
-- Derived by the sequencer together with the positions, never evidence: rows are only added.
create table event_use (
  kind   smallint not null,                     -- who sees it: 0 everybody's total, 1 a party named in the event, 2 who captured it, 3 a place of it
  viewer bigint not null,                       -- 0; item of the party; organisation; item of the place
  field  smallint not null,                     -- events.usage.Field: 1 step 2 disposition 3 read point 4 business location
  value  text collate "C" not null,             -- bare CBV word or URI; canonical code
  event  bigint not null                        -- one event that this viewer sees and that has it: how it was written
);
-- A URI may be longer than an index entry may be.
create unique index event_use_value on event_use (field, md5(value), kind, viewer);
create index event_use_viewer on event_use (kind, viewer, field);

create function note_use(events bigint[]) returns void language sql as $$
  insert into event_use (kind, viewer, field, value, event)
  select s.who, s.viewer, u.field, u.value, min(s.id)
  from (
    -- Few combinations come again and again: they are gathered before they are taken apart.
    select v.who, v.viewer, e.step, e.disposition, e.read_point, e.biz_location, min(e.id) as id
    from event e cross join lateral (
      values (0::smallint, 0::bigint), (2::smallint, e.organisation), (3::smallint, e.read_point), (3::smallint, e.biz_location)
      union all select 1::smallint, p.party from event_party p where p.event = e.id
    ) v (who, viewer)
    where e.id = any(events) and v.viewer is not null
    group by v.who, v.viewer, e.step, e.disposition, e.read_point, e.biz_location
  ) s
  left join item r on r.id = s.read_point
  left join item b on b.id = s.biz_location
  cross join lateral (values
    (1::smallint, s.step), (2::smallint, s.disposition), (3::smallint, r.canonical), (4::smallint, b.canonical)
  ) u (field, value)
  where u.value is not null
  group by s.who, s.viewer, u.field, u.value
  on conflict (field, md5(value), kind, viewer) do nothing
$$;

select note_use(array(select event from log_entry order by position));
