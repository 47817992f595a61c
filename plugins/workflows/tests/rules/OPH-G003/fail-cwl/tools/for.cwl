cwlVersion: v1.0
class: CommandLineTool
label: oph_for
baseCommand: [cwl2oph, oph_for]
inputs:
  experiment:
    type: File?
    inputBinding: {prefix: --experiment}
  name:
    type: string
    inputBinding: {prefix: --name}
  key:
    type: string
    inputBinding: {prefix: --key}
  values:
    type: string?
    inputBinding: {prefix: --values}
outputs:
  experiment:
    type: stdout
