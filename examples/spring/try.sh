#!/usr/bin/env bash
# Builds the API with Maven, starts it beside Keywright, and shows it good and bad tokens.
#
#   examples/spring/try.sh target/debug/keywright
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
mvn --quiet --batch-mode --file "$here/pom.xml" package
exec "$here/../interop/guarded.sh" "$(realpath "$1")" java -jar "$here/target/notes-1.jar"
