-- The audit log. Entries are only ever appended: triggers refuse everything else, and the chain of hashes shows what got
-- past them.

create table audit_entries (
  sequence bigint primary key, -- 1, 2, 3, … without gaps
  id text not null unique,
  at bigint not null,
  actor_id text, -- null: the system itself. No foreign key: the log stands on nothing that may change
  actor_name text not null,
  action text not null,
  object_type text not null,
  object_id text not null,
  domain text not null, -- path at that time; empty: the whole mesh
  before_json text not null,
  after_json text not null,
  request_id text not null,
  previous_hash text not null,
  hash text not null
);
create index audit_entries_by_time on audit_entries (at);
create index audit_entries_by_object on audit_entries (object_id, sequence);
create index audit_entries_by_actor on audit_entries (actor_id, sequence);
create index audit_entries_by_actor_name on audit_entries (actor_name, sequence);
create index audit_entries_by_domain on audit_entries (domain, sequence);

-- The chain's end. One row; whoever appends holds it until his commit, so that the chain never forks, and entries cut off
-- at the end are missed.
create table audit_head (
  id smallint primary key check (id = 1),
  sequence bigint not null,
  hash text not null
);
insert into audit_head (id, sequence, hash) values (1, 0, '');

-- sqlite:
create trigger audit_entries_no_update before update on audit_entries
begin
  select raise(abort, 'audit entries are never changed');
end;
create trigger audit_entries_no_delete before delete on audit_entries
begin
  select raise(abort, 'audit entries are never deleted');
end;

-- postgres:
create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'audit entries are never changed or deleted';
end;
$$;
create trigger audit_entries_no_change before update or delete on audit_entries
  for each row execute function refuse_audit_change();
create trigger audit_entries_no_truncate before truncate on audit_entries
  for each statement execute function refuse_audit_change();
