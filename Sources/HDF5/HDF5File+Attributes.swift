// Reading attributes: strings, lists of strings, numbers.

public import Diagnostics
internal import FileReading

extension HDF5File {

  /// The most memory that the elements of an attribute may take to be read, bytes; Keras describes
  /// networks of thousands of layers in a tenth of it.
  static let attributeLimit = 32 << 20

  /// Returns whether the object at `path` has the attribute `name`.
  public func hasAttribute(_ name: String, of path: String = "/") -> Bool {
    snapshot.object(at: path)?.attribute(name) != nil
  }

  /// Returns the names of the attributes of the object at `path`, in their order.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-group`.
  public func attributeNames(of path: String = "/") throws(Diagnostic) -> [String] {
    let object = try object(path)
    if let problem = object.attributesProblem {
      throw .badGroup("cannot list the attributes", problem, in: self.path, at: path)
    }
    return object.attributes.map(\.name)
  }

  /// Returns the attribute `name` of the object at `path`, a single string.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-attribute`.
  public func string(
    attribute name: String, of path: String = "/"
  ) throws(Diagnostic) -> String {
    let strings = try strings(attribute: name, of: path)
    guard let string = strings.first, strings.count == 1 else {
      throw .badAttribute(
        name, "holds \(strings.count) strings, expected one", in: self.path, at: path)
    }
    return string
  }

  /// Returns the attribute `name` of the object at `path`, a list of strings.
  ///
  /// An attribute without elements is an empty list whatever its type: writers of Python lists
  /// store the empty list as numbers.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-attribute`.
  public func strings(
    attribute name: String, of path: String = "/"
  ) throws(Diagnostic) -> [String] {
    let (attribute, extents) = try attribute(name, of: path)
    guard !extents.contains(0) else { return [] }
    guard let type = attribute.type?.elementType, type == .string else {
      throw .badAttribute(
        name, "holds \(attribute.typeDescription), expected strings", in: self.path, at: path)
    }
    guard extents.count <= 1 else {
      throw .badAttribute(
        name, "has several dimensions, expected a list", in: self.path, at: path)
    }
    if case .tooLarge(let bytes) = attribute.elements {
      throw .largeAttribute(name, bytes, in: self.path, at: path)
    }
    guard case .strings(let strings?) = attribute.elements else {
      throw .badAttribute(
        name, "cannot be read as UTF-8 text", attribute.problem, in: self.path, at: path)
    }
    return strings
  }

  /// Returns the attribute `name` of the object at `path`, one number or many.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-attribute`.
  public func numbers(
    attribute name: String, of path: String = "/"
  ) throws(Diagnostic) -> [Double] {
    let (attribute, extents) = try attribute(name, of: path)
    guard !extents.contains(0) else { return [] }
    guard attribute.type?.elementType.isNumber ?? false else {
      throw .badAttribute(
        name, "holds \(attribute.typeDescription), expected numbers", in: self.path, at: path)
    }
    if case .tooLarge(let bytes) = attribute.elements {
      throw .largeAttribute(name, bytes, in: self.path, at: path)
    }
    guard case .numbers(let numbers) = attribute.elements else {
      throw .badAttribute(name, "cannot be read", attribute.problem, in: self.path, at: path)
    }
    return numbers
  }

  /// Returns the attribute `name` of the object at `path`, whose storage the file can hold, and its
  /// extents.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-attribute`.
  private func attribute(
    _ name: String, of path: String
  ) throws(Diagnostic) -> (StoredAttribute, extents: [Int]) {
    guard let attribute = try object(path).attribute(name) else {
      throw .notFound("attribute '\(name)'", in: self.path, at: path)
    }
    guard let extents = attribute.extents, let size = attribute.type?.size else {
      throw .badAttribute(
        name, "has no readable type or extents", attribute.problem, in: self.path, at: path)
    }
    guard let bytes = checkedProduct(extents + [max(1, size)]), bytes <= source.count else {
      throw .badAttribute(
        name,
        "declares the extents \(extents), more than the file of \(source.count, of: "byte") can "
          + "hold",
        in: self.path, at: path)
    }
    return (attribute, extents)
  }
}

extension StoredAttribute {

  /// What the library says about its failure to read the elements.
  fileprivate var problem: String? {
    guard case .unreadable(let text) = elements else { return nil }
    return text
  }

  /// The type in words.
  fileprivate var typeDescription: String {
    type?.elementType.description ?? "an unknown type"
  }
}
