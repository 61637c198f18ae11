-- Spread the large tables over the nodes of a Citus cluster. Run once, on the coordinator, as a superuser, after `zhuisu migrate` and
-- with every process of the node stopped:   psql -v ON_ERROR_STOP=1 -1 -f deploy/citus.sql DATABASE
-- Names and the guard against doubles lie by hash, items and one copy of the parts by item, events and a second copy of the parts by
-- event. Log, queues, journal and everything of Django stay on the coordinator. docs/decisions/0028 says why.

set citus.multi_shard_modify_mode = 'sequential';  -- all of this is one transaction

do $$
declare setting text[];
begin
  foreach setting slice 1 in array array[
    -- The triggers that refuse changes of evidence go with the tables: they only raise, so that no node can disagree.
    ['citus.enable_unsafe_triggers', 'on'],
    -- A join with the log reads the rows of the shards first and joins here: never the log at every node.
    ['citus.local_table_join_policy', 'prefer-distributed'],
    -- Writers wait for each other only where they write the same key: hashes are taken shard after shard, in order (take_seen below).
    ['citus.enable_deadlock_prevention', 'off'],
    -- Rare questions over keys of both kinds; the hot ones never need it.
    ['citus.enable_repartition_joins', 'on']
  ] loop
    execute format('alter database %I set %s = %L', current_database(), setting[1], setting[2]);
    perform set_config(setting[1], setting[2], false);
  end loop;
end $$;

-- Bodies lie in one table again: what a part would be is a shard here, and nothing is let go (docs/decisions/0031).
alter table event_body rename to event_body_parts;
alter index event_body_pkey rename to event_body_parts_pkey;
create table event_body (like event_body_parts including all);
insert into event_body select * from event_body_parts;
drop table event_body_parts;
create trigger append_only before update or delete on event_body for each row execute function refuse_change();
create trigger append_only_all before truncate on event_body for each statement execute function refuse_change();

create table event_part (like part);
create index event_part_event on event_part (event, role, item);
create trigger append_only before update or delete on event_part for each row execute function refuse_change();
create trigger append_only_all before truncate on event_part for each statement execute function refuse_change();
insert into event_part select * from part;

-- Twelve shards: three to a node of four. A statement for many keys costs a trip for each shard.
select create_distributed_table('event_seen', 'hash', shard_count => 12, colocate_with => 'none');
select create_distributed_table('name', 'hash', colocate_with => 'event_seen');
select create_distributed_table('item', 'id', shard_count => 12, colocate_with => 'none');
select create_distributed_table('part', 'item', colocate_with => 'item');
select create_distributed_table('event', 'id', shard_count => 12, colocate_with => 'none');
select create_distributed_table('event_body', 'event', colocate_with => 'event');
select create_distributed_table('event_party', 'event', colocate_with => 'event');
select create_distributed_table('event_witness', 'event', colocate_with => 'event');
select create_distributed_table('event_part', 'event', colocate_with => 'event');

-- Many keys are asked for shard by shard, so that no shard looks for what lies in another; a few go to all shards at once.
create function keys_by_shard(spread regclass, keys anyarray) returns setof anyarray language sql stable as $$
  select keys where cardinality(keys) between 1 and 200
  union all
  select array_agg(k) from unnest(keys) k where cardinality(keys) > 200 group by get_shard_id_for_distribution_column(spread, k)
$$;

create or replace function item_parts(items bigint[], roles smallint[], until timestamptz) returns setof part language plpgsql stable as $$
declare keys bigint[];
begin
  for keys in select keys_by_shard('part', items) loop
    return query select * from part where item = any(keys) and role = any(roles) and at <= until;
  end loop;
end $$;

create or replace function event_parts(events bigint[], roles smallint[]) returns setof part language plpgsql stable as $$
declare keys bigint[];
begin
  for keys in select keys_by_shard('event_part', events) loop
    return query select * from event_part where event = any(keys) and role = any(roles);
  end loop;
end $$;

create or replace function items_by_id(ids bigint[]) returns setof item language plpgsql stable as $$
declare keys bigint[];
begin
  for keys in select keys_by_shard('item', ids) loop
    return query select * from item where item.id = any(keys);
  end loop;
end $$;

create or replace function items_by_hash(hashes uuid[]) returns table (hash uuid, id bigint, canonical text, scheme text, level smallint,
                                                                       product bigint, lot text) language plpgsql stable as $$
declare keys uuid[]; known bigint[] := '{}'; codes uuid[] := '{}'; n record;
begin
  for keys in select keys_by_shard('name', hashes) loop
    select array_agg(x.hash) as hashes, array_agg(x.id) as ids into n from name x where x.hash = any(keys);
    known := known || n.ids;
    codes := codes || n.hashes;
  end loop;
  return query select k.code, i.* from unnest(codes, known) k (code, number) join items_by_id(known) i on i.id = k.number;
end $$;

-- Hashes are taken in one order, that of the shards and within them that of the hashes: two writers never wait for each other. One
-- statement for all shards would go to the nodes at the same time.
create function in_order(spread regclass, hashes uuid[]) returns setof uuid[] language sql stable as $$
  select array_agg(h order by h) from unnest(hashes) h group by get_shard_id_for_distribution_column(spread, h)
  order by get_shard_id_for_distribution_column(spread, h)
$$;

create function take_names(hashes uuid[]) returns table (hash uuid, id bigint) language plpgsql as $$
#variable_conflict use_column
declare keys uuid[];
begin
  for keys in select in_order('name', hashes) loop
    return query execute 'insert into name (hash) values ' || (select string_agg(format('(%L)', k), ',' order by k) from unnest(keys) k)
                         || ' on conflict (hash) do nothing returning hash, id';
  end loop;
end $$;

create function take_seen(organisation bigint, hashes uuid[], digests uuid[], versions smallint[]) returns table (hash uuid, event bigint)
language plpgsql as $$
#variable_conflict use_column
declare keys uuid[];
begin
  for keys in select in_order('event_seen', hashes) loop
    return query execute (
      select 'insert into event_seen (hash, event, digest, version, organisation) values '
             || string_agg(format('(%L, %s, %L, %s, %s)', w.h, nextval('event_id'), w.d, w.v, $1), ',' order by w.h)
             || ' on conflict (hash) do nothing returning hash, event'
      from unnest(hashes, digests, versions) w (h, d, v) where w.h = any(keys));
  end loop;
end $$;

-- Rows are locked one by one: no statement locks rows of several shards.
create or replace function hold_seen(hashes uuid[]) returns void language plpgsql as $$
declare one uuid;
begin
  for one in select distinct h from unnest(hashes) h order by h loop
    perform 1 from event_seen where hash = one for update;
  end loop;
end $$;

create function seen_by_hash(hashes uuid[]) returns setof event_seen language plpgsql stable as $$
declare keys uuid[];
begin
  for keys in select keys_by_shard('event_seen', hashes) loop
    return query select * from event_seen where event_seen.hash = any(keys);
  end loop;
end $$;

-- What the collections list (events/usage.py): what lies with the events is gathered there, shard by shard; the rest as in events/sql.
create function uses_of_events(events bigint[]) returns table (who smallint, viewer bigint, step text, disposition text, read_point bigint,
                                                               biz_location bigint, id bigint) language plpgsql stable as $$
#variable_conflict use_column
declare keys bigint[];
begin
  for keys in select keys_by_shard('event', events) loop
    return query
      select 2::smallint, e.organisation, e.step, e.disposition, e.read_point, e.biz_location, min(e.id) from event e
      where e.id = any(keys) group by e.organisation, e.step, e.disposition, e.read_point, e.biz_location;
    return query
      select 1::smallint, p.party, e.step, e.disposition, e.read_point, e.biz_location, min(e.id)
      from event e join event_party p on p.event = e.id where e.id = any(keys) and p.event = any(keys)
      group by p.party, e.step, e.disposition, e.read_point, e.biz_location;
  end loop;
end $$;

create function note_uses(whos smallint[], viewers bigint[], steps text[], dispositions text[], reads bigint[], places bigint[], ids bigint[])
returns void language sql as $$
  with s as materialized (
    select * from unnest(whos, viewers, steps, dispositions, reads, places, ids) s (who, viewer, step, disposition, read_point, biz_location, id)
  ), known as materialized (
    select id, canonical from items_by_id(array(select read_point from s where read_point is not null
                                                union select biz_location from s where biz_location is not null))
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

create or replace function note_use(events bigint[]) returns void language sql as $$
  with s as materialized (select * from uses_of_events(events)), v as (
    select * from s
    union all select v.who, v.viewer, s.step, s.disposition, s.read_point, s.biz_location, s.id from s cross join lateral (
      values (0::smallint, 0::bigint), (3::smallint, s.read_point), (3::smallint, s.biz_location)
    ) v (who, viewer) where s.who = 2 and v.viewer is not null
  )
  select note_uses(array_agg(who), array_agg(viewer), array_agg(step), array_agg(disposition), array_agg(read_point),
                   array_agg(biz_location), array_agg(id)) from v
$$;

create or replace function note_witnesses(most integer) returns bigint language plpgsql as $$
#variable_conflict use_column
declare waiting record;
begin
  with gone as (
    delete from witness_queue where id in (select id from witness_queue order by id limit most) returning organisation, events
  )
  select count(*) as batches, array_agg(organisation) as organisations, array_agg(events::text) as events into waiting from gone;
  perform note_uses(array_agg(2::smallint), array_agg(w.organisation), array_agg(e.step), array_agg(e.disposition), array_agg(e.read_point),
                    array_agg(e.biz_location), array_agg(e.id))
  from (select o.organisation, unnest(o.events::bigint[]) as event
        from unnest(waiting.organisations, waiting.events) o (organisation, events)) w
  join events_by_id(array(select distinct unnest(o.events::bigint[]) from unnest(waiting.events) o (events))) e on e.id = w.event;
  return waiting.batches;
end $$;

create function events_by_id(ids bigint[]) returns setof event language plpgsql stable as $$
declare keys bigint[];
begin
  for keys in select keys_by_shard('event', ids) loop
    return query select * from event where event.id = any(keys);
  end loop;
end $$;
