-- Judgements: evidence, append-only like the events they speak of (refuse_change() is of the core). What is last, and what is
-- still to do, is derived and may change.

create sequence verdict_id;

-- What a sector says of an event, from what was known when it was judged. Also without findings: the row says which step
-- happened, and what that step did to its things.
create table verdict (
  id        bigint primary key default nextval('verdict_id'),
  event     bigint not null,
  sector    text not null,                      -- '': of no sector, kept for what the event says of its things
  step      text not null,                      -- '': no step of the sector
  outcome   text not null check (outcome in ('judged', 'void', 'failed')),  -- failed: a fault of ours
  edition   text not null,
  region    text not null,                      -- of the act, GB/T 2260
  actor     bigint not null,                    -- item of the party that answers
  position  bigint not null,                    -- of the log: what was known
  judged_at timestamptz not null,
  errors    integer not null,
  warnings  integer not null,
  said      jsonb not null                      -- compliance.said.Said: what it does to its things
);
create index verdict_event on verdict (event, sector, id);

create table finding (
  verdict    bigint not null,
  number     integer not null,                  -- place in the verdict
  rule       text not null,
  severity   text not null check (severity in ('error', 'warning')),
  path       text not null,
  says_zh    text not null,
  says_en    text not null,
  article_zh text not null,
  article_en text not null,
  primary key (verdict, number)
);
create index finding_rule on finding (rule, verdict);

-- The last verdict of each event and sector. Not evidence: it follows.
create table verdict_last (
  event       bigint not null,
  sector      text not null,
  verdict     bigint not null,
  step        text not null,
  actor       bigint not null,
  happened_at timestamptz not null,
  errors      integer not null,
  warnings    integer not null,
  primary key (event, sector)
);
create unique index verdict_last_verdict on verdict_last (verdict);
create index verdict_last_of_actor on verdict_last (actor, sector, step, happened_at);
create index verdict_last_of_sector on verdict_last (sector, step, happened_at);
create index verdict_last_found on verdict_last (happened_at, event) where errors > 0 or warnings > 0;

-- How far judging has come: in the log, and in the certificates, whose order is their number.
create table judge_cursor (
  one         boolean primary key default true check (one),
  position    bigint not null,
  certificate bigint not null
);
insert into judge_cursor (position, certificate) values (0, 0);

-- Events to be judged again.
create table judge_queue (
  event       bigint primary key,
  happened_at timestamptz not null
);
create index judge_queue_order on judge_queue (happened_at, event);

do $$
declare t text;
begin
  foreach t in array array['verdict', 'finding'] loop
    execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', t);
    execute format('create trigger append_only_all before truncate on %I for each statement execute function refuse_change()', t);
  end loop;
end $$;
