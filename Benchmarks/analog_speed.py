#!/usr/bin/env python3
"""Compares the speed of the example network on emulated arrays with that of aihwkit.

Both run it with the settings of the target `rpu` on two threads: batch normalization folded into
the kernels, offsets added digitally, the weights of each output scaled to the range, each weight once.
aihwkit is given batches of several sizes; its best counts. To be run on a quiet machine.

Run:  out/aihwkit/bin/python Benchmarks/analog_speed.py        (analog_settings.py: installation)
"""

import argparse
import copy
import gzip
import json
import os
import pathlib
import subprocess
import tempfile
import time

# Read by OpenMP when torch is loaded.
THREADS = 2
os.environ.setdefault("OMP_NUM_THREADS", str(THREADS))

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


def spikec_speed(options, folder):
    """Images a second and accuracy of the compiled tables."""
    description, _ = machine(Setting("", {}))
    (folder / "rpu.json").write_text(json.dumps(description))
    subprocess.run(
        [options.spikec, "compile", options.network, "--target", folder / "rpu.json", "-o",
         folder / "tables"], check=True, capture_output=True)
    best, hits = 0.0, []
    for _ in range(options.repeat):
        result = json.loads(subprocess.run(
            [options.spikec, "run", folder / "tables", "--input", options.images, "--labels",
             options.labels, "--threads", str(THREADS), "--json"],
            check=True, capture_output=True, text=True).stdout)
        best = max(best, result["imagesPerSecond"])
        hits.append(result["accuracy"])
    return best, sum(hits) / len(hits)


def peer_speed(options, batch):
    """The same of aihwkit, in batches."""
    torch.set_num_threads(THREADS)
    _, array = machine(Setting("", {}))
    network = peer_network(options.network, array)
    images = torch.tensor(idx(options.images)[:, None] / 255).float()
    labels = idx(options.labels)
    # Small batches are slow: fewer images will do.
    count = min(len(images), max(100, 20 * batch))
    best, hits = 0.0, []
    with torch.no_grad():
        network(images[:batch])
        for _ in range(options.repeat):
            start = time.perf_counter()
            found = [network(images[k:k + batch]).argmax(1) for k in range(0, count, batch)]
            best = max(best, count / (time.perf_counter() - start))
            hits.append((torch.cat(found).numpy() == labels[:count]).mean())
    return best, float(np.mean(hits))


def compare_speed(options):
    with tempfile.TemporaryDirectory() as folder:
        speed, accuracy = spikec_speed(options, pathlib.Path(folder))
    print(f"load {os.getloadavg()[0]:.1f}, {THREADS} threads, best of {options.repeat}\n")
    print("| | images a second | accuracy |\n|---|--:|--:|")
    print(f"| spikec | {speed:,.0f} | {100 * accuracy:.1f} % |", flush=True)
    best = 0.0
    for batch in options.batches:
        other, hits = peer_speed(options, batch)
        best = max(best, other)
        print(f"| aihwkit, batches of {batch} | {other:,.0f} | {100 * hits:.1f} % |", flush=True)
    print(f"\nspikec / aihwkit at its best: {speed / best:.1f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    example = ROOT / "Examples/fashion-mnist"
    parser.add_argument("--spikec", type=pathlib.Path, default=ROOT / ".build/release/spikec")
    parser.add_argument("--network", type=pathlib.Path, default=example / "fashion_cnn.h5")
    parser.add_argument(
        "--images", type=pathlib.Path, default=example / "test1000-images-idx3-ubyte.gz")
    parser.add_argument(
        "--labels", type=pathlib.Path, default=example / "test1000-labels-idx1-ubyte.gz")
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 10, 50, 100, 500])
    parser.add_argument("--repeat", type=int, default=3)
    compare_speed(parser.parse_args())


if __name__ == "__main__":
    main()
