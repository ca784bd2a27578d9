// Takes a coroutine from its I/O thread to a pool and back.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "platform/http/pool.h"

namespace weft::http {

enum class Turn {
  New,   // uses the place that try_reserve() took
  More,  // of a request that was let in before
};

// Runs `work` on the pool; the coroutine goes on, on its own thread, when it has ended.
// REQUIRES: work is noexcept.
template <typename Work>
boost::asio::awaitable<void> run_on(WorkPool& pool, Turn turn, Work work) {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto start = [&pool, turn, &work, executor](auto resume) {
    auto task = [&work, executor, resume = std::move(resume)]() mutable noexcept {
      work();
      boost::asio::post(executor, std::move(resume));
    };
    if (turn == Turn::New) {
      pool.run_new(std::move(task));
    } else {
      pool.run_more(std::move(task));
    }
  };
  co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(start), boost::asio::use_awaitable);
}

}  // namespace weft::http
