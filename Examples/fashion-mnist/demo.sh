#!/usr/bin/env bash
# Compiles the example network with each spike code, runs the Fashion-MNIST test set through it,
# and prints one table; then lays the network out on a neuromorphic chip and runs it on its emulated
# cores.
#
#   SPIKEC  the program                          (.build/release/spikec)
#   DATA    the folder of the data set           (/usr/share/datasets/fashion-mnist)
#   OUT     where artefacts and dumps are put    (out/fashion-mnist)
#   LIMIT   the number of test images            (all)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
SPIKEC=${SPIKEC:-.build/release/spikec}
DATA=${DATA:-/usr/share/datasets/fashion-mnist}
OUT=${OUT:-out/fashion-mnist}
model=$here/fashion_cnn.h5

images=$DATA/t10k-images-idx3-ubyte.gz
labels=$DATA/t10k-labels-idx1-ubyte.gz
calibration=$DATA/train-images-idx3-ubyte.gz
if [ ! -e "$images" ]; then
  echo "demo: $DATA holds no test set; using the 1,000-image subset" >&2
  images=$here/test1000-images-idx3-ubyte.gz
  labels=$here/test1000-labels-idx1-ubyte.gz
  calibration=$here/calibration512-images-idx3-ubyte.gz
fi
limit=()
[ -z "${LIMIT:-}" ] || limit=(--limit "$LIMIT")
mkdir -p "$OUT"

# value NAME: the value of a top-level number of the JSON object on standard input.
value() { sed -n "s/^{.*\"$1\":\([-0-9.eE+]*\)[,}].*/\1/p" <<< "$(sed 's/"layers":\[[^]]*\]//')"; }
# total NAME: the sum of a number over all layers of the JSON object on standard input.
total() { grep -o "\"$1\":[0-9]*" | awk -F: '{ s += $2 } END { print s + 0 }'; }

result=$("$SPIKEC" infer "$model" --input "$images" --labels "$labels" "${limit[@]}" --json \
  2> "$OUT/infer.log")
count=$(value images <<< "$result")
echo
echo "Fashion-MNIST, $count test images, $(basename "$model"), 8-bit weights, no retraining"
echo
printf '%-10s %6s %10s %14s %14s %10s\n' code steps accuracy spikes/neuron synops/image images/s
row() { printf '%-10s %6s %9.2f%% %14s %14s %10.0f\n' "$@"; }
percent() { awk -v x="$1" 'BEGIN { printf "%.4f", 100 * x }'; }
row ANN - "$(percent "$(value accuracy <<< "$result")")" - - "$(value imagesPerSecond <<< "$result")"

for setting in weighted:4 weighted:6 phased:15 phased:31 rate:32 rate:64; do
  code=${setting%:*} steps=${setting#*:}
  artefact=$OUT/$code$steps.spk
  "$SPIKEC" compile "$model" -o "$artefact" --code "$code" --timesteps "$steps" \
    --calibration "$calibration" > "$OUT/$code$steps.log" 2>&1 \
    || { cat "$OUT/$code$steps.log" >&2; exit 1; }
  "$SPIKEC" inspect "$artefact" > "$OUT/$code$steps.sir"
  result=$("$SPIKEC" run "$artefact" --input "$images" --labels "$labels" "${limit[@]}" --json \
    2>> "$OUT/$code$steps.log")
  neurons=$(total neurons <<< "$result")
  row "$code" "$steps" "$(percent "$(value accuracy <<< "$result")")" \
    "$(awk -v s="$(value spikesPerImage <<< "$result")" -v n="$neurons" \
      'BEGIN { printf "%.2f", s / n }')" \
    "$(awk -v s="$(value synapticOperationsPerImage <<< "$result")" \
      'BEGIN { printf "%.2f M", s / 1e6 }')" \
    "$(value imagesPerSecond <<< "$result")"
done
# Cores: the tables are checked, and emulated on the first images only, spike for spike.
tables=$OUT/loihi1
"$SPIKEC" compile "$model" -o "$tables" --target loihi1 --timesteps 64 \
  --calibration "$calibration" > "$OUT/loihi1.log" 2>&1 || { cat "$OUT/loihi1.log" >&2; exit 1; }
"$SPIKEC" check "$tables" > "$OUT/loihi1.check.txt" 2>> "$OUT/loihi1.log"
few=(--input "$images" --labels "$labels" --limit "$(( ${LIMIT:-100} < 100 ? ${LIMIT:-100} : 100 ))")
result=$("$SPIKEC" run "$tables" "${few[@]}" --output "$OUT/cores.npy" --json 2>> "$OUT/loihi1.log")
"$SPIKEC" run "$tables/network.spk" "${few[@]}" --output "$OUT/engine.npy" > /dev/null \
  2>> "$OUT/loihi1.log"
"$SPIKEC" report "$tables" -o "$OUT/loihi1.html" --input "$images" --limit 10 2>> "$OUT/loihi1.log"
echo
echo "On the emulated cores of a neuromorphic chip, Intel Loihi 1, rate, 64 steps"
echo
sed -n '1p;$p' "$OUT/loihi1.check.txt"
awk -v n="$(value images <<< "$result")" -v a="$(value accuracy <<< "$result")" \
  -v e="$(value energyJoules <<< "$result")" -v t="$(value secondsPerImage <<< "$result")" 'BEGIN {
    printf "%d images: %.0f %% right; %.2f mJ and %.2f ms an image, by published constants\n",
      n, 100 * a, 1000 * e, 1000 * t }'
if cmp -s "$OUT/cores.npy" "$OUT/engine.npy"; then
  echo "What the cores say is what the event engine says, bit for bit."
else
  echo "What the cores say differs from what the event engine says: a bug" >&2
  exit 1
fi
echo
echo "Artefacts (.spk), networks as text (.sir) and compilation logs (.log) are in $OUT."
echo "Read one: less $OUT/weighted4.sir; tables of cores are in $tables, a page is $OUT/loihi1.html"
