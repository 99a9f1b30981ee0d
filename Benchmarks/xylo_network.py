#!/usr/bin/env python3
"""Runs a network that was compiled for Xylo in xylosim, the vendor's simulation, and compares spikes.

The network is that of Tests/Fixtures/xylo. Hidden neurons must emit exactly the spikes that spikec's cores
count, image by image together; outputs of the machine hear them a tick later, and their bias acts in that
first tick already, so that an output may differ by single spikes. Fails if hidden spikes differ, or an output
by more than two spikes.

Run:  swift build -c release -Xcc -march=native
      python3 -m venv out/xylo && out/xylo/bin/pip install numpy xylosim
      out/xylo/bin/python Benchmarks/xylo_network.py
"""

import argparse
import base64
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy as np
from xylosim.v2 import XyloLayer, XyloSynapse

ROOT = pathlib.Path(__file__).resolve().parent.parent
DATA = ROOT / "Tests/Fixtures/xylo"
LEVELS = 255


def tensors(text):
    """Returns the tensors of a network in the text form, by their number."""
    result = {}
    pattern = r"%t(\d+):\s+(i8|i32|f32)\[([\d,]+)\]\s+\"[^\"]*\"\s+= (\[[^\]]*\]|base64 \{[^}]*\})"
    for number, kind, shape, data in re.findall(pattern, text):
        if data.startswith("base64"):
            raw = base64.b64decode("".join(data[8:-1].split()))
            values = np.frombuffer(raw, np.int8)
        else:
            values = np.array([float(x) for x in re.findall(r"[-+.\de]+", data)])
        result[int(number)] = values.reshape([int(n) for n in shape.split(",")])
    return result


def attribute(line, name):
    """Returns the integer that a line of the text form gives for a name."""
    found = re.search(rf"\b{name}=(?:%t)?(-?\d+)", line)
    return int(found[1]) if found else 0


def population(lines, number, values):
    """Returns the neurons of a population as xylosim takes them."""
    line = next(line for line in lines if line.startswith(f"%p{number}:"))
    threshold = values[attribute(line, "threshold")].astype(int).tolist()
    return {
        "threshold": threshold,
        "bias": values[attribute(line, "bias")].astype(int).tolist(),
        "mem": [attribute(line, "potential-shift")] * len(threshold),
        "syn": [[attribute(line, "current-shift")] for _ in threshold],
    }


def synapses(matrix):
    """Returns lists of synapses, one a row."""
    return [[XyloSynapse(k, 0, int(w)) for k, w in enumerate(row) if w] for row in matrix]


def raster(image, ticks):
    """Returns evenly spaced spikes, as the encoder `even` says them, [ticks][inputs]."""
    q = np.floor(image.astype(np.float32) * np.float32(LEVELS) + np.float32(0.5)).astype(int)
    said = (np.arange(ticks + 1)[:, None] * q + LEVELS // 2) // LEVELS
    return np.diff(said, axis=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spikec", default=str(ROOT / ".build/release/spikec"))
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--passes", help="passes in place of those of --neuron lif")
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp())

    def spikec(*words):
        command = [options.spikec, *map(str, words)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    how = ["--passes", options.passes] if options.passes else ["--neuron", "lif"]
    spikec("compile", DATA / "network.onnx", "--target", "xylo", *how,
           "-o", folder / "tables", "--calibration", DATA / "calibration.npy")
    text = spikec("inspect", folder / "tables/network.spk", "--format", "text", "--weights")
    lines, values = [line.strip() for line in text.splitlines()], tensors(text)
    report = json.loads(spikec("run", folder / "tables", "--input", DATA / "inputs.npy", "--limit",
                               options.images, "--json", "--output", folder / "outputs.npy"))
    said = np.load(folder / "outputs.npy")

    hidden, output = population(lines, 1, values), population(lines, 2, values)
    joins = [next(line for line in lines if line.startswith(f"%j{j}:")) for j in (0, 1)]
    ways = [synapses(values[attribute(join, "weights")]) for join in joins]
    shifts = [attribute(join, "shift") for join in joins]
    decode = next(line for line in lines if line.startswith("decode"))
    start, offset = attribute(decode, "start"), float(re.search(r"offset=([-.\d]+)", decode)[1])
    quantum = values[attribute(next(x for x in lines if x.startswith("%p2:")), "quantum")]
    ticks = report["timesteps"]
    layer = XyloLayer(
        synapses_in=ways[0], synapses_rec=[[] for _ in hidden["bias"]], synapses_out=ways[1],
        aliases=[[] for _ in hidden["bias"]], threshold=hidden["threshold"],
        threshold_out=output["threshold"], has_bias=True, bias=hidden["bias"],
        bias_out=output["bias"], weight_shift_inp=shifts[0], weight_shift_rec=0,
        weight_shift_out=shifts[1], dash_mem=hidden["mem"], dash_mem_out=output["mem"],
        dash_syns=hidden["syn"], dash_syns_out=output["syn"], name="network")

    inputs, labels = np.load(DATA / "inputs.npy"), np.load(DATA / "labels.npy")
    spikes, most, differing, right, agreeing = 0, 0, 0, 0, 0
    for i in range(options.images):
        layer.reset_all()
        own = raster(inputs[i], ticks)
        silence = np.zeros((1, own.shape[1]), int)
        counts = np.array(layer.evolve(np.concatenate([own, silence]).tolist()))
        spikes += int(np.sum(layer.rec_recurrent_spikes[:ticks]))
        # Outputs are a tick late.
        counts = counts[start + 1:].sum(0)
        expected = np.rint((said[i] - offset) / quantum * (ticks - start)).astype(int)
        most = max(most, int(np.abs(counts - expected).max()))
        differing += int((counts != expected).sum())
        values_of_xylosim = counts * quantum / (ticks - start) + offset
        right += int(values_of_xylosim.argmax() == labels[i])
        agreeing += int(values_of_xylosim.argmax() == said[i].argmax())
    # The report has means; whole numbers of spikes are behind them.
    mean = report["layers"][0]["spikesPerNeuron"]
    own = round(mean * len(hidden["bias"]) * options.images)
    print(f"hidden spikes: {spikes} in xylosim, {own} on spikec's cores")
    print(f"outputs: {differing} of {said[:options.images].size} counts differ, by {most} at most")
    print(f"classes: {agreeing} of {options.images} agree, {right} are right")
    sys.exit(0 if spikes == own and most <= 2 else 1)


if __name__ == "__main__":
    main()
