#include "mesh/delivery/delivery_http.h"

#include "mesh/delivery/content_range.h"
#include "mesh/delivery/postgrest_error.h"
#include "mesh/delivery/reading_slots.h"
#include "mesh/delivery/ready_answers_http.h"
#include "mesh/delivery/remember_rows.h"
#include "mesh/delivery/right_check_http.h"
#include "platform/crypto/crypto.h"
#include "platform/http/conditional.h"
#include "platform/http/problem.h"

namespace weft {

namespace {

// How long each stage took, for the header Server-Timing.
class Stages {
 public:
  explicit Stages(const Clock& clock) : clock_(clock), last_(clock.now()) {}
  void done(std::string_view stage) {
    const auto now = clock_.now();
    text_ += fmt::format("{}{};dur={:.2f}", text_.empty() ? "" : ", ", stage, static_cast<double>(now.micros - last_.micros) / 1000.0);
    last_ = now;
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  const Clock& clock_;
  Timestamp last_;
  std::string text_;
};

// What a read takes of the server, for as long as its answer is under way.
struct Places {
  ReadingSlot slot;
  std::optional<LongRead> long_read;
};

// The rest of an answer whose first chunk is there already.
class AnswerStream final : public http::BodyStream {
 public:
  AnswerStream(const DataDoorPorts& ports, std::unique_ptr<RowStream> rows, std::string first, Hit hit, RightCheck right, Places places,
               SnapshotReaders::Guard inside)
      : ports_(ports),
        rows_(std::move(rows)),
        first_(std::move(first)),
        hit_(std::move(hit)),
        right_(std::move(right)),
        places_(std::move(places)),
        inside_(std::move(inside)) {}

  Result<bool> next(std::string& chunk) override {
    chunk.clear();
    if (ended_) return false;
    CHECK(right_.require());
    begun_ = true;
    if (!first_.empty()) {
      chunk.swap(first_);
    } else {
      auto more = TRY(rows_->next(chunk, hit_.rows));
      if (!more) ended_ = true;
    }
    hit_.bytes += static_cast<std::int64_t>(chunk.size());
    // Counted before the last byte leaves. Which chunk is the last one is known only here, when there are no more: the
    // terminating chunk of the transfer follows this.
    if (ended_) CHECK(write_hit());
    return !ended_;
  }

  void finished(http::StreamEnd end, std::uint64_t bytes_sent) noexcept override {
    const bool refused = !begun_ && end == http::StreamEnd::Abandoned;
    if (counted_ || refused) return;
    // The client left midway, or has the whole already and was told so: it counts with what it got.
    hit_.bytes = static_cast<std::int64_t>(bytes_sent);
    (void)write_hit();
  }

 private:
  Result<void> write_hit() {
    counted_ = true;
    return ports_.journal.append(hit_);
  }

  const DataDoorPorts& ports_;
  std::unique_ptr<RowStream> rows_;
  std::string first_;
  Hit hit_;
  RightCheck right_;
  Places places_;
  SnapshotReaders::Guard inside_;  // the snapshot stays while it is read
  bool begun_ = false, ended_ = false, counted_ = false;
};

// The body of a long answer to HEAD: the server takes the headers from it and never pulls.
class UnreadStream final : public http::BodyStream {
 public:
  Result<bool> next(std::string&) override { return false; }
  void finished(http::StreamEnd, std::uint64_t) noexcept override {}
};

std::string joined_headers(const http::RequestHead& head, std::string_view name) {
  std::string joined;
  for (const auto& [header, value] : head.headers) {
    if (header.size() != name.size() || strncasecmp(header.data(), name.data(), name.size()) != 0) continue;
    joined += (joined.empty() ? "" : ", ") + value;
  }
  return joined;
}

ReadRequest read_request(const Call& call, Shape shape) {
  ReadRequest request;
  request.parameters = call.query;
  request.range = call.request.method == http::Method::Get ? std::string(call.request.header("range").value_or("")) : "";
  request.range_unit = std::string(call.request.header("range-unit").value_or(""));
  request.prefer = joined_headers(call.request, "prefer");
  request.accept_profile = std::string(call.request.header("accept-profile").value_or(""));
  request.shape = shape;
  return request;
}

std::vector<GrantLimits> limits_of(const ReadablePort& readable) {
  if (!readable.limits) return {};
  return {{readable.limits->row_filter, readable.limits->hidden_columns}};
}

// An answer is taken for a tenth longer than its first rows let one expect.
constexpr double kRowsGrow = 1.1;

// What all reads share.
struct Door {
  explicit Door(const DataDoorPorts& given)
      : ports(given), slots(given.reads_per_user), long_reads(given.long_reads), ready(given.transactor, given.journal, given.clock) {}

  const DataDoorPorts& ports;
  ReadingSlots slots;
  LongReads long_reads;
  Remembered<ReadablePort> readable{10'000};  // by user and port
  ReadyAnswers ready;
};

class Read {
 public:
  Read(Call& call, Door& door) : call_(call), door_(door), ports_(door.ports), inside_(ports_.readers.enter()), stages_(door.ports.clock) {}

  Result<http::Response> answer() {
    const auto segment = TRY(split_port_segment(call_.path("port")));
    representation_ = TRY(choose_representation(segment.suffix, joined_headers(call_.request, "accept")));
    readable_ = TRY(readable_port(segment.port));
    stages_.done("auth");
    const auto query = TRY(parse_read_query(read_request(call_, representation_.shape)));
    stages_.done("parse");
    const auto limits = limits_of(*readable_);
    const auto plan = TRY(plan_read(query, schema_of(readable_->port.columns), limits));
    stages_.done("plan");
    CHECK(ports_.journal.check());

    hit_ = {call_.context.now, readable_->product.id, readable_->port.name, call_.who().id, "data", 0, 0};
    const auto question = sha256_hex(plan.canonical);
    const auto etag =
        fmt::format("\"{}-{}-{}\"", readable_->snapshot.id.text().substr(24), suffix_of(representation_.format), question.substr(0, 16));
    http::Response response;
    response.set("ETag", etag);
    response.set("Cache-Control", "private, no-cache");
    response.set("Vary", "Accept, Authorization, Cookie, Prefer, Range");
    // `*` asks whether there is an answer at all: that shows only when it is made.
    if (call_.request.header("if-none-match") != "*" && http::has_current_version(call_.request, etag)) {
      CHECK(ports_.journal.append(hit_));
      response.status = 304;
      return response;
    }
    response.set("Content-Type", std::string(content_type(representation_)));
    if (!query.preference_applied.empty()) response.set("Preference-Applied", query.preference_applied);
    const auto key =
        fmt::format("{} {} {} {}", readable_->snapshot.id.text(), readable_->port.name, suffix_of(representation_.format), question);
    if (auto known = ports_.answers.find(key)) return give(known, std::move(response));
    auto done = run(plan, key, std::move(response));
    if (!done) return fail(name_casts(std::move(done).error(), query.select));
    return done;
  }

 private:
  // Of this user, for this port; from memory where nothing was written since it was found.
  Result<std::shared_ptr<const ReadablePort>> readable_port(const std::string& port) {
    const auto epoch = ports_.transactor.epoch();
    const auto key = fmt::format("{}\n{}\n{}\n{}", call_.who().id.text(), call_.path("domain"), call_.path("product"), port);
    const auto known = door_.readable.find(key, epoch);
    if (known && (!known->until || call_.context.now < *known->until)) return known;
    auto tx = TRY(ports_.transactor.begin(TxMode::Read));
    auto found = std::make_shared<const ReadablePort>(
        TRY(find_readable_port(*tx, ports_.delivery, call_.who(), call_.context.now, call_.path("domain"), call_.path("product"), port)));
    // It rests on who the caller is as well.
    door_.readable.keep(key, call_.epoch, found);
    return found;
  }

  // A whole answer, counted; the next time it is at hand.
  Result<http::Response> give(const std::shared_ptr<const KnownAnswer>& known, http::Response response) {
    if (!known->content_range.empty()) response.set("Content-Range", known->content_range);
    if (known->body.size() > kAnswerPieceBytes) return give_in_pieces(known, std::move(response));
    hit_.rows = known->rows;
    hit_.bytes = call_.request.method == http::Method::Head ? 0 : static_cast<std::int64_t>(known->body.size());
    CHECK(ports_.journal.append(as_sent(known->status)));
    auto headers = response.headers;
    headers.emplace_back("Server-Timing", "cache;desc=hit");
    auto head = std::make_shared<const http::SharedHead>(known->status, std::move(headers));
    door_.ready.keep(call_.request, call_.epoch,
                     {std::move(head), known, as_sent(known->status), earlier(readable_->until, call_.credential_expires_at)});
    stages_.done("cache");
    response.set("Server-Timing", stages_.text());
    response.status = known->status;
    response.body = known->body;
    return response;
  }

  // The server makes a 304 of an answer to `If-None-Match: *`.
  [[nodiscard]] Hit as_sent(int status) const {
    auto sent = hit_;
    if (status == 200 && call_.request.header("if-none-match") == "*") sent.bytes = 0;
    return sent;
  }

  Result<http::Response> give_in_pieces(const std::shared_ptr<const KnownAnswer>& known, http::Response response) {
    Places places{TRY(reading_slot()), std::nullopt};
    stages_.done("cache");
    response.set("Server-Timing", stages_.text());
    response.status = known->status;
    if (call_.request.method == http::Method::Head) return head_only(known->rows, std::move(response));
    return stream(rows_of(known), {}, std::move(places), std::move(response));
  }

  Result<ReadingSlot> reading_slot() {
    auto slot = door_.slots.take(call_.who().id);
    if (slot) return *std::move(slot);
    return fail(ErrorKind::TooManyRequests, "data.too_many_reads",
                fmt::format("You have {} reads under way already.", ports_.reads_per_user), "Wait for one to end.");
  }

  // Nobody pulls the rest: it counts now, with the rows that the answer would have as far as they are known.
  Result<http::Response> head_only(std::int64_t rows, http::Response response) {
    hit_.rows = rows;
    CHECK(ports_.journal.append(hit_));
    response.body = std::make_unique<UnreadStream>();
    return response;
  }

  Result<RightCheck> right_check() {
    Right right{TRY(credential_of(call_.request)), call_.path("domain"), readable_->product.name, readable_->port.name,
                readable_->subscription,           readable_->limits,    readable_->file.rights};
    return RightCheck(ports_, std::move(right), call_.epoch, earlier(readable_->until, call_.credential_expires_at));
  }

  // Long work is not done for somebody who left, nor for somebody who may read no more.
  Result<StillWanted> still_wanted() {
    auto right = std::make_shared<RightCheck>(TRY(right_check()));
    return [left = call_.request.client_left, right]() -> Result<void> {
      if (left && left->cancelled()) return fail(ErrorKind::Conflict, "data.abandoned", "The client left before the answer was there.");
      auto holds = right->require();
      // That the store can't be asked right now decides nothing: it is asked again before a byte leaves.
      if (!holds && holds.error().kind == ErrorKind::Unavailable) return {};
      return holds;
    };
  }

  Result<http::Response> stream(std::unique_ptr<RowStream> rows, std::string first, Places places, http::Response response) {
    response.body = std::make_unique<AnswerStream>(ports_, std::move(rows), std::move(first), hit_, TRY(right_check()), std::move(places),
                                                   std::move(inside_));
    return response;
  }

  // How long the answer will be, when `begun` bytes of it hold the rows that were counted so far; nullopt: unknown.
  [[nodiscard]] std::optional<std::size_t> expected_bytes(const RowStream& rows, std::size_t begun,
                                                          std::optional<std::int64_t> known_rows) const {
    if (const auto exact = rows.bytes()) return exact;
    if (!known_rows || hit_.rows == 0) return std::nullopt;
    const auto per_row = static_cast<double>(begun) / static_cast<double>(hit_.rows);
    return static_cast<std::size_t>(per_row * static_cast<double>(*known_rows) * kRowsGrow);
  }

  Result<http::Response> run(const ReadPlan& plan, const std::string& key, http::Response response) {
    Places places{TRY(reading_slot()), std::nullopt};
    if (is_long(plan, representation_.format, readable_->file.rows)) places.long_read.emplace(TRY(door_.long_reads.take(call_.who().id)));
    const auto file = ports_.data / readable_->file.file;
    const auto wanted = TRY(still_wanted());
    std::optional<std::int64_t> total;
    if (plan.count != CountMode::None) total = plan.all_rows ? readable_->file.rows : TRY(ports_.reader.count(file, plan, wanted));

    auto rows = TRY(ports_.reader.read(file, plan, representation_.format, wanted));
    std::string first, second;
    bool more = TRY(rows->next(first, hit_.rows));
    if (more) more = TRY(rows->next(second, hit_.rows));
    while (more && plan.shape == Shape::SingleObject) {  // to its end, of two rows at most: its brackets are taken off
      first += std::exchange(second, {});
      more = TRY(rows->next(second, hit_.rows));
    }
    if (places.long_read) places.long_read->rest();
    stages_.done("run");

    std::string content_range;
    std::optional<std::int64_t> known_rows;
    if (!more) {
      known_rows = hit_.rows;
    } else if (total || plan.all_rows) {
      known_rows = rows_in_page(plan.page, total.value_or(readable_->file.rows));
    }
    if (known_rows || total) {
      auto status = page_status(plan.page, known_rows.value_or(0), total);
      if (!status) {
        return data_problem(status.error(), call_.request).set("Content-Range", fmt::format("*/{}", total.value_or(0)));
      }
      response.status = status->status;
      content_range = std::move(status->content_range);
    }
    // As PostgREST: a page behind the last row is told before how many rows there are.
    if (plan.shape == Shape::SingleObject) CHECK(unwrap_single(first));
    if (!more && ports_.answers.has_room_for(first.size())) {
      first.shrink_to_fit();
      auto known = std::make_shared<const KnownAnswer>(KnownAnswer{response.status, std::move(content_range), std::move(first), hit_.rows});
      ports_.answers.keep(key, known);
      return give(known, std::move(response));
    }
    if (!content_range.empty()) response.set("Content-Range", content_range);
    response.set("Server-Timing", stages_.text());
    const bool is_head = call_.request.method == http::Method::Head;
    if (!more) {
      hit_.bytes = is_head ? 0 : static_cast<std::int64_t>(first.size());
      CHECK(ports_.journal.append(as_sent(response.status)));
      response.body = std::move(first);
      return response;
    }
    if (is_head) return head_only(known_rows.value_or(hit_.rows), std::move(response));
    first += second;
    if (const auto bytes = expected_bytes(*rows, first.size(), known_rows)) {
      if (auto room = ports_.answers.begin_filling(*bytes)) {
        AnswerToKeep keep{ports_.answers, key, {response.status, std::move(content_range), {}, 0}, *std::move(room)};
        rows = keep_while_given(std::move(rows), first, hit_.rows, std::move(keep));
      }
    }
    return stream(std::move(rows), std::move(first), std::move(places), std::move(response));
  }

  // `[{…}]` → `{…}`
  Result<void> unwrap_single(std::string& body) const {
    CHECK(require_single(hit_.rows));
    const auto begin = body.find('{');
    const auto end = body.rfind('}');
    body = body.substr(begin, end - begin + 1);
    return {};
  }

  Call& call_;
  Door& door_;
  const DataDoorPorts& ports_;
  SnapshotReaders::Guard inside_;
  Stages stages_;
  Representation representation_;
  std::shared_ptr<const ReadablePort> readable_;
  Hit hit_;
};

}  // namespace

http::Response data_problem(const Error& error, const http::RequestHead& head) {
  auto response = http::problem(error, head);
  auto body = json::parse(std::get<std::string>(response.body)).as_object();
  const auto postgrest = to_postgrest(error);
  auto text = [](const std::optional<std::string>& value) { return value ? json::value(*value) : json::value(nullptr); };
  body["code"] = postgrest.code;
  body["message"] = postgrest.message;
  body["details"] = text(postgrest.details);
  body["hint"] = text(postgrest.hint);
  response.body = json::serialize(body);
  return response;
}

std::vector<Route> data_door_routes(const DataDoorPorts& ports) {
  auto door = std::make_shared<Door>(ports);
  std::vector<Route> routes;
  routes.push_back({.method = http::Method::Get,
                    .pattern = "/data/v1/{domain}/{product}/{port}",
                    .access = kSignedIn,
                    .tx = CallTx::None,
                    .handle = [door](Call& call) { return Read(call, *door).answer(); },
                    .pool = http::Pool::Query,
                    .query_mode = Route::Query::Free,
                    .at_hand = [door](const http::RequestHead& head) { return door->ready.find(head); },
                    .refuse = data_problem});
  return routes;
}

}  // namespace weft
