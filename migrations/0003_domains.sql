-- Domains: the tree, its owners, and every path that leads into it.

create table domains (
  id text primary key,
  parent_id text references domains (id), -- null: at the root
  name text not null,
  path text not null unique, -- the names from the root down, joined by dots; moves with the parents
  title text not null,
  description text not null,
  tags text not null, -- JSON list
  state text not null check (state in ('active', 'archived')), -- an archived domain keeps its path
  created_at bigint not null,
  updated_at bigint not null,
  version bigint not null
);
create index domains_by_parent on domains (parent_id);

-- The present path of each domain and all that it once had. One table for both, so that its key refuses a path that is
-- or was another domain's: links, grants and audit entries never change their meaning.
create table domain_aliases (
  path text primary key,
  domain_id text not null references domains (id)
);
create index domain_aliases_by_domain on domain_aliases (domain_id);

create table domain_owners (
  domain_id text not null references domains (id),
  user_id text not null references users (id),
  position bigint not null, -- in the order in which they were named
  primary key (domain_id, user_id)
);
create index domain_owners_by_user on domain_owners (user_id);

-- One row. Who changes the tree's shape writes it first, so that two moves can't make a ring between them, nor a move
-- miss a child that is just being created.
create table domain_tree (
  id smallint primary key check (id = 1),
  changes bigint not null
);
insert into domain_tree (id, changes) values (1, 0);

-- postgres:
-- Paths are listed in the order of their bytes, as on SQLite, whatever the database's collation.
alter table domains alter column path type text collate "C";
alter table domain_aliases alter column path type text collate "C";
