-- Runs and their queue, and when each object is due by its rate.

create table runs (
  id text primary key,
  kind text not null check (kind in ('publish', 'refresh-product', 'refresh-element')),
  object_id text not null,
  domain_id text not null references domains (id),
  object_name text not null,
  state text not null check (state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')),
  run_trigger text not null check (run_trigger in ('person', 'schedule')),
  requested_by text references users (id),
  input text, -- JSON; a publish keeps the definition as it was asked for
  attempts bigint not null,
  row_count bigint not null,
  failure text, -- JSON
  log text not null, -- JSON list
  created_at bigint not null,
  started_at bigint,
  finished_at bigint
);

-- One open run per object: two refreshes at once would race for the same snapshot number.
create unique index runs_open on runs (object_id) where state in ('queued', 'running');
create index runs_queue on runs (id) where state = 'queued';
create index runs_by_object on runs (object_id, id);

create table due_objects (
  object_id text primary key,
  kind text not null,
  due_at bigint not null
);
create index due_objects_by_time on due_objects (due_at);
