// What else than its nodes the importer has to know of an operator; each is a mark in the table of
// definitions, so that no list of names has to be kept beside it.

/// Marks of an operator.
struct OperatorTraits: OptionSet, Sendable {

  /// The marks as bits.
  let rawValue: UInt16

  /// May be given real numbers that stand for the integers of a grid; others are given the integers.
  static let takesGrid = OperatorTraits(rawValue: 1 << 0)

  /// Means something else before the oldest version of the standard operators that is read.
  static let changedInOpset7 = OperatorTraits(rawValue: 1 << 1)

  /// Its constant operands are extents or their bounds, so that the open number of samples may be
  /// among them.
  static let takesExtents = OperatorTraits(rawValue: 1 << 2)

  /// Axis 1 of its first operand is that of the channels, the axes after it are those of space.
  static let channelsFirst = OperatorTraits(rawValue: 1 << 3)

  /// Names the axes of its first operand one by one: it says where the model has the channels.
  static let namesAxes = OperatorTraits(rawValue: 1 << 4)

  /// The axes of its result are those of its first operand.
  static let keepsAxes = OperatorTraits(rawValue: 1 << 5)

  /// Its results are real numbers, whatever its operands are.
  static let givesReals = OperatorTraits(rawValue: 1 << 6)

  /// Its results are truth values.
  static let givesTruth = OperatorTraits(rawValue: 1 << 7)

  /// Its results are the extents of its operand.
  static let givesExtents = OperatorTraits(rawValue: 1 << 10)

  /// Its results leave the range of narrow integers at one end and enter it at the other.
  static let wrapsIntegers = OperatorTraits(rawValue: 1 << 8)

  /// Computes quotients, which are read as real numbers only.
  static let needsReals = OperatorTraits(rawValue: 1 << 9)

  /// Takes nothing but the type of the operands after its first.
  static let takesOneValue = OperatorTraits(rawValue: 1 << 11)

  /// Each element of its results is one of its first operand's, or of any operand of `Concat`.
  static let movesElements = OperatorTraits(rawValue: 1 << 12)
}
