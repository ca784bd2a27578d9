#include "mesh/audit/audit.h"

namespace weft {

namespace {

constexpr int kScanBatch = 1000;
constexpr std::size_t kMaxDepth = 64;  // a body's, and what we put around it
constexpr std::string_view kOutline[] = {"name", "state", "published_version"};

void write_canonical(std::string& text, const json::value& value) {
  if (const auto* object = value.if_object()) {
    std::map<std::string_view, const json::value*> sorted;
    for (const auto& [key, member] : *object) sorted.emplace(std::string_view(key.data(), key.size()), &member);
    text += '{';
    for (std::string_view comma; const auto& [key, member] : sorted) {
      text += std::exchange(comma, ",");
      text += json::serialize(json::string(key)) + ":";
      write_canonical(text, *member);
    }
    text += '}';
  } else if (const auto* array = value.if_array()) {
    text += '[';
    for (std::string_view comma; const auto& item : *array) {
      text += std::exchange(comma, ",");
      write_canonical(text, item);
    }
    text += ']';
  } else {
    text += json::serialize(value);
  }
}

// What is wrong with `entry` as the successor of `previous`; empty: nothing.
std::string complaint_about(const AuditEntry& entry, const AuditLog::Head& previous,
                            const std::function<std::string(std::string_view)>& hash) {
  if (entry.sequence <= previous.sequence) return fmt::format("entry {} stands before the first", entry.sequence);
  if (entry.sequence != previous.sequence + 1) {
    return fmt::format("entry {} is missing", previous.sequence + 1);
  }
  if (entry.previous_hash != previous.hash) return fmt::format("entry {} does not follow from the one before", entry.sequence);
  if (entry.hash != hash(audit_preimage(entry))) return fmt::format("entry {} is not what was written", entry.sequence);
  return {};
}

}  // namespace

Result<void> append_all(Tx& tx, const Context& context, AuditLog& log, std::vector<AuditRecord> records) {
  for (auto& record : records) CHECK(log.append(tx, context, std::move(record)));
  return {};
}

json::value outline(const json::value& product) {
  const auto* whole = product.if_object();
  if (whole == nullptr) return nullptr;
  json::object outlined;
  for (const auto name : kOutline) {
    if (const auto* member = whole->if_contains(name)) outlined[name] = *member;
  }
  return outlined;
}

json::value parse_audited(const std::string& text) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  return json::parse(text, {}, options);
}

std::string canonical_json(const json::value& value) {
  std::string text;
  write_canonical(text, value);
  return text;
}

std::string audit_preimage(const AuditEntry& entry) {
  return canonical_json(json::object{{"sequence", entry.sequence},
                                     {"id", entry.id.text()},
                                     {"at", entry.at.micros},
                                     {"actor_id", entry.actor.text()},
                                     {"actor_name", entry.actor_name},
                                     {"action", entry.action},
                                     {"object_type", entry.object_type},
                                     {"object_id", entry.object_id},
                                     {"domain", entry.domain},
                                     {"before", entry.before},
                                     {"after", entry.after},
                                     {"request_id", entry.request_id},
                                     {"previous_hash", entry.previous_hash}});
}

Result<AuditVerdict> verify_audit(Tx& tx, AuditLog& log, const std::function<std::string(std::string_view)>& hash) {
  AuditVerdict verdict;
  auto reject = [&](std::int64_t sequence, std::string complaint) {
    verdict.first_bad = sequence;
    verdict.complaint = std::move(complaint);
    return verdict;
  };
  AuditLog::Head reached;
  auto next = std::numeric_limits<std::int64_t>::min();  // whatever stands there, before the first entry too
  while (true) {
    const auto entries = TRY(log.scan(tx, next, kScanBatch));
    for (const auto& entry : entries) {
      if (auto complaint = complaint_about(entry, reached, hash); !complaint.empty()) {
        return reject(std::min(entry.sequence, reached.sequence + 1), std::move(complaint));
      }
      verdict.last = reached = {entry.sequence, entry.hash};
      verdict.last_at = entry.at;
      ++verdict.entries;
    }
    if (entries.size() < static_cast<std::size_t>(kScanBatch)) break;
    next = reached.sequence + 1;
  }
  const auto head = TRY(log.head(tx));
  if (head.sequence > reached.sequence) {
    return reject(reached.sequence + 1, fmt::format("entries {} to {} are missing", reached.sequence + 1, head.sequence));
  }
  if (head.sequence < reached.sequence || head.hash != reached.hash) {
    return reject(reached.sequence, fmt::format("entry {} is not the one that the chain's head names", reached.sequence));
  }
  return verdict;
}

}  // namespace weft
