-- One row. Who settles what a view or a published product is made of writes it first, so that two at the same moment can't
-- come to rest on each other.
create table lineage_lock (
  id smallint primary key check (id = 1),
  changes bigint not null
);
insert into lineage_lock (id, changes) values (1, 0);
