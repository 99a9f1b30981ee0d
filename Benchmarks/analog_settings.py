"""The targets of this repository as settings of aihwkit: what analog_reads.py and analog_speed.py
compare is described once, in Targets.

aihwkit is installed by whoever runs these, with Python 3.12 or 3.13; a wheel of it serves only beside
a release of torch that is like the one it was built with:

  python3.12 -m venv out/aihwkit
  out/aihwkit/bin/pip install aihwkit==1.2.0 torch==2.13.0 h5py
"""

import dataclasses
import json
import pathlib

from aihwkit.inference import PCMLikeNoiseModel
from aihwkit.simulator.configs import InferenceRPUConfig, SingleRPUConfig
from aihwkit.simulator.configs.devices import IdealDevice
from aihwkit.simulator.configs.utils import (
    BoundManagementType, IOParameters, MappingParameter, NoiseManagementType, WeightNoiseType)

ROOT = pathlib.Path(__file__).resolve().parent.parent


@dataclasses.dataclass
class Setting:
    """What differs from a target: members of its arrays, by dotted names, and the vector read."""

    name: str
    members: dict
    target: str = "rpu"
    amplitude: float = 1.0
    shift: float = 0.0
    seconds: float = 0.0


def put(group, name, value):
    """Sets a member by its dotted name."""
    first, _, rest = name.partition(".")
    if rest:
        put(group.setdefault(first, {}), rest, value)
    else:
        group[first] = value


def machine(setting):
    """The description of the machine, and its arrays."""
    description = json.loads((ROOT / "Targets" / f"{setting.target}.json").read_text())
    array = next(core["analog"] for core in description["cores"] if "analog" in core)
    # aihwkit has each weight once.
    array.pop("repetition", None)
    for name, value in setting.members.items():
        put(array, name, value)
    return description, array


def number(group, name, default=0.0):
    """A number of an array by its dotted name, with or without who says so."""
    for part in name.split("."):
        group = group.get(part, {})
    value = group.get("value") if isinstance(group, dict) else group
    return default if value is None else value


def io_parameters(array):
    """The reads of an array as aihwkit names them."""
    result = IOParameters()
    result.inp_bound = number(array, "input.bound")
    result.inp_res = 1 / number(array, "input.steps")
    result.inp_noise = number(array, "input.noise")
    result.out_bound = number(array, "output.bound")
    result.out_res = 1 / number(array, "output.steps")
    result.out_noise = number(array, "output.noise")
    if number(array, "weightNoise.deviation"):
        assert array["weightNoise"]["kind"] == "additive"
        result.w_noise = number(array, "weightNoise.deviation")
        result.w_noise_type = WeightNoiseType.ADDITIVE_CONSTANT
    result.noise_management = {
        "none": NoiseManagementType.NONE, "abs-max": NoiseManagementType.ABS_MAX,
    }[array["noiseManagement"]]
    result.bound_management = {
        "none": BoundManagementType.NONE, "iterative": BoundManagementType.ITERATIVE,
    }[array["boundManagement"]["mode"]]
    return result


def configuration(array):
    """The configuration of aihwkit for an array."""
    mapping = MappingParameter(
        digital_bias=True, max_input_size=number(array, "rows"),
        max_output_size=number(array, "cols"), weight_scaling_omega=number(array, "device.wMax"),
        weight_scaling_columnwise=array.get("weightScaling") == "column")
    if array["device"].get("model") != "pcm":
        return SingleRPUConfig(device=IdealDevice(), forward=io_parameters(array), mapping=mapping)
    g_max = 1e6 * number(array, "device.largestConductance")
    return InferenceRPUConfig(
        forward=io_parameters(array), mapping=mapping, drift_compensation=None,
        noise_model=PCMLikeNoiseModel(
            g_max=g_max, t_0=number(array, "device.drift.startSeconds"),
            t_read=number(array, "device.readSeconds")))
