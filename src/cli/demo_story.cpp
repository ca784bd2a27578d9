#include "cli/demo_story.h"

namespace weft {

const std::vector<DemoPerson>& demo_people() {
  static const std::vector<DemoPerson> people = {
      {kDemoAdministrator, {"domain-administrator"}},
      {"olivia", {"domain-owner"}},
      {"rafael", {"domain-owner", "governance"}},
      {"wanda", {"domain-owner"}},
      {"grace", {"governance"}},
      {"gustav", {"governance"}},
      {kDemoReader, {"data-user"}},
      {"dev", {"data-user"}},
      {"nina", {"data-user"}},
  };
  return people;
}

const std::vector<DemoDomain>& demo_domains() {
  static const std::vector<DemoDomain> domains = {
      {"", "aviation", "Aviation", "Everything about flying from New York City.", {"olivia"}},
      {"aviation", "operations", "Flight operations", "Departures, arrivals and their delays.", {"olivia"}},
      {"aviation", "reference", "Reference data", "Airlines, airports and planes, kept for everybody.", {"rafael"}},
      {"", "environment", "Environment", "What surrounds us and can be measured.", {"wanda"}},
      {"environment", "weather", "Weather", "Hourly observations at the airports of New York City.", {"wanda"}},
  };
  return domains;
}

const std::vector<DemoTable>& demo_tables() {
  static const std::vector<DemoTable> tables = {
      {"aviation.operations", "olivia", "flights", "Flights 2013",
       "One row is one departure from JFK, LGA or EWR in 2013, with planned and actual times."},
      {"aviation.reference", "rafael", "airlines", "Airlines", "One row is one carrier: its two-letter code and its name."},
      {"aviation.reference", "rafael", "airports", "Airports", "One row is one airport in the United States, with position and time zone."},
      {"aviation.reference", "rafael", "planes", "Planes", "One row is one plane by its tail number, as registered with the FAA."},
      {"environment.weather", "wanda", "weather", "Weather 2013", "One row is one hour at one of the three airports."},
  };
  return tables;
}

const std::vector<DemoView>& demo_views() {
  static const std::vector<DemoView> views = {
      {"aviation.operations",
       "olivia",
       "daily_delays",
       "Daily delays",
       "One row is one day at one airport: how many flights left, and how late.",
       "SELECT make_date(CAST(year AS BIGINT), CAST(month AS BIGINT), CAST(day AS BIGINT)) AS day, origin, count(*) AS flights, "
       "count(*) FILTER (WHERE dep_time IS NULL) AS cancelled, round(avg(dep_delay), 1) AS mean_departure_delay, "
       "round(avg(arr_delay), 1) AS mean_arrival_delay FROM flights GROUP BY ALL ORDER BY day, origin",
       {{"flights", "aviation.operations/flights", ""}}},
  };
  return views;
}

const std::vector<DemoProduct>& demo_products() {
  static const std::vector<DemoProduct> products = {
      {"aviation.operations",
       "olivia",
       "flights",
       "flights",
       "Flights from New York City",
       "Every flight that left New York City in 2013: one row a departure, 336,776 in all, with planned and actual times, delays, carrier, "
       "plane and route.",
       {"flights", "punctuality"},
       {{"flights", "aviation.operations/flights", ""}},
       ""},
      {"aviation.operations",
       "olivia",
       "daily-delays",
       "daily_delays",
       "Daily delays by airport",
       "How many flights left each airport of New York City on each day of 2013, how many were cancelled, and how late they were on "
       "average.",
       {"punctuality"},
       {{"daily_delays", "aviation.operations/daily_delays", ""}},
       ""},
      {"aviation.reference",
       "rafael",
       "airlines",
       "airlines",
       "Airlines",
       "The carriers that flew from New York City: code and name.",
       {"reference"},
       {{"airlines", "aviation.reference/airlines", ""}},
       ""},
      {"aviation.reference",
       "rafael",
       "airports",
       "airports",
       "Airports of the United States",
       "Code, name, position, altitude and time zone of 1,458 airports.",
       {"reference", "geography"},
       {{"airports", "aviation.reference/airports", ""}},
       ""},
      {"aviation.reference",
       "rafael",
       "planes",
       "planes",
       "Planes",
       "Year of build, type, maker, model, engines and seats of each plane, by tail number.",
       {"reference"},
       {{"planes", "aviation.reference/planes", ""}},
       ""},
      {"environment.weather",
       "wanda",
       "weather",
       "weather",
       "Hourly weather at the airports",
       "Temperature, dew point, humidity, wind, precipitation, pressure and visibility, hour by hour in 2013.",
       {"weather"},
       {{"weather", "environment.weather/weather", ""}},
       ""},
      {"environment.weather",
       "wanda",
       "weather-delays",
       "weather_delays",
       "Delays and the weather",
       "How late flights left in each hour at each airport, beside the weather of that hour. Built on the flights of aviation.operations.",
       {"weather", "punctuality"},
       {{"flights", "", kDemoFlightsPort}, {"weather", "environment.weather/weather", ""}},
       "SELECT w.origin, w.time_hour, w.temp, w.wind_speed, w.precip, w.visib, count(*) AS flights, round(avg(f.dep_delay), 1) AS "
       "mean_departure_delay "
       "FROM flights f JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour GROUP BY ALL ORDER BY w.origin, w.time_hour",
       true},
  };
  return products;
}

const std::vector<DemoSubscription>& demo_subscriptions() {
  static const std::vector<DemoSubscription> subscriptions = {
      {"aviation.operations/flights",
       "dana",
       "Punctuality report for the city's transport office.",
       "",
       "approved",
       "grace",
       "Fine for the whole year.",
       "",
       {}},
      {"aviation.reference/airports", "dana", "Map of destinations.", "", "approved", "gustav", "", "", {}},
      {"aviation.operations/flights",
       "dev",
       "A model of delays at JFK.",
       "",
       "approved",
       "gustav",
       "JFK only, without planes and times of day.",
       "origin=eq.JFK",
       {"tailnum", "hour", "minute"}},
      {"aviation.operations/daily-delays", "dev", "Curiosity.", "", "rejected", "grace", "Please say what it is for.", "", {}},
      {"environment.weather/weather", "dev", "Weather as a feature of the delay model.", "", "pending", "", "", "", {}},
      {"environment.weather/weather",
       "dana",
       "Did the storm of March delay anybody?",
       "",
       "revoked",
       "grace",
       "For this question only.",
       "",
       {}},
      {"aviation.operations/flights",
       "wanda",
       "To show how weather delays flights.",
       "environment.weather",
       "approved",
       "grace",
       "",
       "",
       {}},
  };
  return subscriptions;
}

}  // namespace weft
