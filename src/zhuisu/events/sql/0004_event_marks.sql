-- What an event can be found by, as 64-bit numbers: epcis.query.marks. NULL where there is nothing.
-- Events of before get {0}, the mark that every query looks at: their bytes would have to be read to know better.
alter table event add column marks bigint[] default '{0}';
alter table event alter column marks drop default;
create index event_marks on event using gin (marks) where marks is not null;
-- orderBy recordTime, a page at a time.
create index event_recorded on event (recorded_at, id);
