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
  both:
    run: tools/intercube.cwl  # <- OCW-G002
    in:
      experiment1: one/experiment
      name:
        default: Compare
      operation:
        default: sub
    out: [experiment]
