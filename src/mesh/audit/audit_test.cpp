#include "mesh/audit/audit.h"

#include <gtest/gtest.h>

namespace weft {

namespace {

TEST(CanonicalJsonTest, SortsKeysAndLeavesNoSpaces) {
  const struct {
    std::string_view text, canonical;
  } cases[] = {
      {"null", "null"},
      {"[ ]", "[]"},
      {R"({"b": 1, "a": [true, {"d": "é", "c": null}]})", R"({"a":[true,{"c":null,"d":"é"}],"b":1})"},
      {R"({"aa": 1, "a": 2, "B": 3})", R"({"B":3,"a":2,"aa":1})"},
      {R"({"quote\"d": "line\nbreak"})", R"({"quote\"d":"line\nbreak"})"},
  };
  for (const auto& [text, canonical] : cases) EXPECT_EQ(canonical_json(json::parse(text)), canonical) << text;
}

AuditEntry some_entry() {
  AuditEntry entry;
  entry.sequence = 7;
  entry.id = AuditId("id");
  entry.at = {1'000'000};
  entry.actor = UserId("u");
  entry.actor_name = "ann";
  entry.action = "domain.create";
  entry.object_type = "domain";
  entry.object_id = "d";
  entry.domain = "sales";
  entry.before = "null";
  entry.after = R"({"a":1})";
  entry.request_id = "r";
  entry.previous_hash = "p";
  return entry;
}

// The chain of every store rests on this text: it never changes.
TEST(AuditPreimageTest, IsFixed) {
  EXPECT_EQ(audit_preimage(some_entry()),
            R"({"action":"domain.create","actor_id":"u","actor_name":"ann","after":"{\"a\":1}","at":1000000,"before":"null",)"
            R"("domain":"sales","id":"id","object_id":"d","object_type":"domain","previous_hash":"p","request_id":"r","sequence":7})");
}

TEST(AuditPreimageTest, CoversEachFieldButTheHash) {
  const auto text = audit_preimage(some_entry());
  const std::function<void(AuditEntry&)> changes[] = {
      [](AuditEntry& e) { e.sequence = 8; },        [](AuditEntry& e) { e.id = AuditId("x"); }, [](AuditEntry& e) { e.at = {2}; },
      [](AuditEntry& e) { e.actor = UserId("x"); }, [](AuditEntry& e) { e.actor_name = "x"; },  [](AuditEntry& e) { e.action = "x"; },
      [](AuditEntry& e) { e.object_type = "x"; },   [](AuditEntry& e) { e.object_id = "x"; },   [](AuditEntry& e) { e.domain = "x"; },
      [](AuditEntry& e) { e.before = "x"; },        [](AuditEntry& e) { e.after = "x"; },       [](AuditEntry& e) { e.request_id = "x"; },
      [](AuditEntry& e) { e.previous_hash = "x"; },
  };
  for (const auto& change : changes) {
    auto entry = some_entry();
    change(entry);
    EXPECT_NE(audit_preimage(entry), text);
  }
  auto entry = some_entry();
  entry.hash = "x";
  EXPECT_EQ(audit_preimage(entry), text);
}

}  // namespace

}  // namespace weft
