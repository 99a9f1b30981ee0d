#!/usr/bin/env python3
"""Trains the networks of networks.py on Fashion-MNIST or MNIST.

Packages: Python 3.11 with  pip install tensorflow-cpu==2.15.1 h5py "numpy<2"
Data:     a folder with the four idx .gz files of Fashion-MNIST (Debian package
          dataset-fashion-mnist) or of MNIST; which of both it is, is told by --dataset
Run:      python Examples/networks/train.py NETWORK... [--dataset fashion-mnist|mnist] [--data DIR]
                                            [--epochs N] [--out DIR] [--threads N]
          on two CPU cores 1 (lenet) to 7 minutes (residual) a network on Fashion-MNIST, a third of
          it on MNIST; seeded, no GPU
Outputs, in the folder of the data set next to this script unless --out says otherwise:
  NETWORK.h5              the network, legacy HDF5, without optimizer
  NETWORK.outputs200.npy  float32 [200, 10], model.predict on the first 200 test images / 255
                          (Fashion-MNIST only)
and on the standard output a line for the table in README.md.

The weights are those after the last epoch of a single run.
"""

import argparse
import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf

from networks import NETWORKS, multiply_accumulates
from training import read_data, save, scaled, train

FOLDERS = {"fashion-mnist": pathlib.Path("/usr/share/datasets/fashion-mnist"), "mnist": None}
EPOCHS = {"fashion-mnist": 10, "mnist": 3}
LONGER = {"lenet": 6, "mlp": 10, "compact": 10}  # epochs more: they cost little, and the networks learn slowly
SHIFT = {"fashion-mnist": 1, "mnist": 2}  # pixels, augmentation
PEAK_RATE = {"lenet": 0.05, "mlp": 0.05, "unbiased": 0.05}  # without batch normalization; 0.1 otherwise


def table_row(model, outputs, labels):
  """Returns the line of the README's table: layers with weights, parameters, products, accuracy."""
  layers = sum(hasattr(layer, "kernel") or hasattr(layer, "depthwise_kernel")
               for layer in model.layers)
  hits = outputs.argmax(1) == labels
  return (f"| `{model.name}` | {layers} | {model.count_params():,} "
          f"| {multiply_accumulates(model):,} | {hits.mean():.2%} |")


def main():
  parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
  here = pathlib.Path(__file__).resolve().parent
  parser.add_argument("networks", nargs="+", choices=list(NETWORKS), metavar="NETWORK")
  parser.add_argument("--dataset", choices=list(FOLDERS), default="fashion-mnist")
  parser.add_argument("--data", type=pathlib.Path)
  parser.add_argument("--out", type=pathlib.Path)
  parser.add_argument("--epochs", type=int)
  parser.add_argument("--seed", type=int, default=1)
  parser.add_argument("--threads", type=int, default=2)
  options = parser.parse_args()
  folder = options.data or FOLDERS[options.dataset]
  if folder is None:
    parser.error("--data must name the folder of MNIST's four files")
  out = options.out or here / options.dataset
  tf.config.threading.set_intra_op_parallelism_threads(options.threads)
  tf.config.threading.set_inter_op_parallelism_threads(1)
  images, labels, test_images, test_labels = read_data(folder)

  for name in options.networks:
    keras.utils.set_random_seed(options.seed)
    model = NETWORKS[name](name)
    model.summary()
    epochs = options.epochs or EPOCHS[options.dataset] + LONGER.get(name, 0)
    train(model, images, labels, (scaled(test_images), test_labels), epochs,
          np.random.default_rng(options.seed), peak=PEAK_RATE.get(name, 0.1),
          shift=SHIFT[options.dataset], mirror=options.dataset == "fashion-mnist")
    outputs = save(model, out / f"{name}.h5", test_images)
    if options.dataset == "fashion-mnist":
      np.save(out / f"{name}.outputs200.npy", outputs[:200])
    print(table_row(model, outputs, test_labels), flush=True)


if __name__ == "__main__":
  main()
