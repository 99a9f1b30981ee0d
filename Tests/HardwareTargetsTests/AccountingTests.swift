// Accounting of memory: published examples, counts by hand, and brute force.

import HardwareTargets
import Testing

@Suite("Accounting") struct AccountingTests {

  @Test(
    "blocks of synapses: each a header and whole words",
    arguments: [
      // (synapses, bits of a synapse, words)
      (0, 9, 0), (1, 9, 1), (6, 9, 1), (7, 9, 2), (64, 8, 9), (65, 8, 10), (128, 8, 18),
      (64, 9, 10), (64, 1, 2), (1_024, 9, 160),
    ])
  func blocks(synapses: Int, bits: Int, words: Int) {
    let accounting = SynapseBlockAccounting()
    let format = SynapseFormat(weightBits: bits)
    #expect(accounting.words(synapses: synapses, format) == words)
    #expect(accounting.bits(synapses: synapses, format) == 64 * words)
  }

  @Test("blocks of synapses, one by one", arguments: [1, 7, 63, 64, 65, 200, 511])
  func blocksOneByOne(synapses: Int) {
    let accounting = SynapseBlockAccounting(
      wordBits: 32, blockSynapses: 24, formatBits: 3, countBits: 5)
    let format = SynapseFormat(weightBits: 5, delayBits: 3, tagBits: 2, indexBits: 7)
    var (words, filled, left) = (0, 0, synapses)
    while left > 0 {
      let inBlock = min(left, 24)
      let bits = inBlock * (5 + 3 + 2 + 7) + 3 + 5
      filled += bits
      words += bits / 32 + (bits % 32 > 0 ? 1 : 0)
      left -= inBlock
    }
    #expect(accounting.words(synapses: synapses, format) == words)
    #expect(accounting.filledBits(synapses: synapses, format) == filled)
  }

  @Test("indices have the widths that the memory knows") func indices() {
    let accounting = SynapseBlockAccounting()
    #expect(accounting.indexBits(neurons: 1) == 6)
    #expect(accounting.indexBits(neurons: 65) == 7)
    #expect(accounting.indexBits(neurons: 1_024) == 10)
    #expect(accounting.indexBits(neurons: 4_096) == 12)
    #expect(accounting.indexBits(neurons: 4_097) == nil)
  }

  @Test("Speck: 16 to 32 channels, kernels 3 × 3, 64 × 64 neurons") func speck() {
    let accounting = PowerOfTwoAccounting()
    let kernel = accounting.kernelWords(
      inputChannels: 16, outputChannels: 32, kernelWidth: 3, kernelHeight: 3)
    #expect(kernel == 8 << 10)
    let neurons = accounting.neuronWords(channels: 32, width: 64, height: 64)
    #expect(neurons == 128 << 10)
  }

  @Test("extents are rounded up alone, numbers beyond all memories do not trap") func powers() {
    let accounting = PowerOfTwoAccounting()
    #expect(
      accounting.kernelWords(inputChannels: 3, outputChannels: 5, kernelWidth: 1, kernelHeight: 1)
        == 24)
    #expect(accounting.neuronWords(channels: 5, width: 33, height: 1) == 320)
    #expect(accounting.neuronWords(channels: 10, width: .max, height: .max) == .max)
    #expect(
      accounting.kernelWords(
        inputChannels: .max, outputChannels: 2, kernelWidth: .max, kernelHeight: 2) == .max)
  }

  @Test("a crossbar is counted whole") func rectangle() {
    let crossbar = DenseRectangle(rows: 256, columns: 128)
    #expect(crossbar.fits(axons: 256, neurons: 128))
    #expect(!crossbar.fits(axons: 257, neurons: 1) && !crossbar.fits(axons: 1, neurons: 129))
    #expect(crossbar.cores(axons: 257, neurons: 300) == 6)
    #expect(crossbar.fill(synapses: 8_192) == 0.25)
  }

  @Test("SpiNNaker: rows of a block have one length, blocks begin at whole units") func rows() {
    let accounting = SynapseRowAccounting(headerBytes: 12)
    #expect(accounting.rowBytes(synapses: 10) == 52)
    #expect(accounting.blockBytes(rows: 3, longest: 10) == 160)
    #expect(accounting.blockBytes(rows: 0, longest: 10) == 0)
  }

  @Test(
    "SpiNNaker: bits of a ring buffer",
    arguments: [(256, 2, 5), (255, 2, 5), (257, 2, 4), (128, 2, 6), (64, 4, 6), (8_192, 2, 0)])
  func ringBuffer(neurons: Int, types: Int, bits: Int) {
    let accounting = RingBufferAccounting()
    #expect(accounting.delayBits(neurons: neurons, synapseTypes: types) == bits)
    #expect(accounting.slots(neurons: neurons, synapseTypes: types) == 1 << bits)
    #expect(accounting.slots(neurons: 8_193, synapseTypes: 2) == nil)
  }

  @Test("bytes go to the memories that hold them") func bytes() {
    let one = ByteAccounting(neuronMemory: "sram", synapseMemory: "sram", neuronBytes: 8)
    #expect(one.bytes(neurons: 100, synapses: 1_001, weightBits: 4) == ["sram": 800 + 501])
    let parts = ByteAccounting(
      neuronMemory: nil, synapseMemory: "weights", inputMemory: "inputs", inputBits: 4)
    #expect(
      parts.bytes(neurons: 9, synapses: 10, weightBits: 2, inputs: 3)
        == ["weights": 3, "inputs": 2])
  }

  @Test("arrays: inputs of either sign take two rows") func tiles() {
    let accounting = TileAccounting(rows: 256, columns: 256, rowsPerInput: 2)
    #expect(accounting.inputs == 128)
    #expect(accounting.tiles(inputs: 128, outputs: 256) == 1)
    #expect(accounting.tiles(inputs: 129, outputs: 257) == 4)
  }

  @Test(
    "TrueNorth: 68, 71 and 94 mW, the middle one not fitted",
    arguments: [(11.58, 0.068), (20.07, 0.071), (95.93, 0.094)])
  func trueNorth(rate: Double, watts: Double) {
    let power = AffinePower(standing: 0.06443, perEvent: 2.297e-12)
    let found = power.power(eventsPerSecond: rate * Double(1 << 20) * 128)
    #expect(abs(found / watts - 1) < 0.01)
    #expect(abs(power.energy(events: rate * Double(1 << 27), seconds: 1) - found) < 1e-12)
  }
}
