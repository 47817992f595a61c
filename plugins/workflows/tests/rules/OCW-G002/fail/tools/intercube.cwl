cwlVersion: v1.0
class: CommandLineTool
label: oph_intercube
baseCommand: [cwl2oph, oph_intercube]
inputs:
  experiment1:
    type: File
    inputBinding: {prefix: --experiment1}
  experiment2:
    type: File?
    inputBinding: {prefix: --experiment2}
  name:
    type: string
    inputBinding: {prefix: --name}
  operation:
    type: string?
    inputBinding: {prefix: --operation}
outputs:
  experiment:
    type: stdout
