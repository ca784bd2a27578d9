// One client's socket from accept to close.
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include "platform/http/io_thread.h"
#include "platform/http/server_state.h"

namespace weft::http {

// Beyond max_connections a client is still told so, if only in a 503.
enum class Room { Free, Full };

// Takes over an accepted socket that belongs to the thread's event loop. Counts itself in `state` until it has ended.
// REQUIRES: state and thread live until state.connections() is 0.
void start_connection(ServerState& state, IoThread& thread, boost::asio::ip::tcp::socket socket, Room room);

}  // namespace weft::http
