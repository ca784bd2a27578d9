-- By which right rows of other products came into a snapshot, through views and products alike. They are looked up again
-- at every read.

create table snapshot_rights (
  snapshot_id text not null references snapshots (id) on delete cascade,
  port text not null,
  source_product_id text not null references products (id),
  reader_domain_id text not null references domains (id),
  subscription_id text references subscriptions (id) -- null: the source is of the reading domain itself, or below it
);
create index snapshot_rights_by_snapshot on snapshot_rights (snapshot_id);
create index snapshot_rights_by_subscription on snapshot_rights (subscription_id);

create table element_snapshot_rights (
  element_id text not null,
  number bigint not null,
  source_product_id text not null references products (id),
  reader_domain_id text not null references domains (id),
  subscription_id text references subscriptions (id),
  foreign key (element_id, number) references element_snapshots (element_id, number) on delete cascade
);
create index element_snapshot_rights_by_snapshot on element_snapshot_rights (element_id, number);

-- Of what was made before, the grant is not known any more: what rests on another domain's product opens with its next refresh.
insert into snapshot_rights (snapshot_id, port, source_product_id, reader_domain_id)
select s.id, i.port, i.source_product_id, p.domain_id
from snapshots s
join product_inputs i on i.product_id = s.product_id and i.number = s.product_version
join products p on p.id = s.product_id
where i.source_product_id is not null;
