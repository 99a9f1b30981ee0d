// Texts as JSON values: the parser's interface, its errors and limits.

/// Why a text is not JSON.
package struct JSONError: Error, Hashable {

  /// What was found or expected, lower case.
  package var message: String

  /// The offset of the byte at which it was found.
  package var offset: Int

  /// Returns the place in `text`, from which the error came, as people count.
  ///
  /// - Parameter text: the text that was parsed.
  /// - Returns: the line and the column, from 1, and the line itself.
  package func position(in text: String) -> (line: Int, column: Int, source: String) {
    let bytes = Array(text.utf8)
    let offset = min(max(offset, 0), bytes.count)
    let lineBreak = UInt8(ascii: "\n")
    let before = bytes[..<offset]
    let start = before.lastIndex(of: lineBreak).map { $0 + 1 } ?? 0
    let end = bytes[offset...].firstIndex(of: lineBreak) ?? bytes.count
    let column = String(decoding: bytes[start..<offset], as: UTF8.self).unicodeScalars.count + 1
    return (
      before.count { $0 == lineBreak } + 1, column,
      String(decoding: bytes[start..<end], as: UTF8.self)
    )
  }
}

extension JSON {

  /// Parses `text`.
  ///
  /// - Throws: where and why `text` is not JSON, or that it is nested deeper than `depthLimit` or
  ///   would take more memory than `memoryLimit` and the size of the text.
  package init(parsing text: String) throws(JSONError) {
    var parser = JSONParser(text)
    self = try parser.parse()
  }

  /// Parses `text` and finds the members whose name their object has before them.
  ///
  /// - Parameter text: the text.
  /// - Returns: the value, in which the last of equal names counts, and the JSON pointers of those
  ///   members, at most a hundred.
  /// - Throws: as `init(parsing:)`.
  package static func parseFindingDuplicates(
    _ text: String
  ) throws(JSONError) -> (value: JSON, duplicates: [String]) {
    var parser = JSONParser(text, recordsDuplicates: true)
    let value = try parser.parse()
    return (value, parser.duplicates)
  }

  /// The deepest nesting accepted: five levels for each model inside a model.
  package static let depthLimit = 200

  /// What the values of a text may take in memory beyond its size, bytes.
  ///
  /// A text of two bytes a value would take forty times its size. Networks of thousands of layers
  /// take a tenth of this.
  package static let memoryLimit = 64 << 20
}

extension String {

  /// Returns the JSON pointer of the member or element `name` of the value at this pointer.
  ///
  /// - Source: RFC 6901, section 3.
  package func jsonPointer(appending name: String) -> String {
    var result = self + "/"
    for character in name.unicodeScalars {
      switch character {
      case "~": result += "~0"
      case "/": result += "~1"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
