#include "platform/http/io_thread.h"

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <vector>

namespace weft::http {

namespace asio = boost::asio;

IoThread::IoThread(std::chrono::milliseconds tick)
    : tick_(tick), work_(asio::make_work_guard(context_)), thread_([this] {
        pthread_setname_np(pthread_self(), "http-io");
        context_.run();
      }) {}

IoThread::~IoThread() { stop(); }

void IoThread::add(LiveConnection& connection) {
  live_.insert(&connection);
  if (!sweeping_) schedule_sweep();
}

// One timer for all connections: setting a deadline is then storing a number.
void IoThread::schedule_sweep() {
  sweeping_ = true;
  sweep_.expires_after(tick_);
  sweep_.async_wait([this](boost::system::error_code cancelled) {
    if (cancelled || live_.empty()) {
      sweeping_ = false;
      return;
    }
    const auto now = std::chrono::steady_clock::now();
    for (auto* connection : live_) connection->expire_if_due(now);
    schedule_sweep();
  });
}

void IoThread::ask_idle_to_leave() {
  asio::post(context_, [this] {
    for (auto* connection : live_) connection->leave_if_idle();
  });
}

void IoThread::cut_all() {
  asio::post(context_, [this] {
    for (auto* connection : live_) connection->cut();
  });
}

void IoThread::stop() {
  work_.reset();
  asio::post(context_, [this] { sweep_.cancel(); });
  if (thread_.joinable()) thread_.join();
}

}  // namespace weft::http
