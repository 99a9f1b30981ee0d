// Reading attributes: strings, lists of strings, numbers.

internal import CHDF5
public import Diagnostics

extension HDF5File {

  /// Returns whether the object at `path` has the attribute `name`.
  public func hasAttribute(_ name: String, of path: String = "/") -> Bool {
    let file = file
    return Library.locked { () -> Bool in
      guard let object = Handle.object(path, in: file.id) else { return false }
      return object.attribute(name) != nil
    }
  }

  /// Returns the names of the attributes of the object at `path`, in their order.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-group`.
  public func attributeNames(of path: String = "/") throws(Diagnostic) -> [String] {
    try locked { file throws(Diagnostic) in
      guard let names = try file.object(path).attributeNames() else {
        throw Diagnostic.badGroup("cannot list the attributes", in: file.path, at: path)
      }
      return names
    }
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
    try locked { file throws(Diagnostic) in
      let attribute = try file.attribute(name, of: path)
      let count = try file.checkedCount(ofAttribute: attribute, name, of: path)
      guard count > 0 else { return [] }
      guard let type = attribute.type()?.elementType, type == .string else {
        throw Diagnostic.badAttribute(
          name,
          "holds \(attribute.type()?.elementType.description ?? "an unknown type"), "
            + "expected strings", in: file.path, at: path)
      }
      guard let rank = attribute.space()?.extents?.count, rank <= 1 else {
        throw Diagnostic.badAttribute(
          name, "has several dimensions, expected a list", in: file.path, at: path)
      }
      guard let strings = attribute.strings(count: count) else {
        throw Diagnostic.badAttribute(
          name, "cannot be read as UTF-8 text", in: file.path, at: path)
      }
      return strings
    }
  }

  /// Returns the attribute `name` of the object at `path`, one number or many.
  ///
  /// - Throws: `hdf5.not-found` or `hdf5.bad-attribute`.
  public func numbers(
    attribute name: String, of path: String = "/"
  ) throws(Diagnostic) -> [Double] {
    try locked { file throws(Diagnostic) in
      let attribute = try file.attribute(name, of: path)
      let count = try file.checkedCount(ofAttribute: attribute, name, of: path)
      guard count > 0 else { return [] }
      let type = attribute.type()?.elementType ?? .other("an unknown type")
      guard type.isNumber else {
        throw Diagnostic.badAttribute(
          name, "holds \(type), expected numbers", in: file.path, at: path)
      }
      var numbers = [Double](repeating: 0, count: count)
      guard attribute.read(into: &numbers, as: spikec_h5_native_double()) else {
        throw Diagnostic.badAttribute(name, "cannot be read", in: file.path, at: path)
      }
      return numbers
    }
  }
}

extension OpenFile {

  /// Opens the attribute `name` of the object at `path`.
  ///
  /// - Throws: `hdf5.not-found`.
  func attribute(_ name: String, of path: String) throws(Diagnostic) -> Handle {
    guard let attribute = try object(path).attribute(name) else {
      throw .notFound("attribute '\(name)'", in: self.path, at: path)
    }
    return attribute
  }

  /// Returns the number of elements of an attribute, whose storage the file can hold.
  ///
  /// - Throws: `hdf5.bad-attribute`.
  func checkedCount(
    ofAttribute attribute: borrowing Handle, _ name: String, of path: String
  ) throws(Diagnostic) -> Int {
    guard let extents = attribute.space()?.extents, let size = attribute.type()?.elementSize else {
      throw .badAttribute(name, "has no readable type or extents", in: self.path, at: path)
    }
    guard let bytes = checkedProduct(extents + [max(1, size)]), bytes <= self.size else {
      throw .badAttribute(
        name, "declares the extents \(extents), more than the file of \(self.size) bytes can hold",
        in: self.path, at: path)
    }
    return extents.reduce(1, *)
  }
}

/// Returns the product of `factors`, each at least 0, or `nil` where it exceeds `Int`.
func checkedProduct(_ factors: [Int]) -> Int? {
  guard !factors.contains(0) else { return 0 }
  var product = 1
  for factor in factors {
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    product = value
  }
  return product
}
