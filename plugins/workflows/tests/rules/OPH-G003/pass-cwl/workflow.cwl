cwlVersion: v1.0
class: Workflow
label: Example
inputs: {}
outputs:
  outputexperiment:
    type: File
    outputSource: end/experiment
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
    run: tools/for.cwl
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
  end:
    run: tools/endfor.cwl
    in:
      experiment: reduce/experiment
      name:
        default: End
    out: [experiment]
