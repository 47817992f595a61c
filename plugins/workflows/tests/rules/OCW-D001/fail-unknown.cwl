cwlVersion: v1.0
class: CommandLineTool
label: oph_reduse
baseCommand: [cwl2oph, oph_reduse]  # <- OCW-D001
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
