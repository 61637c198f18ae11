-- More changes of the register that old verdicts rest on: mandates, a product's kind and holder, regions, official registers.
alter table judge_notice add column place text;     -- a place's canonical code: what was done there
alter table judge_notice add column register text;  -- an official register: what was judged by it

create function notice_mandate() returns trigger language plpgsql as $$
begin
  if tg_op <> 'INSERT' then
    insert into judge_notice (party, since, until) values (old.giver_id, old.valid_from_on, old.valid_to_on);
  end if;
  if tg_op <> 'DELETE' then
    insert into judge_notice (party, since, until) values (new.giver_id, new.valid_from_on, new.valid_to_on);
  end if;
  return null;
end $$;

create function notice_code() returns trigger language plpgsql as $$
begin
  insert into judge_notice (about) values (coalesce(new.code, old.code));
  return null;
end $$;

create function notice_place() returns trigger language plpgsql as $$
begin
  insert into judge_notice (place) values (coalesce(new.code, old.code));
  return null;
end $$;

create function notice_whole_party() returns trigger language plpgsql as $$
begin
  insert into judge_notice (party) values (coalesce(new.id, old.id));
  return null;
end $$;

create function notice_alias() returns trigger language plpgsql as $$
begin
  insert into judge_notice (party) values (coalesce(new.party_id, old.party_id));
  return null;
end $$;

create function notice_organisation() returns trigger language plpgsql as $$
begin
  insert into judge_notice (party) select id from registry_party where code = new.party
    union select party_id from registry_partyalias where code = new.party;
  return null;
end $$;

create function notice_register() returns trigger language plpgsql as $$
begin
  insert into judge_notice (register) values (coalesce(new.name, old.name));
  return null;
end $$;

create trigger judged_again after insert or update or delete on registry_mandate for each row execute function notice_mandate();

create trigger judged_again after insert or delete on registry_product for each row execute function notice_code();
create trigger judged_again_changed after update on registry_product for each row
  when (old.kind is distinct from new.kind or old.holder_id is distinct from new.holder_id) execute function notice_code();

create trigger judged_again after insert or delete on registry_place for each row execute function notice_place();
create trigger judged_again_changed after update on registry_place for each row
  when (old.region is distinct from new.region) execute function notice_place();

-- A party that is entered has no role yet; what comes with it (its region) counts for events that named its code before.
create trigger judged_again after insert on registry_party for each row execute function notice_whole_party();
create trigger judged_again_changed after update on registry_party for each row
  when (old.region is distinct from new.region) execute function notice_whole_party();
create trigger judged_again after insert or delete on registry_partyalias for each row execute function notice_alias();
create trigger judged_again_changed after update on accounts_organisation for each row
  when (old.region is distinct from new.region) execute function notice_organisation();

-- A load replaces all lines of a register at once and touches its head: one notice a load, not one a line.
create trigger judged_again after insert or update or delete on registry_register for each row execute function notice_register();
