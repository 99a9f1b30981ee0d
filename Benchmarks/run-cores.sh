#!/usr/bin/env bash
# Measures layouts of networks on cores, and the emulated cores, a line of JSON for each: counts, which
# are the same on every machine, and times, which are not. Nothing is asserted.
#
#   SPIKEC  the program                  (.build/release/spikec)
#   DATA    the folder of the data set   (/usr/share/datasets/fashion-mnist)
set -euo pipefail
cd "$(dirname "$0")/.."
SPIKEC=${SPIKEC:-.build/release/spikec}
DATA=${DATA:-/usr/share/datasets/fashion-mnist}
images=$DATA/t10k-images-idx3-ubyte.gz
[ -e "$images" ] || images=Examples/fashion-mnist/test1000-images-idx3-ubyte.gz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

swift build --package-path Benchmarks -c release -Xcc -march=native --product cores > /dev/null 2>&1
cores=Benchmarks/.build/release/cores
echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) processors" >&2
for model in fashion-mnist/fashion_cnn networks/fashion-mnist/residual networks/fashion-mnist/mlp; do
  "$SPIKEC" compile "Examples/$model.h5" -o "$work/$(basename $model)" --target loihi1 --timesteps 64 \
    --calibration Examples/fashion-mnist/calibration512-images-idx3-ubyte.gz > /dev/null 2>&1
done
"$cores" traffic "$images" "$work/fashion_cnn" "$work/residual" "$work/mlp"
"$cores" scale
"$cores" emulator "$images" "$work/fashion_cnn"
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg)" >&2
