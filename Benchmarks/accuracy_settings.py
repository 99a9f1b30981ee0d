"""What accuracy.py measures: ways to compile, and the questions that they answer, with bounds."""

import dataclasses

RECTIFIERS = ("plain", "maxpool", "residual", "depthwise")
ALL = RECTIFIERS + ("lenet",)
DATASETS = {"fashion-mnist": "Fashion-MNIST", "mnist": "MNIST"}
CALIBRATION_IMAGES = 512


@dataclasses.dataclass(frozen=True)
class Setting:
  """A way to compile; its arguments, not its name, decide whether it was measured before."""
  name: str
  arguments: str
  tuned: str = ""  # arguments of the fine-tuning that precedes, if one does
  stage: str = ""  # of `attribute`, if not the compiled network is meant
  is_slow: bool = False  # measured after the others


SETTINGS = {setting.name: setting for setting in (
  Setting("weighted, K = 4", "--code weighted --timesteps 4"),
  Setting("weighted, K = 6", "--code weighted --timesteps 6"),
  Setting("phased, T = 31", "--code phased --timesteps 31"),
  Setting("weighted, K = 6, float weights", "--code weighted --timesteps 6", stage="leveled"),
  Setting("weighted, K = 6, 4 bits", "--code weighted --timesteps 6 --weight-bits 4"),
  Setting("rate, T = 32", "--code rate --timesteps 32"),
  Setting("rate, T = 64", "--code rate --timesteps 64"),
  Setting("LIF, T = 200", "--neuron lif", is_slow=True),
  Setting("LIF, T = 400, fine-tuned", "--neuron lif --timesteps 400", tuned="--neuron lif",
          is_slow=True),
)}


def each(points, networks=ALL):
  """Returns the same bound for each of the networks."""
  return dict.fromkeys(networks, points)


@dataclasses.dataclass(frozen=True)
class Row:
  """A row of the page: a setting against the network itself or against another setting."""
  label: str
  setting: str
  may_lose: dict = dataclasses.field(default_factory=dict)  # network: points, at most
  against: str = "ANN"
  reaches: dict = dataclasses.field(default_factory=dict)  # (dataset, network): percent, at least
  is_absolute: bool = False  # says the accuracy, not a difference

  def bound(self, network):
    """Returns the bound for a network, points or percent; None if it has none."""
    if self.is_absolute:
      return self.reaches.get((network.dataset, network.name))
    return self.may_lose.get(network.name)

  def value(self, results):
    """Returns what the row says, points or percent; None without a measurement."""
    accuracy = results.get(self.setting, {}).get("accuracy")
    if accuracy is None or self.is_absolute:
      return accuracy
    base = results.get(self.against, {}).get("accuracy")
    return None if base is None else accuracy - base

  def is_missed(self, network, results):
    """Returns whether a bound is missed; None if there is no bound or nothing was measured."""
    bound, result = self.bound(network), results.get(self.setting)
    if bound is None or result is None:
      return None
    value = self.value(results)
    if value is None:  # a refusal misses; without what it is held against nothing can be said
      return True if "failure" in result else None
    # A hair of tolerance: accuracies are multiples of an image, written in binary.
    return value < (bound if self.is_absolute else -bound) - 1e-9


@dataclasses.dataclass(frozen=True)
class Question:
  """A section of the page."""
  title: str
  text: str
  rows: tuple


QUESTIONS = (
  Question(
    "What do spike codes lose?",
    "8-bit weights, no retraining. `weighted` says a value by at most K spikes, `phased` and `rate`"
    " by spikes in T time steps.",
    (Row("weighted, K = 4", "weighted, K = 4", each(0.8)),
     Row("weighted, K = 6", "weighted, K = 6", each(0.2)),
     Row("phased, T = 31", "phased, T = 31", each(0.2)),
     Row("rate, T = 32", "rate, T = 32", each(1.0, RECTIFIERS)),
     Row("rate, T = 64", "rate, T = 64", each(0.5, RECTIFIERS)))),
  Question(
    "What do weights of few bits lose?",
    "`weighted`, K = 6, no retraining. The third row holds 8-bit weights against the same code with"
    " the weights as they were.",
    (Row("float weights", "weighted, K = 6, float weights"),
     Row("8 bits", "weighted, K = 6"),
     Row("8 bits − float weights", "weighted, K = 6", each(0.1),
         against="weighted, K = 6, float weights"),
     Row("4 bits", "weighted, K = 6, 4 bits", each(0.7)))),
  Question(
    "What do leaky neurons lose?",
    "Leaky integrate-and-fire neurons with a refractory time, 8-bit weights; as the network is, and"
    " after `spikec finetune` on the training images. A deep network's spikes settle late, so its"
    " last tenths take more time steps T of 1 ms.",
    (Row("untrained, T = 200", "LIF, T = 200", {"plain": 1.0, "depthwise": 2.5}),
     Row("fine-tuned, T = 400", "LIF, T = 400, fine-tuned", each(0.3, ("plain", "depthwise"))),
     Row("fine-tuned, T = 400, accuracy", "LIF, T = 400, fine-tuned",
         reaches={("mnist", "plain"): 99.1}, is_absolute=True))),
)


def has_bound(network, setting):
  """Returns whether a bound needs the setting to be measured on the network."""
  return any(row.bound(network) is not None and setting.name in (row.setting, row.against)
             for question in QUESTIONS for row in question.rows)
