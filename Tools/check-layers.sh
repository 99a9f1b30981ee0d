#!/usr/bin/env bash
# Checks that imports point one way (ARCHITECTURE.md) and that the inner parts need no Foundation.
set -uo pipefail
cd "$(dirname "$0")/.."
status=0

# deny FOLDER MODULES...: no source below FOLDER may import one of MODULES.
deny() {
  local folder=$1 module hits
  shift
  for module in "$@"; do
    hits=$(grep -rnE "^ *((public|package|internal|private|@testable) )*import $module( |\$)" \
      --include='*.swift' "$folder" 2> /dev/null)
    if [ -n "$hits" ]; then
      echo "layering: $folder must not import $module:" >&2
      echo "$hits" >&2
      status=1
    fi
  done
}

outer="Driver KerasFrontend ONNXFrontend EventCPU"
deny Sources/Diagnostics SpikeIR Kernels HDF5 DataIO $outer Foundation FoundationEssentials
deny Sources/JSONReading SpikeIR Kernels HDF5 DataIO Diagnostics $outer Foundation FoundationEssentials
deny Sources/FileReading SpikeIR Kernels HDF5 Archive DataIO PluginAPI $outer Foundation FoundationEssentials
deny Sources/Kernels SpikeIR Diagnostics HDF5 DataIO $outer Foundation FoundationEssentials
deny IR/Core SpikeText SpikeInterpreter SpikePasses PluginAPI Kernels HDF5 DataIO $outer Foundation
deny IR/Text SpikeInterpreter SpikePasses PluginAPI Kernels HDF5 DataIO $outer Foundation
deny IR/Interpreter SpikeText SpikePasses PluginAPI HDF5 DataIO $outer Foundation
deny IR/Training SpikeText SpikePasses PluginAPI HDF5 DataIO $outer Foundation
deny Sources/PluginAPI SpikeText SpikeInterpreter SpikePasses HDF5 DataIO $outer Foundation
deny IR/Passes SpikeText HDF5 DataIO $outer Foundation
deny Frontends SpikePasses SpikeText DataIO Driver EventCPU Foundation
deny Frontends/Keras SpikeInterpreter
deny Targets SpikeIR SpikePasses DataIO HDF5 $outer NeuroCore Foundation FoundationEssentials
deny Backends/NeuroCore EventCPU SpikeText HDF5
deny Backends/Execution EventCPU NeuroCore Crossbar SpikeInterpreter SpikeText HDF5 HardwareTargets
deny Backends/EventCPU NeuroCore Crossbar SpikeInterpreter
deny Backends/NeuroCore Crossbar SpikeInterpreter
deny Backends/Crossbar EventCPU NeuroCore SpikeText HDF5
deny Backends SpikePasses DataIO Driver KerasFrontend Foundation
deny Targets SpikeIR SpikeText SpikeInterpreter SpikePasses PluginAPI Kernels HDF5 DataIO $outer NeuroCore Foundation FoundationEssentials
deny Sources/Archive SpikeIR HDF5 DataIO PluginAPI $outer Foundation
deny Sources/HDF5 SpikeIR DataIO $outer Foundation
deny Sources/Report SpikeIR Diagnostics DataIO $outer Foundation FoundationEssentials
deny Sources/DataIO SpikeText SpikeInterpreter SpikePasses PluginAPI $outer Foundation

# A source file longer than this is a sign that two things live in one file.
while read -r lines file; do
  if [ "$lines" -gt 600 ]; then
    echo "size: $file has $lines lines, at most 600" >&2
    status=1
  fi
done < <(find IR Frontends Backends Sources Targets -name '*.swift' -exec wc -l {} + | grep -v total)
exit $status
