// Networks laid out on cores: the traffic between them, how long large ones take, and how fast the
// emulated cores are. Counts first, times second, a line of JSON for each network.
//
//   cores traffic DATA FOLDER...    FOLDERs as written by 'spikec compile --target loihi1'
//   cores scale                     a MobileNet, and a million neurons
//   cores emulator DATA FOLDER...   ticks and images a second
//   cores sanafe DATA FOLDER OUT    the files of SANA-FE for an image, in the existing folder OUT

import Diagnostics
import HardwareTargets
import NeuroCore
import SpikeIR
import TestSupport

/// A plain network of a million neurons: five convolutions of an image of 128×128.
func millionNeurons() -> SpikingGraph {
  var network = LayeredNetwork("million", input: [128, 128, 3])
  network.addConv("conv1", 24, kernel: 3)
  network.addConv("conv2", 48, kernel: 3, stride: 2)
  network.addConv("conv3", 48, kernel: 3)
  network.addConv("conv4", 96, kernel: 3, stride: 2)
  network.addConv("conv5", 96, kernel: 3)
  network.addPool("average", size: 32)
  return network.end(classes: 100)
}

func measureScale(_ only: String?) throws(CompileError) {
  if only != "million" { try measureLayout(mobileNet(), on: machine("loihi1")) }
  guard only != "mobilenet" else { return }
  try measureLayout(millionNeurons(), on: machine("loihi1"))
  // The description is of a board of 48 chips; a frame has 24 of them.
  var frame = machine("spinnaker1")
  frame.topology.levels[0].count *= 24
  try measureLayout(millionNeurons(), on: frame)
}

let arguments = Array(CommandLine.arguments.dropFirst())
do throws(CompileError) {
  switch arguments.first {
  case "scale": try measureScale(arguments.dropFirst().first)
  case "traffic" where arguments.count > 1:
    var networks: [LegalNetwork] = []
    for folder in arguments.dropFirst(2) {
      networks.append(try LegalNetwork(readingAt: folder, data: arguments[1]))
    }
    networks += [
      plainNetwork(), residualNetwork(), mobileNet(side: 64, width: 0.5, classes: 100), mobileNet(),
    ].map { LegalNetwork($0) }
    try compareTraffic(networks, on: machine("loihi1"))
  case "emulator" where arguments.count > 2:
    for folder in arguments.dropFirst(2) {
      let network = try LegalNetwork(readingAt: folder, data: arguments[1])
      try measureEmulation(network, on: machine("loihi1"), images: 32)
    }
  case "sanafe" where arguments.count == 4:
    let network = try LegalNetwork(readingAt: arguments[2], data: arguments[1])
    try writeForSANAFE(network, on: machine("loihi1"), to: arguments[3])
  default:
    print(
      "usage: cores traffic DATA FOLDER... | scale | emulator DATA FOLDER... | "
        + "sanafe DATA FOLDER OUT")
  }
} catch {
  for diagnostic in error.diagnostics { print(diagnostic) }
}
