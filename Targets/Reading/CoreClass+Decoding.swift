// From values that follow the schema to the description: kinds of cores.

internal import JSONReading

extension CoreClass {

  /// Creates the kind that `reader` holds, with what it does not say as `model` has it.
  ///
  /// - Precondition: it follows the schema.
  init(_ reader: TargetReader, like model: CoreClass?) {
    name = reader["class"].string ?? ""
    count = reader["count"].int ?? 1
    ids = reader["ids"].ints
    resources = reader["resources"].quantities()
    accounting = reader["accounting"].isThere ? Accounting(reader["accounting"]) : model?.accounting
    neuron = reader["neuron"].isThere ? NeuronFeatures(reader["neuron"]) : model?.neuron
    synapse = reader["synapse"].isThere ? SynapseFeatures(reader["synapse"]) : model?.synapse
    analog = reader["analog"].isThere ? AnalogArray(reader["analog"]) : model?.analog
    operations = reader["ops"].isThere ? Operations(reader["ops"]) : model?.operations
  }
}

extension CoreClass.Accounting {

  fileprivate init(_ reader: TargetReader) {
    algorithm = reader["algorithm"].needed()
    evidence = reader.evidence
    parameters = reader["params"].quantities(evidence: reader.evidence)
    options = reader["options"].members { $0.string }.compactMapValues { $0 }
  }
}

extension Operations {

  fileprivate init(_ reader: TargetReader) {
    kinds = reader["kinds"].words()
    largestKernel = reader["kernelMax"].int
    strides = reader["strides"].ints
    paddings = reader["paddings"].ints
    pools = reader["pools"].ints
    mostChannels = reader["channelsMax"].int
    largestInput = reader["inputMax"].ints
    largestOutput = reader["outputMax"].ints
    mostDestinations = reader["destinationsMax"].int
    needsSquareKernels = reader["squareKernelOnly"].flag
    evidence = reader.evidence
  }
}

extension RegisterField {

  fileprivate init(_ reader: TargetReader) {
    bits = reader["bits"].int ?? 1
    isSigned = reader["signed"].flag
    overflow = reader["overflow"].word()
    scope = reader["scope"].word()
    shift = reader["shift"].int
    offset = reader["offset"].int
    min = reader["min"].int
    max = reader["max"].int
    evidence = reader.evidence
  }

  fileprivate static func optional(_ reader: TargetReader) -> RegisterField? {
    reader.isThere ? RegisterField(reader) : nil
  }
}

extension NeuronFeatures {

  fileprivate init(_ reader: TargetReader) {
    model = reader["model"].needed()
    state = reader["state"].members { RegisterField($0) }
    parameters = reader["params"].members { RegisterField($0) }
    comparison = reader["compare"].word()
    rounding = reader["rounding"].word()
    leak = reader["leak"].word()
    resets = reader["reset"].elements.map {
      Reset(
        mode: $0["mode"].needed(), neuronCost: $0["neuronCost"].int ?? 1,
        mostSpikesPerStep: $0["maxSpikesPerStep"].int)
    }
    refractory = reader["refractory"].range
    profiles = reader["profiles"].members { $0.int }.compactMapValues { $0 }
    outputBits = reader["outputBits"].int
    codes = reader["codes"].elements.compactMap(\.string)
    let gate = reader["maximum"]
    maximum =
      gate.isThere
      ? MaximumGate(
        costPerInput: gate["costPerInput"].int ?? 0, costPerOutput: gate["costPerOutput"].int ?? 0,
        grade: gate["grade"].needed())
      : nil
    evidence = reader.evidence
  }
}

extension SynapseFeatures {

  fileprivate init(_ reader: TargetReader) {
    weight = RegisterField(reader["weight"])
    weightBits = reader["weightBitsAllowed"].ints
    signModes = reader["signModes"].words()
    exponent = .optional(reader["exponent"])
    let lut = reader["lut"]
    table =
      lut.isThere
      ? Table(
        types: lut["types"].int ?? 1, bits: lut["bits"].int ?? 1, scope: lut["scope"].needed())
      : nil
    delay = reader["delay"].range
    accumulator = .optional(reader["accumulator"])
    sharing = reader["sharing"].words()
    evidence = reader.evidence
  }
}

extension AnalogArray {

  fileprivate init(_ reader: TargetReader) {
    rows = reader["rows"].int ?? 1
    columns = reader["cols"].int ?? 1
    mapping = reader["mapping"].string
    (numbers, words) = ([:], [:])
    evidence = reader.evidence
    let known = ["rows", "cols", "mapping", "source", "grade"]
    let rest = reader.json?.members?.filter { !known.contains($0.key) }
    let schema = TargetDescription.schema
    collect(.object(rest ?? [:]), prefix: "", schema.root["$defs"]?["analog"] ?? .null, schema)
    // A word alone is the group's mode.
    for name in ["boundManagement", "backward.boundManagement"] {
      if let word = words.removeValue(forKey: name) { words["\(name).mode"] = word }
    }
  }

  /// Collects numbers and words below `value` by their dotted names; truth values are words.
  ///
  /// - Parameters:
  ///   - value: a group of members.
  ///   - prefix: what their names begin with.
  ///   - part: what the schema says of the group, which has the units of its numbers.
  ///   - schema: the schema.
  private mutating func collect(
    _ value: JSON, prefix: String, _ part: JSON, _ schema: JSONSchema
  ) {
    let known = schema.objectPart(of: part)["properties"]
    for (name, member) in value.members ?? [:] {
      let path = prefix + name
      let inner = schema.resolved(known?[name] ?? .null)
      let unit = schema.objectPart(of: inner)["properties"]?["unit"]?["enum"]?.elements?.first
      let place = unit?.string == "1" ? nil : unit?.string
      switch member {
      case .integer, .number:
        numbers[path] = TargetReader(member).quantity(place, evidence: evidence)
      case .text(let word): words[path] = word
      case .flag(let flag): words[path] = flag ? "true" : "false"
      case .null: numbers[path] = Quantity(nil, unit: place)
      case .object(let members) where members["value"] != nil:
        numbers[path] = TargetReader(member).quantity(place)
      case .object: collect(member, prefix: path + ".", inner, schema)
      case .list: break
      }
    }
  }
}

extension JSONSchema {

  /// Returns what a part of the schema says of objects: itself, or one of its alternatives.
  fileprivate func objectPart(of part: JSON) -> JSON {
    let alternatives = part["anyOf"]?.elements?.map { resolved($0) } ?? []
    return alternatives.first { $0["properties"] != nil } ?? part
  }
}
