#!/usr/bin/env python3
"""Measures what the networks of Examples/ lose when they become spikes; writes Docs/accuracy.md.

Every network is compiled with every setting below, calibrated on the first 512 training images, and
run on the test images; the differences are held against the bounds below. A compilation that fails
is a cell with its diagnostic. Needs Python 3 and nothing else.

Run:  make accuracy [MNIST=DIR] [LIMIT=N], or this script with the options that --help lists
"""

import argparse
import dataclasses
import datetime
import gzip
import json
import os
import pathlib
import platform
import re
import shlex
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
CALIBRATION_IMAGES = 512
RECTIFIERS = ("plain", "maxpool", "residual", "depthwise")
ALL = RECTIFIERS + ("lenet",)


@dataclasses.dataclass(frozen=True)
class Bound:
  """What may be lost, points of accuracy, against the network itself or another setting."""
  points: float
  networks: tuple = ALL
  against: str = "ANN"


@dataclasses.dataclass(frozen=True)
class Setting:
  """A way to compile."""
  name: str
  arguments: str
  bounds: tuple = ()
  tuned: str = ""  # arguments of the fine-tuning that precedes, if one does
  stage: str = ""  # of `attribute`, if not the compiled network is meant
  floor: dict = dataclasses.field(default_factory=dict, hash=False)  # (dataset, network): percent


SETTINGS = (
  Setting("weighted K=4", "--code weighted --timesteps 4", (Bound(0.8),)),
  Setting("weighted K=6", "--code weighted --timesteps 6",
          (Bound(0.2), Bound(0.1, against="weighted K=6, float weights"))),
  Setting("phased T=31", "--code phased --timesteps 31", (Bound(0.2),)),
  Setting("rate T=32", "--code rate --timesteps 32", (Bound(1.0, RECTIFIERS),)),
  Setting("rate T=64", "--code rate --timesteps 64", (Bound(0.5, RECTIFIERS),)),
  Setting("weighted K=6, 4-bit weights", "--code weighted --timesteps 6 --weight-bits 4",
          (Bound(0.7),)),
  Setting("weighted K=6, float weights", "--code weighted --timesteps 6", stage="leveled"),
  Setting("LIF", "--neuron lif", (Bound(1.0, ("plain",)), Bound(2.5, ("depthwise",)))),
  Setting("LIF, fine-tuned", "--neuron lif", (Bound(0.3, ("plain", "depthwise")),),
          tuned="--neuron lif", floor={("mnist", "plain"): 99.1}),
)


@dataclasses.dataclass(frozen=True)
class Network:
  dataset: str
  name: str
  path: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Data:
  """The files of a data set."""
  images: pathlib.Path
  labels: pathlib.Path
  calibration: pathlib.Path
  training_images: pathlib.Path
  training_labels: pathlib.Path


class Failure(Exception):
  """A command of spikec failed: the exit status and the id of its first diagnostic."""

  def __init__(self, status, text):
    ids = re.findall(r"^error: .*\[([a-z0-9.-]+)\]$", text, re.MULTILINE)
    super().__init__(ids[0] if ids else f"exit status {status}")
    self.is_unknown = status == 64 and not ids  # a command or an option that does not exist


def first_images(source, count, target):
  """Writes the first images of an idx file as an idx file."""
  with (gzip.open if source.suffix == ".gz" else open)(source, "rb") as file:
    _, available, height, width = struct.unpack(">4I", file.read(16))
    count = min(count, available)
    pixels = file.read(count * height * width)
  target.write_bytes(struct.pack(">4I", 0x803, count, height, width) + pixels)


def data_in(folder, calibration):
  """Returns the files of the data set in the folder; writes its calibration images."""
  part = lambda name: folder / f"{name}-ubyte.gz"
  first_images(part("train-images-idx3"), CALIBRATION_IMAGES, calibration)
  return Data(part("t10k-images-idx3"), part("t10k-labels-idx1"), calibration,
              part("train-images-idx3"), part("train-labels-idx1"))


def example_subset():
  """Returns the 1,000 test images that the repository holds; there is nothing to train with."""
  example = ROOT / "Examples/fashion-mnist"
  return Data(example / "test1000-images-idx3-ubyte.gz", example / "test1000-labels-idx1-ubyte.gz",
              example / "calibration512-images-idx3-ubyte.gz", None, None)


def networks():
  """Returns the trained networks of Examples/, in the order of ALL within a data set."""
  found = [Network("fashion-mnist", "plain", ROOT / "Examples/fashion-mnist/fashion_cnn.h5")]
  for dataset in ("fashion-mnist", "mnist"):
    folder = ROOT / "Examples/networks" / dataset
    found += [Network(dataset, path.stem, path) for path in folder.glob("*.h5")]
  order = lambda n: (n.dataset, ALL.index(n.name) if n.name in ALL else len(ALL), n.name)
  return sorted(found, key=order)


class Bench:
  """Runs spikec and remembers nothing."""

  def __init__(self, options, work):
    self.options, self.work = options, work

  def spikec(self, *arguments):
    """Returns the JSON object that a command prints."""
    command = [str(self.options.spikec), *map(str, arguments), "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
      raise Failure(done.returncode, done.stderr)
    return json.loads(done.stdout)

  def test_images(self, data):
    limit = ["--limit", self.options.limit] if self.options.limit else []
    return ["--input", data.images, "--labels", data.labels, *limit]

  def on_test_images(self, command, model, data):
    return self.spikec(command, model, *self.test_images(data), "--threads", self.options.threads)

  def at_stage(self, network, data, setting):
    """Returns the accuracy at a stage of the compilation."""
    report = self.spikec("attribute", network.path, *self.test_images(data),
                         "--calibration", data.calibration, *setting.arguments.split())
    stage = next(stage for stage in report["stages"] if stage["name"] == setting.stage)
    return {"accuracy": 100 * stage["accuracy"], "rate": None, "spikes": None}

  def tuned(self, network, data, arguments):
    """Returns the fine-tuned network; one for each network and way of tuning."""
    if data.training_images is None:
      raise Failure(0, "error: no training images [accuracy.no-training-images]")
    words = arguments.split()
    output = self.work / ("-".join([network.dataset, network.name] + words) + ".sir")
    if not output.exists():
      self.spikec("finetune", network.path, "-o", output, "--data", data.training_images,
                  "--labels", data.training_labels, *words)
    return output

  def measured(self, network, data, setting):
    """Returns accuracy, spikes per neuron and images a second, or the failure."""
    artefact = self.work / "network.spk"
    try:
      if setting.stage:
        return self.at_stage(network, data, setting)
      model = self.tuned(network, data, setting.tuned) if setting.tuned else network.path
      self.spikec("compile", model, "-o", artefact, "--calibration", data.calibration,
                  *setting.arguments.split())
      result = self.on_test_images("run", artefact, data)
    except Failure as failure:
      return failure
    neurons = sum(layer["neurons"] for layer in result["layers"])
    return {"accuracy": 100 * result["accuracy"], "rate": result["imagesPerSecond"],
            "spikes": result["spikesPerImage"] / neurons if neurons else None}

  def reference(self, network, data):
    result = self.on_test_images("infer", network.path, data)
    return {"accuracy": 100 * result["accuracy"], "rate": result["imagesPerSecond"],
            "images": result["images"], "spikes": None}


def misses(network, setting, results):
  """Returns the bounds that a result misses, in words; a failure misses all that apply."""
  result, words = results[setting.name], []
  failed = isinstance(result, Failure)
  for bound in setting.bounds:
    base = results.get(bound.against)
    if network.name not in bound.networks or base is None or isinstance(base, Failure):
      continue
    # A hair of tolerance: accuracies are multiples of an image, written in binary.
    if failed or base["accuracy"] - result["accuracy"] > bound.points + 1e-9:
      words.append(f"{bound.points} below {bound.against}")
  floor = setting.floor.get((network.dataset, network.name))
  if floor is not None and (failed or result["accuracy"] < floor - 1e-9):
    words.append(f"at least {floor} %")
  return words


def has_bound(network, setting):
  return ((network.dataset, network.name) in setting.floor
          or any(network.name in bound.networks for bound in setting.bounds))


def measure(options, work):
  """Returns what was measured: a dictionary of results, by setting, for each network."""
  bench, table = Bench(options, work), {}
  folders = {"fashion-mnist": options.data, "mnist": options.mnist}
  data = {}
  for name, folder in folders.items():
    if folder is not None and (folder / "t10k-images-idx3-ubyte.gz").exists():
      data[name] = data_in(folder, work / f"{name}-calibration-idx3-ubyte")
    elif folder is not None:
      print(f"accuracy: {folder} holds no test set", file=sys.stderr)
  if "fashion-mnist" not in data:
    data["fashion-mnist"] = example_subset()
  unknown = set()
  for network in networks():
    name = f"{network.dataset}/{network.name}"
    if network.dataset not in data or not re.search(options.only, name):
      continue
    results = table[network] = {"ANN": bench.reference(network, data[network.dataset])}
    for setting in SETTINGS:
      if setting.name in unknown or not re.search(options.settings, setting.name):
        continue
      result = bench.measured(network, data[network.dataset], setting)
      if isinstance(result, Failure) and result.is_unknown:
        unknown.add(setting.name)  # an option that this program does not offer
        continue
      results[setting.name] = result
      text = str(result) if isinstance(result, Failure) else f"{result['accuracy']:.2f} %"
      print(f"{name}: {setting.name}: {text} (ANN {results['ANN']['accuracy']:.2f} %)",
            file=sys.stderr, flush=True)
  return table, unknown


def lines_of(rows, right=()):
  """Returns rows as a table in Markdown; the first is the header."""
  rule = ["---:" if i in right else "---" for i in range(len(rows[0]))]
  return ["| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]]]


def difference(result, reference):
  return f"{result['accuracy'] - reference['accuracy']:+.2f}".replace("-", "−")


def summary(columns, table):
  """Returns the table of differences: a row a setting, a column a network."""
  rows = [["points", *(n.name for n in columns)],
          ["ANN", *(f"{table[n]['ANN']['accuracy']:.2f} %" for n in columns)]]
  for setting in SETTINGS:
    if not any(setting.name in table[n] for n in columns):
      continue
    row = [setting.name]
    for network in columns:
      result = table[network].get(setting.name)
      if result is None:
        text = "–"
      elif isinstance(result, Failure):
        text = f"`{result}`"
      else:
        text = difference(result, table[network]["ANN"])
      missed = result is not None and misses(network, setting, table[network])
      row.append(f"**{text}**" if missed else text)
    rows.append(row)
  return lines_of(rows, right=range(1, len(rows[0])))


def details(network, results):
  """Returns the table of one network: a row a setting."""
  reference = results["ANN"]
  rows = [["setting", "accuracy", "difference", "spikes/neuron", "images/s", "bound"],
          ["ANN", f"{reference['accuracy']:.2f} %", "", "", f"{reference['rate']:,.0f}", ""]]
  for setting in SETTINGS:
    result = results.get(setting.name)
    if result is None:
      continue
    missed = misses(network, setting, results)
    verdict = "missed: " + ", ".join(missed) if missed else \
      "met" if has_bound(network, setting) else ""
    if isinstance(result, Failure):
      rows.append([setting.name, f"`{result}`", "", "", "", verdict])
      continue
    spikes = "" if result["spikes"] is None else f"{result['spikes']:.2f}"
    rate = "" if result["rate"] is None else f"{result['rate']:,.0f}"
    rows.append([setting.name, f"{result['accuracy']:.2f} %", difference(result, reference),
                 spikes, rate, verdict])
  return lines_of(rows, right=range(1, 5))


def bounds_table():
  rows = [["setting", "arguments of `compile`", "may lose at most, points", "on"]]
  for setting in SETTINGS:
    what, where = [], []
    for bound in setting.bounds:
      against = "" if bound.against == "ANN" else f" against {bound.against}"
      what.append(f"{bound.points}{against}")
      where.append("all" if bound.networks == ALL else "all with rectifiers"
                   if bound.networks == RECTIFIERS else ", ".join(bound.networks))
    for (dataset, name), floor in setting.floor.items():
      what.append(f"accuracy of at least {floor} %")
      where.append(f"{name} on {dataset}")
    arguments = f"`{setting.arguments}`"
    if setting.stage:
      arguments += f", stage `{setting.stage}` of `attribute`"
    if setting.tuned:
      arguments += f" after `finetune {setting.tuned}`"
    rows.append([setting.name, arguments, "; ".join(what), "; ".join(where)])
  return lines_of(rows)


def git(*arguments):
  done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
  return done.stdout.strip() if done.returncode == 0 else None


def commit(output):
  """Returns the commit, with -dirty if tracked files other than the page itself differ from it."""
  name = git("rev-parse", "--short=12", "HEAD")
  if name is None:
    return "unknown"
  try:
    own = [f":(exclude,top){output.resolve().relative_to(ROOT)}"]
  except ValueError:
    own = []
  changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", *own)
  return name + ("-dirty" if changed else "")


def processor():
  try:
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE).group(1)
  except (OSError, AttributeError):
    model = platform.machine()
  return f"{model}, {os.cpu_count()} processors"


def page(options, table, unknown):
  """Returns the page in Markdown."""
  images = {n.dataset: r["ANN"]["images"] for n, r in table.items()}
  missed = sum(bool(misses(n, s, r)) for n, r in table.items() for s in SETTINGS if s.name in r)
  bounded = sum(has_bound(n, s) for n, r in table.items() for s in SETTINGS if s.name in r)
  names = {"fashion-mnist": "Fashion-MNIST", "mnist": "MNIST"}
  lines = [
    "# Accuracy", "",
    "What the networks of [Examples](../Examples/networks) lose when they become spikes.",
    f"Calibrated on the first {CALIBRATION_IMAGES} training images; 8-bit weights and no"
    " retraining unless a row says so.",
    "Differences are points against the network itself on the same test images; bold: misses the"
    " bound", "for it.", "",
    f"- date: {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC",
    f"- commit: {commit(options.output)}",
    f"- command: `{options.command}`",
    f"- test images: {', '.join(f'{count:,} of {names[d]}' for d, count in images.items())}",
    f"- machine: {processor()}; images/s with {options.threads} thread"
    + ("s" if options.threads > 1 else "") + ", whatever else ran meanwhile",
    f"- bounds missed: {missed} of {bounded}", ""]
  if options.mnist is None:
    lines += ["MNIST was not measured: the command named no folder for it.", ""]
  if unknown:
    listed = ", ".join(s.name for s in SETTINGS if s.name in unknown)
    lines += [f"Left out, because the program does not offer it: {listed}.", ""]
  for dataset in images:
    columns = [n for n in table if n.dataset == dataset]
    lines += [f"## {names[dataset]}", "", *summary(columns, table), ""]
    for network in columns:
      lines += [f"### {names[dataset]}: {network.name}", "", f"`{network.path.relative_to(ROOT)}`",
                "", *details(network, table[network]), ""]
  return "\n".join([*lines, "## Bounds", "", *bounds_table(), ""])


def write(path, text):
  """Writes the file in one step: it is whole, or as it was."""
  path.parent.mkdir(parents=True, exist_ok=True)
  scratch = path.with_name(f".{path.name}.{os.getpid()}")
  try:
    scratch.write_text(text)
    os.replace(scratch, path)
  finally:
    scratch.unlink(missing_ok=True)


def parsed():
  parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
  path = lambda text: pathlib.Path(text)
  parser.add_argument("--spikec", type=path, default=ROOT / ".build/release/spikec")
  parser.add_argument("--data", type=path, default=FASHION, metavar="DIR",
                      help="Fashion-MNIST's four .gz files; without, the example's 1,000 images")
  parser.add_argument("--mnist", type=path, metavar="DIR", help="MNIST's four .gz files")
  parser.add_argument("--limit", type=int, metavar="N", help="take the first N test images only")
  parser.add_argument("--threads", type=int, default=1, metavar="N")
  parser.add_argument("--only", default="", metavar="REGEX",
                      help="networks, as in fashion-mnist/plain")
  parser.add_argument("--settings", default="", metavar="REGEX", help="settings, by their names")
  parser.add_argument("--output", type=path,
                      help="Docs/accuracy.md; out/accuracy.md if not everything is measured")
  options = parser.parse_args()
  partial = options.limit or options.only or options.settings
  if options.output is None:
    options.output = ROOT / ("out/accuracy.md" if partial else "Docs/accuracy.md")
  words = ["make", "accuracy"] + [f"{name}=DIR" for name in ("MNIST",) if options.mnist]
  words += [f"LIMIT={options.limit}"] if options.limit else []
  shown = [f"--only {shlex.quote(options.only)}"] if options.only else []
  shown += [f"--settings {shlex.quote(options.settings)}"] if options.settings else []
  options.command = " ".join(words + ([f'ACCURACY="{" ".join(shown)}"'] if shown else []))
  return options


def main():
  options = parsed()
  if not options.spikec.exists():
    sys.exit(f"accuracy: there is no program {options.spikec}; make build builds it")
  with tempfile.TemporaryDirectory() as work:
    table, unknown = measure(options, pathlib.Path(work))
  if not table:
    sys.exit("accuracy: no network was measured")
  write(options.output, page(options, table, unknown))
  print(f"accuracy: wrote {options.output}", file=sys.stderr)


if __name__ == "__main__":
  main()
