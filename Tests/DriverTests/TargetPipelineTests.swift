// The passes of machines with cores follow from their descriptions.

import Diagnostics
import HardwareTargets
import PluginAPI
import SpikeIR
import SpikePasses
import Testing

@testable import Driver

@Suite("Passes for machines with cores") struct TargetPipelineTests {

  private func passes(_ name: String, _ request: ConversionRequest = .init()) throws -> [String] {
    let target = try #require(TargetDescription.builtIn(name))
    let text = try TargetPipeline(request: request, target: target).text()
    // All of them exist and take these options.
    _ = try Pipeline(parsing: text, known: Pass.builtIn)
    return text.split(separator: "}").flatMap { $0.split(separator: "{") }.flatMap {
      $0.split(separator: ",")
    }.map(String.init)
  }

  @Test("binary crossbars get digits, parts and splitters") func crossbar() throws {
    let own = try passes("truenorth")
    for part in [
      "encoder=even", "split-fan-in", "most=256", "count=digits", "signs=together", "worth=7",
      "crossbar-weights", "types=4", "add-splitters", "bias-bits=8", "bias-exponent=0",
    ] { #expect(own.contains(part), "\(part)") }
    #expect(!own.contains("spike-inputs") && !own.contains("split-weights"))
  }

  @Test("pipelines of convolutions get one threshold a layer") func convolutions() throws {
    let own = try passes("speck2")
    for part in [
      "encoder=even", "dense-to-conv", "profiles=1", "mantissa=8", "bias-bits=7", "kinds=conv",
      "kernel=16", "membrane-bits=16", "bits=7",
    ] { #expect(own.contains(part), "\(part)") }
  }

  @Test("meshes say inputs by neurons, and thresholds end in the zeros of the register")
  func meshes() throws {
    let first = try passes("loihi1")
    for part in ["spike-inputs", "most=4096", "profiles=8", "mantissa=8", "exponent=6"] {
      #expect(first.contains(part), "\(part)")
    }
    let second = try passes("loihi2")
    #expect(second.contains("mantissa=17") && second.contains("exponent=6"))
    #expect(!second.contains("split-fan-in"), "nobody knows how many axons a core has")
  }

  @Test("leaky neurons become those with decays where cores have them") func leaky() throws {
    var request = ConversionRequest()
    request.neuron = .leaky
    let first = try passes("loihi1", request)
    for part in [
      "soften", "delay-readout", "discretize-leaky", "threshold-exponent=6", "current-offset=1",
      "bias-exponent=7", "decays=yes", "refractory=63", "timesteps=400", "profiles=8",
      // (2^12 − 1) · 2^7; 7/8 of it, and 2^23 − 64, in what a current of 200/4096 and a potential of
      // 41/4096 leave.
      "largest=524160", "leaky-drive=22394", "leaky-threshold=4099",
      // Two digits to the base 2^7: a third would be multiplied by 2^14, weights are by at most 2^13.
      "identity-bits=14",
    ] { #expect(first.contains(part), "\(part)") }
    let second = try passes("loihi2", request)
    #expect(second.contains("decays=yes") && second.contains("refractory=1"))
    #expect(!second.contains("current-offset=1"))
    let shifted = try passes("xylo", request)
    for part in [
      "tau-ref=0", "decoder=count", "encoder=even", "counted=leave", "decay=shift",
      "leaky-threshold=73", "leaky-drive=2340", "most-spikes=31", "output-spikes=1",
      "threshold-bits=15", "leakless=no", "inputs=16",
      "timesteps=200",
    ] { #expect(shifted.contains(part), "\(part)") }
    #expect(!shifted.contains("spike-inputs"))
    let xylo = NamedTarget(description: try #require(.builtIn("xylo")), text: "{}")
    let choice = #expect(throws: Diagnostic.self) { try xylo.check(ConversionRequest()) }
    #expect(choice?.id == "driver.target-neuron")
    try xylo.check(request)
    for name in ["truenorth", "speck2", "spinnaker2", "generic-mesh", "brainscales2"] {
      let error = #expect(throws: Diagnostic.self) { try passes(name, request) }
      #expect(error?.id == "driver.target-neuron", "\(name)")
    }
  }

  @Test("what the user says of inputs holds") func encoder() throws {
    var request = ConversionRequest()
    request.encoder = "poisson"
    let own = try passes("loihi1", request)
    #expect(own.contains("encoder=poisson") && !own.contains("spike-inputs"))
  }

  @Test("weights of one bit are refused, since no network has them")
  func oneBit() throws {
    var target = try #require(TargetDescription.builtIn("generic-mesh"))
    func error() -> Diagnostic? {
      do throws(Diagnostic) {
        _ = try TargetPipeline(request: .init(), target: target).text()
        return nil
      } catch {
        return error
      }
    }
    target.cores[0].synapse?.weight.bits = 2
    #expect(error() == nil)
    target.cores[0].synapse?.weight.bits = 1
    target.cores[0].synapse?.weight.isSigned = false
    #expect(error() == nil, "magnitudes of one bit, and a sign")
    target.cores[0].synapse?.weight.isSigned = true
    #expect(error()?.id == "driver.target-weights" && error()?.exitCode == .doesNotFit)
  }
}
