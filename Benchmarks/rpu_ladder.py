#!/usr/bin/env python3
"""Trains the network of Gokmen, Onen and Haensch (2017) on emulated arrays, step by step of their
ladder, and writes what each step is worth as a table.

The steps: exact arithmetic; the baseline with nothing managed; with managed reads; with managed
updates, one slot each; and with 13 devices for each weight of the second convolution. An epoch of
60,000 images takes minutes, so what each epoch gave is kept at once, in a file of out/rpu for each
step and set of data; a step that has as many epochs as asked for is not trained again, unless
--again is given or its arguments have changed. Steps may be run one by one with --only.

Data are folders with the four idx files of MNIST or Fashion-MNIST (.gz or not).

Run:  Benchmarks/rpu_ladder.py --data mnist=DIR --data fashion-mnist=DIR [--epochs N] [--limit N]
      Benchmarks/rpu_ladder.py --data mnist --data fashion-mnist --finished --page Docs/accuracy.md
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys

from accuracy_page import LADDER, paragraph, with_section

MANAGED = ["--noise-management", "abs-max", "--bound-management", "iterative"]
ONE_SLOT = ["--pulses", "1", "--update-management"]

# name, arguments, the study's test error in per cent after 30 epochs (as far as is remembered)
STEPS = [
    ("baseline, nothing managed", [
        "--noise-management", "none", "--bound-management", "none", "--pulses", "10"], 10),
    ("+ noise and bound management", MANAGED + ["--pulses", "10"], 1.7),
    ("+ update management, one slot", MANAGED + ONE_SLOT, 1.1),
    ("+ 13 devices a weight in conv2", MANAGED + ONE_SLOT + ["--devices-per-weight", "conv2=13"],
     0.8),
    ("managed slots and gains, at most 31", MANAGED + [
        "--pulses", "31", "--update-management", "--pulse-management"], None),
    ("exact arithmetic", ["--exact"], 0.8),
]

TITLES = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}

TEXT = (
    "`spikec train-rpu` trains a network like LeNet-5 on the arrays of target `rpu`, from random"
    " weights, one image at a time with η = {rate}; the steps are those of Gokmen, Onen and Haensch"
    " (2017), whose figures after 30 epochs on MNIST are from memory. Numbers are test errors in per"
    " cent on {tests} images after each epoch; – was not run. Times are those of one thread of a"
    " machine that did other things as well."
    " [Why](rationale/crossbar-training.md)")

EPOCH = re.compile(
    r"epoch (\d+) of \d+: loss (\S+), error (\S+) %, test: loss (\S+), error (\S+) %, (\S+) s")


def find(folder, part):
    for name in sorted(os.listdir(folder)):
        if name.startswith(part):
            return os.path.join(folder, name)
    sys.exit(f"no {part}* in {folder}")


def files(folder):
    return [find(folder, part) for part in (
        "train-images", "train-labels", "t10k-images", "t10k-labels")]


def arguments_of(options, step):
    """What decides on a result, but for the number of epochs, the program and the data."""
    result = ["train-rpu", "lenet", "--target", options.target, "--learning-rate",
              str(options.learning_rate), "--seed", str(options.seed), *step[1]]
    return result + (["--limit", str(options.limit)] if options.limit else [])


def epoch_of(line):
    """What a line of the program says of an epoch, errors in per cent; None for other lines."""
    match = EPOCH.match(line)
    if not match:
        return None
    names = ("epoch", "loss", "error", "testLoss", "testError", "seconds")
    return dict(zip(names, map(float, match.groups())))


def place_of(options, name, step):
    slug = re.sub(r"[^a-z0-9]+", "-", step[0].lower()).strip("-")
    return pathlib.Path(options.store) / f"{name}-{slug}.json"


def kept(options, name, step):
    """What the store has of a step; None if it was run with other arguments or not at all."""
    place = place_of(options, name, step)
    record = json.loads(place.read_text()) if place.exists() else None
    return record if record and record["arguments"] == arguments_of(options, step) else None


def run(options, name, folder, step):
    """Trains one step on one set of data, keeping each epoch."""
    images, labels, test_images, test_labels = files(folder)
    place = place_of(options, name, step)
    place.parent.mkdir(parents=True, exist_ok=True)
    record = {"arguments": arguments_of(options, step), "epochs": [],
              "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M")}
    print(f"{name}: {step[0]}", file=sys.stderr, flush=True)
    process = subprocess.Popen(
        [options.program, *record["arguments"], "--epochs", str(options.epochs), "--data", images,
         "--labels", labels, "--test-data", test_images, "--test-labels", test_labels],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        print(line, end="", file=sys.stderr, flush=True)
        epoch = epoch_of(line)
        if epoch:
            record["epochs"].append(epoch)
            unfinished = place.with_suffix(".part")
            unfinished.write_text(json.dumps(record))
            unfinished.rename(place)
    if process.wait():
        sys.exit(f"{step[0]}: the program failed")
    return record


def table(options, name, records):
    """The results of one set of data, a column for each epoch."""
    count = max((len(record["epochs"]) for _, record in records if record), default=0)
    title = f"### {TITLES.get(name, name)}"
    if options.limit:
        title += f", the first {options.limit:,} training images"
    shows = name == "mnist"
    heads = [f"epoch {k + 1}" for k in range(count)] + ["s an epoch"] + ["study"] * shows
    lines = [title, "", f"| | {' | '.join(heads)} |", "|---|" + "--:|" * len(heads)]
    for step, record in records:
        epochs = record["epochs"] if record else []
        cells = [f"{epoch['testError']:.2f}" for epoch in epochs] + ["–"] * (count - len(epochs))
        seconds = sum(epoch["seconds"] for epoch in epochs) / max(1, len(epochs))
        cells.append(f"{seconds:.0f}" if epochs else "–")
        if shows:
            cells.append("–" if step[2] is None else f"≈ {step[2]}")
        lines.append(f"| {step[0]} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", action="append", required=True, metavar="NAME=DIR")
    parser.add_argument("--program", default=".build/release/spikec")
    parser.add_argument("--target", default="rpu")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--learning-rate", type=float, default=0.01)
    parser.add_argument("--limit", type=int, help="training images; all if absent")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="steps whose names contain this text")
    parser.add_argument("--store", default="out/rpu")
    parser.add_argument("--finished", action="store_true", help="write what there is, run nothing")
    parser.add_argument("--again", action="store_true", help="run what there is, too")
    parser.add_argument("--page", type=pathlib.Path, help="the page whose section is written")
    options = parser.parse_args()
    tables = []
    for argument in options.data:
        name, _, folder = argument.partition("=")
        records = []
        for step in STEPS:
            if options.only and options.only not in step[0]:
                continue
            record = kept(options, name, step)
            missing = not record or len(record["epochs"]) < options.epochs
            if not options.finished and (missing or options.again):
                record = run(options, name, folder, step)
            records.append((step, record))
        records = [(step, record) for step, record in records if record or step[2] is not None]
        tables.append(table(options, name, records))
    text = paragraph(TEXT.format(rate=options.learning_rate, tests="10,000"))
    if options.page:
        body = "\n".join([f"## {LADDER}", "", text, "", *tables])
        options.page.write_text(with_section(options.page.read_text(), LADDER, body))
    print("\n".join(tables), flush=True)


if __name__ == "__main__":
    main()
