// The types of elements as files describe them, with all that is needed to read them.

internal import CHDF5Child

/// The type of elements as stored.
struct StoredType: Hashable, Sendable {

  /// What elements are: `SPIKEC_H5_INTEGER` and so on.
  var kind: Int

  /// The size of an element, bytes.
  var size: Int

  /// `true` iff a number's most significant byte comes first, `nil` for other orders.
  var isBigEndian: Bool?

  /// `true` iff integers are in two's complement.
  var isSigned: Bool

  /// The bits of a number that count, and where the lowest of them is.
  var precision: UInt64
  var offset: UInt64

  /// Of floating point: where sign, exponent and mantissa are, bits; the bias of the exponent;
  /// whether the leading one of the mantissa is left out.
  var fields: Fields

  /// `true` iff strings have their own length each.
  var isVariableString: Bool

  /// How strings of fixed length are filled up.
  var padding: Padding

  /// The layout of floating point.
  struct Fields: Hashable, Sendable {
    var sign: UInt64 = 0
    var exponent: UInt64 = 0
    var exponentSize: UInt64 = 0
    var mantissa: UInt64 = 0
    var mantissaSize: UInt64 = 0
    var bias: UInt64 = 0
    var hasImpliedOne = false
  }

  /// How strings of fixed length are filled up: after a zero byte anything, zeros, or spaces.
  enum Padding: UInt8, Sendable {
    case terminated, zeros, spaces
  }

  /// The type in the terms of this module's interface.
  var elementType: HDF5ElementType {
    switch kind {
    case SPIKEC_H5_FLOAT: .float(byteCount: size)
    case SPIKEC_H5_INTEGER: isSigned ? .signed(byteCount: size) : .unsigned(byteCount: size)
    case SPIKEC_H5_STRING: .string
    case SPIKEC_H5_OPAQUE: .opaque(byteCount: size)
    case SPIKEC_H5_ENUMERATION: .other("an enumeration")
    case SPIKEC_H5_COMPOUND: .other("a compound")
    case SPIKEC_H5_REFERENCE: .other("references")
    case SPIKEC_H5_LIST: .other("lists")
    default: .other("an unknown type")
    }
  }

  /// The numbers in a form that this module converts itself; `nil` if it needs the library.
  var numberFormat: NumberFormat? {
    guard let isBigEndian, precision == UInt64(size) * 8, offset == 0 else { return nil }
    switch kind {
    case SPIKEC_H5_INTEGER where [1, 2, 4, 8].contains(size):
      return NumberFormat(.integer(size: size, isSigned: isSigned), isBigEndian: isBigEndian)
    case SPIKEC_H5_FLOAT:
      let known: [(Fields, NumberFormat.Kind)] = [
        (.binary(exponent: 8, mantissa: 23), .float32),
        (.binary(exponent: 5, mantissa: 10), .float16),
        (.binary(exponent: 11, mantissa: 52), .float64),
        (.binary(exponent: 8, mantissa: 7), .bfloat16),
      ]
      guard let kind = known.first(where: { $0.0 == fields })?.1 else { return nil }
      return NumberFormat(kind, isBigEndian: isBigEndian)
    default: return nil
    }
  }
}

extension StoredType.Fields {

  /// Returns the layout of IEEE 754 with the given numbers of bits.
  static func binary(exponent: UInt64, mantissa: UInt64) -> Self {
    Self(
      sign: exponent + mantissa, exponent: mantissa, exponentSize: exponent, mantissa: 0,
      mantissaSize: mantissa, bias: 1 << (exponent - 1) - 1, hasImpliedOne: true)
  }
}

/// A dataset's elements as stored: what and where they are.
struct StoredDataset: Hashable, Sendable {

  /// The type of the elements.
  var type: StoredType

  /// The extents, outermost first; `nil` if they cannot be read.
  var extents: [Int]?

  /// How the elements are kept: `SPIKEC_H5_CONTIGUOUS` and so on.
  var layout: Int

  /// The space used in the file, bytes.
  var storage: UInt64

  /// Where contiguous elements start in the file, `UInt64.max` if nowhere.
  var offset: UInt64

  /// The rows of a chunk; 0 without chunks.
  var chunkRows: UInt64
}
