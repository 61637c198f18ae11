-- Documents that are longer than memory: their bytes arrive in pieces, and their events are stored in batches.

-- The bytes of one such document, in order: each compressed, and sealed under the document's key, bound to its token and place.
create table capture_piece (
  token  text not null,
  number integer not null,
  body   bytea not null,
  primary key (token, number)
);

-- Bytes that are still arriving. Not evidence: the row goes when the document is whole, or when nobody sends any more.
create table capture_upload (
  token    text primary key,
  begun_at timestamptz not null
);

-- How many pieces; then `body` is empty. 0: the bytes are in `body`.
alter table capture add column pieces integer not null default 0;

-- How far the worker is with a document that is stored batch by batch. Not evidence: capture_result takes its place.
create table capture_progress (
  capture bigint primary key references capture (id),
  done    integer not null,                     -- events
  counts  jsonb not null,                       -- {accepted, duplicate, conflict, refused}
  kept    jsonb not null,                       -- as capture_result.verdicts
  omitted integer not null                      -- verdicts beyond those kept
);

-- Verdicts that were worth keeping, but too many.
alter table capture_result add column omitted integer not null default 0;

-- Rows of one capture get their positions together: a document that is taken whole is never seen half.
alter table log_queue add column capture bigint;

-- Pieces are evidence once their document is whole.
create function refuse_piece_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' or exists (select from capture where token = old.token) then
    raise exception 'evidence in capture_piece is append-only' using errcode = 'restrict_violation';
  end if;
  return old;
end $$;
create trigger append_only before update or delete on capture_piece for each row execute function refuse_piece_change();
create trigger append_only_all before truncate on capture_piece for each statement execute function refuse_change();
