-- Who serves this store, and whose each running run is.

create table server_lease (
  place smallint primary key check (place = 1), -- there is only one
  fence bigint not null, -- grows each time it is taken
  server text not null, -- machine and data folder
  holder text not null, -- the same for people
  mesh text not null, -- names this store; its data folder keeps the name, too
  expires_at bigint not null -- by the store's own clock
);

alter table runs add column fence bigint; -- of the lease under which it runs
-- Turns are taken by payer: the person who asked, or the domain whose rate did.
create index runs_by_payer on runs ((coalesce(requested_by, domain_id)), started_at);
