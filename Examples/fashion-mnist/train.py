#!/usr/bin/env python3
"""Trains the example network, fashion_cnn.h5, and writes the data that goes with it.

Packages: Python 3.11 with  pip install tensorflow-cpu==2.15.1 h5py "numpy<2"
Data:     Debian package dataset-fashion-mnist, or the four idx3/idx1 .gz files in --data
Run:      python Examples/fashion-mnist/train.py [--epochs N] [--data DIR] [--out DIR]
          about 14 minutes on two CPU cores (half a minute an epoch); seeded, no GPU
Outputs, next to this script unless --out says otherwise:
  fashion_cnn.h5                         the network, legacy HDF5, without optimizer
  fashion_cnn.logits1000.npy             float32 [1000, 10], model.predict on the first 1,000 test images / 255
  test1000-images-idx3-ubyte.gz          those images, test1000-labels-idx1-ubyte.gz their labels
  calibration512-images-idx3-ubyte.gz    the first 512 training images

The network, plain() of ../networks/networks.py, is one that rate-coded spikes can follow: few
layers, batch normalization before every rectifier (so that it folds away), average pooling, weight
decay against rare large activations. One stage is max pooling because most trained networks have
some.
"""

import argparse
import os
import pathlib
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "networks"))

from networks import plain
from training import read_data, save, scaled, train, write_idx


def main():
  parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
  parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
  parser.add_argument("--out", type=pathlib.Path, default=HERE)
  parser.add_argument("--epochs", type=int, default=24)
  parser.add_argument("--seed", type=int, default=1)
  options = parser.parse_args()
  images, labels, test_images, test_labels = read_data(options.data)

  keras.utils.set_random_seed(options.seed)
  model = plain("fashion_cnn")
  model.summary()
  train(model, images, labels, (scaled(test_images), test_labels), options.epochs,
        np.random.default_rng(options.seed))

  outputs = save(model, options.out / "fashion_cnn.h5", test_images)
  np.save(options.out / "fashion_cnn.logits1000.npy", outputs[:1000])
  write_idx(options.out / "test1000-images-idx3-ubyte.gz", test_images[:1000])
  write_idx(options.out / "test1000-labels-idx1-ubyte.gz", test_labels[:1000])
  write_idx(options.out / "calibration512-images-idx3-ubyte.gz", images[:512])
  hits = outputs.argmax(1) == test_labels
  print(f"saved model: {hits.mean():.4%} of 10,000 test images, {hits[:1000].mean():.2%} of the first 1,000")


if __name__ == "__main__":
  main()
