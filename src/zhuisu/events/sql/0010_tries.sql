-- Documents whose storing ends the process that does it are not tried for ever.
alter table capture_queue add column tries integer not null default 0; -- times that somebody began to store it and did not end

-- Those that were set aside: for the operator. What their sender is told stands in capture_result.
create table capture_aside (
  capture bigint primary key,
  at      timestamptz not null,
  tries   integer not null
);
create index capture_aside_at on capture_aside (at);
