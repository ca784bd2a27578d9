-- What is kept for a time only: hits by the second, ended runs, notifications with their mails.

-- Hits before this instant, an hour's beginning, are known by the hour only; their seconds may be gone.
create table usage_exactness (
  place smallint primary key check (place = 1), -- there is only one
  exact_from bigint not null
);
insert into usage_exactness (place, exact_from) values (1, 0);

-- Who rests on a product is told when it goes.
create index snapshot_rights_by_source on snapshot_rights (source_product_id);

create index runs_by_end on runs (finished_at) where finished_at is not null;
create index notifications_by_time on notifications (created_at);
