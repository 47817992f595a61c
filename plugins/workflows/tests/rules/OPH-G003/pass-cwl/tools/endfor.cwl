cwlVersion: v1.0
class: CommandLineTool
label: oph_endfor
baseCommand: [cwl2oph, oph_endfor]
inputs:
  experiment:
    type: File?
    inputBinding: {prefix: --experiment}
  name:
    type: string
    inputBinding: {prefix: --name}
outputs:
  experiment:
    type: stdout
