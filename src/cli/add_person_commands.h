// How the commands of people are written on a command line.
#pragma once

#include <CLI/App.hpp>

#include "cli/person_command.h"

namespace weft {

// What they were told. Lives as long as the command line is parsed.
struct PersonCommands {
  LoginOptions login;
  PersonOptions person;
  ListOptions list;
  SearchOptions search;
  ShowOptions show;
  RequestOptions request;
  RequestsOptions requests;
  DecideOptions decide;
  EndOptions end;
  ReadOptions read;
  ProductsOptions products;
  PublishOptions publish;
  ProductActOptions act;
  UsageOptions usage;
  RunsOptions runs;
};

// REQUIRES: `options` and `outcome` outlive `app`'s parsing.
void add_person_commands(CLI::App& app, PersonCommands& options, Result<void>& outcome);

}  // namespace weft
