#!/usr/bin/env bash
# Trains under PBS (OpenPBS, PBS Professional), over as many jobs of limited time as it takes. From
# the folder that holds launch/ and .build/:
#
#   qsub -v CONFIG=first.yaml,OUTPUT=/shared/runs/first launch/pbs.sh
#
# CONFIG is a YAML file of the options of "gan-dist train"; the config.yaml of a run is one. GAN_DIST
# names another program, and XDG_CACHE_HOME a folder for the stores of portraits, in the same way.
#
# This script was NOT RUN: there was no PBS at hand. Its syntax is tested, and launch/supervise,
# which does the work, is tested everywhere.
#
#PBS -N gan-dist
#PBS -l select=2:ncpus=8:mpiprocs=4:ompthreads=2
#PBS -l place=scatter
#PBS -l walltime=04:00:00
#PBS -j oe
#PBS -r y
set -uo pipefail
CONFIG=${CONFIG-} OUTPUT=${OUTPUT-}

fail() {
  echo "launch/pbs.sh: $2" >&2
  exit "$1"
}
[ -n "${PBS_JOBID-}" ] || fail 64 "submit it: qsub -v CONFIG=FILE,OUTPUT=RUN launch/pbs.sh"
[ -n "$CONFIG" ] || fail 64 "name the file of options: qsub -v CONFIG=FILE,OUTPUT=RUN"
[ -n "$OUTPUT" ] || fail 64 "name the run directory: qsub -v CONFIG=FILE,OUTPUT=RUN"
cd "$PBS_O_WORKDIR" || fail 69 "$PBS_O_WORKDIR is not on this node"
program=${GAN_DIST:-.build/release/gan-dist}
[ -x launch/supervise ] || fail 64 "submit it from the folder that holds launch/ and .build/"
[ -x "$program" ] || fail 69 "no program at $PWD/$program; build it: swift build -c release"

# Set by qsub -v, these reach this script; it hands them on, to the ranks and to the next job.
exported=() variables=CONFIG=$CONFIG,OUTPUT=$OUTPUT
for name in OMP_NUM_THREADS PATH LD_LIBRARY_PATH XDG_CACHE_HOME; do
  if [ -n "${!name-}" ]; then exported+=(-x "$name"); fi
done
for name in GAN_DIST XDG_CACHE_HOME; do
  if [ -n "${!name-}" ]; then variables+=,$name=${!name}; fi
done

newest() { stat -c '%Y %i' "$OUTPUT/checkpoints/latest" 2>/dev/null || echo none; }
before=$(newest)

# PBS says nothing before the walltime is over, so the clock is watched here, over all restarts of
# training: keep this ten minutes below the walltime above.
limit=230m
timeout --foreground --preserve-status --signal=USR1 "$limit" \
  launch/supervise mpirun --hostfile "$PBS_NODEFILE" --map-by "slot:PE=${OMP_NUM_THREADS:-1}" \
  --bind-to core "${exported[@]}" "$program" train --config "$CONFIG" --output "$OUTPUT" &
job=$!
goes_on=yes
# qdel and pre-emption send SIGTERM; PBS itself puts a job that was pre-empted back into the queue.
trap 'goes_on=; kill -USR1 "$job"' TERM
# In backquotes: bash 5.2 dies of a trap that comes while it reads $(…).
# shellcheck disable=SC2006
while [ -n "`jobs -pr; jobs -ps`" ]; do wait "$job"; done
wait "$job"
code=$?
trap '' TERM
# Only what was stopped after it got on: a job that died here, of a lost node for instance, is for its
# owner to see, and one that decoded to the end of its time would do so again.
if [ -n "$goes_on" ] && [ "$code" -eq 75 ] && [ "$(newest)" != "$before" ]; then
  qsub -v "$variables" launch/pbs.sh
fi
exit "$code"
