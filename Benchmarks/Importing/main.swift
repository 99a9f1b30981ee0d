// Times the import of model files against reading their bytes, and measures its memory.
//
// Usage: importing FILE [FURTHER_FILE...]: a model, and files beside it that hold its weights.

internal import Diagnostics
internal import Glibc
internal import KerasFrontend
internal import ONNXFrontend
internal import PluginAPI
internal import SpikeIR

let paths = Array(CommandLine.arguments.dropFirst())
guard let path = paths.first else {
  print("usage: importing FILE [FURTHER_FILE...]")
  exit(64)
}

func seconds(_ body: () -> Void) -> Double {
  let duration = ContinuousClock().measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}

/// The largest memory that the process has had, bytes.
func peakMemory() -> Int {
  var usage = rusage()
  getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
  return usage.ru_maxrss * 1024
}

/// Imports the model with all its weights and returns their size, bytes.
func importModel() -> Int {
  var sink = DiagnosticSink()
  let frontend: any Frontend = path.hasSuffix(".onnx") ? ONNXFrontend() : KerasFrontend()
  do throws(CompileError) {
    var model = try frontend.load(path: path, options: ImportOptions(), sink: &sink)
    try model.graph.tensors.materialize()
    return model.graph.tensors.ids.reduce(0) { $0 + model.graph.tensors[$1].shape.count * 4 }
  } catch {
    print(error.diagnostics.map(\.message).joined(separator: "\n"))
    exit(65)
  }
}

/// Reads all bytes of the files into memory.
func readBytes() -> Int {
  var total = 0
  for path in paths {
    let file = open(path, O_RDONLY)
    let size = Int(lseek(file, 0, SEEK_END))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, size), alignment: 64)
    defer { buffer.deallocate() }
    var position = 0
    while position < size {
      let count = pread(
        file, buffer.baseAddress?.advanced(by: position), size - position, off_t(position))
      if count <= 0 { break }
      position += count
    }
    close(file)
    total += position
  }
  return total
}

// The best of five each, in turn, so that both meet the same state of the machine; the memory of
// the first import, before any other.
let before = peakMemory()
var weights = 0
var importing = seconds { weights = importModel() }
let peak = peakMemory() - before
var bytes = 0
var reading = seconds { bytes = readBytes() }
for _ in 0..<4 {
  importing = min(importing, seconds { weights = importModel() })
  reading = min(reading, seconds { bytes = readBytes() })
}

func rounded(_ x: Double) -> String {
  let hundredths = Int((x * 100).rounded())
  let digits = String(hundredths % 100)
  return "\(hundredths / 100).\(digits.count < 2 ? "0" : "")\(digits)"
}

print(
  String(path.split(separator: "/").last ?? ""), "\(weights / 4_000_000) M parameters",
  "import \(rounded(importing)) s", "reading \(rounded(reading)) s",
  "ratio \(rounded(importing / reading))",
  "peak memory / weights \(rounded(Double(peak) / Double(max(1, weights))))", separator: ", ")
