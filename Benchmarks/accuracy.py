#!/usr/bin/env python3
"""Measures what the networks of Examples/ lose when they become spikes; writes Docs/accuracy.md.

Every network is compiled with every setting of accuracy_settings.py, calibrated on the first 512
training images, and run on the test images; the differences are held against bounds. What is asked
with a bound comes first, leaky neurons last. Needs Python 3 and nothing else.

It takes hours, and may be stopped at any time: the same command goes on. What was measured is kept
in out/accuracy by the contents of program, network and data, and by arguments. So two processes
with other --only may share the work, and a third one with --finished writes what there is so far.

Run:  make accuracy [MNIST=DIR] [LIMIT=N], or this script with the options that --help lists
"""

import argparse
import dataclasses
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import platform
import re
import resource
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

from accuracy_page import LADDER, page, section, with_section
from accuracy_settings import ALL, CALIBRATION_IMAGES, DATASETS, SETTINGS, has_bound

ROOT = pathlib.Path(__file__).resolve().parent.parent
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
# What decides on a result besides data; a change elsewhere does not make a commit dirty.
SOURCES = ("Package.swift", "IR", "Frontends", "Backends", "Sources", "Examples", "Benchmarks")


@dataclasses.dataclass(frozen=True)
class Network:
  dataset: str
  name: str
  path: pathlib.Path


@dataclasses.dataclass(frozen=True)
class Data:
  """The files of a data set; without training images nothing can be fine-tuned."""
  images: pathlib.Path
  labels: pathlib.Path
  calibration: pathlib.Path
  training_images: pathlib.Path = None
  training_labels: pathlib.Path = None


class Failure(Exception):
  """A command of spikec failed: the exit status and the id of its first diagnostic."""

  def __init__(self, status, text):
    ids = re.findall(r"^error: .*\[([a-z0-9.-]+)\]$", text, re.MULTILINE)
    super().__init__(ids[0] if ids else f"exit status {status}")
    self.is_unknown = status == 64 and not ids  # a command or an option that does not exist
    # Files and memory may be there the next time; refusals and bugs are said again.
    self.is_lasting = status not in (66, 73, 74, -signal.SIGKILL)


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
  """Returns the 1,000 test images that the repository holds."""
  example = ROOT / "Examples/fashion-mnist"
  return Data(example / "test1000-images-idx3-ubyte.gz", example / "test1000-labels-idx1-ubyte.gz",
              example / "calibration512-images-idx3-ubyte.gz")


def networks():
  """Returns the networks of Examples/ that questions are about, in the order of ALL.

  The others there are made for machines that are smaller.
  """
  found = [Network("fashion-mnist", "plain", ROOT / "Examples/fashion-mnist/fashion_cnn.h5")]
  for dataset in DATASETS:
    folder = ROOT / "Examples/networks" / dataset
    found += [Network(dataset, path.stem, path) for path in folder.glob("*.h5")
              if path.stem in ALL]
  return sorted(found, key=lambda n: (n.dataset, ALL.index(n.name)))


def write(path, text):
  """Writes the file in one step: it is whole, or as it was."""
  path.parent.mkdir(parents=True, exist_ok=True)
  scratch = path.with_name(f".{path.name}.{os.getpid()}")
  try:
    scratch.write_text(text)
    os.replace(scratch, path)
  finally:
    scratch.unlink(missing_ok=True)


def now():
  return f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M}"


def git(*arguments):
  done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True)
  return done.stdout.strip() if done.returncode == 0 else None


def commit():
  """Returns the commit, with -dirty if tracked files that matter differ from it."""
  name = git("rev-parse", "--short=12", "HEAD")
  if name is None:
    return "unknown"
  changed = git("status", "--porcelain", "--untracked-files=no", "--", *SOURCES)
  return name + ("-dirty" if changed else "")


class Cache:
  """What was measured, a file each, named by a hash of everything that decides on the result."""

  def __init__(self, folder, program, commit):
    self.folder, self.program, self.hashes, self.commit = folder, program, {}, commit

  def hash(self, path):
    if path not in self.hashes:
      self.hashes[path] = hashlib.sha256(path.read_bytes()).hexdigest()
    return self.hashes[path]

  def path(self, network, files, words, suffix):
    """Returns where the result is kept; `words` are arguments, in which no path may occur."""
    key = [self.program, self.hash(network.path), *map(self.hash, files), *map(str, words)]
    digest = hashlib.sha256("\n".join(key).encode()).hexdigest()[:20]
    return self.folder / f"{network.dataset}-{network.name}-{digest}{suffix}"

  def read(self, path):
    try:
      return json.loads(path.read_text())
    except (OSError, ValueError):
      return None

  def keep(self, path, result):
    result |= {"date": now(), "commit": self.commit}
    write(path, json.dumps(result, indent=1) + "\n")
    return result


class Bench:
  """Runs spikec; what the cache holds is not run again."""

  def __init__(self, options, program, cache, work):
    self.options, self.program, self.cache, self.work = options, program, cache, work

  def spikec(self, *arguments):
    """Returns the JSON object that a command prints, and the processor's seconds it took."""
    command = [str(self.program), *map(str, arguments), "--json"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode in (130, -signal.SIGINT, -signal.SIGTERM):
      raise KeyboardInterrupt  # somebody ended it: that says nothing about the network
    if done.returncode != 0:
      raise Failure(done.returncode, done.stderr)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), seconds

  def test_images(self, data):
    limit = ["--limit", self.options.limit] if self.options.limit else []
    return ["--input", data.images, "--labels", data.labels, *limit]

  def run(self, command, model, data):
    """Returns the measures of `run` or `infer` on the test images."""
    report, seconds = self.spikec(command, model, *self.test_images(data),
                                  "--threads", self.options.threads)
    neurons = sum(layer["neurons"] for layer in report["layers"])
    spikes = report.get("spikesPerImage")
    return {"accuracy": 100 * report["accuracy"], "images": report["images"],
            "spikes": spikes / neurons if spikes is not None and neurons else None,
            "runSeconds": seconds}

  def at_stage(self, network, data, setting):
    """Returns the accuracy at a stage of the compilation."""
    report, seconds = self.spikec("attribute", network.path, *self.test_images(data),
                                  "--calibration", data.calibration,
                                  *setting.arguments.split())
    stage = next(stage for stage in report["stages"] if stage["name"] == setting.stage)
    return {"accuracy": 100 * stage["accuracy"], "images": report["images"],
            "stageSeconds": seconds}

  def tuned(self, network, data, arguments):
    """Returns the fine-tuned network and the seconds it took; one for each way of tuning."""
    if data.training_images is None:
      raise Failure(0, "error: no training images [accuracy.no-training-images]")
    files = [data.training_images, data.training_labels]
    model = self.cache.path(network, files, ["finetune", arguments], ".sir")
    record = model.with_suffix(".tuning.json")
    if not model.exists() or self.cache.read(record) is None:
      model.parent.mkdir(parents=True, exist_ok=True)
      _, seconds = self.spikec(
        "finetune", network.path, "-o", model, "--data", data.training_images, "--labels",
        data.training_labels, "--threads", self.options.threads, *arguments.split())
      self.cache.keep(record, {"seconds": seconds})
    return model, self.cache.read(record)["seconds"]

  def compiled(self, network, data, setting):
    """Returns the measures of the network compiled so."""
    artefact, model, extra = self.work / "network.spk", network.path, {}
    if setting.tuned:
      model, extra["tuneSeconds"] = self.tuned(network, data, setting.tuned)
    _, extra["compileSeconds"] = self.spikec(
      "compile", model, "-o", artefact, "--calibration", data.calibration,
      *setting.arguments.split())
    return self.run("run", artefact, data) | extra

  def result(self, network, data, setting):
    """Returns what was or is measured; None if that is not to be done or not offered.

    The setting None is the network itself.
    """
    words = ["ANN"] if setting is None else [setting.arguments, setting.tuned, setting.stage]
    files = [data.images, data.labels]
    if setting is not None:
      files += [data.calibration]
      if setting.tuned and data.training_images:
        files += [data.training_images, data.training_labels]
    path = self.cache.path(network, files, [*words, self.options.limit], ".json")
    kept = self.cache.read(path)
    if kept is not None or self.options.finished:
      return kept
    start, keeps = time.monotonic(), True
    try:
      if setting is None:
        result = self.run("infer", network.path, data)
      elif setting.stage:
        result = self.at_stage(network, data, setting)
      else:
        result = self.compiled(network, data, setting)
    except Failure as failure:
      if failure.is_unknown:
        return None
      result, keeps = {"failure": str(failure)}, failure.is_lasting
    result |= {"network": f"{network.dataset}/{network.name}", "arguments": " ".join(words).strip(),
               "wallSeconds": time.monotonic() - start}
    return self.cache.keep(path, result) if keeps else \
      result | {"date": now(), "commit": self.cache.commit}


def say(network, name, result, ann):
  """Says on the standard error what was measured, and how long it took."""
  text = result.get("failure") or f"{result['accuracy']:.2f} %"
  if ann is not result:
    text += f" (ANN {ann['accuracy']:.2f} %)"
  parts = [f"{what} {result[key]:,.1f} s" for what, key in
           (("fine-tune", "tuneSeconds"), ("compile", "compileSeconds"), ("run", "runSeconds"),
            ("attribute", "stageSeconds"))
           if key in result]
  print(f"{network.dataset}/{network.name}: {name}: {text}; {result.get('wallSeconds', 0):,.0f} s"
        + (f", of one processor: {', '.join(parts)}" if parts else ""), file=sys.stderr, flush=True)


def say_times(table):
  """Says how long each setting takes for 10,000 images, all networks together."""
  print(f"accuracy: seconds of one processor for 10,000 images\n"
        f"{'':32}{'networks':>9}{'tune':>9}{'compile':>9}{'run':>9}", file=sys.stderr)
  for name in ["ANN", *SETTINGS]:
    results = [rs[name] for rs in table.values() if "accuracy" in rs.get(name, {})]
    if results:
      run = sum(r.get("runSeconds", r.get("stageSeconds", 0)) / r["images"] for r in results)
      tune, compile_ = (sum(r.get(key, 0) for r in results)
                        for key in ("tuneSeconds", "compileSeconds"))
      print(f"{name:32}{len(results):9}{tune:9,.0f}{compile_:9,.0f}{10_000 * run:9,.0f}",
            file=sys.stderr)


def data_sets(options, work):
  """Returns the files of the data sets that there are, by name."""
  data = {}
  for name, folder in (("fashion-mnist", options.data), ("mnist", options.mnist)):
    if folder is not None and (folder / "t10k-images-idx3-ubyte.gz").exists():
      data[name] = data_in(folder, work / f"{name}-calibration-idx3-ubyte")
    elif folder is not None:
      print(f"accuracy: {folder} holds no test set", file=sys.stderr)
  data.setdefault("fashion-mnist", example_subset())
  return data


def measure(bench, options, work):
  """Returns the results of each network by setting, and the settings that are not offered."""
  data, table, unknown = data_sets(options, work), {}, []
  chosen = [n for n in networks() if n.dataset in data
            and re.search(options.only, f"{n.dataset}/{n.name}")]
  for network in chosen:
    ann = bench.result(network, data[network.dataset], None)
    if ann is None:
      continue
    if "failure" in ann:
      sys.exit(f"accuracy: {network.path}: {ann['failure']}")
    say(network, "ANN", ann, ann)
    table[network] = {"ANN": ann}
  jobs = [(network, setting) for network in table for setting in SETTINGS.values()
          if re.search(options.settings, setting.name)]
  jobs.sort(key=lambda job: (not has_bound(*job), job[1].is_slow))
  for network, setting in jobs:
    if setting.name in unknown:
      continue
    result = bench.result(network, data[network.dataset], setting)
    if result is not None:
      table[network][setting.name] = result
      say(network, setting.name, result, table[network]["ANN"])
    elif not options.finished:
      unknown.append(setting.name)  # an option that this program does not offer
  return table, unknown


def processor():
  try:
    text = pathlib.Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE).group(1)
  except (OSError, AttributeError):
    model = platform.machine()
  return f"{model}, {os.cpu_count()} processors"


def parsed():
  parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
  path = pathlib.Path
  parser.add_argument("--spikec", type=path, default=ROOT / ".build/release/spikec")
  parser.add_argument("--commit", default=commit(), metavar="NAME",
                      help="the program's, if it was not built of this checkout as it is")
  parser.add_argument("--data", type=path, default=FASHION, metavar="DIR",
                      help="Fashion-MNIST's four .gz files; without, the example's 1,000 images")
  parser.add_argument("--mnist", type=path, metavar="DIR", help="MNIST's four .gz files")
  parser.add_argument("--limit", type=int, metavar="N", help="take the first N test images only")
  parser.add_argument("--threads", type=int, default=os.cpu_count(), metavar="N")
  parser.add_argument("--only", default="", metavar="REGEX",
                      help="networks, as in fashion-mnist/plain; ^mnist/ are all for MNIST")
  parser.add_argument("--settings", default="", metavar="REGEX", help="settings, by their names")
  parser.add_argument("--finished", action="store_true",
                      help="measure nothing, write the page of what was measured")
  parser.add_argument("--output", type=path,
                      help="Docs/accuracy.md; out/accuracy.md if not everything is measured")
  options = parser.parse_args()
  partial = options.limit or options.only or options.settings
  if options.output is None:
    options.output = ROOT / ("out/accuracy.md" if partial else "Docs/accuracy.md")
  words = ["make", "accuracy"] + ["MNIST=DIR"] * (options.mnist is not None)
  words += [f"LIMIT={options.limit}"] if options.limit else []
  shown = [f"--only {shlex.quote(options.only)}"] if options.only else []
  shown += [f"--settings {shlex.quote(options.settings)}"] if options.settings else []
  options.command = " ".join(words + ([f'ACCURACY="{" ".join(shown)}"'] if shown else []))
  return options


def main():
  options = parsed()
  if not options.spikec.exists():
    sys.exit(f"accuracy: there is no program {options.spikec}; make build builds it")
  with tempfile.TemporaryDirectory() as folder:
    work = pathlib.Path(folder)
    program = work / "spikec"  # a copy: the next build may come before the last network
    shutil.copy2(options.spikec, program)
    digest = hashlib.sha256(program.read_bytes()).hexdigest()
    bench = Bench(options, program, Cache(ROOT / "out/accuracy", digest, options.commit), work)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
      table, unknown = measure(bench, options, work)
    except KeyboardInterrupt:
      print("accuracy: stopped; the same command goes on", file=sys.stderr)
      sys.exit(130)
  if not table:
    sys.exit("accuracy: no network was measured")
  text = page(table, options.command, processor(), unknown)
  before = options.output.read_text() if options.output.exists() else ""
  if section(before, LADDER):
    text = with_section(text, LADDER, section(before, LADDER))
  write(options.output, text)
  say_times(table)
  print(f"accuracy: wrote {options.output}", file=sys.stderr)


if __name__ == "__main__":
  main()
