"""The pipelines of a round. Their step watches from inside what must never happen."""

# The lock is held by all that the step has started: one that outlives its run, or a second run of the group, shows.
PIPELINE = """\
name: {name}
repo: file://{repository}
on: {{ push: {{ branches: [main] }} }}
concurrency: {{ group: {name}, mode: {mode} }}
on_interrupt: {on_interrupt}
env: {{ TORTURE_AREA: {area} }}
grace: 1s
steps:
  - name: deploy
    shell: bash -euo pipefail
    run: |
      exec 9>>"$TORTURE_AREA/locks/$PUSHROD_PIPELINE"
      flock -n 9 || echo "run $PUSHROD_RUN of $PUSHROD_PIPELINE began while another was under way" >> "$TORTURE_AREA/violations"
      for line in $(seq 1 20); do echo "run $PUSHROD_RUN line $line"; sleep 0.0{pause}; done
      (setsid sleep 300 &) > /dev/null 2>&1
      echo "$PUSHROD_PIPELINE $PUSHROD_RUN $PUSHROD_COMMIT $(cat number)" >> "$TORTURE_AREA/journal"
"""


def text(name, repository, area, mode, on_interrupt, pause):
    return PIPELINE.format(
        name=name, repository=repository, area=area, mode=mode, on_interrupt=on_interrupt, pause=pause)
