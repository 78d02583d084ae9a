#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs a build into an empty prefix, builds a project against it with find_package and runs both programs.
#   check_install.sh BUILD_FOLDER SOURCE_FOLDER
set -euo pipefail
build=$1
source=$2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cmake --install "$build" --prefix "$folder/prefix" >/dev/null
"$folder/prefix/bin/tessera" generate -o "$folder/customers.h5" --rows 3000 --features 4 --segments 3 --seed 1 --quiet
if [ -e "$build/tessera_cuda.so" ]; then  # the module is found in its installed place
  "$folder/prefix/bin/tessera" devices >"$folder/devices"
  if grep -q "no CUDA module" "$folder/devices"; then
    cat "$folder/devices"
    exit 1
  fi
fi
cmake -S "$source/tests/install/consumer" -B "$folder/consumer" -DCMAKE_PREFIX_PATH="$folder/prefix" >/dev/null
cmake --build "$folder/consumer" >/dev/null
"$folder/consumer/consumer" "$folder/customers.h5" "$folder/run" | tee "$folder/out"
grep -qx "3000 customers, 3 segments" "$folder/out"
test -s "$folder/run/summary.json"
