#!/usr/bin/env python3
"""Runs what `cores sanafe DATA FOLDER OUT` wrote on SANA-FE (PyPI: sanafe) and compares.

    sanafe_peer.py OUT

Spikes are compared one by one: each neuron in each tick. What the files of SANA-FE do not say, the
host does here: potentials before the first tick (a bias of one tick), and that a slice takes part in
T ticks from its own first one (biases that begin then, thresholds that end it). One line of JSON.

Speed is that of processor time, which a busy machine does not spoil: of the compared run, tick by tick
with traces, and of one call for as many ticks without them, in which biases act from the first tick.
"""
import json
import sys
import time

import sanafe
import sanafecpp

folder = sys.argv[1]
host = json.load(open(folder + "/host.json"))
start = time.process_time()
arch = sanafe.load_arch(folder + "/arch.yaml")
net = sanafe.load_net(folder + "/snn.yaml", arch)
chip = sanafecpp.SpikingChip(arch)
chip.load(net)
loading = time.process_time() - start

groups = chip.mapped_neuron_groups
slices = host["slices"]


def prepare(tick):
    """Sets what changes with a tick."""
    for s, own in enumerate(slices):
        neurons = groups[f"s{s}"]
        for i, bias in enumerate(own["bias"]):
            if tick == own["start"]:
                first = own["initial"][i] + bias
                if first:
                    neurons[i].set_attributes(model_attributes={"bias": float(first)})
            elif tick == own["start"] + 1 and own["initial"][i]:
                neurons[i].set_attributes(model_attributes={"bias": float(bias)})
            elif tick == own["start"] + host["timesteps"]:
                neurons[i].set_attributes(model_attributes={"bias": 0.0, "threshold": 1e30})


counts = {"packets_sent": 0, "spikes": 0, "neurons_fired": 0, "hops": 0}
# In order: another order of neurons, or of ticks, would not be equal.
found = [[[] for _ in range(host["timesteps"])] for _ in slices]
running = 0.0
for tick in range(host["steps"]):
    prepare(tick)
    start = time.process_time()
    result = chip.sim(1, timing_model="simple", processing_threads=1, spike_trace=True,
                      perf_trace=True)
    running += time.process_time() - start
    for name in ("packets_sent", "spikes", "neurons_fired"):
        counts[name] += result[name]
    counts["hops"] += sum((result.get("perf_trace") or {}).get("hops", []))
    for address in result["spike_trace"][0]:
        group, neuron = str(address).rsplit(".", 1)
        s = int(group[1:])
        found[s][tick - slices[s]["start"]].append(int(neuron))
plain = sanafecpp.SpikingChip(arch)
plain.load(net)
for s, own in enumerate(slices):
  for neuron, bias in zip(plain.mapped_neuron_groups[f"s{s}"], own["bias"]):
    if bias:
      neuron.set_attributes(model_attributes={"bias": float(bias)})
start = time.process_time()
untraced = plain.sim(host["steps"], timing_model="simple", processing_threads=1)
untraced_seconds = time.process_time() - start
expected = [own["spikes"] for own in slices]
ours = {(s, t, n) for s, own in enumerate(expected) for t, ns in enumerate(own) for n in ns}
theirs = {(s, t, n) for s, own in enumerate(found) for t, ns in enumerate(own) for n in ns}
print(json.dumps({
    "measure": "sanafe-peer", "spikes": len(theirs), "spikesHere": len(ours),
    "different": len(ours ^ theirs), "packets": counts["packets_sent"], "hops": counts["hops"],
    "synapticOperations": counts["spikes"], "fired": counts["neurons_fired"],
    "loadSeconds": round(loading, 3), "ticksPerSecond": round(host["steps"] / running, 1),
    "untracedSpikes": untraced["neurons_fired"],
    "untracedTicksPerSecond": round(host["steps"] / untraced_seconds, 1)}))
