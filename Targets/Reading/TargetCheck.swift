// What a schema cannot say of a description: that its numbers go together and have sources. The checks
// work on the file's values, so that one run finds these problems beside those of the structure; what
// has the wrong type is passed over here.

internal import Diagnostics
internal import JSONReading

/// A walk through a description's values.
struct TargetCheck {

  let file: String
  let root: JSON
  var problems: [Diagnostic] = []

  /// The keys of citations.
  private let sources: Set<String>

  init(_ root: JSON, file: String) {
    self.file = file
    self.root = root
    sources = Set(root["sources"]?.members?.keys.map { $0 } ?? [])
  }

  /// Finds what does not go together.
  mutating func run() {
    for (name, value) in (root.members ?? [:]).sorted(by: { $0.key < $1.key })
    where name != "sources" {
      checkEvidence(value, at: "".jsonPointer(appending: name))
    }
    checkTime()
    checkLevels()
    checkClasses()
    for (i, core) in (root["cores"]?.elements ?? []).enumerated() {
      checkCore(core, at: "/cores/\(i)")
    }
    checkEnergy()
  }

  mutating func report(
    _ id: String, _ pointer: String, _ found: String, expected: String, notes: [String] = []
  ) {
    guard problems.count < 100 else { return }
    problems.append(
      .targetMismatch(
        id, TargetPlace(file: file, pointer: pointer), found, expected: expected, notes: notes))
  }

  // MARK: Sources

  /// Checks that numbers below `value` have a source or a grade, and that sources are listed.
  private mutating func checkEvidence(_ value: JSON, at pointer: String) {
    for (i, element) in (value.elements ?? []).enumerated() {
      checkEvidence(element, at: "\(pointer)/\(i)")
    }
    guard let members = value.members else { return }
    if let keys = members["source"]?.string { checkSource(keys, at: pointer + "/source") }
    if let number = members["value"] { checkQuantity(number, members, at: pointer) }
    for (name, member) in members.sorted(by: { $0.key < $1.key }) {
      checkEvidence(member, at: pointer.jsonPointer(appending: name))
    }
  }

  private mutating func checkSource(_ keys: String, at pointer: String) {
    for key in keys.split(separator: ",", omittingEmptySubsequences: false) {
      let key = String(key.drop { $0 == " " })
      if !sources.contains(key) {
        report(
          "unknown-source", pointer, "'\(key)'",
          expected: "a key of 'sources': \(sources.sorted().joined(separator: ", "))")
      }
    }
  }

  private mutating func checkQuantity(
    _ value: JSON, _ members: [String: JSON], at pointer: String
  ) {
    guard let number = value.double else { return }
    if members["source"] == nil && members["grade"] == nil {
      report(
        "no-source", pointer, "a number alone", expected: "'source' or 'grade' beside 'value'",
        notes: ["a number of your own has the grade 'user'"])
    }
    if let least = members["min"]?.double, least > number {
      report("bad-range", pointer + "/min", "\(least)", expected: "at most 'value', \(number)")
    }
    if let most = members["max"]?.double, most < number {
      report("bad-range", pointer + "/max", "\(most)", expected: "at least 'value', \(number)")
    }
  }

  /// Checks that an object that describes something says who says so.
  mutating func checkSays(_ value: JSON?, at pointer: String) {
    guard let members = value?.members, members["source"] == nil, members["grade"] == nil else {
      return
    }
    report(
      "no-source", pointer, "a description alone", expected: "'source' or 'grade' in it",
      notes: ["a description of your own has the grade 'user'"])
  }

  // MARK: Time and arrangement

  private mutating func checkTime() {
    let time = root["time"]
    if time?["model"]?.string == "tick", time?["deliveryLatencySteps"] == nil {
      report(
        "missing-latency", "/time", "without 'deliveryLatencySteps'",
        expected: "the ticks after which a spike acts, for the model 'tick'")
    }
    checkAscending(time?["barrier"], by: "tiles", at: "/time/barrier")
    checkAscending(time?["chipBarrier"], by: "chips", at: "/time/chipBarrier")
  }

  /// Checks that the elements of a list ascend by a member.
  private mutating func checkAscending(_ list: JSON?, by member: String, at pointer: String) {
    var before = 0
    for (i, entry) in (list?.elements ?? []).enumerated() {
      guard let number = entry[member]?.int else { continue }
      if number <= before {
        report(
          "bad-order", "\(pointer)/\(i)/\(member)", "\(number)", expected: "more than \(before)")
      }
      before = number
    }
  }

  private mutating func checkLevels() {
    let levels = root["topology"]?["levels"]?.elements ?? []
    var (names, cores, total): (Set<String>, Int, Int) = ([], 1, 1)
    for (i, level) in levels.enumerated() {
      let pointer = "/topology/levels/\(i)"
      if let name = level["name"]?.string, !names.insert(name).inserted {
        report("duplicate-name", pointer + "/name", "'\(name)' again", expected: "another name")
      }
      guard let count = level["count"]?.int, count > 0 else { continue }
      total = total.saturatingProduct(count)
      if i > 0 { cores = cores.saturatingProduct(count) }
      if let grid = level["grid"]?.elements?.compactMap(\.int), grid.count == 2,
        grid.allSatisfy({ $0 > 0 }), grid[0].saturatingProduct(grid[1]) != count
      {
        report(
          "grid-mismatch", pointer + "/grid",
          "[\(grid[0]), \(grid[1])], \(grid[0].saturatingProduct(grid[1])) places",
          expected: "'count' places, \(count)")
      }
      checkJoined(
        level["joined"]?["value"]?.int, count, isOutermost: i == 0, at: pointer + "/joined")
      if level["assumed"] != .flag(true) { checkSays(level, at: pointer) }
    }
    checkSays(root["topology"]?["noc"], at: "/topology/noc")
    let (mostCores, mostTotal) = (1 << 20, 1 << 40)
    if cores > mostCores || total > mostTotal {
      report(
        "too-many-cores", "/topology/levels", "\(cores, of: "core") a chip, \(total) in all",
        expected: "at most \(mostCores) and \(mostTotal)")
    }
    let classes = (root["cores"]?.elements ?? []).map { $0["count"]?.int }
    let known = classes.compactMap { $0 }.filter { $0 > 0 }
    guard !levels.isEmpty, known.count == classes.count else { return }
    let sum = known.reduce(0) { $0.saturatingSum($1) }
    if sum != cores {
      report(
        "count-mismatch", "/cores", "\(sum, of: "core") of all kinds",
        expected: "\(cores), the product of the levels within a chip")
    }
  }

  /// Checks that only machines as a whole are joined, and that joining makes them no smaller.
  private mutating func checkJoined(
    _ joined: Int?, _ count: Int, isOutermost: Bool, at pointer: String
  ) {
    guard let joined else { return }
    if !isOutermost {
      report(
        "bad-order", pointer, "\(joined) on a level within another",
        expected: "'joined' on the outermost level")
    } else if joined < count {
      report("bad-order", pointer, "\(joined)", expected: "at least 'count', \(count)")
    }
  }

  // MARK: Kinds of cores

  private mutating func checkClasses() {
    var (names, places): (Set<String>, Set<Int>) = ([], [])
    let cores = root["cores"]?.elements ?? []
    let needsPlaces = cores.contains { $0["ids"] != nil }
    let most = cores.reduce(0) { $0.saturatingSum(max(0, $1["count"]?.int ?? 0)) }
    for (i, core) in cores.enumerated() {
      let pointer = "/cores/\(i)"
      if let like = core["like"]?.string, !names.contains(like) {
        report(
          "unknown-class", pointer + "/like", "'\(like)'",
          expected: names.isEmpty
            ? "a kind above it" : "one of \(names.sorted().joined(separator: ", "))")
      }
      if let name = core["class"]?.string, !names.insert(name).inserted {
        report("duplicate-name", pointer + "/class", "'\(name)' again", expected: "another name")
      }
      guard needsPlaces, let count = core["count"]?.int else { continue }
      let ids = core["ids"]?.elements?.compactMap(\.int) ?? []
      if ids.count != count {
        report(
          "count-mismatch", pointer + (core["ids"] == nil ? "" : "/ids"), "\(ids.count) places",
          expected: "'count' of them, \(count)")
      }
      for (k, id) in ids.enumerated() where id >= most || !places.insert(id).inserted {
        report(
          "bad-place", "\(pointer)/ids/\(k)", "\(id)",
          expected: id >= most ? "a place below \(most)" : "a place that no other core has")
      }
    }
  }
}
