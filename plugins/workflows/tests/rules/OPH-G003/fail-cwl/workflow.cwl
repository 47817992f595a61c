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
    run: tools/importnc.cwl
    in:
      name:
        default: Import
      measure:
        default: tos
      src_path:
        default: /data/tos.nc
    out: [experiment]
  loop:
    run: tools/for.cwl  # <- OPH-G003
    in:
      experiment: import/experiment
      name:
        default: Loop
      key:
        default: year
      values:
        default: "2000|2001"
    out: [experiment]
  reduce:
    run: tools/reduce.cwl
    in:
      experiment: loop/experiment
      name:
        default: Reduce
      operation:
        default: max
    out: [experiment]
