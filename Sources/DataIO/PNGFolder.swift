// A folder of images as a set of samples, in natural order of their names.

internal import Archive
internal import Diagnostics
internal import FileReading
internal import Glibc
internal import SpikeIR

/// The PNG images in a folder, all of one size; pixels are read when asked for.
struct PNGFolder: Sendable {

  /// The paths of the images, in order.
  let paths: [String]

  /// What the images have in common: the shape [height, width, channels] after decoding.
  let shape: [Int]

  /// The type of the samples.
  let kind: ElementKind

  /// Lists the images in the folder at `path` and compares their headers.
  ///
  /// - Throws: `data.empty` if there is none, `data.odd-image` if one differs from the others,
  ///   `data.bad-png` if a header is damaged.
  init(path: String, sink: inout DiagnosticSink) throws(Diagnostic) {
    let names = try fileNames(in: path)
    let images = names.filter { $0.lowercased().hasSuffix(".png") }
    guard !images.isEmpty else { throw .noImages(path) }
    if images.count < names.count {
      sink.report(.notImages(path, names.count - images.count))
    }
    let folder = path.hasSuffix("/") ? path : path + "/"
    paths = images.sorted(by: precedesNaturally).map { folder + $0 }
    var formats: [Format: [String]] = [:]
    for path in paths {
      let file = try ReadableFile(path: path)
      let header = try PNGHeader(ByteSource(file).prefix(PNGHeader.size), name: path)
      formats[Format(shape: header.shape, kind: header.kind), default: []].append(path)
    }
    let usual = formats.max { ($0.value.count, $1.value[0]) < ($1.value.count, $0.value[0]) }
    guard let usual else { throw .noImages(path) }
    if let odd = formats.filter({ $0.key != usual.key }).min(by: { $0.value[0] < $1.value[0] }) {
      throw .oddImage(odd.value[0], "\(odd.key)", "\(usual.key)")
    }
    (shape, kind) = (usual.key.shape, usual.key.kind)
  }

  /// Returns image `i`.
  ///
  /// - Throws: `data.bad-png`, `data.bad-compression`, or `data.odd-image` if the file has changed.
  func image(_ i: Int) throws(Diagnostic) -> DataArray {
    let image = try DataArray.png(ByteSource(try ReadableFile(path: paths[i])))
    guard image.shape.extents == shape, image.kind == kind else {
      let found = Format(shape: image.shape.extents, kind: image.kind)
      throw .oddImage(paths[i], "\(found)", "\(Format(shape: shape, kind: kind))")
    }
    return image
  }
}

/// What all images of a set must share.
private struct Format: Hashable, CustomStringConvertible {
  var shape: [Int]
  var kind: ElementKind
  var description: String { "\(Shape(shape)) \(kind.rawValue)" }
}

/// Returns the names of the entries of the folder at `path`, hidden ones left out.
private func fileNames(in path: String) throws(Diagnostic) -> [String] {
  guard let folder = opendir(path) else { throw .cannotOpen(path, errno) }
  defer { closedir(folder) }
  var names: [String] = []
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names
}

/// Returns whether `a` comes before `b` when runs of digits are compared as numbers.
func precedesNaturally(_ a: String, _ b: String) -> Bool {
  var (x, y) = (Array(a.utf8)[...], Array(b.utf8)[...])
  while let c = x.first, let d = y.first {
    if isDigit(c) && isDigit(d) {
      let (m, n) = (x.prefix(while: isDigit), y.prefix(while: isDigit))
      let (p, q) = (m.drop { $0 == UInt8(ascii: "0") }, n.drop { $0 == UInt8(ascii: "0") })
      if p.count != q.count { return p.count < q.count }
      if !p.elementsEqual(q) { return p.lexicographicallyPrecedes(q) }
      (x, y) = (x[m.endIndex...], y[n.endIndex...])
    } else if c != d {
      return c < d
    } else {
      (x, y) = (x.dropFirst(), y.dropFirst())
    }
  }
  if x.isEmpty != y.isEmpty { return x.isEmpty }
  return a < b
}

private func isDigit(_ c: UInt8) -> Bool {
  UInt8(ascii: "0")...UInt8(ascii: "9") ~= c
}

extension Diagnostic {

  /// Returns an error about a folder without images.
  fileprivate static func noImages(_ path: String) -> Diagnostic {
    .error("data.empty", "the folder holds no PNG images", at: .file(path))
  }

  /// Returns a warning about files in a folder that are not read.
  fileprivate static func notImages(_ path: String, _ count: Int) -> Diagnostic {
    .warning(
      "data.not-images",
      "the folder has \(count, of: "entry", "entries") beside PNG images, not read",
      at: .file(path))
  }

  /// Returns an error about an image that differs from the others.
  fileprivate static func oddImage(_ path: String, _ found: String, _ others: String) -> Diagnostic
  {
    .error(
      "data.odd-image", "the image is \(found), the others are \(others)", at: .file(path),
      notes: ["all images of a set must have the same size and channels"])
  }
}
