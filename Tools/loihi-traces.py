#!/usr/bin/env python3
"""Writes what the bit-accurate neuron of lava-nc does in random configurations.

lava-nc needs Python 3.10:

    python3.10 -m venv VENV && VENV/bin/pip install lava-nc

A sample that the tests hold, and a thousand configurations that they read when told where:

    VENV/bin/python Tools/loihi-traces.py --configurations 150 > Tests/Fixtures/loihi/traces.csv
    VENV/bin/python Tools/loihi-traces.py --configurations 1000 --seed 1 > FILE
    SPIKEC_LOIHI_TRACES=FILE swift test --filter LoihiNeuron

A line holds du, dv, the bias' mantissa and exponent, the threshold's mantissa, the inputs of all
ticks, the spikes of all ticks, the last current and potential, and a check sum over all of both.
Nothing of lava-nc is copied: its model is run, tick by tick, without its runtime.
"""

import argparse
import random

import numpy as np
from lava.proc.lif.models import PyLifModelBitAcc

MODULUS = 1 << 31


def configuration(draw):
    """Returns random parameters, many of them at the ends of their ranges, and inputs."""
    du = draw.choice([0, 1, 409, 4094, 4095, draw.randrange(4096)])
    dv = draw.choice([0, 0, 1, 128, 4095, draw.randrange(4096)])
    bias = draw.choice([0, 0, 4095, -4096, draw.randrange(-4096, 4096)])
    exponent = draw.randrange(8)
    threshold = draw.choice([0, 1, 100, 131071, draw.randrange(131072), draw.randrange(2000)])
    reach = draw.choice([3, 300, 3000, 32767])
    ticks = 40
    inputs = [
        draw.randint(-reach, reach) if draw.random() < 0.6 else 0 for _ in range(ticks)
    ]
    if draw.random() < 0.2:
        inputs = [reach * draw.choice([1, 1, -1]) for _ in range(ticks)]
    return du, dv, bias, exponent, threshold, inputs


def trace(du, dv, bias, exponent, threshold, inputs):
    """Runs the model, and returns its spikes, last state and check sum."""
    model = PyLifModelBitAcc({})
    model.u = np.zeros(1, dtype=np.int32)
    model.v = np.zeros(1, dtype=np.int32)
    model.du, model.dv = du, dv
    model.bias_mant = np.array([bias], dtype=np.int32)
    model.bias_exp = np.array([exponent], dtype=np.int32)
    model.vth = np.array([threshold], dtype=np.int32)
    model.scale_bias()
    model.scale_threshold()
    spikes, check = "", 0
    for a in inputs:
        model.subthr_dynamics(activation_in=np.array([a], dtype=np.int32))
        fired = model.spiking_activation()
        check = (check * 31 + int(model.u[0]) + 7 * int(model.v[0])) % MODULUS
        model.reset_voltage(spike_vector=fired)
        spikes += "1" if fired[0] else "0"
    return spikes, int(model.u[0]), int(model.v[0]), check


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--configurations", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    draw = random.Random(options.seed)
    print("du,dv,bias,exponent,threshold,inputs,spikes,u,v,check")
    for _ in range(options.configurations):
        parameters = configuration(draw)
        spikes, u, v, check = trace(*parameters)
        inputs = " ".join(map(str, parameters[-1]))
        print(*parameters[:-1], inputs, spikes, u, v, check, sep=",")


if __name__ == "__main__":
    main()
