// The neuron of Loihi 1 against known traces, at the ends of its registers, and against lava-nc.

import Kernels
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Traces of the bit-accurate model of lava-nc, as `Tools/loihi-traces.py` writes them.
private func traces(at path: String) -> [[Substring]] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var bytes = [UInt8](repeating: 0, count: 1 << 22)
  let count = fread(&bytes, 1, bytes.count, file)
  return String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").dropFirst()
    .map { $0.split(separator: ",", omittingEmptySubsequences: false) }
}

@Suite("Loihi neuron") struct LoihiNeuronTests {

  private let inputs = [100, 0, 0, 50, 0, 0, -80, 0, 0, 120, 0, 0, 0, 0, 0, 0]

  /// Returns (current, potential before the reset, spike) of each tick.
  private func trace(_ parameters: LoihiNeuron.Parameters) -> [[Int]] {
    var neuron = LoihiNeuron()
    return inputs.map { input in
      let (potential, spikes) = neuron.step(input, parameters)
      return [neuron.u, potential, spikes ? 1 : 0]
    }
  }

  @Test("has the known trace of a current and a potential that decay")
  func decaying() {
    let expected = [
      [6400, 6400, 0], [5759, 11959, 1], [5182, 5182, 0], [7863, 12883, 1], [7075, 7075, 1],
      [6366, 6366, 0], [608, 6775, 1], [547, 547, 0], [492, 1021, 0], [8122, 9111, 1],
      [7309, 7309, 1], [6577, 6577, 1], [5918, 5918, 0], [5325, 11058, 1], [4791, 4791, 0],
      [4311, 8952, 1],
    ]
    #expect(trace(.init(du: 409, dv: 128, thresholdMantissa: 100)) == expected)
    // The first potential is the threshold, which fires only where tools say so.
    let eager = trace(.init(du: 409, dv: 128, thresholdMantissa: 100, firesAtThreshold: true))
    #expect(eager[0] == [6400, 6400, 1])
  }

  @Test("has the known trace of a current without memory and a bias")
  func integrating() {
    let expected = [
      [6400, 7040, 1], [0, 640, 0], [0, 1280, 0], [3200, 5120, 0], [0, 5760, 0], [0, 6400, 0],
      [-5120, 1920, 0], [0, 2560, 0], [0, 3200, 0], [7680, 11520, 1], [0, 640, 0], [0, 1280, 0],
      [0, 1920, 0], [0, 2560, 0], [0, 3200, 0], [0, 3840, 0],
    ]
    let parameters = LoihiNeuron.Parameters(
      du: 4095, dv: 0, biasMantissa: 10, biasExponent: 6, thresholdMantissa: 100)
    #expect(trace(parameters) == expected)
  }

  @Test(
    "currents wrap around",
    arguments: [
      (8_388_608, 8_388_608), (-8_388_608, 8_388_608), (8_388_672, -8_388_544),
      (-8_388_672, 8_388_544), (8_388_607, 8_388_607), (-8_388_607, -8_388_607),
    ])
  func wraps(sum: Int, expected: Int) {
    #expect(LoihiNeuron.wrapped(sum) == expected)
  }

  @Test("potentials are clipped")
  func clips() {
    var neuron = LoihiNeuron()
    let parameters = LoihiNeuron.Parameters(du: 4095, dv: 0, thresholdMantissa: 131_071)
    for _ in 0..<3 { _ = neuron.step(-100_000, parameters) }
    #expect(neuron.v == -8_388_607)
    var open = LoihiNeuron()
    var unclipped = parameters
    unclipped.saturates = false
    for _ in 0..<3 { _ = open.step(-100_000, unclipped) }
    #expect(open.v < -8_388_608)
  }

  @Test("decays towards zero", arguments: [(1, 1, 0), (-1, 1, 0), (4096, 1, 4095), (-5, 2048, -2)])
  func decays(x: Int, decay: Int, expected: Int) {
    #expect(LoihiNeuron.decayed(x, by: decay) == expected)
  }

  @Test("is held at zero after a spike")
  func refractory() {
    var neuron = LoihiNeuron()
    let parameters = LoihiNeuron.Parameters(
      du: 4095, dv: 0, biasMantissa: 100, biasExponent: 6, thresholdMantissa: 99, refractory: 3)
    let spikes = (0..<7).map { _ in neuron.step(0, parameters).spikes }
    #expect(spikes == [true, false, false, true, false, false, true])
  }

  @Test("weights are rounded as each tool does")
  func weights() {
    let weights = [-256, -255, -129, -127, -3, -1, 3, 127, 255]
    func rounded(_ rounding: LoihiWeight.Rounding) -> [Int] {
      weights.map { LoihiWeight.mixed($0, bits: 8, rounding) }
    }
    #expect(rounded(.floor) == [-256, -256, -130, -128, -4, -2, 2, 126, 254])
    #expect(rounded(.towardZero) == [-256, -254, -128, -126, -2, 0, 2, 126, 254])
    #expect(rounded(.nearestEven) == [-254, -254, -128, -128, -4, 0, 4, 128, 254])
    for bits in 2...8 {
      let step = 1 << (9 - bits)
      for weight in stride(from: -254 / step * step, through: 254 / step * step, by: step) {
        for rounding in LoihiWeight.Rounding.allCases {
          #expect(LoihiWeight.mixed(weight, bits: bits, rounding) == weight)
        }
      }
    }
  }

  @Test("equals the bit-accurate model of lava-nc")
  func equalsLava() throws {
    let sample = "\(#filePath)".split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
    var paths = [sample + "/Fixtures/loihi/traces.csv"]
    if let more = getenv("SPIKEC_LOIHI_TRACES") { paths.append(String(cString: more)) }
    for path in paths {
      let lines = traces(at: path)
      #expect(lines.count >= 150, "\(path) is missing or short")
      for (i, fields) in lines.enumerated() {
        let numbers = fields.map { Int($0) ?? 0 }
        let parameters = LoihiNeuron.Parameters(
          du: numbers[0], dv: numbers[1], biasMantissa: numbers[2], biasExponent: numbers[3],
          thresholdMantissa: numbers[4])
        var (neuron, spikes, check) = (LoihiNeuron(), "", 0)
        for input in fields[5].split(separator: " ").compactMap({ Int($0) }) {
          let (potential, fired) = neuron.step(input, parameters)
          check = (check * 31 + neuron.u + 7 * potential) & (1 << 31 - 1)
          spikes += fired ? "1" : "0"
        }
        #expect(
          spikes == fields[6] && [neuron.u, neuron.v, check] == Array(numbers[7...9]),
          "configuration \(i) of \(path)")
      }
    }
  }
}
