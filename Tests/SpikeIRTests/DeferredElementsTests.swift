import Diagnostics
import SpikeIR
import Synchronization
import Testing

@Suite("Deferred elements") struct DeferredElementsTests {

  @Test("are loaded when asked for, not before") func loading() throws {
    let loads = Counter()
    var store = TensorStore()
    let elements = DeferredElements(count: 3) { () throws(Diagnostic) in
      loads.increment()
      return [1, 2, 3]
    }
    let id = store.add(Tensor("w", shape: [3], data: .deferred(elements)))
    #expect(store[id].data.count == 3 && store[id].elementType == .float32)
    #expect(loads.value == 0)
    #expect(try store.floats(id) == [1, 2, 3])
    #expect(loads.value == 1)
    try store.materialize()
    #expect(store[id].data == .float32([1, 2, 3]))
    try store.materialize()
    #expect(loads.value == 2)
  }

  @Test("are changed while they are loaded") func mapping() throws {
    let elements = DeferredElements(count: 2) { () throws(Diagnostic) in [1, 2] }
    let doubled = elements.map(count: 4) { (x) throws(Diagnostic) in x + x }
    #expect(try doubled.load() == [1, 2, 1, 2])
    #expect(doubled != elements && elements == elements)
  }

  @Test("of another number than announced are refused, located at the tensor")
  func differentCount() {
    var store = TensorStore()
    let elements = DeferredElements(count: 3) { () throws(Diagnostic) in [1] }
    store.add(Tensor("w", shape: [3], data: .deferred(elements)))
    store.add(Tensor("u", shape: [3], data: .deferred(elements)))
    let problems = #expect(throws: CompileError.self) { try store.materialize() }?.diagnostics
    #expect(problems?.map(\.id) == ["ir.different-count", "ir.different-count"])
    #expect(problems?.map(\.site) == [.entity("w"), .entity("u")])
  }
}

/// A number that closures may count up.
private final class Counter: Sendable {
  private let count = Mutex(0)

  var value: Int { count.withLock { $0 } }

  func increment() { count.withLock { $0 += 1 } }
}
