import Agent
import NIOCore
import NIOPosix
import Store

/// The loops that nothing goes on without, for the watchdog: the dispatcher's, the store's one connection, and every
/// event loop of the listeners.
enum MainLoops {
  static func all(dispatcher: Dispatcher, store: SQLiteStore) -> [Watchdog.Loop] {
    var loops = [
      Watchdog.Loop("dispatcher") { await dispatcher.comeRound() },
      Watchdog.Loop("store") { await store.comeRound() },
    ]
    for (number, loop) in MultiThreadedEventLoopGroup.singleton.makeIterator().enumerated() {
      loops.append(Watchdog.Loop("events-\(number + 1)") { try? await loop.submit {}.get() })
    }
    return loops
  }
}
