-- What is sealed, packed or a hash cannot be made smaller: PostgreSQL tried in vain whatever was longer than 2 kB.
alter table capture alter column body set storage external;
alter table capture_piece alter column body set storage external;
alter table log_queue alter column leaves set storage external;
do $do$
begin
  if to_regclass('event_part') is null then  -- else the bodies lie on several machines (deploy/citus.sql)
    alter table event_body alter column body set storage external;
  end if;
end $do$;
