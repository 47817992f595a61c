cwlVersion: v1.0
class: CommandLineTool
label: oph_reduce
baseCommand: [cwl2oph, oph_reduce]
inputs:
  experiment:
    type: File?
    inputBinding: {prefix: --experiment}
  name:
    type: string
    inputBinding: {prefix: --name}
  operation:
    type: string
    inputBinding: {prefix: --operation}
outputs:
  code:  # <- OCW-S002
    type: string
    outputBinding: {outputEval: done}
