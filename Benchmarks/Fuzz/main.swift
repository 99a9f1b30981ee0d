// fuzz: gives frontends damaged files and counts what comes of it.
//
//   fuzz [TARGET...] [--count N] [--first N] [--seed N] [--workers N] [--output FOLDER]
//   fuzz TARGET --file PATH [--architecture PATH]        reads one file in this process
//
// Run at the root of the repository. The exit status is 1 if a file did harm.

internal import FuzzSupport
internal import Glibc

var options = CampaignOptions()
var names: [String] = []
var isWorker = false
var file: String?
var architecture: String?

var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
  func value() -> String {
    guard let value = arguments.popFirst() else { fail("\(argument) needs a value") }
    return value
  }
  func number() -> Int {
    guard let number = Int(value()), number >= 0 else { fail("\(argument) needs a number") }
    return number
  }
  switch argument {
  case "--worker": isWorker = true
  case "--count": options.count = number()
  case "--first": options.first = number()
  case "--seed": options.seed = UInt64(number())
  case "--workers": options.workers = max(1, number())
  case "--output": options.output = value()
  case "--file": file = value()
  case "--architecture": architecture = value()
  case _ where argument.hasPrefix("-"): fail("unknown option \(argument)")
  default: names.append(argument)
  }
}

let known = FuzzTarget.all.map(\.format.name)
for name in names where !known.contains(name) { fail("targets are \(known), found \(name)") }
var isClean = true
for target in FuzzTarget.all where names.isEmpty || names.contains(target.format.name) {
  if let file {
    say(target.load(file, architecture: architecture))
    continue
  }
  let paths = target.paths()
  guard let mutator = target.mutator(paths, seed: options.seed) else {
    fail("no good files of \(target.format.name): wrong folder?")
  }
  if isWorker {
    Worker(
      target: target, mutator: mutator, paths: paths, first: options.first, step: options.workers,
      end: options.first + options.count
    ).run()
  } else {
    var campaign = Campaign(target, mutator, paths, options)
    if !campaign.run() { isClean = false }
  }
}
exit(isClean ? 0 : 1)
