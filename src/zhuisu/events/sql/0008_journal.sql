-- Documents wait in a journal and are projected behind: what is asked of the queue is answered without opening a document.
alter table capture_queue
  add column organisation bigint,
  add column received_at timestamptz,
  add column octets bigint,                       -- of the document as it was sent
  add column events integer,                      -- null where nobody counted
  add column large boolean not null default false; -- came in pieces; stored batch by batch
update capture_queue q set organisation = c.organisation, received_at = c.received_at, octets = c.size, large = c.pieces > 0
  from capture c where c.id = q.capture;
alter table capture_queue
  alter column organisation set not null, alter column received_at set not null, alter column octets set not null;
-- The organisations that wait, one step each, and the oldest documents of one of them.
create index capture_queue_turn on capture_queue (large, organisation, capture);

-- How much was projected, one row a transaction of a projector. Not evidence: rows are removed after some minutes.
create table projection_pace (
  at        timestamptz not null,
  documents integer not null,
  events    integer not null,
  octets    bigint not null
);
create index projection_pace_at on projection_pace (at);

-- A document is made durable: one trip, and a plan that the session keeps. With p_waits it is put into the queue too.
create function keep_document(p_token text, p_organisation bigint, p_by text, p_at timestamptz, p_media_type text, p_behaviour text,
                              p_sha256 bytea, p_size bigint, p_body bytea, p_sealed bytea, p_events integer, p_waits boolean)
returns bigint language plpgsql as $$
declare made bigint;
begin
  insert into capture (token, organisation, by, received_at, media_type, behaviour, sha256, size, body)
  values (p_token, p_organisation, p_by, p_at, p_media_type, p_behaviour, p_sha256, p_size, p_body) returning id into made;
  insert into capture_key (capture, sealed) values (made, p_sealed);
  if p_waits then
    insert into capture_queue (capture, organisation, received_at, octets, events)
    values (made, p_organisation, p_at, p_size, p_events);
  end if;
  return made;
end $$;
