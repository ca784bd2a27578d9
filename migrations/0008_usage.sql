-- Hits, summed by the hour. They come from the journal files; how far each was folded in stands beside the sums, in the
-- same transaction, so that none counts twice.

create table usage_hours (
  product_id text not null references products (id),
  user_id text not null references users (id),
  door text not null,
  hour bigint not null, -- its beginning, µs
  hits bigint not null,
  row_count bigint not null,
  byte_count bigint not null,
  primary key (product_id, user_id, door, hour)
);
create index usage_hours_by_hour on usage_hours (hour);

create table usage_journals (
  replica text primary key,
  segment bigint not null,
  byte_offset bigint not null
);
