-- The append-only core. Evidence is never updated and never deleted: see refuse_change() at the end.

create sequence event_id;
create sequence item_id;

-- A name is what the world calls a thing; an item is what we call it. hash = BLAKE2b-128 of the canonical code, kept in
-- the 16-byte type. A name whose document failed later is harmless.
create table name (
  hash uuid primary key,
  id   bigint not null default nextval('item_id')
);

create table item (
  id        bigint primary key,
  canonical text not null,                      -- scheme:value, see zhuisu.codes
  scheme    text not null,
  level     smallint not null,                  -- codes.Level: 1 instance 2 lot 3 class 4 package 5 asset 6 place 7 party 8 process 9 other
  product   bigint,                             -- the class (GTIN) of an instance or lot
  lot       text                                -- batch text of a lot code
);

-- One document received. Bytes are durable when this row is committed.
create table capture (
  id           bigint generated always as identity primary key,
  token        text not null unique,            -- captureID: unguessable
  organisation bigint not null,
  by           text not null,                   -- person:NAME or key:PREFIX
  received_at  timestamptz not null,
  media_type   text not null,
  behaviour    text not null check (behaviour in ('rollback', 'proceed')),
  sha256       bytea not null,
  size         bigint not null,
  body         bytea not null                   -- AES-256-GCM under the document's own key
);

-- The key of one document, itself sealed by the platform's key file. Destroying the row makes the bytes unreadable.
create table capture_key (
  capture bigint primary key references capture (id),
  sealed  bytea not null
);

-- Work still to do. Not evidence: rows come and go.
create table capture_queue (
  capture bigint primary key references capture (id)
);

-- How it ended. One row for each capture; its absence means: still running.
create table capture_result (
  capture     bigint primary key references capture (id),
  finished_at timestamptz not null,
  success     boolean not null,
  accepted    integer not null,
  duplicate   integer not null,
  conflict    integer not null,
  refused     integer not null,
  verdicts    jsonb not null                    -- [{index, verdict, eventID, reasons: [{path, rule, message}]}]
);

-- The guard against doubles. hash = BLAKE2b-128 of the event's id (sender's eventID, else its CBV 2.0 hash).
create table event_seen (
  hash         uuid primary key,
  event        bigint not null,
  digest       uuid not null,                   -- BLAKE2b-128 of the bytes, or of the content without recordTime and errorDeclaration
  version      smallint not null,               -- 0: of the bytes (BYTES_VERSION); else of the normal form: events.projection.DIGEST_VERSION
  organisation bigint not null
);

-- The same id with other content from another organisation: kept and marked, so that nobody blocks an owner.
create table event_disputed (
  hash         uuid not null,
  organisation bigint not null,
  event        bigint not null,
  digest       uuid not null,
  version      smallint not null,
  primary key (hash, organisation)
);

-- Who else sent an event that was here already.
create table event_witness (
  event        bigint not null,
  organisation bigint not null,
  capture      bigint not null,
  primary key (event, organisation)
);

create table event (
  id           bigint primary key,
  hash         uuid not null,
  kind         smallint not null,               -- events.vocabulary.Kind
  action       smallint not null,               -- events.vocabulary.Action, 0 for transformations
  happened_at  timestamptz not null,
  zone         text not null,                   -- as sent: +08:00
  recorded_at  timestamptz not null,
  step         text,                            -- CBV bare word, or URI
  disposition  text,
  read_point   bigint,                          -- item
  biz_location bigint,                          -- item
  organisation bigint not null,
  capture      bigint not null
);
create index event_happened on event (happened_at, id);
create index event_organisation on event (organisation, id);

-- The event as sent: the very bytes of its JSON or XML, compressed; and its id in full.
create table event_body (
  event    bigint primary key,
  event_id text not null,
  format   text not null,                       -- json or xml
  context  jsonb not null,                      -- prefixes that the document declared
  body     bytea not null                       -- zlib
);

create table event_party (
  event bigint not null,
  party bigint not null,                        -- item
  role  smallint not null                       -- events.vocabulary.PartyRole
);
create index event_party_event on event_party (event);
create index event_party_party on event_party (party, event);

-- The only lineage table: which item had which part in which event. Pairs are never stored.
-- position: the group inside the event for LOT_MEMBER/LOT_OF; elsewhere the place in the list.
create table part (
  item     bigint not null,
  event    bigint not null,
  at       timestamptz not null,                -- = event.happened_at
  role     smallint not null,                   -- events.vocabulary.Role
  position integer not null,
  quantity numeric,
  unit     text,
  place    bigint                               -- bizLocation, else readPoint
);
create index part_item on part (item, role, at, event);
create index part_event on part (event, role, item);

-- An error declaration is an event of its own with the id of the one it declares wrong; it has no parts.
create table declaration (
  event        bigint primary key,              -- the event that carries the declaration
  hash         uuid not null,                   -- whose id it is
  organisation bigint not null,
  digest       uuid not null,                   -- must equal the original's: only the same content may be declared wrong
  version      smallint not null,
  declared_at  timestamptz not null,
  reason       text,
  corrective   text[] not null
);
create index declaration_hash on declaration (hash, organisation);

-- An error declaration that met its event, whichever came first: it voids without deleting.
create table void (
  event       bigint not null,                  -- the event that is declared wrong
  declared_by bigint not null,                  -- the event that says so
  declared_at timestamptz not null,
  primary key (event, declared_by)
);

-- Events whose transaction has committed, waiting for their place in the log. Not evidence.
create table log_queue (
  id     bigint generated always as identity primary key,
  events bigint[] not null,
  leaves bytea[] not null
);

-- The log: dense positions from 1 in commit order. leaf = SHA-256 of the event's record (RFC 9162 leaf hash).
create table log_entry (
  position bigint primary key,
  event    bigint not null unique,
  leaf     bytea not null
);

-- Signed heads. "As known at T" means: size of the last head with published_at <= T.
create table log_head (
  size         bigint primary key,
  root         bytea not null,                  -- RFC 9162 Merkle tree hash over the first `size` leaves
  peaks        bytea[] not null,                -- roots of the full subtrees, left to right: enough to append
  published_at timestamptz not null,
  signature    bytea not null                   -- Ed25519 over size, root and time
);
create index log_head_published on log_head (published_at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'evidence in % is append-only', tg_table_name using errcode = 'restrict_violation';
end $$;

do $$
declare t text;
begin
  foreach t in array array['name', 'item', 'capture', 'capture_result', 'event_seen', 'event_disputed', 'event_witness',
                           'event', 'event_body', 'event_party', 'part', 'declaration', 'void', 'log_entry', 'log_head'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_all before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
end $$;
