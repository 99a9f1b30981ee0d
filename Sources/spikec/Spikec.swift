// The command.

import ArgumentParser

@main
struct Spikec: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "spikec")
}
