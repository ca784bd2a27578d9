-- Products: a working copy (draft), fixed versions, and snapshots of their ports' data.

create table products (
  id text primary key,
  domain_id text not null references domains (id),
  name text not null,
  state text not null check (state in ('draft', 'published', 'deprecated', 'retired')),
  draft text not null, -- the working definition, JSON
  published_version bigint not null, -- newest version; 0: never published
  published_at bigint,
  created_at bigint not null,
  updated_at bigint not null,
  version bigint not null,
  unique (domain_id, name)
);

create table product_versions (
  product_id text not null references products (id),
  number bigint not null,
  definition text not null, -- JSON, columns and types filled in
  published_at bigint not null,
  published_by text references users (id),
  primary key (product_id, number)
);

-- What each version reads: to find who depends on an element or a product. `port` is this product's port.
create table product_inputs (
  product_id text not null,
  number bigint not null,
  port text not null,
  element_id text references elements (id),
  source_product_id text references products (id),
  source_port text,
  foreign key (product_id, number) references product_versions (product_id, number),
  check ((element_id is null) <> (source_product_id is null))
);
create index product_inputs_by_version on product_inputs (product_id, number);
create index product_inputs_by_element on product_inputs (element_id);
create index product_inputs_by_product on product_inputs (source_product_id);

-- One consistent set of all ports. The files lie under the data folder; a row is written only after they are durable.
create table snapshots (
  id text primary key,
  product_id text not null references products (id),
  product_version bigint not null,
  number bigint not null, -- 1, 2, 3, … within the product
  created_at bigint not null,
  unique (product_id, number)
);

create table snapshot_files (
  snapshot_id text not null references snapshots (id),
  port text not null,
  file text not null, -- relative to the data folder
  row_count bigint not null,
  byte_count bigint not null,
  primary key (snapshot_id, port)
);
