"""The networks of the examples: images of 28 x 28 x 1 in [0, 1], ten classes.

Each is of another kind, so that a conversion to spikes meets what trained networks have: maxima in
the middle, additions, thin depthwise layers with rectifiers that end at 6, and curved activations.
"""

import keras
from keras import layers as L

DECAY = 2e-4  # L2 on kernels, against the rare large activations that spikes have to pay for


def _decay():
  return keras.regularizers.L2(DECAY)


def _convolution(filters, size=3, stride=1, bias=False, padding="same"):
  return L.Conv2D(filters, size, stride, padding=padding, use_bias=bias,
                  kernel_initializer="he_normal", kernel_regularizer=_decay())


def _normalization():
  return L.BatchNormalization(momentum=0.9)


def _classes():
  return L.Dense(10, activation="softmax", kernel_regularizer=_decay())


def plain(name):
  """Returns 4 convolutions with batch normalization, mostly average pooling, and a dense layer."""

  def block(filters):
    return [_convolution(filters), _normalization(), L.ReLU()]

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    *block(24), L.MaxPooling2D(2),
    *block(40),
    *block(40), L.AveragePooling2D(2),
    *block(72), L.AveragePooling2D(2),
    L.Flatten(), L.Dropout(0.2),
    _classes(),
  ], name=name)


def maxpool(name):
  """Returns a network in the manner of VGG: pairs of convolutions, maxima, two dense layers.

  Every other convolution has biases and its activation built in, without batch normalization.
  """

  def normalized(filters):
    return [_convolution(filters), _normalization(), L.ReLU()]

  def biased(filters):
    return [L.Conv2D(filters, 3, padding="same", activation="relu",
                     kernel_initializer="he_normal", kernel_regularizer=_decay())]

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    *normalized(16), L.MaxPooling2D(2),
    *biased(32), *normalized(32), L.MaxPooling2D(2),
    *biased(48), *normalized(48), L.MaxPooling2D(2),
    L.Flatten(), L.Dropout(0.2),
    L.Dense(64, activation="relu", kernel_initializer="he_normal", kernel_regularizer=_decay()),
    _classes(),
  ], name=name)


def residual(name):
  """Returns a residual network: a stem and three stages; a stride of 2 between the stages."""

  def block(x, filters, stride):
    y = _convolution(filters, stride=stride)(x)
    y = L.ReLU()(_normalization()(y))
    y = _normalization()(_convolution(filters)(y))
    if stride != 1:
      x = _normalization()(_convolution(filters, size=1, stride=stride)(x))
    return L.ReLU()(L.Add()([x, y]))

  image = L.Input((28, 28, 1), name="image")
  x = L.ReLU()(_normalization()(_convolution(12)(image)))
  for filters, stride in ((12, 1), (24, 2), (48, 2)):
    x = block(x, filters, stride)
  return keras.Model(image, _classes()(L.GlobalAveragePooling2D()(x)), name=name)


def depthwise(name):
  """Returns a network in the manner of MobileNet: a stem of stride 2, separable blocks, ReLU6."""

  def block(filters, stride):
    return [
      L.DepthwiseConv2D(3, stride, padding="same", use_bias=False,
                        depthwise_initializer="he_normal"),
      _normalization(), L.ReLU(6.0),
      _convolution(filters, size=1), _normalization(), L.ReLU(6.0)]

  stages = ((32, 1), (48, 1), (64, 2), (64, 1), (96, 1), (96, 1))
  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    _convolution(24, stride=2), _normalization(), L.ReLU(6.0),
    *[layer for filters, stride in stages for layer in block(filters, stride)],
    L.GlobalAveragePooling2D(),
    _classes(),
  ], name=name)


def lenet(name):
  """Returns LeNet-5 with hyperbolic tangents and average pooling, without batch normalization."""

  def convolution(filters, padding):
    return L.Conv2D(filters, 5, padding=padding, activation="tanh", kernel_regularizer=_decay())

  def dense(units):
    return L.Dense(units, activation="tanh", kernel_regularizer=_decay())

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    convolution(6, "same"), L.AveragePooling2D(2),
    convolution(16, "valid"), L.AveragePooling2D(2),
    L.Flatten(),
    dense(120), dense(84),
    _classes(),
  ], name=name)


def mlp(name):
  """Returns three dense layers with rectifiers, without any image structure."""

  def dense(units):
    return L.Dense(units, activation="relu", kernel_initializer="he_normal",
                   kernel_regularizer=_decay())

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    L.Flatten(), dense(128), dense(64),
    _classes(),
  ], name=name)


def unbiased(name):
  """Returns three convolutions, average pooling and a dense layer, without any bias or normalization:
  what fits pipelines of convolution cores, whose neurons add little by themselves."""

  def block(filters):
    return [_convolution(filters), L.ReLU()]

  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    *block(8), L.AveragePooling2D(2),
    *block(16), L.AveragePooling2D(2),
    *block(32),
    L.Flatten(), L.Dropout(0.2),
    L.Dense(10, activation="softmax", use_bias=False, kernel_regularizer=_decay()),
  ], name=name)


def compact(name):
  """Returns a convolution and a dense layer whose matrices have 121 and 126 inputs: what an analog
  array of 128 signed inputs holds each."""
  return keras.Sequential([
    L.InputLayer((28, 28, 1), name="image"),
    L.Conv2D(14, 11, 2, activation="relu", kernel_initializer="he_normal",
             kernel_regularizer=_decay()),
    L.MaxPooling2D(3), L.Flatten(),
    _classes(),
  ], name=name)


NETWORKS = {f.__name__: f for f in (
  plain, maxpool, residual, depthwise, lenet, mlp, unbiased, compact)}


def multiply_accumulates(model):
  """Returns the products that one image takes, batch normalization folded into the weights."""
  total = 0
  for layer in model.layers:
    if isinstance(layer, L.Conv2D):  # a depthwise convolution is one, too
      _, height, width, _ = layer.output_shape
      kernel = layer.depthwise_kernel if isinstance(layer, L.DepthwiseConv2D) else layer.kernel
      total += height * width * int(kernel.shape.num_elements())
    elif isinstance(layer, L.Dense):
      total += int(layer.kernel.shape.num_elements())
  return total
