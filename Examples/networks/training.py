"""What the training scripts of the examples share: data files, augmentation, schedule, training."""

import gzip
import struct

import keras
import numpy as np
import tensorflow as tf


def read_idx(path):
  """Returns the array of an idx file: magic, extents, then bytes."""
  data = gzip.decompress(path.read_bytes())
  rank = data[3]
  shape = struct.unpack(f">{rank}I", data[4:4 + 4 * rank])
  return np.frombuffer(data, np.uint8, offset=4 + 4 * rank).reshape(shape)


def write_idx(path, array):
  """Writes bytes as an idx file; the same bytes give the same file."""
  head = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
  path.write_bytes(gzip.compress(head + array.tobytes(), mtime=0))


def read_data(folder):
  """Returns training and test images and labels of the four .gz files of (Fashion-)MNIST."""
  return [read_idx(folder / f"{part}-{kind}-ubyte.gz")
          for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def scaled(images):
  """Returns the float32 images in [0, 1] with a channel axis."""
  return images[..., None].astype("float32") / 255


def augmented(images, shift, mirror, rng):
  """Returns the scaled images, shifted by up to `shift` pixels and mirrored if asked, at random."""
  n, height, width = images.shape
  padded = np.pad(images, ((0, 0), (shift, shift), (shift, shift)))
  rows = rng.integers(0, 2 * shift + 1, n)[:, None] + np.arange(height)
  columns = rng.integers(0, 2 * shift + 1, n)[:, None] + np.arange(width)
  if mirror:
    mirrored = rng.random(n) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
  return scaled(padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]])


class WarmupCosine(keras.optimizers.schedules.LearningRateSchedule):
  """A linear rise to the peak over the first part of the steps, then a cosine down to zero."""

  def __init__(self, peak, steps, warmup):
    self.peak, self.steps, self.warmup = peak, float(steps), float(warmup)

  def __call__(self, step):
    step = tf.cast(step, tf.float32)
    fall = (step - self.warmup) / (self.steps - self.warmup)
    cosine = 0.5 * (1 + tf.cos(np.pi * tf.clip_by_value(fall, 0.0, 1.0)))
    return self.peak * tf.minimum(step / self.warmup, cosine)


def train(model, images, labels, test, epochs, rng, peak=0.1, batch=128, shift=2, mirror=True):
  """Trains by stochastic gradient descent; the last epoch shows the images as they are."""
  steps = epochs * -(-len(images) // batch)
  model.compile(
    keras.optimizers.SGD(WarmupCosine(peak, steps, steps // 8), momentum=0.9, nesterov=True),
    "sparse_categorical_crossentropy", metrics=["accuracy"])
  for epoch in range(epochs):
    x = scaled(images) if epoch >= epochs - 1 else augmented(images, shift, mirror, rng)
    model.fit(x, labels, batch_size=batch, epochs=epoch + 1, initial_epoch=epoch, verbose=2,
              validation_data=test, validation_batch_size=1000)


def save(model, path, images):
  """Saves the model, loads it again and returns what the loaded one says about the images."""
  path.parent.mkdir(parents=True, exist_ok=True)
  model.save(path, include_optimizer=False)
  saved = keras.models.load_model(path, compile=False)
  return saved.predict(scaled(images), batch_size=1000, verbose=0).astype("float32")
