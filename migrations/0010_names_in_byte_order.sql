-- Lists that are paged by a name, on both stores in the order of its bytes.

-- postgres:
alter table users alter column name type text collate "C";
alter table data_stores alter column name type text collate "C";
alter table data_store_rights alter column schema_name type text collate "C";
alter table elements alter column name type text collate "C";
alter table mappings alter column schema_name type text collate "C";
alter table mappings alter column table_name type text collate "C";
alter table products alter column name type text collate "C";
alter table product_inputs alter column port type text collate "C";
alter table snapshot_files alter column port type text collate "C";
