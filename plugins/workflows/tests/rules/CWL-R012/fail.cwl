cwlVersion: v1.2
class: CommandLineTool
baseCommand: echo
inputs:
  '':  # <- CWL-R012
    type: string
    inputBinding: {}
outputs: {}
