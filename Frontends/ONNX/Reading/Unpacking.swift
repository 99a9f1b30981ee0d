// The one place where libprotobuf-c is called.

internal import COnnxProto
internal import CProtobufC
internal import Diagnostics

/// A function of libprotobuf-c's generated code that unpacks a message.
typealias Unpacker<Message> = (
  UnsafeMutablePointer<ProtobufCAllocator>?, Int, UnsafePointer<UInt8>?
) -> UnsafeMutablePointer<Message>?

extension Skeleton {

  /// Returns what `body` makes of the unpacked message, which lives no longer than the call.
  ///
  /// - Throws: what `body` throws; `onnx.malformed` if the library finds a fault,
  ///   `onnx.too-many-parts` if the message takes too much memory.
  func unpacked<Message, Result>(
    by unpack: Unpacker<Message>, _ body: (Message) throws(Diagnostic) -> Result
  ) throws(Diagnostic) -> Result {
    var memory = onnx_memory()
    onnx_memory_init(&memory, 2 * Self.limit)
    // The library calls back with the address of `memory`: it must not move meanwhile.
    return try withUnsafeMutablePointer(to: &memory) { (memory) throws(Diagnostic) in
      memory.pointee.allocator.allocator_data = UnsafeMutableRawPointer(memory)
      let allocator = UnsafeMutableRawPointer(memory).assumingMemoryBound(
        to: ProtobufCAllocator.self)
      let message = bytes.withUnsafeBufferPointer { unpack(allocator, $0.count, $0.baseAddress) }
      guard let message else {
        throw memory.pointee.exhausted != 0
          ? .tooManyParts(limit: Self.limit) : .notUnpacked()
      }
      defer {
        protobuf_c_message_free_unpacked(
          UnsafeMutableRawPointer(message).assumingMemoryBound(to: ProtobufCMessage.self),
          allocator)
      }
      return try body(message.pointee)
    }
  }
}

/// Returns the text at `pointer`, empty if there is none.
func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}

/// Returns the `count` texts at `pointer`.
func texts(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ count: Int
) -> [String] {
  UnsafeBufferPointer(start: pointer, count: count).map { text($0) }
}

/// Returns the `count` messages at `pointer`.
func messages<Message>(
  _ pointer: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?, _ count: Int
) -> [Message] {
  UnsafeBufferPointer(start: pointer, count: count).compactMap { $0?.pointee }
}

/// Returns the `count` numbers at `pointer`.
func numbers<Number>(_ pointer: UnsafeMutablePointer<Number>?, _ count: Int) -> [Number] {
  Array(UnsafeBufferPointer(start: pointer, count: count))
}

extension ProtobufCBinaryData {

  /// The bytes as text; what is no UTF-8 is replaced.
  var text: String {
    String(decoding: UnsafeBufferPointer(start: data, count: len), as: UTF8.self)
  }
}
