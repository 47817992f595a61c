cwlVersion: v1.0
class: CommandLineTool
label: oph_importnc
baseCommand: [cwl2oph, oph_importnc]
inputs:
  experiment:
    type: File?
    inputBinding: {prefix: --experiment}
  name:
    type: string
    inputBinding: {prefix: --name}
  measure:
    type: string?
    inputBinding: {prefix: --measure}
  src_path:
    type: string?
    inputBinding: {prefix: --src_path}
  nfrag:
    type: string?
    inputBinding: {prefix: --nfrag}
outputs:
  experiment:
    type: stdout
