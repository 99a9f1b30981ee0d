// SHA-256, by which elided tensors and artefacts name their contents.
// Kept here because the representation uses no package; FIPS 180-4 is the specification.

/// The SHA-256 of a byte sequence.
public struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {

  /// The digest, 32 bytes.
  public let bytes: [UInt8]

  /// Computes the digest of `bytes`.
  ///
  /// - Complexity: O(n).
  public init(of bytes: some Sequence<UInt8>) {
    var hasher = SHA256()
    hasher.update(Array(bytes))
    self.bytes = hasher.finalized()
  }

  /// Computes the digest of the elements as little-endian bytes.
  public init<T: BitwiseCopyable>(ofLittleEndian elements: [T]) {
    var hasher = SHA256()
    unsafe elements.withUnsafeBytes { unsafe hasher.update(Array($0)) }
    self.bytes = hasher.finalized()
  }

  /// Creates a digest from 64 hexadecimal digits; `nil` if `hex` is anything else.
  public init?(hex: some StringProtocol) {
    let digits = hex.utf8.compactMap { Self.value(ofHexDigit: $0) }
    guard digits.count == 64, hex.utf8.count == 64 else { return nil }
    bytes = (0..<32).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }

  /// The digest as 64 hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  private static func value(ofHexDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

/// The running state of a SHA-256 computation.
public struct SHA256: Sendable {

  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a,
    0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0
  private var schedule = [UInt32](repeating: 0, count: 64)

  /// Creates the state of an empty message.
  public init() {}

  /// Appends `bytes` to the message.
  public mutating func update(_ bytes: [UInt8]) {
    length += UInt64(bytes.count)
    let input = pending.isEmpty ? bytes : pending + bytes
    var offset = 0
    while offset + 64 <= input.count {
      compress(input, at: offset)
      offset += 64
    }
    pending = Array(input[offset...])
  }

  /// Returns the digest of the message, 32 bytes.
  public consuming func finalized() -> [UInt8] {
    let bits = length &* 8
    var padding: [UInt8] = [0x80]
    padding += [UInt8](repeating: 0, count: (119 - pending.count) % 64)
    padding += (0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * UInt64($0))) }
    update(padding)
    return state.flatMap { word in
      (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - 8 * UInt32($0))) }
    }
  }

  private mutating func compress(_ block: [UInt8], at offset: Int) {
    for i in 0..<16 {
      let j = offset + 4 * i
      schedule[i] =
        UInt32(block[j]) << 24 | UInt32(block[j + 1]) << 16 | UInt32(block[j + 2]) << 8
        | UInt32(block[j + 3])
    }
    for i in 16..<64 {
      let (x, y) = (schedule[i - 15], schedule[i - 2])
      let s0 = x.rotated(7) ^ x.rotated(18) ^ (x >> 3)
      let s1 = y.rotated(17) ^ y.rotated(19) ^ (y >> 10)
      schedule[i] = schedule[i - 16] &+ s0 &+ schedule[i - 7] &+ s1
    }
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for i in 0..<64 {
      let s1 = e.rotated(6) ^ e.rotated(11) ^ e.rotated(25)
      let t1 = h &+ s1 &+ (e & f ^ ~e & g) &+ roundConstants[i] &+ schedule[i]
      let s0 = a.rotated(2) ^ a.rotated(13) ^ a.rotated(22)
      let t2 = s0 &+ (a & b ^ a & c ^ b & c)
      (h, g, f, e, d, c, b, a) = (g, f, e, d &+ t1, c, b, a, t1 &+ t2)
    }
    for (i, x) in [a, b, c, d, e, f, g, h].enumerated() { state[i] = state[i] &+ x }
  }
}

extension UInt32 {

  /// Returns the bits rotated right by `n`.
  fileprivate func rotated(_ n: UInt32) -> UInt32 { self >> n | self << (32 - n) }
}

/// The first 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4).
private let roundConstants: [UInt32] = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
]
