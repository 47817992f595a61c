cwlVersion: v1.0
class: CommandLineTool
label: oph_reduce
baseCommand: [cwl2oph, oph_reduce]
inputs:
  experiment:  # <- OCW-S004
    type: File?
    inputBinding: {prefix: --experiment}
  operation:
    type: string
    inputBinding: {prefix: --operation}
outputs:
  experiment:
    type: stdout
