-- Data stores of the organisation, the domains' rights to use them, and the elements that stand for their tables.

create table data_stores (
  id text primary key,
  name text not null unique,
  title text not null,
  description text not null,
  type text not null check (type in ('folder', 'sqlite', 'postgres')),
  coordinates text not null, -- JSON
  secret text, -- sealed: a data key per secret, bound to the store's id
  keeper_id text not null references users (id),
  checked_at bigint,
  check_failed smallint,
  diagnosis text,
  created_at bigint not null,
  updated_at bigint not null,
  version bigint not null
);

create table data_store_rights (
  store_id text not null references data_stores (id),
  domain_id text not null references domains (id),
  schema_name text not null, -- '': the whole store
  primary key (store_id, domain_id, schema_name)
);
create index data_store_rights_by_domain on data_store_rights (domain_id);

create table elements (
  id text primary key,
  domain_id text not null references domains (id),
  name text not null,
  title text not null,
  description text not null,
  category text not null check (category in ('foundational', 'value-added', 'aggregated')),
  columns text not null, -- JSON list, in order
  row_estimate bigint,
  view_definition text, -- JSON, of a value-added element
  created_at bigint not null,
  updated_at bigint not null,
  version bigint not null,
  unique (domain_id, name)
);

-- One table may be mapped by several domains, by each only once.
create table mappings (
  element_id text primary key references elements (id),
  store_id text not null references data_stores (id),
  schema_name text not null,
  table_name text not null,
  domain_id text not null references domains (id),
  unique (store_id, schema_name, table_name, domain_id)
);

-- What a view reads, to find who depends on an element.
create table view_inputs (
  element_id text not null references elements (id),
  input_element_id text not null references elements (id),
  primary key (element_id, input_element_id)
);
create index view_inputs_by_input on view_inputs (input_element_id);

create table element_snapshots (
  element_id text not null references elements (id),
  number bigint not null,
  file text not null, -- relative to the data folder
  row_count bigint not null,
  byte_count bigint not null,
  created_at bigint not null,
  primary key (element_id, number)
);
