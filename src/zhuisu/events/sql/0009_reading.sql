-- How the hottest statements find their rows. On one machine each is one plain statement, which the planner takes into the statement that
-- calls it; deploy/citus.sql replaces their bodies where the rows lie on several machines. An array stands in a subquery where the
-- planner would else weigh each of 100,000 numbers against its statistics.

create function item_parts(items bigint[], roles smallint[], until timestamptz) returns setof part language sql stable as $$
  select * from part where item = any((select items)::bigint[]) and role = any(roles) and at <= until
$$;

create function event_parts(events bigint[], roles smallint[]) returns setof part language sql stable as $$
  select * from part where event = any(events) and role = any(roles)
$$;

create function items_by_id(ids bigint[]) returns setof item language sql stable as $$
  select * from item where id = any(ids)
$$;

create function items_by_hash(hashes uuid[]) returns table (hash uuid, id bigint, canonical text, scheme text, level smallint,
                                                            product bigint, lot text) language sql stable as $$
  select n.hash, i.* from name n join item i on i.id = n.id where n.hash = any(hashes)
$$;

create function hold_seen(hashes uuid[]) returns void language sql as $$
  select from event_seen where hash = any(hashes) order by hash for update
$$;
