// Running the built program as its users do.

import Foundation
import Testing

/// What a run of the program gave.
struct CommandResult {
  /// The exit status; 128 + signal if a signal ended it.
  var status: Int32
  /// What it printed.
  var output: String
  /// What it said besides.
  var messages: String

  /// The output as a JSON object; an issue is recorded if it is not exactly one.
  func json(sourceLocation: SourceLocation = #_sourceLocation) throws -> [String: Any] {
    #expect(
      output.hasSuffix("\n") && output.dropLast().count { $0 == "\n" } == 0,
      "one line", sourceLocation: sourceLocation)
    let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
    return try #require(object as? [String: Any], sourceLocation: sourceLocation)
  }
}

/// The built program and a folder for its files, which disappears with the value.
final class Command {

  /// The folder.
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "/spikec-command-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// The program, which lies beside the bundle of the tests.
  private static func program() throws -> URL {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    var place = URL(fileURLWithPath: tests).deletingLastPathComponent()
    for _ in 0..<4 {
      let candidate = place.appendingPathComponent("spikec")
      if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
      place.deleteLastPathComponent()
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Prepares a run of the program with the given arguments, in `folder`.
  func process(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = try Self.program()
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    return process
  }

  /// Runs the program with the given arguments, in `folder`.
  func callAsFunction(_ arguments: String...) throws -> CommandResult {
    try self(arguments)
  }

  /// Runs the program with the given arguments, in `folder`.
  func callAsFunction(_ arguments: [String]) throws -> CommandResult {
    let process = try process(arguments)
    let (output, messages) = (try file("stdout"), try file("stderr"))
    process.standardOutput = output
    process.standardError = messages
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let result = CommandResult(
      status: process.terminationReason == .exit
        ? process.terminationStatus : 128 + process.terminationStatus,
      output: try contents("stdout"), messages: try contents("stderr"))
    try FileManager.default.removeItem(atPath: folder + "/stdout")
    try FileManager.default.removeItem(atPath: folder + "/stderr")
    return result
  }

  /// Creates the file `name` for writing.
  private func file(_ name: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: "\(folder)/\(name)", contents: nil)
    return try #require(FileHandle(forWritingAtPath: "\(folder)/\(name)"))
  }

  private func contents(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")), as: UTF8.self)
  }

  /// Writes a file in the folder.
  func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  /// The names in the folder, sorted.
  var names: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder).sorted()) ?? []
  }
}

/// Returns the path of a file of the repository.
func repositoryFile(_ path: String) -> String {
  var place = URL(fileURLWithPath: #filePath)
  for _ in 0..<3 { place.deleteLastPathComponent() }
  return place.appendingPathComponent(path).path
}
