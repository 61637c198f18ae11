-- What changed in the register, for the judge: written by the change itself, whoever makes it, and seen when it is committed. (A
-- cursor over row numbers would miss a row whose transaction ended after that of a later number.) Not evidence.
create table judge_notice (
  id    bigserial primary key,
  about text,                                   -- a thing's canonical code: what happened to it is judged again
  party bigint,                                 -- or a registered party: what it did
  since date,                                   -- from this day
  until date                                    -- to this one; null: no end
);

create function notice_thing() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then insert into judge_notice (about) values (old.about); end if;
  if tg_op <> 'DELETE' then insert into judge_notice (about) values (new.about); end if;
  return null;
end $$;

create function notice_party() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into judge_notice (party, since, until) values (old.party_id, old.valid_from_on, old.valid_to_on);
  end if;
  if tg_op <> 'DELETE' then
    insert into judge_notice (party, since, until) values (new.party_id, new.valid_from_on, new.valid_to_on);
  end if;
  return null;
end $$;

create trigger judged_again after insert or update or delete on registry_certificate for each row execute function notice_thing();
create trigger judged_again after insert or update or delete on registry_role for each row execute function notice_party();
create trigger judged_again after insert or update or delete on registry_licence for each row execute function notice_party();
create trigger judged_again after insert or update or delete on registry_quota for each row execute function notice_party();

alter table judge_cursor drop column certificate;
