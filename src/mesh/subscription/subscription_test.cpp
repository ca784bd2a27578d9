#include "mesh/subscription/subscription.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

using State = SubscriptionState;

constexpr State kStates[] = {State::Pending, State::Approved, State::Rejected, State::Withdrawn,
                             State::Revoked, State::Returned, State::Expired};
const Timestamp kNow{1'772'366'400'000'000};
const OwnerName kGrace{UserId("grace"), "grace"}, kRafael{UserId("rafael"), "rafael"};

Subscription in_state(State state) {
  Subscription subscription;
  subscription.state = state;
  subscription.product_domain = "sales.emea";
  subscription.requester = UserId("dana");
  subscription.subject.user = UserId("dana");
  subscription.version = 3;
  return subscription;
}

std::string error_of(const auto& result) { return result ? "" : result.error().id; }

TEST(SubscriptionTest, EndsOnlyFromWhereItMay) {
  const struct {
    Ending ending;
    State from, to;
  } ways[] = {{Ending::Withdraw, State::Pending, State::Withdrawn},
              {Ending::Revoke, State::Approved, State::Revoked},
              {Ending::Return, State::Approved, State::Returned},
              {Ending::Expire, State::Approved, State::Expired}};
  for (const auto& [ending, from, to] : ways) {
    for (const auto state : kStates) {
      auto before = in_state(state);
      before.comment = "Fine.";
      const auto by = ending == Ending::Expire ? std::nullopt : std::optional(kRafael);
      const auto ended = end(before, ending, "Done.", by, kNow);
      if (state != from) {
        EXPECT_EQ(error_of(ended), "subscription.already_decided") << to_text(state) << " → " << to_text(to);
        continue;
      }
      ASSERT_TRUE(ended);
      EXPECT_EQ(ended->state, to);
      EXPECT_EQ(ended->comment, "Fine.") << "that is the decision's";
      EXPECT_EQ(ended->end_reason, ending == Ending::Expire ? "The grant's end date has passed." : "Done.");
      EXPECT_EQ(ended->ended_by.has_value(), by.has_value());
      EXPECT_EQ(ended->ended_at, kNow);
      EXPECT_EQ(ended->version, 4);
    }
  }
}

TEST(SubscriptionTest, WhatRanOutHasEnded) {
  auto grant = in_state(State::Approved);
  grant.decided_by = kGrace;
  grant.limits = Limits{"", {}, kNow};
  for (const auto ending : {Ending::Revoke, Ending::Return}) {
    EXPECT_TRUE(end(grant, ending, "", kRafael, Timestamp{kNow.micros - 1}));
    const auto late = end(grant, ending, "", kRafael, kNow);
    EXPECT_EQ(error_of(late), "subscription.already_decided");
    EXPECT_EQ(late.error().kind, ErrorKind::Conflict);
    EXPECT_TRUE(late.error().message.starts_with("The subscription is expired; only one that is approved")) << late.error().message;
  }
  EXPECT_EQ(end(grant, Ending::Expire, "", std::nullopt, kNow)->state, State::Expired) << "that is what notes it";
}

TEST(SubscriptionTest, IsDecidedOnceOnly) {
  for (const auto state : kStates) {
    const auto approved = decide(in_state(state), Decision::Approve, "", std::nullopt, kGrace, kNow);
    EXPECT_EQ(error_of(approved), state == State::Pending ? "" : "subscription.already_decided") << to_text(state);
  }
  const auto approved =
      decide(in_state(State::Pending), Decision::Approve, "Fine.", Limits{"a=eq.1", {"b"}, kNow.plus_seconds(1)}, kGrace, kNow);
  ASSERT_TRUE(approved);
  EXPECT_EQ(approved->state, State::Approved);
  EXPECT_EQ(approved->limits->row_filter, "a=eq.1");
  EXPECT_EQ(approved->decided_by->name, "grace");
  EXPECT_EQ(approved->decided_at, kNow);
  EXPECT_EQ(approved->ended_at, std::nullopt);
  const auto rejected = decide(in_state(State::Pending), Decision::Reject, "No need.", std::nullopt, kGrace, kNow);
  ASSERT_TRUE(rejected);
  EXPECT_EQ(rejected->ended_at, kNow);
}

TEST(SubscriptionTest, ADecisionMustMakeSense) {
  const struct {
    Decision decision;
    std::string comment;
    std::optional<Limits> limits;
    std::string field;
  } cases[] = {{Decision::Reject, "", std::nullopt, "comment"},
               {Decision::Reject, "No.", Limits{}, "limits"},
               {Decision::Approve, "", Limits{"", {}, kNow}, "limits.ends_at"},
               {Decision::Approve, "", Limits{"", {}, Timestamp{kNow.micros - 1}}, "limits.ends_at"}};
  for (const auto& [decision, comment, limits, field] : cases) {
    const auto decided = decide(in_state(State::Pending), decision, comment, limits, kGrace, kNow);
    ASSERT_FALSE(decided) << field;
    EXPECT_EQ(decided.error().fields.at(0).field, field);
  }
}

TEST(SubscriptionTest, NobodyDecidesOnWhatIsHis) {
  auto of_domain = in_state(State::Pending);
  of_domain.subject = {std::nullopt, DomainId("r"), "reader.team"};
  const struct {
    Principal who;
    Subscription subscription;
    std::string error;
  } cases[] = {
      {{UserId("grace"), "grace", Role::Governance, {}}, in_state(State::Pending), ""},
      {{UserId("ada"), "ada", Role::DomainAdministrator, {}}, in_state(State::Pending), "subscription.not_governance"},
      {{UserId("dana"), "dana", Role::Governance, {}}, in_state(State::Pending), "subscription.own_request"},
      {{UserId("rita"), "rita", Role::Governance | Role::DomainOwner, {"sales"}}, in_state(State::Pending), "subscription.own_product"},
      {{UserId("rita"), "rita", Role::Governance | Role::DomainOwner, {"sales.emea.west"}}, in_state(State::Pending), ""},
      {{UserId("rita"), "rita", Role::Governance, {"sales"}}, in_state(State::Pending), ""},  // ownership counts with its role
      {{UserId("rita"), "rita", Role::Governance | Role::DomainOwner, {"reader"}}, of_domain, "subscription.own_request"},
      {{UserId("rita"), "rita", Role::Governance | Role::DomainOwner, {"elsewhere"}}, of_domain, ""},
  };
  for (const auto& [who, subscription, error] : cases)
    EXPECT_EQ(error_of(may_decide(subscription, who)), error) << who.name << " " << error;
}

TEST(SubscriptionTest, GivesARightOnlyWhileApprovedAndNotOver) {
  for (const auto state : kStates) EXPECT_EQ(in_force(in_state(state), kNow), state == State::Approved) << to_text(state);
  auto ending = in_state(State::Approved);
  ending.limits = Limits{"", {}, kNow};
  EXPECT_TRUE(in_force(ending, Timestamp{kNow.micros - 1}));
  EXPECT_FALSE(in_force(ending, kNow));
  ending.limits->ends_at.reset();
  EXPECT_TRUE(in_force(ending, kNow));
}

TEST(SubscriptionTest, IsShownWithItsSubjectAndLimits) {
  auto subscription = in_state(State::Approved);
  subscription.limits = Limits{"", {"b"}, std::nullopt};
  auto object = to_json(subscription);
  EXPECT_EQ(object.at("subject").at("type"), "user");
  EXPECT_EQ(object.at("limits").at("row_filter"), nullptr);
  EXPECT_EQ(object.at("limits").at("hidden_columns").as_array().size(), 1U);
  EXPECT_EQ(object.at("decided_by"), nullptr);
  subscription.subject = {std::nullopt, DomainId("d"), "reader"};
  subscription.limits.reset();
  object = to_json(subscription);
  EXPECT_EQ(object.at("subject").at("type"), "domain");
  EXPECT_EQ(object.at("limits"), nullptr);
  for (const auto state : kStates) EXPECT_EQ(parse_subscription_state(to_text(state)).value(), state);
  EXPECT_FALSE(parse_subscription_state("open"));
}

TEST(SubscriptionTest, IsShownWithItsDecisionAndItsEndApart) {
  auto subscription = in_state(State::Pending);
  for (const auto state : kStates) {
    const bool over = state == State::Withdrawn || state == State::Revoked || state == State::Returned || state == State::Expired;
    EXPECT_EQ(to_json(in_state(state)).at("ended").is_object(), over) << to_text(state);
  }
  const auto approved = decide(subscription, Decision::Approve, "Fine.", Limits{"", {}, kNow.plus_seconds(60)}, kGrace, kNow).value();
  const auto revoked = to_json(end(approved, Ending::Revoke, "Enough.", kRafael, kNow.plus_seconds(1)).value());
  EXPECT_EQ(revoked.at("comment"), "Fine.");
  EXPECT_EQ(revoked.at("decided_by").at("name"), "grace");
  EXPECT_EQ(revoked.at("ended_at"), revoked.at("ended").at("at"));
  EXPECT_EQ(revoked.at("ended").at("at"), json::value(to_rfc3339(kNow.plus_seconds(1))));
  EXPECT_EQ(revoked.at("ended").at("by").at("name"), "rafael");
  EXPECT_EQ(revoked.at("ended").at("reason"), "Enough.");
  // Whether or not anybody has come to note it.
  const auto ran_out = to_json(end(approved, Ending::Expire, "", std::nullopt, kNow.plus_seconds(99)).value());
  EXPECT_EQ(ran_out.at("ended"), to_json(as_of(approved, kNow.plus_seconds(60))).at("ended"));
  EXPECT_EQ(ran_out.at("ended").at("by"), nullptr);
  EXPECT_EQ(ran_out.at("ended").at("at"), json::value(to_rfc3339(kNow.plus_seconds(60))));
}

TEST(LimitsTest, TellWhetherOnePermitsAllOfAnother) {
  const std::optional<Limits> none;
  const Limits jfk{"origin=eq.JFK", {}, {}}, without_tail{"", {"tailnum"}, {}}, both{"origin=eq.JFK", {"tailnum"}, {}};
  const struct {
    std::optional<Limits> wider, narrower;
    bool permits;
  } cases[] = {
      {none, none, true},
      {none, both, true},
      {Limits{"", {}, kNow}, none, true},  // an end is looked at elsewhere
      {jfk, none, false},
      {jfk, jfk, true},
      {jfk, both, true},
      {both, jfk, false},
      {both, both, true},
      {without_tail, both, true},
      {without_tail, jfk, false},
      {jfk, Limits{"origin=eq.EWR", {}, {}}, false},
  };
  for (const auto& [wider, narrower, permits] : cases)
    EXPECT_EQ(permits_all_of(wider, narrower), permits) << json::serialize(to_json(wider)) << " and " << json::serialize(to_json(narrower));
}

}  // namespace
}  // namespace weft
