-- Whoever captured an event sees it, also who was not the first.
create index event_witness_organisation on event_witness (organisation, event);

-- Witnesses whose collections do not list yet what their events have. Not evidence. The sequencer alone writes event_use: a large
-- document's transaction must not hold a row of it that everybody's publishing then waits for.
create table witness_queue (
  id           bigint generated always as identity primary key,
  organisation bigint not null,
  events       bigint[] not null
);

-- Take some rows of that queue; how many there were.
create function note_witnesses(most integer) returns bigint language sql as $$
  with gone as (
    delete from witness_queue where id in (select id from witness_queue order by id limit most) returning organisation, events
  ), noted as (
    insert into event_use (kind, viewer, field, value, event)
    select 2, s.organisation, u.field, u.value, min(e.id)
    from (select organisation, unnest(events) as event from gone) s
    join event e on e.id = s.event
    left join item r on r.id = e.read_point
    left join item b on b.id = e.biz_location
    cross join lateral (values
      (1::smallint, e.step), (2::smallint, e.disposition), (3::smallint, r.canonical), (4::smallint, b.canonical)
    ) u (field, value)
    where u.value is not null
    group by s.organisation, u.field, u.value
    on conflict (field, md5(value), kind, viewer) do nothing
  )
  select count(*) from gone
$$;

insert into witness_queue (organisation, events) select organisation, array_agg(event) from event_witness group by organisation;
