// A value of a description that follows the schema: what is there has the type that the schema says.

internal import JSONReading

/// A value of a description, with who describes it.
struct TargetReader {

  /// The value; `nil` where it is absent.
  let json: JSON?

  init(_ json: JSON?) {
    self.json = json
  }

  subscript(key: String) -> TargetReader { TargetReader(json?[key]) }

  var isThere: Bool { json != nil && json != .null }

  var string: String? { json?.string }

  var int: Int? { json?.int }

  var flag: Bool { json?.bool ?? false }

  /// The elements, none where there is no list.
  var elements: [TargetReader] { json?.elements?.map { TargetReader($0) } ?? [] }

  /// The elements as whole numbers, `nil` where there is no list.
  var ints: [Int]? { json?.elements?.compactMap(\.int) }

  /// Two whole numbers, the smaller one first.
  var range: ClosedRange<Int>? {
    guard let pair = ints, pair.count == 2, pair[0] <= pair[1] else { return nil }
    return pair[0]...pair[1]
  }

  /// Returns the members, each read by `body`.
  func members<T>(_ body: (TargetReader) -> T) -> [String: T] {
    json?.members?.mapValues { body(TargetReader($0)) } ?? [:]
  }

  /// The word among those of `T`, `nil` where there is none.
  ///
  /// - Precondition: the schema's words are those of `T`.
  func word<T: RawRepresentable<String>>(_: T.Type = T.self) -> T? {
    guard let string else { return nil }
    guard let result = T(rawValue: string) else {
      preconditionFailure("internal: the schema has the word '\(string)', \(T.self) has not")
    }
    return result
  }

  /// The words among those of `T`.
  func words<T: RawRepresentable<String>>(_: T.Type = T.self) -> [T] {
    elements.compactMap { $0.word() }
  }

  /// The word among those of `T`, which the schema demands.
  func needed<T: RawRepresentable<String>>(_: T.Type = T.self) -> T {
    guard let result = word(T.self) else {
      preconditionFailure("internal: the schema lets a word of \(T.self) be absent")
    }
    return result
  }

  /// Who says so.
  var evidence: Evidence {
    Evidence(grade: self["grade"].word(), source: self["source"].string)
  }

  /// Returns the number with its source, `nil` where it is absent.
  ///
  /// - Parameters:
  ///   - unit: the unit of the place.
  ///   - evidence: who says so, for numbers alone.
  /// - Returns: the number.
  func quantity(_ unit: String? = nil, evidence: Evidence = Evidence()) -> Quantity? {
    guard let json else { return nil }
    if let number = json.double {
      return Quantity(number, unit: unit, grade: evidence.grade, source: evidence.source)
    }
    guard json.members != nil else { return nil }
    let own = self.evidence
    return Quantity(
      self["value"].json?.double, unit: self["unit"].string ?? unit, min: self["min"].json?.double,
      max: self["max"].json?.double, grade: own.isEmpty ? evidence.grade : own.grade,
      source: own.isEmpty ? evidence.source : own.source)
  }

  /// Returns the members as numbers with their sources.
  func quantities(_ unit: String? = nil, evidence: Evidence = Evidence()) -> [String: Quantity] {
    members { $0.quantity(unit, evidence: evidence) }.compactMapValues { $0 }
  }
}
