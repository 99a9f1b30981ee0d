// The pixels of a PNG image: decompression, filters, interlacing, widening to bytes.

internal import Archive
internal import Diagnostics

/// A pass over the image: every pixel, or one of the seven of Adam7.
private struct Pass {
  var firstColumn: Int
  var firstRow: Int
  var columnStep: Int
  var rowStep: Int

  static let whole = [Pass(firstColumn: 0, firstRow: 0, columnStep: 1, rowStep: 1)]

  static let adam7 = [
    Pass(firstColumn: 0, firstRow: 0, columnStep: 8, rowStep: 8),
    Pass(firstColumn: 4, firstRow: 0, columnStep: 8, rowStep: 8),
    Pass(firstColumn: 0, firstRow: 4, columnStep: 4, rowStep: 8),
    Pass(firstColumn: 2, firstRow: 0, columnStep: 4, rowStep: 4),
    Pass(firstColumn: 0, firstRow: 2, columnStep: 2, rowStep: 4),
    Pass(firstColumn: 1, firstRow: 0, columnStep: 2, rowStep: 2),
    Pass(firstColumn: 0, firstRow: 1, columnStep: 1, rowStep: 2),
  ]

  /// The number of columns of the pass in an image of the given width.
  func columns(of width: Int) -> Int {
    (width - firstColumn + columnStep - 1) / columnStep
  }

  /// The number of rows of the pass in an image of the given height.
  func rows(of height: Int) -> Int {
    (height - firstRow + rowStep - 1) / rowStep
  }
}

extension PNGChunks {

  /// Returns the samples, [height, width, channels] in row-major order, 16-bit ones big-endian.
  ///
  /// - Throws: `data.bad-compression`, or `data.bad-png` if there are too few or too many bytes, an
  ///   unknown filter, or a color outside of the palette.
  func pixels(name: String) throws(Diagnostic) -> [UInt8] {
    let passes = header.isInterlaced ? Pass.adam7 : Pass.whole
    var expected = 0
    for pass in passes {
      let columns = pass.columns(of: header.width)
      if columns > 0 { expected += pass.rows(of: header.height) * (1 + rowBytes(columns)) }
    }
    let inflated = try decompress(data, .zlib, limit: expected, name: name)
    guard inflated.bytes.count == expected, inflated.isComplete else {
      throw .badPNG(name, "more or fewer pixels than the header says")
    }
    var raw = inflated.bytes
    var result = [UInt8](
      repeating: 0, count: header.shape.reduce(header.kind.byteCount, *))
    var position = 0
    for pass in passes where pass.columns(of: header.width) > 0 {
      try unpack(pass, &raw, at: &position, into: &result, name: name)
    }
    return result
  }

  /// The number of bytes of a stored row of `columns` pixels.
  private func rowBytes(_ columns: Int) -> Int {
    (columns * header.bitsPerPixel + 7) / 8
  }

  /// Undoes the filters of one pass of `raw` in place and spreads its pixels over `result`.
  private func unpack(
    _ pass: Pass, _ raw: inout [UInt8], at position: inout Int, into result: inout [UInt8],
    name: String
  ) throws(Diagnostic) {
    let columns = pass.columns(of: header.width)
    let length = rowBytes(columns)
    let pixelBytes = header.channels * header.kind.byteCount
    var previous: Int?
    for row in 0..<pass.rows(of: header.height) {
      let start = position + 1
      guard
        unfilter(
          &raw, raw[position], at: start, length, previous: previous,
          distance: max(1, header.bitsPerPixel / 8))
      else { throw .badPNG(name, "unknown filter \(raw[position])") }
      let line = (pass.firstRow + row * pass.rowStep) * header.width
      for column in 0..<columns {
        let target = (line + pass.firstColumn + column * pass.columnStep) * pixelBytes
        guard write(pixel: column, of: raw, at: start, to: &result, at: target) else {
          throw .badPNG(name, "a pixel has a color outside of the palette")
        }
      }
      previous = start
      position += 1 + length
    }
  }

  /// Writes a pixel of the row of `raw` at `start`; returns `false` if its color does not exist.
  private func write(
    pixel column: Int, of raw: [UInt8], at start: Int, to result: inout [UInt8], at target: Int
  ) -> Bool {
    if header.depth >= 8 && header.color != .palette {
      let size = header.bitsPerPixel / 8
      for i in 0..<size { result[target + i] = raw[start + column * size + i] }
      return true
    }
    let bit = column * header.depth
    let mask = UInt8(truncatingIfNeeded: 1 << header.depth - 1)
    let value = raw[start + bit / 8] >> UInt8(8 - header.depth - bit % 8) & mask
    guard header.color == .palette else {
      result[target] = value * (255 / mask)
      return true
    }
    let entry = Int(value) * 3
    guard entry + 3 <= palette.count else { return false }
    for i in 0..<3 { result[target + i] = palette[entry + i] }
    return true
  }
}

/// Undoes the filter of a row in place; returns `false` if there is no such filter.
///
/// - Parameters:
///   - raw: the rows.
///   - filter: the filter's number.
///   - start: where the row begins.
///   - length: the row's length, bytes.
///   - previous: where the row above begins, already without its filter; `nil` for the first row.
///   - distance: the bytes from a sample to the same one of the pixel to the left.
/// - Returns: whether the filter exists.
/// - Source: W3C, Portable Network Graphics specification, third edition, section 9.2.
private func unfilter(
  _ raw: inout [UInt8], _ filter: UInt8, at start: Int, _ length: Int, previous: Int?,
  distance: Int
) -> Bool {
  guard filter <= 4 else { return false }
  for i in 0..<(filter == 0 ? 0 : length) {
    let left = i >= distance ? raw[start + i - distance] : 0
    let above = previous.map { raw[$0 + i] } ?? 0
    let predicted: UInt8
    switch filter {
    case 1: predicted = left
    case 2: predicted = above
    case 3: predicted = UInt8((Int(left) + Int(above)) / 2)
    default:
      let corner = i >= distance ? previous.map { raw[$0 + i - distance] } ?? 0 : 0
      predicted = paeth(left, above, corner)
    }
    raw[start + i] &+= predicted
  }
  return true
}

/// Returns the one of three neighbors that is nearest to left + above − corner.
private func paeth(_ left: UInt8, _ above: UInt8, _ corner: UInt8) -> UInt8 {
  let estimate = Int(left) + Int(above) - Int(corner)
  let toLeft = abs(estimate - Int(left))
  let toAbove = abs(estimate - Int(above))
  let toCorner = abs(estimate - Int(corner))
  if toLeft <= toAbove && toLeft <= toCorner { return left }
  return toAbove <= toCorner ? above : corner
}
