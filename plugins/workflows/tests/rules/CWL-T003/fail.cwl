cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  count:
    type: int
    default: many  # <- CWL-T003
    inputBinding: {}
outputs: {}
