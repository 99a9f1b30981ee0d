#!/usr/bin/env bash
# Measures what trained networks lose on emulated arrays, in vector mode: one table, accuracy in per cent.
#
#   SPIKEC   the program                  (.build/release/spikec)
#   DATA     the folder of the data set   (/usr/share/datasets/fashion-mnist)
#   LIMIT    the number of test images    (1000)
#   TARGETS  machines                     (rpu rpu-pcm generic-crossbar)
set -euo pipefail
cd "$(dirname "$0")/.."
SPIKEC=${SPIKEC:-.build/release/spikec}
DATA=${DATA:-/usr/share/datasets/fashion-mnist}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
input=(--input "$DATA/t10k-images-idx3-ubyte.gz" --labels "$DATA/t10k-labels-idx1-ubyte.gz"
  --limit "${LIMIT:-1000}" --json)
# The baseline without noise and bound management, as a machine of its own.
sed -e 's/"id": "rpu"/"id": "rpu-unmanaged"/' -e 's/"noiseManagement": "abs-max"/"noiseManagement": "none"/' \
  -e 's/"mode": "iterative"/"mode": "none"/' Targets/rpu.json > "$work/rpu-unmanaged.json"
# Machines that repeat matrices against noise, with every weight once.
for name in rpu rpu-pcm; do
  sed -e "s/\"id\": \"$name\"/\"id\": \"$name-once\"/" -e '/^ *"repetition": /d' "Targets/$name.json" \
    > "$work/$name-once.json"
done
accuracy() { sed -n 's/^{.*"accuracy":\([0-9.]*\),.*/\1/p' | awk '{ printf "%9.1f", 100 * $1 }'; }

read -r -a targets <<< "${TARGETS:-rpu rpu-pcm generic-crossbar}"
targets+=("$work/rpu-unmanaged.json" "$work/rpu-once.json" "$work/rpu-pcm-once.json")
printf '%-12s %9s' network ANN
for target in "${targets[@]}"; do printf ' %16s' "$(basename "$target" .json)"; done
echo
for model in fashion-mnist/fashion_cnn networks/fashion-mnist/{maxpool,residual,depthwise,lenet,mlp}; do
  printf '%-12s ' "$(basename "$model")"
  "$SPIKEC" infer "Examples/$model.h5" "${input[@]}" 2> /dev/null | accuracy
  for target in "${targets[@]}"; do
    "$SPIKEC" compile "Examples/$model.h5" -o "$work/tables" --target "$target" > /dev/null 2>&1
    printf ' %7s' ''
    "$SPIKEC" run "$work/tables" "${input[@]}" 2> /dev/null | accuracy
  done
  echo
done
