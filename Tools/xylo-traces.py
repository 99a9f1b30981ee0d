#!/usr/bin/env python3
"""Writes what the neuron of xylosim, the simulation of Rockpool's Xylo family, does in random configurations.

    python3 -m venv VENV && VENV/bin/pip install xylosim

A sample that the tests hold, and a thousand configurations that they read when told where:

    VENV/bin/python Tools/xylo-traces.py --configurations 150 > Tests/Fixtures/xylo/traces.csv
    VENV/bin/python Tools/xylo-traces.py --configurations 1000 --seed 1 > FILE
    SPIKEC_XYLO_TRACES=FILE swift test --filter BitShiftNeuron

A line holds the shifts of current and potential, the bias, the threshold, the most spikes in a tick (31 of a
hidden neuron, 1 of an output), the inputs of all ticks, the spikes of all ticks, the last current and
potential, and a check sum over all of both. An input arrives as one spike over a synapse of its weight. An
output hears hidden neurons, which pass on their input a tick later: its lines begin with a tick without
input. Nothing of xylosim is copied: its layers are built and run.
"""

import argparse
import random

from xylosim.v2 import XyloLayer, XyloSynapse

MODULUS = 1 << 31
TICKS = 40


def configuration(draw):
    """Returns random parameters, many of them at the ends of their ranges, and inputs."""
    current = draw.choice([1, 2, 3, 4, 15, draw.randrange(1, 16)])
    potential = draw.choice([1, 4, 5, 6, 15, draw.randrange(1, 16)])
    bias = draw.choice([0, 0, 1, -1, 32767, -32768, draw.randint(-300, 300)])
    threshold = draw.choice([1, 100, 32767, draw.randint(1, 2000), draw.randint(1, 32767)])
    most = draw.choice([31, 31, 1])
    shift = draw.choice([0, 3, 8])
    reach = draw.choice([3, 40, 127])
    weights = [draw.randint(-reach, reach) if draw.random() < 0.6 else 0 for _ in range(TICKS)]
    if draw.random() < 0.2:
        weights = [reach * draw.choice([1, 1, -1]) for _ in range(TICKS)]
    return current, potential, bias, threshold, most, shift, weights


def layer(current, potential, bias, threshold, most, shift, values):
    """Returns a layer in which line k of the input has the weight values[k], times 2^shift."""
    neuron = {"threshold": threshold, "dash_mem": potential, "dash_syn": [current], "bias": bias}
    # A hidden neuron passes on what arrives: a weight of 2 leaves 1 after half of it is lost.
    relay = {"threshold": 1, "dash_mem": 1, "dash_syn": [1], "bias": 0}
    if most == 1:
        hidden, outputs = [relay] * len(values), [neuron]
        to_hidden = [[XyloSynapse(k, 0, 2)] for k in range(len(values))]
        to_output = [[XyloSynapse(0, 0, value)] for value in values]
    else:
        hidden, outputs = [neuron], [relay]
        to_hidden = [[XyloSynapse(0, 0, value)] for value in values]
        to_output = [[]]
    result = XyloLayer(
        synapses_in=to_hidden,
        synapses_rec=[[] for _ in hidden],
        synapses_out=to_output,
        aliases=[[] for _ in hidden],
        threshold=[n["threshold"] for n in hidden],
        threshold_out=[n["threshold"] for n in outputs],
        has_bias=True,
        bias=[n["bias"] for n in hidden],
        bias_out=[n["bias"] for n in outputs],
        weight_shift_inp=0 if most == 1 else shift,
        weight_shift_rec=0,
        weight_shift_out=shift if most == 1 else 0,
        dash_mem=[n["dash_mem"] for n in hidden],
        dash_mem_out=[n["dash_mem"] for n in outputs],
        dash_syns=[n["dash_syn"] for n in hidden],
        dash_syns_out=[n["dash_syn"] for n in outputs],
        name="trace",
    )
    # The layer refers to the synapses without owning them.
    return result, (to_hidden, to_output)


def trace(current, potential, bias, threshold, most, shift, inputs):
    """Runs the layer, and returns what the neuron gets and emits, its last state and check sum."""
    # A line for each tick, which has the weight of its input.
    raster = [[int(t == k) for k in range(TICKS)] for t in range(TICKS + 1)]
    xylo, synapses = layer(current, potential, bias, threshold, most, shift, inputs)
    outputs = xylo.evolve(raster)
    assert synapses
    if most == 1:
        spikes = [row[0] for row in outputs]
        states = list(zip(xylo.rec_i_syn_out[0], xylo.rec_v_mem_out[0]))
        inputs = [0] + inputs
    else:
        spikes = [row[0] for row in xylo.rec_recurrent_spikes][: len(inputs)]
        states = list(zip(xylo.rec_i_syn[0], xylo.rec_v_mem[0]))[: len(inputs)]
    check = 0
    for i, v in states:
        check = (check * 31 + i + 7 * v) % MODULUS
    arrived = [a << shift for a in inputs]
    return arrived, spikes, states[-1][0], states[-1][1], check


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configurations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print("current,potential,bias,threshold,most,inputs,spikes,i,v,check")
    for _ in range(options.configurations):
        *parameters, shift, weights = configuration(draw)
        inputs, spikes, i, v, check = trace(*parameters, shift, weights)
        words = [" ".join(map(str, numbers)) for numbers in (inputs, spikes)]
        print(*parameters, *words, i, v, check, sep=",")


if __name__ == "__main__":
    main()
