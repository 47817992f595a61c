cwlVersion: v1.0
class: Workflow
label: Example
inputs: {}
outputs:
  outputexperiment:
    type: File
    outputSource: reduce/experiment
steps:
  import:
    run: tools/importnc.cwl  # <- OCW-R001
    in:
      name:
        default: Import
      measure:
        default: tos
    out: [experiment]
  reduce:
    run: tools/reduce.cwl
    in:
      experiment: import/experiment
      name:
        default: Reduce
      operation:
        default: max
    out: [experiment]
