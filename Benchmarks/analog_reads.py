#!/usr/bin/env python3
"""Compares emulated reads of analog arrays with those of aihwkit.

The same weights are programmed on both sides and the same vector is read many times, in several
settings; means and standard deviations of each output are held against each other. Fails if one
differs by more than 2 %.

Run:  swift build -c release -Xcc -march=native --package-path Benchmarks --product analog-reads
      out/aihwkit/bin/python Benchmarks/analog_reads.py        (analog_settings.py: installation)
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from aihwkit.nn import AnalogLinear

from analog_settings import Setting, configuration, machine, number

HERE = pathlib.Path(__file__).resolve().parent
ROWS, COLUMNS = 96, 24

# Where devices are programmed anew for each read, so many copies of the columns share a tile.
COPIES = 200

SETTINGS = [
    Setting("defaults of the baseline", {}),
    Setting("noise management off", {"noiseManagement": "none"}, amplitude=0.7),
    Setting("bound management, clipping", {"output.bound": 4}, shift=0.3, amplitude=0.3),
    Setting("noise of inputs", {"input.noise": 0.05}),
    Setting("noise of weights", {
        "weightNoise.kind": "additive", "weightNoise.deviation": 0.03}),
    Setting("coarse converters", {
        "input.steps": 14, "output.steps": 62, "output.noise": 0.2}),
    Setting("programming and drift, one day", {
        "device.drift.compensation": "none"}, target="rpu-pcm", seconds=86_400.0),
]


def theirs(setting, array, weights, x, count, tiles=False):
    """What aihwkit reads, [count][columns]."""
    if array["device"].get("model") != "pcm":
        layer = AnalogLinear(ROWS, COLUMNS, bias=False, rpu_config=configuration(array))
        layer.set_weights(torch.tensor(weights.T.copy()), None)
        layer.eval()
        with torch.no_grad():
            return layer(torch.tensor(np.tile(x, (count, 1)))).numpy()
    layer = AnalogLinear(ROWS, COPIES * COLUMNS, bias=False, rpu_config=configuration(array))
    layer.set_weights(torch.tensor(np.tile(weights, (1, COPIES)).T.copy()), None)
    layer.eval()
    result = []
    with torch.no_grad():
        parts = [(tile, tile.tile.get_weights().clone()) for tile in layer.analog_tiles()]
        for _ in range((count + COPIES - 1) // COPIES):
            # Tiles that are programmed first and drift later forget which of the two devices of a
            # weight holds what, as if there were one; the noise model itself has both drift.
            if tiles:
                layer.program_analog_weights()
                layer.drift_analog_weights(setting.seconds)
            else:
                for tile, targets in parts:
                    model = tile.rpu_config.noise_model
                    tile.tile.set_weights(model.apply_noise(targets, setting.seconds))
            result.append(layer(torch.tensor(x[None, :])).numpy().reshape(COPIES, COLUMNS))
    return np.concatenate(result)[:count]


def ours(program, setting, description, weights, x, count, folder):
    """What spikec reads, [count][columns], and the reads that the bound management made of each."""
    (folder / "machine.json").write_text(json.dumps(description))
    weights.astype("<f4").tofile(folder / "weights")
    x.astype("<f4").tofile(folder / "input")
    chips = count if setting.seconds else 1
    result = subprocess.run(
        [program, folder / "machine.json", str(ROWS), str(COLUMNS), folder / "weights",
         folder / "input", str(count // chips), str(chips), str(setting.seconds), folder / "out"],
        stdout=subprocess.PIPE, text=True)
    if result.returncode:
        sys.exit(result.stdout)
    values = np.fromfile(folder / "out", dtype="<f4").reshape(count, COLUMNS)
    return values, json.loads(result.stdout)["passesPerRead"]


def compare_reads(options):
    """Prints a table; returns whether all differences are within 2 %."""
    random = np.random.default_rng(options.seed)
    torch.manual_seed(options.seed)
    plain = random.normal(0, 0.2, (ROWS, COLUMNS))
    vector = random.uniform(-1, 1, ROWS)
    worst = 0.0
    print("| settings | reads a vector | mean | deviation, all outputs | deviation, worst output |")
    print("|---|--:|--:|--:|--:|")
    for setting in SETTINGS:
        if options.only and options.only not in setting.name:
            continue
        description, array = machine(setting)
        weights = (plain + setting.shift).astype(np.float32)
        x = (setting.amplitude * vector + setting.shift).astype(np.float32)
        with tempfile.TemporaryDirectory() as folder:
            mine, passes = ours(
                options.program, setting, description, weights, x, options.reads,
                pathlib.Path(folder))
        other = theirs(setting, array, weights, x, options.reads, options.tiles)
        if options.keep:
            np.savez(options.keep / f"{setting.name}.npz", ours=mine, theirs=other)
        means, deviations = mine.mean(0, dtype=np.float64), mine.std(0, dtype=np.float64)
        their_means = other.mean(0, dtype=np.float64)
        their_deviations = other.std(0, dtype=np.float64)
        mean = np.abs(means - their_means).max() / np.sqrt((their_means**2).mean())
        overall = np.sqrt((deviations**2).mean() / (their_deviations**2).mean()) - 1
        # Of outputs that stay on one code most of the time, deviations say next to nothing.
        counted = their_deviations > 0.1 * their_deviations.mean()
        each = np.abs(deviations[counted] / their_deviations[counted] - 1).max()
        worst = max(worst, mean, abs(overall), each)
        print(f"| {setting.name} | {passes:.2f} | {100 * mean:.2f} % | {100 * overall:+.2f} % |"
              f" {100 * each:.2f} % |", flush=True)
    sampling = 1 / np.sqrt(options.reads)
    print(f"\n{options.reads} reads on each side; one standard error of a ratio of deviations:"
          f" {100 * sampling:.2f} %. Largest difference: {100 * worst:.2f} %.")
    return worst <= 0.02


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--program", type=pathlib.Path, default=HERE / ".build/release/analog-reads")
    parser.add_argument("--reads", type=int, default=50_000)
    parser.add_argument("--only", help="settings whose names contain this text")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--tiles", action="store_true", help="let aihwkit's tiles program and drift, in two steps")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for all that was read, .npz")
    sys.exit(0 if compare_reads(parser.parse_args()) else 1)


if __name__ == "__main__":
    main()
