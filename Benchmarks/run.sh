#!/usr/bin/env bash
# Measures the example network end to end: counts first, which are the same on every machine, then
# times, which are not. Nothing is asserted; compare figures of one run with each other only.
#
#   SPIKEC  the program                  (.build/release/spikec)
#   DATA    the folder of the data set   (/usr/share/datasets/fashion-mnist)
#   LIMIT   the number of test images    (2000)
set -euo pipefail
cd "$(dirname "$0")/.."
SPIKEC=${SPIKEC:-.build/release/spikec}
DATA=${DATA:-/usr/share/datasets/fashion-mnist}
LIMIT=${LIMIT:-2000}
example=Examples/fashion-mnist
images=$DATA/t10k-images-idx3-ubyte.gz
labels=$DATA/t10k-labels-idx1-ubyte.gz
calibration=$DATA/train-images-idx3-ubyte.gz
if [ ! -e "$images" ]; then
  images=$example/test1000-images-idx3-ubyte.gz
  labels=$example/test1000-labels-idx1-ubyte.gz
  calibration=$example/calibration512-images-idx3-ubyte.gz
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# value NAME: the value of a top-level number of the JSON object on standard input.
value() { sed 's/"layers":\[[^]]*\]//' | sed -n "s/^{.*\"$1\":\([-0-9.eE+]*\)[,}].*/\1/p"; }
run() { "$SPIKEC" "$@" --input "$images" --labels "$labels" --limit "$LIMIT" --json 2> /dev/null; }

echo "load average before: $(cut -d' ' -f1-3 /proc/loadavg); $(nproc) processors; $LIMIT images"
run infer $example/fashion_cnn.h5 --threads 1 > "$work/ann1.json"
run infer $example/fashion_cnn.h5 > "$work/ann.json"
for setting in weighted:4 weighted:6 phased:15 rate:32 rate:64; do
  name=${setting/:/}
  "$SPIKEC" compile $example/fashion_cnn.h5 -o "$work/$name.spk" --code "${setting%:*}" \
    --timesteps "${setting#*:}" --calibration "$calibration" --json \
    > "$work/$name.compile.json" 2> /dev/null
  run run "$work/$name.spk" --threads 1 > "$work/$name.1.json"
  run run "$work/$name.spk" > "$work/$name.json"
done

echo
echo "Counts"
printf '%-12s %10s %16s %20s\n' code accuracy spikes/image synops/image
printf '%-12s %10s\n' ANN "$(value accuracy < "$work/ann.json")"
for name in weighted4 weighted6 phased15 rate32 rate64; do
  printf '%-12s %10s %16.0f %20.0f\n' "$name" "$(value accuracy < "$work/$name.json")" \
    "$(value spikesPerImage < "$work/$name.json")" \
    "$(value synapticOperationsPerImage < "$work/$name.json")"
done
echo
echo "Times"
printf '%-12s %16s %16s %22s %14s\n' code 'images/s (1)' 'images/s (all)' \
  'G synops/s (1 thread)' 'compile, s'
printf '%-12s %16.0f %16.0f\n' ANN "$(value imagesPerSecond < "$work/ann1.json")" \
  "$(value imagesPerSecond < "$work/ann.json")"
for name in weighted4 weighted6 phased15 rate32 rate64; do
  one=$(value imagesPerSecond < "$work/$name.1.json")
  operations=$(value synapticOperationsPerImage < "$work/$name.1.json")
  printf '%-12s %16.0f %16.0f %22.1f %14.1f\n' "$name" "$one" \
    "$(value imagesPerSecond < "$work/$name.json")" \
    "$(awk -v a="$one" -v b="$operations" 'BEGIN { print a * b / 1e9 }')" \
    "$(value wallSeconds < "$work/$name.compile.json")"
done
# Models of 100 M parameters: made by make large-models, where they are kept as long as wanted.
if [ -n "${LARGE_MODELS:-}" ] && [ -d "$LARGE_MODELS" ]; then
  echo
  echo "Importing (best of five, against reading the same bytes)"
  swift build --package-path Benchmarks -c release -Xcc -march=native --product importing \
    > /dev/null 2>&1
  for model in "$LARGE_MODELS"/*.onnx "$LARGE_MODELS"/*.keras "$LARGE_MODELS"/*.h5; do
    case $model in *.weights.h5) continue ;; esac
    data=
    [ -e "$model.data" ] && data=$model.data
    Benchmarks/.build/release/importing "$model" ${data:+"$data"}
  done
fi
echo
echo "load average after: $(cut -d' ' -f1-3 /proc/loadavg)"
