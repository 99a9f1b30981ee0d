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

The network is one that rate-coded spikes can follow: few layers, batch normalization before every
rectifier (so that it folds away), average pooling, weight decay against rare large activations. One
stage is max pooling because most trained networks have some.
"""

import argparse
import gzip
import os
import pathlib
import struct

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
import numpy as np
import tensorflow as tf
from keras import layers as L

BATCH = 128
PEAK_RATE = 0.1
DECAY = 2e-4  # L2 on kernels
SHIFT = 2  # pixels, augmentation


def read_idx(path):
  """Returns the array of an idx file: magic, extents, then bytes."""
  data = gzip.decompress(path.read_bytes())
  rank = data[3]
  shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
  return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path, array):
  head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
  path.write_bytes(gzip.compress(head + array.tobytes(), mtime=0))


def network():
  """Returns the untrained network: 4 convolutions and a dense layer, 5.9 M multiply-accumulates."""

  def block(filters):
    return [
      L.Conv2D(filters, 3, padding="same", use_bias=False,
               kernel_initializer="he_normal", kernel_regularizer=keras.regularizers.L2(DECAY)),
      L.BatchNormalization(momentum=0.9), L.ReLU()]

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    *block(24), L.MaxPooling2D(2),
    *block(40),
    *block(40), L.AveragePooling2D(2),
    *block(72), L.AveragePooling2D(2),
    L.Flatten(), L.Dropout(0.2),
    L.Dense(10, activation="softmax", kernel_regularizer=keras.regularizers.L2(DECAY)),
  ], name="fashion_cnn")


def augmented(images, rng):
  """Returns the images shifted by up to SHIFT pixels and mirrored at random."""
  n, height, width = images.shape
  padded = np.pad(images, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT)))
  rows = rng.integers(0, 2 * SHIFT + 1, n)[:, None] + np.arange(height)
  columns = rng.integers(0, 2 * SHIFT + 1, n)[:, None] + np.arange(width)
  mirrored = rng.random(n) < 0.5
  columns[mirrored] = columns[mirrored, ::-1]
  moved = padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
  return moved[..., None].astype("float32") / 255


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
  """A linear rise over the first part of the steps, then a cosine down to zero."""

  def __init__(self, steps, warmup):
    self.steps, self.warmup = float(steps), float(warmup)

  def __call__(self, step):
    step = tf.cast(step, tf.float32)
    fall = (step - self.warmup) / (self.steps - self.warmup)
    cosine = 0.5 * (1 + tf.cos(np.pi * tf.clip_by_value(fall, 0.0, 1.0)))
    return PEAK_RATE * tf.minimum(step / self.warmup, cosine)


def train(model, images, labels, test, epochs, rng):
  steps = epochs * -(-len(images) // BATCH)
  model.compile(
    keras.optimizers.SGD(WarmupCosine(steps, steps // 8), momentum=0.9, nesterov=True),
    "sparse_categorical_crossentropy", metrics=["accuracy"])
  for epoch in range(epochs):
    plain = epoch >= epochs - 1  # the last epoch shows the images as they are
    x = images[..., None].astype("float32") / 255 if plain else augmented(images, rng)
    model.fit(x, labels, batch_size=BATCH, epochs=epoch + 1, initial_epoch=epoch, verbose=2,
              validation_data=test, validation_batch_size=1000)


def main():
  parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
  here = pathlib.Path(__file__).resolve().parent
  parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
  parser.add_argument("--out", type=pathlib.Path, default=here)
  parser.add_argument("--epochs", type=int, default=24)
  parser.add_argument("--seed", type=int, default=1)
  options = parser.parse_args()
  read = lambda name: read_idx(options.data / (name + ".gz"))
  images, labels = read("train-images-idx3-ubyte"), read("train-labels-idx1-ubyte")
  test_images, test_labels = read("t10k-images-idx3-ubyte"), read("t10k-labels-idx1-ubyte")
  test = (test_images[..., None].astype("float32") / 255, test_labels)

  keras.utils.set_random_seed(options.seed)
  model = network()
  model.summary()
  train(model, images, labels, test, options.epochs, np.random.default_rng(options.seed))

  options.out.mkdir(parents=True, exist_ok=True)
  model.save(options.out / "fashion_cnn.h5", include_optimizer=False)
  saved = keras.models.load_model(options.out / "fashion_cnn.h5", compile=False)
  outputs = saved.predict(test[0], batch_size=1000, verbose=0).astype("float32")
  np.save(options.out / "fashion_cnn.logits1000.npy", outputs[:1000])
  write_idx(options.out / "test1000-images-idx3-ubyte.gz", test_images[:1000])
  write_idx(options.out / "test1000-labels-idx1-ubyte.gz", test_labels[:1000])
  write_idx(options.out / "calibration512-images-idx3-ubyte.gz", images[:512])
  hits = outputs.argmax(1) == test_labels
  print(f"saved model: {hits.mean():.4%} of 10,000 test images, {hits[:1000].mean():.2%} of the first 1,000")


if __name__ == "__main__":
  main()
