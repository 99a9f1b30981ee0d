"""The page that accuracy.py writes: a table for each question and data set, in Markdown."""

import re
import textwrap

from accuracy_settings import CALIBRATION_IMAGES, DATASETS, QUESTIONS, SETTINGS

HEAD = (
  "What the [networks of the examples](../Examples/networks) lose when they become spikes, and what"
  " their spikes cost.")

LEGEND = (
  "Numbers are points of accuracy, gained (+) or lost (−) against the network itself (ANN) on the"
  " same test images. The second column says what may be lost at most; **✗** marks what misses it,"
  " a code is the diagnostic of a refusal, – was not measured. Each network was calibrated on the"
  f" first {CALIBRATION_IMAGES} training images.")

COSTS = (
  "Spikes are counted per neuron and image. Times are seconds of one processor: neither the number"
  " of threads nor what else runs changes them much.")


# The section that rpu_ladder.py writes.
LADDER = "What does training on arrays reach?"


def section(text, title):
  """Returns the section of a page with its title, up to the next one; nothing if it has none."""
  match = re.search(rf"^## {re.escape(title)}$.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
  return match.group() if match else ""


def with_section(text, title, body):
  """Returns a page with a section replaced, or put before the settings if it is new."""
  old, body = section(text, title), body.rstrip("\n") + "\n\n"
  return text.replace(old, body) if old else text.replace("## Settings\n", f"{body}## Settings\n")


def paragraph(text):
  return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def lines_of(rows):
  """Returns rows as a table in Markdown; the first is the header, numbers begin in column 2."""
  rule = ["---"] + ["---:"] * (len(rows[0]) - 1)
  return ["| " + " | ".join(row) + " |" for row in [rows[0], rule, *rows[1:]]]


def signed(points):
  return "0.00" if abs(points) < 0.005 else f"{points:+.2f}".replace("-", "−")


def bound_text(row, columns):
  """Returns the bound of a row, and for which networks it is if not for all."""
  groups = {}
  for network in columns:
    groups.setdefault(row.bound(network), []).append(network.name)
  without = groups.pop(None, [])
  words = [f"≥ {bound} %" if row.is_absolute else f"{bound}" for bound in groups]
  if len(groups) > 1 or len(groups) == 1 and len(without) > 1:
    return ", ".join(f"{word} {' and '.join(names)}" for word, names in zip(words, groups.values()))
  return "".join(words) + (f", not {without[0]}" if words and without else "")


def cell(row, network, results):
  """Returns what was measured, marked if it misses its bound."""
  result, value = results.get(row.setting), row.value(results)
  if result is None or value is None and "failure" not in result:
    return "–"
  text = f"`{result['failure']}`" if "failure" in result else \
    f"{value:.2f} %" if row.is_absolute else signed(value)
  return f"**{text} ✗**" if row.is_missed(network, results) else text


def differences(question, columns, table):
  """Returns the table of a question for one data set."""
  rows = [["", "bound", *(network.name for network in columns)],
          ["ANN", "", *(f"{table[n]['ANN']['accuracy']:.2f} %" for n in columns)]]
  for row in question.rows:
    rows.append([row.label, bound_text(row, columns),
                 *(cell(row, network, table[network]) for network in columns)])
  return lines_of(rows)


def misses(table):
  """Returns the missed bounds as rows of words, and how many bounds were measured."""
  missed, count = [], 0
  for network, results in table.items():
    for question in QUESTIONS:
      for row in question.rows:
        verdict = row.is_missed(network, results)
        count += verdict is not None
        if verdict:
          against = f", against {row.against}" if row.against != "ANN" else ""
          limit = f"≥ {row.bound(network)} %" if row.is_absolute else f"{row.bound(network)}"
          missed.append([f"{DATASETS[network.dataset]}, {network.name}: {row.setting}{against}",
                         limit, cell(row, network, results).strip("* ✗")])
  return missed, count


def figures(columns, table, title, names, text):
  """Returns a table of one figure, a row a setting, a column a network; nothing if it is empty."""
  rows = [[title, *(network.name for network in columns)]]
  for name in names:
    words = [text(table[network].get(name)) for network in columns]
    if any(words):
      rows.append([name, *(word or "–" for word in words)])
  return [*lines_of(rows), ""] if len(rows) > 1 else []


def number(key, form, results):
  value = (results or {}).get(key)
  return "" if value is None else format(value, form)


def run_rate(result):
  seconds = (result or {}).get("runSeconds")
  return f"{result['images'] / seconds:,.{0 if result['images'] > 9.5 * seconds else 1}f}" \
    if seconds else ""


def costs(columns, table):
  """Returns the tables of spikes, speed, and time to compile, for one data set."""
  tables = (
    ("spikes per neuron", SETTINGS, lambda r: number("spikes", ".2f", r)),
    ("images a second", ["ANN", *SETTINGS], run_rate),
    ("compilation, s", SETTINGS, lambda r: number("compileSeconds", ",.1f", r)),
    ("fine-tuning, s", [s.name for s in SETTINGS.values() if s.tuned],
     lambda r: number("tuneSeconds", ",.0f", r)))
  lines = []
  for title, names, text in tables:
    lines += figures(columns, table, title, names, text)
  return lines


def commands():
  rows = [["setting", "arguments of `compile`"]]
  for setting in SETTINGS.values():
    arguments = f"`{setting.arguments}`"
    if setting.stage:
      arguments += f", stage `{setting.stage}` of `attribute`"
    if setting.tuned:
      arguments += f" after `finetune {setting.tuned}`"
    rows.append([setting.name, arguments])
  return [line.replace("---:", "---") for line in lines_of(rows)]


def listed(values):
  """Returns distinct values in the order in which they come."""
  return ", ".join(dict.fromkeys(values))


def facts(table, command, machine, unknown):
  """Returns when, of what, how and on what was measured."""
  results = sorted((r for rs in table.values() for r in rs.values()), key=lambda r: r["date"])
  first, last = results[0]["date"], results[-1]["date"]
  images = {DATASETS[n.dataset]: rs["ANN"]["images"] for n, rs in table.items()}
  missed, count = misses(table)
  lines = [
    f"- date: {first}" + (f" to {last}" if last != first else "") + " UTC",
    f"- commit: {listed(r['commit'] for r in results)}",
    f"- command: `{command}`",
    f"- test images: {', '.join(f'{count:,} of {name}' for name, count in images.items())}",
    f"- machine: {machine}",
    f"- bounds: {count - len(missed)} of {count} met"]
  if len(images) < len(DATASETS):
    lines.append("- not measured: " + ", ".join(t for t in DATASETS.values() if t not in images))
  if unknown:
    lines.append(f"- left out, because the program does not offer it: {', '.join(unknown)}")
  return lines


def page(table, command, machine, unknown):
  """Returns the page; table holds for each network the results by the names of the settings."""
  columns = {d: [n for n in table if n.dataset == d] for d in DATASETS}
  columns = {dataset: networks for dataset, networks in columns.items() if networks}
  missed, _ = misses(table)
  lines = ["# Accuracy", "", paragraph(HEAD), "", *facts(table, command, machine, unknown), "",
           paragraph(LEGEND), "", "## What misses its bound", ""]
  lines += lines_of([["", "bound", "measured"], *missed]) if missed else ["Nothing."]
  for question in QUESTIONS:
    if not any(row.setting in results for results in table.values() for row in question.rows):
      continue
    lines += ["", f"## {question.title}", "", paragraph(question.text)]
    for dataset, networks in columns.items():
      lines += ["", f"### {DATASETS[dataset]}", "", *differences(question, networks, table)]
  lines += ["", "## What do spikes cost?", "", paragraph(COSTS), ""]
  for dataset, networks in columns.items():
    lines += [f"### {DATASETS[dataset]}", "", *costs(networks, table)]
  return "\n".join([*lines, "## Settings", "", *commands(), ""])
