#!/usr/bin/env python3
"""Compares the speed of the example network on emulated arrays with that of aihwkit.

Both run it with the settings of the target `rpu` on two threads: batch normalization folded into
the kernels, offsets added digitally, the weights of each output scaled to the range, each weight once.
aihwkit is given batches of several sizes; its best counts. All run in turn, several times; medians are
printed by the clock, for a quiet machine, and by the time of the processor.

Run:  out/aihwkit/bin/python Benchmarks/analog_speed.py        (analog_settings.py: installation)
"""

import argparse
import copy
import gzip
import json
import os
import pathlib
import resource
import statistics
import subprocess
import tempfile
import time

# Read by OpenMP when torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "2")

import h5py
import numpy as np
import torch
from aihwkit.nn import AnalogConv2d, AnalogLinearMapped

from analog_settings import ROOT, Setting, configuration, machine


def folded_layers(path):
    """The kernels and offsets of the example network, with batch normalization folded in."""
    with h5py.File(path) as file:
        groups = file["model_weights"]

        def values(layer, name):
            return groups[layer][layer][f"{name}:0"][()].astype(np.float64)

        layers = []
        for suffix in ("", "_1", "_2", "_3"):
            norm = f"batch_normalization{suffix}"
            factor = values(norm, "gamma") / np.sqrt(values(norm, "moving_variance") + 1e-3)
            kernel = values(f"conv2d{suffix}", "kernel") * factor
            layers.append((kernel, values(norm, "beta") - values(norm, "moving_mean") * factor))
        return layers, (values("dense", "kernel"), values("dense", "bias"))


def peer_network(path, array):
    """The example network on aihwkit's tiles; images are [1, 28, 28]."""
    config = configuration(array)
    convolutions, (kernel, bias) = folded_layers(path)
    layers = []
    for k, (weights, offsets) in enumerate(convolutions):
        height, width, inputs, outputs = weights.shape
        conv = AnalogConv2d(
            inputs, outputs, (height, width), padding=1, bias=True,
            rpu_config=copy.deepcopy(config))
        conv.set_weights(
            torch.tensor(weights.transpose(3, 2, 0, 1).copy()).float(),
            torch.tensor(offsets).float())
        layers += [conv, torch.nn.ReLU()]
        if k != 1:
            layers.append(torch.nn.MaxPool2d(2) if k == 0 else torch.nn.AvgPool2d(2))
    dense = AnalogLinearMapped(*kernel.shape, bias=True, rpu_config=copy.deepcopy(config))
    # Theirs has channels first.
    order = np.arange(kernel.shape[0]).reshape(3, 3, -1).transpose(2, 0, 1).reshape(-1)
    dense.set_weights(torch.tensor(kernel[order].T.copy()).float(), torch.tensor(bias).float())
    return torch.nn.Sequential(*layers, torch.nn.Flatten(), dense).eval()


def idx(path):
    with (gzip.open if path.suffix == ".gz" else open)(path) as file:
        data = file.read()
    extents = [int.from_bytes(data[4 + 4 * k:8 + 4 * k], "big") for k in range(data[3])]
    return np.frombuffer(data, np.uint8, offset=4 + 4 * len(extents)).reshape(extents)


class Contestant:
    """What is timed in turn with the others: images a second of the clock and of the processor."""

    def __init__(self, name):
        self.name = name
        self.clock, self.processor, self.hits = [], [], []

    def add(self, count, clock, processor, hits):
        self.clock.append(count / clock)
        self.processor.append(count / processor)
        self.hits.append(hits)

    def row(self):
        return (f"| {self.name} | {max(self.clock):,.0f} | {statistics.median(self.clock):,.0f} |"
                f" {statistics.median(self.processor):,.0f} | {100 * np.mean(self.hits):.1f} % |")


class Spikec(Contestant):
    """The compiled tables; the processor's time is what further images take after the first."""

    def __init__(self, options, folder):
        super().__init__("spikec")
        self.options, self.folder = options, folder
        description, _ = machine(Setting("", {}))
        (folder / "rpu.json").write_text(json.dumps(description))
        subprocess.run(
            [options.spikec, "compile", options.network, "--target", folder / "rpu.json", "-o",
             folder / "tables"], check=True, capture_output=True)

    def once(self, *options):
        """What a run says, and its time of the processor."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        result = json.loads(subprocess.run(
            [self.options.spikec, "run", self.folder / "tables", "--input", self.options.images,
             "--threads", str(self.options.threads), "--json", *options],
            check=True, capture_output=True, text=True).stdout)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def run(self):
        _, start = self.once("--limit", "1")
        result, processor = self.once("--labels", self.options.labels)
        count = result["images"]
        self.add(
            count - 1, (count - 1) / result["imagesPerSecond"], processor - start,
            result["accuracy"])


class Aihwkit(Contestant):
    """The network on aihwkit's tiles, in batches."""

    def __init__(self, options, batch):
        super().__init__(f"aihwkit, batches of {batch}")
        self.batch = batch
        _, array = machine(Setting("", {}))
        self.network = peer_network(options.network, array)
        self.images = torch.tensor(idx(options.images)[:, None] / 255).float()
        self.labels = idx(options.labels)
        # Small batches are slow: fewer images will do.
        self.count = min(len(self.images), max(100, 20 * batch))

    def run(self):
        with torch.no_grad():
            self.network(self.images[:self.batch])
            clock, processor = time.perf_counter(), time.process_time()
            found = [self.network(self.images[k:k + self.batch]).argmax(1)
                     for k in range(0, self.count, self.batch)]
            clock, processor = time.perf_counter() - clock, time.process_time() - processor
        hits = (torch.cat(found).numpy() == self.labels[:self.count]).mean()
        self.add(self.count, clock, processor, hits)


def compare_speed(options):
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as folder:
        ours = Spikec(options, pathlib.Path(folder))
        theirs = [Aihwkit(options, batch) for batch in options.batches]
        # In turn, so that all see the same machine.
        for _ in range(options.repeat):
            for contestant in [ours, *theirs]:
                contestant.run()
    print(f"load {os.getloadavg()[0]:.1f}, {options.threads} threads, {options.repeat} times in turn\n")
    print("| | images a second, best | median | a second of the processor, median | accuracy |")
    print("|---|--:|--:|--:|--:|")
    for contestant in [ours, *theirs]:
        print(contestant.row())
    clock = max(statistics.median(x.clock) for x in theirs)
    processor = max(statistics.median(x.processor) for x in theirs)
    best = max(max(x.clock) for x in theirs)
    print(f"\nspikec / aihwkit at its best: {max(ours.clock) / best:.1f} of the fastest runs,"
          f" {statistics.median(ours.clock) / clock:.1f} of medians,"
          f" by time of the processor {statistics.median(ours.processor) / processor:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    example = ROOT / "Examples/fashion-mnist"
    parser.add_argument("--spikec", type=pathlib.Path, default=ROOT / ".build/release/spikec")
    parser.add_argument("--network", type=pathlib.Path, default=example / "fashion_cnn.h5")
    parser.add_argument(
        "--images", type=pathlib.Path, default=example / "test1000-images-idx3-ubyte.gz")
    parser.add_argument(
        "--labels", type=pathlib.Path, default=example / "test1000-labels-idx1-ubyte.gz")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 10, 50, 200])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    compare_speed(parser.parse_args())


if __name__ == "__main__":
    main()
