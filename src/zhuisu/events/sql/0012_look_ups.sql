-- Reads whose cost grew with what is held: the planner guesses badly before it has counted a table, and then reads all items for a few.
-- Every row is now looked for by its number (offset 0 keeps a look-up from becoming a join).
do $do$
begin
  if to_regclass('event_part') is null then  -- else deploy/citus.sql has put its own in the place
    create or replace function items_by_hash(hashes uuid[]) returns table (hash uuid, id bigint, canonical text, scheme text, level smallint,
                                                                           product bigint, lot text) language sql stable as $$
      select n.hash, i.* from name n cross join lateral (select * from item where item.id = n.id offset 0) i where n.hash = any(hashes)
    $$;

    create or replace function note_use(events bigint[]) returns void language sql as $$
      with e as materialized (
        select id, organisation, step, disposition, read_point, biz_location from event where id = any(events)
      ), g as materialized (
        -- Few combinations come again and again: they are gathered before they are taken apart.
        select organisation, step, disposition, read_point, biz_location, min(id) as id from e
        group by organisation, step, disposition, read_point, biz_location
      ), known as materialized (
        select id, canonical from item where id = any(array(select read_point from g union select biz_location from g))
      ), s as (
        select v.who, v.viewer, g.step, g.disposition, g.read_point, g.biz_location, g.id from g cross join lateral (
          values (0::smallint, 0::bigint), (2::smallint, g.organisation), (3::smallint, g.read_point), (3::smallint, g.biz_location)
        ) v (who, viewer) where v.viewer is not null
        union all
        select 1::smallint, p.party, e.step, e.disposition, e.read_point, e.biz_location, min(e.id)
        from e cross join lateral (select party from event_party where event = e.id offset 0) p
        group by p.party, e.step, e.disposition, e.read_point, e.biz_location
      )
      insert into event_use (kind, viewer, field, value, event)
      select s.who, s.viewer, u.field, u.value, min(s.id)
      from s left join known r on r.id = s.read_point left join known b on b.id = s.biz_location
      cross join lateral (values
        (1::smallint, s.step), (2::smallint, s.disposition), (3::smallint, r.canonical), (4::smallint, b.canonical)
      ) u (field, value)
      where u.value is not null
      group by s.who, s.viewer, u.field, u.value
      on conflict (field, md5(value), kind, viewer) do nothing
    $$;
  end if;
end $do$;
