-- What the columns of each snapshot are made of, and what the limits of a grant meant when they were decided. Of older snapshots and
-- grants nobody can tell: what is limited opens when the product is refreshed and the grant is decided anew.

create table snapshot_provenance (
  snapshot_id text not null references snapshots (id),
  port text not null,
  provenance text not null, -- JSON
  primary key (snapshot_id, port)
);
alter table element_snapshots add column provenance text; -- JSON
alter table subscriptions add column settled_limits text; -- JSON
