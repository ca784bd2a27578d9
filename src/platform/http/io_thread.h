// A thread that moves bytes: one event loop and the connections that live on it. No locks: all that belongs to a
// connection happens on its thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <thread>
#include <unordered_set>

#include "platform/http/server.h"

namespace weft::http {

// What may happen to a connection from outside. Called on its thread.
class LiveConnection {
 public:
  virtual ~LiveConnection() = default;
  virtual void expire_if_due(std::chrono::steady_clock::time_point now) = 0;
  virtual void leave_if_idle() = 0;  // for drain()
  virtual void cut() = 0;
};

class IoThread {
 public:
  // `tick`: how late a time-out may be noticed.
  explicit IoThread(std::chrono::milliseconds tick);
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;
  ~IoThread();

  [[nodiscard]] boost::asio::io_context& context() { return context_; }

  // On this thread.
  void add(LiveConnection& connection);
  void remove(LiveConnection& connection) { live_.erase(&connection); }

  // From any thread.
  void ask_idle_to_leave();
  void cut_all();
  // Ends the loop and waits for the thread. Idempotent.
  void stop();

 private:
  void schedule_sweep();

  const std::chrono::milliseconds tick_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::unordered_set<LiveConnection*> live_;
  boost::asio::steady_timer sweep_{context_};
  bool sweeping_ = false;
  std::thread thread_;
};

}  // namespace weft::http
