import Diagnostics
import PluginAPI
import SpikeIR
import SpikePasses
import Testing

@testable import Driver

@Suite("Standard pipeline") struct StandardPipelineTests {

  @Test(
    "fits the code's levels",
    arguments: [
      ("rate", nil, "calibrate{levels=8,curved-levels=64},convert{code=rate,timesteps=64}"),
      ("phased", 15, "calibrate{levels=15},convert{code=phased,timesteps=15}"),
      ("weighted", 4, "calibrate{levels=15},convert{code=weighted,timesteps=4}"),
      (nil, nil, "calibrate{levels=63},convert{code=weighted,timesteps=6}"),
    ] as [(String?, Int?, String)])
  func levels(code: String?, timesteps: Int?, expected: String) throws {
    var request = ConversionRequest()
    request.code = code
    request.timesteps = timesteps
    let text = try request.pipeline()
    #expect(text.contains(expected))
    #expect(try Pipeline(parsing: text, known: Registry.builtIn.passes).steps.count == 10)
  }

  @Test("passes on what the ends are to be") func ends() throws {
    var request = ConversionRequest()
    request.code = "rate"
    request.timesteps = 4
    request.encoder = "poisson"
    request.decoder = "count"
    request.seed = 9
    let text = try request.pipeline()
    #expect(text.contains("calibrate{levels=4,outputs=true}"))
    #expect(text.contains("convert{code=rate,timesteps=4,encoder=poisson,decoder=count,seed=9}"))
    #expect(try Pipeline(parsing: text, known: Registry.builtIn.passes).steps.count == 10)
  }

  @Test(
    "rejects ends that need the code rate",
    arguments: [("poisson", "potential"), ("constant", "first-spike")])
  func needsRate(encoder: String, decoder: String) {
    var request = ConversionRequest()
    (request.encoder, request.decoder) = (encoder, decoder)
    let error = #expect(throws: Diagnostic.self) { try request.pipeline() }
    #expect(error?.id == "driver.needs-rate" && error?.exitCode == .usage)
  }

  @Test("leaky neurons are fitted, and say rates") func leaky() throws {
    var request = ConversionRequest()
    request.neuron = .leaky
    let text = try request.pipeline()
    #expect(text.contains(",soften") && text.contains("convert{code=rate,timesteps=200"))
    let steps = try Pipeline(parsing: text, known: Registry.builtIn.passes).steps
    let names = steps.map(\.pass.name)
    let around = try #require(names.firstIndex(of: "convert"))
    #expect(names[around - 1] == "soften" && names[around + 1] == "delay-readout")
    // Biases are corrected over the ticks that are read.
    #expect(text.hasSuffix(",correct-bias{samples=64,start=-1}"))
    request.code = "weighted"
    let error = #expect(throws: Diagnostic.self) { try request.pipeline() }
    #expect(error?.id == "driver.leaky-code" && error?.exitCode == .usage)
  }

  @Test("rounds weights of few bits with feedback", arguments: ["8", "7", "6", "2", "binary"])
  func weightBits(bits: String) throws {
    var request = ConversionRequest()
    request.weightBits = bits
    let text = try request.pipeline()
    #expect(text.contains("quantize{bits=\(bits)"))
    #expect(text.contains("rounding=gptq") == !["8", "7"].contains(bits))
    #expect(try Pipeline(parsing: text, known: Registry.builtIn.passes).steps.count == 10)
  }

  @Test(
    "rejects numbers of steps that a code does not take",
    arguments: [("weighted", 13), ("rate", 5000)])
  func outOfRange(code: String, timesteps: Int) {
    var request = ConversionRequest()
    request.code = code
    request.timesteps = timesteps
    let error = #expect(throws: Diagnostic.self) { try request.pipeline() }
    #expect(error?.id == "ir.bad-code" && error?.exitCode == .usage)
  }
}
