// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>

namespace tessera::cli {
namespace {

// A signal handler takes no argument of ours, so the token it sets has to be reachable from static storage.
std::atomic<CancelToken*> active_token{nullptr};
std::atomic<bool> cancelled_once{false};
static_assert(std::atomic<CancelToken*>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void on_stop_signal(int signal) {
  CancelToken* const token = active_token.load();
  if (token == nullptr || cancelled_once.exchange(true)) _exit(128 + signal);
  token->cancel(signal);
}

void set_action(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  // Reads and writes of ours must not fail half-way with EINTR: the job looks at the token between chunks.
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

SignalGuard::SignalGuard(CancelToken& token) {
  cancelled_once = false;
  active_token = &token;
  set_action(SIGINT, on_stop_signal);
  set_action(SIGTERM, on_stop_signal);
  set_action(SIGPIPE, SIG_IGN);
  set_action(SIGXFSZ, SIG_IGN);
}

SignalGuard::~SignalGuard() {
  set_action(SIGINT, SIG_DFL);
  set_action(SIGTERM, SIG_DFL);
  active_token = nullptr;
}

}  // namespace tessera::cli
