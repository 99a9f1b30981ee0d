#!/usr/bin/env python3
"""Trains the network of Gokmen, Onen and Haensch (2017) on emulated arrays, step by step of their
ladder, and writes what each step is worth as a table.

The steps: exact arithmetic; the baseline with nothing managed; with managed reads; with managed
updates, one slot each; and with 13 devices for each weight of the second convolution. Each run is
kept in out/rpu by program, data and arguments, so that a stopped ladder goes on where it was; two
processes with other --only may share the work.

Data are folders with the four idx files of MNIST or Fashion-MNIST (.gz or not).

Run:  Benchmarks/rpu_ladder.py --data mnist=DIR --data fashion-mnist=DIR [--epochs N] [--limit N]
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys

MANAGED = ["--noise-management", "abs-max", "--bound-management", "iterative"]
ONE_SLOT = ["--pulses", "1", "--update-management"]

# name, arguments, the study's test error in per cent (as far as is remembered)
STEPS = [
    ("exact arithmetic", ["--exact"], 0.8),
    ("baseline", ["--noise-management", "none", "--bound-management", "none", "--pulses", "10"], 10),
    ("+ noise and bound management", MANAGED + ["--pulses", "10"], 1.7),
    ("+ update management, one slot", MANAGED + ONE_SLOT, 1.1),
    ("+ 13 devices a weight in conv2", MANAGED + ONE_SLOT + ["--devices-per-weight", "conv2=13"],
     0.8),
    ("managed slots and gains, at most 31", MANAGED + [
        "--pulses", "31", "--update-management", "--pulse-management"], None),
]


def find(folder, part):
    for name in sorted(os.listdir(folder)):
        if name.startswith(part):
            return os.path.join(folder, name)
    sys.exit(f"no {part}* in {folder}")


def files(folder):
    return [find(folder, part) for part in (
        "train-images", "train-labels", "t10k-images", "t10k-labels")]


def key(options, program, data, arguments):
    digest = hashlib.sha256()
    with open(program, "rb") as file:
        digest.update(file.read())
    for path in data:
        digest.update(os.path.basename(path).encode())
        digest.update(str(os.path.getsize(path)).encode())
    digest.update(json.dumps(arguments).encode())
    if options.target.endswith(".json"):
        with open(options.target, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


def run(options, name, data, step):
    """The result of one step on one set of data, from the store if it is there."""
    arguments = [
        "train-rpu", "lenet", "--target", options.target, "--epochs", str(options.epochs),
        "--learning-rate", str(options.learning_rate), "--seed", str(options.seed), "--json",
        *step[1]]
    if options.limit:
        arguments += ["--limit", str(options.limit)]
    store = pathlib.Path(options.store)
    place = store / f"{name}-{key(options, options.program, data, arguments)}.json"
    if place.exists():
        return json.loads(place.read_text())
    if options.finished:
        return None
    print(f"{name}: {step[0]}", file=sys.stderr, flush=True)
    images, labels, test_images, test_labels = data
    store.mkdir(parents=True, exist_ok=True)
    plot = place.with_suffix(".svg")
    result = subprocess.run(
        [options.program, *arguments, "--data", images, "--labels", labels, "--test-data",
         test_images, "--test-labels", test_labels, "--plot", str(plot)],
        check=True, stdout=subprocess.PIPE, text=True)
    unfinished = place.with_suffix(".part")
    unfinished.write_text(result.stdout)
    unfinished.rename(place)
    return json.loads(result.stdout)


def table(options, name, results):
    lines = [
        f"### {name}", "",
        f"{options.epochs} epochs of "
        f"{options.limit or 'all'} training images, one at a time, η = {options.learning_rate};"
        " test error in per cent after the last epoch, and the mean of the last five.", "",
        "| step | test error | last five | while training | study | s/epoch |",
        "|---|--:|--:|--:|--:|--:|"]
    for step, result in results:
        study = "–" if step[2] is None else f"≈ {step[2]}"
        if result is None:
            lines.append(f"| {step[0]} | not run | | | {study} | |")
            continue
        last = result["epochs"][-1]
        seconds = sum(epoch["seconds"] for epoch in result["epochs"]) / len(result["epochs"])
        lines.append(
            f"| {step[0]} | {100 * result['testError']:.2f} |"
            f" {100 * result['meanTestErrorOfLastFive']:.2f} | {100 * last['error']:.2f} |"
            f" {study} | {seconds:.0f} |")
    return "\n".join(lines) + "\n"


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
    options = parser.parse_args()
    for argument in options.data:
        name, _, folder = argument.partition("=")
        data = files(folder)
        results = []
        for step in STEPS:
            if options.only and options.only not in step[0]:
                continue
            results.append((step, run(options, name, data, step)))
        print(table(options, name, results), flush=True)


if __name__ == "__main__":
    main()
