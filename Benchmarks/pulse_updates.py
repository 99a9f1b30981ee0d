#!/usr/bin/env python3
"""Compares updates by stochastic pulses with those of aihwkit, crossing by crossing.

For each setting a small array takes the same update many times from the same weights; the means and
deviations of the changes are held against each other and against the formula of
Docs/rationale/crossbar-training.md. Then an array of 512 x 512 is updated for time.

Run:  swift build -c release -Xcc -march=native --package-path Benchmarks --product pulse-updates
      out/aihwkit/bin/python Benchmarks/pulse_updates.py   (analog_settings.py: installation)
"""

import argparse
import json
import math
import pathlib
import subprocess
import time

import torch
from aihwkit.simulator.configs import SingleRPUConfig
from aihwkit.simulator.configs.devices import ConstantStepDevice
from aihwkit.simulator.configs.utils import MappingParameter, PulseType, UpdateParameters
from aihwkit.simulator.tiles import AnalogTile

X = [1.0, -0.6, 0.25, 0.05, -0.013]
D = [0.8, -0.35, 0.12, 0.02]

# slots, gains managed, slots managed, learning rate, step, noise of steps; where aihwkit manages
# slots, it manages gains as well
SETTINGS = [
    (10, False, False, 0.01, 0.001, 0.3),
    (1, True, False, 0.001, 0.001, 0.3),
    (31, True, True, 0.01, 0.001, 0.3),
    (31, True, True, 0.05, 0.001, 0.0),
    (31, True, True, 0.01, 0.0013, 0.3),
    (64, True, False, 0.02, 0.001, 0.5),
    (5, True, True, 0.05, 0.001, 0.3),
]


def configuration(setting):
    slots, gains, managed, _, step, noise = setting
    device = ConstantStepDevice(
        dw_min=step, dw_min_dtod=0.0, dw_min_std=noise, up_down=0.0, up_down_dtod=0.0, w_max=100.0,
        w_min=-100.0, w_max_dtod=0.0, w_min_dtod=0.0)
    update = UpdateParameters(
        desired_bl=slots, update_management=gains, update_bl_management=managed,
        pulse_type=PulseType.STOCHASTIC_COMPRESSED)
    return SingleRPUConfig(
        device=device, update=update, mapping=MappingParameter(weight_scaling_omega=0.0))


def tile_of(setting, x, d):
    tile = AnalogTile(len(d), len(x), configuration(setting))
    tile.set_learning_rate(setting[3])
    return tile


def theirs(setting, updates):
    """The means and deviations of aihwkit's changes, row by row."""
    x, d = torch.tensor(X), torch.tensor(D)
    tile = tile_of(setting, X, D)
    zeros = torch.zeros(len(D), len(X))
    sums, squares = torch.zeros(len(D), len(X)).double(), torch.zeros(len(D), len(X)).double()
    for _ in range(updates):
        tile.tile.set_weights(zeros)
        tile.update(x[None, :], d[None, :])
        change = tile.tile.get_weights().double()
        sums += change
        squares += change * change
    mean = sums / updates
    deviation = (squares / updates - mean * mean).clamp(min=0).sqrt()
    size = 512
    tile = tile_of(setting, [0] * size, [0] * size)
    many_x = x.repeat(size // len(X) + 1)[:size][None, :]
    many_d = d.repeat(size // len(D) + 1)[:size][None, :]
    start = time.perf_counter()
    for _ in range(200):
        tile.update(many_x, many_d)
    seconds = (time.perf_counter() - start) / 200
    return mean.T.flatten().tolist(), deviation.T.flatten().tolist(), seconds


def ours(program, setting, updates):
    slots, gains, managed, rate, step, noise = setting
    arguments = [slots, int(gains), int(managed), rate, step, noise, updates]
    vectors = [",".join(str(v) for v in vector) for vector in (X, D)]
    result = subprocess.run(
        [program, *map(str, arguments), *vectors], check=True, capture_output=True, text=True)
    values = json.loads(result.stdout)
    return values["mean"], values["deviation"], values["seconds"]


def expected(setting):
    """The formula: slots, gains, and the moments of a binomial number of noisy steps."""
    most, gains, managed, rate, step, noise = setting
    x_max, d_max = max(map(abs, X)), max(map(abs, D))
    k = rate * x_max * d_max / step
    slots = min(most, math.ceil(k)) if managed else most
    a = b = math.sqrt(rate / (step * slots))
    if gains:
        reach = d_max * min(1, most / k)
        a, b = a * math.sqrt(x_max / reach), b * math.sqrt(reach / x_max)
    means, deviations = [], []
    for x in X:
        for d in D:
            chance = min(1, b * abs(x)) * min(1, a * abs(d))
            means.append(-math.copysign(step * slots * chance, x * d))
            deviations.append(step * math.sqrt(slots * chance * (1 - chance + noise * noise)))
    return means, deviations


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=40_000)
    parser.add_argument("--program", default=".build/release/pulse-updates")
    options = parser.parse_args()
    program = pathlib.Path(options.program)
    if not program.exists():
        program = pathlib.Path(__file__).parent / options.program
    count = options.updates
    torch.set_num_threads(1)
    print("largest differences, in standard errors of the difference; microseconds an"
          " update, one thread\n")
    print("| slots | gains | slots managed | rate | step | noise | mean, ours − theirs |"
          " deviation, ours / theirs | mean, ours − formula | µs, ours | µs, theirs |")
    print("|--:|--|--|--:|--:|--:|--:|--:|--:|--:|--:|")
    for setting in SETTINGS:
        mean, deviation, seconds = ours(program, setting, count)
        other, spread, other_seconds = theirs(setting, count)
        formula, formula_deviation = expected(setting)
        apart = exact = 0.0
        ratios = []
        for i, sigma in enumerate(formula_deviation):
            error = sigma / math.sqrt(count) + 1e-9
            apart = max(apart, abs(mean[i] - other[i]) / (error * math.sqrt(2)))
            exact = max(exact, abs(mean[i] - formula[i]) / error)
            # Where few updates change a weight, deviations say nothing.
            if sigma > 0 and abs(formula[i]) / setting[4] * count > 2000 and spread[i] > 0:
                ratios.append(deviation[i] / spread[i])
        print(f"| {setting[0]} | {setting[1]} | {setting[2]} | {setting[3]} | {setting[4]} |"
              f" {setting[5]} | {apart:.1f} | {min(ratios):.3f}–{max(ratios):.3f} | {exact:.1f} |"
              f" {1e6 * seconds:.0f} | {1e6 * other_seconds:.0f} |", flush=True)


if __name__ == "__main__":
    main()
