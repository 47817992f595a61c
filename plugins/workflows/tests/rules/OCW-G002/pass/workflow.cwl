cwlVersion: v1.0
class: Workflow
label: Example
inputs: {}
outputs:
  outputexperiment:
    type: File
    outputSource: both/experiment
steps:
  import:
    run: tools/importnc.cwl
    in:
      name:
        default: Import
      measure:
        default: tos
      src_path:
        default: /data/tos.nc
    out: [experiment]
  one:
    run: tools/reduce.cwl
    in:
      experiment: import/experiment
      name:
        default: Reduce
      operation:
        default: max
    out: [experiment]
  two:
    run: tools/reduce.cwl
    in:
      experiment: import/experiment
      name:
        default: Reduce 2
      operation:
        default: min
    out: [experiment]
  both:
    run: tools/intercube.cwl
    in:
      experiment1: one/experiment
      experiment2: two/experiment
      name:
        default: Compare
      operation:
        default: sub
    out: [experiment]
