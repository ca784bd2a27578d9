-- What a snapshot's ports look like: statistics, kept as long as the snapshot.

create table snapshot_profiles (
  snapshot_id text not null references snapshots (id),
  port text not null,
  profile text not null, -- JSON
  primary key (snapshot_id, port)
);

-- Which products a view reads, to find who depends on a product. (What it reads of elements stands in view_inputs.)
create table view_product_inputs (
  element_id text not null references elements (id),
  source_product_id text not null references products (id),
  source_port text not null,
  primary key (element_id, source_product_id, source_port)
);
create index view_product_inputs_by_product on view_product_inputs (source_product_id);

-- Views that are there already name products as `domain/product/port`, by any path that the domain ever had.
-- sqlite:
insert into view_product_inputs (element_id, source_product_id, source_port)
select distinct r.element_id, p.id, substr(r.reference, length(a.path || '/' || p.name || '/') + 1)
from (
  select e.id as element_id, json_extract(i.value, '$.product') as reference
  from elements e, json_each(e.view_definition, '$.ingredients') i
  where e.view_definition is not null
) r
join domain_aliases a on substr(r.reference, 1, length(a.path) + 1) = a.path || '/'
join products p on p.domain_id = a.domain_id
where substr(r.reference, 1, length(a.path || '/' || p.name || '/')) = a.path || '/' || p.name || '/';

-- postgres:
insert into view_product_inputs (element_id, source_product_id, source_port)
select distinct r.element_id, p.id, substr(r.reference, length(a.path || '/' || p.name || '/') + 1)
from (
  select e.id as element_id, i.value ->> 'product' as reference
  from elements e, jsonb_array_elements(e.view_definition::jsonb -> 'ingredients') i (value)
  where e.view_definition is not null
) r
join domain_aliases a on substr(r.reference, 1, length(a.path) + 1) = a.path || '/'
join products p on p.domain_id = a.domain_id
where substr(r.reference, 1, length(a.path || '/' || p.name || '/')) = a.path || '/' || p.name || '/';
