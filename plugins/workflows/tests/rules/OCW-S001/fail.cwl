cwlVersion: v1.0
class: CommandLineTool
label: nothing
baseCommand: [cwl2oph]  # <- OCW-S001
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
  experiment:
    type: stdout
