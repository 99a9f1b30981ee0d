// The one place where work is spread over processors.

internal import CKernels
internal import Dispatch
internal import Synchronization

/// The number of processors that the process may use.
public var processorCount: Int { Int(spikec_processor_count()) }

/// Calls `body` once for each worker, 0 ..< `workers`, at the same time, and waits for all.
///
/// What a worker does may depend on its number only through the scratch memory it uses: results
/// must not depend on how work is spread.
public func withWorkers(_ workers: Int, _ body: @Sendable (_ worker: Int) -> Void) {
  guard workers > 1 else { return body(0) }
  DispatchQueue.concurrentPerform(iterations: workers, execute: body)
}

/// Calls `body` once for each item, 0 ..< `count`, spread over `workers` workers that take the
/// next item when they have finished one.
///
/// - Parameters:
///   - count: the number of items.
///   - workers: the number of workers, at least 1.
///   - body: is given the worker's number, for its scratch memory, and the item.
public func forEachItem(
  _ count: Int, workers: Int, _ body: @Sendable (_ worker: Int, _ item: Int) -> Void
) {
  let next = Atomic<Int>(0)
  withWorkers(max(1, min(workers, count))) { worker in
    while true {
      let item = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard item < count else { return }
      body(worker, item)
    }
  }
}
