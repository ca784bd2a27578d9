#include "cli/add_person_commands.h"

#include <CLI/CLI.hpp>

#include "cli/argument_rule.h"
#include "cli/terminal.h"
#include "mesh/subscription/request_subscription.h"

namespace weft {

namespace {

constexpr const char* kFind = "Find and read";
constexpr const char* kAsk = "Ask and decide";
constexpr const char* kOwn = "Own and watch";

// An empty variable of a script must not turn into "no limit" or "for myself".
ArgumentRule some_text() { return text_within({1000}); }
ArgumentRule reason() { return text_within({kMaxCommentBytes}); }
ArgumentRule reason_or_none() { return text_within({kMaxCommentBytes, Form::Blank::OnlyEmpty}); }

// The option's description says the words; the library would put them into the name of its type.
CLI::Validator one_of(std::vector<std::string> words) { return CLI::IsMember(std::move(words)).description(""); }

// Its callbacks outlive it: they hold what they fill, never `this`.
class Adder {
 public:
  Adder(CLI::App& app, PersonCommands& options, Result<void>& outcome) : app_(app), all_(options), outcome_(outcome) {}

  void add() {
    add_sign_in();
    add_finding();
    add_reading();
    add_asking();
    add_deciding();
    add_ending();
    add_products();
    add_watching();
  }

 private:
  // A command, the options that all have, and what it does.
  CLI::App& command(CLI::App& parent, const std::string& name, const std::string& description, PersonOptions& person,
                    std::function<Result<void>()> run, const std::string& examples) {
    auto& command = *parent.add_subcommand(name, description);
    command.add_option("--server", person.server, "the server's address; else WEFT_SERVER, else the one of your last login")
        ->type_name("URL");
    command.add_option("--ca-file", person.ca_file, "trust this authority (PEM) rather than the system's")
        ->type_name("FILE")
        ->check(existing_file);
    command.add_flag_callback("--json", [&person] { person.form = PersonOptions::Form::Json; }, "print the API's JSON and nothing else");
    command.footer("Examples:\n" + examples);
    command.callback([&outcome = outcome_, run = std::move(run)] {
      prepare_terminal();
      outcome = run();
    });
    return command;
  }

  static void add_list_options(CLI::App& command, ListOptions& list) {
    command.add_option("--limit", list.limit, "show at most so many (50)")
        ->type_name("N")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000'000}).description(""));
    command.add_flag_callback("--all", [&list] { list.extent = ListOptions::Extent::All; }, "show all, page after page");
    command.add_option("--cursor", list.cursor, "go on where `next` of a list in JSON says")->type_name("CURSOR");
  }

  static CLI::Option* add_word(CLI::App& command, const std::string& option, std::string& word, std::vector<std::string> words) {
    return command.add_option(option, word, fmt::format("only these: {}", fmt::join(words, ", ")))->check(one_of(std::move(words)));
  }

  static CLI::Option* add_product(CLI::App& command, std::string& product) {
    return command.add_option("product", product, "domain/product, such as sales.emea/orders")->required();
  }

  void add_sign_in() {
    auto& options = all_.login;
    auto& person = all_.person;
    auto& login_command = command(
        app_, "login", "sign in to a server and keep a token for it", options.person, [&options] { return login(options); },
        "  weft login https://mesh.example.org                       # asks for name and password\n"
        "  weft login https://mesh.example.org --token-file token    # a token that you were given\n"
        "  weft login https://mesh.example.org <token                # the same\n"
        "  weft login https://mesh.example.org --name dana --password-stdin <password");
    login_command.add_option("url", options.person.server, "the server's address");
    login_command.add_option("--name", options.name, "who you are; asked for otherwise")->type_name("NAME")->check(some_text());
    auto* from_input = login_command.add_flag_callback(
        "--password-stdin", [&options] { options.password = LoginOptions::Password::FromInput; },
        "read the password from standard input instead of asking for it");
    login_command.add_option("--token-file", options.token_file, "use the token in this file; `-`: standard input")
        ->type_name("FILE")
        ->check([](const std::string& name) { return name == "-" ? "" : existing_file(name); })
        ->excludes(from_input);
    command(
        app_, "logout", "forget the token; one that `weft login` made is taken away at the server, too, one that it was given stays valid",
        all_.person, [&person] { return logout(person); }, "  weft logout");
    command(
        app_, "whoami", "who you are at the server, and your roles", all_.person, [&person] { return whoami(person); },
        "  weft whoami\n  weft whoami --json");
  }

  void add_finding() {
    auto& search_options = all_.search;
    auto& search_command = command(
        app_, "search", "search the catalog; without words it lists all", search_options.person,
        [&search_options] { return search(search_options); },
        "  weft search delays\n"
        "  weft search --domain sales --type product\n"
        "  weft search --tag reference --all --json");
    search_command.group(kFind);
    search_command.add_option("words", search_options.words, "words to look for");
    search_command.add_option("--domain", search_options.domain, "only in this domain and those below it")->type_name("DOMAIN");
    search_command.add_option("--tag", search_options.tag, "only with this tag")->type_name("TAG");
    add_word(search_command, "--type", search_options.type, {"domain", "product", "element"})->type_name("TYPE");
    add_list_options(search_command, search_options.list);

    auto& show_options = all_.show;
    add_show(app_, show_options).group(kFind);
  }

  CLI::App& add_show(CLI::App& parent, ShowOptions& options) {
    auto& show_command = command(
        parent, "show", "a product: what it is, its ports and columns, who owns it", options.person,
        [&options] { return show_product(options); },
        "  weft show sales.emea/orders\n"
        "  weft show sales.emea/orders/daily --sample");
    add_product(show_command, options.product);
    show_command.add_flag_callback(
        "--sample", [&options] { options.sample = ShowOptions::Sample::Yes; }, "with the public sample of each port");
    return show_command;
  }

  void add_reading() {
    auto& options = all_.read;
    auto& read_command = command(
        app_, "read", "read rows of a product that you have a grant for", options.person, [&options] { return read_product(options); },
        "  weft read sales.emea/orders\n"
        "  weft read sales.emea/orders --select id,customer,total --where 'total=gt.100' --order total.desc --limit 10\n"
        "  weft read sales.emea/orders --where 'country=in.(DE,FR)' --format csv >orders.csv\n"
        "  weft read sales.emea/orders/daily -o daily.parquet\n"
        "Rows are streamed, however many there are. The grammar is in docs/reference/data-door.md.");
    read_command.group(kFind);
    add_product(read_command, options.product)->description("domain/product or domain/product/port");
    read_command.add_option("--select", options.select, "columns, renamed and cast where wanted: `carrier,delay:dep_delay`")
        ->type_name("COLUMNS");
    read_command.add_option("--where", options.where, "a condition, `column=operator.value`; several must all hold")
        ->type_name("CONDITION")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    read_command.add_option("--order", options.order, "`column.desc.nullslast,other`")->type_name("COLUMNS");
    read_command.add_option("--limit", options.limit, "at most so many rows; all by default, 50 in a table")
        ->type_name("N")
        ->check(whole_number);
    read_command.add_option("--offset", options.offset, "leave out so many rows first")->type_name("N")->check(whole_number);
    read_command
        .add_option("--format", options.format,
                    "table, json, csv, ndjson, parquet or arrow; by default as the file's name ends, else a table on a terminal, else CSV")
        ->type_name("FORMAT")
        ->check(one_of({"table", "json", "csv", "ndjson", "parquet", "arrow"}));
    read_command.add_option("-o,--output", options.output, "write to this file, which is there only once it is whole")->type_name("FILE");
    read_command.add_flag_callback(
        "--compressed", [&options] { options.transfer = ReadOptions::Transfer::Compressed; }, "compress on the way: for slow networks");
  }

  void add_asking() {
    auto& request_options = all_.request;
    auto& request_command = command(
        app_, "request", "ask for a product", request_options.person, [&request_options] { return request_product(request_options); },
        "  weft request sales.emea/orders --purpose 'Revenue by region, for the board.'\n"
        "  weft request sales.emea/orders --for-domain finance --purpose 'An ingredient of the ledger.'");
    request_command.group(kAsk);
    add_product(request_command, request_options.product);
    request_command.add_option("--purpose", request_options.purpose, "what for; the governance team reads it")
        ->required()
        ->check(text_within({kMaxPurposeBytes}));
    request_command.add_option("--for-domain", request_options.domain, "ask on behalf of a domain that you own")
        ->type_name("DOMAIN")
        ->check(some_text());

    auto& requests_options = all_.requests;
    auto& requests_command = command(
        app_, "requests", "requests and grants: yours, those of your products, all for governance", requests_options.person,
        [&requests_options] { return show_requests(requests_options); },
        "  weft requests --state pending\n"
        "  weft requests --product sales.emea/orders\n"
        "  weft requests 01932f60-1e5b-7cc1-9c0f-3d8f6ad0b5b1");
    requests_command.group(kAsk);
    requests_command.add_option("id", requests_options.id, "one of them, in full");
    add_word(requests_command, "--state", requests_options.state,
             {"pending", "approved", "rejected", "withdrawn", "revoked", "returned", "expired"})
        ->type_name("STATE");
    requests_command.add_option("--product", requests_options.product, "only of this product")->type_name("PRODUCT");
    add_list_options(requests_command, requests_options.list);

    auto& inbox = command(
        app_, "inbox", "what you were told", all_.person, [&person = all_.person, &list = all_.list] { return show_inbox(person, list); },
        "  weft inbox --limit 5");
    inbox.group(kAsk);
    add_list_options(inbox, all_.list);
  }

  static void add_choice(CLI::App& command, SubscriptionChoice& choice) {
    command.add_option("request", choice.id_or_product, "the request's id, or the product where there is only one")->required();
    command.add_option("--for", choice.subject, "whose request it is, where a product has several: a person or a domain")
        ->type_name("NAME")
        ->check(some_text());
  }

  void add_deciding() {
    auto& options = all_.decide;
    auto& approve = command(
        app_, "approve", "grant what was asked for, with limits where wanted", options.person,
        [&options] { return decide_request(options); },
        "  weft approve sales.emea/orders --for dana\n"
        "  weft approve 01932f60-1e5b-7cc1-9c0f-3d8f6ad0b5b1 --comment 'Germany only.' \\\n"
        "      --row-filter 'country=eq.DE' --hide email --hide phone --until 2030-01-31");
    approve.group(kAsk);
    add_choice(approve, options.choice);
    approve.add_option("--comment", options.comment, "what the requester is told")->type_name("TEXT")->check(reason_or_none());
    approve.add_option("--row-filter", options.row_filter, "only rows for which this holds: `origin=eq.JFK`")
        ->type_name("FILTER")
        ->check(text_within({kMaxRowFilterBytes}));
    approve.add_option("--hide", options.hidden, "a column that does not exist for the reader; may be repeated")
        ->type_name("COLUMN")
        ->check(some_text())
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    approve.add_option("--until", options.until, "when it ends: 2030-01-31, a time in RFC 3339, or `90d`")
        ->type_name("WHEN")
        ->check(some_text());
    auto& reject = command(
        app_, "reject", "refuse what was asked for; the reason is told to the requester", options.person,
        [&options] {
          options.decision = DecideOptions::Decision::Reject;
          return decide_request(options);
        },
        "  weft reject sales.emea/orders --for dana --comment 'Please say what it is for.'");
    reject.group(kAsk);
    add_choice(reject, options.choice);
    reject.add_option("--comment", options.comment, "why")->required()->type_name("TEXT")->check(reason());
  }

  void add_ending() {
    auto& options = all_.end;
    struct Verb {
      const char *name, *description, *examples;
      EndOptions::Ending ending;
    };
    for (const auto& verb :
         {Verb{"withdraw", "take back a request of yours or of a domain that you own", "  weft withdraw sales.emea/orders",
               EndOptions::Ending::Withdraw},
          Verb{"revoke", "end somebody's grant; his door closes at once",
               "  weft revoke sales.emea/orders --for dana --reason 'The project has ended.'", EndOptions::Ending::Revoke},
          Verb{"return", "give back a grant of yours or of a domain that you own", "  weft return sales.emea/orders",
               EndOptions::Ending::Return}}) {
      auto& end_command = command(
          app_, verb.name, verb.description, options.person,
          [&options, ending = verb.ending] {
            options.ending = ending;
            return end_subscription_command(options);
          },
          verb.examples);
      end_command.group(kAsk);
      add_choice(end_command, options.choice);
      end_command.add_option("--reason", options.reason, "what is written beside it")->type_name("TEXT")->check(reason_or_none());
    }
  }

  void add_products() {
    auto& products = *app_.add_subcommand("products", "products: list, show, publish, refresh, deprecate, reinstate, retire");
    products.group(kOwn);
    products.require_subcommand(1);
    auto& list_options = all_.products;
    auto& list = command(
        products, "list", "products that you may know of", list_options.person, [&list_options] { return list_products(list_options); },
        "  weft products list --domain sales\n  weft products list --state draft --json");
    list.add_option("--domain", list_options.domain, "only of this domain and those below it")->type_name("DOMAIN");
    add_word(list, "--state", list_options.state, {"draft", "published", "deprecated", "retired"})->type_name("STATE");
    add_list_options(list, list_options.list);
    add_show(products, all_.show);

    auto& options = all_.publish;
    auto& publish = command(
        products, "publish", "make or change a product as its file says, and publish it", options.person,
        [&options] { return publish_products(options); },
        "  weft products publish -f product.yaml\n"
        "  weft products publish sales.emea/orders     # its draft as it stands\n"
        "The file, in the fields of the API, elements by name:\n"
        "  domain: sales.emea\n"
        "  name: late-orders\n"
        "  title: Late orders\n"
        "  description: One row is one order that came later than promised.\n"
        "  tags: [orders]\n"
        "  ingredients: [orders, sales.reference/customers/customers]\n"
        "  ports:\n"
        "    - name: late\n"
        "      sql: SELECT o.id, c.country FROM orders o JOIN customers c USING (customer) WHERE o.late\n"
        "      sample: masked\n"
        "  rate: {every: 1d}\n"
        "All that is wrong is said at once, with the line. The same file again changes nothing.");
    publish.add_option("product", options.product, "domain/product: publish its draft, without a file");
    publish.add_option("-f,--file", options.file, "the product's file; `-`: standard input")->type_name("FILE");
    publish.add_flag_callback("--no-wait", [&options] { options.wait = PublishOptions::Wait::No; }, "do not wait for the first data");
    publish.add_flag_callback(
        "--again", [&options] { options.repeat = PublishOptions::Repeat::Yes; }, "publish also what is published already");

    auto& act_options = all_.act;
    struct Verb {
      const char *name, *description;
      ProductActOptions::Act act;
    };
    for (const auto& verb : {Verb{"refresh", "take a new snapshot, and wait for it", ProductActOptions::Act::Refresh},
                             Verb{"deprecate", "readers stay, nobody new may ask", ProductActOptions::Act::Deprecate},
                             Verb{"reinstate", "a deprecated product is published again", ProductActOptions::Act::Reinstate},
                             Verb{"retire", "close the doors for good", ProductActOptions::Act::Retire}}) {
      auto& act = command(
          products, verb.name, verb.description, act_options.person,
          [&act_options, which = verb.act] {
            act_options.act = which;
            return act_on_product(act_options);
          },
          fmt::format("  weft products {} sales.emea/orders", verb.name));
      add_product(act, act_options.product);
    }
  }

  void add_watching() {
    auto& usage_options = all_.usage;
    auto& usage = command(
        app_, "usage", "who read how much", usage_options.person, [&usage_options] { return show_usage(usage_options); },
        "  weft usage\n"
        "  weft usage readers --product sales.emea/orders\n"
        "  weft usage days --from 2026-01-01 --to 2026-02-01 --all");
    usage.group(kOwn);
    usage.add_option("by", usage_options.by, "by what: domains, products, readers, hours or days")
        ->check(one_of({"domains", "products", "readers", "hours", "days"}))
        ->capture_default_str();
    usage.add_option("--domain", usage_options.domain, "only of this domain and those below it")->type_name("DOMAIN");
    usage.add_option("--product", usage_options.product, "only of this product; not by domains")->type_name("PRODUCT");
    usage.add_option("--from", usage_options.from, "from this day or time on")->type_name("WHEN")->check(day_or_time);
    usage.add_option("--to", usage_options.to, "before this day or time")->type_name("WHEN")->check(day_or_time);
    usage.add_flag_callback(
        "--rollup", [&usage_options] { usage_options.rollup = UsageOptions::Rollup::Yes; }, "each domain with all below it; by domains");
    add_list_options(usage, usage_options.list);

    auto& runs_options = all_.runs;
    auto& runs = command(
        app_, "runs", "runs of your domains, newest first, or one with its log", runs_options.person,
        [&runs_options] { return show_runs(runs_options); },
        "  weft runs --state failed\n"
        "  weft runs --product sales.emea/orders --limit 5\n"
        "  weft runs 01932f60-1e5b-7cc1-9c0f-3d8f6ad0b5b1");
    runs.group(kOwn);
    runs.add_option("id", runs_options.id, "one of them, with its log");
    runs.add_option("--domain", runs_options.domain, "only of this domain and those below it")->type_name("DOMAIN");
    runs.add_option("--product", runs_options.product, "only of this product")->type_name("PRODUCT");
    add_word(runs, "--state", runs_options.state, {"queued", "running", "succeeded", "failed", "cancelled"})->type_name("STATE");
    add_list_options(runs, runs_options.list);
  }

  CLI::App& app_;
  PersonCommands& all_;
  Result<void>& outcome_;
};

}  // namespace

void add_person_commands(CLI::App& app, PersonCommands& options, Result<void>& outcome) { Adder(app, options, outcome).add(); }

}  // namespace weft
