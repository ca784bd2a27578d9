-- Hits by the second, each with its instant, so that a range may begin and end anywhere; hours stay for what lies between.

create table usage_seconds (
  product_id text not null references products (id),
  user_id text not null references users (id),
  door text not null,
  second bigint not null, -- its beginning, µs
  hits bigint not null,
  row_count bigint not null,
  byte_count bigint not null,
  instants text not null, -- `offset,hits,rows,bytes;` for each µs with hits
  primary key (product_id, user_id, door, second)
);
create index usage_seconds_by_second on usage_seconds (second);

-- Of older hits only the hour is known: they count at its beginning.
insert into usage_seconds (product_id, user_id, door, second, hits, row_count, byte_count, instants)
select product_id, user_id, door, hour, hits, row_count, byte_count,
  '0,' || cast(hits as text) || ',' || cast(row_count as text) || ',' || cast(byte_count as text) || ';'
from usage_hours;

-- postgres:
-- Names are listed in the order of their bytes, as on SQLite, whatever the database's collation.
alter table users alter column name type text collate "C";
