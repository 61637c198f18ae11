-- What the law no longer wants kept goes, and leaves its hash behind (docs/concepts/retention.md). The bodies lie in parts by event
-- number: a part is written anew without what goes, takes the old one's place, and the old one is dropped.
alter table event_body rename to event_body_0;
alter table event_body_0 rename constraint event_body_pkey to event_body_0_pkey;
drop trigger append_only on event_body_0;
drop trigger append_only_all on event_body_0;
create table event_body (like event_body_0, primary key (event)) partition by range (event);
create trigger append_only before update or delete on event_body for each row execute function refuse_change();
create trigger append_only_all before truncate on event_body for each statement execute function refuse_change();
comment on column event_body.format is 'json or xml; gone: body is the SHA-256 of the bytes that were, context names the retention_record and the digest of what it said';

-- The parts with their bounds (low is within); null where there is none. The last has no upper bound: there is always room.
create function body_parts() returns table (part text, low bigint, high bigint) language sql stable as $$
  select part, nullif(bounds[1], 'MINVALUE')::bigint, nullif(bounds[2], 'MAXVALUE')::bigint
  from (select c.relname::text as part,
               regexp_match(pg_get_expr(c.relpartbound, c.oid), $e$FROM \('?([^')]+)'?\) TO \('?([^')]+)'?\)$e$) as bounds
        from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'event_body'::regclass) p
$$;

create function place_body_part(part text, low bigint, high bigint) returns void language plpgsql as $$
begin
  execute format('alter table event_body attach partition %I for values from (%s) to (%s)', part,
                 coalesce(low::text, 'minvalue'), coalesce(high::text, 'maxvalue'));
  -- Those of rows come with the place; those of statements do not.
  execute format('create or replace trigger append_only_all before truncate on %I for each statement execute function refuse_change()', part);
end $$;

-- Nobody reads or writes a body until the transaction ends. Whoever comes meanwhile waits behind us, so each try is short.
create function lock_bodies(tries integer) returns void language plpgsql as $$
begin
  for try in 1..tries loop
    begin
      perform set_config('lock_timeout', '1s', true);
      lock table event_body in access exclusive mode;
      return;
    exception when lock_not_available then
      if try = tries then
        raise;
      end if;
      perform pg_sleep(1);
    end;
  end loop;
end $$;

-- Give the last part an upper bound, a multiple of `stride`, and open one behind it. With `jump` numbers go on in the part that was
-- last and empty: the one before it gets no more.
create function open_body_part(stride bigint, jump boolean) returns void language plpgsql as $$
declare last record; used bigint; top bigint;
begin
  perform lock_bodies(1);
  select * into last from body_parts() where high is null;
  select last_value into used from event_id;
  top := (greatest(last.low, used) / stride + 1) * stride;
  execute format('alter table event_body detach partition %I', last.part);
  perform place_body_part(last.part, last.low, top);
  execute format('create table %I (like event_body including all)', 'event_body_' || top);
  perform place_body_part('event_body_' || top, top, null);
  -- So far ahead that nobody draws as many numbers between the two statements.
  if jump and used < last.low - stride / 16 then
    perform setval('event_id', last.low, false);
  end if;
end $$;

-- Write a part anew beside it, with hashes in place of the bodies that the temporary table `going` (event, hash, said) names. It must be one
-- whose numbers are all drawn. Nobody waits: it is read, and nobody writes there any more.
create function write_body_part(old text) returns void language plpgsql as $$
declare made text := old || '_new'; bounds record;
begin
  select * into bounds from body_parts() p where p.part = old;
  execute format('lock table %I in share mode', old);  -- who drew a number of it long ago has written by now, or waits for us
  execute format('create table %I (like %I including all)', made, old);
  execute format($f$insert into %I select b.event, b.event_id, case when g.event is null then b.format else 'gone' end,
                      coalesce(g.said, b.context), coalesce(g.hash, b.body)
                    from %I b left join going g on g.event = b.event$f$, made, old);
  -- Known before the swap, so that nothing is read under the lock to prove it.
  execute format('alter table %I add constraint bounds check (event >= %s and event < %s)', made,
                 coalesce(bounds.low, '-9223372036854775808'::bigint), bounds.high);
  execute format('analyze %I', made);
end $$;

-- The parts that were written anew take the places of the old ones, which are dropped. Quick; the caller's transaction ends right after.
create function swap_body_parts(olds text[]) returns void language plpgsql as $$
declare bounds record;
begin
  perform lock_bodies(30);
  for bounds in select * from body_parts() where part = any(olds) loop
    execute format('alter table event_body detach partition %I', bounds.part);
    execute format('drop table %I', bounds.part);
    execute format('alter table %I rename to %I', bounds.part || '_new', bounds.part);
    execute format('alter index %I rename to %I', bounds.part || '_new_pkey', bounds.part || '_pkey');
    perform place_body_part(bounds.part, bounds.low, bounds.high);
    execute format('alter table %I drop constraint bounds', bounds.part);
  end loop;
end $$;

-- One part holds all there is, up to a multiple of 2^23 (events.keeping.STRIDE); the next begins there.
do $$
declare top bigint := (select (last_value / 8388608 + 1) * 8388608 from event_id);
begin
  perform place_body_part('event_body_0', null, top);
  execute format('create table %I (like event_body including all)', 'event_body_' || top);
  perform place_body_part('event_body_' || top, top, null);
end $$;

-- Evidence: what went, one row a month and class, signed by the log's key.
create table retention_record (
  id         bigint generated always as identity primary key,
  month      date not null,                     -- its first day, of events.recorded_at in UTC
  class      text not null,                     -- the sectors of the events, joined by +; none
  events     bigint not null,
  documents  bigint not null,                   -- captured documents whose key was destroyed
  kept_until date not null,                     -- the day to which the law wanted them
  root       bytea not null,                    -- SHA-256 over the leaves of the events, by number
  by         text not null,
  at         timestamptz not null,
  signature  bytea not null                     -- Ed25519 over all of it: events.keeping.message
);
create trigger append_only before update or delete on retention_record for each row execute function refuse_change();
create trigger append_only_all before truncate on retention_record for each statement execute function refuse_change();

-- Orders to keep: what names a thing, or what was recorded in a month, or all. Not evidence: lifting one is noted in it.
create table retention_hold (
  id        bigint generated always as identity primary key,
  item      bigint,                             -- null: whatever thing
  month     date,                               -- null: whatever month
  reason    text not null check (reason <> ''),
  by        text not null,
  placed_at timestamptz not null,
  lifted_by text,
  lifted_at timestamptz
);

-- Few events are recalls; they are asked for whenever something is to go.
create index event_recalled on event (id) where disposition = 'recalled';
