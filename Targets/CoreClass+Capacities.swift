// The capacities of a core as whole numbers, for all who count.

extension CoreClass {

  /// The names of resources that are a chip's, which its cores share.
  package static let sharedByChip: Set<String> = ["sdramBytes"]

  /// The capacities that are known, in whole units, by name; profiles of neurons are among them.
  package var capacities: [String: Int] {
    var result: [String: Int] = [:]
    for (name, quantity) in resources {
      guard let value = quantity.value else { continue }
      result[name] = Int(max(0, min(value.rounded(.down), 1e15)))
    }
    for (name, count) in neuron?.profiles ?? [:] { result["\(name)Profiles"] = count }
    return result
  }
}
