#include "mesh/datastore/coverage_sql.h"

#include "platform/db/sql.h"

namespace weft {

namespace {

// 2 is the role domain-owner: without it an ownership does not count.
constexpr Statement kMappings{
    "coverage.mappings",
    "select m.schema_name, m.table_name, e.id, e.name, d.path, (select count(*) from domain_owners o "
    "join users u on u.id = o.user_id join domains a on a.id = o.domain_id where u.state = 'active' and (u.roles & 2) <> 0 and "
    "(a.path = d.path or substr(d.path, 1, length(a.path) + 1) = a.path || '.')) from mappings m "
    "join elements e on e.id = m.element_id join domains d on d.id = e.domain_id where m.store_id = ? "
    "order by m.schema_name, m.table_name, d.path"};

class SqlCoverageStore final : public CoverageStore {
 public:
  Result<std::vector<TableMapping>> mappings(Tx& tx, const DataStoreId& store) override {
    std::vector<TableMapping> mappings;
    for (const auto& row : TRY(sql(tx).query(kMappings, {store}))) {
      mappings.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4),
                          row.integer(5) > 0 ? TableMapping::Owner::Present : TableMapping::Owner::None});
    }
    return mappings;
  }
};

}  // namespace

std::unique_ptr<CoverageStore> make_sql_coverage_store() { return std::make_unique<SqlCoverageStore>(); }

}  // namespace weft
